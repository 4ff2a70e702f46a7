"""The frame and the rosette of the page as PDF drawing operators.

They are the same on every page of every licence; so they are drawn and packed once, and put under
what the template makes of the data. The curves are cubics written with two decimals.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from math import cos, pi, sin
from typing import Final

WIDTH: Final = 210.0
HEIGHT: Final = 297.0
BAND: Final = 10.6
"""Distance of the middle of the band from the edge of the page, in mm."""
SWING: Final = 2.0
WAVES: Final = (28, 40)
"""Waves along the short and the long side."""
HANDLE: Final = 0.3642
"""Handle of the cubic that draws half a sine wave, in half waves."""
ROSETTE: Final = 120.0
"""Width of the rosette in the middle of the page, in mm."""

GOLD: Final = 0xA67C1E
RED: Final = 0xA4161A
PAPER: Final = 0xFFFDF7
PALE: Final = 0xF0E6CB
STRANDS: Final = ((0, 0xB08D3C), (-1, 0xC9AD6A), (1, 0xC9AD6A))
LINES: Final = ((7.6, 0.9), (8.55, 0.2), (12.65, 0.2), (13.7, 0.45))
"""Rectangles around the page: distance from the edge and width of the line, in mm."""

_POINTS_PER_MM: Final = 72 / 25.4
_KAPPA: Final = 0.5523
"""Handle length of the cubic that draws a quarter circle, in radii."""

Point = tuple[float, float]


@cache
def background() -> bytes:
    """Return the drawing operators, for a form of the size of the page in points."""
    scale = f"{_POINTS_PER_MM:.5f}"
    # Millimetres from here on, from the upper left corner.
    parts = [f"{scale} 0 0 -{scale} 0 {HEIGHT * _POINTS_PER_MM:.2f} cm"]
    parts += _rosette(WIDTH / 2, HEIGHT / 2, ROSETTE / 100)
    parts += [_strand(third, colour) for third, colour in STRANDS]
    parts += [_rectangle(margin, width) for margin, width in LINES]
    corners = [(x, y) for x in (BAND, WIDTH - BAND) for y in (BAND, HEIGHT - BAND)]
    parts += [_corner(x, y) for x, y in corners]
    return "\n".join(parts).encode("ascii")


def _rosette(x: float, y: float, unit: float) -> Iterator[str]:
    """Four rings of petals."""
    for ring in range(4):
        swing = (4.6 if ring % 2 == 0 else -4.6) * unit
        outer = _closed(_petals(x, y, (44 - 9 * ring) * unit, 12, swing))
        inner = _closed(_petals(x, y, (40 - 9 * ring) * unit, 12, -swing))
        yield _stroke(f"{outer}\n{inner}", PALE, 0.32 * unit)


def _strand(third: int, colour: int) -> str:
    """One of three strands of the band, a third of a wave apart, along all four sides."""
    across, down = WIDTH - 2 * BAND, HEIGHT - 2 * BAND
    sides = [
        _open([(x, y + v) for x, v in _wave(across, WAVES[0], third)])
        for y in (BAND, HEIGHT - BAND)
    ]
    sides += [
        _open([(x + v, y) for y, v in _wave(down, WAVES[1], third)]) for x in (BAND, WIDTH - BAND)
    ]
    return _stroke("\n".join(sides), colour, 0.16)


def _wave(length: float, waves: int, third: int) -> list[Point]:
    half = length / (2 * waves)
    start = BAND + third * length / waves / 3
    height = SWING
    points = [(start, height)]
    for number in range(2 * waves):
        at = start + number * half
        points += [
            (at + HANDLE * half, height),
            (at + (1 - HANDLE) * half, -height),
            (at + half, -height),
        ]
        height = -height
    return points


def _corner(x: float, y: float) -> str:
    side = 3.4
    square = f"{_n(x - side)} {_n(y - side)} {_n(2 * side)} {_n(2 * side)} re"
    flower = _closed(_petals(x, y, 1.75, 8, 0.95)) + "\n" + _closed(_petals(x, y, 1.25, 8, -0.75))
    return "\n".join(
        (
            f"{_colour(PAPER)} rg {_colour(GOLD)} RG 0.45 w {square} B",
            _stroke(flower, GOLD, 0.22),
            f"{_colour(RED)} rg {_circle(x, y, 0.45)} f",
        )
    )


def _circle(x: float, y: float, radius: float) -> str:
    k = _KAPPA * radius
    right, left, low, high = x + radius, x - radius, y - radius, y + radius
    return _open(
        [
            *((right, y), (right, y + k), (x + k, high), (x, high)),
            *((x - k, high), (left, y + k), (left, y)),
            *((left, y - k), (x - k, low), (x, low)),
            *((x + k, low), (right, y - k), (right, y)),
        ]
    )


def _petals(x: float, y: float, radius: float, petals: int, swing: float) -> list[Point]:
    points = []
    for step in range(48):
        angle = 2 * pi * step / 48
        distance = radius + swing * cos(petals * angle)
        points.append((x + distance * cos(angle), y + distance * sin(angle)))
    return points


def _closed(points: Sequence[Point]) -> str:
    """A smooth closed curve through the points (Catmull-Rom as cubics)."""
    count = len(points)
    cubics = [points[0]]
    for at in range(count):
        before, start, end, after = (points[(at + step) % count] for step in (-1, 0, 1, 2))
        cubics += [
            (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6),
            (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6),
            end,
        ]
    return _open(cubics) + " h"


def _open(points: Sequence[Point]) -> str:
    """A path of cubics."""
    numbers = [f"{_n(x)} {_n(y)}" for x, y in points]
    curves = (f"{' '.join(numbers[at : at + 3])} c" for at in range(1, len(numbers), 3))
    return "\n".join((f"{numbers[0]} m", *curves))


def _rectangle(margin: float, width: float) -> str:
    size = f"{_n(WIDTH - 2 * margin)} {_n(HEIGHT - 2 * margin)}"
    return _stroke(f"{_n(margin)} {_n(margin)} {size} re", GOLD, width)


def _stroke(path: str, colour: int, width: float) -> str:
    return f"{_colour(colour)} RG {_n(width)} w\n{path} S"


def _colour(colour: int) -> str:
    return " ".join(f"{part / 255:.3f}" for part in colour.to_bytes(3, "big"))


def _n(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
