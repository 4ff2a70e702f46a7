"""Take the hints out of the fonts of a page: a seventh of their size, which nothing here needs.

Hints fit outlines to the pixels of a coarse screen. Typst embeds each character as the font has it,
with hints; the outlines stay as they are. A character's outline is worked on once in a process, for
the same characters come again and again.

Standard: Adobe Technical Note 5176 (CFF) and 5177 (Type 2 charstrings).
"""

import zlib
from functools import lru_cache
from itertools import pairwise
from typing import Final

import pikepdf
from pikepdf import Dictionary, Name

_CHAR_STRINGS: Final = 17
_STEMS: Final = frozenset({1, 3, 18, 23})
_MASKS: Final = frozenset({19, 20})
_ESCAPE: Final = 12
_SHORT: Final = 28
_LONG: Final = 29
_REAL: Final = 30
_END_OF_REAL: Final = 0x0F
_FIRST_NUMBER: Final = 32
_TWO_BYTES: Final = 247
_FIXED: Final = 255


def strip_hints(pdf: pikepdf.Pdf) -> None:
    """Replace each CFF font of the pages by one that draws the same without hints."""
    done = set()
    for page in pdf.pages:
        for font in page.obj.Resources.get("/Font", Dictionary()).values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            file = descriptor.get("/FontFile3")
            if file is not None and file.objgen not in done:
                done.add(file.objgen)
                file.write(zlib.compress(without_hints(file.read_bytes())), filter=Name.FlateDecode)


def without_hints(cff: bytes) -> bytes:
    """Return a CFF font without hints and of the same length, so that no offset in it changes.

    Its characters become shorter; zeros fill what is left. Subroutines are not looked into: the
    fonts that Typst writes have none.
    """
    start = _char_strings_offset(cff)
    offsets, data, end = _index(cff, start)
    characters = [_character(cff[data + first : data + last]) for first, last in pairwise(offsets)]
    size = cff[start + 2]
    at, table = 1, bytearray()
    for length in (0, *map(len, characters)):
        at += length
        table += at.to_bytes(size, "big")
    made = cff[start : start + 3] + bytes(table) + b"".join(characters)
    return cff[:start] + made + bytes(end - start - len(made)) + cff[end:]


def _index(cff: bytes, at: int) -> tuple[list[int], int, int]:
    """Read an INDEX: offsets into its data, where the byte before its data is, where it ends."""
    count = int.from_bytes(cff[at : at + 2], "big")
    if count == 0:
        return [1], at + 1, at + 2
    size = cff[at + 2]
    places = range(at + 3, at + 3 + (count + 1) * size, size)
    offsets = [int.from_bytes(cff[place : place + size], "big") for place in places]
    before = at + 2 + (count + 1) * size
    return offsets, before, before + offsets[-1]


def _char_strings_offset(cff: bytes) -> int:
    *_, names_end = _index(cff, cff[2])
    offsets, before, _ = _index(cff, names_end)
    top = cff[before + offsets[0] : before + offsets[1]]
    at, value = 0, 0
    while at < len(top):
        first = top[at]
        if first == _CHAR_STRINGS:
            return value
        if first in {_SHORT, _LONG}:
            width = 3 if first == _SHORT else 5
            value = int.from_bytes(top[at + 1 : at + width], "big", signed=True)
            at += width
        elif first == _REAL:  # half bytes up to 0xf
            while top[at + 1] & 0x0F != _END_OF_REAL:
                at += 1
            at += 2
        elif first >= _FIRST_NUMBER:
            value, width = _small(top, at)
            at += width
        else:
            at += 2 if first == _ESCAPE else 1
    raise ValueError("a CFF font without characters")


def _small(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of one or two bytes."""
    first = data[at]
    if first < _TWO_BYTES:
        return first - 139, 1
    if first < 251:  # noqa: PLR2004
        return (first - 247) * 256 + data[at + 1] + 108, 2
    return -(first - 251) * 256 - data[at + 1] - 108, 2


@lru_cache(maxsize=30_000)
def _character(code: bytes) -> bytes:
    """Return a Type 2 charstring without stems and masks.

    The first operator may have one operand too many: the width. It stays, for the operator that
    becomes the first.
    """
    kept = bytearray()
    operands: list[bytes] = []
    stems = at = 0
    while at < len(code):
        first = code[at]
        if first >= _FIRST_NUMBER or first == _SHORT:
            width = _length(first)
            operands.append(code[at : at + width])
            at += width
            continue
        at += 1
        if first in _STEMS or first in _MASKS:
            if len(operands) % 2:
                kept += operands[0]
            stems += len(operands) // 2
            at += (stems + 7) // 8 if first in _MASKS else 0
        else:
            kept += b"".join(operands) + bytes([first])
            if first == _ESCAPE:
                kept.append(code[at])
                at += 1
        operands = []
    return bytes(kept)


def _length(first: int) -> int:
    if first == _SHORT:
        return 3
    if first == _FIXED:
        return 5
    return 1 if first < _TWO_BYTES else 2
