"""Guilloches: the band around the page, the rosette in its middle, the ground of a zone.

The digest of `licence.json` chooses their waves, so each licence has its own lines and a forger
cannot take them from another one; who has the data can draw them again and compare.
"""

from collections.abc import Sequence
from math import ceil, pi
from typing import Final

from licence.ids import Digest
from signer.layout import Band, Guilloche, Rosette
from signer.printing.curves import Ring, Wave, ring_strands, strand, wave_of
from signer.printing.digest_stream import DigestStream
from signer.printing.drawing import (
    UNITS,
    Drawing,
    Size,
    circle,
    ink,
    paint,
    rectangle,
    turned,
    units,
)

FINE: Final = 10
"""Width of a guilloche's line, in units: 0.1 mm."""

_PAPER: Final = 0xFFFFFF
_WAVE_MM: Final = 11.0
_CELL: Final = 10_000
"""Length of the band's cell in its own units; it is stretched to fit the side."""
_CELL_WAVES: Final = 3
_GROUND_WAVES: Final = 4
_GROUND_STEP: Final = 140
"""From a row of the ground to the next, in units."""
_CORNER: Final = 1.3
"""Radius of a corner's rosette, in heights of the band."""


def band(page: Size, layer: Band, digest: Digest) -> Drawing:
    """Return the band around the page, with a rosette in each corner."""
    numbers = DigestStream(digest, "band")
    swing = units(layer.height) / 2
    mesh = _mesh(wave_of(numbers), swing, numbers.choice(8, 9, 10), layer.colours)
    core = _mesh(wave_of(numbers), swing * 0.55, 4, layer.colours[::-1])
    edge = ceil(swing) + FINE
    cell = Drawing(f"{FINE} w\n{mesh}{core}", (0, -edge, 2 * _CELL, edge))
    left, right = layer.inset, page.width - layer.inset
    low = page.height - layer.inset
    parts = []
    for length, places in (
        (page.width - 2 * layer.inset, ((0, left, left), (pi, right, low))),
        (page.height - 2 * layer.inset, ((pi / 2, right, left), (-pi / 2, left, low))),
    ):
        cells = max(1, round(length / _WAVE_MM / _CELL_WAVES))
        # The strands of a cell reach into the next one: one more cell, and nothing over the ends.
        clip = f"0 {-edge} {units(length)} {2 * edge} re W n"
        scale = f"{units(length) / cells / _CELL:.6f} 0 0 1 0 0 cm 1 0 0 1 {-_CELL} 0 cm\n"
        side = f"{clip} {scale}" + f"/Cell Do 1 0 0 1 {_CELL} 0 cm\n" * (cells + 1)
        parts += [f"q {turned(angle, units(x), units(y))} {side}Q\n" for angle, x, y in places]
    parts += [
        f"q 1 0 0 1 {units(x)} {units(y)} cm /Corner Do Q\n"
        for x in (left, right)
        for y in (left, low)
    ]
    return Drawing("".join(parts), forms=(("Cell", cell), ("Corner", _corner(layer, digest))))


def _mesh(wave: Wave, swing: float, count: int, colours: Sequence[int]) -> str:
    """Some waves of all strands, colour by colour: one strand, moved on again and again."""
    line = strand(wave, _CELL, swing, _CELL_WAVES)
    step = _CELL / _CELL_WAVES / count
    parts = []
    for at, colour in enumerate(colours):
        moved = f"{line}S 1 0 0 1 {step * len(colours):.2f} 0 cm\n"
        strands = len(range(at, count, len(colours)))
        start = f"1 0 0 1 {step * at:.2f} 0 cm"
        parts.append(f"q {ink(colour)} {start}\n{moved * strands}Q\n")
    return "".join(parts)


def _corner(layer: Band, digest: Digest) -> Drawing:
    radius = _CORNER * layer.height
    size = radius * UNITS
    disc = f"{paint(_PAPER)} {ink(layer.colours[0])} {FINE * 2} w {circle(0, 0, radius)} B\n"
    rings = (Ring(0.66 * size, 0.22 * size, 0.04 * size, 0.3, 1, 7), _middle(size))
    lobe = _lobe(rings, layer.colours, 12, DigestStream(digest, "corner"))
    edge = round(size) + FINE
    return Drawing(disc + _around(12), (-edge, -edge, edge, edge), (("Lobe", lobe),))


def _middle(size: float) -> Ring:
    return Ring(0.24 * size, 0.13 * size, 0, 0, 1, 3)


def rosette(layer: Rosette, digest: Digest) -> Drawing:
    """Return the rosette, its rings from the outer to the inner."""
    numbers = DigestStream(digest, "rosette")
    lobes = numbers.choice(10, 12, 14)
    size = layer.radius * UNITS
    rings = (
        Ring(0.75 * size, 0.13 * size, 0.12 * size, 0.5, 2, 11),
        Ring(0.59 * size, 0.17 * size, 0, 0, 1, 14),
        Ring(0.36 * size, 0.10 * size, 0.07 * size, 0.4, 2, 7),
        Ring(0.17 * size, 0.10 * size, 0, 0, 1, 6),
    )
    lobe = _lobe(rings, layer.colours, lobes, numbers)
    place = f"1 0 0 1 {units(layer.x)} {units(layer.y)} cm\n"
    return Drawing(place + _around(lobes), forms=(("Lobe", lobe),))


def _lobe(
    rings: Sequence[Ring], colours: Sequence[int], lobes: int, numbers: DigestStream
) -> Drawing:
    """One lobe of all rings, from the x axis on clockwise."""
    parts = [f"{FINE} w\n"]
    for place, ring in enumerate(rings):
        lines = ring_strands(ring, wave_of(numbers), lobes)
        parts.append(f"{ink(colours[place % len(colours)])} {lines}")
    reach = round(max(ring.radius + ring.lobe + ring.swing for ring in rings)) + FINE
    return Drawing("".join(parts), (-reach, -reach, reach, reach))


def _around(lobes: int) -> str:
    return f"/Lobe Do {turned(2 * pi / lobes)}\n" * lobes


def ground(layer: Guilloche, digest: Digest) -> Drawing:
    """Return a rectangle full of waves: two families that drift apart and meet again."""
    numbers = DigestStream(digest, "ground")
    box = layer.box
    length, rows = units(numbers.between(13, 18)), numbers.choice(9, 10, 11)
    lines = [
        _drifting(wave_of(numbers, most=0.2), length, units(numbers.between(1.2, 1.9)), rows, sign)
        for sign in (1, -1)
    ]
    wide, high = _GROUND_WAVES * length, rows * _GROUND_STEP
    spill = length + units(3)
    cell = Drawing("".join(lines), (-spill, -spill, wide + spill, high + spill))
    area = rectangle(box.left, box.top, box.width, box.height)
    columns, down = units(box.width) // wide + 2, units(box.height) // high + 2
    parts = [f"{area} W n {FINE} w {ink(layer.colour)}\n"]
    for row in range(down):
        x, y = units(box.left) - length, units(box.top) + (row - 1) * high
        across = f"/Cell Do 1 0 0 1 {wide} 0 cm\n" * columns
        parts.append(f"q 1 0 0 1 {x} {y} cm\n{across}Q\n")
    return Drawing("".join(parts), forms=(("Cell", cell),))


def _drifting(wave: Wave, length: int, swing: float, rows: int, sign: int) -> str:
    """Rows of one wave; after the last of them it has drifted by a whole wave."""
    line = strand(wave, length * _GROUND_WAVES, swing, _GROUND_WAVES)
    down = "".join(
        f"1 0 0 1 {sign * ((row + 1) * length // rows - row * length // rows)} {_GROUND_STEP} cm\n"
        f"{line}S\n"
        for row in range(rows)
    )
    return f"q {down}Q\n"
