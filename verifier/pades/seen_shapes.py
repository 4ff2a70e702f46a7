"""Shapes on a page: where a character stands, and what is painted under it and over it.

Curves are taken as the straight lines between a few of their points; what is asked is whether a
character can be seen, not how it looks.

Standard: ISO 32000-1, 8.3.3 (matrices), 8.5 (paths); WCAG 2.2, 1.4.3 (contrast).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top."""

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
FARTHEST: Final = 1e6
"""Numbers of a page's program are below this; readers cut off, or wrap, what is beyond theirs."""
PAPER: Final = 1.0
"""Luminance of what nothing was painted on."""

HIDDEN_POINTS: Final = 4
"""A character is hidden when so many of its five points are: a seal's stroke may cross it.

What is no stamp may not touch one of them: a line through a day takes it back.
"""

_CORNERS: Final = 4
_CLOSED: Final = 5
CURVE_STEPS: Final = 4
_MAX_CURVE_STEPS: Final = 64
_CURVE_STEP: Final = 8.0
"""A curve is taken as one line for about so many points of its length."""
_QUARTER: Final = 0.22
"""How far the outer points of a character are from its middle, in parts of its size."""
ACROSS: Final = 0.22
UP: Final = 0.36
"""Half of the box that a character fills at least, in parts of its size: a digit's, about."""
MIDDLE: Final = 0.35
"""Where the middle of a character is above the base line, in parts of its size."""
_DARK: Final = 0.04045
"""Where the curve of sRGB begins."""
_CMYK: Final = 4
KEPT_COLOURS: Final = 256
"""Luminances that are kept; a template has a dozen colours."""


def times(one: Matrix, other: Matrix) -> Matrix:
    """Return the matrix that does `one` first and `other` then."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)  # fmt: skip


def matrix_of(given: Iterable[Any]) -> Matrix:
    """Return the six operands of `cm`, `Tm` or a form as a matrix."""
    a, b, c, d, e, f = map(float, given)
    return near((a, b, c, d, e, f))


def near(matrix: Matrix) -> Matrix:
    """Return a matrix that moves nothing out of all bounds.

    Raises:
        ValueError: When it does.
    """
    if not all(-FARTHEST < each < FARTHEST for each in matrix):
        raise ValueError("a number is out of all bounds")
    return matrix


def moved(matrix: Matrix, x: float, y: float) -> Point:
    """Return where a point comes to stand."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


@dataclass(frozen=True, slots=True)
class Line:
    """Characters on one line of a page, left to right.

    Args:
        middles: Where the middle of each is, across.
        height: Where the middles are, upwards.
        size: Of all, in points.
    """

    middles: tuple[float, ...]
    height: float
    size: float

    def boxes(self) -> Iterator[Box]:
        """Return what each character fills at least."""
        across, bottom, top = ACROSS * self.size, self.height - UP * self.size, self.height
        top += UP * self.size
        return ((x - across, bottom, x + across, top) for x in self.middles)

    def alone(self) -> "Iterator[Line]":
        """Return each character as a line."""
        return (Line((x,), self.height, self.size) for x in self.middles)

    def is_over(self, other: "Line", apart: float) -> bool:
        """Whether characters of both stand nearer than so many parts of the smaller size."""
        least = apart * min(self.size, other.size)
        if (
            abs(self.height - other.height) >= least
            or self.middles[0] - least >= other.middles[-1]
            or other.middles[0] - least >= self.middles[-1]
        ):
            return False
        return any(abs(x - y) < least for x in self.middles for y in other.middles)


def meets(box: Box, line: Line) -> bool:
    """Whether a character of a line may be in a box."""
    left, bottom, right, top = box
    reach = line.size
    return (
        bottom - reach <= line.height <= top + reach
        and left - reach <= line.middles[-1]
        and line.middles[0] <= right + reach
    )


class Shape:
    """A filled area of straight lines.

    Args:
        paths: Its lines; each path is closed.
        even_odd: Whether what lies in it twice is outside again; else it is inside as long as the
            paths around it do not undo each other.
    """

    __slots__ = ("_even_odd", "_is_box", "_paths", "box")

    def __init__(self, paths: Sequence[Sequence[Point]], *, even_odd: bool = False) -> None:
        self._paths = paths
        self._even_odd = even_odd
        across = [x for path in paths for x, _ in path]
        up = [y for path in paths for _, y in path]
        self.box = (min(across), min(up), max(across), max(up)) if across else (0.0, 0.0, 0.0, 0.0)
        self._is_box = len(paths) == 1 and _is_box(paths[0], self.box)

    def contains(self, point: Point) -> bool:
        """Whether a point is in it."""
        x, y = point
        left, bottom, right, top = self.box
        if not (left <= x <= right and bottom <= y <= top):
            return False
        if self._is_box:
            return True
        around = crossed = 0
        for path in self._paths:
            for (x1, y1), (x2, y2) in pairwise((*path, path[0])):
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    around += 1 if y2 > y1 else -1
                    crossed += 1
        return bool(crossed % 2 if self._even_odd else around)

    def parts(self) -> "Iterator[Shape]":
        """Return each of its paths as a shape."""
        return (Shape([path]) for path in self._paths)

    def thickness(self) -> float:
        """Return the shorter side of its box."""
        left, bottom, right, top = self.box
        return min(right - left, top - bottom)

    def holds(self, line: Line) -> bool:
        """Whether all characters of a line are in it, as wholes."""
        left, bottom, right, top = self.box
        within = (
            left <= line.middles[0] - ACROSS * line.size
            and line.middles[-1] + ACROSS * line.size <= right
            and bottom <= line.height - UP * line.size
            and line.height + UP * line.size <= top
        )
        if self._is_box or not within:
            return within
        return not any(map(self._is_cut_by, line.boxes())) and all(
            self.contains((x, line.height)) for x in line.middles
        )

    def touches(self, line: Line) -> bool:
        """Whether something of it is where a character of a line is."""
        left, bottom, right, top = self.box
        return meets(self.box, line) and any(
            left <= box[2]
            and box[0] <= right
            and bottom <= box[3]
            and box[1] <= top
            and (
                self._is_box
                or self._is_cut_by(box)
                or self.contains(((box[0] + box[2]) / 2, line.height))
            )
            for box in line.boxes()
        )

    def shares(self, line: Line, thin: float) -> list[float]:
        """Return how much of each character it covers: all of it, where it is not thin."""
        most = thin / (2 * UP * line.size) if thin else 1.0
        return [most if self.touches(each) else 0.0 for each in line.alone()]

    def _is_cut_by(self, box: Box) -> bool:
        """Whether one of its edges crosses a box."""
        return any(
            _crosses(one, other, box)
            for path in self._paths
            for one, other in pairwise((*path, path[0]))
        )

    def hidden(self, line: Line, least: int = HIDDEN_POINTS) -> list[float]:
        """Return the middles of the characters of which so many points are under it."""
        if not meets(self.box, line):
            return []
        return [x for x in line.middles if self._hides(x, line, least)]

    def _hides(self, x: float, line: Line, least: int) -> bool:
        y, away = line.height, line.size * _QUARTER
        around = ((x, y), *((x + dx, y + dy) for dx in (-away, away) for dy in (-away, away)))
        return sum(map(self.contains, around)) >= least


def _is_box(path: Sequence[Point], box: tuple[float, float, float, float]) -> bool:
    """Whether a path goes once around its box."""
    left, bottom, right, top = box
    around = [(left, bottom), (right, bottom), (right, top), (left, top)]
    corners = list(path[:-1] if len(path) == _CLOSED and path[0] == path[-1] else path)
    if len(corners) != _CORNERS or corners[0] not in around:
        return False
    at = around.index(corners[0])
    turned = around[at:] + around[:at]
    return corners == turned or corners[1:] == turned[:0:-1]


def _crosses(one: Point, other: Point, box: Box) -> bool:
    """Whether a line has a point in a box."""
    (x1, y1), (x2, y2) = one, other
    left, bottom, right, top = box
    if max(x1, x2) < left or min(x1, x2) > right or max(y1, y2) < bottom or min(y1, y2) > top:
        return False
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    sides = [(x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) for x, y in corners]
    return min(sides) <= 0 <= max(sides)


def steps_of(start: Point, one: Point, other: Point, end: Point) -> int:
    """Return by how many lines a curve on a page is taken: by more, the longer it is."""
    long = math.dist(start, one) + math.dist(one, other) + math.dist(other, end)
    return min(max(CURVE_STEPS, math.ceil(long / _CURVE_STEP)), _MAX_CURVE_STEPS)


def curve(
    start: Point, one: Point, other: Point, end: Point, steps: int = CURVE_STEPS
) -> list[Point]:
    """Return a few points of a cubic curve, without its start."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = start, one, other, end
    return [
        (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
        for a, b, c, d in _weights(steps)
    ]


@lru_cache(maxsize=_MAX_CURVE_STEPS)
def _weights(steps: int) -> list[tuple[float, float, float, float]]:
    found = []
    for step in range(1, steps + 1):
        t, s = step / steps, 1 - step / steps
        found.append((s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t))
    return found


def contrast(one: float, other: float) -> float:
    """Return the contrast of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@lru_cache(maxsize=KEPT_COLOURS)
def luminance(colour: tuple[float, ...]) -> float:
    """Return the luminance of grey, RGB or CMYK; of anything else that of paper."""
    parts = [min(max(part, 0.0), 1.0) for part in colour]
    if len(parts) == _CMYK:
        parts = [(1 - part) * (1 - parts[3]) for part in parts[:3]]
    if len(parts) not in {1, 3}:
        return PAPER
    red, green, blue = (
        part / 12.92 if part <= _DARK else ((part + 0.055) / 1.055) ** 2.4
        for part in (parts * 3)[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
