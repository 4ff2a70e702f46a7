"""The fonts of a page: which text, which width and which drawing each code of a string has.

Only the kind of font that Typst writes: Type 0 with `Identity-H`, a `ToUnicode` map by our shape,
one descendant with an embedded file. Whatever else could draw other shapes is refused.

Standard: ISO 32000-1, 9.7; Adobe Technical Note 5411 (ToUnicode).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar
from unicodedata import east_asian_width

import pikepdf

from licence.errors import AnzhengError, Code
from verifier.pades.glyph_programs import (
    MAX_FONT_BYTES,
    GlyphPrograms,
    read_cff,
    read_truetype,
)

MAX_MAP_BYTES: Final = 4 << 20
KEPT_BYTES: Final = 64 << 10
"""Largest font, or map to text, of which is kept what it came to."""
KEPT: Final = 128
"""How many of each kind are kept, at most 8 MB of them."""

_T = TypeVar("_T")

_FONT_KEYS: Final = {
    "/BaseFont",
    "/DescendantFonts",
    "/Encoding",
    "/Subtype",
    "/ToUnicode",
    "/Type",
}
_DESCENDANT_KEYS: Final = {
    "/BaseFont",
    "/CIDSystemInfo",
    "/CIDToGIDMap",
    "/DW",
    "/FontDescriptor",
    "/Subtype",
    "/Type",
    "/W",
}
_PAIR: Final = re.compile(rb"<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>\n")
_BLOCK: Final = re.compile(
    rb"\s*\d{1,3} beginbfchar\n((?:<[0-9A-F]{4}> <[0-9A-F]+>\n)*)endbfchar\n"
)
_CODES: Final = b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
_END: Final = b"endcmap\n"


_WIDE: Final = (0.9, 1.05)
"""Narrowest and widest of what fills a square, in parts of the size: Chinese, and Korean."""
_DIGIT: Final = (0.45, 0.65)
_ANY: Final = (0.1, 1.3)

Judged = tuple[str, float, bool]
"""What a code means, how wide it is in parts of the size, and whether there is anything to see."""


@dataclass(frozen=True, slots=True)
class PageFont:
    """One font of a page.

    Args:
        texts: What each code means.
        widths: Widths in thousandths of the size; a code that is not there has `default_width`.
        default_width: For all others.
        programs: What draws each code.
        judged: Each code whose shape was found to be that of its text.
    """

    texts: Mapping[int, str]
    widths: Mapping[int, float]
    default_width: float
    programs: GlyphPrograms
    judged: dict[int, Judged] = field(default_factory=dict)

    def text(self, code: int) -> str:
        """Return what a code means.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when it means nothing: it would be seen and not read.
        """
        found = self.texts.get(code)
        if found is None:
            raise _strange("a shape is drawn that is no text")
        return found

    def width(self, code: int, said: str) -> float:
        """Return the width of a code, in parts of the size.

        It says where a character is looked for. One that lies moves that away from what is drawn,
        and a page could cover the one and not the other.

        Args:
            code: In this font.
            said: What it means.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when no font has such a width for it.
        """
        width = self.widths.get(code, self.default_width) / 1000
        least, most = _usual(said[0])
        # Two dashes, and some other characters, may be drawn as one.
        if not least <= width <= most * len(said):
            raise _strange("a character is as wide as in no font")
        return width


def kept(read: Callable[[bytes], _T]) -> Callable[[bytes], _T]:
    """Return a reader that reads the same small bytes once.

    The fonts of labels and frames are the same on all licences of a template: reading them anew
    took a twentieth of a verification.
    """
    known = lru_cache(maxsize=KEPT)(read)
    return lambda data: known(data) if len(data) <= KEPT_BYTES else read(data)


def read_font(font: pikepdf.Object) -> PageFont:
    """Read a font that a page uses.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, when it is none of ours.
    """
    descendants = font.get("/DescendantFonts")
    if (
        set(font.keys()) != _FONT_KEYS
        or font.get("/Subtype") != pikepdf.Name.Type0
        or font.get("/Encoding") != pikepdf.Name("/Identity-H")
        or not isinstance(descendants, pikepdf.Array)
        or len(descendants) != 1
    ):
        raise _strange("a font is not of the kind that we embed")
    descendant = descendants[0]
    if not set(descendant.keys()) <= _DESCENDANT_KEYS:
        raise _strange("a font says something that ours do not say")
    return PageFont(
        texts=_kept_texts(_bytes(font.ToUnicode, MAX_MAP_BYTES)),
        widths=_widths(descendant.get("/W", pikepdf.Array())),
        default_width=float(descendant.get("/DW", 1000)),
        programs=_programs(descendant),
    )


def _usual(character: str) -> tuple[float, float]:
    if east_asian_width(character) in "WF":
        return _WIDE
    return _DIGIT if "0" <= character <= "9" else _ANY


def _programs(descendant: pikepdf.Object) -> GlyphPrograms:
    descriptor, kind = descendant.FontDescriptor, descendant.get("/Subtype")
    mapping = descendant.get("/CIDToGIDMap")
    if kind == pikepdf.Name.CIDFontType0 and mapping is None and "/FontFile3" in descriptor:
        file = descriptor.FontFile3
        if file.get("/Subtype") == pikepdf.Name.CIDFontType0C:
            return _kept_cff(_bytes(file, MAX_FONT_BYTES))
    identity = mapping == pikepdf.Name.Identity
    if kind == pikepdf.Name.CIDFontType2 and identity and "/FontFile2" in descriptor:
        return _kept_truetype(_bytes(descriptor.FontFile2, MAX_FONT_BYTES))
    raise _strange("a font is not embedded, or renumbers its glyphs")


def _texts(data: bytes) -> Mapping[int, str]:
    """Read a `ToUnicode` map; one code has one text, and nothing else stands in the map."""
    head, begin, body = data.partition(_CODES)
    if not begin or b"bfchar" in head or b"bfrange" in head or b"usecmap" in head:
        raise _strange("a font's map to text is not as ours are")
    blocks, _, _ = body.partition(_END)
    found: dict[int, str] = {}
    at = 0
    for block in _BLOCK.finditer(blocks):
        if block.start() != at:
            break
        at = block.end()
        for code, text in _PAIR.findall(block[1]):
            if int(code, 16) in found:
                raise _strange("a font gives one code two texts")
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    if blocks[at:].strip():
        raise _strange("a font's map to text is not as ours are")
    return MappingProxyType(found)


_kept_texts: Final = kept(_texts)
_kept_cff: Final = kept(read_cff)
_kept_truetype: Final = kept(read_truetype)


def _widths(array: pikepdf.Object) -> dict[int, float]:
    """Read `/W`: runs of codes with one width, and runs with a width each."""
    found: dict[int, float] = {}
    entries: Sequence[pikepdf.Object] = list(array)
    at = 0
    while at < len(entries):
        first, second = int(entries[at]), entries[at + 1]
        if isinstance(second, pikepdf.Array):
            found.update({first + place: float(each) for place, each in enumerate(second)})
            at += 2
        else:
            last = int(second)
            if not 0 <= first <= last < 1 << 16:
                raise _strange("a font's widths cannot be read")
            found.update(dict.fromkeys(range(first, last + 1), float(entries[at + 2])))
            at += 3
    return found


def _bytes(stream: pikepdf.Object, limit: int) -> bytes:
    data = stream.read_bytes()
    if len(data) > limit:
        raise _strange("a font is too large")
    return bytes(data)


def _strange(message: str) -> AnzhengError:
    return AnzhengError(Code.DATA_PAGE_MISMATCH, message)
