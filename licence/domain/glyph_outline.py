"""Outlines of rare characters that no font has, drawn for one licence and released with its data.

An outline is the `d` of an SVG path in one spelling: `M L C Q Z` with absolute whole coordinates, a
blank between all of them. 1000 units to the em, y downwards, the baseline at 880; a character stays
in the square from 0 to 1000, so that it changes no neighbour. Only Chinese characters may have one:
a digit drawn anew could say another number than its code point.

Format: docs/formats/licence.md.
"""

import re
from itertools import pairwise
from typing import Final

from licence.domain.text import is_han
from licence.errors import AnzhengError, Code

UNITS_PER_EM: Final = 1000
BASELINE: Final = 880

MAX_OUTLINE: Final = 4_000
"""Longest outline in characters."""

SMALLEST: Final = 100
"""An outline is at least so wide or so high: one that nobody sees would hide a character."""

LEAST_AREA: Final = 1_000
"""Some part of it is at least so large, in square units, by its points: a line has no ink."""

_NUMBER: Final = "(?:0|[1-9][0-9]{0,3})"
_POINT: Final = f" {_NUMBER} {_NUMBER}"
_SUBPATH: Final = f"M{_POINT}(?: (?:L{_POINT}|Q{_POINT * 2}|C{_POINT * 3}))+ Z"
_PATH: Final = re.compile(f"{_SUBPATH}(?: {_SUBPATH})*", re.ASCII)
_COORDINATE: Final = re.compile("[0-9]+", re.ASCII)


def check_outline_character(value: object, field: str) -> str:
    """Parse the character that an outline is of.

    Raises:
        AnzhengError: FIELD_TYPE, GLYPH_OUTLINE.
    """
    if not isinstance(value, str):
        raise AnzhengError(Code.FIELD_TYPE, f"{field} must be text", field=field)
    if not is_han(value):
        raise _refusal(field, "must be one Chinese character")
    return value


def check_outline(value: object, field: str) -> str:
    """Parse an outline.

    Raises:
        AnzhengError: FIELD_TYPE, FIELD_LENGTH, GLYPH_OUTLINE.
    """
    if not isinstance(value, str):
        raise AnzhengError(Code.FIELD_TYPE, f"{field} must be text", field=field)
    if not 1 <= len(value) <= MAX_OUTLINE:
        raise AnzhengError(
            Code.FIELD_LENGTH, f"{field} must have 1 to {MAX_OUTLINE} characters", field=field
        )
    if not _PATH.fullmatch(value):
        raise _refusal(field, "must be a path such as M 100 80 L 900 80 L 500 900 Z")
    numbers = [int(number) for number in _COORDINATE.findall(value)]
    if max(numbers) > UNITS_PER_EM:
        raise _refusal(field, f"must stay within 0 to {UNITS_PER_EM}")
    across, down = numbers[::2], numbers[1::2]
    width, height = max(across) - min(across), max(down) - min(down)
    if max(width, height) < SMALLEST or max(map(_area, value.split("Z"))) < LEAST_AREA:
        raise _refusal(field, "is too small to be seen")
    return value


def _area(part: str) -> float:
    """Return the area between the points of one part, whichever way it runs."""
    numbers = [int(number) for number in _COORDINATE.findall(part)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    pairs = pairwise((*points, *points[:1]))
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _refusal(field: str, what: str) -> AnzhengError:
    return AnzhengError(Code.GLYPH_OUTLINE, f"{field} {what}", field=field)
