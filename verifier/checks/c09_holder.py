"""Check 9: whoever presented the licence holds the key of its own certificate.

The certificate is issued by the pinned holder CA of the authority, names this leaf, and is open in
the status list at its own index. The answer is to the verifier's own question and to no other.

Standard: RFC 5280, 6.1; DESIGN 2 (7, 8) and 4, check 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.domain.model import LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code, Fact
from licence.formats import oids
from licence.formats.checks import CheckName, CheckResult, CheckState, indeterminate, passed
from licence.formats.holder import Presentation, PresentationRequest, check_presentation
from licence.formats.holder_binding import LicenceBinding, decode_binding
from licence.formats.leaf import holder_certificate_leaf
from licence.formats.trust_types import Authority, TrustBundle
from licence.ids import Digest, Leaf, RegistryId
from verifier.chain_of_trust import (
    check_dates,
    check_policy,
    find_path,
    key_usage,
    organisation_identifier,
)
from verifier.checks.c03_signer import closed_from
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.outcome import ended, not_passed

NUMBER: Final = 9
STANDARD: Final = "RFC 5280 6.1"


@dataclass(frozen=True, slots=True)
class Presented:
    """The verifier's own question, and the answer that came."""

    request: PresentationRequest
    answer: Presentation


@dataclass(frozen=True, slots=True)
class HolderQuestion:
    """Who must hold what.

    Attributes:
        presented: Question and answer.
        leaf: Of the licence that was verified.
        licence: Its data.
        authority: Its authority.
        bundle: Whom we believe.
        now: The time.
    """

    presented: Presented
    leaf: Leaf
    licence: LicenceVersion
    authority: Authority
    bundle: TrustBundle
    now: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder's certificate must fit.

    Attributes:
        leaf: Of the licence.
        registry: Of its status.
        uscc: Of the enterprise.
        authority: Who issued the licence, and whose holder CA is pinned.
        bundle: Whom we believe.
        now: The time: a presentation is made now.
    """

    leaf: Leaf
    registry: RegistryId
    uscc: str
    authority: Authority
    bundle: TrustBundle
    now: datetime


@dataclass(frozen=True, slots=True)
class HolderCertificate:
    """A certificate that fits: its key, and where its own status is read."""

    public_key: bytes
    status: StatusRef
    sha256: Digest


def check_holder(question: HolderQuestion) -> tuple[CheckResult, StatusRef | None]:
    """Verify the answer and the certificate.

    Returns:
        The result, and where the certificate's own status is read; `with_status` still has to be
        asked before a passed result stands.
    """
    answer = question.presented.answer
    try:
        if answer.leaf != question.leaf:
            raise _refuse("the answer is about another licence")
        found = check_certificate(answer.certificates, _holding(question))
        check_presentation(
            answer, question.presented.request, public_key=found.public_key, now=question.now
        )
        _anchored(question)
    except AnzhengError as error:
        return not_passed(CheckName.HOLDER, error, standard=STANDARD), None
    return (
        passed(
            CheckName.HOLDER,
            ("certificate_sha256", found.sha256.hex()),
            ("status_index", found.status.index),
            ("presented_at", answer.presented_at.isoformat().replace("+00:00", "Z")),
            ("audience", answer.audience),
            ("purpose", answer.purpose),
            ("certificate_anchored", answer.evidence is not None),
            standard=STANDARD,
        ),
        found.status,
    )


def not_answered(*facts: tuple[str, Fact]) -> CheckResult:
    """Return check 9 for what does not answer, though a holder was asked."""
    return indeterminate(
        CheckName.HOLDER,
        Code.HOLDER_PROOF_MISSING,
        *facts,
        ("reason", "a holder was asked, and this answers nothing"),
        standard=STANDARD,
    )


def at_our_clock(result: CheckResult, status: CheckResult) -> CheckResult:
    """Return the result, or that it is our clock: then nothing is known about the holder's.

    Args:
        result: Check 9 or 10.
        status: Check 7 of the licence.
    """
    if result.code is not Code.HOLDER_TIME or status.code is not Code.CLOCK_SUSPECT:
        return result
    return indeterminate(result.name, Code.CLOCK_SUSPECT, *result.facts, standard=result.standard)


def with_status(result: CheckResult, status: CheckResult) -> CheckResult:
    """Return the result once the status of the certificate is known.

    Args:
        result: From `check_holder`, passed.
        status: Status check of the certificate's own index.
    """
    if status.state is CheckState.PASSED:
        return result
    # A closed certificate is one that was replaced: the presenter has the old key.
    closed = status.state is CheckState.FAILED
    code = Code.HOLDER_CERTIFICATE if closed else status.code
    return ended(
        CheckName.HOLDER, code, *result.facts, ("status", status.code.value), standard=STANDARD
    )


def check_certificate(certificates: Sequence[bytes], holding: Holding) -> HolderCertificate:
    """Return the key that a holder's certificate certifies, once it fits the licence.

    Args:
        certificates: The holder's first, then its issuers; DER.
        holding: What it must fit.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE; HOLDER_TIME for one that begins later.
    """
    try:
        certificate = _on_path(certificates, holding)
        binding = _binding(certificate)
    except AnzhengError as error:
        if error.code is Code.HOLDER_TIME:
            raise
        # The path validation says "signer" of whatever it judges.
        raise _refuse(error.message) from error
    if (binding.leaf, binding.registry) != (holding.leaf, holding.registry):
        raise _refuse("the certificate belongs to another licence")
    return HolderCertificate(
        certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        StatusRef(binding.registry, binding.index),
        Digest(sha256(certificates[0]).digest()),
    )


def _on_path(certificates: Sequence[bytes], holding: Holding) -> x509.Certificate:
    if holding.authority.holder_ca is None:
        raise _refuse("the authority has no holder certificates")
    path = find_path(certificates[0], certificates[1:], [holding.authority.holder_ca])
    if holding.now < path[0].not_valid_before_utc:
        raise AnzhengError(Code.HOLDER_TIME, "the holder's certificate begins later than now")
    check_dates(path, at=holding.now)
    check_policy(path, [oids.POLICY_HOLDER])
    # A presentation is made now: a leaked holder CA makes every certificate below it worthless.
    closed = closed_from(path, holding.bundle)
    if closed is not None and holding.now >= closed:
        raise _refuse("the certificate, or its CA, was withdrawn")
    usage = key_usage(path[0])
    if not usage.digital_signature or usage.key_cert_sign:
        raise _refuse("not a certificate of a holder")
    if organisation_identifier(path[0]) != holding.uscc:
        raise _refuse("the certificate is of another enterprise")
    return path[0]


def _binding(certificate: x509.Certificate) -> LicenceBinding:
    try:
        extension = certificate.extensions.get_extension_for_oid(
            x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING)
        )
    except x509.ExtensionNotFound as error:
        raise _refuse("the certificate names no licence") from error
    if not isinstance(extension.value, x509.UnrecognizedExtension):
        raise _refuse("the certificate names no licence")
    return decode_binding(extension.value.value)


def _holding(question: HolderQuestion) -> Holding:
    licence = question.licence
    return Holding(
        leaf=question.leaf,
        registry=licence.status.registry,
        uscc=licence.draft.uscc,
        authority=question.authority,
        bundle=question.bundle,
        now=question.now,
    )


def _anchored(question: HolderQuestion) -> None:
    """Verify the certificate's own anchor evidence, when the answer brings it."""
    answer = question.presented.answer
    if answer.evidence is None:
        return
    digest = Digest(sha256(answer.certificates[0]).digest())
    leaf = holder_certificate_leaf(certificate_digest=digest, licence_leaf=question.leaf)
    registry = question.licence.status.registry
    try:
        judge_evidence(answer.evidence, leaf, registry, question.authority.id, question.bundle)
    except AnzhengError as error:
        raise _refuse(error.message) from error


def _refuse(message: str) -> AnzhengError:
    return AnzhengError(Code.HOLDER_CERTIFICATE, message)
