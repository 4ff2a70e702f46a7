"""Words that are hidden by means which a follower of the page's program may not see.

Operators with an operand too many, states that outlive their text, areas that are crossed twice,
grounds that are dark although the colour before was white, patterns, and what lies over a part of
a character only. In each of them a reader of text finds what `licence.json` says.
"""

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from licence.errors import Code
from tests.bad import ink
from tests.bad.group_page import maker, verdict_of
from tests.bad.recipe import Recipe

DIFFERS = Code.DATA_PAGE_MISMATCH
SHAPE = Code.CONTAINER_STRUCTURE

_AREA = b"170 368 240 20 re"
"""Where the dates stand."""
_SIZE = 13
_MIDDLE = 374.5563 + 0.35 * _SIZE
_INK = b"0.6431373 0.08627451 0.101960786 scn"


# ---------------------------------------------------------------- what is set, and when


def _mode_twice(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"0 Tr", b"0 3 Tr")


def _pen_twice(pdf: Pdf) -> None:
    line = b"q /c0 CS 1 1 1 SCN 0.1 30 w 170 366 m 420 366 l S Q"
    ink.around(pdf, ink.DATES_Y, b"", line)


def _colour_twice(pdf: Pdf) -> None:
    _on(pdf, b"q /c0 cs 1 1 1 0 0 0 scn " + _AREA + b" f Q")


def _negative_pen(pdf: Pdf) -> None:
    line = b"q /c0 CS 1 1 1 SCN -30 w 170 366 m 420 366 l S Q"
    ink.around(pdf, ink.DATES_Y, b"", line)


def _mode_that_stays(pdf: Pdf) -> None:
    before = b"/c0 CS 1 1 1 SCN 0.1 w BT 2 Tr ET 30 w BT"
    ink.inside(pdf, ink.DATES_Y, b"BT 0 Tr", before)


def _eaten_by_its_edge(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"BT 0 Tr", b"/c0 CS 1 1 1 SCN 0.77 w BT 2 Tr")


def _size_restored(pdf: Pdf) -> None:
    """Readers that save the font with `q` show text of a hundredth of a point."""
    ink.inside(pdf, ink.DATES_Y, b"/f3 13 Tf", b"/f3 .01 Tf q /f3 13 Tf Q /f3 13 Tf q Q")


def _restored_in_a_form(pdf: Pdf) -> None:
    """Readers let a form restore nothing of its caller's: the patch is white, and on the words."""
    ink.form(pdf, b"Q " + _AREA + b" f q")
    before = b"/c0 cs 1 1 1 scn q 1 0 0 1 5000 0 cm q 1 0 0 1 -5000 0 cm /Evil Do Q Q"
    ink.around(pdf, ink.DATES_Y, b"", before)


# ---------------------------------------------------------------- what lies over the words


def _crossed_twice(pdf: Pdf) -> None:
    patch = b"q /c0 cs 1 1 1 scn " + _AREA + b" " + _AREA + b" f Q"
    ink.around(pdf, ink.DATES_Y, b"", patch)


def _strips(pdf: Pdf) -> None:
    """Four white strips between the middle of the characters and their corners."""
    strips = ((-0.6, -0.23), (-0.21, -0.01), (0.01, 0.21), (0.23, 0.6))
    drawn = b" ".join(
        b"170 %.3f 240 %.3f re f" % (_MIDDLE + low * _SIZE, (high - low) * _SIZE)
        for low, high in strips
    )
    ink.around(pdf, ink.DATES_Y, b"", b"q /c0 cs 1 1 1 scn " + drawn + b" Q")


def _dot(pdf: Pdf) -> None:
    """A line without a length, with round ends: a white disc."""
    dot = b"q /c0 CS 1 1 1 SCN 240 w 1 J 290 378 m 290 378 l S Q"
    ink.around(pdf, ink.DATES_Y, b"", dot)


def _closed_line(pdf: Pdf) -> None:
    """The line that closes the path goes through the dates."""
    line = b"q /c0 CS 0 0 0 SCN 2 w 176 %.2f m 590 300 l 400 %.2f l s Q" % (_MIDDLE, _MIDDLE)
    ink.around(pdf, ink.DATES_Y, b"", line)


def _mitre(pdf: Pdf) -> None:
    """A corner so sharp that it reaches across the page."""
    corner = (_MIDDLE - 1, _MIDDLE, _MIDDLE + 1)
    line = b"q /c0 CS 1 1 1 SCN 1000 M 8 w 592 %.2f m 500 %.2f l 592 %.2f l S Q" % corner
    ink.around(pdf, ink.DATES_Y, b"", line)


def _wide_curve(pdf: Pdf) -> None:
    """A curve that bulges between the points by which it could be followed."""
    curve = b"0 %.2f m 1180 %.2f -580 %.2f 595 %.2f c 595 0 l 0 0 l h f"
    drawn = curve % (_MIDDLE - 40, _MIDDLE + 55, _MIDDLE + 55, _MIDDLE - 40)
    ink.around(pdf, ink.DATES_Y, b"", b"q /c0 cs 1 1 1 scn " + drawn + b" Q")


def _ink_by_halves(pdf: Pdf) -> None:
    halves = b"/M gs 0 0 0 rg 170 360 240 19 re f 170 379 240 19 re f"
    _form(pdf, halves, ExtGState=_multiply())
    ink.around(pdf, ink.DATES_Y, b"", b"q /Evil Do Q")


def _ink_in_lines(pdf: Pdf) -> None:
    lines = b" ".join(b"170 %d m 410 %d l S" % (y, y) for y in range(370, 388))
    _form(pdf, b"/M gs 0 0 0 RG 1.5 w " + lines, ExtGState=_multiply())
    ink.around(pdf, ink.DATES_Y, b"", b"q /Evil Do Q")


# ---------------------------------------------------------------- what lies under the words


def _on(pdf: Pdf, ground: bytes) -> None:
    """Draw the dates in black, on something that is black too."""
    line = ink.block(pdf, ink.DATES_Y)
    assert _INK in line
    ink.change(pdf, line, ground + b"\n" + line.replace(_INK, b"0 0 0 scn"))


def _space_chosen(pdf: Pdf) -> None:
    """White, and then another space of colours, in which a colour begins as black."""
    _on(pdf, b"q /c0 cs 1 1 1 scn /c1 cs " + _AREA + b" f Q")


def _colour_of_a_form(pdf: Pdf) -> None:
    ink.form(pdf, b"0 0 0 rg " + _AREA + b" f")
    _on(pdf, b"q /c0 cs 1 1 1 scn /Evil Do Q")


def _multiplied(pdf: Pdf) -> None:
    """White that is multiplied with black is black."""
    _form(pdf, b"/M gs " + _AREA + b" f", ExtGState=_multiply())
    _on(pdf, b"q /c0 cs 0 0 0 scn " + _AREA + b" f 1 1 1 scn /Evil Do Q")


def _cut_off_ground(pdf: Pdf) -> None:
    black = b"q /c0 cs 0 0 0 scn " + _AREA + b" f Q"
    _on(pdf, black + b" q 0 0 1 1 re W n /c0 cs 1 1 1 scn " + _AREA + b" f Q")


def _cut_off_by_a_box(pdf: Pdf) -> None:
    ink.form(pdf, _AREA + b" f", BBox=Array([0, 0, 1, 1]))
    _on(pdf, b"q /c0 cs 0 0 0 scn " + _AREA + b" f Q q /c0 cs 1 1 1 scn /Evil Do Q")


def _line_below(pdf: Pdf) -> None:
    _on(pdf, b"q /c0 CS 0 0 0 SCN 30 w 170 378 m 420 378 l S Q")


def _strips_below(pdf: Pdf) -> None:
    halves = (_MIDDLE - 0.6 * _SIZE, _MIDDLE + 0.02 * _SIZE)
    strips = b" ".join(b"170 %.3f 240 %.3f re f" % (at, 0.58 * _SIZE) for at in halves)
    _on(pdf, b"q /c0 cs 0 0 0 scn " + strips + b" Q")


def _pattern_below(pdf: Pdf) -> None:
    """Nobody chooses a colour in the pattern: it is black."""
    _form(pdf, b"/Pattern cs /B scn " + _AREA + b" f", Pattern=Dictionary(B=_pattern(pdf)))
    _on(pdf, b"q /Evil Do Q")


def _pattern(pdf: Pdf) -> Object:
    layer = Stream(pdf, b"0 0 600 850 re f", Type=Name.XObject, Subtype=Name.Form)
    layer.BBox, layer.Resources = Array([0, 0, 600, 850]), Dictionary()
    pattern = Stream(pdf, b"q /L Do Q", Type=Name.Pattern, PatternType=1, PaintType=1)
    pattern.TilingType, pattern.XStep, pattern.YStep = 1, 600, 850
    pattern.BBox, pattern.Matrix = Array([0, 0, 600, 850]), Array([1, 0, 0, 1, 0, 0])
    pattern.Resources = Dictionary(XObject=Dictionary(L=pdf.make_indirect(layer)))
    return pdf.make_indirect(pattern)


def _multiply() -> Dictionary:
    return Dictionary(M=Dictionary(Type=Name.ExtGState, BM=Name.Multiply))


def _form(pdf: Pdf, drawing: bytes, **resources: object) -> None:
    ink.form(pdf, drawing, Resources=Dictionary(**resources))


# ---------------------------------------------------------------- cut off; the seal


def _sliver(pdf: Pdf) -> None:
    clip = b"q 170 %.3f 240 0.4 re W n" % (_MIDDLE - 0.2)
    ink.around(pdf, ink.DATES_Y, clip, b"Q")


def _over_the_edge(pdf: Pdf) -> None:
    ink.inside(pdf, ink.DATES_Y, b"374.5563", b"-3.5")


def _seal(pdf: Pdf, drawing: bytes) -> None:
    """Draw something below one seal, in ink."""
    form = next(iter(pdf.Root.AcroForm.Fields[0].AP.N.Resources.XObject.values()))
    form.write(b"q /Ink gs " + drawing + b" Q\n" + form.read_bytes())


def _black_seal(pdf: Pdf) -> None:
    _seal(pdf, b"0 0 3000 3000 re f")


def _black_line_in_the_seal(pdf: Pdf) -> None:
    _seal(pdf, b"0.95 0.10 0.11 rg 900 w 0 700 m 1400 700 l S")


def _red_upon_red(pdf: Pdf) -> None:
    _seal(pdf, b"0.95 0.10 0.11 rg " + b"0 0 1400 1400 re f " * 40)


ROWS = (
    ("operand-mode", "text rendering mode with two operands, 0 and 3", _mode_twice, DIFFERS),
    ("operand-pen", "a line with two widths, thin and thick", _pen_twice, DIFFERS),
    ("operand-colour", "two colours in one operator: white and black", _colour_twice, DIFFERS),
    ("negative-pen", "a white line of width -30", _negative_pen, DIFFERS),
    ("mode-stays", "a rendering mode of the text before: a thick white edge", _mode_that_stays, DIFFERS),
    ("white-edge", "a thin white edge eats the strokes of the characters", _eaten_by_its_edge, DIFFERS),
    ("size-restored", "size saved and restored within a text", _size_restored, DIFFERS),
    ("form-restores", "a form restores its caller's state, before it covers the line", _restored_in_a_form, DIFFERS),
    ("crossed-twice", "a white rectangle twice in one path", _crossed_twice, DIFFERS),
    ("white-strips", "white strips over most of each character", _strips, DIFFERS),
    ("white-dot", "a line without a length, 240 points wide", _dot, DIFFERS),
    ("closing-line", "the line that closes a path strikes the dates out", _closed_line, DIFFERS),
    ("mitre", "the point of a sharp corner lies over the line", _mitre, DIFFERS),
    ("wide-curve", "the bulge of a wide curve lies over the line", _wide_curve, DIFFERS),
    ("ink-by-halves", "black ink over each half of the characters", _ink_by_halves, DIFFERS),
    ("ink-in-lines", "thin lines of black ink over the line", _ink_in_lines, DIFFERS),
    ("black-on-initial-colour", "black text on what a space of colours begins with", _space_chosen, DIFFERS),
    ("black-on-form", "black text on a black form", _colour_of_a_form, DIFFERS),
    ("black-on-multiplied", "black text on white that is multiplied with black", _multiplied, DIFFERS),
    ("black-on-cut-off", "black text on black; the white between is cut off", _cut_off_ground, DIFFERS),
    ("black-on-box", "black text on black; the white between is outside the box of its form", _cut_off_by_a_box, DIFFERS),
    ("black-on-line", "black text on a thick black line", _line_below, DIFFERS),
    ("black-on-strips", "black text on two black strips", _strips_below, DIFFERS),
    ("black-on-pattern", "black text on a black pattern", _pattern_below, DIFFERS),
    ("sliver", "a clip leaves a sliver of the line", _sliver, DIFFERS),
    ("half-off-the-page", "the lower half of the line is off the page", _over_the_edge, DIFFERS),
    ("seal-black", "a seal that fills its square before it chooses a colour", _black_seal, SHAPE),
    ("seal-black-line", "a seal with a line before it chooses a colour for lines", _black_line_in_the_seal, SHAPE),
    ("seal-forty-times", "forty layers of red ink in the seal", _red_upon_red, SHAPE),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return tuple(
        Recipe(f"page/{name}", what, maker(tweak), code, verdict_of(code))
        for name, what, tweak, code in ROWS
    )
