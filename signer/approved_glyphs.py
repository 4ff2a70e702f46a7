"""Outlines of rare characters that officers approved for one licence, as a font and for the seal.

The characters stay text: a reader can copy them, the text check finds them. The font is made for
one file and goes into it; a character that the fonts of the page have keeps theirs.
"""

import io
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph as Glyf

from licence.domain.glyph_outline import BASELINE, UNITS_PER_EM
from licence.domain.model import Glyph
from licence.errors import AnzhengError, Code
from signer.glyphs import Outline, Segment, cubic, known_code_points, require_glyphs

FAMILY: Final = "Anzheng Approved"
"""What the templates call this font; last in their chains."""

_STEP: Final = re.compile(r"([MLCQZ])([-0-9 ]*)")
_OPERATORS: Final = {"M": "moveTo", "L": "lineTo", "C": "curveTo"}
_NOT_DEFINED: Final = ".notdef"
_NEAR: Final = 0.5
"""How far a curve of the font may be from the approved one, in units."""


def require_all_glyphs(text: str, approved: Iterable[Glyph]) -> None:
    """Refuse a text with a character that neither a font nor an approved outline has.

    Raises:
        AnzhengError: GLYPH_MISSING; GLYPH_OUTLINE, when a font has a character that is approved.
    """
    characters = {glyph.char for glyph in approved}
    for character in sorted(characters):
        if ord(character) in known_code_points():
            raise AnzhengError(
                Code.GLYPH_OUTLINE,
                "the fonts have this character: an outline would draw it otherwise",
                code_points=f"U+{ord(character):04X}",
            )
    require_glyphs("".join(set(text) - characters))


@lru_cache(maxsize=64)
def approved_outline(path: str) -> Outline:
    """Return an outline in units of the font size, y upwards from the baseline, curves as cubics.

    Args:
        path: By the rules of `licence.domain.glyph_outline`.
    """
    return Outline(1.0, tuple(_segments(path)))


def approved_font(approved: Iterable[Glyph]) -> bytes:
    """Return a font of the approved outlines; the same outlines give the same bytes.

    Its outlines are TrueType's: of a font with names in CFF Typst makes one whose widths veraPDF
    does not find.
    """
    by_character = {glyph.char: glyph.outline for glyph in approved}
    names = {character: f"u{ord(character):X}" for character in sorted(by_character)}
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder([_NOT_DEFINED, *names.values()])
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    drawings = {name: _drawing(by_character[each]) for each, name in names.items()}
    postscript = FAMILY.replace(" ", "")
    builder.setupGlyf({_NOT_DEFINED: _drawing(""), **drawings})
    # A side bearing that is not the outline's own would shift it.
    bearings = {name: getattr(builder.font["glyf"][name], "xMin", 0) for name in drawings}
    builder.setupHorizontalMetrics(
        {name: (UNITS_PER_EM, left) for name, left in {_NOT_DEFINED: 0, **bearings}.items()}
    )
    builder.setupHorizontalHeader(ascent=BASELINE, descent=BASELINE - UNITS_PER_EM)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular", "psName": postscript})
    builder.setupOS2(sTypoAscender=BASELINE, sTypoDescender=BASELINE - UNITS_PER_EM)
    builder.setupPost()
    font = builder.font
    # The time of making would make other bytes each time.
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = 0
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def _segments(path: str) -> Iterator[Segment]:
    here = (0.0, 0.0)
    for operator, numbers in _STEP.findall(path):
        values = [int(number) for number in numbers.split()]
        points = tuple(
            (x / UNITS_PER_EM, (BASELINE - y) / UNITS_PER_EM)
            for x, y in zip(values[::2], values[1::2], strict=True)
        )
        if operator == "Z":
            yield ("closePath", ())
        elif operator == "Q":
            control, end = points
            yield cubic(here, control, end)
            here = end
        else:
            yield (_OPERATORS[operator], points)
            here = points[-1]


def _drawing(path: str) -> Glyf:
    pen = TTGlyphPen(None)
    curves = Cu2QuPen(pen, _NEAR)
    for operator, points in approved_outline(path).segments if path else ():
        getattr(curves, operator)(*((x * UNITS_PER_EM, y * UNITS_PER_EM) for x, y in points))
    return pen.glyph()
