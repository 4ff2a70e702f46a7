"""Certificates, revocation lists and OCSP answers as files: what a process without keys gives out.

    root.crt, root.crl, issuing.crt, issuing.crl …
    issuing/ocsp/<the request in base64, as it stands in a URL>

The authority's worker signs the answers ahead (RFC 5019), one for each certificate and each of two
ways to name it, and lays them where a request in a URL leads, so that a plain web server finds them
too. A request of another spelling is brought to this one; its nonce is not repeated.

Standard: RFC 5019, 2.2.1 and 6; RFC 6960, 4.1.1 and appendix A.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from licence.errors import AnzhengError, Code

MAX_REQUEST_BYTES: Final = 2 * 1024
"""Of an OCSP request in a body."""

_NAME: Final = re.compile(r"(?:root|issuing|holder-ca)(?:-[1-9][0-9]{0,3})?", re.ASCII)

# SHA-1 is an identifier here, and what most clients send.
WAYS: Final[tuple[HashAlgorithm, ...]] = (SHA1(), SHA256())  # noqa: S303
_HASHES: Final = {"sha1": sha1, "sha256": sha256}

Relay = Callable[[str, bytes], bytes | None]
"""Asks the process that has the CA's key: name and request; None where that is nobody."""


def nobody(_name: str, _request: bytes) -> bytes | None:
    """Relay nothing."""
    return None


@dataclass(frozen=True, slots=True)
class PublishedDesk:
    """Answers from files; conforms to `routes.pki.CertificateDesk`.

    Args:
        folder: Where the worker writes.
        relay: Asked for what was not signed ahead.
    """

    folder: Path
    relay: Relay = nobody

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a CA, DER.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        return self._read(name, ".crt")

    def crl(self, name: str) -> bytes:
        """Return the newest revocation list of a CA, DER.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        return self._read(name, ".crl")

    def ocsp(self, name: str, request: bytes) -> bytes:
        """Return an answer that was signed ahead, or what the CA's own process answers.

        Raises:
            AnzhengError: NOT_FOUND, TOO_LARGE.
        """
        certificate = x509.load_der_x509_certificate(self.certificate(name))
        if len(request) > MAX_REQUEST_BYTES:
            raise AnzhengError(Code.TOO_LARGE, "the request is too large", limit=MAX_REQUEST_BYTES)
        try:
            asked = ocsp.load_der_ocsp_request(request)
            plain = _plain_request(asked, certificate)
        # The library answers a request about several certificates with NotImplementedError.
        except (ValueError, TypeError, NotImplementedError):
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if plain is not None:
            try:
                return (self.folder / name / "ocsp" / url_path(plain)).read_bytes()
            except OSError:
                pass
        # RFC 5019, 2.2.3: what we cannot answer with authority.
        return self.relay(name, request) or _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)

    def _read(self, name: str, suffix: str) -> bytes:
        if _NAME.fullmatch(name) is None:
            raise AnzhengError(Code.NOT_FOUND, "there is no such CA here")
        try:
            return (self.folder / f"{name}{suffix}").read_bytes()
        except OSError as error:
            raise AnzhengError(Code.NOT_FOUND, f"there is no {name}{suffix} here") from error


def request_for(serial: int, issuer: x509.Certificate, way: HashAlgorithm) -> bytes:
    """Return the plain request about a certificate: no nonce, nothing optional; DER."""
    digest = _HASHES[way.name]
    # The key without algorithm and length: for RSA, the PKCS #1 structure.
    public = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(
            digest(issuer.subject.public_bytes()).digest(), digest(public).digest(), serial, way
        )
        .build()
        .public_bytes(Encoding.DER)
    )


def url_path(request: bytes) -> Path:
    """Return where the answer to a request lies: base64, empty parts left out as servers do."""
    return Path(*filter(None, base64.b64encode(request).decode().split("/")))


def _plain_request(asked: ocsp.OCSPRequest, issuer: x509.Certificate) -> bytes | None:
    """Return the plain spelling of a request, or None if it names another CA."""
    way = next((each for each in WAYS if each.name == asked.hash_algorithm.name), None)
    if way is None:
        return None
    plain = request_for(asked.serial_number, issuer, way)
    same = ocsp.load_der_ocsp_request(plain)
    ours = (same.issuer_name_hash, same.issuer_key_hash)
    return plain if (asked.issuer_name_hash, asked.issuer_key_hash) == ours else None


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
