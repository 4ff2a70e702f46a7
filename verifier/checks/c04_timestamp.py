"""Check 4: a trusted timestamp over the signature, at most 60 s after the block time.

The date of signing comes from here and from nowhere else.

Standard: RFC 3161; RFC 5816; ETSI EN 319 422; DESIGN 4, check 4.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.cms import CmsParts
from licence.formats.trust_types import TrustBundle, TsaRoot
from verifier.chain_of_trust import (
    Path,
    check_dates,
    check_tsa,
    find_path,
)
from verifier.checks.c03_signer import check_not_distrusted, closed_from, closed_later
from verifier.checks.outcome import not_passed
from verifier.pades.structure import Structure
from verifier.revocation import RevocationData, check_not_revoked
from verifier.timestamp_token import Token, verify_token

NUMBER: Final = 4
STANDARD: Final = "RFC 3161 2.4.2, ETSI EN 319 422"
MAX_AFTER_BLOCK: Final = timedelta(seconds=60)
"""How far the clock of the TSA may be ahead of that of the chain."""
LONG_GAP: Final = timedelta(hours=24)
"""A signature that waited longer than this for its block is worth a note."""


def read_token(parts: CmsParts, structure: Structure) -> tuple[CheckResult | None, Token | None]:
    """Verify the token against the certificate that it names."""
    if parts.timestamp_token is None:
        error = AnzhengError(Code.TIMESTAMP_MISSING, "the signature has no timestamp")
        return not_passed(CheckName.TIMESTAMP, error, standard=STANDARD), None
    try:
        token = verify_token(parts.timestamp_token, parts.signature, structure.certificates)
    except AnzhengError as error:
        return not_passed(CheckName.TIMESTAMP, error, standard=STANDARD), None
    return None, token


def check_timestamp(
    token: Token, structure: Structure, bundle: TrustBundle, block_time: datetime | None
) -> CheckResult:
    """Decide whether the token is one that we trust.

    Args:
        token: From `read_token`.
        structure: The signed objects, with certificates and revocation data.
        bundle: Whom we believe.
        block_time: Time of the block that anchored the licence, when that is proved.
    """
    gen_time = token.gen_time.isoformat().replace("+00:00", "Z")
    try:
        path, root = _check_trust(token, structure, bundle, block_time)
        if block_time is not None and token.gen_time > block_time + MAX_AFTER_BLOCK:
            raise AnzhengError(Code.TIMESTAMP_AFTER_BLOCK, "the timestamp is later than the anchor")
        # Last, for a list that does not reach a time in the future only leaves open what is false.
        check_not_revoked(path, RevocationData(structure.crls, structure.ocsps), at=token.gen_time)
    except AnzhengError as error:
        return not_passed(
            CheckName.TIMESTAMP, _as_timestamp(error), ("time", gen_time), standard=STANDARD
        )
    waited = block_time - token.gen_time if block_time is not None else timedelta(0)
    facts, notes = closed_later(closed_from(path, bundle), anchored=block_time is not None)
    if waited > LONG_GAP:
        notes = (*notes, Code.TIMESTAMP_GAP)
    return passed(
        CheckName.TIMESTAMP,
        ("time", gen_time),
        ("tsa_root", root.name),
        ("policy", token.policy),
        ("certificate_sha256", sha256(token.certificate).hexdigest()),
        *facts,
        notes=notes,
        standard=STANDARD,
    )


def _check_trust(
    token: Token, structure: Structure, bundle: TrustBundle, block_time: datetime | None
) -> tuple[Path, TsaRoot]:
    pool = _distinct((*token.certificates, *structure.certificates))
    path = find_path(token.certificate, pool, [root.certificate for root in bundle.tsa_roots])
    root = _root_of(path[-1], bundle)
    if token.policy not in root.policies:
        raise AnzhengError(Code.TIMESTAMP_UNTRUSTED, "a timestamp policy that is not pinned")
    if root.test_only and bundle.environment is Environment.PRODUCTION:
        raise AnzhengError(Code.TIMESTAMP_UNTRUSTED, "a timestamp authority for tests only")
    check_tsa(path[0])
    check_dates(path, at=token.gen_time)
    # Whoever holds a leaked TSA key can write any time into a token: only the block speaks then.
    check_not_distrusted(path, bundle, (token.gen_time, block_time or token.gen_time))
    return path, root


def _distinct(certificates: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(certificates))


def _root_of(certificate: x509.Certificate, bundle: TrustBundle) -> TsaRoot:
    der = certificate.public_bytes(Encoding.DER)
    return next(root for root in bundle.tsa_roots if root.certificate == der)


def _as_timestamp(error: AnzhengError) -> AnzhengError:
    """Say "timestamp" where the path validation says "signer"; what is unknown stays unknown."""
    if error.code in {Code.SIGNER_REVOCATION_UNKNOWN, Code.TIMESTAMP_AFTER_BLOCK}:
        return error
    return AnzhengError(Code.TIMESTAMP_UNTRUSTED, error.message)
