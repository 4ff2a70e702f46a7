"""Path validation for the profiles that we write: signer, timestamp authority, holder.

Small on purpose: at most two CAs between a certificate and a pinned root, RSA or ECDSA with SHA-2,
revocation is asked in `verifier.revocation`. What is not in the profile is refused, so
that nothing depends on how a large library treats the rare cases of RFC 5280.

Standard: RFC 5280, 6.1.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from licence.errors import AnzhengError, Code

MAX_PATH: Final = 4
"""Certificates in a path, root included."""
MAX_POOL: Final = 32
MIN_RSA_BITS: Final = 2048
PKCS1: Final = PKCS1v15()

ANY_POLICY: Final = "2.5.29.32.0"
ORGANISATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")

_KNOWN_CRITICAL: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
    }
)
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")

LIBRARY_ERRORS: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library says of bytes that it cannot read; the last three are no ValueError."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Path = tuple[x509.Certificate, ...]
"""From the certificate asked about up to the pinned root."""


@lru_cache(maxsize=512)
def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a certificate.

    Raises:
        AnzhengError: SIGNER_UNTRUSTED.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Fields are parsed on demand; a broken one must be found here, not later.
        _ = (
            certificate.extensions,
            certificate.subject,
            certificate.issuer,
            certificate.serial_number,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            certificate.signature_hash_algorithm,
        )
    except LIBRARY_ERRORS as error:
        raise _untrusted("a certificate that cannot be read") from error
    return certificate


# ---------------------------------------------------------------- path


def find_path(certificate: bytes, pool: Sequence[bytes], roots: Sequence[bytes]) -> Path:
    """Find the path from a certificate to a pinned root, without looking at dates.

    Args:
        certificate: DER of the certificate asked about.
        pool: Certificates that came with the file; they are believed only through signatures.
        roots: Pinned roots of the trust bundle.

    Raises:
        AnzhengError: SIGNER_UNTRUSTED.
    """
    if len(pool) > MAX_POOL:
        raise _untrusted("too many certificates")
    anchors = [load_certificate(root) for root in roots]
    others = [load_certificate(der) for der in pool]
    path = _search((load_certificate(certificate),), others, anchors)
    if path is None:
        raise _untrusted("no path to a pinned root")
    for place, issuer in enumerate(path[1:]):
        _check_issuer(issuer, cas_below=place, is_root=issuer is path[-1])
        _check_names(issuer, path[: place + 1])
    for each in path:
        _check_profile(each)
    return path


def _search(
    path: Path, pool: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> Path | None:
    last = path[-1]
    for anchor in anchors:
        if last == anchor:
            # A root is never itself a signer, TSA or holder.
            return None
        if is_issued_by(last, anchor):
            return (*path, anchor)
    if len(path) >= MAX_PATH - 1:
        return None
    for candidate in pool:
        if candidate not in path and is_issued_by(last, candidate):
            found = _search((*path, candidate), pool, anchors)
            if found is not None:
                return found
    return None


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether the issuer has the name and the key that the certificate asks for."""
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except LIBRARY_ERRORS:
        return False
    return True


def _check_issuer(issuer: x509.Certificate, *, cas_below: int, is_root: bool) -> None:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise _untrusted("an issuer that is not marked as a CA") from error
    length = constraints.value.path_length
    if not constraints.value.ca or not usage.key_cert_sign:
        raise _untrusted("an issuer that is not a CA")
    if not constraints.critical and not is_root:
        raise _untrusted("basic constraints of a CA must be critical")
    if length is not None and cas_below > length:
        raise _untrusted("more CAs below a CA than it may have")


def _check_names(issuer: x509.Certificate, below: Path) -> None:
    """Hold the names below a CA against its name constraints, of the one form that we write.

    Standard: RFC 5280, 4.2.1.10 (directoryName: the permitted name is how the subject begins).
    """
    try:
        limits = issuer.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return
    permitted = limits.permitted_subtrees or []
    if limits.excluded_subtrees or not permitted:
        raise _untrusted("name constraints that we do not know")
    if not all(isinstance(each, x509.DirectoryName) for each in permitted):
        raise _untrusted("name constraints that we do not know")
    for certificate in below:
        parts = certificate.subject.rdns
        begins = (each.value.rdns for each in permitted)
        if not any(parts[: len(begin)] == begin for begin in begins):
            raise _untrusted("a CA certified a name that it may not")


def _check_profile(certificate: x509.Certificate) -> None:
    if not is_strong(certificate.signature_hash_algorithm) or not is_strong_key(certificate):
        raise _untrusted("a weak key or hash")
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _KNOWN_CRITICAL:
            raise _untrusted("a critical extension that we do not know")


def is_strong(algorithm: HashAlgorithm | None) -> bool:
    """Say whether a hash algorithm is of the SHA-2 family, from 256 bits."""
    return isinstance(algorithm, SHA256 | SHA384 | SHA512)


def is_strong_key(certificate: x509.Certificate) -> bool:
    """Say whether the key is RSA from 2048 bits with a usual exponent, or a NIST curve."""
    try:
        key = certificate.public_key()
    except LIBRARY_ERRORS:
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS and key.public_numbers().e >= 65537  # noqa: PLR2004
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES


def check_dates(path: Path, *, at: datetime) -> None:
    """Refuse a path in which a certificate was not valid at the moment `at`.

    Raises:
        AnzhengError: SIGNER_UNTRUSTED.
    """
    for certificate in path:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise _untrusted("a certificate was not valid at the time of signing")


# ---------------------------------------------------------------- what a certificate is for


def check_policy(path: Path, policies: Iterable[str]) -> str:
    """Return the pinned policy of the certificate, which each CA must allow too.

    Raises:
        AnzhengError: SIGNER_POLICY.

    Standard: RFC 5280, 6.1.2 (user-initial-policy-set), root not looked at.
    """
    pinned = set(policies)
    found = _policies(path[0]) & pinned
    for issuer in path[1:-1]:
        allowed = _policies(issuer)
        if ANY_POLICY not in allowed:
            found &= allowed
    if not found:
        raise AnzhengError(Code.SIGNER_POLICY, "the certificate has no pinned policy")
    return min(found)


def _policies(certificate: x509.Certificate) -> set[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    except x509.ExtensionNotFound:
        return set()
    return {policy.policy_identifier.dotted_string for policy in extension.value}


def check_licence_signer(certificate: x509.Certificate) -> None:
    """Refuse a certificate that is not made for sealing documents, and for nothing else.

    Raises:
        AnzhengError: SIGNER_POLICY.

    Standard: ETSI EN 319 412-2, 4.3.2 (content commitment only).
    """
    usage = key_usage(certificate)
    if not (usage.content_commitment and not usage.digital_signature) or _is_ca(certificate):
        raise AnzhengError(Code.SIGNER_POLICY, "not a licence-signing certificate")
    if usage.key_cert_sign or usage.crl_sign or usage.key_encipherment:
        raise AnzhengError(Code.SIGNER_POLICY, "a signing key with a second use")


def check_tsa(certificate: x509.Certificate) -> None:
    """Refuse a certificate that is not made for timestamps, and for nothing else.

    Raises:
        AnzhengError: SIGNER_POLICY.

    Standard: RFC 3161, 2.3.
    """
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise AnzhengError(Code.SIGNER_POLICY, "not a timestamp certificate") from error
    purposes = list(extended.value)
    if not extended.critical or purposes != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise AnzhengError(Code.SIGNER_POLICY, "not a certificate for timestamps only")
    if _is_ca(certificate):
        raise AnzhengError(Code.SIGNER_POLICY, "a CA does not issue timestamps")


def organisation_identifier(certificate: x509.Certificate) -> str | None:
    """Return the organisation identifier of the subject, when it has exactly one."""
    found = certificate.subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
    return str(found[0].value) if len(found) == 1 else None


def key_usage(certificate: x509.Certificate) -> x509.KeyUsage:
    """Return what a key is for.

    Raises:
        AnzhengError: SIGNER_POLICY, when the certificate does not say.
    """
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise AnzhengError(Code.SIGNER_POLICY, "a certificate without key usage") from error


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


# ---------------------------------------------------------------- signatures


def verify_signature(
    key: PublicKey,
    signature: bytes,
    data: bytes,
    algorithm: HashAlgorithm | None,
    padding: PKCS1v15 | PSS = PKCS1,
) -> bool:
    """Say whether an RSA or ECDSA signature over `data` is right."""
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding, algorithm)
        else:
            key.verify(signature, data, ec.ECDSA(algorithm))
    except LIBRARY_ERRORS:
        return False
    return True


def _untrusted(message: str) -> AnzhengError:
    return AnzhengError(Code.SIGNER_UNTRUSTED, message)
