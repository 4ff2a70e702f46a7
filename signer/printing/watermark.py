"""The watermark: a few words over the whole page, and the enterprise's name at places of its own.

Both are lighter than anything that is read, and as outlines no word of the page.
"""

from math import cos, pi, sin
from typing import Final

from licence.ids import Digest
from signer.layout import Box, Names, Watermark
from signer.printing.digest_stream import DigestStream
from signer.printing.drawing import UNITS, Drawing, Size, paint, turned, units
from signer.printing.lettering import Outlines, filled, width

EM: Final = 100
"""Units to the size of the font in which letters are drawn."""

_TILE: Final = (60.0, 40.0)
_SLOPE: Final = -pi / 6
_STEEPEST: Final = pi / 5
_TRIES: Final = 12
_LONGEST: Final = 0.55
"""Longest a name may be, in widths of the area: longer ones are written smaller."""
_APART: Final = 1.5


def watermark(page: Size, layer: Watermark) -> Drawing:
    """Return the words in tiles of 60 by 40 mm, rising at 30 degrees, every other row between."""
    across, down = _TILE
    words = Drawing(filled(layer.words, EM), (0, -EM, round(width(layer.words) * EM), EM))
    turn = turned(_SLOPE).removesuffix(" 0 0 cm")
    scale = f"{layer.size * UNITS / EM:.4f} 0 0 {layer.size * UNITS / EM:.4f} 0 0 cm"
    parts = [f"{paint(layer.colour)}\n"]
    for row in range(int(page.height / down) + 2):
        start = -0.6 * across if row % 2 else -0.1 * across
        for column in range(int(page.width / across) + 2):
            x, y = units(start + column * across), units((row + 0.8) * down)
            parts.append(f"q {turn} {x} {y} cm {scale} /Words Do Q\n")
    return Drawing("".join(parts), forms=(("Words", words),))


def names(
    layer: Names, name: str, own: Outlines, digest: Digest, clear: tuple[Box, ...]
) -> Drawing:
    """Return the name at places and angles that the digest chooses; never over `clear`."""
    long = width(name, own)
    size = min(layer.size, _LONGEST * layer.box.width / long)
    letters = Drawing(filled(name, EM, own), (0, -EM, round(long * EM), EM // 2))
    scale = size * UNITS / EM
    parts = [f"{paint(layer.colour)}\n"]
    taken = list(clear)
    for x, y, angle in places(layer, digest, taken, size * long, size):
        c, s = scale * cos(angle), scale * sin(angle)
        matrix = f"{c:.4f} {s:.4f} {-s:.4f} {c:.4f} {units(x)} {units(y)}"
        parts.append(f"q {matrix} cm /Name Do Q\n")
    return Drawing("".join(parts), forms=(("Name", letters),))


def places(
    layer: Names, digest: Digest, taken: list[Box], length: float, size: float
) -> list[tuple[float, float, float]]:
    """Return where names of that length start, and their angles, apart from what is taken."""
    numbers = DigestStream(digest, "names")
    box = layer.box
    found = []
    for _ in range(layer.count):
        for _ in range(_TRIES):
            angle = numbers.between(-_STEEPEST, _STEEPEST)
            x, y = numbers.fraction() * box.width, numbers.fraction() * box.height
            room = _room(box.left + x, box.top + y, angle, length, size)
            if _inside(room, box) and not any(_meet(room, each) for each in taken):
                taken.append(room)
                found.append((box.left + x, box.top + y, angle))
                break
    return found


def _room(x: float, y: float, angle: float, length: float, size: float) -> Box:
    """The upright rectangle around a line of text."""
    run, rise = length * cos(angle), length * sin(angle)
    left, top = x - _APART, y + min(rise, 0) - size - _APART
    return Box(left, top, run + size + 2 * _APART, abs(rise) + 2 * size + 2 * _APART)


def _inside(room: Box, box: Box) -> bool:
    right, low = room.left + room.width, room.top + room.height
    inside = room.left >= box.left and room.top >= box.top
    return inside and right <= box.left + box.width and low <= box.top + box.height


def _meet(one: Box, other: Box) -> bool:
    apart = one.left >= other.left + other.width or other.left >= one.left + one.width
    return not (apart or one.top >= other.top + other.height or other.top >= one.top + one.height)
