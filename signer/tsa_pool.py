"""Several timestamp authorities behind one face: the first that answers well gives the token.

They are asked in the order of the settings. One that fails rests for a while (a circuit breaker);
one whose answer is wrong rests at once, for that is no hiccup. A document has one budget of time,
whoever is asked, and each token comes whole from one authority, checked against its own
certificate, chain and policy.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Final, Protocol

from licence.errors import AnzhengError, Code
from licence.formats.timestamp import certificate_digest, read_token
from licence.ids import Digest
from licence.ports import Clock

ROUNDS: Final = 2
"""How often a document asks an authority at most: a second time for what was a hiccup."""

AHEAD: Final = 2
"""Requests that wait for each connection while the caller takes what is done."""


class Tsa(Protocol):
    """One authority; conforms `signer.tsa_client.HttpTsa`."""

    @property
    def url(self) -> str:
        """Where it listens; its name in errors."""
        ...

    @property
    def test_only(self) -> bool:
        """Whether a production setting must refuse it."""
        ...

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER."""
        ...

    def timestamp(self, imprint: Digest, *, seconds: float) -> bytes:
        """Return a checked token.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        ...


class Crls(Protocol):
    """The revocation lists about one authority; conforms `signer.tsa_crl.CrlKeeper`."""

    def current(self, now: datetime) -> tuple[bytes, ...]:
        """Return lists that are fresh.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, KEY_REFUSED.
        """
        ...


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How patient the pool is.

    Attributes:
        attempt_seconds: For one question to one authority.
        budget_seconds: For one document, all questions together.
        failures: In a row, after which an authority rests.
        cool_down: How long it rests.
        parallel: Questions that are under way at once in a batch.
    """

    attempt_seconds: float = 10.0
    budget_seconds: float = 30.0
    failures: int = 3
    cool_down: timedelta = timedelta(seconds=60)
    parallel: int = 4


@dataclass(slots=True)
class Member:
    """An authority, its lists, and how it has fared.

    Args:
        tsa: Asks it.
        crls: Keeps the lists about it.
    """

    tsa: Tsa
    crls: Crls
    covered: tuple[bytes, ...] | None = field(default=None, init=False)
    """The lists that stand in the files of this batch; None: it must not be asked."""
    failed: int = field(default=0, init=False)
    resting_until: datetime | None = field(default=None, init=False)


class TsaPool:
    """The authorities of an installation; conforms `signer.tsa.Timestamper`.

    Args:
        members: In the order in which they are asked.
        policy: How patient it is.
        clock: For rests and for the lists.
        seconds: A watch that only goes forward, for the budget.

    Raises:
        AnzhengError: SETTINGS_INVALID for none, or one twice.
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        policy: PoolPolicy,
        clock: Clock,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        if not members or len({each.tsa.certificates[0] for each in members}) != len(members):
            raise AnzhengError(Code.SETTINGS_INVALID, "no timestamp authority, or one twice")
        self._members: Final = tuple(members)
        self._policy = policy
        self._clock = clock
        self._seconds = seconds
        self._lock = Lock()

    @property
    def test_only(self) -> bool:
        """Whether any of them belongs to a test PKI."""
        return any(each.tsa.test_only for each in self._members)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates of all: nobody knows yet who will answer."""
        return tuple(dict.fromkeys(one for each in self._members for one in each.tsa.certificates))

    def crls(self) -> tuple[bytes, ...]:
        """Return fresh lists about every authority that may answer from now on.

        One whose lists are not to be had, or that was revoked, is not asked until the next call.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, when that leaves none.
        """
        now, last = self._clock.now(), None
        for each in self._members:
            try:
                each.covered = each.crls.current(now)
            except AnzhengError as error:
                each.covered, last = None, error
        if all(each.covered is None for each in self._members):
            raise AnzhengError(
                Code.TSA_UNAVAILABLE, "no timestamp authority has valid revocation lists"
            ) from last
        return tuple(dict.fromkeys(one for each in self._members for one in each.covered or ()))

    def crls_of(self, token: bytes) -> tuple[bytes, ...]:
        """Return the lists about the authority that made this token.

        Raises:
            AnzhengError: TSA_ANSWER, for a token of none of them.
        """
        wanted = certificate_digest(read_token(token))
        for each in self._members:
            if sha256(each.tsa.certificates[0]).digest() == wanted:
                return each.covered or ()
        raise AnzhengError(Code.TSA_ANSWER, "the token of an authority that is not asked here")

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token by the first authority that gives a good one.

        Raises:
            AnzhengError: TSA_UNAVAILABLE when none answers within the budget; TSA_ANSWER when all
                that answered gave answers that prove nothing.
        """
        if all(each.covered is None for each in self._members):
            self.crls()
        end = self._seconds() + self._policy.budget_seconds
        errors: list[AnzhengError] = []
        for _ in range(ROUNDS):
            for member in self._members:
                left = min(end - self._seconds(), self._policy.attempt_seconds)
                if left <= 0 or not self._may_ask(member):
                    continue
                try:
                    token = member.tsa.timestamp(imprint, seconds=left)
                except AnzhengError as error:
                    self._failed(member, error)
                    errors.append(error)
                else:
                    self._answered(member)
                    return token
        raise self._nobody(errors)

    def timestamp_many(self, imprints: Iterable[Digest]) -> Iterator[bytes]:
        """Yield a token for each digest, in their order, while several are asked for at once.

        Raises:
            AnzhengError: As `timestamp`, at the first that got none; those before it are good.
        """
        parallel, waiting = self._policy.parallel, iter(imprints)
        running: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(parallel, "tsa") as threads:
            try:
                for imprint in waiting:
                    running.append(threads.submit(self.timestamp, imprint))
                    if len(running) >= AHEAD * parallel:
                        yield running.popleft().result()
                while running:
                    yield running.popleft().result()
            finally:
                for future in running:
                    future.cancel()

    def _may_ask(self, member: Member) -> bool:
        with self._lock:
            if member.covered is None:
                return False
            if member.resting_until is None:
                return True
            if self._clock.now() < member.resting_until:
                return False
            # One question finds out whether it is back; the others go on elsewhere.
            member.resting_until = self._clock.now() + self._policy.cool_down
            return True

    def _failed(self, member: Member, error: AnzhengError) -> None:
        with self._lock:
            member.failed += 1
            rests = error.code is not Code.TSA_UNAVAILABLE
            if rests or member.failed >= self._policy.failures:
                member.resting_until = self._clock.now() + self._policy.cool_down

    def _answered(self, member: Member) -> None:
        with self._lock:
            member.failed, member.resting_until = 0, None

    def _nobody(self, errors: Sequence[AnzhengError]) -> AnzhengError:
        asked = ", ".join(each.tsa.url for each in self._members)
        wrong = bool(errors) and all(error.code is Code.TSA_ANSWER for error in errors)
        message = f"no timestamp authority gave a token: {asked}"
        if errors:
            message += f"; the last: {errors[-1].message}"
        return AnzhengError(Code.TSA_ANSWER if wrong else Code.TSA_UNAVAILABLE, message)
