"""Path validation for the profiles that we write: signer, timestamp authority, holder.

Small on purpose: at most two CAs between a certificate and a pinned root, RSA or ECDSA with SHA-2,
revocation from a CRL or an OCSP answer of the signed DSS. What is not in the profile is refused, so
that nothing depends on how a large library treats the rare cases of RFC 5280.

Standard: RFC 5280, 6.1; RFC 6960, 3.2 and 4.2.2.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha1, sha256
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from licence.errors import AnzhengError, Code

MAX_PATH: Final = 4
"""Certificates in a path, root included."""
MAX_POOL: Final = 32
MIN_RSA_BITS: Final = 2048
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clock of a CA may run ahead of that of a TSA."""

ANY_POLICY: Final = "2.5.29.32.0"
ORGANISATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")

_KNOWN_CRITICAL: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")

_LIBRARY_ERRORS: Final = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Path = tuple[x509.Certificate, ...]
"""From the certificate asked about up to the pinned root."""


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP responses, DER, from inside the signed bytes."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@lru_cache(maxsize=512)
def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a certificate.

    Raises:
        AnzhengError: SIGNER_UNTRUSTED.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Extensions are parsed on demand; a broken one must be found here, not later.
        _ = certificate.extensions
    except (*_LIBRARY_ERRORS, x509.DuplicateExtension) as error:
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
        if _issued(anchor, last):
            return (*path, anchor)
    if len(path) >= MAX_PATH - 1:
        return None
    for candidate in pool:
        if candidate not in path and _issued(candidate, last):
            found = _search((*path, candidate), pool, anchors)
            if found is not None:
                return found
    return None


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except _LIBRARY_ERRORS:
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


def _check_profile(certificate: x509.Certificate) -> None:
    if not _is_strong(certificate.signature_hash_algorithm) or not is_strong_key(certificate):
        raise _untrusted("a weak key or hash")
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _KNOWN_CRITICAL:
            raise _untrusted("a critical extension that we do not know")


def _is_strong(algorithm: HashAlgorithm | None) -> bool:
    return isinstance(algorithm, SHA256 | SHA384 | SHA512)


def is_strong_key(certificate: x509.Certificate) -> bool:
    """Say whether the key is RSA from 2048 bits with a usual exponent, or a NIST curve."""
    try:
        key = certificate.public_key()
    except _LIBRARY_ERRORS:
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
    usage = _usage(certificate)
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


def _usage(certificate: x509.Certificate) -> x509.KeyUsage:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise AnzhengError(Code.SIGNER_POLICY, "a certificate without key usage") from error


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


# ---------------------------------------------------------------- revocation


def check_not_revoked(path: Path, data: RevocationData, *, at: datetime) -> None:
    """Demand proof, from the moment `at`, that no certificate of the path was revoked.

    Args:
        path: From `find_path`; the root is pinned and is not looked up.
        data: CRLs and OCSP answers; each is believed only through its signature.
        at: The moment of signing, from the timestamp.

    Raises:
        AnzhengError: SIGNER_REVOKED, or SIGNER_REVOCATION_UNKNOWN where proof is missing.
    """
    crls = [crl for der in data.crls if (crl := _load_crl(der)) is not None]
    answers = [answer for der in data.ocsps if (answer := _load_ocsp(der)) is not None]
    for certificate, issuer in pairwise(path):
        says = [_by_crl(crl, certificate, issuer, at) for crl in crls]
        says += [_by_ocsp(answer, certificate, issuer, at) for answer in answers]
        if False in says:
            raise AnzhengError(Code.SIGNER_REVOKED, "a certificate of the path was revoked")
        if True not in says:
            raise AnzhengError(
                Code.SIGNER_REVOCATION_UNKNOWN, "no proof that a certificate was not revoked"
            )


@lru_cache(maxsize=128)
def _load_crl(der: bytes) -> x509.CertificateRevocationList | None:
    try:
        crl = x509.load_der_x509_crl(der)
        extensions = crl.extensions
    except _LIBRARY_ERRORS:
        return None
    # An issuing distribution point or delta indicator is critical: such a list is not the whole.
    return None if any(extension.critical for extension in extensions) else crl


@lru_cache(maxsize=128)
def _load_ocsp(der: bytes) -> ocsp.OCSPResponse | None:
    try:
        answer = ocsp.load_der_ocsp_response(der)
    except _LIBRARY_ERRORS:
        return None
    successful = answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    return answer if successful else None


def _by_crl(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
) -> bool | None:
    """Return True for "not revoked", False for "revoked", None for "does not say"."""
    if crl.issuer != issuer.subject or not _usage(issuer).crl_sign:
        return None
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return None
    if not _is_strong(crl.signature_hash_algorithm) or not _crl_signature_valid(crl, key):
        return None
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        return False
    return True if _covers(crl.last_update_utc, crl.next_update_utc, at) else None


def _crl_signature_valid(crl: x509.CertificateRevocationList, key: PublicKey) -> bool:
    try:
        return crl.is_signature_valid(key)
    except _LIBRARY_ERRORS:
        return False


def _covers(this_update: datetime, next_update: datetime | None, at: datetime) -> bool:
    return next_update is not None and this_update - CLOCK_SKEW <= at <= next_update


def _by_ocsp(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> bool | None:
    """Return True for "not revoked", False for "revoked", None for "does not say"."""
    try:
        if not _answers_about(answer, certificate, issuer):
            return None
        if not _responder_is_trusted(answer, issuer, at):
            return None
        status = answer.certificate_status
        window = _covers(answer.this_update_utc, answer.next_update_utc, at)
    except _LIBRARY_ERRORS:
        return None
    if status is ocsp.OCSPCertStatus.REVOKED:
        return False
    return True if status is ocsp.OCSPCertStatus.GOOD and window else None


def _answers_about(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    if answer.serial_number != certificate.serial_number:
        return False
    # SHA-1 names the issuer in most answers of the world; it carries no security here.
    hasher = {"sha1": sha1, "sha256": sha256}.get(answer.hash_algorithm.name)
    if hasher is None:
        return False
    identifier = x509.SubjectKeyIdentifier.from_public_key(_key(issuer))
    key_hash = identifier.digest if hasher is sha1 else sha256(_key_bits(issuer)).digest()
    name_hash = hasher(issuer.subject.public_bytes()).digest()
    return answer.issuer_name_hash == name_hash and answer.issuer_key_hash == key_hash


def _key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TypeError("neither RSA nor EC")
    return key


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the BIT STRING contents of the public key, which OCSP hashes."""
    key = _key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _responder_is_trusted(
    answer: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime
) -> bool:
    """Accept the issuer itself, or one responder that the issuer certified for OCSP only."""
    if not _is_strong(answer.signature_hash_algorithm):
        return False
    if verify_signature(
        _key(issuer), answer.signature, answer.tbs_response_bytes, answer.signature_hash_algorithm
    ):
        return True
    return any(
        _is_delegate(responder, issuer, at)
        and verify_signature(
            _key(responder),
            answer.signature,
            answer.tbs_response_bytes,
            answer.signature_hash_algorithm,
        )
        for responder in answer.certificates[:MAX_PATH]
    )


def _is_delegate(responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    if not _issued(issuer, responder) or not is_strong_key(responder):
        return False
    if not responder.not_valid_before_utc <= at <= responder.not_valid_after_utc:
        return False
    try:
        purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def verify_signature(
    key: PublicKey, signature: bytes, data: bytes, algorithm: HashAlgorithm | None
) -> bool:
    """Say whether an RSA (PKCS#1 v1.5) or ECDSA signature over `data` is right."""
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), algorithm)
        else:
            key.verify(signature, data, ec.ECDSA(algorithm))
    except _LIBRARY_ERRORS:
        return False
    return True


def _untrusted(message: str) -> AnzhengError:
    return AnzhengError(Code.SIGNER_UNTRUSTED, message)
