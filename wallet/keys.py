"""The holder's key: made here, kept in an encrypted file, used here, and never given away.

Nothing in this module returns the private key. What leaves is a public key, a certification request
and signatures; on the disk there is encrypted PKCS#8, which `openssl pkey` opens as well.

Standard: RFC 5958 (PKCS#8); RFC 2986 (request); RFC 6979 (no random number in a signature).
"""

from pathlib import Path
from typing import Final, final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AttributeOID

from licence.errors import AnzhengError, Code
from licence.formats import es256
from licence.formats.claim import challenge
from licence.formats.holder import ClaimRequest
from wallet.durable import read_file, write_new_file

MAX_KEY_FILE_BYTES: Final = 8 * 1024
MIN_PASSWORD_BYTES: Final = 8


@final
class HolderKey:
    """An opened holder key (P-256)."""

    __slots__ = ("_private",)

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private

    @property
    def public_key(self) -> bytes:
        """The public key, SubjectPublicKeyInfo DER."""
        return es256.public_key_bytes(self._private.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature over `data`, r || s."""
        return es256.signer(self._private)(data)

    def claim(self, code: str) -> ClaimRequest:
        """Return the claim with this key for a code.

        One key and one code always give the same bytes, so that a claim whose answer was lost can
        be repeated and is the same claim.
        """
        request = (
            # Names are the authority's to say: it takes them from the licence.
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([]))
            .add_attribute(AttributeOID.CHALLENGE_PASSWORD, challenge(code))
            .sign(self._private, hashes.SHA256(), ecdsa_deterministic=True)
        )
        return ClaimRequest(code, request.public_bytes(Encoding.DER))


def make_key(path: Path, password: bytes) -> HolderKey:
    """Make a key in a new encrypted file; the randomness is OpenSSL's own.

    Args:
        path: Where; a key that is there already is never overwritten.
        password: `MIN_PASSWORD_BYTES` or more.

    Raises:
        AnzhengError: KEY_REFUSED for a short password; CONFLICT when there is a key; STORE_FAILED.
    """
    if len(password) < MIN_PASSWORD_BYTES:
        raise AnzhengError(
            Code.KEY_REFUSED, f"the wallet's password needs {MIN_PASSWORD_BYTES} bytes or more"
        )
    private = ec.generate_private_key(ec.SECP256R1())
    data = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
    )
    if not write_new_file(path, data):
        raise AnzhengError(Code.CONFLICT, f"there is a key at {path} already", file=path.name)
    return HolderKey(private)


def open_key(path: Path, password: bytes) -> HolderKey:
    """Open the key in an encrypted file.

    Raises:
        AnzhengError: NOT_FOUND; TOO_LARGE; STORE_FAILED; KEY_LOCKED for a wrong password;
            KEY_REFUSED when the key is not encrypted, or not P-256.
    """
    data = read_file(path, MAX_KEY_FILE_BYTES)
    try:
        private = load_pem_private_key(data, password)
    except TypeError as error:
        raise AnzhengError(Code.KEY_REFUSED, f"the key {path} is not encrypted") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnzhengError(
            Code.KEY_LOCKED, f"the key {path} does not open: wrong password, or a damaged file"
        ) from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(
        private.curve, ec.SECP256R1
    ):
        raise AnzhengError(Code.KEY_REFUSED, f"the key {path} is not P-256")
    return HolderKey(private)
