"""Follow what a program draws: paths, colours, forms and patterns; text is left to `seen_page`.

Standard: ISO 32000-1, 8 (graphics) and annex A (operators).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pikepdf

from verifier.pades.seal import REDS
from verifier.pades.seen_patterns import darkness
from verifier.pades.seen_shapes import (
    IDENTITY,
    PAPER,
    Matrix,
    Point,
    Shape,
    curve,
    luminance,
    matrix_of,
    moved,
    near,
    steps_of,
    times,
)
from verifier.pades.seen_sheet import Sheet, refusal
from verifier.pades.seen_state import (
    PATTERN,
    SPACES,
    Operands,
    Paint,
    State,
    beginning,
    coloured,
    number,
    places,
)
from verifier.pades.seen_strokes import Stroke

MAX_OPERATORS: Final = 400_000
"""Operators of one page with all that it draws."""
MAX_FORM_DEPTH: Final = 6
MAX_SAVED: Final = 64

LEAST_PEN: Final = 1.5
"""Lines through text count as at least so wide, in points."""
THIN_STRIP: Final = 1.0
"""A strip of a pattern up to so many points is a line of microtext, and may run below words."""
THIN_LINE: Final = 3.0
"""A line of a frame is up to so many points wide."""
THIN: Final = 1.5
"""A line of red ink up to this many points may cross text: the edge of a seal."""


@dataclass(slots=True)
class Drawing:
    """Follows a program, and all that it draws."""

    sheet: Sheet = field(default_factory=Sheet)
    path: list[list[Point]] = field(default_factory=list)
    state: State = field(default_factory=State)
    saved: list[State] = field(default_factory=list)
    kept: int = 0
    """States that were saved before this program: a form restores only what it has saved."""
    depth: int = 0
    base: Matrix = IDENTITY
    """Where this program began to draw."""
    resources: Any = None
    clipping: str = ""
    """`W` or `W*`, until the next path is painted."""
    is_pattern: bool = False
    """Whether only the dark parts of a pattern are followed."""
    is_open: bool = False
    """Whether text has begun."""
    left: int = MAX_OPERATORS

    def follow(self, content: pikepdf.Object, resources: pikepdf.Object, depth: int) -> None:
        """Follow a page's content, or that of a form.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when something hides text, or may.
        """
        before = self.state
        outer = self.kept, self.depth, self.base, self.resources
        self.kept, self.depth, self.resources = len(self.saved), depth, resources
        self.base = before.matrix
        program = pikepdf.parse_content_stream(pikepdf.Page(content) if depth == 0 else content)
        self.left -= len(program)
        if self.left < 0 or depth > MAX_FORM_DEPTH:
            raise refusal("a page is drawn in too many steps")
        acts = self.acts()
        for instruction in program:
            given = instruction.operands
            count, act = acts.get(str(instruction.operator), _NONE)
            if len(given) != count and count != SOME:
                raise refusal("an operator has other operands than ours")
            act(self, given)
        if len(self.saved) != self.kept or self.path or self.clipping or self.is_open:
            raise refusal("a page's program breaks off")
        self.state = before
        self.kept, self.depth, self.base, self.resources = outer

    def acts(self) -> "Acts":
        """Return what each operator does, in this program."""
        return IN_FORMS if self.depth else STATES

    def do_multiply(self, _given: Operands) -> None:
        """`gs`: every graphics state of our files multiplies (`shape_kinds`)."""
        self.state.stamps = True

    def do_area_rgb(self, given: Operands) -> None:
        """`rg`."""
        self.state.area = self._rgb(given)

    def do_line_rgb(self, given: Operands) -> None:
        """`RG`."""
        self.state.line = self._rgb(given)

    def _rgb(self, given: Operands) -> Paint:
        colour = tuple(map(number, given))
        ink = luminance(colour)
        return Paint(ink, len(colour), ink if colour in REDS else None)

    def refuse(self, _given: Operands) -> None:
        """Any other operator."""
        raise refusal("an operator is not one of ours")

    # ------------------------------------------------------------ state

    def _closed(self) -> None:
        # What `q` and `Q` do to font and size between `BT` and `ET`, readers disagree about.
        if self.is_open:
            raise refusal("a page's program is out of order")

    def do_save(self, _given: Operands) -> None:
        """`q`."""
        self._closed()
        if len(self.saved) == MAX_SAVED:
            raise refusal("a page's program is nested too deeply")
        self.saved.append(self.state.copy())

    def do_restore(self, _given: Operands) -> None:
        """`Q`."""
        self._closed()
        if len(self.saved) == self.kept:
            raise refusal("a program restores what it has not saved")
        self.state = self.saved.pop()

    def do_transform(self, given: Operands) -> None:
        """`cm`."""
        self._closed()
        self.state.matrix = near(times(matrix_of(given), self.state.matrix))

    def do_area_space(self, given: Operands) -> None:
        """`cs`: a colour begins as black."""
        self.state.area = self._space(given[0])

    def do_line_space(self, given: Operands) -> None:
        """`CS`."""
        self.state.line = self._space(given[0])

    def _space(self, name: pikepdf.Object) -> Paint:
        spaces = self.resources.get("/ColorSpace", pikepdf.Dictionary())
        parts = SPACES.get(str(spaces.get(str(name), name)))
        if parts is None:
            raise refusal("a space of colours is not one of ours")
        return beginning(parts)

    def do_area_colour(self, given: Operands) -> None:
        """`scn`."""
        self.state.area = self._colour(self.state.area.parts, given)

    def do_line_colour(self, given: Operands) -> None:
        """`SCN`."""
        self.state.line = self._colour(self.state.line.parts, given)

    def _colour(self, parts: int, given: Operands) -> Paint:
        if len(given) != (parts or 1):
            raise refusal("an operator has other operands than ours")
        if parts != PATTERN:
            return coloured(tuple(map(number, given)), parts)
        return Paint(PAPER, parts, pattern=self.resources.Pattern[given[0]], is_pattern=True)

    def do_pen(self, given: Operands) -> None:
        """`w`."""
        self.state.pen = abs(number(given[0]))

    def do_mitre(self, given: Operands) -> None:
        """`M`."""
        self.state.mitre = number(given[0])

    def do_join(self, given: Operands) -> None:
        """`j`."""
        self.state.join = int(number(given[0]))

    def do_nothing(self, given: Operands) -> None:
        """`J`, `d`: lines count as if they had no gaps, and ends that reach beyond."""

    def do_clip(self, _given: Operands) -> None:
        """`W`, with the next path."""
        self.clipping = "W"

    def do_clip_even_odd(self, _given: Operands) -> None:
        """`W*`."""
        self.clipping = "W*"

    # ------------------------------------------------------------ paths

    def do_move(self, given: Operands) -> None:
        """`m`."""
        x, y = places(given)
        self.path.append([moved(self.state.matrix, x, y)])

    def do_line(self, given: Operands) -> None:
        """`l`."""
        x, y = places(given)
        a, b, c, d, e, f = self.state.matrix
        self.path[-1].append((a * x + c * y + e, b * x + d * y + f))

    def do_curve(self, given: Operands) -> None:
        """`c`."""
        x1, y1, x2, y2, x3, y3 = places(given)
        one, other, end = (
            moved(self.state.matrix, *each) for each in ((x1, y1), (x2, y2), (x3, y3))
        )
        path = self.path[-1]
        path.extend(curve(path[-1], one, other, end, steps_of(path[-1], one, other, end)))

    def do_close(self, _given: Operands = ()) -> None:
        """`h`."""
        self.path[-1].append(self.path[-1][0])
        self.path.append([self.path[-1][0]])

    def do_rectangle(self, given: Operands) -> None:
        """`re`."""
        x, y, width, height = places(given)
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
        self.path.append([moved(self.state.matrix, *corner) for corner in corners])

    def do_paint(self, *, fills: str = "", strokes: bool = False, closes: bool = False) -> None:
        """`f`, `f*`; `S`, `s`; `B`, `B*`; `n`."""
        if closes and self.path:
            self.do_close()
        paths = [path for path in self.path if len(path) > 1]
        self.path = []
        clipping, self.clipping = self.clipping, ""
        if clipping:
            clip = Shape(paths, even_odd=clipping == "W*")
            self.state.clips = (*self.state.clips, clip)
        if fills and paths:
            self._fill(Shape(paths, even_odd=fills == "f*"))
        if strokes and paths:
            self._stroke(paths)

    def _fill(self, shape: Shape) -> None:
        state, paint = self.state, self.state.area
        self.sheet.cover(shape, stamps=state.stamps, red=paint.red)
        if paint.is_pattern:
            self._lay(paint.pattern, shape)
            return
        # What is cut off somewhere, or by the box of a form, hides nothing for sure.
        hides = not (self.depth or state.clips or state.stamps)
        self.sheet.ground(shape, paint.ink, hides=hides, stamps=state.stamps)

    def _stroke(self, paths: list[list[Point]]) -> None:
        state, paint, pen = self.state, self.state.line, self.pen()
        if paint.is_pattern:
            raise refusal("a line is drawn in a pattern")
        crosses = state.stamps and paint.red is not None and pen <= THIN
        mitre = 0.0 if state.join else state.mitre
        for path in paths:
            drawn = Stroke(path, max(pen, LEAST_PEN), mitre)
            if not crosses:
                self.sheet.cover(drawn, stamps=state.stamps, red=paint.red)
            thin = pen if pen <= THIN_LINE else 0.0
            self.sheet.ground(drawn, paint.ink, hides=False, stamps=state.stamps, thin=thin)

    def pen(self) -> float:
        """Return how wide lines are drawn, in points."""
        return self.state.pen * max(map(abs, self.state.matrix[:4]))

    def do_draw(self, given: Operands) -> None:
        """`Do`."""
        drawing = self.resources.XObject[given[0]]
        if drawing.get("/Subtype") != pikepdf.Name.Form or self.is_open:
            raise refusal("a picture is drawn on the page")
        inks = self.state.area.ink, self.state.line.ink
        if self.is_pattern and darkness(drawing, *inks) == PAPER:
            return
        outer, self.state = self.state, self.state.copy()
        matrix = drawing.get("/Matrix")
        if matrix is not None:
            self.state.matrix = near(times(matrix_of(matrix), self.state.matrix))
        self.follow(drawing, drawing.get("/Resources", pikepdf.Dictionary()), self.depth + 1)
        self.state = outer

    def _lay(self, pattern: pikepdf.Object, shape: Shape) -> None:
        """Fill an area with a pattern: what is light in it hides no text, the rest is followed."""
        dark = darkness(pattern)
        left, bottom, right, top = self.sheet.box
        x1, y1, x2, y2 = map(float, pattern.BBox)
        # Once, and nothing of the next one reaches over here.
        spread = (
            self.base == IDENTITY
            and matrix_of(pattern.Matrix) == IDENTITY
            and x1 >= 0
            and y1 >= 0
            and float(pattern.XStep) >= max(x2, right - left)
            and float(pattern.YStep) >= max(y2, top - bottom)
        )
        if spread or dark == PAPER:
            self.sheet.ground(shape, PAPER, hides=False)
        else:
            for part in shape.parts():
                wide = part.thickness()
                thin = wide if wide <= THIN_STRIP else 0.0
                self.sheet.ground(part, dark, hides=False, thin=thin)
        if dark != PAPER and spread:
            outer, self.state, self.is_pattern = self.state, State(), True
            self.follow(pattern, pattern.Resources, self.depth + 1)
            self.state, self.is_pattern = outer, False


SOME: Final = -1
"""Of an operator whose operands its own function counts."""
Act = tuple[int, Callable[[Any, Operands], None]]
Acts = Mapping[str, Act]
"""What each operator does, after how many operands it has.

Readers disagree about an operator with one operand too many: some take the first, some the last.
"""

STATES: Final[Acts] = {
    "q": (0, Drawing.do_save), "Q": (0, Drawing.do_restore), "cm": (6, Drawing.do_transform),
    "cs": (1, Drawing.do_area_space), "CS": (1, Drawing.do_line_space),
    "scn": (SOME, Drawing.do_area_colour), "SCN": (SOME, Drawing.do_line_colour),
    "w": (1, Drawing.do_pen), "M": (1, Drawing.do_mitre), "j": (1, Drawing.do_join),
    "J": (1, Drawing.do_nothing), "d": (2, Drawing.do_nothing),
    "m": (2, Drawing.do_move), "l": (2, Drawing.do_line), "c": (6, Drawing.do_curve),
    "h": (0, Drawing.do_close), "re": (4, Drawing.do_rectangle),
    "W": (0, Drawing.do_clip), "W*": (0, Drawing.do_clip_even_odd),
    "f": (0, lambda drawing, _: drawing.do_paint(fills="f")),
    "f*": (0, lambda drawing, _: drawing.do_paint(fills="f*")),
    "S": (0, lambda drawing, _: drawing.do_paint(strokes=True)),
    "s": (0, lambda drawing, _: drawing.do_paint(strokes=True, closes=True)),
    "B": (0, lambda drawing, _: drawing.do_paint(fills="f", strokes=True)),
    "B*": (0, lambda drawing, _: drawing.do_paint(fills="f*", strokes=True)),
    "n": (0, lambda drawing, _: drawing.do_paint()),
    "Do": (1, Drawing.do_draw),
}  # fmt: skip
IN_FORMS: Final[Acts] = {
    **STATES,
    "gs": (1, Drawing.do_multiply), "rg": (3, Drawing.do_area_rgb), "RG": (3, Drawing.do_line_rgb),
}  # fmt: skip
"""In drawings only; the gate on parsed objects has looked at each graphics state."""
_NONE: Final[Act] = (SOME, Drawing.refuse)
