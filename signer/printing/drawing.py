"""Drawings as PDF operators, in hundredths of a millimetre from the upper left corner.

Whole numbers only: they are short, quick to write, and the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin
from typing import Final, NamedTuple

UNITS: Final = 100
"""Units of a drawing in one millimetre."""

INK: Final = "Ink"
"""Name of the graphics state that multiplies with what is below, as ink does."""

POINTS_PER_MM: Final = 72 / 25.4
KAPPA: Final = 0.5523
"""Handle length of the cubic that draws a quarter circle, in radii."""

Matrix = tuple[float, float, float, float, float, float]


class Size(NamedTuple):
    """Of a page, in mm."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """A cell that is laid again and again to fill an area (ISO 32000-1, 8.7.3).

    Attributes:
        content: Operators, in units of the cell.
        width: Of the cell.
        height: Of the cell.
        step: From a cell to the next one on its right; more than the width, for PDFium lays cells
            that touch by whole pixels, which adds up.
        matrix: From the cell to the units of the drawing.
        forms: What is drawn with `Do`.
    """

    content: str
    width: int
    height: int
    step: int
    matrix: Matrix
    forms: "tuple[tuple[str, Drawing], ...]" = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Operators, and what they use by name.

    Attributes:
        content: The operators.
        box: Left, top, right and bottom; nothing outside is seen.
        forms: What is drawn with `Do`.
        patterns: What areas are filled with.
        multiplied: Whether it uses the graphics state `INK`.
    """

    content: str
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    forms: tuple[tuple[str, "Drawing"], ...] = ()
    patterns: tuple[tuple[str, Pattern], ...] = ()
    multiplied: bool = False


def units(mm: float) -> int:
    """Return a length in units."""
    return round(mm * UNITS)


def ink(colour: int) -> str:
    """Return the colour for lines."""
    return f"{_parts(colour)} RG"


def paint(colour: int) -> str:
    """Return the colour for areas."""
    return f"{_parts(colour)} rg"


def _parts(colour: int) -> str:
    return " ".join(f"{part / 255:.3g}" for part in colour.to_bytes(3, "big"))


def rectangle(left: float, top: float, width: float, height: float) -> str:
    """Return a rectangle, given in mm."""
    return f"{units(left)} {units(top)} {units(width)} {units(height)} re"


def circle(x: float, y: float, radius: float) -> str:
    """Return a circle, given in mm."""
    x, y, radius = UNITS * x, UNITS * y, UNITS * radius
    k = KAPPA * radius
    right, left, low, high = x + radius, x - radius, y - radius, y + radius
    points = (
        *(right, y, right, y + k, x + k, high, x, high),
        *(x - k, high, left, y + k, left, y),
        *(left, y - k, x - k, low, x, low),
        *(x + k, low, right, y - k, right, y),
    )
    return f"{cubics(points)}h"


def smooth(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Return a curve through all points but the first and the last, which only give it direction.

    Catmull-Rom, written as cubics.
    """
    path = [xs[1], ys[1]]
    for at in range(1, len(xs) - 2):
        before, start, end, after = xs[at - 1 : at + 3]
        low, from_, to, high = ys[at - 1 : at + 3]
        path += (
            start + (end - before) / 6,
            from_ + (to - low) / 6,
            end - (after - start) / 6,
            to - (high - from_) / 6,
            end,
            to,
        )
    return cubics(path)


def cubics(numbers: Sequence[float]) -> str:
    """Return a path of cubics: two numbers for its start, then six for each."""
    form = "%d %d m " + "%d %d %d %d %d %d c " * (len(numbers) // 6)
    return form % tuple(map(round, numbers))


def turned(angle: float, x: float = 0, y: float = 0) -> str:
    """Return the operator that moves to a place (in units) and turns there, clockwise."""
    c, s = f"{cos(angle):.5f}", f"{sin(angle):.5f}"
    return f"{c} {s} {sin(-angle):.5f} {c} {round(x)} {round(y)} cm"
