"""How dark a pattern is: by the inks of all its forms, each with what its caller chose."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from licence.errors import Code
from tests.fakes.refusal import refuses
from verifier.pades.seen_patterns import MAX_FORMS, darkness

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
