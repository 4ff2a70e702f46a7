"""Check 9: whoever presented the licence holds the key of its own certificate.

The certificate is issued by the pinned holder CA of the authority, names this leaf, and is open in
the status list at its own index. The answer is to the verifier's own question and to no other.

Standard: RFC 5280, 6.1; DESIGN 2 (7, 8) and 4, check 9.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.domain.model import LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import oids
from licence.formats.checks import CheckName, CheckResult, CheckState, passed
from licence.formats.holder import Presentation, PresentationRequest, check_presentation
from licence.formats.holder_binding import decode_binding
from licence.formats.leaf import holder_certificate_leaf
from licence.formats.trust_types import Authority, TrustBundle
from licence.ids import Digest, Leaf
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


def check_holder(question: HolderQuestion) -> tuple[CheckResult, StatusRef | None]:
    """Verify the answer and the certificate.

    Returns:
        The result, and where the certificate's own status is read; `with_status` still has to be
        asked before a passed result stands.
    """
    answer = question.presented.answer
    try:
        certificate = _certificate(question)
        status = _binding(certificate, question)
        public_key = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        check_presentation(
            answer, question.presented.request, public_key=public_key, now=question.now
        )
        _anchored(question)
    except AnzhengError as error:
        return not_passed(CheckName.HOLDER, _as_holder(error), standard=STANDARD), None
    return (
        passed(
            CheckName.HOLDER,
            ("certificate_sha256", sha256(answer.certificates[0]).hexdigest()),
            ("status_index", status.index),
            ("presented_at", answer.presented_at.isoformat().replace("+00:00", "Z")),
            ("audience", answer.audience),
            ("purpose", answer.purpose),
            ("certificate_anchored", answer.evidence is not None),
            standard=STANDARD,
        ),
        status,
    )


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


def _certificate(question: HolderQuestion) -> x509.Certificate:
    answer, authority = question.presented.answer, question.authority
    if answer.leaf != question.leaf:
        raise _refuse("the answer is about another licence")
    if authority.holder_ca is None:
        raise _refuse("the authority has no holder certificates")
    path = find_path(answer.certificates[0], answer.certificates[1:], [authority.holder_ca])
    check_dates(path, at=question.now)
    check_policy(path, [oids.POLICY_HOLDER])
    # A presentation is made now: a leaked holder CA makes every certificate below it worthless.
    closed = closed_from(path, question.bundle)
    if closed is not None and question.now >= closed:
        raise _refuse("the certificate, or its CA, was withdrawn")
    usage = key_usage(path[0])
    if not usage.digital_signature or usage.key_cert_sign:
        raise _refuse("not a certificate of a holder")
    if organisation_identifier(path[0]) != question.licence.draft.uscc:
        raise _refuse("the certificate is of another enterprise")
    return path[0]


def _binding(certificate: x509.Certificate, question: HolderQuestion) -> StatusRef:
    try:
        extension = certificate.extensions.get_extension_for_oid(
            x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING)
        )
    except x509.ExtensionNotFound as error:
        raise _refuse("the certificate names no licence") from error
    if not isinstance(extension.value, x509.UnrecognizedExtension):
        raise _refuse("the certificate names no licence")
    binding = decode_binding(extension.value.value)
    registry = question.licence.status.registry
    if (binding.leaf, binding.registry) != (question.leaf, registry):
        raise _refuse("the certificate belongs to another licence")
    return StatusRef(registry, binding.index)


def _anchored(question: HolderQuestion) -> None:
    """Verify the certificate's own anchor evidence, when the answer brings it."""
    answer = question.presented.answer
    if answer.evidence is None:
        return
    digest = Digest(sha256(answer.certificates[0]).digest())
    leaf = holder_certificate_leaf(certificate_digest=digest, licence_leaf=question.leaf)
    registry = question.licence.status.registry
    judge_evidence(answer.evidence, leaf, registry, question.authority.id, question.bundle)


def _as_holder(error: AnzhengError) -> AnzhengError:
    """Say "holder" where the path validation says "signer"."""
    if error.code.name.startswith("HOLDER_"):
        return error
    return _refuse(error.message)


def _refuse(message: str) -> AnzhengError:
    return AnzhengError(Code.HOLDER_CERTIFICATE, message)
