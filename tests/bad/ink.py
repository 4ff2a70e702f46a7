"""Hands that a dishonest press has: it changes what a page draws, not what readers of text find."""

import re
from typing import Final

import pikepdf
from pikepdf import Dictionary, Name, Stream

NAME_Y: Final = b"624.6191"
"""Where the name of the enterprise stands on the page of `cn-a4p/2`."""
USCC_Y: Final = b"591.88385"
PERSON_Y: Final = b"559.1486"
DATES_Y: Final = b"374.5563"
FIRST_ISSUED_Y: Final = b"341.82108"
VALUE_X: Final = b"175.74803"

_SEGMENTS: Final = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc",
    "5": "afgcd", "6": "afgedc", "7": "abc", "8": "abcdefg", "9": "abfgcd",
}  # fmt: skip
_BARS: Final = {
    "a": (0, 1.8, 1, 0.2), "b": (0.8, 1, 0.2, 1), "c": (0.8, 0, 0.2, 1), "d": (0, 0, 1, 0.2),
    "e": (0, 0, 0.2, 1), "f": (0, 1, 0.2, 1), "g": (0, 0.9, 1, 0.2),
}  # fmt: skip


def text_of(pdf: pikepdf.Pdf, page: int = 0) -> bytes:
    """Return the part of a page's content that shows its text."""
    return bytes(pdf.pages[page].obj.Contents[1].read_bytes())


def write(pdf: pikepdf.Pdf, content: bytes, page: int = 0) -> None:
    """Put other content in its place."""
    pdf.pages[page].obj.Contents[1].write(content)


def change(pdf: pikepdf.Pdf, old: bytes, new: bytes, page: int = 0) -> None:
    """Replace what stands in the content exactly once."""
    content = text_of(pdf, page)
    assert content.count(old) == 1, (old, content.count(old))
    write(pdf, content.replace(old, new), page)


def block(pdf: pikepdf.Pdf, y: bytes, x: bytes = VALUE_X) -> bytes:
    """Return the drawing of one line of text, from its `q` to its `Q`."""
    start = rb"q 1 0 0 -1 %s %s cm" % (re.escape(x), re.escape(y))
    found = re.search(start + rb".*?ET\nQ", text_of(pdf), re.DOTALL)
    assert found is not None
    return found[0]


def around(pdf: pikepdf.Pdf, y: bytes, before: bytes, after: bytes, x: bytes = VALUE_X) -> None:
    """Draw something before and after one line of text."""
    line = block(pdf, y, x)
    change(pdf, line, before + b"\n" + line + b"\n" + after)


def inside(pdf: pikepdf.Pdf, y: bytes, old: bytes, new: bytes, x: bytes = VALUE_X) -> None:
    """Change the drawing of one line of text."""
    line = block(pdf, y, x)
    assert old in line, (old, line)
    change(pdf, line, line.replace(old, new, 1))


def draw(pdf: pikepdf.Pdf, drawing: bytes, page: int = 0) -> None:
    """Draw something over the whole page, as decoration."""
    write(pdf, text_of(pdf, page) + b"\n/Artifact BMC\nq " + drawing + b" Q\nEMC\n", page)


def digits(text: str, x: float, y: float, height: float = 8) -> bytes:
    """Return digits drawn as bars: seen by everybody, read by no reader of text."""
    unit, out = height / 2, [b"0 0 0 rg"]
    for place, digit in enumerate(text):
        for bar in _SEGMENTS.get(digit, ""):
            left, bottom, width, tall = _BARS[bar]
            at = (x + (place * 1.5 + left) * unit, y + bottom * unit, width * unit, tall * unit)
            out.append(b"%.2f %.2f %.2f %.2f re f" % at)
    return b" ".join(out)


def patch(x: float, y: float, width: float, height: float) -> bytes:
    """Return a white patch."""
    return b"1 1 1 rg %.2f %.2f %.2f %.2f re f" % (x, y, width, height)


def font(pdf: pikepdf.Pdf, name: str = "/f3") -> pikepdf.Object:
    """Return a font of the first page."""
    found: pikepdf.Object = pdf.pages[0].obj.Resources.Font[name]
    return found


def swap_unicode(pdf: pikepdf.Pdf, one: bytes, other: bytes, name: str = "/f3") -> None:
    """Let two glyphs of a font be read as each other."""
    stream = font(pdf, name).ToUnicode
    table = stream.read_bytes()
    rows = [re.search(rb"<%s> <([0-9A-F]+)>" % code, table) for code in (one, other)]
    assert rows[0] is not None
    assert rows[1] is not None
    first, second = rows[0][1], rows[1][1]
    table = table.replace(b"<%s> <%s>" % (one, first), b"<%s> <?>" % one)
    table = table.replace(b"<%s> <%s>" % (other, second), b"<%s> <%s>" % (other, first))
    stream.write(table.replace(b"<%s> <?>" % one, b"<%s> <%s>" % (one, second)))


def swap_codes(content: bytes, one: bytes, other: bytes) -> bytes:
    """Let two codes stand in each other's place within a line of text."""
    marked = content.replace(one, b"\0one\0")
    return marked.replace(other, one).replace(b"\0one\0", other)


def state(pdf: pikepdf.Pdf, name: str, **entries: object) -> None:
    """Give the first page a graphics state."""
    resources = pdf.pages[0].obj.Resources
    if "/ExtGState" not in resources:
        resources.ExtGState = Dictionary()
    resources.ExtGState[name] = Dictionary(Type=Name.ExtGState, **entries)


def form(pdf: pikepdf.Pdf, drawing: bytes, name: str = "/Evil", **entries: object) -> None:
    """Give the first page a form that draws something."""
    stream = Stream(pdf, drawing, Type=Name.XObject, Subtype=Name.Form)
    stream.BBox = pikepdf.Array([0, 0, 600, 850])
    stream.Resources = Dictionary()
    for key, value in entries.items():
        stream[f"/{key}"] = value
    pdf.pages[0].obj.Resources.XObject[name] = pdf.make_indirect(stream)
