"""The fonts of the page: which characters they have, and their outlines for the seal.

A character that no font of the chain has would become an empty box on a document that courts get.
So it is found before rendering and named by its code point; the import asks the same question for
each row.

Fonts come with a package from pip, never from the machine: the same data makes the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont, TTLibError

from licence.errors import AnzhengError, Code

FONT_FOLDER: Final = Path(pylopdf_fonts_zh_cn.__file__).parent
FONT_FILES: Final = ("NotoSerifSC-Regular.otf", "NotoSansSC-Regular.otf")
"""The font chain of the page: the first that has a character draws it."""

MAX_NAMED: Final = 8
"""Most missing code points that one error names."""

Segment = tuple[str, tuple[tuple[float, float], ...]]


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of one character, in units of the font size.

    Attributes:
        advance: Width that the character takes.
        segments: moveTo, lineTo, curveTo, closePath with their points.
    """

    advance: float
    segments: tuple[Segment, ...]


@lru_cache(maxsize=1)
def known_code_points() -> frozenset[int]:
    """Return every code point that a font of the chain has a glyph for.

    Raises:
        AnzhengError: TOOL_MISSING, when the fonts are not installed.
    """
    return frozenset(code for font in _fonts() for code in font.getBestCmap())


def missing_glyphs(text: str) -> tuple[int, ...]:
    """Return the code points of the text that no font has, ascending, each once.

    White space needs no glyph.
    """
    return tuple(sorted(_needed(text) - known_code_points()))


def require_glyphs(text: str) -> None:
    """Refuse a text with a character that no font has.

    Raises:
        AnzhengError: GLYPH_MISSING, naming the code points.
    """
    missing = missing_glyphs(text)
    if missing:
        names = " ".join(f"U+{code:04X}" for code in missing[:MAX_NAMED])
        raise AnzhengError(
            Code.GLYPH_MISSING,
            f"no font has {names}: correct the text, or have an outline approved",
            code_points=names,
            count=len(missing),
        )


@lru_cache(maxsize=512)
def outline(character: str) -> Outline:
    """Return the outline of one character, from the first font that has it.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    for font in _fonts():
        name = font.getBestCmap().get(ord(character))
        if name is not None:
            glyphs, units = font.getGlyphSet(), font["head"].unitsPerEm
            pen = DecomposingRecordingPen(glyphs)
            glyphs[name].draw(pen)
            return Outline(glyphs[name].width / units, _scaled(pen.value, units))
    require_glyphs(character)
    raise AnzhengError(Code.GLYPH_MISSING, "white space has no outline")


def _needed(text: str) -> set[int]:
    return {ord(character) for character in set(text) if not character.isspace()}


@lru_cache(maxsize=1)
def _fonts() -> tuple[TTFont, ...]:
    try:
        return tuple(TTFont(FONT_FOLDER / name, lazy=True) for name in FONT_FILES)
    except (OSError, TTLibError) as error:
        raise AnzhengError(Code.TOOL_MISSING, "the fonts are not installed") from error


def _scaled(
    segments: Iterable[tuple[str, tuple[tuple[float, float], ...]]], units: int
) -> tuple[Segment, ...]:
    return tuple(
        (operator, tuple((x / units, y / units) for x, y in points))
        for operator, points in segments
    )
