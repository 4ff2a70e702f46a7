"""COSE_Sign1 with ES256, in the one shape that we write.

Tagged (18), deterministic CBOR in and out, everything that is said about the message in the
protected header: algorithm, key id, type and, where asked for, the signer's certificate. The type
is an argument of `verify1`, so that a message of one kind is never taken for another.

Standard: RFC 9052, 4.2 and 4.4; RFC 9053, 2.1; RFC 9360 (x5chain); RFC 9596 (typ).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, es256
from licence.formats.cbor import CborValue, Tag
from licence.formats.es256 import SignBytes

TAG_SIGN1: Final = 18
ALGORITHM: Final = 1
KEY_ID: Final = 4
TYPE: Final = 16
CERTIFICATE: Final = 33
ES256: Final = -7

MAX_HEADER_BYTES: Final = 8 * 1024
MAX_KEY_ID_BYTES: Final = 64
_KNOWN = frozenset({ALGORITHM, KEY_ID, TYPE, CERTIFICATE})
_PARTS = 4
_MAX_ITEMS = 16


@dataclass(frozen=True, slots=True)
class Sign1:
    """A message whose signature was verified: key id, payload and the signer's certificate."""

    kid: bytes
    payload: bytes
    certificate: bytes | None


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of a message in which something stands; nothing is verified."""

    protected: bytes
    payload: bytes
    signature: bytes


def sign1(
    payload: bytes,
    *,
    content_type: str,
    kid: bytes,
    sign: SignBytes,
    certificate: bytes | None = None,
) -> bytes:
    """Return the signed message.

    Args:
        payload: What is signed.
        content_type: The kind of message, such as `application/statuslist+cwt`.
        kid: Name of the key, `es256.key_id` of it.
        sign: Signs bytes and returns r || s.
        certificate: Certificate (DER) to send along, for readers that know no key.

    Raises:
        AnzhengError: `COSE_SIGNATURE` if `sign` gives no ES256 signature.
    """
    header: dict[cbor.CborKey, CborValue] = {ALGORITHM: ES256, KEY_ID: kid, TYPE: content_type}
    if certificate is not None:
        header[CERTIFICATE] = certificate
    protected = cbor.dumps(header)
    signature = sign(_to_be_signed(protected, payload))
    if len(signature) != es256.SIGNATURE_BYTES:
        raise AnzhengError(Code.COSE_SIGNATURE, "the signing key gave no ES256 signature")
    return assemble(protected, payload, signature)


def assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """Return the message that consists of these parts."""
    return cbor.dumps(Tag(TAG_SIGN1, (protected, {}, payload, signature)))


def verify1(
    data: bytes, *, content_type: str, keys: Mapping[bytes, bytes], max_bytes: int
) -> Sign1:
    """Read and verify a message of ours.

    Args:
        data: The message.
        content_type: The kind of message that is expected.
        keys: Public keys (SubjectPublicKeyInfo DER) by key id; no other key is believed, in
            particular not that of a certificate in the message.
        max_bytes: Largest message that is looked at.

    Raises:
        AnzhengError: `TOO_LARGE`, `CBOR_SYNTAX`, `CBOR_NOT_DETERMINISTIC`, `COSE_SYNTAX` (not our
            shape, or another kind of message), `COSE_SIGNATURE` (unknown key, wrong signature).
    """
    found = parts(data, max_bytes=max_bytes)
    said = read_header(found.protected, content_type=content_type)
    key = keys.get(said.kid) if len(said.kid) <= MAX_KEY_ID_BYTES else None
    if key is None:
        raise AnzhengError(Code.COSE_SIGNATURE, "signed by a key that is not believed here")
    verify_parts(found, key)
    return Sign1(said.kid, found.payload, said.certificate)


def verify_parts(found: Parts, key: bytes) -> None:
    """Do nothing if a message that was taken apart is signed by this key.

    Args:
        found: From `parts`, its header read by `read_header`.
        key: SubjectPublicKeyInfo DER, P-256.

    Raises:
        AnzhengError: `COSE_SIGNATURE`; `ALGORITHM_UNSUPPORTED` if the key is not a P-256 key.
    """
    signed = _to_be_signed(found.protected, found.payload)
    es256.verify(key, signed, found.signature, code=Code.COSE_SIGNATURE)


@dataclass(frozen=True, slots=True)
class Header:
    """What a protected header of ours says besides algorithm and type; nothing is verified."""

    kid: bytes
    certificate: bytes | None


def read_header(protected: bytes, *, content_type: str) -> Header:
    """Read the protected header of a message of this type.

    Raises:
        AnzhengError: `TOO_LARGE`, `CBOR_SYNTAX`, `CBOR_NOT_DETERMINISTIC`, `COSE_SYNTAX`.
    """
    header = _header(protected)
    if header.get(ALGORITHM) != ES256 or header.get(TYPE) != content_type:
        raise AnzhengError(Code.COSE_SYNTAX, f"not an ES256 message of type {content_type}")
    kid, certificate = header.get(KEY_ID), header.get(CERTIFICATE)
    if not isinstance(kid, bytes) or not isinstance(certificate, bytes | None):
        raise AnzhengError(Code.COSE_SYNTAX, "key id or certificate is not a byte string")
    return Header(kid, certificate)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.dumps(("Signature1", protected, b"", payload))


def parts(data: bytes, *, max_bytes: int) -> Parts:
    """Take a message apart, without asking who signed it.

    Raises:
        AnzhengError: `TOO_LARGE`, `CBOR_SYNTAX`, `CBOR_NOT_DETERMINISTIC`, `COSE_SYNTAX`.
    """
    # Nothing is verified yet, and a side list may have 32 MiB.
    message = cbor.loads(
        data, max_bytes=max_bytes, tags=frozenset({TAG_SIGN1}), max_items=_MAX_ITEMS
    )
    found = message.value if isinstance(message, Tag) else None
    if not isinstance(found, tuple) or len(found) != _PARTS:
        raise AnzhengError(Code.COSE_SYNTAX, "not a COSE_Sign1 message")
    protected, unprotected, payload, signature = found
    if unprotected != {}:
        raise AnzhengError(Code.COSE_SYNTAX, "there is an unprotected header")
    if not (
        isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)
    ):
        raise AnzhengError(Code.COSE_SYNTAX, "a part of the message is not a byte string")
    return Parts(protected, payload, signature)


def _header(protected: bytes) -> Mapping[cbor.CborKey, CborValue]:
    header = cbor.loads(protected, max_bytes=MAX_HEADER_BYTES)
    # An unknown header, `crit` above all, may change what the message means (RFC 9052, 3.1).
    if not isinstance(header, dict) or not header.keys() <= _KNOWN:
        raise AnzhengError(Code.COSE_SYNTAX, "the protected header is not ours")
    return header
