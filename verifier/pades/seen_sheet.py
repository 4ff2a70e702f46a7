"""What is on a page so far: where its characters stand, and what was painted.

Standard: DESIGN 4, check 5; WCAG 2.2, 1.4.3 (contrast).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from licence.errors import AnzhengError, Code
from verifier.pades.seen_shapes import HIDDEN_POINTS, PAPER, Line, Point, Shape, contrast

MIN_POINTS: Final = 4.5
"""Smallest text, in points."""
MIN_CONTRAST: Final = 3.0
"""Least contrast of text with what was painted under it."""
MIN_APART: Final = 0.15
"""Middles of two characters are at least so far apart, in parts of the smaller size."""
ROW: Final = 20.0
"""Lines are looked for in rows of so many points."""


@dataclass(slots=True)
class Sheet:
    """One page while it is drawn.

    Args:
        box: Left, bottom, right and top, in points.
    """

    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    _lines: list[Line] = field(default_factory=list)
    _inks: list[float] = field(default_factory=list)
    _stamped: set[Point] = field(default_factory=set)
    _rows: dict[int, list[Line]] = field(default_factory=dict)
    _grounds: list[tuple[Shape, float]] = field(default_factory=list)

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
        if line.size < MIN_POINTS:
            raise refusal("text is too small to be read")
        if not (left <= min(line.middles) and max(line.middles) <= right):
            raise refusal("text runs over the edge of the page")
        if not bottom <= line.height <= top:
            raise refusal("text runs over the edge of the page")
        if not all(clip.holds(line) for clip in clips):
            raise refusal("text is cut off")
        if self._least_contrast(line, ink) < MIN_CONTRAST:
            raise refusal("text is too light to be read")
        row = int(line.height // ROW)
        reach = int(MIN_APART * line.size // ROW) + 1
        rows = range(row - reach, row + reach + 1)
        near = (other for each in rows for other in self._rows.get(each, ()))
        if any(line.is_over(other, MIN_APART) for other in near):
            raise refusal("characters stand over each other")
        self._lines.append(line)
        self._inks.append(ink)
        self._rows.setdefault(row, []).append(line)

    def cover(self, shape: Shape, *, stamps: bool, red: float | None = None) -> None:
        """Paint over what is there; a stamp is transparent ink that may cross a character.

        The star of a seal may lie over whole characters, once: black stays black under its red.

        Args:
            shape: What is painted.
            stamps: Whether it is multiplied with what is below.
            red: Luminance of the red of seals, when it is filled with that.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when it takes a character away.
        """
        least = HIDDEN_POINTS if stamps else 1
        for line, ink in zip(self._lines, self._inks, strict=True):
            if not shape.hides(line, least):
                continue
            under = {(x, line.height) for x in shape.hidden(line, least)}
            legible = stamps and red is not None and contrast(ink, red) >= MIN_CONTRAST
            if not legible or under & self._stamped:
                raise refusal("something is painted over the text")
            self._stamped |= under

    def ground(self, shape: Shape, ink: float) -> None:
        """Remember what later text stands on."""
        self._grounds.append((shape, ink))

    def _least_contrast(self, line: Line, ink: float) -> float:
        """Return the contrast of a line with what lies under it, where that is least."""
        least, some = contrast(ink, PAPER), False
        for shape, under in reversed(self._grounds):
            if not shape.meets(line):
                continue
            if shape.holds(line):
                found = contrast(ink, under)
                return min(least, found) if some else found
            if any(map(shape.contains, line.points())):
                least, some = min(least, contrast(ink, under)), True
        return least


def refusal(message: str) -> AnzhengError:
    """Return the error about something that is not seen as it reads."""
    return AnzhengError(Code.DATA_PAGE_MISMATCH, message)
