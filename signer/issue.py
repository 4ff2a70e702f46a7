"""Issue a released batch: check the release, store the intent, press, sign, store, hand out.

Standard: DESIGN 2(2) to 2(4).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.officers import PinnedOfficer
from licence.formats.webauthn import Site
from licence.ids import Digest
from licence.ports import Clock
from signer.ledger import Intent, Ledger, Slot
from signer.pades import Prepared
from signer.press import Presses, PressFailure, PressJob
from signer.release import Release, ReleasedLicence, check_release
from signer.second_reader import check_signed
from signer.sign import LicenceSigner, SignedLicence, Unstamped

COMMIT_EVERY: Final = 16
"""Signed files that are stored in one commit: the disk, not the key, is the slow part."""

SECOND_READER_EVERY: Final = 100
"""One of so many signed files is read by the second reader, which takes 50 ms a page: so it costs a
batch less than a millisecond a licence. Which ones they are follows from their digests."""

_STOPS_ALL: Final = frozenset(
    {
        Code.KEY_LOCKED,
        Code.SIGNATURE_BROKEN,
        Code.STORE_FAILED,
        Code.TSA_ANSWER,
        Code.TSA_UNAVAILABLE,
    }
)
"""What is wrong with the signer, not with one licence: the batch stops and is run again later."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A licence that could not be issued; the others of the batch went on.

    Attributes:
        licence_digest: SHA-256 of its `licence.json`.
        error: Why.
    """

    licence_digest: Digest
    error: AnzhengError


@dataclass(frozen=True, slots=True)
class IssuePolicy:
    """Whom the signer believes, and how much.

    Attributes:
        officers: Pinned officers of the authority.
        daily_cap: Most new licence versions that it may have signed in a day (Asia/Shanghai).
        sites: Web sites whose passkeys are believed.
        second_reader_every: One of so many signed files is read again; 1 for all.
    """

    officers: tuple[PinnedOfficer, ...]
    daily_cap: int
    sites: tuple[Site, ...] = ()
    second_reader_every: int = SECOND_READER_EVERY


class Signer:
    """The signer's worker for one authority.

    Args:
        signer: Holds the key.
        press: Makes the pages; here or in other processes.
        ledger: The signer's own memory.
        policy: Whom it believes.
        clock: For the day of the cap and the claimed signing time.
    """

    def __init__(
        self,
        signer: LicenceSigner,
        *,
        press: Presses,
        ledger: Ledger,
        policy: IssuePolicy,
        clock: Clock,
    ) -> None:
        self._signer = signer
        self._press = press
        self._ledger = ledger
        self._policy = policy
        self._clock = clock

    def sign_batch(
        self,
        statement: bytes,
        licences: Sequence[bytes],
        *,
        on_parked: Callable[[Parked], None] | None = None,
    ) -> Iterator[SignedLicence]:
        """Sign a released batch; asked again, it gives the same files again.

        The release is checked and the intent stored when this is called; the files come as the
        iterator goes, each stored before it is handed out.

        Args:
            statement: Encoded release statement with its signatures.
            licences: The `licence.json` files, in the order of the statement.
            on_parked: Told of each licence that could not be issued; without it such a licence
                stops the batch.

        Raises:
            AnzhengError: As `check_release` and `Ledger.accept`; while iterating also KEY_LOCKED,
                TSA_UNAVAILABLE, TSA_ANSWER, STORE_FAILED, and NOT_FOUND for a file that was
                handed out and forgotten.
        """
        now = self._clock.now()
        release = check_release(
            statement,
            licences,
            officers=self._policy.officers,
            sites=self._policy.sites,
            now=now,
        )
        if release.authority != self._signer.authority:
            raise AnzhengError(Code.RELEASE_AUTHORITY, "the release is another authority's")
        self._ledger.accept(
            [_intent(release, licence) for licence in release.licences],
            release.batch_id,
            now=now,
            today=shanghai_date(now),
            daily_cap=self._policy.daily_cap,
        )
        return self._work(release.licences, on_parked)

    def _work(
        self,
        licences: Sequence[ReleasedLicence],
        on_parked: Callable[[Parked], None] | None,
    ) -> Iterator[SignedLicence]:
        waiting: list[tuple[ReleasedLicence, datetime]] = []
        for licence in licences:
            slot = self._slot(licence.digest)
            if slot.signed is None:
                waiting.append((licence, slot.signing_time))
            else:
                yield slot.signed
        yield from self._sign_all(waiting, on_parked)

    def _slot(self, digest: Digest) -> Slot:
        slot = self._ledger.slot(digest)
        if slot is None or slot.forgotten:
            raise AnzhengError(
                Code.NOT_FOUND, "signed and handed out before: take it from the file store"
            )
        return slot

    def _sign_all(
        self,
        waiting: Sequence[tuple[ReleasedLicence, datetime]],
        on_parked: Callable[[Parked], None] | None,
    ) -> Iterator[SignedLicence]:
        dss = self._signer.dss()
        jobs = (PressJob(licence.data, moment, dss) for licence, moment in waiting)
        pressed = zip((each for each, _ in waiting), self._press.press_all(jobs), strict=True)
        while chunk := list(islice(pressed, COMMIT_EVERY)):
            signed: list[SignedLicence] = []
            try:
                self._sign_chunk(chunk, signed, on_parked)
            finally:
                # What was signed before something went wrong is kept: it is not signed again.
                self._ledger.record(signed)
            yield from signed

    def _sign_chunk(
        self,
        chunk: Sequence[tuple[ReleasedLicence, Prepared | PressFailure]],
        signed: list[SignedLicence],
        on_parked: Callable[[Parked], None] | None,
    ) -> None:
        """Sign a few files, ask for their timestamps at once, and add them to `signed`."""
        waiting: list[tuple[ReleasedLicence, Unstamped]] = []
        trouble: AnzhengError | None = None
        try:
            for licence, result in chunk:
                with _parking(licence, on_parked):
                    waiting.append((licence, self._begin(licence, result)))
        except AnzhengError as error:
            # Those before it are finished first: a signature that was made is not made again.
            trouble = error
        stamps = self._signer.timestamps([unstamped for _, unstamped in waiting])
        for (licence, unstamped), stamp in zip(waiting, stamps, strict=True):
            with _parking(licence, on_parked):
                done = self._signer.finish(unstamped, stamp)
                self._read_again(licence, done)
                signed.append(done)
        if trouble is not None:
            raise trouble

    def _begin(self, licence: ReleasedLicence, result: Prepared | PressFailure) -> Unstamped:
        if isinstance(result, PressFailure):
            raise result.error()
        token = self._signer.prepare(licence.data, result, version=licence.version)
        return self._signer.begin(token)

    def _read_again(self, licence: ReleasedLicence, done: SignedLicence) -> None:
        """Refuse a signed file that a second reader reads otherwise; nobody has seen it yet."""
        chosen = int.from_bytes(done.licence_digest[:4], "big")
        if chosen % self._policy.second_reader_every == 0:
            check_signed(done.pdf, licence.version, licence.data)


@contextmanager
def _parking(
    licence: ReleasedLicence, on_parked: Callable[[Parked], None] | None
) -> Iterator[None]:
    """Report what is wrong with one licence; raise what is wrong with the signer."""
    try:
        yield
    except AnzhengError as error:
        if error.code in _STOPS_ALL or on_parked is None:
            raise
        on_parked(Parked(licence.digest, error))


def _intent(release: Release, licence: ReleasedLicence) -> Intent:
    draft, status = licence.version.draft, licence.version.status
    return Intent(
        authority=release.authority,
        licence_no=draft.licence_no,
        version=draft.version,
        registry=status.registry,
        status_index=status.index,
        licence_digest=licence.digest,
    )
