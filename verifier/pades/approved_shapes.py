"""Whether a glyph is the outline that officers approved for a character of one licence.

The signer makes a TrueType font of the outlines (`signer/approved_glyphs.py`), whose curves are
quadratic: close to what was approved, not equal. So both are drawn as lines and laid over each
other: no point of one may be far from the other.

Standard: OpenType 1.9, `glyf`; docs/formats/licence.md (outlines).
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from licence.domain.glyph_outline import BASELINE, UNITS_PER_EM
from licence.domain.model import Glyph
from verifier.pades.glyph_programs import TRUETYPE, truetype_shape
from verifier.pades.seen_shapes import Point, curve

FAR: Final = 4.0
"""How far the two may be apart, in thousandths of the size."""
MAX_POINTS: Final = 4_000

_STEP: Final = re.compile(r"([MLCQZ])([-0-9 ]*)")
_ON_CURVE, _SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 1, 2, 4, 8, 16, 32

Lines = list[list[Point]]


@dataclass(frozen=True, slots=True)
class ApprovedShapes:
    """The outlines of one licence.

    Args:
        glyphs: As `licence.json` has them.
    """

    glyphs: tuple[Glyph, ...]

    def __call__(self, text: str, program: bytes) -> bool:
        """Say whether the program draws the outline that was approved for this character."""
        outline = next((each.outline for each in self.glyphs if each.char == text), None)
        shape = truetype_shape(program) if program.startswith(TRUETYPE) else None
        if outline is None or shape is None or shape.em != UNITS_PER_EM or shape.moved:
            return False
        try:
            drawn = list(_contours(shape.data))
        except (struct.error, IndexError, ValueError):
            return False
        return _alike(drawn, list(_approved(outline)))


def _alike(one: Lines, other: Lines) -> bool:
    if sum(map(len, one)) > MAX_POINTS or len(one) != len(other):
        return False
    return _near(one, other) and _near(other, one)


def _near(one: Lines, other: Lines) -> bool:
    """Whether every point of `one`, and the middle of each line, is near a line of `other`."""
    lines = [pair for path in other for pair in pairwise((*path, path[0]))]
    points = (
        point
        for path in one
        for (x1, y1), (x2, y2) in pairwise((*path, path[0]))
        for point in ((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2))
    )
    return all(any(_apart(point, *line) <= FAR for line in lines) for point in points)


def _apart(point: Point, one: Point, other: Point) -> float:
    (x, y), (x1, y1), (x2, y2) = point, one, other
    dx, dy = x2 - x1, y2 - y1
    long = dx * dx + dy * dy
    t = min(max(((x - x1) * dx + (y - y1) * dy) / long, 0.0), 1.0) if long else 0.0
    return float(((x - x1 - t * dx) ** 2 + (y - y1 - t * dy) ** 2) ** 0.5)


def _approved(outline: str) -> Iterator[list[Point]]:
    """Return the approved outline as lines, y upwards from the baseline."""
    path: list[Point] = []
    for operator, numbers in _STEP.findall(outline):
        values = [float(each) for each in numbers.split()]
        points = [(x, BASELINE - y) for x, y in zip(values[::2], values[1::2], strict=True)]
        if operator == "Z":
            yield path
        elif operator == "M":
            path = points
        elif operator == "L":
            path.extend(points)
        elif operator == "Q":
            path.extend(_quadratic(path[-1], points[0], points[1]))
        else:
            path.extend(curve(path[-1], points[0], points[1], points[2]))


def _quadratic(start: Point, control: Point, end: Point) -> list[Point]:
    (x0, y0), (x1, y1), (x2, y2) = start, control, end
    one = (x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3)
    other = (x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3)
    return curve(start, one, other, end)


# ---------------------------------------------------------------- a simple TrueType glyph


def _contours(glyph: bytes) -> Iterator[list[Point]]:
    (count,) = struct.unpack_from(">h", glyph)
    ends = struct.unpack_from(f">{count}H", glyph, 10)
    total = ends[-1] + 1
    if total > MAX_POINTS:
        raise ValueError
    (skipped,) = struct.unpack_from(">H", glyph, 10 + 2 * count)
    flags, at = _flags(glyph, 12 + 2 * count + skipped, total)
    across, at = _coordinates(glyph, at, flags, _SHORT_X, _SAME_X)
    up, _ = _coordinates(glyph, at, flags, _SHORT_Y, _SAME_Y)
    start = 0
    for end in ends:
        points = [(float(across[n]), float(up[n])) for n in range(start, end + 1)]
        yield _flattened(points, [bool(flags[n] & _ON_CURVE) for n in range(start, end + 1)])
        start = end + 1


def _flags(glyph: bytes, at: int, total: int) -> tuple[list[int], int]:
    flags: list[int] = []
    while len(flags) < total:
        flag, at = glyph[at], at + 1
        flags.append(flag)
        if flag & _REPEAT:
            flags.extend([flag] * glyph[at])
            at += 1
    return flags[:total], at


def _coordinates(
    glyph: bytes, at: int, flags: Iterable[int], short: int, same: int
) -> tuple[list[int], int]:
    found, value = [], 0
    for flag in flags:
        if flag & short:
            value += glyph[at] if flag & same else -glyph[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", glyph, at)[0]
            at += 2
        found.append(value)
    return found, at


def _flattened(points: Sequence[Point], on: Sequence[bool]) -> list[Point]:
    """Return a contour as lines; between two control points there is a point of the curve."""
    full: list[tuple[Point, bool]] = []
    for number, (point, is_on) in enumerate(zip(points, on, strict=True)):
        before, before_on = points[number - 1], on[number - 1]
        if not is_on and not before_on:
            full.append((((point[0] + before[0]) / 2, (point[1] + before[1]) / 2), True))
        full.append((point, is_on))
    first = next(number for number, (_, is_on) in enumerate(full) if is_on)
    full = [*full[first:], *full[: first + 1]]
    path: list[Point] = [full[0][0]]
    control: Point | None = None
    for point, is_on in full[1:]:
        if not is_on:
            control = point
        else:
            path.extend([point] if control is None else _quadratic(path[-1], control, point))
            control = None
    return path
