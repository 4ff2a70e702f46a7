"""The page differs from its data, second part: words in other places, drawn words, words beside."""

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from licence.errors import Code
from tests.bad import ink
from tests.bad.group_page import maker, verdict_of
from tests.bad.recipe import Recipe

DIFFERS = Code.DATA_PAGE_MISMATCH
SHAPE = Code.CONTAINER_STRUCTURE


# ---------------------------------------------------------------- words in other places


def _moved(pdf: Pdf) -> None:
    """Two dates stand in each other's row; their order in the file is as before."""
    place = b"q 1 0 0 -1 175.74803 %s cm"
    upper, lower = place % ink.DATES_Y, place % ink.FIRST_ISSUED_Y
    ink.write(pdf, ink.swap_codes(ink.text_of(pdf), upper, lower))


def _reordered_by_kerning(pdf: Pdf) -> None:
    """In the USCC two digits change places by steps back and forth; read, they stand as before."""
    line = ink.block(pdf, ink.USCC_Y)
    wanted = b"[(\\000\\025)-40(\\000\\026)-40(\\000\\027)"
    assert wanted in line
    ink.change(
        pdf, line, line.replace(wanted, b"[-640(\\000\\025)1240(\\000\\026)-640(\\000\\027)")
    )


def _over_each_other(pdf: Pdf) -> None:
    ink.inside(pdf, ink.USCC_Y, b"591.88385", b"624.6191")


def _mirrored(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"q 1 0 0 -1", b"q -1 0 0 -1")


def _upside_down(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"q 1 0 0 -1", b"q 1 0 0 1")


def _turned(pdf: Pdf) -> None:
    pdf.pages[0].obj.Rotate = 180


def _turned_by_its_parent(pdf: Pdf) -> None:
    pdf.Root.Pages.Rotate = 90


def _cropped(pdf: Pdf) -> None:
    """What says that this is a sample stays outside."""
    pdf.pages[0].obj.CropBox = Array([0, 0, 595, 700])


def _cropped_by_its_parent(pdf: Pdf) -> None:
    pdf.Root.Pages.CropBox = Array([0, 0, 595, 700])


def _enlarged(pdf: Pdf) -> None:
    pdf.pages[0].obj.UserUnit = 0.01


def _small_paper(pdf: Pdf) -> None:
    pdf.pages[0].obj.MediaBox = Array([0, 0, 595, 700])


# ---------------------------------------------------------------- drawn words, and other words


def _drawn_words(pdf: Pdf) -> None:
    """Nothing hidden; but a number more, drawn as bars, which no reader of text finds."""
    ink.draw(pdf, ink.digits("2099", 420, 374))


def _drawn_in_the_seal(pdf: Pdf) -> None:
    form = pdf.Root.AcroForm.Fields[0].AP.N
    form.write(form.read_bytes() + b" q " + ink.digits("2099", 40, 40, 30) + b" Q")


def _seal_over_words(pdf: Pdf) -> None:
    """The seal, no larger than it may be, is white where the authority and the day stand."""
    form = pdf.Root.AcroForm.Fields[0].AP.N
    form.write(ink.patch(70, 20, 170, 80) + b" " + ink.digits("2099", 90, 40, 20))


def _seal_without_ink(pdf: Pdf) -> None:
    """Red that covers: the graphics state that multiplies is left out."""
    form = pdf.Root.AcroForm.Fields[0].AP.N
    form.write(b"0.95 0.10 0.11 rg 0 0 245 119 re f " + form.read_bytes())


def _seal_with_words(pdf: Pdf) -> None:
    form = pdf.Root.AcroForm.Fields[0].AP.N
    form.write(form.read_bytes() + b" BT /f1 9 Tf 9 9 Td (\\000\\001) Tj ET")


def _other_code(pdf: Pdf) -> None:
    """The pointer code on the page is drawn as vectors; one of its squares is painted white."""
    ink.draw(pdf, ink.patch(70, 90, 70, 70))


def _words_below(pdf: Pdf) -> None:
    """Words of a font in the layer under the page, where readers of text find them."""
    drawn = pdf.pages[0].obj.Resources.XObject["/Drawn0"]
    drawn.Resources.Font = pdf.pages[0].obj.Resources.Font
    drawn.write(drawn.read_bytes() + b" BT /f1 9 Tf 100 300 Td (\\000\\001) Tj ET")


def _more_words(pdf: Pdf) -> None:
    ink.draw(pdf, b"BT /f1 9 Tf 100 300 Td (\\000\\001\\000\\002) Tj ET")


def _fewer_words(pdf: Pdf) -> None:
    ink.change(pdf, ink.block(pdf, ink.PERSON_Y), b"")


def _swapped_pages(pdf: Pdf) -> None:
    pdf.pages.reverse()


def _page_removed(pdf: Pdf) -> None:
    del pdf.pages[1]


def _page_twice(pdf: Pdf) -> None:
    pdf.pages.append(pdf.pages[1])


def _empty_page(pdf: Pdf) -> None:
    pdf.add_blank_page(page_size=(595, 842))


def _uncounted_page(pdf: Pdf) -> None:
    """A third page that the page tree does not count: one reader shows it, another does not."""
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, 595, 842]),
        Parent=pdf.Root.Pages,
        Resources=pdf.pages[0].obj.Resources,
        Contents=Stream(pdf, ink.digits("2099", 100, 400, 60)),
    )
    pdf.Root.Pages.Kids.append(pdf.make_indirect(page))


def _pages_by_the_crop(pdf: Pdf) -> None:
    pdf.Root.ViewerPreferences.ViewArea = Name.TrimBox
    pdf.pages[0].obj.TrimBox = Array([0, 0, 595, 600])


# ---------------------------------------------------------------- what programs say beside the page


def _read_aloud(pdf: Pdf) -> None:
    """A screen reader says other words than the page shows."""
    element = _leaf_element(pdf.Root.StructTreeRoot)
    element.ActualText = String("有效期至2099年12月31日")


def _described(pdf: Pdf) -> None:
    _leaf_element(pdf.Root.StructTreeRoot).Alt = String("有效期至2099年12月31日")


def _spelled_out(pdf: Pdf) -> None:
    _leaf_element(pdf.Root.StructTreeRoot).E = String("有效期至2099年12月31日")


def _leaf_element(element: pikepdf.Object) -> pikepdf.Object:
    children = element.K if isinstance(element.K, Array) else Array([element.K])
    for child in children:
        if isinstance(child, Dictionary) and "/K" in child and child.get("/S") is not None:
            inner = child.K
            if not isinstance(inner, Array | Dictionary):
                return child
            return _leaf_element(child) if "/K" in child else child
    return element


def _bookmark(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.Title = String("有效期至2099年12月31日")


def _title(pdf: Pdf) -> None:
    pdf.docinfo.Title = String("有效期至2099年12月31日")


def _metadata(pdf: Pdf) -> None:
    xmp = pdf.Root.Metadata.read_bytes()
    assert b"2027-03-17" in xmp
    pdf.Root.Metadata.write(xmp.replace(b"2027-03-17", b"2099-03-17"))


def _seal_hidden(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].F = 2 | 4 | 128


def _seal_without_picture(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].AP.N.write(b"q Q")


def _tooltip(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].TU = String("有效期至2099年12月31日")


def _reason(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V.Reason = String("有效期至2099年12月31日")


def _seal_name(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V.Name = String("国务院")


PLACES = (
    ("moved-lines", "two dates stand in each other's row, in the old order of the file", _moved, DIFFERS),
    ("reordered-by-kerning", "digits of the USCC change places by kerning", _reordered_by_kerning, DIFFERS),
    ("lines-over-each-other", "the USCC is drawn over the name", _over_each_other, DIFFERS),
    ("mirrored", "the line of the dates is mirrored off its place", _mirrored, DIFFERS),
    ("upside-down", "the line of the dates stands on its head", _upside_down, DIFFERS),
    ("turned-page", "the page is turned by 180 degrees", _turned, SHAPE),
    ("turned-by-parent", "the page tree turns all pages", _turned_by_its_parent, SHAPE),
    ("cropped-page", "the part of the page that says 无法律效力 is cropped away", _cropped, SHAPE),
    ("cropped-by-parent", "the page tree crops all pages", _cropped_by_its_parent, SHAPE),
    ("small-media-box", "the paper ends below the title", _small_paper, SHAPE),
    ("user-unit", "the page is a hundred times smaller", _enlarged, SHAPE),
    ("view-area", "the viewer is told to show the trim box only", _pages_by_the_crop, SHAPE),
)  # fmt: skip
WORDS = (
    ("drawn-digits", "digits more, drawn as bars", _drawn_words, DIFFERS),
    ("drawn-in-the-seal", "digits drawn into the seal", _drawn_in_the_seal, SHAPE),
    ("seal-over-words", "a seal of its size covers authority and day, and shows other digits", _seal_over_words, SHAPE),
    ("seal-without-ink", "a seal whose red covers what is below", _seal_without_ink, SHAPE),
    ("seal-with-words", "words in the picture of the seal", _seal_with_words, SHAPE),
    ("pointer-code-covered", "the pointer code on the page is painted over", _other_code, DIFFERS),
    ("words-in-the-layer", "the layer under the page has a font and words", _words_below, SHAPE),
    ("more-words", "two words more on the page", _more_words, DIFFERS),
    ("fewer-words", "the principal's name is missing", _fewer_words, DIFFERS),
    ("pages-swapped", "the back comes first", _swapped_pages, SHAPE),
    ("page-removed", "the back is missing", _page_removed, SHAPE),
    ("page-twice", "the back is there twice", _page_twice, DIFFERS),
    ("empty-page", "an empty page more", _empty_page, SHAPE),
    ("uncounted-page", "a page more that the page tree does not count", _uncounted_page, SHAPE),
)  # fmt: skip
BESIDE = (
    ("read-aloud", "ActualText of a structure element says other words", _read_aloud, SHAPE),
    ("described", "Alt of a structure element says other words", _described, DIFFERS),
    ("spelled-out", "the expansion of a structure element says other words", _spelled_out, SHAPE),
    ("bookmark", "a bookmark says other words", _bookmark, DIFFERS),
    ("info-title", "the title of the document says other words", _title, DIFFERS),
    ("metadata", "XMP says another last day", _metadata, DIFFERS),
    ("seal-hidden", "the seal is an annotation that is not shown", _seal_hidden, SHAPE),
    ("seal-without-picture", "the seal shows nothing", _seal_without_picture, SHAPE),
    ("seal-tooltip", "the tooltip of the seal says other words", _tooltip, SHAPE),
    ("signature-reason", "the reason of the signature says other words", _reason, DIFFERS),
    ("signature-name", "the signature names somebody else", _seal_name, SHAPE),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this part."""
    return tuple(
        Recipe(f"page/{name}", what, maker(tweak), code, verdict_of(code))
        for name, what, tweak, code in (*PLACES, *WORDS, *BESIDE)
    )
