"""The desk: what is handed in is verified, answered, and kept under an id for a day.

    judged = await desk.judge(Submission(recognise(data), profile=STRICT))
    kept = await desk.kept(judged.id)

What was handed in is gone when the answer is there: only the report, and the picture where one was
asked for, are kept, encrypted with the id.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from time import perf_counter
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import report as reports
from licence.formats.checks import CheckName, CheckState
from licence.formats.holder import PresentationRequest
from licence.formats.qr_exchange import question_digest
from licence.formats.report import Report
from licence.ports import Clock, Entropy
from verifier.artefacts import Artefact, Ask
from verifier.policy import STRICT, Policy
from verifier.pool import Answer, Mark, Picture
from verifier.service.engine import Engine
from verifier.service.gate import Gate
from verifier.service.logs import Log
from verifier.service.numbers import Numbers
from verifier.service.tracing import Tracing
from verifier.service.trust_keeper import TrustKeeper
from verifier.service.vault import Vault, is_id, new_id

REPORT: Final = "report"
PICTURE: Final = "picture"
MARKS: Final = "marks"
ANSWERED: Final = "answered"
PARTS: Final = (REPORT, PICTURE, MARKS)


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody wants to know.

    Attributes:
        artefact: What was handed in.
        on: The day asked about, when it is not today.
        policy: What is demanded.
        picture: Whether page one is wanted as a picture.
        challenge: The four digits that were spoken to the holder of a screen code.
        purpose: What the screen code must have been made for.
        recipient: Whom a limited copy must have been made for.
        request: Our question, for a code that answers it.
    """

    artefact: Artefact = field(repr=False)
    on: date | None = None
    policy: Policy = STRICT
    picture: bool = False
    challenge: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    request: PresentationRequest | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer.

    Attributes:
        id: Under which it is kept; None when it could not be kept.
        report: What was found.
        body: The report as it is sent.
    """

    id: str | None
    report: Report
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an earlier verification."""

    report: Report
    body: bytes = field(repr=False)
    picture: Picture | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(slots=True)
class Desk:
    """Judges, keeps and finds again.

    Args:
        engine: Where the checks are made.
        gate: How much is taken on.
        trust: What is believed.
        vault: Where results are kept.
        clock: Tells the time.
        entropy: For ids.
        log: Where what went wrong goes.
        numbers: What is counted.
        tracing: Spans, where somebody collects them.
        life: How long a result is kept.
        reporters: Certificates (DER) of the verifiers whose reports are believed.
    """

    engine: Engine
    gate: Gate
    trust: TrustKeeper
    vault: Vault
    clock: Clock
    entropy: Entropy
    log: Log
    numbers: Numbers
    tracing: Tracing
    life: timedelta = timedelta(hours=24)
    reporters: tuple[bytes, ...] = ()

    async def judge(self, submission: Submission) -> Judged:
        """Verify, keep and answer.

        Raises:
            AnzhengError: OVERLOADED when there is no room; TRUST_UNAVAILABLE while nothing is
                believed; CONFLICT for a question that was answered before. Whatever is wrong with
                the artefact stands in the report.
        """
        with self.gate.place():
            found = await self._check(submission)
            await self._answered(submission, found.report)
            body = reports.encode(found.report)
            with self.tracing.span("verify.keep"):
                secret = await self._keep(found, body)
        return Judged(secret, found.report, body)

    async def judge_one_of_many(self, submission: Submission) -> Judged:
        """Verify one file of a batch: it has waited for its turn already."""
        found = await self._check(submission)
        body = reports.encode(found.report)
        return Judged(await self._keep(found, body), found.report, body)

    async def kept(self, secret: str) -> Kept | None:
        """Return a result that is still kept, or None.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        body = await self.part(secret, REPORT)
        if body is None:
            return None
        picture, marks = await self.part(secret, PICTURE), await self.part(secret, MARKS)
        return Kept(
            report=reports.decode(body),
            body=body,
            picture=_picture(picture) if picture else None,
            marks=_marks(marks) if marks else (),
        )

    async def part(self, secret: str, part: str) -> bytes | None:
        """Return one part of a result, or None."""
        return await self.vault.get(secret, part) if is_id(secret) else None

    async def picture(self, secret: str) -> Picture | None:
        """Return the picture of a result, or None."""
        data = await self.part(secret, PICTURE)
        return _picture(data) if data else None

    async def forget(self, secret: str) -> None:
        """Forget a result at once."""
        if is_id(secret):
            for part in PARTS:
                await self.vault.remove(secret, part)

    async def _check(self, submission: Submission) -> Answer:
        # A service without trust has no business to say "undetermined" for a file it cannot judge.
        _ = self.trust.store
        ask = Ask(
            policy=submission.policy,
            now=self.clock.now(),
            on=submission.on,
            memory=self.trust.memory,
            challenge=submission.challenge,
            purpose=submission.purpose,
            recipient=submission.recipient,
            request=submission.request,
            reporters=self.reporters,
        )
        begin = perf_counter()
        with self.tracing.span("verify.check"):
            found = await self.engine.check(submission.artefact, ask, picture=submission.picture)
        took = perf_counter() - begin
        self.gate.took(took)
        self.trust.learn(found.learned)
        self.numbers.verified(type(submission.artefact).__name__, found.report, took)
        return found

    async def _answered(self, submission: Submission, report: Report) -> None:
        """Let a question be answered once: who saw the answer may not show it again."""
        holder = report.check(CheckName.HOLDER)
        if submission.request is None or holder is None or holder.state is not CheckState.PASSED:
            return
        question = question_digest(submission.request).hex()
        until = self.clock.now() + self.life
        if await self.vault.put_new(question, ANSWERED, b"yes", until=until) is not None:
            raise AnzhengError(
                Code.CONFLICT, "this question was answered before; ask the holder a new one"
            )

    async def _keep(self, found: Answer, body: bytes) -> str | None:
        """Keep what was found; a store that fails takes nothing from the answer."""
        secret, until = new_id(self.entropy), self.clock.now() + self.life
        try:
            for part, data in _parts(found, body):
                await self.vault.put(secret, part, data, until=until)
        except AnzhengError as error:
            self.log.warning("result_not_kept", code=error.code.value)
            return None
        return secret


def _parts(found: Answer, body: bytes) -> Iterable[tuple[str, bytes]]:
    yield REPORT, body
    if found.picture is not None:
        yield PICTURE, _picture_bytes(found.picture)
    if found.marks:
        yield MARKS, marks_json(found.marks)


def marks_json(marks: Iterable[Mark]) -> bytes:
    """Return marks as they are sent."""
    return json.dumps([asdict(mark) for mark in marks], ensure_ascii=False).encode()


def _marks(data: bytes) -> tuple[Mark, ...]:
    return tuple(Mark(**each) for each in json.loads(data))


def _picture_bytes(picture: Picture) -> bytes:
    head = f"{picture.media_type} {picture.width} {picture.height}"
    return head.encode() + b"\0" + picture.data


def _picture(data: bytes) -> Picture:
    head, _, picture = data.partition(b"\0")
    media_type, width, height = head.decode().split(" ")
    return Picture(picture, media_type, int(width), int(height))


def nothing_found(what: str) -> AnzhengError:
    """Return the error for an id that leads nowhere; why is not said."""
    return AnzhengError(Code.NOT_FOUND, f"there is no such {what}, or no more: kept for 24 hours")
