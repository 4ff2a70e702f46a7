"""What a holder signs with: P-256 (ES256), or RSA-2048 (PKCS#1 v1.5, SHA-256) as U-keys have it.

The kind of the key decides how its signature is read; nothing in a message does.

Standard: RFC 7518, 3.3 and 3.4; RFC 8017, 8.2.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from licence.errors import AnzhengError, Code
from licence.formats import es256

RSA_BITS: Final = 2048
MAX_SIGNATURE_BYTES: Final = RSA_BITS // 8

_EXPONENT: Final = 65537


def is_p256(key: object) -> bool:
    """Say whether a public key is on P-256."""
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def is_rsa(key: object) -> bool:
    """Say whether a public key is RSA-2048 with the usual exponent."""
    return (
        isinstance(key, rsa.RSAPublicKey)
        and key.key_size == RSA_BITS
        and key.public_numbers().e == _EXPONENT
    )


def verify(public_key: bytes, data: bytes, signature: bytes) -> None:
    """Do nothing if a signature over `data` is by this key.

    Args:
        public_key: SubjectPublicKeyInfo DER, from a certificate whose path was checked.
        data: What was signed.
        signature: r || s for P-256, 256 bytes for RSA-2048.

    Raises:
        AnzhengError: HOLDER_KEY; ALGORITHM_UNSUPPORTED for another kind of key.
    """
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "not a public key") from error
    if not isinstance(key, rsa.RSAPublicKey) or not is_rsa(key):
        es256.verify(public_key, data, signature, code=Code.HOLDER_KEY)
        return
    try:
        key.verify(signature, data, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise AnzhengError(
            Code.HOLDER_KEY, "the signature is not by this key over these bytes"
        ) from error
