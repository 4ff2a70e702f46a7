"""样本 SAMPLE across a page that is no licence."""

from math import atan2, cos, hypot, sin
from typing import Final

from signer.layout import Sample
from signer.printing.drawing import UNITS, Drawing, Size, paint, units
from signer.printing.lettering import filled, width

WORDS: Final = "样本 SAMPLE"
EM: Final = 200
_LENGTH: Final = 0.72
"""Of the words, in diagonals of the page."""


def sample(page: Size, layer: Sample) -> Drawing:
    """Return the words along the diagonal that rises."""
    angle = -atan2(page.height, page.width)
    length = _LENGTH * hypot(page.width, page.height)
    size = length / width(WORDS)
    scale = size * UNITS / EM
    # The middle of the words, a third of a letter above their feet, is the middle of the page.
    x = page.width / 2 - length / 2 * cos(angle) - size / 3 * sin(angle)
    y = page.height / 2 - length / 2 * sin(angle) + size / 3 * cos(angle)
    c, s = scale * cos(angle), scale * sin(angle)
    place = f"{c:.4f} {s:.4f} {-s:.4f} {c:.4f} {units(x)} {units(y)} cm"
    return Drawing(f"{paint(layer.colour)} {place}\n{filled(WORDS, EM)}")
