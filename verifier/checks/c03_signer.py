"""Check 3: the signer has a path to a pinned root and a pinned policy, and is the one authority.

One and the same authority must stand in the certificate, in `licence.json`, and in the trust
bundle with the right to issue this; the anchor (check 6) adds the chain account and the log.

Standard: RFC 5280, 6.1; ETSI EN 319 412-3 (organizationIdentifier); DESIGN 4, check 3.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import Draft
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code, Fact
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.cms import CmsParts
from licence.formats.entitlement import entitlement_of, lies_in, what_does_not_fit
from licence.formats.fields import moment_text
from licence.formats.trust_types import Authority, TrustBundle
from licence.ids import Digest
from verifier.chain_of_trust import (
    Path,
    check_dates,
    check_licence_signer,
    check_policy,
    find_path,
    organisation_identifier,
)
from verifier.checks.outcome import not_passed
from verifier.pades.structure import Structure
from verifier.revocation import RevocationData, check_not_revoked

NUMBER: Final = 3
STANDARD: Final = "RFC 5280 6.1, ETSI EN 319 412-3"


def find_signer(parts: CmsParts, bundle: TrustBundle) -> tuple[CheckResult | None, Path | None]:
    """Find the path of the signer among the certificates of the CMS, before any PDF is parsed."""
    try:
        path = find_path(
            parts.signer_certificate,
            parts.certificates,
            [root.certificate for root in bundle.roots],
        )
    except AnzhengError as error:
        return not_passed(CheckName.SIGNER, error, standard=STANDARD), None
    return None, path


def check_signer(
    path: Path,
    parts: CmsParts,
    structure: Structure,
    draft: Draft,
    bundle: TrustBundle,
    moments: Sequence[datetime],
) -> CheckResult:
    """Decide whether the signer could sign this licence at that time.

    Args:
        path: From `find_signer`.
        parts: The CMS.
        structure: The signed objects, with the certificates and revocation data.
        draft: The licence; its digest is a signed attribute.
        bundle: Whom we believe.
        moments: The time of the timestamp and, when it is known, of the block.
    """
    try:
        policy = _check_certificate(path, parts, structure, bundle, moments)
        authority = _check_authority(path, draft, bundle, moments[0])
    except AnzhengError as error:
        return not_passed(
            CheckName.SIGNER,
            error,
            ("signer", path[0].subject.rfc4514_string()),
            standard=STANDARD,
        )
    facts, notes = closed_later(closed_from(path, bundle), anchored=len(moments) > 1)
    return passed(
        CheckName.SIGNER,
        ("authority", authority.name),
        ("authority_id", authority.id),
        ("certificate_sha256", sha256(parts.signer_certificate).hexdigest()),
        ("policy", policy),
        *facts,
        notes=notes,
        standard=STANDARD,
    )


def _check_certificate(
    path: Path,
    parts: CmsParts,
    structure: Structure,
    bundle: TrustBundle,
    moments: Sequence[datetime],
) -> str:
    check_licence_signer(path[0])
    policy = check_policy(path, bundle.policies)
    check_dates(path, at=moments[0])
    # The CMS is not signed itself: its certificates are the path without the root, no more and no
    # fewer, and each stands byte for byte in the signed validation data.
    wanted = sorted(certificate.public_bytes(Encoding.DER) for certificate in path[:-1])
    if list(parts.certificates) != wanted or not set(wanted) <= set(structure.certificates):
        raise AnzhengError(Code.SIGNER_UNTRUSTED, "the certificates are not those that were signed")
    check_not_distrusted(path, bundle, moments)
    check_not_revoked(path, RevocationData(structure.crls, structure.ocsps), at=moments[0])
    return policy


def check_not_distrusted(path: Path, bundle: TrustBundle, moments: Sequence[datetime]) -> None:
    """Refuse what was made after a key was closed.

    Raises:
        AnzhengError: SIGNER_DISTRUSTED.
    """
    end = closed_from(path, bundle)
    if end is not None and max(moments) >= end:
        raise AnzhengError(Code.SIGNER_DISTRUSTED, "a key of the path was closed before that")


def closed_from(path: Path, bundle: TrustBundle) -> datetime | None:
    """Return from when on a key of the path is not believed, or None while all are."""
    ends = []
    for certificate in path:
        der = certificate.public_bytes(Encoding.DER)
        ends.append(bundle.distrust_from(Digest(sha256(der).digest())))
        # The same root may be pinned for signers and for timestamps: either closing counts.
        ends += [root.distrust_from for root in bundle.roots if root.certificate == der]
        ends += [root.distrust_from for root in bundle.tsa_roots if root.certificate == der]
    return min((end for end in ends if end is not None), default=None)


def closed_later(
    end: datetime | None, *, anchored: bool
) -> tuple[tuple[tuple[str, Fact], ...], tuple[Code, ...]]:
    """Return fact and note for what was anchored while a key that is closed by now was believed."""
    if end is None or not anchored:
        return (), ()
    return (("key_closed_from", moment_text(end)),), (Code.KEY_CLOSED_LATER,)


def _check_authority(
    path: Path, draft: Draft, bundle: TrustBundle, signed_at: datetime
) -> Authority:
    if organisation_identifier(path[0]) != draft.issuer_code:
        raise AnzhengError(
            Code.SIGNER_AUTHORITY, "the certificate is that of another authority than the licence"
        )
    authority = bundle.authority(draft.issuer_code)
    if authority is None:
        late = bundle.issued_at < signed_at
        raise AnzhengError(
            Code.TRUST_BUNDLE_OLD if late else Code.SIGNER_NOT_ENTITLED,
            "the trust bundle does not know the authority",
        )
    days = (draft.issued_on, shanghai_date(signed_at))
    if not all(authority.may_issue(draft.licence_type, draft.industry, day) for day in days):
        raise AnzhengError(Code.SIGNER_NOT_ENTITLED, "the authority may not issue such a licence")
    if not lies_in(draft, authority.regions):
        raise AnzhengError(Code.SIGNER_NOT_ENTITLED, "the authority may not issue for that region")
    _check_entitlement(path, draft)
    return authority


def _check_entitlement(path: Path, draft: Draft) -> None:
    """Hold the licence against what the certificate says; an old one says nothing."""
    entitlement = entitlement_of(path[0])
    if entitlement is None:
        return
    part = what_does_not_fit(entitlement, draft)
    if part is not None:
        raise AnzhengError(
            Code.SIGNER_NOT_ENTITLED,
            f"the certificate does not allow a licence of this {part}",
            part=part,
        )
