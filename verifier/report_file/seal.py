"""The verifier's own key for reports: an encrypted file and a certificate, self-signed or a CA's.

The key signs reports and nothing else. Whoever relies on a report pins the certificate, so it does
not matter who issued it; a certificate of the institution's own CA shows its name in a PDF reader.

Standard: RFC 5280; RFC 5958 (encrypted PKCS#8); RFC 9336 (documentSigning).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from licence.errors import AnzhengError, Code
from licence.formats.algorithms import (
    SignatureAlgorithm,
    SignaturePadding,
    algorithm_for,
    padding_of,
)
from licence.formats.limits import MAX_CERTIFICATES
from licence.ids import Digest
from licence.ports import Entropy

KEY_FILE: Final = "report.key"
CERTIFICATE_FILE: Final = "report.crt"
REQUEST_FILE: Final = "report.csr"
BITS: Final = 3072
LIFE: Final = timedelta(days=3 * 365)
MAX_FILE_BYTES: Final = 64 * 1024
MIN_PASSWORD_BYTES: Final = 8
MAX_NAME: Final = 64
"""Characters of an organisation's name in a certificate (RFC 5280, A.1: ub-organization-name)."""

DOCUMENT_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_OWNER_ONLY: Final = 0o600
_EXPONENT: Final = 65537
_COUNTRY: Final = "CN"
_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class Stamper(Protocol):
    """A timestamp authority; `verifier.report_file.tsa.HttpTsa` asks one over HTTP."""

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        ...

    def crls(self) -> tuple[bytes, ...]:
        """Return fresh revocation lists about it.

        Raises:
            AnzhengError: TSA_UNAVAILABLE.
        """
        ...

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token over the digest, DER ContentInfo.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReportKey:
    """A key that signs reports, opened.

    Attributes:
        private: The key.
        certificates: Its certificate and those above it, DER, its own first.
    """

    private: rsa.RSAPrivateKey = field(repr=False)
    certificates: tuple[bytes, ...]

    @property
    def certificate(self) -> bytes:
        """Its own certificate, DER: what relying parties pin."""
        return self.certificates[0]

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of its certificate."""
        return Digest(sha256(self.certificate).digest())

    @property
    def name(self) -> str:
        """Whose it is: organisation, else common name."""
        return maker_name(x509.load_der_x509_certificate(self.certificate))

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it signs."""
        return algorithm_for(SignaturePadding.PKCS1, self.private.key_size)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`."""
        return self.private.sign(data, padding_of(self.algorithm), SHA256())


@dataclass(frozen=True, slots=True)
class ReportSeal:
    """What makes a report trustworthy: a key, and a timestamp authority where there is one."""

    key: ReportKey
    stamper: Stamper | None


def maker_name(certificate: x509.Certificate) -> str:
    """Return whose certificate this is, on one line."""
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        found = certificate.subject.get_attributes_for_oid(kind)
        if found:
            text = str(found[0].value)
            return "".join(char if char.isprintable() else "\ufffd" for char in text)[:128]
    return certificate.subject.rfc4514_string()[:128] or "-"


def make_report_key(
    folder: Path, name: str, password: bytes, *, now: datetime, entropy: Entropy
) -> Digest:
    """Make a key, its self-signed certificate and a request for a CA; never over another key.

    Args:
        folder: Made if it is not there.
        name: Whose reports these are, as people shall read it.
        password: For the key file, 8 bytes or more.
        now: When the certificate begins.
        entropy: For its serial number.

    Returns:
        SHA-256 of the certificate, which relying parties pin.

    Raises:
        AnzhengError: KEY_REFUSED, FIELD_LENGTH.
    """
    if len(password) < MIN_PASSWORD_BYTES:
        raise AnzhengError(Code.KEY_REFUSED, "a key password needs 8 bytes or more")
    subject = _subject(name)
    key = rsa.generate_private_key(_EXPONENT, BITS)
    serial = int.from_bytes(entropy.bytes(16), "big") >> 1 | 1
    certificate = _self_signed(key, subject, serial, now)
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    asked = request.add_extension(_usage(), critical=True).sign(key, SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(folder / KEY_FILE, secret, _OWNER_ONLY)
        _write_new(folder / REQUEST_FILE, asked.public_bytes(Encoding.PEM), 0o644)
        _write_new(folder / CERTIFICATE_FILE, certificate.public_bytes(Encoding.PEM), 0o644)
    except OSError as error:
        raise AnzhengError(
            Code.KEY_REFUSED, "the key files cannot be written, or are there already"
        ) from error
    return Digest(sha256(certificate.public_bytes(Encoding.DER)).digest())


def adopt_certificate(folder: Path, chain: Sequence[x509.Certificate], password: bytes) -> Digest:
    """Put the certificate that a CA issued in the place of the self-signed one.

    Args:
        folder: Of the key.
        chain: The key's certificate and those above it, its own first.
        password: Of the key file.

    Returns:
        SHA-256 of the certificate.

    Raises:
        AnzhengError: As `open_report_key`, and KEY_REFUSED when it is not this key's.
    """
    certificates = tuple(each.public_bytes(Encoding.DER) for each in chain)
    key = ReportKey(_read_key(folder, password), certificates)
    _require_own(key)
    beside = folder / f"{CERTIFICATE_FILE}.new"
    try:
        beside.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
        beside.replace(folder / CERTIFICATE_FILE)
    except OSError as error:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate cannot be written") from error
    return key.fingerprint


def open_report_key(folder: Path, password: bytes, *, now: datetime) -> ReportKey:
    """Open a report key.

    Raises:
        AnzhengError: KEY_URI when a file cannot be read, KEY_LOCKED for a wrong password or a
            certificate that is not valid now, KEY_REFUSED when key and certificate do not fit.
    """
    private = _read_key(folder, password)
    certificates = read_certificates(folder / CERTIFICATE_FILE)
    key = ReportKey(private, tuple(each.public_bytes(Encoding.DER) for each in certificates))
    _require_own(key)
    own = certificates[0]
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise AnzhengError(Code.KEY_LOCKED, "the certificate of the report key is not valid now")
    return key


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a file, PEM (one or more) or DER (one).

    Raises:
        AnzhengError: KEY_URI, KEY_REFUSED.
    """
    data = _read(path)
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            found = tuple(x509.load_pem_x509_certificates(data))
        else:
            found = (x509.load_der_x509_certificate(data),)
        for each in found:
            _ = each.extensions
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise AnzhengError(Code.KEY_REFUSED, "no certificate", file=path.name) from error
    if not 1 <= len(found) <= MAX_CERTIFICATES:
        raise AnzhengError(Code.KEY_REFUSED, "no certificate, or too many", file=path.name)
    return found


def _read_key(folder: Path, password: bytes) -> rsa.RSAPrivateKey:
    path = folder / KEY_FILE
    try:
        key = load_pem_private_key(_read(path), password)
    except TypeError as error:
        raise AnzhengError(Code.KEY_REFUSED, "the key file is not encrypted") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnzhengError(Code.KEY_LOCKED, "wrong password, or no encrypted key file") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise AnzhengError(Code.KEY_REFUSED, "the report key is no RSA key")
    algorithm_for(SignaturePadding.PKCS1, key.key_size)
    return key


def _require_own(key: ReportKey) -> None:
    try:
        own = x509.load_der_x509_certificate(key.certificate).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate cannot be read") from error
    if own != key.private.public_key():
        raise AnzhengError(Code.KEY_REFUSED, "key and certificate do not belong together")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise AnzhengError(Code.KEY_URI, f"{path.name} cannot be read", file=path.name) from error
    if len(data) > MAX_FILE_BYTES:
        raise AnzhengError(Code.KEY_URI, f"{path.name} is too large", file=path.name)
    return data


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _subject(name: str) -> x509.Name:
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        raise AnzhengError(
            Code.FIELD_LENGTH, f"a name has 1 to {MAX_NAME} characters on one line", limit=MAX_NAME
        )
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, "核验报告 verification reports"),
        ]
    )


def _self_signed(
    key: rsa.RSAPrivateKey, subject: x509.Name, serial: int, now: datetime
) -> x509.Certificate:
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(now)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, SHA256())


def _usage() -> x509.KeyUsage:
    used = ("digital_signature", "content_commitment")
    return x509.KeyUsage(**{usage: usage in used for usage in _USAGES})
