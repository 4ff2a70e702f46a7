"""What draws each glyph of an embedded font, and nothing else that could change its shape.

A font file is read only as far as that takes, in the two kinds that our signer embeds: CFF without
subroutines (a glyph is one charstring), and TrueType (a glyph is its outline, its side bearing and
the font's own programs). Matrices, subroutines and other tables with which the same bytes would
draw another shape are refused.

Standard: Adobe Technical Notes 5176 (CFF) and 5177 (Type 2); OpenType 1.9 `glyf`, `loca`, `hmtx`.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final, Protocol

from licence.errors import AnzhengError, Code

MAX_FONT_BYTES: Final = 8 << 20
MAX_GLYPHS: Final = 65_535
MAX_PARTS: Final = 16
"""Parts of one composite glyph."""

CFF: Final = b"cff"
TRUETYPE: Final = b"glyf"
"""What a glyph of each kind begins with."""

_TOP_ALLOWED: Final = frozenset({0, 1, 2, 3, 4, 5, 13, 15, 17, 1200, 1207, 1230, 1234, 1236, 1237})
_FONT_DICT_ALLOWED: Final = frozenset({18, 1207, 1238})
_PRIVATE_ALLOWED: Final = frozenset(
    {6, 7, 8, 9, 10, 11, 20, 21, 1209, 1210, 1211, 1212, 1213, 1217, 1218}
)
"""Hints and widths; 19, the subroutines, is not among them."""
_CHARSET, _CHARSTRINGS, _PRIVATE = 15, 17, 18
_MATRIX, _ROS, _FD_ARRAY = 1207, 1230, 1236
_TOP_MATRIX: Final = (0.001, 0.0, 0.0, 0.001, 0.0, 0.0)
_UNIT_MATRIX: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_TABLES: Final = frozenset({"head", "hhea", "maxp", "hmtx", "loca", "glyf", "name", "post"})
_DAMAGED: Final = (ArithmeticError, IndexError, struct.error, ValueError)
"""What reading beyond an end, and a number without end, leads to."""
_HINTING: Final = ("prep", "fpgm", "cvt ")
_NO_HINTING: Final = sha256(b"").digest()

_ARGUMENTS_ARE_WORDS, _HAS_SCALE, _MORE = 0x0001, 0x0008, 0x0020
_HAS_TWO_SCALES, _HAS_MATRIX, _HAS_PROGRAM = 0x0040, 0x0080, 0x0100
_COMPOSITE_HEADER: Final = 10


class GlyphPrograms(Protocol):
    """The glyphs of one font."""

    def of(self, glyph: int) -> bytes:
        """Return everything that decides about the shape of a glyph.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when the font has no such glyph.
        """
        ...


def read_cff(data: bytes) -> GlyphPrograms:
    """Read a CID-keyed CFF font as Typst makes subsets: no subroutines, no matrix, CID = glyph.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH.
    """
    try:
        return _read_cff(data)
    except _DAMAGED as error:
        raise _strange("a font is damaged") from error


def read_truetype(data: bytes) -> GlyphPrograms:
    """Read a TrueType font.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH.
    """
    try:
        return _read_truetype(data)
    except _DAMAGED as error:
        raise _strange("a font is damaged") from error


# ---------------------------------------------------------------- CFF


@dataclass(frozen=True, slots=True)
class _Cff:
    charstrings: Sequence[bytes]

    def of(self, glyph: int) -> bytes:
        if not 0 <= glyph < len(self.charstrings):
            raise _strange("a font has no such glyph")
        return CFF + self.charstrings[glyph]


def _read_cff(data: bytes) -> _Cff:
    if len(data) > MAX_FONT_BYTES or data[:2] != b"\x01\x00":
        raise _strange("a font is too large, or of a kind that we do not embed")
    names, at = _index(data, data[2])
    tops, at = _index(data, at)
    _, at = _index(data, at)
    subroutines, _ = _index(data, at)
    if len(names) != 1 or len(tops) != 1 or subroutines:
        raise _strange("a font file has several fonts, or subroutines")
    top = _dictionary(tops[0], _TOP_ALLOWED)
    if _ROS not in top or tuple(top.get(_MATRIX, _TOP_MATRIX)) != _TOP_MATRIX:
        raise _strange("a font has a matrix of its own")
    for entry in _index(data, _whole(top, _FD_ARRAY))[0]:
        _check_font_dictionary(data, _dictionary(entry, _FONT_DICT_ALLOWED))
    charstrings, _ = _index(data, _whole(top, _CHARSTRINGS))
    _check_charset(data, _whole(top, _CHARSET), len(charstrings))
    return _Cff(charstrings)


def _check_font_dictionary(data: bytes, font: Mapping[int, Sequence[float]]) -> None:
    if tuple(font.get(_MATRIX, _UNIT_MATRIX)) != _UNIT_MATRIX:
        raise _strange("a font has a matrix of its own")
    size, at = (int(each) for each in font[_PRIVATE]) if _PRIVATE in font else (0, 0)
    if not 0 <= at <= at + size <= len(data):
        raise _strange("a font is damaged")
    _dictionary(data[at : at + size], _PRIVATE_ALLOWED)


def _check_charset(data: bytes, at: int, glyphs: int) -> None:
    """Demand that the glyph with number n is the character with number n."""
    kind, at, expected = data[at], at + 1, 1
    while expected < glyphs:
        (first,) = struct.unpack_from(">H", data, at)
        left = 0 if kind == 0 else data[at + 2] if kind == 1 else None
        if left is None:
            (left,) = struct.unpack_from(">H", data, at + 2)
        if first != expected or kind > 2:  # noqa: PLR2004 - the three formats of a charset
            raise _strange("a font renumbers its glyphs")
        at += 2 + kind
        expected += left + 1


def _index(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Return the entries of an INDEX, and where it ends."""
    (count,) = struct.unpack_from(">H", data, at)
    if count == 0:
        return [], at + 2
    width, begin = data[at + 2], at + 3
    if not 1 <= width <= 4:  # noqa: PLR2004 - sizes of an offset
        raise _strange("a font is damaged")
    places = [
        int.from_bytes(data[begin + number * width : begin + (number + 1) * width], "big")
        for number in range(count + 1)
    ]
    base = begin + (count + 1) * width - 1
    if places[0] != 1 or sorted(places) != places or base + places[-1] > len(data):
        raise _strange("a font is damaged")
    entries = [data[base + one : base + other] for one, other in pairwise(places)]
    return entries, base + places[-1]


def _dictionary(data: bytes, allowed: frozenset[int]) -> dict[int, list[float]]:
    """Read a DICT; operators of two bytes are 1200 and their second byte."""
    found: dict[int, list[float]] = {}
    operands: list[float] = []
    at = 0
    while at < len(data):
        first = data[at]
        if first <= 21:  # noqa: PLR2004 - operators end here
            at += 1
            operator = first
            if first == 12:  # noqa: PLR2004 - an operator of two bytes
                operator, at = 1200 + data[at], at + 1
            if operator not in allowed or operator in found:
                raise _strange("a font says something that ours do not say")
            found[operator], operands = operands, []
        else:
            number, at = _number(data, at)
            operands.append(number)
    return found


def _number(data: bytes, at: int) -> tuple[float, int]:
    first = data[at]
    if 32 <= first <= 246:  # noqa: PLR2004 - CFF, table 3
        return first - 139, at + 1
    if 247 <= first <= 250:  # noqa: PLR2004
        return (first - 247) * 256 + data[at + 1] + 108, at + 2
    if 251 <= first <= 254:  # noqa: PLR2004
        return -(first - 251) * 256 - data[at + 1] - 108, at + 2
    if first == 28:  # noqa: PLR2004
        return float(struct.unpack_from(">h", data, at + 1)[0]), at + 3
    if first == 29:  # noqa: PLR2004
        return float(struct.unpack_from(">i", data, at + 1)[0]), at + 5
    if first == 30:  # noqa: PLR2004
        return _real(data, at + 1)
    raise _strange("a font is damaged")


def _real(data: bytes, at: int) -> tuple[float, int]:
    text = ""
    while True:
        for half in (data[at] >> 4, data[at] & 15):
            if half == 15:  # noqa: PLR2004 - the end of a real number
                return float(text), at + 1
            text += "0123456789.EE?-"[half] + ("-" if half == 12 else "")  # noqa: PLR2004
        at += 1


def _whole(found: Mapping[int, Sequence[float]], operator: int) -> int:
    values = found.get(operator, ())
    if len(values) != 1 or values[0] != int(values[0]):
        raise _strange("a font is damaged")
    return int(values[0])


# ---------------------------------------------------------------- TrueType


@dataclass(frozen=True, slots=True)
class _TrueType:
    em: int
    hinting: bytes
    places: Sequence[int]
    bearings: Sequence[int]
    shapes: bytes

    def of(self, glyph: int) -> bytes:
        head = struct.pack(">Hh", self.em, self._bearing(glyph))
        return TRUETYPE + head + self.hinting + self._shape(glyph)

    def _bearing(self, glyph: int) -> int:
        if not 0 <= glyph < len(self.bearings):
            raise _strange("a font has no such glyph")
        return self.bearings[glyph]

    def _shape(self, glyph: int, depth: int = 0) -> bytes:
        self._bearing(glyph)
        shape = self.shapes[self.places[glyph] : self.places[glyph + 1]]
        if not shape or _contours(shape) >= 0:
            return shape.rstrip(b"\0")
        if depth > 1:
            raise _strange("a glyph is made of parts of parts")
        return b"".join(self._parts(shape, depth))

    def _parts(self, shape: bytes, depth: int) -> list[bytes]:
        """Return the parts of a composite glyph with what they are drawn by, not their numbers."""
        found, at = [shape[:_COMPOSITE_HEADER]], _COMPOSITE_HEADER
        for _ in range(MAX_PARTS):
            if at + 4 > len(shape):
                raise _strange("a glyph is damaged")
            flags, glyph = struct.unpack_from(">HH", shape, at)
            size = 4 if flags & _ARGUMENTS_ARE_WORDS else 2
            size += 2 * bool(flags & _HAS_SCALE) + 4 * bool(flags & _HAS_TWO_SCALES)
            size += 8 * bool(flags & _HAS_MATRIX)
            placed = shape[at + 4 : at + 4 + size]
            if len(placed) != size or flags & _HAS_PROGRAM:
                raise _strange("a glyph has a program of its own, or is damaged")
            part = self._shape(glyph, depth + 1)
            found += [struct.pack(">HI", flags, len(part)), placed, part]
            at += 4 + size
            if not flags & _MORE:
                return found
        raise _strange("a glyph has too many parts")


def _contours(shape: bytes) -> int:
    """Return the number of contours; negative for a glyph that is made of others."""
    return int.from_bytes(shape[:2], "big", signed=True)


def _read_truetype(data: bytes) -> _TrueType:
    if len(data) > MAX_FONT_BYTES or data[:4] != b"\x00\x01\x00\x00":
        raise _strange("a font is too large, or of a kind that we do not embed")
    tables = _tables(data)
    head, count = tables["head"], struct.unpack_from(">H", tables["maxp"], 4)[0]
    em, wide = struct.unpack_from(">H", head, 18)[0], struct.unpack_from(">h", head, 50)[0]
    loca = tables["loca"]
    if wide not in {0, 1} or len(loca) < (count + 1) * (4 if wide else 2):
        raise _strange("a font is damaged")
    places = struct.unpack_from(f">{count + 1}{'I' if wide else 'H'}", loca)
    places = places if wide else tuple(2 * place for place in places)
    if sorted(places) != list(places) or places[-1] > len(tables["glyf"]):
        raise _strange("a font is damaged")
    hinting = sha256(b"".join(tables.get(name, b"") for name in _HINTING)).digest()
    return _TrueType(em, hinting, places, _bearings(tables, count), tables["glyf"])


def _tables(data: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    found: dict[str, bytes] = {}
    for number in range(count):
        tag, _, at, size = struct.unpack_from(">4sIII", data, 12 + 16 * number)
        name = tag.decode("ascii")
        known = name in _TABLES or name in _HINTING
        if not known or name in found or at + size > len(data):
            raise _strange("a font has a table that ours do not have")
        found[name] = data[at : at + size]
    if not set(found) >= _TABLES:
        raise _strange("a font lacks a table")
    return found


def _bearings(tables: Mapping[str, bytes], count: int) -> tuple[int, ...]:
    """Return the left side bearings: a shape is moved by the difference to its own."""
    (full,) = struct.unpack_from(">H", tables["hhea"], 34)
    if not 1 <= full <= count <= MAX_GLYPHS:
        raise _strange("a font is damaged")
    metrics = tables["hmtx"]
    first = struct.unpack_from(">" + "Hh" * full, metrics)[1::2]
    return (*first, *struct.unpack_from(f">{count - full}h", metrics, 4 * full))


@dataclass(frozen=True, slots=True)
class TrueTypeShape:
    """A simple TrueType glyph.

    Args:
        em: Units of the font.
        moved: Whether something else than its outline decides where its points are.
        data: Its entry in `glyf`.
    """

    em: int
    moved: bool
    data: bytes


def truetype_shape(program: bytes) -> TrueTypeShape | None:
    """Take apart what `GlyphPrograms.of` returned; None for a composite or an empty glyph."""
    head = len(TRUETYPE)
    em, bearing = struct.unpack_from(">Hh", program, head)
    hinting, data = program[head + 4 : head + 36], program[head + 36 :]
    if len(data) < _COMPOSITE_HEADER or struct.unpack_from(">h", data)[0] <= 0:
        return None
    moved = bearing != struct.unpack_from(">h", data, 2)[0] or hinting != _NO_HINTING
    return TrueTypeShape(em, moved, data)


def _strange(message: str) -> AnzhengError:
    return AnzhengError(Code.DATA_PAGE_MISMATCH, message)
