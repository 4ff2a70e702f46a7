"""The picture of the authority's seal 印章 as PDF drawing operators.

A ring, a star, the authority's name along the ring, the purpose below: what people expect beside
the issuer's name. It is a picture only; what counts is the signature under it. Drawn as outlines,
without font or image, so that PDF/A and PDF/UA have nothing to object to; multiplied with the page
as ink is, so that the name below it stays readable. In the test environment it says 示例章.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin
from typing import Final

from signer.glyphs import outline

SIZE: Final = 120
"""Width and height of the seal's own coordinates."""

INK: Final = "Ink"
"""Name of the graphics state (blend mode Multiply) that the form must have in its resources."""

PURPOSE: Final = "安全生产许可证专用章"
SAMPLE: Final = "示例章"

_CENTRE: Final = SIZE / 2
_RING: Final = 57.0
_NAME_RADIUS: Final = 40.5
_NAME_ARC: Final = 250.0
_MAX_STEP: Final = 24.0
_NAME_SIZE: Final = 13.5
_STAR: Final = 14.0
_KAPPA: Final = 0.5523
"""Handle length of the cubic that draws a quarter circle, in radii."""

Place = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Seal:
    """What the seal says.

    Attributes:
        name: Name of the authority.
        sample: Whether it must say that it is a sample.
    """

    name: str
    sample: bool


@lru_cache(maxsize=64)
def appearance(seal: Seal) -> bytes:
    """Return the drawing operators of the seal, for a form of `SIZE` by `SIZE`.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    star_centre = 69.0 if seal.sample else 62.0
    parts = [f"q /{INK} gs 0.80 0.07 0.09 RG 0.80 0.07 0.09 rg", "2.6 w", *_circle(_RING)]
    parts += _star(star_centre)
    parts += _arc_text(seal.name)
    parts += _line_text(PURPOSE, 6.8, 21.5)
    if seal.sample:
        parts += _line_text(SAMPLE, 7.0, 45.5)
    return "\n".join((*parts, "Q")).encode("ascii")


def _circle(radius: float) -> Iterator[str]:
    k = _KAPPA * radius
    low, high, c = _CENTRE - radius, _CENTRE + radius, _CENTRE
    yield f"{_n(high)} {_n(c)} m"
    for points in (
        (high, c + k, c + k, high, c, high),
        (c - k, high, low, c + k, low, c),
        (low, c - k, c - k, low, c, low),
        (c + k, low, high, c - k, high, c),
    ):
        yield f"{' '.join(map(_n, points))} c"
    yield "s"


def _star(centre: float) -> Iterator[str]:
    inner = _STAR * sin(radians(18)) / sin(radians(54))
    for corner in range(10):
        radius = _STAR if corner % 2 == 0 else inner
        angle = pi / 2 + corner * pi / 5
        x, y = _CENTRE + radius * cos(angle), centre + radius * sin(angle)
        yield f"{_n(x)} {_n(y)} {'m' if corner == 0 else 'l'}"
    yield "h f"


def _arc_text(words: str) -> Iterator[str]:
    """Letters along the ring, their feet towards the centre, squeezed together when many."""
    letters = [letter for letter in words if not letter.isspace()]
    step = min(_MAX_STEP, _NAME_ARC / max(len(letters) - 1, 1))
    size = min(_NAME_SIZE, radians(step) * _NAME_RADIUS * 0.95)
    for number, letter in enumerate(letters):
        angle = radians(90 + step * ((len(letters) - 1) / 2 - number))
        yield from _letter(letter, size, _on_ring(angle))


def _on_ring(angle: float) -> Place:
    def place(x: float, y: float) -> tuple[float, float]:
        radius = _NAME_RADIUS + y
        return (
            _CENTRE + radius * cos(angle) + x * sin(angle),
            _CENTRE + radius * sin(angle) - x * cos(angle),
        )

    return place


def _line_text(words: str, size: float, base: float) -> Iterator[str]:
    width = size * len(words)
    for number, letter in enumerate(words):
        centre = _CENTRE - width / 2 + size * (number + 0.5)
        yield from _letter(letter, size, _moved(centre, base))


def _moved(right: float, up: float) -> Place:
    return lambda x, y: (right + x, up + y)


def _letter(letter: str, size: float, place: Place) -> Iterator[str]:
    """Draw one letter: `place` maps from its foot's middle to the seal."""
    shape = outline(letter)
    for operator, points in shape.segments:
        placed = (place((x - shape.advance / 2) * size, y * size) for x, y in points)
        numbers = " ".join(f"{_n(x)} {_n(y)}" for x, y in placed)
        match operator:
            case "moveTo":
                yield f"{numbers} m"
            case "lineTo":
                yield f"{numbers} l"
            case "curveTo":
                yield f"{numbers} c"
            case _:
                yield "h"
    yield "f"


def _n(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
