"""All layers of a page, in the order of its layout, ready to be put under what Typst drew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import Final, assert_never

from licence.ids import Digest
from signer.layout import (
    Band,
    Box,
    Fill,
    Frame,
    Guilloche,
    Layer,
    Microtext,
    Names,
    Rosette,
    Sample,
    SectionLayout,
    Shield,
    Watermark,
)
from signer.printing.drawing import POINTS_PER_MM, UNITS, Drawing, Matrix, Pattern, Size
from signer.printing.frame import fill, frame
from signer.printing.guilloche import band, ground, rosette
from signer.printing.lettering import Outlines
from signer.printing.microtext import microtext
from signer.printing.sample import sample
from signer.printing.shield import shield
from signer.printing.watermark import names, watermark

_AS_IT_IS: Final[Matrix] = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is different from licence to licence.

    Attributes:
        digest: SHA-256 of the `licence.json`: it decides lines and places.
        name: Of the enterprise.
        number: Of the licence.
        outlines: Approved for characters of the name that no font has.
        sample: Whether the page is no licence.
    """

    digest: Digest
    name: str
    number: str
    outlines: Outlines
    sample: bool


def under(page: SectionLayout, subject: Subject, *, first: bool) -> Drawing:
    """Return what is drawn under a page, in points from its lower left corner.

    All but the microtext is one cell of a pattern that is as large as the page. It looks the same,
    and a program that only reads the words of the page has nothing to do with it: PDFium loads the
    page in half the time.

    Args:
        page: The layout of the section.
        subject: The licence.
        first: Whether it is the section's first page; only that has clear rectangles.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    size = Size(page.width, page.height)
    wanted = [each.layer for each in page.layers if first or not each.first_only]
    shown = [each for each in wanted if subject.sample or not isinstance(each, Sample)]
    small = [_own(size, each, subject) for each in shown if isinstance(each, Microtext)]
    large = [
        _drawing(size, each, subject, page.clear)
        for each in shown
        if not isinstance(each, Microtext)
    ]
    parts = [_clear(page) if first else ""]
    patterns: list[tuple[str, Pattern]] = []
    right, top = _edges(size)
    if large:
        forms, drawn = _numbered("Layer", large)
        patterns.append(("Print", Pattern(drawn, right, top, right + 1, _AS_IT_IS, forms)))
        parts.append(f"/Pattern cs /Print scn 0 0 {right} {top} re f\n")
    forms, drawn = _numbered("Micro", small)
    return Drawing("".join((*parts, drawn)), (0, 0, right, top), forms, tuple(patterns))


def _numbered(
    word: str, drawings: Sequence[Drawing]
) -> tuple[tuple[tuple[str, Drawing], ...], str]:
    forms = tuple((f"{word}{number}", each) for number, each in enumerate(drawings))
    return forms, "".join(f"q /{name} Do Q\n" for name, _ in forms)


def _clear(page: SectionLayout) -> str:
    """The operators that keep what follows out of the clear rectangles."""
    right, top = _edges(Size(page.width, page.height))
    return "".join(f"0 0 {right} {top} re {_area(box, page.height)} W* n\n" for box in page.clear)


def _edges(page: Size) -> tuple[int, int]:
    return ceil(page.width * POINTS_PER_MM), ceil(page.height * POINTS_PER_MM)


def _area(box: Box, height: float) -> str:
    sides = (box.left, height - box.top - box.height, box.width, box.height)
    return " ".join(map(_points, sides)) + " re"


def _points(mm: float) -> str:
    return f"{mm * POINTS_PER_MM:.2f}"


def _drawing(page: Size, layer: Layer, subject: Subject, clear: tuple[Box, ...]) -> Drawing:
    match layer:
        case Names():
            return _names(page, layer, subject, clear)
        case Microtext() | Band() | Rosette() | Guilloche():
            return _own(page, layer, subject)
        case Fill() | Frame() | Watermark() | Shield() | Sample():
            return _same(page, layer)
        case _:
            assert_never(layer)


def _names(page: Size, layer: Names, subject: Subject, clear: tuple[Box, ...]) -> Drawing:
    return _on_page(names(layer, subject.name, subject.outlines, subject.digest, clear), page)


@lru_cache(maxsize=32)
def _own(page: Size, layer: Microtext | Band | Rosette | Guilloche, subject: Subject) -> Drawing:
    """What each licence has of its own; several of its sections may have the same."""
    match layer:
        case Microtext():
            drawing = microtext(page, layer, subject.number)
        case Band():
            drawing = band(page, layer, subject.digest)
        case Rosette():
            drawing = rosette(layer, subject.digest)
        case Guilloche():
            drawing = ground(layer, subject.digest)
        case _:
            assert_never(layer)
    return _on_page(drawing, page)


@lru_cache(maxsize=256)
def _same(page: Size, layer: Fill | Frame | Watermark | Shield | Sample) -> Drawing:
    """What is the same for every licence of a template."""
    match layer:
        case Fill():
            drawing = fill(layer)
        case Frame():
            drawing = frame(page, layer)
        case Watermark():
            drawing = watermark(page, layer)
        case Shield():
            drawing = shield(layer)
        case Sample():
            drawing = sample(page, layer)
        case _:
            assert_never(layer)
    return _on_page(drawing, page)


def _on_page(drawing: Drawing, page: Size) -> Drawing:
    """Turn hundredths of a millimetre from above into points from below."""
    scale, top = POINTS_PER_MM / UNITS, page.height * POINTS_PER_MM
    return replace(
        drawing,
        box=(0, 0, *_edges(page)),
        content=f"{scale:.7f} 0 0 {-scale:.7f} 0 {top:.3f} cm\n{drawing.content}",
        patterns=tuple(
            (name, _pattern_on_page(pattern, scale, top)) for name, pattern in drawing.patterns
        ),
    )


def _pattern_on_page(pattern: Pattern, scale: float, top: float) -> Pattern:
    # A pattern is laid in the space of the page, whatever `cm` says.
    a, b, c, d, x, y = pattern.matrix
    moved = (a * scale, -b * scale, c * scale, -d * scale, x * scale, top - y * scale)
    return replace(pattern, matrix=moved)
