"""The page differs from its data: files of a dishonest press, signed by the authority for real.

In each of them a reader of text finds exactly what `licence.json` says, and a person sees something
else, or nothing.
"""

import io
from collections.abc import Callable

from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.bad import ink
from tests.bad.desk import Desk, Tweak
from tests.bad.recipe import INVALID, UNDETERMINED, Recipe

DIFFERS = Code.DATA_PAGE_MISMATCH
SHAPE = Code.CONTAINER_STRUCTURE
ACTIVE = Code.CONTAINER_ACTIVE_CONTENT


# ---------------------------------------------------------------- other shapes for the same text


def _swapped_unicode(pdf: Pdf) -> None:
    ink.swap_unicode(pdf, b"0003", b"0006")
    line = ink.block(pdf, ink.NAME_Y)
    ink.change(pdf, line, ink.swap_codes(line, b"\\000\\003", b"\\000\\006"))


def _swapped_digits(pdf: Pdf) -> None:
    """The licence ends in 2028, says the page; 2027, says whoever reads its text."""
    ink.swap_unicode(pdf, b"0012", b"0015")
    line = ink.block(pdf, ink.DATES_Y)
    ink.change(pdf, line, ink.swap_codes(line, b"\\000\\022", b"\\000\\025"))


def _unicode_only(pdf: Pdf) -> None:
    ink.swap_unicode(pdf, b"0001", b"0002")


def _no_unicode(pdf: Pdf) -> None:
    del ink.font(pdf).ToUnicode


def _glyph_map(pdf: Pdf) -> None:
    """Codes 12 and 15 (8 and 7) are drawn with each other's outlines."""
    order = list(range(64))
    order[0x12], order[0x15] = order[0x15], order[0x12]
    table = b"".join(glyph.to_bytes(2, "big") for glyph in order)
    ink.font(pdf).DescendantFonts[0].CIDToGIDMap = pdf.make_indirect(Stream(pdf, table))


def _outlines(pdf: Pdf) -> None:
    """The font program itself has the outline of an 8 where the 7 should be."""
    stream = ink.font(pdf).DescendantFonts[0].FontDescriptor.FontFile2
    program = TTFont(io.BytesIO(stream.read_bytes()))
    seven, eight = program.getGlyphName(0x15), program.getGlyphName(0x12)
    glyphs = program["glyf"]
    glyphs[seven], glyphs[eight] = glyphs[eight], glyphs[seven]
    out = io.BytesIO()
    program.save(out)
    stream.write(out.getvalue())


def _not_embedded(pdf: Pdf) -> None:
    del ink.font(pdf).DescendantFonts[0].FontDescriptor["/FontFile2"]


def _other_encoding(pdf: Pdf) -> None:
    """A code map inside the file turns 7 into 8 before the font is asked."""
    map_ = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo 3 dict dup begin /Registry (Adobe) def /Ordering (Identity) def /Supplement 0 def end
def /CMapName /Evil def /CMapType 1 def 1 begincodespacerange <0000> <FFFF> endcodespacerange
2 begincidrange <0000> <0014> 0 <0016> <FFFF> 22 endcidrange 1 begincidchar <0015> 18 endcidchar
endcmap CMapName currentdict /CMap defineresource pop end end"""
    stream = Stream(pdf, map_, Type=Name.CMap, CMapName=Name.Evil)
    stream.CIDSystemInfo = Dictionary(
        Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
    )
    ink.font(pdf).Encoding = pdf.make_indirect(stream)


def _type3(pdf: Pdf) -> None:
    """A font of drawings whose glyph for every code is a bar."""
    bar = pdf.make_indirect(Stream(pdf, b"1000 0 0 0 800 800 d1 0 0 800 800 re f"))
    old = ink.font(pdf)
    pdf.pages[0].obj.Resources.Font["/f3"] = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 1000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        CharProcs=Dictionary(a=bar),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([0, *[Name.a] * 64])),
        FirstChar=0,
        LastChar=63,
        Widths=Array([1000] * 64),
        ToUnicode=old.ToUnicode,
        Resources=Dictionary(),
    )


def _actual_text(pdf: Pdf) -> None:
    """The right words are laid over a line that shows 2028."""
    line = ink.block(pdf, ink.DATES_Y)
    said = "2024年3月18日至2027年3月17日".encode("utf-16-be").hex().encode()
    shown = line.replace(b"\\000\\025", b"\\000\\022")
    assert shown != line
    ink.change(pdf, line, b"/Span <</ActualText <feff%s>>> BDC\n%s\nEMC" % (said, shown))


# ---------------------------------------------------------------- text that nobody sees


def _hide(pdf: Pdf, before: bytes, after: bytes = b"Q") -> None:
    """Hide the day of the end, and draw another year in its place."""
    ink.around(pdf, ink.DATES_Y, b"q " + before, after + b" q " + _LATER + b" Q")


_LATER = ink.digits("2024", 176, 374) + b" " + ink.digits("2099", 250, 374)


def _invisible(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"0 Tr", b"3 Tr")
    ink.draw(pdf, _LATER)


def _stroke_nothing(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"0 Tr", b"7 Tr")
    ink.draw(pdf, _LATER)


def _white(pdf: Pdf) -> None:
    line = ink.block(pdf, ink.DATES_Y)
    ink.change(pdf, line, line.replace(b"0.6431373 0.08627451 0.101960786 scn", b"1 1 1 scn"))
    ink.draw(pdf, _LATER)


def _covered(pdf: Pdf) -> None:
    _hide(pdf, b"", b"Q q " + ink.patch(170, 368, 240, 20) + b" Q")


def _covered_our_way(pdf: Pdf) -> None:
    """By the operators that our own templates use."""
    patch = b"/c0 cs 1 1 1 scn 170 368 m 410 368 l 410 388 l 170 388 l h f"
    ink.around(pdf, ink.DATES_Y, b"", b"q " + patch + b" Q")


def _curve_our_way(pdf: Pdf) -> None:
    blob = b"/c0 cs 1 1 1 scn 160 360 m 160 420 440 420 440 378 c 440 350 160 350 160 360 c h f"
    ink.around(pdf, ink.DATES_Y, b"", b"q " + blob + b" Q")


def _stroke_our_way(pdf: Pdf) -> None:
    ink.around(pdf, ink.DATES_Y, b"", b"q /c0 CS 1 1 1 SCN 30 w 170 378 m 420 378 l S Q")


def _layer_above(pdf: Pdf) -> None:
    """The layer under the page is drawn after it, with a white patch in it."""
    layer = pdf.pages[0].obj.Resources.XObject["/Drawn0"]
    layer.write(layer.read_bytes() + b" q 1 1 1 rg 170 368 m 410 368 l 410 388 l 170 388 l h f Q")
    pages = pdf.pages[0].obj.Contents
    pdf.pages[0].obj.Contents = Array([pages[1], pages[0]])


def _struck_through(pdf: Pdf) -> None:
    """A thin line takes the day back, which every reader of text still finds."""
    ink.around(pdf, ink.DATES_Y, b"", b"q /c0 CS 0 0 0 SCN 1 w 176 379 m 400 379 l S Q")


def _crossed_out(pdf: Pdf) -> None:
    cross = b"q /c0 CS 0 0 0 SCN 0.4 w 176 370 m 400 388 l S Q"
    ink.around(pdf, ink.DATES_Y, b"", cross)


def _covered_by_a_curve(pdf: Pdf) -> None:
    blob = b"1 1 1 rg 160 360 m 160 420 440 420 440 378 c 440 350 160 350 160 360 c f"
    _hide(pdf, b"", b"Q q " + blob + b" Q")


def _covered_by_a_stroke(pdf: Pdf) -> None:
    _hide(pdf, b"", b"Q q 1 1 1 RG 30 w 170 378 m 420 378 l S Q")


def _covered_by_a_form(pdf: Pdf) -> None:
    ink.form(pdf, ink.patch(170, 368, 240, 20))
    _hide(pdf, b"", b"Q q /Evil Do Q")


def _covered_by_a_shading(pdf: Pdf) -> None:
    white = Dictionary(
        FunctionType=2, Domain=Array([0, 1]), C0=Array([1, 1, 1]), C1=Array([1, 1, 1]), N=1
    )
    pdf.pages[0].obj.Resources.Shading = Dictionary(
        Evil=Dictionary(
            ShadingType=2, ColorSpace=Name.DeviceRGB, Coords=Array([0, 0, 1, 1]),
            Function=white, Extend=Array([True, True]),
        )
    )  # fmt: skip
    _hide(pdf, b"", b"Q q 170 368 240 20 re W n /Evil sh Q")


def _inline_image(pdf: Pdf) -> None:
    """A bitmap of one white point, drawn large; it could as well say anything."""
    image = b"240 0 0 20 170 368 cm BI /W 1 /H 1 /CS /RGB /BPC 8 ID \xff\xff\xff EI"
    _hide(pdf, b"", b"Q q " + image + b" Q")


def _clipped(pdf: Pdf) -> None:
    _hide(pdf, b"0 0 1 1 re W n")


def _off_the_page(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, ink.VALUE_X, b"9175.74803")
    ink.draw(pdf, _LATER)


def _tiny(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"/f3 13 Tf", b"/f3 .01 Tf")
    ink.draw(pdf, _LATER)


def _squeezed(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"0 Tr", b"0.01 Tz 0 Tr")
    ink.draw(pdf, _LATER)


def _risen(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"0 Tr", b"9000 Ts 0 Tr")
    ink.draw(pdf, _LATER)


def _transparent(pdf: Pdf) -> None:
    ink.state(pdf, "/Evil", ca=0, CA=0)
    _hide(pdf, b"/Evil gs")


def _blended(pdf: Pdf) -> None:
    """White multiplies with nothing: the text is drawn, and the paper stays as it was."""
    ink.state(pdf, "/Evil", BM=Name.Lighten)
    _hide(pdf, b"/Evil gs")


def _masked(pdf: Pdf) -> None:
    black = Stream(pdf, b"0 g 0 0 600 850 re f", Type=Name.XObject, Subtype=Name.Form)
    black.BBox = Array([0, 0, 600, 850])
    black.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    mask = Dictionary(Type=Name.Mask, S=Name.Luminosity, G=pdf.make_indirect(black))
    ink.state(pdf, "/Evil", SMask=mask)
    _hide(pdf, b"/Evil gs")


def _optional(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
    pdf.pages[0].obj.Resources.Properties = Dictionary(Evil=layer)
    _hide(pdf, b"/OC /Evil BDC", b"EMC Q")


def _optional_switched_off(pdf: Pdf) -> None:
    _optional(pdf)
    layer = pdf.pages[0].obj.Resources.Properties.Evil
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))


def _font_of_a_state(pdf: Pdf) -> None:
    """The graphics state chooses the font, with a size of nothing."""
    ink.state(pdf, "/Evil", Font=Array([ink.font(pdf), 0.01]))
    line = ink.block(pdf, ink.DATES_Y)
    ink.change(pdf, line, line.replace(b"/f3 13 Tf", b"/Evil gs"))
    ink.draw(pdf, _LATER)


def _under_the_seal(pdf: Pdf) -> None:
    """The seal is an annotation, so it lies above all: here it is white, and as wide as the page."""
    widget = pdf.Root.AcroForm.Fields[0]
    widget.Rect = Array([0, 0, 595, 842])
    form = widget.AP.N
    form.BBox = Array([0, 0, 595, 842])
    form.write(ink.patch(170, 368, 240, 20) + b" " + _LATER)


SHAPES = (
    ("swapped-tounicode", "two characters of the name are drawn as each other, ToUnicode with them", _swapped_unicode, DIFFERS),
    ("swapped-digits", "7 is drawn as 8 and 8 as 7, ToUnicode with them: the page ends a year later", _swapped_digits, DIFFERS),
    ("tounicode-only", "ToUnicode exchanges two characters, the page is as it was", _unicode_only, DIFFERS),
    ("no-tounicode", "a font says of no glyph which character it is", _no_unicode, SHAPE),
    ("glyph-map", "CIDToGIDMap exchanges 7 and 8", _glyph_map, SHAPE),
    ("font-outlines", "the font program has an 8 where the 7 should be", _outlines, Code.GLYPH_UNKNOWN),
    ("font-not-embedded", "the font is left out: every machine draws what it has", _not_embedded, SHAPE),
    ("code-map", "an embedded code map turns 7 into 8", _other_encoding, SHAPE),
    ("type3-font", "a font of drawings shows a bar for each character", _type3, SHAPE),
    ("actual-text", "the right words as ActualText over a line that shows 2028", _actual_text, DIFFERS),
)  # fmt: skip
UNSEEN = (
    ("invisible-text", "text rendering mode 3, other digits drawn as bars", _invisible, DIFFERS),
    ("clipping-text", "text rendering mode 7: text that only clips", _stroke_nothing, DIFFERS),
    ("white-text", "white text on white paper, other digits drawn as bars", _white, DIFFERS),
    ("covered-by-rectangle", "a white rectangle over the line", _covered, DIFFERS),
    ("struck-through", "a thin line through the line of the dates", _struck_through, DIFFERS),
    ("crossed-out", "a hairline from corner to corner of the line", _crossed_out, DIFFERS),
    ("covered-our-way", "a white shape by the operators of our templates", _covered_our_way, DIFFERS),
    ("curve-our-way", "a white shape with curves, by the same", _curve_our_way, DIFFERS),
    ("stroke-our-way", "a thick white line, by the same", _stroke_our_way, DIFFERS),
    ("layer-above", "the layer under the page is drawn above it, with a white patch", _layer_above, DIFFERS),
    ("covered-by-curve", "a white shape with curves over the line", _covered_by_a_curve, DIFFERS),
    ("covered-by-stroke", "a thick white line over the line of text", _covered_by_a_stroke, DIFFERS),
    ("covered-by-form", "a form draws the white rectangle", _covered_by_a_form, DIFFERS),
    ("covered-by-shading", "a white shading over the line", _covered_by_a_shading, SHAPE),
    ("covered-by-inline-image", "an inline image over the line", _inline_image, DIFFERS),
    ("under-the-seal", "the seal is as wide as the page and white where the dates are", _under_the_seal, SHAPE),
    ("clipped-away", "the line is drawn outside its clip", _clipped, DIFFERS),
    ("off-the-page", "the line is drawn far off the page", _off_the_page, DIFFERS),
    ("tiny-text", "the line is a hundredth of a point high", _tiny, DIFFERS),
    ("squeezed-text", "the line is squeezed to nothing", _squeezed, DIFFERS),
    ("risen-text", "a text rise carries the line off the page", _risen, DIFFERS),
    ("transparent-text", "the line is drawn with alpha 0", _transparent, SHAPE),
    ("blended-text", "a blend mode makes the line the colour of the paper", _blended, SHAPE),
    ("masked-text", "a soft mask takes the line away", _masked, SHAPE),
    ("optional-text", "the line stands in an optional layer", _optional, SHAPE),
    ("optional-text-off", "the layer of the line is switched off", _optional_switched_off, SHAPE),
    ("font-of-a-state", "a graphics state sets font and size", _font_of_a_state, SHAPE),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    rows = (*SHAPES, *UNSEEN)
    return tuple(
        Recipe(f"page/{name}", what, maker(tweak), code, verdict_of(code))
        for name, what, tweak, code in rows
    )


def maker(tweak: Tweak) -> Callable[[Desk], bytes]:
    """Let a press that tampers make the file."""
    return lambda desk: desk.issue(tweak)


def verdict_of(code: Code) -> Verdict:
    """A shape in no table of ours could be right: it could not be checked."""
    return UNDETERMINED if code is Code.GLYPH_UNKNOWN else INVALID
