"""Microtext: the licence number in letters of 0.2 mm, which a copier turns into a grey line.

On a screen it is a line too, until it is enlarged sixteen times. A pattern repeats the number, so
its outlines stand in the file once and a reader needs them only when it draws.
"""

from math import ceil, floor
from typing import Final

from signer.layout import Microtext
from signer.printing.drawing import UNITS, Drawing, Pattern, Size, paint
from signer.printing.lettering import filled, width

SIZE: Final = 22
"""Size of the font in units: a Chinese character in it is 0.2 mm high."""

EM: Final = 66
_BASE: Final = 58
_GAP: Final = 12
"""From a number to the next one, in units."""

_TURNS: Final = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Cosine and sine of the four ways that a line runs."""

Line = tuple[float, float, float]
"""Where a line starts in mm, and how long it is."""


def microtext(page: Size, layer: Microtext, number: str) -> Drawing:
    """Return the number along the lines and around the page, whole numbers only."""
    long = ceil(width(number) * SIZE)
    outlines = f"1 0 0 1 0 {_BASE} cm\n{filled(number, EM)}"
    letters = Drawing(outlines, (0, 0, long * EM // SIZE + 1, EM))
    scale = f"{SIZE / EM:.5f}"
    content = f"{paint(layer.colour)} {scale} 0 0 {scale} 0 0 cm /Number Do"
    parts, patterns = ["/Pattern cs\n"], []
    for turn, found in enumerate(lines(page, layer)):
        if found:
            c, s = _TURNS[turn]
            matrix = (c, s, -s, c, 0, 0)
            cell = Pattern(content, long, SIZE, long + _GAP, matrix, (("Number", letters),))
            patterns.append((f"Line{turn}", cell))
            areas = " ".join(_area(x * c + y * s, y * c - x * s, far, cell) for x, y, far in found)
            parts.append(f"q {c} {s} {-s} {c} 0 0 cm /Line{turn} scn {areas} f Q\n")
    return Drawing("".join(parts), patterns=tuple(patterns))


def _area(left: float, top: float, length: float, cell: Pattern) -> str:
    """As many whole cells as fit a line, which starts where a cell does."""
    first = ceil(left * UNITS / cell.step)
    count = max(0, floor((left + length) * UNITS / cell.step) - first)
    row = round(top * UNITS / SIZE)
    return f"{first * cell.step} {row * SIZE} {count * cell.step} {SIZE} re"


def lines(page: Size, layer: Microtext) -> tuple[list[Line], list[Line], list[Line], list[Line]]:
    """Return the lines that run right, down, left and up; around the page their feet are inside."""
    right: list[Line] = list(layer.lines)
    down: list[Line] = []
    left: list[Line] = []
    up: list[Line] = []
    for edge in layer.around:
        across, along = page.width - 2 * edge, page.height - 2 * edge
        right.append((edge, edge, across))
        down.append((page.width - edge, edge, along))
        left.append((page.width - edge, page.height - edge, across))
        up.append((edge, page.height - edge, along))
    return right, down, left, up
