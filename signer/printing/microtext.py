"""Microtext: the licence number in letters of 0.2 mm, which a copier turns into a grey line.

On a screen it is a line too, until it is enlarged sixteen times. A pattern repeats the number, so
its outlines stand in the file once and a reader needs them only when it draws.
"""

from math import cos, pi, sin
from typing import Final

from signer.layout import Microtext
from signer.printing.drawing import UNITS, Drawing, Matrix, Pattern, Size, paint, units
from signer.printing.lettering import filled, width

HEIGHT_MM: Final = 0.22
"""Size of the font: a Chinese character in it is 0.2 mm high."""

EM: Final = 100
_BASE: Final = 88
_GAP: Final = 60
_LETTERS: Final = "Number"

Line = tuple[float, float, float, float]
"""Where a line starts in mm, how long it is, and its angle."""


def microtext(page: Size, layer: Microtext, number: str) -> Drawing:
    """Return the number along the lines and around the page."""
    cell = round(width(number) * EM) + _GAP
    letters = Drawing(f"1 0 0 1 0 {_BASE} cm\n{filled(number, EM)}", (0, 0, cell, EM))
    parts, patterns = ["/Pattern cs\n"], []
    for place, (x, y, length, angle) in enumerate(lines(page, layer)):
        patterns.append((f"Line{place}", _pattern(letters, cell, x, y, angle, layer.colour)))
        c, s = f"{cos(angle):.0f}", f"{sin(angle):.0f}"
        turn = f"{c} {s} {sin(-angle):.0f} {c} {units(x)} {units(y)} cm"
        area = f"0 0 {units(length)} {units(HEIGHT_MM)} re f"
        parts.append(f"q {turn} /Line{place} scn {area} Q\n")
    return Drawing("".join(parts), patterns=tuple(patterns))


def _pattern(letters: Drawing, cell: int, x: float, y: float, angle: float, colour: int) -> Pattern:
    scale = HEIGHT_MM * UNITS / EM
    c, s = scale * cos(angle), scale * sin(angle)
    matrix: Matrix = (c, s, -s, c, units(x), units(y))
    return Pattern(f"{paint(colour)} /{_LETTERS} Do", cell, EM, matrix, ((_LETTERS, letters),))


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
