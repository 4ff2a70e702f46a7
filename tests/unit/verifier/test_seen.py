"""What is seen must be what is read: a page of ours, and pages that only read like it."""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from licence.errors import Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import check_page_text
from tests.builders import make_world
from tests.fakes.refusal import refuses
from verifier.pades.glyph_table import GlyphBook, make_table, row_of
from verifier.pades.seal import REDS
from verifier.pades.seen import book_for, read_drawn
from verifier.pades.seen_shapes import Line, Shape, luminance
from verifier.pades.seen_sheet import Sheet

GOOD = Path(__file__).parents[2] / "compat" / "v1" / "whole" / "good.pdf"
EMPTY = b"20 20 8 8 re"
"""A place of the page where nothing stands."""
WHOLE = b"0 0 2000 2000 re"

Edit = Callable[[bytes], bytes]


def drawn(edit: Edit) -> tuple[str, ...]:
    return read_drawn(with_program(edit), book_for(()))


def with_program(edit: Edit) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(GOOD) as pdf:
        page = pdf.pages[0]
        page.obj.Contents = pdf.make_stream(edit(program()))
        pdf.save(made)
    return made.getvalue()


@cache
def program() -> bytes:
    with pikepdf.open(GOOD) as pdf:
        return pdf.pages[0].obj.Contents.read_bytes()


def once(old: bytes, new: bytes) -> Edit:
    def edit(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return edit


def after(more: bytes) -> Edit:
    return lambda content: content + b"\nq\n" + more + b"\nQ\n"


def before(more: bytes) -> Edit:
    return lambda content: b"q\n" + more + b"\nQ\n" + content


def around(begin: bytes, end: bytes) -> Edit:
    return lambda content: begin + b"\n" + content + b"\n" + end + b"\n"


def test_a_page_of_ours_says_what_its_data_says() -> None:
    compare(drawn(lambda content: content))


@pytest.mark.parametrize(
    "harmless",
    [
        after(b"/c1 cs\n1 scn\n" + EMPTY + b"\nf"),
        before(b"/c1 cs\n1 scn\n" + WHOLE + b"\nf"),
        after(b"0.5 w\n0 400 m\n500 400 l\nS"),
        around(b"q\n" + WHOLE + b"\nW\nn", b"Q"),
    ],
    ids=["beside the text", "under the text", "a thin line", "a wide clip"],
)
def test_what_takes_nothing_away_is_allowed(harmless: Edit) -> None:
    assert drawn(harmless) == drawn(lambda content: content)


@pytest.mark.parametrize(
    "hidden",
    [
        after(b"/c1 cs\n1 scn\n" + WHOLE + b"\nf"),
        after(b"/c1 cs\n1 scn\n0 0 m\n900 0 900 0 900 900 c\n0 900 l\nh\nf"),
        after(b"400 w\n0 400 m\n600 400 l\nS"),
        before(b"/c1 cs\n0 scn\n" + WHOLE + b"\nf"),
        around(b"q\n" + EMPTY + b"\nW\nn", b"Q"),
        around(b"q\n0.3 0 0 0.3 0 0 cm", b"Q"),
        around(b"q\n-1 0 0 1 595 0 cm", b"Q"),
        around(b"q\n1 0 0 1 0 700 cm", b"Q"),
        around(b"q\n0.5 0 0 1 0 0 cm", b"Q"),
        around(b"q\n0.7 0.7 -0.7 0.7 200 0 cm", b"Q"),
        once(b"0 Tr", b"3 Tr"),
        once(b"0 Tr", b"7 Tr"),
        once(b"0 Tr", b"50 Ts"),
        around(b"/OC /oc BDC", b"EMC"),
        around(b"/Span << /ActualText (other) >> BDC", b"EMC"),
        lambda content: content + content,
        after(b"BI /W 1 /H 1 /CS /G /BPC 8 ID x EI"),
        around(b"q", b""),
        once(b")-200(", b")3000("),
        after(b"/c1 CS\n1 SCN\n" + b"9" * 320 + b".0 w\n0 400 m\n595 400 l\nS"),
        after(b"/c1 CS\n1 SCN\n" + b"1000 0 0 1000 0 0 cm\n" * 55 + b"1 w\n0 1 m\n1 1 l\nS"),
        after(b"/c1 cs\n1 scn\n%f 0 m\n%f 0 l\n0 800 l\nh\nf" % (-1e308, 1e308)),
        once(b"]TJ", b"]TJ\n(a) Tj"),
    ],
    ids=[
        "covered", "covered by a curve", "covered by a line", "dark ground", "cut off", "small",
        "mirrored", "off the page", "squeezed", "turned", "invisible", "clipping", "raised",
        "optional", "another text over it", "twice", "a picture", "not ended", "pushed",
        "wide beyond all bounds", "enlarged beyond all bounds", "reaching beyond all bounds",
        "half",
    ],
)  # fmt: skip
def test_what_is_not_seen_as_it_reads_is_refused(hidden: Edit) -> None:
    changed = with_program(hidden)
    with refuses(Code.DATA_PAGE_MISMATCH, Code.PAGE_TEXT_MISMATCH):
        compare(read_drawn(changed, book_for(())))


def compare(pages: tuple[str, ...]) -> None:
    with pikepdf.open(GOOD) as pdf:
        data = pdf.attachments["licence.json"].get_file().read_bytes()
    check_page_text(pages, licence_json.decode(data), short_code(data))


def swapped_text(document: pikepdf.Pdf) -> None:
    """Give two codes of a font each other's text."""
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    text = font.ToUnicode.read_bytes()
    head, begin, tail = text.partition(b"beginbfchar\n")
    first, second, rest = tail.split(b"\n", 2)
    (code, one), (other_code, other) = first.split(b" "), second.split(b" ")
    swapped = b"\n".join([code + b" " + other, other_code + b" " + one, rest])
    font.ToUnicode.write(head + begin + swapped)


def two_texts(document: pikepdf.Pdf) -> None:
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    text = font.ToUnicode.read_bytes()
    line = text.partition(b"beginbfchar\n")[2].split(b"\n")[0] + b"\n"
    font.ToUnicode.write(text.replace(line, line + line, 1))


def no_text(document: pikepdf.Pdf) -> None:
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    text = font.ToUnicode.read_bytes()
    line = text.partition(b"beginbfchar\n")[2].split(b"\n")[0] + b"\n"
    font.ToUnicode.write(text.replace(line, b"", 1))


def renumbered(document: pikepdf.Pdf) -> None:
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    font.DescendantFonts[0].CIDToGIDMap = document.make_stream(b"\0\1\0\2")


def another_encoding(document: pikepdf.Pdf) -> None:
    next(iter(document.pages[0].obj.Resources.Font.values())).Encoding = pikepdf.Name(
        "/UniGB-UTF16-H"
    )


def not_embedded(document: pikepdf.Pdf) -> None:
    font = next(iter(document.pages[0].obj.Resources.Font.values()))
    del font.DescendantFonts[0].FontDescriptor.FontFile3


@pytest.mark.parametrize(
    "change", [swapped_text, two_texts, no_text, renumbered, another_encoding, not_embedded]
)
def test_a_font_that_lies_is_refused(change: Callable[[pikepdf.Pdf], None]) -> None:
    made = io.BytesIO()
    with pikepdf.open(GOOD) as pdf:
        change(pdf)
        pdf.save(made)
    with refuses(Code.DATA_PAGE_MISMATCH):
        read_drawn(made.getvalue(), book_for(()))


def changed_font(at: int) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(GOOD) as pdf:
        font = next(iter(pdf.pages[0].obj.Resources.Font.values()))
        file = font.DescendantFonts[0].FontDescriptor.FontFile3
        data = bytearray(file.read_bytes())
        data[at] ^= 1
        file.write(bytes(data))
        pdf.save(made)
    return made.getvalue()


@pytest.mark.parametrize("at", [-40, -400, -4000])
def test_a_shape_that_nobody_knows_is_not_judged(at: int) -> None:
    with refuses(Code.GLYPH_UNKNOWN):
        read_drawn(changed_font(at), book_for(()))


def test_the_table_knows_a_shape_of_another_character() -> None:
    book = GlyphBook(
        make_table({0x4E: {row_of("\u4e00", b"one")}, 0x4F: {row_of("\u4f00", b"two")}})
    )
    book.check("\u4e00", b"one")
    with refuses(Code.DATA_PAGE_MISMATCH):
        book.check("\u4e00", b"two")
    with refuses(Code.DATA_PAGE_MISMATCH):
        book.check("\u4e01", b"one")
    with refuses(Code.GLYPH_UNKNOWN):
        book.check("\u4e00", b"three")
    with refuses(Code.GLYPH_UNKNOWN):
        book.check("", b"three")


def test_the_star_of_a_seal_hides_no_black_character() -> None:
    star = Shape([[(0.0, 0.0), (50.0, 0.0), (50.0, 20.0), (0.0, 20.0), (0.0, 0.0)]])
    line, red = Line((10.0, 20.0, 30.0), 10.0, 10.0), luminance(REDS[0])

    def sheet(ink: float) -> Sheet:
        made = Sheet(box=(0.0, 0.0, 100.0, 100.0))
        made.write(line, ink, ())
        return made

    black = sheet(0.0)
    black.cover(star, stamps=True, red=red)
    with refuses(Code.DATA_PAGE_MISMATCH):
        black.cover(star, stamps=True, red=red)
    for ink, stamps, colour in ((0.0, True, None), (0.0, False, red), (red, True, red)):
        with refuses(Code.DATA_PAGE_MISMATCH):
            sheet(ink).cover(star, stamps=stamps, red=colour)


# ---------------------------------------------------------------- two characters of one shape


@cache
def two_dots() -> bytes:
    """A licence with `•` and `·`, which are one glyph: Typst writes which of them it is."""
    world = make_world()
    version = world.version()
    scope = replace(version.draft.scope[0], name="危险化学品•其他·三•四")
    draft = replace(version.draft, template="seed-a4/1", scope=(scope,))
    return world.sign(replace(version, draft=draft)).pdf


def read_dots(edit: Edit) -> tuple[str, ...]:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(two_dots())) as pdf:
        for page in pdf.pages:
            program = pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page))
            page.obj.Contents = pdf.make_stream(edit(program))
        pdf.save(made)
    return read_drawn(made.getvalue(), book_for(()))


def test_a_text_over_its_own_shape_is_read() -> None:
    assert "危险化学品•其他·三•四" in read_dots(lambda content: content)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<feff00b7>", b"<feff4e00>"),
        (b"<feff00b7>", b"<feff00b700b7>"),
        (b"<002a> Tj\nEMC", b"<002a002a> Tj\nEMC"),
        (b"<002a> Tj\nEMC", b"EMC\n<002a> Tj"),
        (b"<002a> Tj\nEMC", b"/Span << /ActualText <feff00b7> >> BDC\n<002a> Tj\nEMC\nEMC"),
    ],
    ids=["another", "two for one", "one for two", "for none", "twice"],
)
def test_a_text_over_something_else_is_refused(old: bytes, new: bytes) -> None:
    with refuses(Code.DATA_PAGE_MISMATCH):
        read_dots(lambda content: content.replace(old, new))


@pytest.mark.parametrize("size", [12.0, 200.0])
def test_lines_of_any_size_may_not_stand_over_each_other(size: float) -> None:
    sheet = Sheet((0, 0, 1000, 1000))
    sheet.write(Line((500.0,), 500.0, size), 0.0, ())
    sheet.write(Line((500.0,), 500.0 + 0.2 * size, size), 0.0, ())
    with refuses(Code.DATA_PAGE_MISMATCH):
        sheet.write(Line((500.0,), 500.0 - 0.14 * size, size), 0.0, ())
