"""The fonts of the page: which characters they have, and their outlines for the seal.

A character that no font of the chain has would become an empty box on a document that courts get.
So it is found before rendering and named by its code point; the import asks the same question for
each row.

Fonts come with packages from pip and with this one, never from the machine: the same data makes the
same bytes.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.pens.basePen import decomposeQuadraticSegment
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont, TTLibError

from licence.errors import AnzhengError, Code

FONTS: Final = (
    ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf", -1),
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", -1),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", 2),
    ("fontpkg_arimo", "files/Arimo[wght].ttf", -1),
)
"""The font chain of the page, the first that has a character draws it: package, file, and which
face of a collection."""

TITLE_FONTS: Final = Path(__file__).parent / "fonts"
"""The characters of titles in a bold 宋体: tools/title_font.py."""

MAX_NAMED: Final = 8
"""Most missing code points that one error names."""

_REGULAR: Final = {"wght": 400}

Point = tuple[float, float]
Segment = tuple[str, tuple[Point, ...]]


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
def font_folders() -> tuple[Path, ...]:
    """Return where the fonts are.

    Raises:
        AnzhengError: TOOL_MISSING, when the fonts are not installed.
    """
    files = (_file(package, name) for package, name, _face in FONTS)
    return (*dict.fromkeys(file.parent for file in files), TITLE_FONTS)


@lru_cache(maxsize=1)
def known_code_points() -> frozenset[int]:
    """Return every code point that a font of the chain has a glyph for.

    Raises:
        AnzhengError: TOOL_MISSING, when the fonts are not installed.
    """
    return frozenset(code for font in _fonts() for code in _code_points(font))


def same_shape(one: str, other: str) -> bool:
    """Say whether a font of the chain draws two characters by one glyph, as · and • or 㬵 and 胶.

    Raises:
        AnzhengError: TOOL_MISSING, when the fonts are not installed.
    """
    if one == other:
        return True
    glyphs = [{font.getBestCmap().get(ord(each)) for each in (one, other)} for font in _fonts()]
    return any(len(names) == 1 and names != {None} for names in glyphs)


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
            glyphs = font.getGlyphSet(location=_REGULAR if "fvar" in font else None)
            units = font["head"].unitsPerEm
            pen = DecomposingRecordingPen(glyphs)
            glyphs[name].draw(pen)
            segments = tuple(_scaled(_cubics(pen.value), units))
            return Outline(glyphs[name].width / units, segments)
    require_glyphs(character)
    raise AnzhengError(Code.GLYPH_MISSING, "white space has no outline")


def cubic(start: Point, control: Point, end: Point) -> Segment:
    """Return the cubic that draws the same curve as a quadratic."""
    return ("curveTo", (_towards(start, control), _towards(end, control), end))


def _towards(point: Point, control: Point) -> Point:
    return (
        point[0] + (control[0] - point[0]) * 2 / 3,
        point[1] + (control[1] - point[1]) * 2 / 3,
    )


def _needed(text: str) -> set[int]:
    return {ord(character) for character in set(text) if not character.isspace()}


def _file(package: str, name: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise AnzhengError(Code.TOOL_MISSING, "the fonts are not installed", package=package)
    return Path(found.origin).parent / name


@lru_cache(maxsize=1)
def _fonts() -> tuple[TTFont, ...]:
    try:
        return tuple(
            TTFont(_file(package, name), fontNumber=face, lazy=True)
            for package, name, face in FONTS
        )
    except (OSError, TTLibError) as error:
        raise AnzhengError(Code.TOOL_MISSING, "the fonts are not installed") from error


def _code_points(font: TTFont) -> set[int]:
    """Read the characters from the table's groups (format 12); fontTools would name each glyph."""
    table = font.reader["cmap"]
    for number in range(struct.unpack_from(">H", table, 2)[0]):
        (place,) = struct.unpack_from(">I", table, 8 + 8 * number)
        if struct.unpack_from(">H", table, place)[0] == 12:  # noqa: PLR2004
            groups = struct.unpack_from(">I", table, place + 12)[0]
            flat = struct.unpack_from(f">{3 * groups}I", table, place + 16)
            return {
                code
                for first, last in zip(flat[::3], flat[1::3], strict=True)
                for code in range(first, last + 1)
            }
    return set(font.getBestCmap())


def _scaled(segments: Iterable[Segment], units: int) -> Iterator[Segment]:
    for operator, points in segments:
        yield operator, tuple((x / units, y / units) for x, y in points)


def _cubics(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield an outline without the quadratics of TrueType: PDF has none."""
    here: Point = (0.0, 0.0)
    for operator, points in segments:
        if operator == "qCurveTo":
            for control, end in decomposeQuadraticSegment(points):
                yield cubic(here, control, end)
                here = end
        else:
            yield operator, points
            here = points[-1] if points else here
