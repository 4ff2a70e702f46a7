"""Draw the frame and the rosette of the page: run `python -m signer.templates.art`.

The curves are cubics written with two decimals, so that the page stays small. The files are
committed; a test draws them again and compares.
"""

from collections.abc import Sequence
from math import cos, pi, sin
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "cn_a4p" / "1"

WIDTH: Final = 210.0
HEIGHT: Final = 297.0
BAND: Final = 10.6
"""Distance of the middle of the band from the edge of the page, in mm."""
SWING: Final = 2.0
WAVES: Final = (28, 40)
"""Waves along the short and the long side."""
HANDLE: Final = 0.3642
"""Handle of the cubic that draws half a sine wave, in half waves."""

GOLD: Final = "#a67c1e"
RED: Final = "#a4161a"
PAPER: Final = "#fffdf7"
PALE: Final = "#f0e6cb"
STRANDS: Final = ((0, "#b08d3c"), (-1, "#c9ad6a"), (1, "#c9ad6a"))
LINES: Final = ((7.6, 0.9), (8.55, 0.2), (12.65, 0.2), (13.7, 0.45))
"""Rectangles around the page: distance from the edge and width of the line, in mm."""

Point = tuple[float, float]


def frame() -> str:
    """Return the frame as SVG."""
    parts = [_strand(third, colour) for third, colour in STRANDS]
    parts += [_rectangle(margin, width) for margin, width in LINES]
    corners = [(x, y) for x in (BAND, WIDTH - BAND) for y in (BAND, HEIGHT - BAND)]
    parts += [_corner(x, y) for x, y in corners]
    return _svg(f"0 0 {WIDTH:g} {HEIGHT:g}", parts)


def rosette() -> str:
    """Return the rosette behind the text as SVG."""
    parts = []
    for ring in range(4):
        swing = 4.6 if ring % 2 == 0 else -4.6
        outer = _closed(_petals(50, 50, 44 - 9 * ring, 12, swing))
        inner = _closed(_petals(50, 50, 40 - 9 * ring, 12, -swing))
        parts.append(_stroke(outer + inner, PALE, 0.32))
    return _svg("0 0 100 100", parts)


def main() -> None:
    """Write both files."""
    (FOLDER / "frame.svg").write_text(frame(), encoding="utf-8")
    (FOLDER / "rosette.svg").write_text(rosette(), encoding="utf-8")


def _strand(third: int, colour: str) -> str:
    """One of three strands of the band, a third of a wave apart, along all four sides."""
    across, down = WIDTH - 2 * BAND, HEIGHT - 2 * BAND
    path = ""
    for y in (BAND, HEIGHT - BAND):
        path += _open([(x, y + v) for x, v in _wave(across, WAVES[0], third)])
    for x in (BAND, WIDTH - BAND):
        path += _open([(x + v, y) for y, v in _wave(down, WAVES[1], third)])
    return _stroke(path, colour, 0.16)


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
    flower = _closed(_petals(x, y, 1.75, 8, 0.95)) + _closed(_petals(x, y, 1.25, 8, -0.75))
    return (
        f'<rect x="{_n(x - side)}" y="{_n(y - side)}" width="{2 * side}" height="{2 * side}"'
        f' fill="{PAPER}" stroke="{GOLD}" stroke-width=".45"/>'
        + _stroke(flower, GOLD, 0.22)
        + f'<circle cx="{_n(x)}" cy="{_n(y)}" r=".45" fill="{RED}"/>'
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
    return _open(cubics) + "z"


def _open(points: Sequence[Point]) -> str:
    """A path of cubics, written relative to where the rounded path stands."""
    x, y = round(points[0][0], 2), round(points[0][1], 2)
    numbers = []
    for at in range(1, len(points), 3):
        for point in points[at : at + 3]:
            numbers += [_n(point[0] - x), _n(point[1] - y)]
        x, y = round(x + float(numbers[-2]), 2), round(y + float(numbers[-1]), 2)
    return f"M{_n(points[0][0])} {_n(points[0][1])}c{' '.join(numbers)}"


def _rectangle(margin: float, width: float) -> str:
    return (
        f'<rect x="{margin:g}" y="{margin:g}" width="{_n(WIDTH - 2 * margin)}"'
        f' height="{_n(HEIGHT - 2 * margin)}" fill="none" stroke="{GOLD}"'
        f' stroke-width="{width:g}"/>'
    )


def _stroke(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def _svg(box: str, parts: Sequence[str]) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{"".join(parts)}</svg>\n'


def _n(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


if __name__ == "__main__":
    main()
