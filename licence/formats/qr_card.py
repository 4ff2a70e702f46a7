"""What a holder's code carries along: the authority's data code and the licence's own certificate.

Both together prove who may sign for which licence, from the trust bundle alone. They say many
things twice (name, leaf, credit code), so they go packed; the holder signs the packed bytes, which
therefore have no second spelling that would verify.

Standard: RFC 1950 (zlib); DESIGN 2 (7, 8).
"""

import zlib
from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor
from licence.formats.qr import MAX_PRINTED_BYTES

MAX_QR_CERTIFICATE_BYTES: Final = 2_048
MAX_CARD_BYTES: Final = 2_000
"""Packed."""
_MAX_INFLATED: Final = MAX_PRINTED_BYTES + MAX_QR_CERTIFICATE_BYTES + 16
_LEVEL: Final = 9
_PARTS: Final = 2


@dataclass(frozen=True, slots=True)
class Card:
    """A data code (`qr.encode_printed`) and a holder's certificate (DER); nothing is verified."""

    printed: bytes
    certificate: bytes


def pack_card(card: Card) -> bytes:
    """Return both parts packed.

    Raises:
        AnzhengError: QR_SYNTAX if `unpack_card` would refuse it.
    """
    packed = zlib.compress(cbor.dumps((card.printed, card.certificate)), _LEVEL)
    if unpack_card(packed) != card:
        raise AnzhengError(Code.QR_SYNTAX, "the card does not read back as itself")
    return packed


def unpack_card(packed: bytes) -> Card:
    """Take both parts out; inflates to a few kilobytes at most.

    Raises:
        AnzhengError: QR_SYNTAX.
    """
    if len(packed) > MAX_CARD_BYTES:
        raise _refuse("it is too large")
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(packed, _MAX_INFLATED)
    except zlib.error as error:
        raise _refuse("it cannot be unpacked") from error
    if not inflater.eof or inflater.unused_data:
        raise _refuse("it inflates to too much, or has bytes after its end")
    try:
        parts = cbor.loads(inflated, max_bytes=_MAX_INFLATED)
    except AnzhengError as error:
        raise _refuse(error.message) from error
    if not isinstance(parts, tuple) or len(parts) != _PARTS:
        raise _refuse("it has not two parts")
    printed, certificate = parts
    if not isinstance(printed, bytes) or not isinstance(certificate, bytes):
        raise _refuse("a part is not a byte string")
    if len(printed) > MAX_PRINTED_BYTES or len(certificate) > MAX_QR_CERTIFICATE_BYTES:
        raise _refuse("a part is too large")
    return Card(printed, certificate)


def _refuse(problem: str) -> AnzhengError:
    return AnzhengError(Code.QR_SYNTAX, f"the holder's card is refused: {problem}")
