"""The pictures of the authority's two seals 印章 as PDF drawing operators.

公章: a ring, the authority's name along it, a star. 安全生产许可证专用章: the same, with its
purpose in a line below the star. They are pictures only; what counts is the signature under them.
Drawn as outlines, without font or image, so that PDF/A and PDF/UA have nothing to object to;
multiplied with the page as ink is, so that the words below stay readable. In the test environment
they say 示例.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin
from typing import Final

from signer.glyphs import Outline
from signer.printing.drawing import INK, KAPPA, Drawing
from signer.printing.lettering import OPERATORS, Outlines, shape

SIZE: Final = 1400
"""Width and height of a seal's own coordinates: 0.03 mm in a seal of 42 mm."""

SAMPLE: Final = "示例章"

_RED: Final = "0.95 0.10 0.11"
"""As light as the red of ink can be: black words below it keep a contrast of 4.5."""

_BOLD: Final = 6
"""A line around the letters: seals are cut in a heavier face than books are printed in."""
_INKED: Final = f"/{INK} gs {_RED} RG {_RED} rg 1 j {_BOLD} w"
_CENTRE: Final = SIZE / 2
_RING: Final = 677
_RING_WIDTH: Final = 40
_NAME_FOOT: Final = 477
"""Distance of the feet of the name's letters from the centre."""
_NAME_ARC: Final = 236.0
_MAX_STEP: Final = 26.0
_NAME_HEIGHT: Final = 163
_NARROW: Final = 0.74
"""Width of a letter on the ring by its height, as seals have them."""
_STAR: Final = 207
_STAR_UP: Final = 40
_LINE: Final = (87, 853, 327)
"""Height of the purpose's letters, its greatest width, and its foot."""
_SAMPLE_LINE: Final = (83, 853, 193)


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says.

    Attributes:
        name: Name of the authority.
        purpose: Of a 专用章, such as `安全生产许可证专用章`; empty for the 公章.
        sample: Whether it must say that it is a sample.
        outlines: Approved for characters of the name that no font has.
    """

    name: str
    purpose: str
    sample: bool
    outlines: Outlines = ()


@lru_cache(maxsize=64)
def appearance(seal: Seal) -> Drawing:
    """Return the drawing of a seal; what two seals of an authority share is one form.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    parts = [_INKED, f"/Ring Do {_BOLD // 2} w"]
    if seal.purpose:
        parts += _line_text(seal.purpose, *_LINE)
    if seal.sample:
        parts += _line_text(SAMPLE, *_SAMPLE_LINE)
    return _drawing(parts, (("Ring", _ring(seal.name, seal.outlines)),))


@lru_cache(maxsize=64)
def _ring(name: str, own: Outlines) -> Drawing:
    """The ring with the name and the star."""
    parts = [_INKED, f"{_RING_WIDTH} w", *_circle(_RING), *_star(_CENTRE + _STAR_UP)]
    return _drawing([*parts, f"{_BOLD} w", *_arc_text(name, own)])


def _drawing(parts: list[str], forms: tuple[tuple[str, Drawing], ...] = ()) -> Drawing:
    return Drawing("\n".join(parts), (0, 0, SIZE, SIZE), forms, multiplied=True)


def _circle(radius: float) -> Iterator[str]:
    k = KAPPA * radius
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


def _arc_text(words: str, own: Outlines) -> Iterator[str]:
    """Letters along the ring, their feet towards the centre, squeezed together when many."""
    letters = [letter for letter in words if not letter.isspace()]
    step = min(_MAX_STEP, _NAME_ARC / max(len(letters) - 1, 1))
    wide = min(_NARROW * _NAME_HEIGHT, radians(step) * _NAME_FOOT * 0.98)
    for number, letter in enumerate(letters):
        angle = radians(step * ((len(letters) - 1) / 2 - number))
        x, y = _CENTRE - _NAME_FOOT * sin(angle), _CENTRE + _NAME_FOOT * cos(angle)
        yield _letter(shape(letter, own), wide, _NAME_HEIGHT, angle, (x, y))


def _line_text(words: str, high: float, widest: float, foot: float) -> Iterator[str]:
    step = min(high, widest / len(words))
    for number, letter in enumerate(words):
        centre = _CENTRE + step * (number + 0.5 - len(words) / 2)
        yield _letter(shape(letter), step, high, 0, (centre, foot))


def _letter(
    letter: Outline, wide: float, high: float, angle: float, foot: tuple[float, float]
) -> str:
    """Draw one letter around the middle of its foot, in short numbers, then turned to its place."""
    path = "".join(
        "".join(f"{_n((x - letter.advance / 2) * wide)} {_n(y * high)} " for x, y in points)
        + OPERATORS[operator]
        + " "
        for operator, points in letter.segments
    )
    c, s = f"{cos(angle):.4f}", f"{sin(angle):.4f}"
    return f"q {c} {s} {sin(-angle):.4f} {c} {_n(foot[0])} {_n(foot[1])} cm {path}B Q"


def _n(value: float) -> str:
    return str(round(value))
