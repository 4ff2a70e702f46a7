"""Letters as outlines: a line of text that starts at the origin, y downwards, to be filled.

Each letter moves on to the place of the next; so one that was drawn before costs nothing again.
"""

from functools import lru_cache
from typing import Final

from signer.glyphs import Outline, outline

_OPERATORS: Final = {"moveTo": "m", "lineTo": "l", "curveTo": "c"}
_SPACE: Final = 0.5


def width(text: str) -> float:
    """Return how wide a text is, in sizes of the font; white space is half of one.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    return sum(_SPACE if letter.isspace() else outline(letter).advance for letter in text)


def filled(text: str, em: int, *, paint: str = "f") -> str:
    """Return the operators that fill a line of text, `em` units to the size of the font.

    Args:
        text: To be drawn.
        em: How fine: coordinates are whole units.
        paint: `f`, or `B` to make the letters bolder by a line around them.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    return "".join(_letter(letter, em, paint) for letter in text)


@lru_cache(maxsize=8192)
def _letter(letter: str, em: int, paint: str) -> str:
    if letter.isspace():
        return _moved(_SPACE, em)
    shape = outline(letter)
    return f"{outlined(shape, em)}{paint} {_moved(shape.advance, em)}"


def outlined(shape: Outline, em: int) -> str:
    """Return the path of one letter."""
    parts = []
    for operator, points in shape.segments:
        numbers = "".join(f"{round(x * em)} {round(-y * em)} " for x, y in points)
        parts.append(f"{numbers}{_OPERATORS.get(operator, 'h')} ")
    return "".join(parts)


def _moved(advance: float, em: int) -> str:
    return f"1 0 0 1 {round(advance * em)} 0 cm\n"
