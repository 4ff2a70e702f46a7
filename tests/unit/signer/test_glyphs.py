"""Characters that no font has are found before rendering."""

import pytest

from licence.errors import AnzhengError, Code
from signer.glyphs import known_code_points, missing_glyphs, outline, require_glyphs
from tests.fakes.refusal import refuses

IN_NO_FONT = "\U0002b4b6"


def test_rare_characters_of_names_are_there() -> None:
    assert missing_glyphs("镕犇㛃𬭎垚 （辽）〔2024〕\t\u3000") == ()
    assert len(known_code_points()) > 30_000


def test_missing_characters_are_named_once_ascending() -> None:
    assert missing_glyphs(f"大{IN_NO_FONT}连{IN_NO_FONT}\ue000") == (0xE000, 0x2B4B6)


def test_a_text_with_a_missing_glyph_is_refused_by_code_point() -> None:
    require_glyphs("大连")
    with pytest.raises(AnzhengError) as caught:
        require_glyphs(f"大连{IN_NO_FONT}")
    assert caught.value.code is Code.GLYPH_MISSING
    assert caught.value.facts == {"code_points": "U+2B4B6", "count": 1}


def test_outlines_are_in_units_of_the_font_size() -> None:
    shape = outline("安")
    assert 0.9 < shape.advance <= 1.0
    assert shape.segments[0][0] == "moveTo"
    assert all(-0.5 < value < 1.5 for _, points in shape.segments for xy in points for value in xy)
    with refuses(Code.GLYPH_MISSING):
        outline(IN_NO_FONT)
    with refuses(Code.GLYPH_MISSING):
        outline("\x1c")


@pytest.mark.parametrize("letter", ["安", "A", "Š", "ő"])
def test_outlines_have_only_what_a_pdf_can_draw(letter: str) -> None:
    # Š and ő are in a TrueType font alone, whose curves are quadratics.
    numbers = {"moveTo": 1, "lineTo": 1, "curveTo": 3, "closePath": 0}
    segments = outline(letter).segments
    assert all(len(points) == numbers[operator] for operator, points in segments)
    assert any(operator == "curveTo" for operator, _ in segments) or letter == "A"
