"""Outlines that officers approved: a font for one licence, and nothing that a font has already."""

import io

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from licence.domain.model import Glyph
from licence.errors import AnzhengError, Code
from signer.approved_glyphs import FAMILY, approved_font, approved_outline, require_all_glyphs
from tests.fakes.drafts import RARE, RARE_OUTLINE
from tests.fakes.refusal import refuses

OTHER = "\U0002b4b7"
SQUARE = "M 100 80 L 900 80 L 900 880 L 100 880 Z"


def _bounds(font: TTFont, character: str) -> tuple[float, ...]:
    glyphs = font.getGlyphSet()
    pen = BoundsPen(glyphs)
    glyphs[font.getBestCmap()[ord(character)]].draw(pen)
    assert pen.bounds is not None
    return tuple(pen.bounds)


def test_the_font_has_the_approved_characters_where_the_paths_put_them() -> None:
    font = TTFont(io.BytesIO(approved_font([Glyph(RARE, RARE_OUTLINE), Glyph(OTHER, SQUARE)])))
    assert set(font.getBestCmap()) == {ord(RARE), ord(OTHER)}
    assert font["name"].getDebugName(1) == FAMILY
    # y downwards with the baseline at 880, as the path has it, is y upwards in the font.
    assert _bounds(font, OTHER) == (100, 0, 900, 800)
    assert {width for width, _ in font["hmtx"].metrics.values()} == {1000}


def test_the_same_outlines_give_the_same_bytes_in_any_order() -> None:
    glyphs = [Glyph(RARE, RARE_OUTLINE), Glyph(OTHER, SQUARE)]
    assert approved_font(glyphs) == approved_font(glyphs[::-1])


def test_a_quadratic_becomes_the_cubic_that_is_the_same_curve() -> None:
    shape = approved_outline("M 0 880 Q 300 580 600 880 Z")
    assert shape.advance == 1.0
    (_, start), (operator, points), (last, _) = shape.segments
    assert (operator, last) == ("curveTo", "closePath")
    assert [value for point in (*start, *points) for value in point] == pytest.approx(
        [0, 0, 0.2, 0.2, 0.4, 0.2, 0.6, 0]
    )


def test_what_neither_a_font_nor_an_outline_has_is_refused_by_code_point() -> None:
    require_all_glyphs(f"大连{RARE}", [Glyph(RARE, RARE_OUTLINE)])
    with pytest.raises(AnzhengError) as caught:
        require_all_glyphs(f"大连{RARE}{OTHER}", [Glyph(RARE, RARE_OUTLINE)])
    assert caught.value.code is Code.GLYPH_MISSING
    assert caught.value.facts == {"code_points": "U+2B4B7", "count": 1}


def test_an_outline_of_a_character_that_the_fonts_have_is_refused() -> None:
    with refuses(Code.GLYPH_OUTLINE):
        require_all_glyphs("大", [Glyph("大", SQUARE)])
