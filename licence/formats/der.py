"""The little of DER that our formats need: a writer, and a reader that accepts one spelling only.

Everything that we sign, hash or compare is written here, so that no ASN.1 library decides on bytes
that must stay the same for decades. The reader takes single-byte tags and definite lengths in their
shortest form; it never recurses, so that depth is bounded by the caller's own code.

Standard: ITU-T X.690, 8.1 and 10.1.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from licence.errors import AnzhengError, Code

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1
CONTEXT_2: Final = 0xA2
CONTEXT_4: Final = 0xA4

MAX_LENGTH_BYTES: Final = 4
"""Longest length field after its first byte, in bytes: no element of 4 GiB or more."""

MAX_OID_CHARACTERS: Final = 128
"""Longest dotted object identifier that is written, in characters."""

_CONSTRUCTED: Final = 0x20
_HIGH_TAG: Final = 0x1F
_LONG_FORM: Final = 0x80


class Tlv(NamedTuple):
    """Where one element stands: its tag, the bytes of its header, of its body, and its end."""

    tag: int
    header: int
    length: int
    end: int


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return the element with this tag and the joined parts as body."""
    body = b"".join(parts)
    size = len(body)
    if size < _LONG_FORM:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + body


@lru_cache(maxsize=128)
def oid(dotted: str) -> bytes:
    """Return the OBJECT IDENTIFIER element of a dotted identifier.

    Args:
        dotted: Such as `1.2.840.113549.1.7.2`; arcs of any size, as 2.25.<UUID> needs.

    Raises:
        AnzhengError: DER_SYNTAX, when it is no identifier in its shortest spelling.

    Standard: ITU-T X.690, 8.19.
    """
    arcs = _arcs(dotted)
    body = bytearray()
    for arc in (40 * arcs[0] + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        rest = arc >> 7
        while rest:
            groups.append(0x80 | rest & 0x7F)
            rest >>= 7
        body += bytes(reversed(groups))
    return tlv(OBJECT_IDENTIFIER, bytes(body))


def integer(value: int) -> bytes:
    """Return the INTEGER element of a number that is not negative.

    Raises:
        AnzhengError: DER_SYNTAX, for a negative number; our formats have none.
    """
    if value < 0:
        raise AnzhengError(Code.DER_SYNTAX, "our formats have no negative INTEGER")
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def read(der: bytes, at: int = 0) -> Tlv:
    """Return the place of the element that starts at `at`; it must lie whole inside `der`.

    Raises:
        AnzhengError: DER_SYNTAX, for a cut, indefinite or not shortest header.
    """
    if at < 0 or at + 2 > len(der):
        raise AnzhengError(Code.DER_SYNTAX, "an element is cut short", at=at)
    tag, length, header = der[at], der[at + 1], 2
    if tag == 0 or tag & _HIGH_TAG == _HIGH_TAG:
        raise AnzhengError(Code.DER_SYNTAX, "a tag that our formats do not have", at=at, tag=tag)
    if length >= _LONG_FORM:
        length, header = _long_length(der, at)
    end = at + header + length
    if end > len(der):
        raise AnzhengError(Code.DER_SYNTAX, "an element is longer than its surroundings", at=at)
    return Tlv(tag, header, length, end)


def value(der: bytes, tag: int) -> bytes:
    """Return the body of `der`, which must be exactly one element with this tag.

    Raises:
        AnzhengError: DER_SYNTAX, for another tag or for bytes after the element.
    """
    place = read(der)
    if place.tag != tag or place.end != len(der):
        raise AnzhengError(Code.DER_SYNTAX, "not exactly one element of this tag", tag=tag)
    return der[place.header :]


def children(der: bytes, tag: int = SEQUENCE) -> tuple[bytes, ...]:
    """Return the elements inside `der`, which must be exactly one constructed element.

    Args:
        der: One element, nothing after it.
        tag: The tag that it must have.

    Raises:
        AnzhengError: DER_SYNTAX.
    """
    if not tag & _CONSTRUCTED:
        raise AnzhengError(Code.DER_SYNTAX, "a primitive element has no children", tag=tag)
    body = value(der, tag)
    at, found = 0, []
    while at < len(body):
        end = read(body, at).end
        found.append(body[at:end])
        at = end
    return tuple(found)


def integer_value(der: bytes) -> int:
    """Return the number in `der`, one INTEGER element that is not negative.

    Raises:
        AnzhengError: DER_SYNTAX, also for a negative number or a superfluous zero byte.
    """
    body = value(der, INTEGER)
    number = int.from_bytes(body, "big")
    if not body or body[0] & 0x80 or integer(number) != der:
        raise AnzhengError(Code.DER_SYNTAX, "not an INTEGER in its shortest form, zero or more")
    return number


def _long_length(der: bytes, at: int) -> tuple[int, int]:
    count = der[at + 1] & 0x7F
    octets = der[at + 2 : at + 2 + count]
    if not 1 <= count <= MAX_LENGTH_BYTES or len(octets) != count:
        raise AnzhengError(Code.DER_SYNTAX, "a length that is indefinite, cut or too long", at=at)
    length = int.from_bytes(octets, "big")
    if octets[0] == 0 or length < _LONG_FORM:
        raise AnzhengError(Code.DER_SYNTAX, "a length not in its shortest form", at=at)
    return length, 2 + count


def _arcs(dotted: str) -> list[int]:
    parts = dotted.split(".")
    plain = len(dotted) <= MAX_OID_CHARACTERS and all(p.isascii() and p.isdigit() for p in parts)
    arcs = [int(part) for part in parts] if plain else []
    if len(arcs) < 2 or ".".join(map(str, arcs)) != dotted:
        raise AnzhengError(Code.DER_SYNTAX, "not a dotted object identifier")
    if arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise AnzhengError(Code.DER_SYNTAX, "no object identifier begins so")
    return arcs
