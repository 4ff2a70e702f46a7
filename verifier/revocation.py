"""Was a certificate revoked when it signed? CRLs and OCSP answers of the signed bytes say.

An answer counts only through its signature, and only for the time that it covers. "Not revoked"
needs an answer that says so; "revoked" in any of them is enough.

Standard: RFC 5280, 5 and 6.3; RFC 6960, 3.2 and 4.2.2.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha1, sha256
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from licence.errors import AnzhengError, Code
from verifier.chain_of_trust import (
    LIBRARY_ERRORS,
    Path,
    PublicKey,
    is_issued_by,
    is_strong,
    is_strong_key,
    key_usage,
    verify_signature,
)

Source = TypeVar("Source", x509.CertificateRevocationList, ocsp.OCSPResponse)

MAX_RESPONDERS: Final = 4
"""Certificates of responders in one OCSP answer that are looked at."""
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clock of a CA may run ahead of that of a TSA."""


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP responses, DER, from inside the signed bytes."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


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
        says = [_asked(_by_crl, crl, certificate, issuer, at) for crl in crls]
        says += [_asked(_by_ocsp, answer, certificate, issuer, at) for answer in answers]
        if False in says:
            raise AnzhengError(Code.SIGNER_REVOKED, "a certificate of the path was revoked")
        if True not in says:
            raise AnzhengError(
                Code.SIGNER_REVOCATION_UNKNOWN, "no proof that a certificate was not revoked"
            )


def _asked(
    by: Callable[[Source, x509.Certificate, x509.Certificate, datetime], bool | None],
    source: Source,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
) -> bool | None:
    """Ask one list or answer; its fields are parsed on demand, and what is broken says nothing."""
    try:
        return by(source, certificate, issuer, at)
    except LIBRARY_ERRORS:
        return None


@lru_cache(maxsize=128)
def _load_crl(der: bytes) -> x509.CertificateRevocationList | None:
    try:
        crl = x509.load_der_x509_crl(der)
        extensions = crl.extensions
    except LIBRARY_ERRORS:
        return None
    # An issuing distribution point or delta indicator is critical: such a list is not the whole.
    return None if any(extension.critical for extension in extensions) else crl


@lru_cache(maxsize=128)
def _load_ocsp(der: bytes) -> ocsp.OCSPResponse | None:
    try:
        answer = ocsp.load_der_ocsp_response(der)
    except LIBRARY_ERRORS:
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
    if crl.issuer != issuer.subject or not key_usage(issuer).crl_sign:
        return None
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return None
    if not is_strong(crl.signature_hash_algorithm) or not crl.is_signature_valid(key):
        return None
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        return False
    return True if _covers(crl.last_update_utc, crl.next_update_utc, at) else None


def _covers(this_update: datetime, next_update: datetime | None, at: datetime) -> bool:
    return next_update is not None and this_update - CLOCK_SKEW <= at <= next_update


def _by_ocsp(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> bool | None:
    """Return True for "not revoked", False for "revoked", None for "does not say"."""
    if not _answers_about(answer, certificate, issuer):
        return None
    if not _responder_is_trusted(answer, issuer, at):
        return None
    status = answer.certificate_status
    window = _covers(answer.this_update_utc, answer.next_update_utc, at)
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
    if not is_strong(answer.signature_hash_algorithm):
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
        for responder in answer.certificates[:MAX_RESPONDERS]
    )


def _is_delegate(responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    if not is_issued_by(responder, issuer) or not is_strong_key(responder):
        return False
    if not responder.not_valid_before_utc <= at <= responder.not_valid_after_utc:
        return False
    try:
        purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes
