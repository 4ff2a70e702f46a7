"""Verify QR objects: a printed data code, a screen code, the answer to our own question.

    (2) signature of the data code, by a QR key of its authority
    (7) status   (8) validity
    (9) holder: certificate, signature, time, challenge or question   (codes of holders only)

What is asked of each, and in which order, stands in docs/formats/qr.md; the page for phones asks
the same.

Standard: DESIGN 4, table of artefacts; RFC 9052.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.domain.text import reads_alike
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import licence_json, qr_exchange, screen_code
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.fields import moment_text
from licence.formats.qr import Printed, ReadPrinted, read_printed, verify_printed
from licence.formats.qr_card import Card
from licence.formats.qr_text import QrKind, QrObject, read_text
from licence.formats.report import Facts, Report
from licence.formats.short_code import short_code_of
from licence.formats.trust_types import Authority, Registry, StatusKey
from licence.formats.verdict import Assurance
from licence.ids import Digest
from verifier.artefacts import Ask
from verifier.checks.c07_status import CLOCK_SKEW
from verifier.checks.c09_holder import STANDARD as HOLDER_STANDARD
from verifier.checks.c09_holder import (
    HolderCertificate,
    Holding,
    at_our_clock,
    check_certificate,
    not_answered,
    with_status,
)
from verifier.checks.outcome import not_passed
from verifier.memory import Memory
from verifier.object_run import ObjectRun, facts_of
from verifier.ports import LookUp, LookUpKey, TrustView
from verifier.typed import read_answer

STANDARD: Final = "RFC 9052 4.2, RFC 9053 2.1"


@dataclass(frozen=True, slots=True)
class Proved:
    """A data code whose signature holds, and whose it is."""

    said: Printed
    authority: Authority
    registry: Registry


@dataclass(frozen=True, slots=True)
class HolderCode:
    """A code that a holder signed, read and not verified.

    Attributes:
        card: What it carries along.
        verify: Raises unless the holder of a key signed it.
        judge: Returns facts, or raises, about time and question.
    """

    card: Card
    verify: Callable[[bytes], None]
    judge: Callable[[Ask], Facts]


def check_qr(text: str, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    """Verify the text of a QR code, or what stands behind its `#`."""
    digest = Digest(sha256(text.encode("utf-8", "surrogatepass")).digest())
    run = ObjectRun(trust, ask, digest, Assurance.PRINT)
    try:
        _check(run, text)
    except Exception as error:  # noqa: BLE001 - a code that breaks the verifier is never valid
        run.broke(error)
    return run.report(), run.standing.learned


def _check(run: ObjectRun, text: str) -> None:
    try:
        found = read_text(text)
        holder = _holder_code(found)
        if holder is not None:
            run.assurance = Assurance.PRESENTER
        printed = read_printed(found.data if holder is None else holder.card.printed)
    except AnzhengError as error:
        run.refuse(CheckName.SIGNATURE, error, standard=STANDARD)
        return
    proved = _proved(run, printed)
    if proved is None:
        return
    said = proved.said
    status = run.standing.status(
        said.status, proved.authority, proved.registry, [said.issued_at], on=run.ask.day
    )
    run.add(status)
    run.add(
        run.standing.validity(said.kind, said.valid_from, said.valid_to, status, on=run.ask.day)
    )
    if holder is not None:
        run.add(_holder(run, holder, proved, status))
    elif run.ask.wants_holder or run.ask.challenge is not None:
        # A code on paper can be copied: it is no answer to what was asked of a holder.
        run.add(not_answered())


# ---------------------------------------------------------------- (2) the data code


def _proved(run: ObjectRun, printed: ReadPrinted) -> Proved | None:
    try:
        proved = _believed(run, printed)
    except AnzhengError as error:
        run.refuse(CheckName.SIGNATURE, error, standard=STANDARD)
        return None
    said = proved.said
    run.add(
        passed(
            CheckName.SIGNATURE,
            ("authority", proved.authority.name),
            ("key_id", printed.kid.hex()),
            ("code_issued_at", moment_text(said.issued_at)),
            ("licence_json_sha256", said.licence_digest.hex()),
            standard=STANDARD,
        )
    )
    run.leaf, run.facts = said.leaf, facts_of(said, proved.authority)
    if said.issued_at <= run.ask.now + CLOCK_SKEW:
        run.standing.saw_time(said.issued_at)
    return proved


def _believed(run: ObjectRun, printed: ReadPrinted) -> Proved:
    said, bundle = printed.said, run.trust.bundle
    registry = bundle.registry(said.status.registry)
    if registry is None:
        raise AnzhengError(Code.REGISTRY_UNKNOWN, "the trust bundle has no such registry")
    authority = bundle.authority(said.authority)
    try:
        if authority is None:
            raise AnzhengError(Code.SIGNER_UNTRUSTED, "the trust bundle has no such authority")
        verify_printed(printed, authority.qr_keys)
    except AnzhengError as error:
        if error.code is Code.SIGNER_UNTRUSTED and run.trust.metadata_expired_at is not None:
            # While the repository is fresh, no newer bundle can have the key.
            raise AnzhengError(
                Code.TRUST_BUNDLE_OLD, "the key may be newer than the trust bundle"
            ) from error
        raise
    if not authority.may_issue(said.licence_type, said.industry, said.issued_on):
        raise AnzhengError(Code.SIGNER_NOT_ENTITLED, "the authority may not issue such a licence")
    if said.environment is not bundle.environment:
        raise AnzhengError(
            Code.ENVIRONMENT_MISMATCH, "a test licence in production, or the other way round"
        )
    _check_known(run, said, next(key for key in authority.qr_keys if key.kid == printed.kid))
    return Proved(said, authority, registry)


def _check_known(run: ObjectRun, said: Printed, key: StatusKey) -> None:
    """Ask the registry about a code of a key that is closed by now, where there is a network.

    Nothing but the key says when the code was made: whoever has the key can antedate it.

    Raises:
        AnzhengError: NOT_FOUND, when the registry answers and knows no such licence.
    """
    online = run.ask.online
    if key.believed_at(run.ask.now) or not isinstance(online, LookUp) or not online.is_private:
        return
    try:
        body = online.look_up(LookUpKey.SHORT_CODE, short_code_of(said.licence_digest))
        found = read_answer(body) if body is not None else ()
    except AnzhengError:
        # Not reached: then it is judged as without a network.
        return
    if not any(licence_json.digest(one.data) == said.licence_digest for one in found):
        raise AnzhengError(Code.NOT_FOUND, "the registry knows no licence of this code")


# ---------------------------------------------------------------- (9) the holder


def _holder_code(found: QrObject) -> HolderCode | None:
    """Read a code that a holder signed; None for a data code.

    Raises:
        AnzhengError: QR_SYNTAX; NOT_A_LICENCE for a question.
    """
    match found.kind:
        case QrKind.PRINTED:
            return None
        case QrKind.REQUEST:
            raise AnzhengError(Code.NOT_A_LICENCE, "a verifier's question is no licence")
        case QrKind.SCREEN:
            screen = screen_code.read_screen(found.data)
            return HolderCode(
                screen.said.card,
                lambda key: screen_code.verify_screen(screen, key),
                lambda ask: _judge_screen(screen.said, ask),
            )
        case QrKind.ANSWER:
            answer = qr_exchange.read_answer(found.data)
            return HolderCode(
                answer.said.card,
                lambda key: qr_exchange.verify_answer(answer, key),
                lambda ask: _judge_answer(answer.said, ask),
            )


def _holder(run: ObjectRun, holder: HolderCode, proved: Proved, status: CheckResult) -> CheckResult:
    said = proved.said
    holding = Holding(
        leaf=said.leaf,
        registry=said.status.registry,
        uscc=said.uscc,
        authority=proved.authority,
        bundle=run.trust.bundle,
        now=run.ask.now,
    )
    try:
        certificate = check_certificate((holder.card.certificate,), holding)
        holder.verify(certificate.public_key)
        facts = holder.judge(run.ask)
    except AnzhengError as error:
        result = not_passed(CheckName.HOLDER, error, *error.facts.items(), standard=HOLDER_STANDARD)
        return at_our_clock(result, status)
    return _in_force(run, proved, certificate, facts)


def _in_force(
    run: ObjectRun, proved: Proved, certificate: HolderCertificate, facts: Facts
) -> CheckResult:
    result = passed(
        CheckName.HOLDER,
        ("certificate_sha256", certificate.sha256.hex()),
        ("status_index", certificate.status.index),
        *facts,
        standard=HOLDER_STANDARD,
    )
    # The key is asked about as of today: it is shown now, whatever day is asked about.
    own = run.standing.status(
        certificate.status,
        proved.authority,
        proved.registry,
        [proved.said.issued_at],
        on=shanghai_date(run.ask.now),
    )
    return with_status(result, own)


def _judge_screen(said: screen_code.ScreenCode, ask: Ask) -> Facts:
    if ask.wants_holder:
        raise AnzhengError(Code.HOLDER_PROOF_MISSING, "a screen code answers no question")
    fast = screen_code.check_time(said, ask.now)
    if ask.challenge is not None and said.challenge != ask.challenge:
        raise AnzhengError(Code.HOLDER_NONCE, "the code was not made with our challenge")
    if ask.purpose is not None and not reads_alike(ask.purpose, said.purpose):
        raise AnzhengError(Code.HOLDER_AUDIENCE, "the code was made for another purpose")
    return (
        ("shown_at", moment_text(said.starts_at)),
        ("clock_fast_seconds", fast),
        ("purpose", said.purpose),
        ("challenge_checked", ask.challenge is not None),
    )


def _judge_answer(said: qr_exchange.QrAnswer, ask: Ask) -> Facts:
    if ask.request is None:
        raise AnzhengError(Code.HOLDER_PROOF_MISSING, "an answer, and we have no question open")
    qr_exchange.check_answer(said, ask.request, now=ask.now)
    return (
        ("presented_at", moment_text(said.presented_at)),
        ("audience", ask.request.audience),
        ("purpose", ask.request.purpose),
        ("challenge_checked", True),
    )
