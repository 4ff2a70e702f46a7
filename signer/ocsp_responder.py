"""Answers OCSP requests for one CA: good or revoked for what it issued, unknown for the rest.

The answer is signed by the CA itself, made anew for each request. Requests are foreign bytes:
limited in size, exactly one certificate each.

Standard: RFC 6960; RFC 5019 (one certificate, no signed requests); RFC 9654 (nonce).
"""

from datetime import datetime
from hashlib import sha1, sha256, sha384, sha512
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from licence.errors import AnzhengError, Code
from signer.certificate_register import CertificateRegister
from signer.certificates import load_certificate
from signer.revocation import LIFETIME, Revoked

MAX_REQUEST_BYTES: Final = 2 * 1024
"""A request for one certificate with a nonce has about 130 bytes."""

MAX_NONCE_BYTES: Final = 128
"""RFC 9654, 2.1."""

_UNREADABLE: Final = (
    ValueError,
    TypeError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library says of a request that it cannot read: of one about several certificates
NotImplementedError; the last three are no ValueError."""

# How a request names the CA; SHA-1 is an identifier here, and what most clients send.
_HASHES: Final = {"sha1": sha1, "sha256": sha256, "sha384": sha384, "sha512": sha512}


class OcspResponder:
    """Answers for one CA.

    Args:
        key: The CA's private key.
        certificate: The CA's certificate, DER.
        register: What it issued and revoked.
    """

    def __init__(
        self, key: rsa.RSAPrivateKey, certificate: bytes, register: CertificateRegister
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._parsed = load_certificate(certificate)
        self._register = register

    def answer(self, request: bytes, *, now: datetime) -> bytes:
        """Return the answer to a request; one that we cannot serve is answered too, unsigned.

        Args:
            request: DER.
            now: Becomes thisUpdate.

        Raises:
            AnzhengError: TOO_LARGE, STORE_FAILED.
        """
        if len(request) > MAX_REQUEST_BYTES:
            raise AnzhengError(Code.TOO_LARGE, "the request is too large", limit=MAX_REQUEST_BYTES)
        try:
            asked = ocsp.load_der_ocsp_request(request)
            is_ours, nonce = self._is_ours(asked), _nonce(asked)
            serial = _serial(asked)
        except _UNREADABLE:
            return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not is_ours:
            return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        try:
            return self._signed(asked, serial, nonce, now)
        # Whatever is wrong here is ours, and the client may ask again (RFC 6960, 2.3).
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return refusal(ocsp.OCSPResponseStatus.INTERNAL_ERROR)

    def _is_ours(self, asked: ocsp.OCSPRequest) -> bool:
        """Say whether the request names this CA (RFC 6960, 4.1.1)."""
        digest = _HASHES.get(asked.hash_algorithm.name)
        if digest is None:
            return False
        name = digest(self._parsed.subject.public_bytes()).digest()
        # The key without algorithm and length: for RSA, the PKCS #1 structure.
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        return (asked.issuer_name_hash, asked.issuer_key_hash) == (name, digest(public).digest())

    def _signed(
        self, asked: ocsp.OCSPRequest, serial: int, nonce: x509.OCSPNonce | None, now: datetime
    ) -> bytes:
        status, revoked = self._status(serial)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.issuer_name_hash,
                issuer_key_hash=asked.issuer_key_hash,
                serial_number=serial,
                algorithm=asked.hash_algorithm,
                cert_status=status,
                this_update=now,
                next_update=now + LIFETIME,
                revocation_time=revoked.at if revoked else None,
                revocation_reason=revoked.reason if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self._parsed)
        )
        if nonce is not None:
            builder = builder.add_extension(nonce, critical=False)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    def _status(self, serial: int) -> tuple[ocsp.OCSPCertStatus, Revoked | None]:
        found = next(
            (each for each in self._register.revoked(self._certificate) if each.serial == serial),
            None,
        )
        if found is not None:
            return ocsp.OCSPCertStatus.REVOKED, found
        if self._register.issued(self._certificate, serial):
            return ocsp.OCSPCertStatus.GOOD, None
        # RFC 6960, 2.2: never "good" for a certificate that we did not make.
        return ocsp.OCSPCertStatus.UNKNOWN, None


def _serial(asked: ocsp.OCSPRequest) -> int:
    """Return the number of the certificate; the library could not sign about one below zero."""
    if asked.serial_number < 0:
        raise ValueError("no certificate has such a number")
    return asked.serial_number


def _nonce(asked: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    """Return the nonce that the answer must repeat."""
    try:
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None
    if not 1 <= len(nonce.nonce) <= MAX_NONCE_BYTES:
        raise ValueError("a nonce of this length")
    return nonce


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    """Return the unsigned answer of a responder that cannot serve a request, DER."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
