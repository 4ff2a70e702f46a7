"""Fonts without hints draw what they drew."""

import io
from functools import cache
from zlib import compress

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen

from signer.lean_fonts import strip_hints, without_hints
from signer.render import Renderer
from tests.fakes.drafts import paged_version
from tests.fakes.pages import drawn
from tests.fakes.signing import VERIFY_BASE

Drawing = tuple[list[object], float]


@cache
def _rendered() -> bytes:
    return drawn(Renderer(verify_base=VERIFY_BASE), paged_version("cn-a4p/2"))


def _fonts(pdf: pikepdf.Pdf) -> dict[str, bytes]:
    return {
        str(each.FontName): each.FontFile3.read_bytes()
        for each in pdf.objects
        if isinstance(each, pikepdf.Dictionary) and "/FontFile3" in each
    }


def _drawings(cff: bytes) -> dict[str, Drawing]:
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(cff), None)
    drawings = {}
    for name in fonts[0].charset:
        pen, character = RecordingPen(), fonts[0].CharStrings[name]
        character.draw(pen)
        drawings[name] = (pen.value, character.width)
    return drawings


def test_every_outline_and_width_stays_and_the_fonts_are_smaller() -> None:
    with pikepdf.open(io.BytesIO(_rendered())) as pdf:
        before = _fonts(pdf)
        strip_hints(pdf)
        after = _fonts(pdf)
    assert len(before) == 2
    for name, font in before.items():
        assert _drawings(after[name]) == _drawings(font)
        assert len(after[name]) == len(font)
        assert len(compress(after[name])) < 0.93 * len(compress(font))


def test_what_has_no_hints_stays_as_it_is() -> None:
    with pikepdf.open(io.BytesIO(_rendered())) as pdf:
        for font in _fonts(pdf).values():
            lean = without_hints(font)
            assert without_hints(lean) == lean


def test_what_is_no_font_is_refused() -> None:
    with pytest.raises((ValueError, IndexError)):
        without_hints(bytes(64))
