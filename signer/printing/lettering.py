"""Letters as outlines: a line of text that starts at the origin, y downwards, to be filled.

Each letter moves on to the place of the next; so one that was drawn before costs nothing again.
"""

from functools import lru_cache
from typing import Final

from signer.glyphs import Outline, outline

Outlines = tuple[tuple[str, Outline], ...]
"""Characters with outlines of their own, which officers approved for a licence."""

OPERATORS: Final = {"moveTo": "m", "lineTo": "l", "curveTo": "c", "closePath": "h"}
"""How a PDF writes the segments of an outline."""

_SPACE: Final = 0.5


def shape(letter: str, own: Outlines = ()) -> Outline:
    """Return the outline of a letter.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    return next((found for character, found in own if character == letter), None) or outline(letter)


def width(text: str, own: Outlines = ()) -> float:
    """Return how wide a text is, in sizes of the font; white space is half of one.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    return sum(_SPACE if letter.isspace() else shape(letter, own).advance for letter in text)


def filled(text: str, em: int, own: Outlines = ()) -> str:
    """Return the operators that fill a line of text, `em` units to the size of the font.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    return "".join(
        _moved(_SPACE, em) if letter.isspace() else _filled(shape(letter, own), em)
        for letter in text
    )


@lru_cache(maxsize=8192)
def _filled(letter: Outline, em: int) -> str:
    parts = []
    for operator, points in letter.segments:
        numbers = "".join(f"{round(x * em)} {round(-y * em)} " for x, y in points)
        parts.append(f"{numbers}{OPERATORS[operator]} ")
    return f"{''.join(parts)}f {_moved(letter.advance, em)}"


def _moved(advance: float, em: int) -> str:
    return f"1 0 0 1 {round(advance * em)} 0 cm\n"
