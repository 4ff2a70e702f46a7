"""Fonts of a page: which one a name means, and where its characters stand."""

import io
from collections.abc import Callable

import pikepdf
import pytest

from licence.errors import Code
from tests.fakes.refusal import refuses
from tests.unit.verifier.test_seen import GOOD, compare, program
from verifier.pades.seen import book_for, read_drawn


def changed(change: Callable[[pikepdf.Pdf], None]) -> tuple[str, ...]:
    made = io.BytesIO()
    with pikepdf.open(GOOD) as pdf:
        change(pdf)
        pdf.save(made)
    return read_drawn(made.getvalue(), book_for(()))


def without_objects(document: pikepdf.Pdf) -> None:
    """Write each font where it is named, as no object of its own."""
    fonts = document.pages[0].obj.Resources.Font
    for name in list(fonts.keys()):
        fonts[name] = pikepdf.Dictionary(dict(fonts[name].items()))


def test_fonts_that_are_no_objects_are_told_apart() -> None:
    compare(changed(without_objects))


LINE = b"[(\\000\\001)-200("
"""The first two characters of the first line."""


@pytest.mark.parametrize("width", [1300, 700, 0, -200], ids=str)
def test_a_character_is_looked_for_where_it_is_drawn(width: int) -> None:
    """A width that lies, and is taken back, leaves the page as it was, but for our eyes."""

    def lies(document: pikepdf.Pdf) -> None:
        assert program().count(LINE) == 1
        back = LINE.replace(b"-200", b"%d" % (width - 1200))
        page = document.pages[0].obj
        page.Contents = document.make_stream(program().replace(LINE, back))
        font = page.Resources.Font.f0.DescendantFonts[0]
        font.W = pikepdf.Array([1, 1, width, *_others(font.W)])

    with refuses(Code.DATA_PAGE_MISMATCH):
        changed(lies)


def _others(widths: pikepdf.Object) -> list[object]:
    entries = list(widths)
    assert entries[:3] == [0, 20, 1000]
    return [2, 20, 1000, *entries[3:]]
