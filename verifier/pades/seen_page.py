"""Follow the program of one page, as far as our signer writes any, and take what is seen.

A character is seen when it is filled, upright, large and dark enough, on the page, in no clip that
takes it away, under nothing, and not over another one; on a line, from left to right.

Standard: ISO 32000-1, 8 and 9.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import pikepdf

from licence.pages import MAX_PAGE_CHARACTERS
from verifier.pades.glyph_table import GlyphBook
from verifier.pades.seal import REDS
from verifier.pades.seen_fonts import PageFont, read_font
from verifier.pades.seen_shapes import (
    IDENTITY,
    MIDDLE,
    PAPER,
    Line,
    Matrix,
    Point,
    Shape,
    curve,
    drawn_line,
    luminance,
    moved,
    times,
)
from verifier.pades.seen_sheet import Sheet, refusal

MAX_OPERATORS: Final = 400_000
"""Operators of one page with all that it draws."""
MAX_FORM_DEPTH: Final = 6
MAX_SAVED: Final = 64

LEAST_PEN: Final = 1.5
"""Lines through text count as at least so wide, in points."""
THIN: Final = 1.5
"""A line up to this many points may cross text: a rule, an underline."""
MIN_STEP: Final = 0.05
"""A character stands at least so far right of the one before it, in parts of the size."""
MAX_BOLD: Final = 0.06
"""Widest line around a shape that is also filled, in parts of the size."""
_EVEN: Final = 0.02
"""How far a character may lean, or be wider than high, in parts of its size."""
_BOLD: Final = 2
_SEEN_MODES: Final = frozenset({0, _BOLD})
"""Text rendering modes: filled; filled and with a line around it."""

_PAINTS: Final = {
    "f": (True, False), "f*": (True, False), "S": (False, True), "s": (False, True),
    "B": (True, True), "B*": (True, True), "n": (False, False),
}  # fmt: skip
_IGNORED: Final = frozenset({"M", "j", "J", "d"})
_MARKS: Final = frozenset({"BMC", "BDC", "EMC"})
_FORM_ONLY: Final = frozenset({"gs", "rg", "RG"})
"""In drawings only; the gate on parsed objects has looked at each graphics state."""

Operands = Any
"""Operands of an operator: pikepdf has no types for them."""


@dataclass(slots=True)
class _State:
    """What `q` saves."""

    matrix: Matrix = IDENTITY
    ink: float = 0.0
    pen: float = 1.0
    clips: tuple[Shape, ...] = ()
    stamps: bool = False
    """Whether what is painted is multiplied with what is below, as the ink of a stamp is."""
    red: float | None = None
    """Luminance of what fills areas in drawings, where it is the red of seals."""

    def copy(self) -> "_State":
        return replace(self)


@dataclass(slots=True)
class _Text:
    """State between `BT` and `ET`."""

    font: PageFont | None = None
    size: float = 0.0
    matrix: Matrix = IDENTITY
    bold: bool = False


@dataclass(slots=True)
class PageReader:
    """Follows one page; `read` once."""

    page: pikepdf.Object
    book: GlyphBook
    fonts: dict[tuple[int, int], PageFont]
    found: list[str] = field(default_factory=list)
    sheet: Sheet = field(default_factory=Sheet)
    named: dict[str, PageFont] = field(default_factory=dict)
    path: list[list[Point]] = field(default_factory=list)
    state: _State = field(default_factory=_State)
    saved: list[_State] = field(default_factory=list)
    text: _Text | None = None
    marked: list[bool] = field(default_factory=list)
    laid: list[str] | None = None
    """Text for the one next character, where a text is laid over it; then empty."""
    clipping: bool = False
    left: int = MAX_OPERATORS

    def read(self) -> str:
        """Return the page's text."""
        left, bottom, right, top = (float(each) for each in self.page.MediaBox)
        self.sheet.box = (left, bottom, right, top)
        self._follow(self.page, self.page.Resources, 0)
        return "".join(self.found)

    def _follow(self, content: pikepdf.Object, resources: pikepdf.Object, depth: int) -> None:
        before, opened = self.state, len(self.saved)
        program = pikepdf.parse_content_stream(pikepdf.Page(content) if depth == 0 else content)
        self.left -= len(program)
        if self.left < 0 or depth > MAX_FORM_DEPTH:
            raise refusal("a page is drawn in too many steps")
        for instruction in program:
            name, given = str(instruction.operator), instruction.operands
            if name in _PATHS:
                _PATHS[name](self, *map(float, given))
            else:
                self._step(name, given, resources, depth)
        if len(self.saved) != opened or self.text is not None or self.path:
            raise refusal("a page's program breaks off")
        self.state = before

    def _step(self, name: str, given: Operands, resources: pikepdf.Object, depth: int) -> None:
        if name in _PATHS:
            _PATHS[name](self, *map(float, given))
        elif name in _MARKS:
            self._mark(name, given)
        elif name in _IGNORED:
            pass
        elif name in _PAINTS:
            self._paint(*_PAINTS[name])
        elif name in _STATES:
            _STATES[name](self, given)
        elif name == "Do":
            self._draw(resources.XObject[given[0]], depth)
        elif depth == 0 and name in _TEXTS:
            _TEXTS[name](self, given, resources)
        else:
            self._in_form(name, given, depth)

    def _in_form(self, name: str, given: Operands, depth: int) -> None:
        if depth == 0 or name not in _FORM_ONLY:
            raise refusal("an operator is not one of ours")
        if name == "gs":
            # Every graphics state of our files multiplies (`shape_kinds`).
            self.state.stamps = True
        elif name == "rg":
            colour = tuple(map(float, given))
            self.state.red = luminance(colour) if colour in REDS else None

    # ------------------------------------------------------------ state

    def _mark(self, name: str, given: Operands) -> None:
        """`BMC`, `BDC`, `EMC`: a text may be laid over one character that is drawn like it."""
        if name == "EMC":
            if self.marked and self.marked.pop() and self.laid != []:
                raise refusal("a text is laid over another")
            self.laid = [] if any(self.marked) else None
            return
        if name == "BDC" and not isinstance(given[1], pikepdf.Dictionary):
            raise refusal("a part of the page is optional")
        told = given[1] if name == "BDC" else {}
        is_laid = "/ActualText" in told
        if "/E" in told or (is_laid and self.laid is not None):
            raise refusal("a text is laid over another")
        if is_laid:
            self.laid = [str(told["/ActualText"])]
        self.marked.append(is_laid)

    def do_save(self, _given: Operands) -> None:
        """`q`."""
        if len(self.saved) == MAX_SAVED:
            raise refusal("a page's program is nested too deeply")
        self.saved.append(self.state.copy())

    def do_restore(self, _given: Operands) -> None:
        """`Q`."""
        self.state = self.saved.pop()

    def do_transform(self, given: Operands) -> None:
        """`cm`."""
        self.state.matrix = times(_matrix(given), self.state.matrix)

    def do_fill_colour(self, given: Operands) -> None:
        """`scn`: a pattern counts as paper."""
        numbers = [each for each in given if not isinstance(each, pikepdf.Name)]
        self.state.ink = luminance([float(each) for each in numbers]) if numbers else PAPER

    def do_pen(self, given: Operands) -> None:
        """`w`."""
        self.state.pen = float(given[0])

    def do_nothing(self, given: Operands) -> None:
        """`cs`, `CS`, `SCN`: spaces of colours, and the colour of lines, decide nothing here."""

    def do_clip(self, _given: Operands) -> None:
        """`W`, `W*`: with the next path."""
        self.clipping = True

    # ------------------------------------------------------------ paths

    def do_move(self, x: float, y: float) -> None:
        """`m`."""
        self.path.append([moved(self.state.matrix, x, y)])

    def do_line(self, x: float, y: float) -> None:
        """`l`."""
        self.path[-1].append(moved(self.state.matrix, x, y))

    def do_curve(self, *numbers: float) -> None:
        """`c`."""
        x1, y1, x2, y2, x3, y3 = numbers
        points = [moved(self.state.matrix, *each) for each in ((x1, y1), (x2, y2), (x3, y3))]
        self.path[-1].extend(curve(self.path[-1][-1], points[0], points[1], points[2]))

    def do_close(self) -> None:
        """`h`."""
        self.path[-1].append(self.path[-1][0])
        self.path.append([self.path[-1][0]])

    def do_rectangle(self, x: float, y: float, width: float, height: float) -> None:
        """`re`."""
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
        self.path.append([moved(self.state.matrix, *corner) for corner in corners])

    def _paint(self, fills: bool, strokes: bool) -> None:  # noqa: FBT001 - a row of `_PAINTS`
        paths = [path for path in self.path if len(path) > 1]
        self.path = []
        shape = Shape(paths) if paths and (fills or self.clipping) else None
        if self.clipping:
            self.state.clips = (*self.state.clips, shape if shape is not None else Shape([]))
            self.clipping = False
        if fills and shape is not None:
            self.sheet.cover(shape, stamps=self.state.stamps, red=self.state.red)
            self.sheet.ground(shape, self.state.ink)
        scale = max(abs(part) for part in self.state.matrix[:4])
        pen = self.state.pen * scale
        if strokes and (pen > THIN or not self.state.stamps):
            for path in paths:
                for one, other in pairwise(path):
                    drawn = drawn_line(one, other, max(pen, LEAST_PEN))
                    self.sheet.cover(drawn, stamps=self.state.stamps)

    def _draw(self, drawing: pikepdf.Object, depth: int) -> None:
        if drawing.get("/Subtype") != pikepdf.Name.Form or self.text is not None:
            raise refusal("a picture is drawn on the page")
        outer, self.state = self.state, self.state.copy()
        matrix = drawing.get("/Matrix")
        if matrix is not None:
            self.state.matrix = times(_matrix(matrix), self.state.matrix)
        self._follow(drawing, drawing.get("/Resources", pikepdf.Dictionary()), depth + 1)
        self.state = outer

    # ------------------------------------------------------------ text

    def do_begin(self, _given: Operands, _resources: pikepdf.Object) -> None:
        """`BT`."""
        if self.text is not None or self.path:
            raise refusal("a page's program is out of order")
        self.text = _Text()

    def do_end(self, _given: Operands, _resources: pikepdf.Object) -> None:
        """`ET`."""
        self.text = None

    def do_mode(self, given: Operands, _resources: pikepdf.Object) -> None:
        """`Tr`."""
        if int(given[0]) not in _SEEN_MODES:
            raise refusal("text is drawn invisibly")
        self._in_text().bold = int(given[0]) == _BOLD

    def do_set_font(self, given: Operands, resources: pikepdf.Object) -> None:
        """`Tf`."""
        text, name = self._in_text(), str(given[0])
        if name not in self.named:
            font = resources.Font[given[0]]
            if font.objgen not in self.fonts:
                self.fonts[font.objgen] = read_font(font)
            self.named[name] = self.fonts[font.objgen]
        text.font, text.size = self.named[name], float(given[1])

    def do_set_matrix(self, given: Operands, _resources: pikepdf.Object) -> None:
        """`Tm`."""
        self._in_text().matrix = _matrix(given)

    def do_show(self, given: Operands, _resources: pikepdf.Object) -> None:
        """`Tj`, `TJ`: take characters, which stand on one line from left to right."""
        text = self._in_text()
        if text.font is None:
            raise refusal("text has no font")
        scaled = times((text.size, 0, 0, text.size, 0, 0), text.matrix)
        origin = times(scaled, self.state.matrix)
        size, start, line = _upright(origin), origin[4], origin[5]
        x, last, middles = start, start - size, []
        for part in given[0] if isinstance(given[0], pikepdf.Array) else [given[0]]:
            if not isinstance(part, pikepdf.String):
                x -= float(part) / 1000 * size
                continue
            for said, width in self._characters(text.font, bytes(part)):
                last = _after(last, x, size)
                self.found.append(said)
                if not said.isspace():
                    middles.append(x + width * size / 2)
                x += width * size
        text.matrix = times((1, 0, 0, 1, (x - start) / size * text.size, 0), text.matrix)
        if len(self.found) > MAX_PAGE_CHARACTERS:
            raise refusal("too much text on a page")
        if middles:
            self._see(Line(tuple(middles), line + MIDDLE * size, size), bold=text.bold)

    def _characters(self, font: PageFont, codes: bytes) -> Iterator[tuple[str, float]]:
        """Return text and width of each character; its shape is judged the first time."""
        if len(codes) % 2:
            raise refusal("half a character")
        for place in range(0, len(codes), 2):
            code = int.from_bytes(codes[place : place + 2], "big")
            if self.laid is not None:
                yield self._laid_over(font, code)
                continue
            known = font.judged.get(code)
            if known is None:
                said = font.text(code)
                self.book.check(said, font.programs.of(code))
                known = font.judged[code] = (said, font.width(code))
            yield known

    def _laid_over(self, font: PageFont, code: int) -> tuple[str, float]:
        """Return a character that shares its shape with another one, such as `·` and `•`.

        A font has one text for a shape; Typst says there which of the two it is.
        """
        if not self.laid:
            raise refusal("a text is laid over another")
        said = self.laid.pop()
        self.book.check(said, font.programs.of(code))
        return said, font.width(code)

    def _see(self, line: Line, *, bold: bool) -> None:
        """Take the characters of a line where they are seen."""
        scale = max(abs(part) for part in self.state.matrix[:4])
        if bold and self.state.pen * scale > MAX_BOLD * line.size:
            raise refusal("a line around the text hides it")
        self.sheet.write(line, self.state.ink, self.state.clips)

    def _in_text(self) -> _Text:
        if self.text is None:
            raise refusal("a page's program is out of order")
        return self.text


_PATHS: Final[Mapping[str, Callable[..., None]]] = {
    "m": PageReader.do_move, "l": PageReader.do_line, "c": PageReader.do_curve,
    "h": PageReader.do_close, "re": PageReader.do_rectangle,
}  # fmt: skip
_STATES: Final[Mapping[str, Callable[[PageReader, Operands], None]]] = {
    "q": PageReader.do_save, "Q": PageReader.do_restore, "cm": PageReader.do_transform,
    "cs": PageReader.do_nothing, "CS": PageReader.do_nothing, "SCN": PageReader.do_nothing,
    "scn": PageReader.do_fill_colour, "w": PageReader.do_pen,
    "W": PageReader.do_clip, "W*": PageReader.do_clip,
}  # fmt: skip
_TEXTS: Final[Mapping[str, Callable[[PageReader, Operands, pikepdf.Object], None]]] = {
    "BT": PageReader.do_begin, "ET": PageReader.do_end, "Tr": PageReader.do_mode,
    "Tf": PageReader.do_set_font, "Tm": PageReader.do_set_matrix,
    "Tj": PageReader.do_show, "TJ": PageReader.do_show,
}  # fmt: skip


def _after(last: float, x: float, size: float) -> float:
    """Return where a character begins, right of the one before it."""
    if x < last + MIN_STEP * size:
        raise refusal("characters are drawn in another order than they are read")
    return x


def _upright(origin: Matrix) -> float:
    """Return the size of a character that stands upright and is not squeezed."""
    a, b, c, d = origin[:4]
    if a <= 0 or d <= 0 or abs(b) > _EVEN * a or abs(c) > _EVEN * a or abs(a - d) > _EVEN * a:
        raise refusal("text is turned, mirrored or squeezed")
    return a


def _matrix(given: Operands) -> Matrix:
    a, b, c, d, e, f = map(float, given)
    return a, b, c, d, e, f
