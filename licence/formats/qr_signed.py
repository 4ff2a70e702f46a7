"""The signed message in a QR object: COSE_Sign1 of one type, taken apart and checked by one key.

What a data code, a screen code and an answer have in common; what their payloads say stands in
`qr`, `screen_code` and `qr_exchange`.

Standard: RFC 9052, 4.2 (COSE_Sign1).
"""

from dataclasses import dataclass

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, es256


@dataclass(frozen=True, slots=True)
class Signed:
    """A message taken apart; nothing is verified."""

    kid: bytes
    payload: cbor.CborValue
    parts: cose.Parts


def read_signed(data: bytes, content_type: str, max_bytes: int) -> Signed:
    """Take a message apart; who signed it is not asked yet.

    Raises:
        AnzhengError: QR_SYNTAX.
    """
    try:
        parts = cose.parts(data, max_bytes=max_bytes)
        header = cose.read_header(parts.protected, content_type=content_type)
        payload = cbor.loads(parts.payload, max_bytes=max_bytes)
    except AnzhengError as error:
        raise AnzhengError(Code.QR_SYNTAX, f"no code of ours: {error.message}") from error
    if header.certificate is not None:
        # A holder's certificate stands in the card, which the holder signs; the authority's key
        # stands in the trust bundle.
        raise AnzhengError(Code.QR_SYNTAX, "no certificate stands in the header")
    return Signed(header.kid, payload, parts)


def verify_holder(found: Signed, public_key: bytes) -> None:
    """Do nothing if a message names this key of a holder and is signed by it.

    Raises:
        AnzhengError: HOLDER_KEY; ALGORITHM_UNSUPPORTED if the key is not on P-256.
    """
    other = AnzhengError(Code.HOLDER_KEY, "not signed by the key of the licence's own certificate")
    if found.kid != es256.key_id(public_key):
        raise other
    try:
        cose.verify_parts(found.parts, public_key)
    except AnzhengError as error:
        if error.code is Code.ALGORITHM_UNSUPPORTED:
            raise
        raise other from error
