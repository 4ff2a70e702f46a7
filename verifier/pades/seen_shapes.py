"""Shapes on a page: where a character stands, and what is painted under it and over it.

Curves are taken as the straight lines between a few of their points; what is asked is whether a
character can be seen, not how it looks.

Standard: ISO 32000-1, 8.3.3 (matrices), 8.5 (paths); WCAG 2.2, 1.4.3 (contrast).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
PAPER: Final = 1.0
"""Luminance of what nothing was painted on."""

HIDDEN_POINTS: Final = 4
"""A character is hidden when so many of its five points are: a seal's stroke may cross it.

What is no stamp may not touch one of them: a line through a day takes it back.
"""

_CORNERS: Final = 4
_CLOSED: Final = 5
_CURVE_STEPS: Final = (0.25, 0.5, 0.75, 1.0)
_QUARTER: Final = 0.22
"""How far the outer points of a character are from its middle, in parts of its size."""
MIDDLE: Final = 0.35
"""Where the middle of a character is above the base line, in parts of its size."""
_DARK: Final = 0.04045
"""Where the curve of sRGB begins."""
_CMYK: Final = 4


def times(one: Matrix, other: Matrix) -> Matrix:
    """Return the matrix that does `one` first and `other` then."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)  # fmt: skip


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

    def points(self) -> Iterator[Point]:
        """Return the middles."""
        return ((x, self.height) for x in self.middles)

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


class Shape:
    """A filled area of straight lines, by the even-odd rule."""

    __slots__ = ("_is_box", "_paths", "box")

    def __init__(self, paths: Sequence[Sequence[Point]]) -> None:
        self._paths = paths
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
        inside = self._is_box
        for path in () if inside else self._paths:
            for (x1, y1), (x2, y2) in pairwise((*path, path[0])):
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    inside = not inside
        return inside

    def holds(self, line: Line) -> bool:
        """Whether all characters of a line are in it."""
        ends = line.middles[0], line.middles[-1]
        if self._is_box:
            return all(self.contains((x, line.height)) for x in ends)
        return all(map(self.contains, line.points()))

    def meets(self, line: Line) -> bool:
        """Whether a character of a line may be in it."""
        left, bottom, right, top = self.box
        reach = line.size
        return (
            bottom - reach <= line.height <= top + reach
            and left - reach <= line.middles[-1]
            and line.middles[0] <= right + reach
        )

    def hides(self, line: Line, least: int = HIDDEN_POINTS) -> bool:
        """Whether so many of a character's points are under it."""
        return self.meets(line) and any(self._hides(x, line, least) for x in line.middles)

    def hidden(self, line: Line, least: int = HIDDEN_POINTS) -> list[float]:
        """Return the middles of the characters of which so many points are under it."""
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


def drawn_line(one: Point, other: Point, width: float) -> Shape:
    """Return a line of some width as an area."""
    (x1, y1), (x2, y2) = one, other
    long = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-9)
    dx, dy = (x2 - x1) / long * width / 2, (y2 - y1) / long * width / 2
    corners = (
        (x1 - dx - dy, y1 - dy + dx),
        (x1 - dx + dy, y1 - dy - dx),
        (x2 + dx + dy, y2 + dy - dx),
        (x2 + dx - dy, y2 + dy + dx),
    )
    return Shape([corners])


def curve(start: Point, one: Point, other: Point, end: Point) -> list[Point]:
    """Return a few points of a cubic curve, without its start."""
    found = []
    for t in _CURVE_STEPS:
        s = 1 - t
        weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
        found.append(
            (
                sum(w * p[0] for w, p in zip(weights, (start, one, other, end), strict=True)),
                sum(w * p[1] for w, p in zip(weights, (start, one, other, end), strict=True)),
            )
        )
    return found


def contrast(one: float, other: float) -> float:
    """Return the contrast of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(colour: Sequence[float]) -> float:
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
