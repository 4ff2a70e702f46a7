"""What is on a page so far: where its characters stand, and what was painted.

Standard: DESIGN 4, check 5; WCAG 2.2, 1.4.3 (contrast).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from licence.errors import AnzhengError, Code
from verifier.pades.seen_shapes import (
    ACROSS,
    PAPER,
    UP,
    Line,
    Matrix,
    Point,
    Shape,
    contrast,
)
from verifier.pades.seen_strokes import Stroke

MIN_POINTS: Final = 4.5
"""Smallest text, in points."""
MIN_CONTRAST: Final = 3.0
"""Least contrast of text with what was painted under it."""
MIN_APART: Final = 0.15
"""Middles of two characters are at least so far apart, in parts of the smaller size."""
_EVEN: Final = 0.02
"""How far a character may lean, or be wider than high, in parts of its size."""
KEPT_CONTRASTS: Final = 1_024
"""Comparisons of inks that are kept: a template has a few, and makes them for each line."""
MAX_CROSSED: Final = 0.75
"""How much of a character may have thin lines below it, in parts of its box."""
ROW: Final = 20.0
"""Lines are looked for in rows of so many points."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """Something that was painted.

    Args:
        place: How many were painted before.
        shape: Where.
        ink: Its luminance.
        hides: Whether it hides what is below for sure: the whole of it is painted, and it covers.
        stamps: Whether it is multiplied with what is below.
        thin: Of a line, such as microtext or a frame, how wide it is: it may run below words
            that are too many for their place. Of all else 0.
    """

    place: int
    shape: Shape | Stroke
    ink: float
    hides: bool
    stamps: bool
    thin: float


@dataclass(slots=True)
class Sheet:
    """One page while it is drawn.

    Args:
        box: Left, bottom, right and top, in points.
    """

    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    _largest: float = 0.0
    _stamped: set[Point] = field(default_factory=set)
    _rows: dict[int, list[tuple[Line, float]]] = field(default_factory=dict)
    _grounds: dict[int, list[_Ground]] = field(default_factory=dict)
    _painted: int = 0

    def write(self, line: Line, ink: float, clips: Sequence[Shape]) -> None:
        """Take the characters of a line where they are seen.

        Args:
            line: Where they stand.
            ink: Their luminance.
            clips: Shapes outside of which nothing is drawn.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when one of them is not seen.
        """
        left, bottom, right, top = self.box
        across, up = ACROSS * line.size, UP * line.size
        if line.size < MIN_POINTS:
            raise refusal("text is too small to be read")
        if not (left <= min(line.middles) - across and max(line.middles) + across <= right):
            raise refusal("text runs over the edge of the page")
        if not bottom <= line.height - up <= line.height + up <= top:
            raise refusal("text runs over the edge of the page")
        if not all(clip.holds(line) for clip in clips):
            raise refusal("text is cut off")
        if not self._is_legible(line, ink):
            raise refusal("text is too light to be read")
        row = int(line.height // ROW)
        reach = int(MIN_APART * line.size // ROW) + 1
        rows = range(row - reach, row + reach + 1)
        near = (other for each in rows for other, _ in self._rows.get(each, ()))
        if any(line.is_over(other, MIN_APART) for other in near):
            raise refusal("characters stand over each other")
        self._largest = max(self._largest, line.size)
        self._rows.setdefault(row, []).append((line, ink))

    def cover(self, shape: Shape | Stroke, *, stamps: bool, red: float | None = None) -> None:
        """Paint over what is there; the red ink of a stamp may cross a character.

        The star of a seal may lie over whole characters, once: black stays black under its red.

        Args:
            shape: What is painted.
            stamps: Whether it is multiplied with what is below.
            red: Luminance of the red of seals, when it is painted with that.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when it takes a character away, or a part of it.
        """
        for row in self._rows_of(shape, UP * self._largest) if self._rows else ():
            for line, ink in self._rows.get(row, ()):
                if not stamps or red is None:
                    if shape.touches(line):
                        raise refusal("something is painted over the text")
                elif under := {(x, line.height) for x in shape.hidden(line)}:
                    if contrast(ink, red) < MIN_CONTRAST or under & self._stamped:
                        raise refusal("something is painted over the text")
                    self._stamped |= under

    def ground(
        self,
        shape: Shape | Stroke,
        ink: float,
        *,
        hides: bool,
        stamps: bool = False,
        thin: float = 0.0,
    ) -> None:
        """Remember what later text stands on."""
        self._painted += 1
        painted = _Ground(self._painted, shape, ink, hides, stamps, thin)
        for row in self._rows_of(shape, 0):
            self._grounds.setdefault(row, []).append(painted)

    def _rows_of(self, shape: Shape | Stroke, reach: float) -> range:
        """Return the rows of the page in which a shape has a part."""
        _, bottom, _, top = self.box
        first, last = max(shape.box[1] - reach, bottom), min(shape.box[3] + reach, top)
        return range(int(first // ROW), int(last // ROW) + 1)

    def _is_legible(self, line: Line, ink: float) -> bool:
        """Whether a line has contrast with all that lies under it."""
        up = UP * line.size
        first, last = int((line.height - up) // ROW), int((line.height + up) // ROW)
        under = self._grounds.get(first, [])
        if first != last:
            rows = (self._grounds.get(row, ()) for row in range(first, last + 1))
            under = sorted({each.place: each for row in rows for each in row}.values(), key=_place)
        dimmed, crossed = 1.0, [0.0] * len(line.middles)
        for each in reversed(under):
            if each.stamps:
                dimmed *= each.ink if each.shape.touches(line) else 1.0
            elif not _differ(ink, each.ink, dimmed):
                shares = each.shape.shares(line, each.thin)
                crossed = [*map(sum, zip(crossed, shares, strict=True))]
                if max(crossed) > MAX_CROSSED:
                    return False
            elif each.hides and each.shape.holds(line):
                return True
        return _differ(ink, PAPER, dimmed)


def _place(ground: _Ground) -> int:
    return ground.place


@lru_cache(maxsize=KEPT_CONTRASTS)
def _differ(ink: float, under: float, dimmed: float) -> bool:
    """Whether an ink is legible on what lies under it, with stamps on that and without."""
    least = contrast(ink, under)
    return (least if dimmed == 1.0 else min(least, contrast(ink, under * dimmed))) >= MIN_CONTRAST


def upright(origin: Matrix) -> float:
    """Return the size of a character that stands upright and is not squeezed.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, when it does not.
    """
    a, b, c, d = origin[:4]
    if a <= 0 or d <= 0 or abs(b) > _EVEN * a or abs(c) > _EVEN * a or abs(a - d) > _EVEN * a:
        raise refusal("text is turned, mirrored or squeezed")
    return a


def refusal(message: str) -> AnzhengError:
    """Return the error about something that is not seen as it reads."""
    return AnzhengError(Code.DATA_PAGE_MISMATCH, message)
