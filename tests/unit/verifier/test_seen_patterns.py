"""How dark a pattern is: by the inks of all its forms, each with what its caller chose."""

import io
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from licence.errors import Code
from tests.fakes.refusal import refuses
from verifier.pades.seen import book_for, read_drawn
from verifier.pades.seen_patterns import MAX_FORMS, darkness

GOOD = Path(__file__).parents[2] / "compat" / "v1" / "whole" / "good.pdf"
LIGHT, DARK = b"0.9 0.9 0.9", b"0.1 0 0"
BLACK = 0.0


def form(pdf: pikepdf.Pdf, drawing: bytes, **drawn: pikepdf.Object) -> pikepdf.Object:
    made = Stream(pdf, drawing, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    made.Resources = Dictionary(XObject=Dictionary())
    for name, each in drawn.items():
        made.Resources.XObject[f"/{name}"] = each
    return pdf.make_indirect(made)


def judged(drawing: bytes, inner: bytes = b"0 0 1 1 re f") -> float:
    with pikepdf.new() as pdf:
        return darkness(form(pdf, drawing, A=form(pdf, inner)))


@pytest.mark.parametrize(
    ("drawing", "is_light"),
    [
        (LIGHT + b" rg 0 0 9 9 re f", True),
        (DARK + b" rg 0 0 9 9 re f", False),
        (b"0 0 9 9 re f", False),
        (LIGHT + b" rg 0 0 9 9 re S", False),
        (LIGHT + b" RG 0 0 m 9 9 l S", True),
        (LIGHT + b" rg 0 0 9 9 re B", False),
        (DARK + b" rg q " + LIGHT + b" rg 0 0 9 9 re f Q", True),
        (LIGHT + b" rg q " + DARK + b" rg Q 0 0 9 9 re f", True),
        (LIGHT + b" rg q " + LIGHT + b" rg Q " + DARK + b" rg 0 0 9 9 re f", False),
        (LIGHT + b" rg /A Do", True),
        (b"/A Do", False),
        (DARK + b" rg /A Do", False),
        (b"0.9 rg 0 0 9 9 re f", False),
        (b"0 0 9 9 re W n", True),
    ],
)
def test_a_pattern_is_as_dark_as_its_darkest_ink(drawing: bytes, is_light: bool) -> None:  # noqa: FBT001
    assert (judged(drawing) == 1.0) is is_light


@pytest.mark.parametrize(
    "drawing", [b"BT (words) Tj ET", b"0 g 0 0 9 9 re f", b"/P sh", b"BI ID x EI", b"% f"]
)
def test_what_is_drawn_by_other_means_is_refused(drawing: bytes) -> None:
    with refuses(Code.DATA_PAGE_MISMATCH):
        judged(drawing)


def test_a_pattern_has_an_end() -> None:
    with pikepdf.new() as pdf:
        circle = form(pdf, LIGHT + b" rg /A Do 0 0 9 9 re f")
        circle.Resources.XObject.A = circle
        assert darkness(circle) == 1.0
        many = Dictionary()
        for each in range(MAX_FORMS + 1):
            many[f"/F{each}"] = form(pdf, b"0 0 9 9 re f")
        calls = b" ".join(f"/F{each} Do".encode() for each in range(MAX_FORMS + 1))
        top = form(pdf, LIGHT + b" rg " + calls)
        top.Resources.XObject = many
        with refuses(Code.DATA_PAGE_MISMATCH):
            darkness(top)


# ---------------------------------------------------------------- on a page


def laid(drawing: bytes, **changes: object) -> tuple[str, ...]:
    """Lay a pattern of one cell under a page of ours, and read that."""
    made = io.BytesIO()
    with pikepdf.open(GOOD) as pdf:
        pattern = Stream(pdf, b"/L Do", PatternType=1, Matrix=Array([1, 0, 0, 1, 0, 0]))
        cell = Array([0, 0, 596, 842])
        for key, value in {"BBox": cell, "XStep": 596, "YStep": 842, **changes}.items():
            pattern[f"/{key}"] = value
        pattern.Resources = Dictionary(XObject=Dictionary(L=form(pdf, drawing)))
        under = form(pdf, b"/Pattern cs /P scn 0 0 596 842 re f")
        under.Resources.Pattern = Dictionary(P=pdf.make_indirect(pattern))
        page = pdf.pages[0]
        page.obj.Resources.XObject = Dictionary(Under=under)
        page.obj.Contents = pdf.make_stream(b"q /Under Do Q\n" + page.obj.Contents.read_bytes())
        pdf.save(made)
    return read_drawn(made.getvalue(), book_for(()))


CORNER = b"0 0 m 0 9 l 9 0 l h f"


def test_what_is_dark_beside_the_words_takes_nothing_away() -> None:
    assert laid(CORNER) == read_drawn(GOOD.read_bytes(), book_for(()))


@pytest.mark.parametrize(
    ("drawing", "changes"),
    [
        (b"0 0 596 842 re f", {}),
        (b"600 w 0 421 m 596 421 l S", {}),
        (b"0 0 m 0 9 l 9 0 l h f", {"XStep": 10, "YStep": 10}),
        (CORNER, {"Matrix": Array([60, 0, 0, 90, 0, 0])}),
        (b"600 0 596 842 re f", {"BBox": Array([0, 0, 1200, 842])}),
        (b"-600 0 596 842 re f", {"BBox": Array([-600, 0, 596, 842])}),
        (b"0 900 596 842 re f", {"BBox": Array([0, 0, 596, 1800])}),
    ],
    ids=["all", "a line", "small cells", "enlarged", "of the left", "of the right", "of below"],
)
def test_words_upon_a_dark_pattern_are_not_seen(drawing: bytes, changes: dict[str, object]) -> None:
    with refuses(Code.DATA_PAGE_MISMATCH):
        laid(drawing, **changes)
