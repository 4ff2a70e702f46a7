"""The second reader: it agrees with the plan, and refuses text that nobody would see."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Operator, Stream

from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from signer.pades import DssMaterial
from signer.page_text import check_page
from signer.press import PressJob
from signer.second_reader import MAX_FILE, check_signed, read_pages
from tests.fakes.drafts import good_version
from tests.fakes.refusal import refuses
from tests.fakes.signing import press

VERSION = good_version(page={"back": False}, industry="WH")
DATA = licence_json.encode(VERSION)


@cache
def pressed() -> bytes:
    """A licence as it is signed; its certificate is not looked at here."""
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    return press().press(PressJob(DATA, moment, DssMaterial((b"0",), (), ()))).pdf


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out)
    return out.getvalue()


def sheet(content: str, prepare: Callable[[pikepdf.Pdf, Dictionary], None] | None = None) -> bytes:
    """A page that has this content and two fonts, changed by `prepare`."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    page = pdf.pages[0].obj
    font = {"Type": Name.Font, "Subtype": Name.Type1, "BaseFont": Name.Helvetica}
    drawn = {
        "Type": Name.Font,
        "Subtype": Name.Type3,
        "FontBBox": [0, 0, 1, 1],
        "FontMatrix": [1, 0, 0, 1, 0, 0],
        "FirstChar": 65,
        "LastChar": 65,
        "Widths": [1],
        "Encoding": {"Differences": [65, Name.A]},
        "CharProcs": {"A": Stream(pdf, b"0 0 1 1 re f")},
    }
    page.Resources = _dictionary({"Font": {"F": font, "G": drawn}})
    if prepare is not None:
        prepare(pdf, page)
    page.Contents = Stream(pdf, content.encode())
    return saved(pdf)


def _dictionary(value: object) -> object:
    if isinstance(value, dict):
        return Dictionary({f"/{key}": _dictionary(item) for key, item in value.items()})
    return Array(map(_dictionary, value)) if isinstance(value, list) else value


def _form(name: str, content: bytes, **keys: object) -> Callable[[pikepdf.Pdf, Dictionary], None]:
    def prepare(pdf: pikepdf.Pdf, page: Dictionary) -> None:
        form = Stream(pdf, content)
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 200])
        form.Resources = Dictionary(Font=page.Resources.Font)
        for key, value in keys.items():
            form[f"/{key}"] = _dictionary(value)
        page.Resources[f"/{name}"] = Dictionary(X=pdf.make_indirect(form))

    return prepare


def _state(**keys: object) -> Callable[[pikepdf.Pdf, Dictionary], None]:
    def prepare(pdf: pikepdf.Pdf, page: Dictionary) -> None:
        del pdf
        page.Resources.ExtGState = _dictionary({"X": keys, "Y": {"ca": 1}})

    return prepare


def _annotation(pdf: pikepdf.Pdf, page: Dictionary) -> None:
    look = Stream(pdf, b"BT /F 12 Tf (A) Tj ET")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 9, 9]))
    note.AP = Dictionary(N=pdf.make_indirect(look))
    page.Annots = Array([pdf.make_indirect(note)])


def _picture(pdf: pikepdf.Pdf, page: Dictionary) -> None:
    image = Stream(pdf, b"\x00")
    image.Type, image.Subtype = Name.XObject, Name.Image
    image.Width = image.Height = 1
    image.ColorSpace, image.BitsPerComponent = Name.DeviceGray, 8
    page.Resources.XObject = Dictionary(X=pdf.make_indirect(image))


def _crop(pdf: pikepdf.Pdf, page: Dictionary) -> None:
    del pdf
    page.CropBox = Array([0, 0, 100, 100])


def _turn(pdf: pikepdf.Pdf, page: Dictionary) -> None:
    del pdf
    page.Rotate = 90


TEXT = "BT /F 12 Tf 20 100 Td (AB) Tj ET"


@pytest.mark.parametrize(
    ("content", "prepare"),
    [
        (TEXT, None),
        (f"q 0 0 0.5 rg 10 90 60 40 re f 1 1 1 rg {TEXT} Q", None),
        (f"0 0 0.5 rg 10 90 m 70 90 l 80 90 80 130 70 130 c 10 130 l h f 1 g {TEXT}", None),
        (f"/X Do {TEXT}", _form("XObject", b"0.9 g 0 0 200 200 re f")),
        ("/X Do", _form("XObject", TEXT.encode())),
        (f"/Span << /ActualText (AB) >> BDC {TEXT} EMC", None),
        (f"{TEXT} 0 0 10 10 re f", None),
        (f"q /X gs 0 0 10 10 re f Q {TEXT}", _state(ca=0.5)),
        (f"q /X gs /Y gs {TEXT} Q", _state(ca=0.5)),
        (f"{TEXT} /Pattern cs /X scn", _form("Pattern", b"0 0 m 5 5 l S", PatternType=1)),
    ],
)
def test_text_that_is_seen_is_read(
    content: str, prepare: Callable[[pikepdf.Pdf, Dictionary], None] | None
) -> None:
    assert read_pages(sheet(content, prepare)) == ("AB",)


@pytest.mark.parametrize(
    ("content", "prepare"),
    [
        (f"3 Tr {TEXT}", None),
        (f"7 Tr {TEXT}", None),
        (f"1 g {TEXT}", None),
        (f"1 1 1 rg {TEXT}", None),
        (f"0 0 0 0 k {TEXT}", None),
        (f"0.9 0.9 0.7 rg {TEXT}", None),
        (f"0 0 0.4 rg 0 0 200 200 re f 0 0 0.5 rg {TEXT}", None),
        (f"{TEXT} 1 g 0 90 200 40 re f", None),
        (f"{TEXT} 1 g 0 90 m 200 90 l 200 130 l 0 130 l h f", None),
        (f"{TEXT} /X Do", _form("XObject", b"1 g 0 90 200 40 re f")),
        ("BT /F 4 Tf 20 100 Td (AB) Tj ET", None),
        ("BT /F 12 Tf 0.1 0 0 0.1 20 100 Tm (AB) Tj ET", None),
        ("BT /F 12 Tf 10 Tz 20 100 Td (AB) Tj ET", None),
        ("BT /F 12 Tf -20 100 Td (AB) Tj ET", None),
        ("BT /F 12 Tf 195 100 Td (AB) Tj ET", None),
        ("BT /F 12 Tf 20 300 Td (AB) Tj ET", None),
        ("BT /G 12 Tf 20 100 Td (A) Tj ET", None),
        (f"/OC /L BDC {TEXT} EMC", None),
        (f"/Span << /ActualText (CD) >> BDC {TEXT} EMC", None),
        (f"/Span << /ActualText <FEFF0041> >> BDC {TEXT} EMC", None),
        (f"/X gs {TEXT}", _state(ca=0.5)),
        (f"/X gs {TEXT}", _state(BM=Name.Multiply)),
        (f"/X gs {TEXT}", _state(SMask={"S": Name.Alpha})),
        ("/X Do", _form("XObject", TEXT.encode(), OC={"Type": Name.OCG})),
        (TEXT, _form("Pattern", TEXT.encode(), PatternType=1)),
        (TEXT, _annotation),
        (f"{TEXT} /X Do", _picture),
        (f"{TEXT} /X Do", None),
        (TEXT, _crop),
        (TEXT, _turn),
    ],
)
def test_text_that_is_not_seen_is_refused(
    content: str, prepare: Callable[[pikepdf.Pdf, Dictionary], None] | None
) -> None:
    with pytest.raises(AnzhengError) as caught:
        read_pages(sheet(content, prepare))
    assert caught.value.code is Code.PAGE_TEXT_MISMATCH
    assert caught.value.facts["page"] == 1


@pytest.mark.parametrize("file", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"0" * MAX_FILE])
def test_what_it_cannot_read_is_refused(file: bytes) -> None:
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_signed(file, VERSION, DATA)


def changed(change: Callable[[bytes], bytes]) -> bytes:
    """The licence with another content on its page."""
    with pikepdf.open(BytesIO(pressed())) as pdf:
        page = pdf.pages[0]
        page.contents_coalesce()
        content = page.obj.Contents.read_bytes()
        page.obj.Contents = Stream(pdf, change(content))
        return saved(pdf)


def shifted(content: bytes) -> bytes:
    """The same page, all of its text a little to the left: in the frame."""
    return b"1 0 0 1 -50 0 cm " + content


def test_both_readers_agree_about_a_licence() -> None:
    check_page(pressed(), VERSION, DATA)
    check_signed(pressed(), VERSION, DATA)


@pytest.mark.parametrize("name", ["Škoda Žižek ή ά", "胶㬵墫壿", "·•・ …⋯ –‒ -‑"])
def test_letters_with_marks_and_characters_of_one_shape_are_read(name: str) -> None:
    # Put together from letter and mark, or under an ActualText, they were refused once signed.
    version = good_version(scope=[{"name": unicodedata.normalize("NFC", name)}])
    data = licence_json.encode(version)
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    pdf = press().press(PressJob(data, moment, DssMaterial((b"0",), (), ()))).pdf
    check_signed(pdf, version, data)


def test_only_the_second_reader_sees_that_nobody_sees_the_text() -> None:
    twin = changed(lambda content: content.replace(b"0 Tr", b"3 Tr"))
    check_page(twin, VERSION, DATA)
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_signed(twin, VERSION, DATA)


def test_only_the_first_reader_knows_the_frame() -> None:
    twin = changed(shifted)
    check_signed(twin, VERSION, DATA)
    with refuses(Code.RENDER_FAILED):
        check_page(twin, VERSION, DATA)


def test_both_refuse_another_text() -> None:
    def drop(content: bytes) -> bytes:
        with pikepdf.open(BytesIO(pressed())) as pdf:
            steps = list(pikepdf.parse_content_stream(pdf.pages[0]))
        at = next(i for i, step in enumerate(steps) if step.operator == Operator("TJ"))
        del content, steps[at]
        return pikepdf.unparse_content_stream(steps)

    twin = changed(drop)
    for check in (check_page, check_signed):
        with refuses(Code.PAGE_TEXT_MISMATCH):
            check(twin, VERSION, DATA)
