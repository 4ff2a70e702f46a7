"""ECDSA on P-256 with SHA-256, signatures as r || s (64 bytes), keys as SubjectPublicKeyInfo DER.

Standard: RFC 7518, 3.4 and RFC 9053, 2.1 (ES256); RFC 5480 (keys); RFC 6979 (no random number).
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from licence.errors import AnzhengError, Code

SIGNATURE_BYTES: Final = 64
KEY_ID_BYTES: Final = 8
MAX_PUBLIC_KEY_BYTES: Final = 1_024

_HALF = SIGNATURE_BYTES // 2
_ALGORITHM = ec.ECDSA(hashes.SHA256())

SignBytes = Callable[[bytes], bytes]
"""Signs the given bytes (not their digest) and returns r || s."""


def key_id(public_key: bytes) -> bytes:
    """Return the name of a key: the first 8 bytes of SHA-256 of its SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


def public_key_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return SubjectPublicKeyInfo DER."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def load_public_key(public_key: bytes) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key.

    Raises:
        AnzhengError: `ALGORITHM_UNSUPPORTED` if it is none, or not in its one DER spelling.
    """
    try:
        key = serialization.load_der_public_key(public_key[: MAX_PUBLIC_KEY_BYTES + 1])
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "not a public key") from exc
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "not a P-256 public key")
    if public_key_bytes(key) != public_key:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "a public key in another spelling")
    return key


def signer(private_key: ec.EllipticCurvePrivateKey) -> SignBytes:
    """Return a function that signs with this key, with the deterministic nonce of RFC 6979."""
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return lambda data: raw_signature(private_key.sign(data, algorithm))


def raw_signature(der: bytes) -> bytes:
    """Return r || s of a signature that a library or token gave in DER.

    Raises:
        AnzhengError: `DER_SYNTAX` if it is no signature of P-256.
    """
    try:
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
    except (ValueError, OverflowError) as exc:
        raise AnzhengError(Code.DER_SYNTAX, "not an ECDSA signature of P-256") from exc


def verify(public_key: bytes, data: bytes, signature: bytes, *, code: Code) -> None:
    """Do nothing if `signature` (r || s) over `data` is by this key.

    Raises:
        AnzhengError: `code` if it is not; `ALGORITHM_UNSUPPORTED` if the key is not a P-256 key.
    """
    key = load_public_key(public_key)
    if len(signature) != SIGNATURE_BYTES:
        raise AnzhengError(code, f"an ES256 signature has {SIGNATURE_BYTES} bytes")
    r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), data, _ALGORITHM)
    except InvalidSignature as exc:
        raise AnzhengError(code, "the signature is not by this key over these bytes") from exc
