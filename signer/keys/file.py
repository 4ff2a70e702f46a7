"""Keys in files: PKCS#8, encrypted, opened once and kept.

Opening checks the key and costs 30 ms or more, a signature 0.3 ms: so the key object is kept.
"""

import os
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from licence.errors import AnzhengError, Code
from licence.formats.algorithms import (
    SignatureAlgorithm,
    SignaturePadding,
    algorithm_for,
    padding_of,
)

MAX_KEY_FILE_BYTES: Final = 16 * 1024
MIN_BITS: Final = 2048
MIN_PASSWORD_BYTES: Final = 8
PUBLIC_EXPONENT: Final = 65537

_PEM_LABEL: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_OWNER_ONLY: Final = 0o600


class FileKey:
    """A private RSA key in memory with its certificate.

    Args:
        key: The private key.
        certificate: Its certificate, DER.
        padding: How it signs; the size of the key does the rest.

    Raises:
        AnzhengError: KEY_REFUSED, when they do not belong together or the key is weak;
            ALGORITHM_UNSUPPORTED, when there is no algorithm for a key of this size.
    """

    def __init__(
        self,
        key: rsa.RSAPrivateKey,
        certificate: bytes,
        *,
        padding: SignaturePadding = SignaturePadding.PKCS1,
    ) -> None:
        if key.key_size < MIN_BITS:
            raise AnzhengError(Code.KEY_REFUSED, "an RSA key under 2048 bits", bits=key.key_size)
        self._key = key
        self._certificate = certificate
        self._public_key = spki(key.public_key())
        self._algorithm = algorithm_for(padding, key.key_size)
        self._padding = padding_of(self._algorithm)
        check_belongs(certificate, key.public_key())

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it signs."""
        return self._algorithm

    @property
    def certificate(self) -> bytes:
        """The key's certificate, DER."""
        return self._certificate

    @property
    def public_key(self) -> bytes:
        """The public key, DER SubjectPublicKeyInfo."""
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`, by the key's algorithm."""
        return self._key.sign(data, self._padding, SHA256())


def new_rsa_key(bits: int = MIN_BITS) -> rsa.RSAPrivateKey:
    """Make a key. Its randomness is OpenSSL's own: no library of ours touches key material."""
    return rsa.generate_private_key(PUBLIC_EXPONENT, bits)


def write_key_file(path: Path, key: rsa.RSAPrivateKey, password: bytes) -> None:
    """Write an encrypted key file that only its owner may read; never over another file.

    Raises:
        AnzhengError: KEY_REFUSED, when the password is too short or the file cannot be made.
    """
    if len(password) < MIN_PASSWORD_BYTES:
        raise AnzhengError(Code.KEY_REFUSED, "a key password needs 8 bytes or more")
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AnzhengError(
            Code.KEY_REFUSED, "the key file cannot be written", file=path.name
        ) from error


def read_key_file(path: Path, password: bytes) -> rsa.RSAPrivateKey:
    """Open an encrypted PKCS#8 file, PEM or DER.

    Raises:
        AnzhengError: KEY_URI when there is no such file, KEY_LOCKED for a wrong password,
            KEY_REFUSED when it is not encrypted or no RSA key, ALGORITHM_UNSUPPORTED for a kind
            of key that we cannot read (SM2 is one).
    """
    data = _read(path)
    is_pem = data.startswith(_PEM_LABEL)
    try:
        load = load_pem_private_key if is_pem else load_der_private_key
        key = load(data, password)
    except TypeError as error:
        raise AnzhengError(
            Code.KEY_REFUSED, "the key file is not encrypted", file=path.name
        ) from error
    except UnsupportedAlgorithm as error:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "a key or a cipher of an unknown kind", file=path.name
        ) from error
    except ValueError as error:
        raise AnzhengError(
            Code.KEY_LOCKED, "wrong password, or no encrypted PKCS#8 file", file=path.name
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise AnzhengError(Code.KEY_REFUSED, "the key is no RSA key", file=path.name)
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise AnzhengError(Code.KEY_URI, "the key file cannot be read", file=path.name) from error
    if len(data) > MAX_KEY_FILE_BYTES:
        raise AnzhengError(Code.KEY_URI, "no key file: too large", file=path.name)
    return data


def check_belongs(certificate: bytes, key: rsa.RSAPublicKey) -> None:
    """Do nothing when a certificate is the one of a key.

    Raises:
        AnzhengError: KEY_REFUSED; ALGORITHM_UNSUPPORTED, for a certificate of another kind of key.
    """
    try:
        belongs = x509.load_der_x509_certificate(certificate).public_key() == key
    except UnsupportedAlgorithm as error:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "a certificate for a key of an unknown kind"
        ) from error
    except (ValueError, x509.InvalidVersion) as error:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate cannot be read") from error
    if not belongs:
        raise AnzhengError(Code.KEY_REFUSED, "key and certificate do not belong together")


def spki(key: rsa.RSAPublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo, DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
