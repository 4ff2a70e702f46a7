"""Lines on a page: what they paint, and how much of a character that is.

Standard: ISO 32000-1, 8.4.3 (line width, joins), 8.5.3.2 (stroking).
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from verifier.pades.seen_shapes import HIDDEN_POINTS, Box, Line, Point, Shape, meets

_BLUNT: Final = 1.5
"""A corner of a line that reaches no further, in halves of its width, is within its ends."""


def _size_of(box: Box) -> float:
    left, bottom, right, top = box
    return (right - left) * (top - bottom)


def _is_beside(box: Box, shape: Sequence[Point]) -> bool:
    """Whether all corners of a shape are on one side of a box."""
    left, bottom, right, top = box
    across, up = [x for x, _ in shape], [y for _, y in shape]
    return max(across) < left or min(across) > right or max(up) < bottom or min(up) > top


def _area_in(box: Box, shape: Sequence[Point]) -> float:
    """Return the area of the part of a convex shape that lies in a box (Sutherland, Hodgman)."""
    if _is_beside(box, shape):
        return 0.0
    corners = list(shape)
    for axis, edge, side in ((0, box[0], 1), (0, box[2], -1), (1, box[1], 1), (1, box[3], -1)):
        kept: list[Point] = []
        for one, other in zip(corners, corners[1:] + corners[:1], strict=True):
            here, there = side * (one[axis] - edge), side * (other[axis] - edge)
            if here >= 0:
                kept.append(one)
            if (here < 0) != (there < 0):
                part = here / (here - there)
                x, y = one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])
                kept.append((x, y))
        corners = kept
    around = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in around)) / 2


class Stroke:
    """What a line along a path paints.

    It is looked at closely only where text is: a page has some thousand of them.

    Args:
        path: Its points.
        width: Of the line.
        mitre: How far its corners may reach, in widths; 0 where they are round or cut.
    """

    __slots__ = ("_mitre", "_path", "_width", "box")

    def __init__(self, path: Sequence[Point], width: float, mitre: float) -> None:
        self._path, self._width, self._mitre = path, width, mitre
        reach = width / 2 * max(mitre, _BLUNT)
        across, up = zip(*path, strict=True)
        self.box: Box = (
            min(across) - reach, min(up) - reach, max(across) + reach, max(up) + reach,
        )  # fmt: skip

    def holds(self, _line: Line) -> bool:
        """A line is no ground that all characters stand on."""
        return False

    def touches(self, line: Line) -> bool:
        """Whether something of it is where a character of a line is."""
        return meets(self.box, line) and any(each.touches(line) for each in self._shapes())

    def hidden(self, line: Line, least: int = HIDDEN_POINTS) -> list[float]:
        """Return the middles of the characters of which one part of it hides so many points."""
        if not meets(self.box, line):
            return []
        return [x for each in self._shapes() for x in each.hidden(line, least)]

    def shares(self, line: Line, thin: float) -> list[float]:
        """Return how much of each character it covers: all of it, where it is not thin.

        Args:
            line: The characters.
            thin: How wide it is drawn; 0 for what is no thin line.
        """
        if not meets(self.box, line):
            return [0.0] * len(line.middles)
        if not thin:
            return [float(self.touches(each)) for each in line.alone()]
        boxes = list(line.boxes())
        left, bottom, _, top = boxes[0]
        around = (left, bottom, boxes[-1][2], top)
        drawn = Stroke(self._path, thin, self._mitre)._areas()  # noqa: SLF001 - of its kind
        near = [each for each in drawn if not _is_beside(around, each)]
        return [sum(_area_in(box, each) for each in near) / _size_of(box) for box in boxes]

    def _shapes(self) -> Iterator[Shape]:
        return (Shape([area]) for area in self._areas())

    def _areas(self) -> Iterator[Sequence[Point]]:
        """Yield what is painted along each part of the path, and at its sharp corners: convex."""
        path = self._path
        for one, other in pairwise(path):
            yield drawn_line(one, other, self._width)
        closed = path[0] == path[-1] and len(path) > 2  # noqa: PLR2004 - a path and back
        around = (*path, path[1]) if closed else path
        for before, corner, after in zip(around, around[1:], around[2:], strict=False):
            spike = _spike(before, corner, after, self._width, self._mitre)
            if spike is not None:
                yield spike


def _spike(
    before: Point, corner: Point, after: Point, width: float, mitre: float
) -> Sequence[Point] | None:
    """Return what a sharp corner adds to a line."""
    (x1, y1), (x, y), (x2, y2) = before, corner, after
    come, leave = math.hypot(x - x1, y - y1), math.hypot(x2 - x, y2 - y)
    if not come or not leave:
        return None
    dx, dy = (x - x1) / come - (x2 - x) / leave, (y - y1) / come - (y2 - y) / leave
    apart = math.hypot(dx, dy)
    # Half of the angle between the two lines has this sine.
    sine = math.sqrt(max(0.0, 1 - apart * apart / 4))
    if not sine or not _BLUNT < 1 / sine <= mitre:
        return None
    dx, dy = dx / apart * width / 2, dy / apart * width / 2
    return (x + dx / sine, y + dy / sine), (x - dy, y + dx), (x + dy, y - dx)


def drawn_line(one: Point, other: Point, width: float) -> Sequence[Point]:
    """Return a line of some width as an area; one that ends where it begins is a dot."""
    (x1, y1), (x2, y2) = one, other
    long = math.hypot(x2 - x1, y2 - y1)
    half = width / 2
    dx, dy = ((x2 - x1) / long * half, (y2 - y1) / long * half) if long else (half, 0.0)
    return (
        (x1 - dx - dy, y1 - dy + dx),
        (x1 - dx + dy, y1 - dy - dx),
        (x2 + dx + dy, y2 + dy - dx),
        (x2 + dx - dy, y2 + dy + dx),
    )
