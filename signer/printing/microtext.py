"""Microtext: the licence number in letters of 0.2 mm, which a copier turns into a grey line.

On a screen it is a line too, until it is enlarged sixteen times. A pattern repeats the number, so
its outlines stand in the file once and a reader needs them only when it draws.
"""

from math import ceil, cos, floor, pi, sin
from typing import Final

from signer.layout import Microtext
from signer.printing.drawing import UNITS, Drawing, Pattern, Size, paint
from signer.printing.lettering import filled, width

HEIGHT_MM: Final = 0.22
"""Size of the font: a Chinese character in it is 0.2 mm high."""

EM: Final = 100
_BASE: Final = 88
_GAP: Final = 60
_LETTERS: Final = "Number"
_SCALE: Final = HEIGHT_MM * UNITS / EM
_WHOLE: Final = 50
_TURNS: Final = (0.0, pi / 2, pi, -pi / 2)

Line = tuple[float, float, float, float]
"""Where a line starts in mm, how long it is, and its angle."""


def microtext(page: Size, layer: Microtext, number: str) -> Drawing:
    """Return the number along the lines and around the page, whole numbers only."""
    # A multiple, so that the cell is a whole number of units long.
    cell = ceil((width(number) * EM + _GAP) / _WHOLE) * _WHOLE
    letters = Drawing(f"1 0 0 1 0 {_BASE} cm\n{filled(number, EM)}", (0, 0, cell, EM))
    parts, patterns = ["/Pattern cs\n"], []
    for turn, angle in enumerate(_TURNS):
        name = f"Line{turn}"
        found = [(x, y, length) for x, y, length, way in lines(page, layer) if way == angle]
        if found:
            patterns.append((name, _pattern(letters, cell, angle, layer.colour)))
            areas = " ".join(_area(each, cell) for each in _turned_back(found, angle))
            parts.append(f"q {_matrix(angle)} cm /{name} scn {areas} f Q\n")
    return Drawing("".join(parts), patterns=tuple(patterns))


def _area(line: tuple[float, float, float], cell: int) -> str:
    """A line of as many whole cells as fit, its corner where a cell begins."""
    long, high = _scaled(cell), _scaled(EM)
    x, y, length = (UNITS * value for value in line)
    first, last = ceil(x / long), floor((x + length) / long)
    return f"{first * long} {round(y / high) * high} {max(0, last - first) * long} {high} re"


def _scaled(length: int) -> int:
    return round(length * _SCALE)


def _turned_back(
    found: list[tuple[float, float, float]], angle: float
) -> list[tuple[float, float, float]]:
    """Lines as they are seen when the page is turned so that they run to the right."""
    c, s = round(cos(angle)), round(sin(angle))
    return [(x * c + y * s, y * c - x * s, length) for x, y, length in found]


def _matrix(angle: float) -> str:
    c, s = round(cos(angle)), round(sin(angle))
    return f"{c} {s} {-s} {c} 0 0"


def _pattern(letters: Drawing, cell: int, angle: float, colour: int) -> Pattern:
    c, s = round(cos(angle)), round(sin(angle))
    content = f"{paint(colour)} {_SCALE} 0 0 {_SCALE} 0 0 cm /{_LETTERS} Do"
    turn = (c, s, -s, c, 0, 0)
    wide, step = _scaled(cell - _WHOLE), _scaled(cell)
    return Pattern(content, wide, _scaled(EM), step, turn, ((_LETTERS, letters),))


def lines(page: Size, layer: Microtext) -> list[Line]:
    """Return all lines of microtext; around the page they run clockwise, feet inwards."""
    found: list[Line] = [(left, top, length, 0.0) for left, top, length in layer.lines]
    for edge in layer.around:
        across, down = page.width - 2 * edge, page.height - 2 * edge
        right, low = page.width - edge, page.height - edge
        found += [
            (edge, edge, across, 0.0),
            (right, edge, down, pi / 2),
            (right, low, across, pi),
            (edge, low, down, -pi / 2),
        ]
    return found
