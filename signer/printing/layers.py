"""All layers of a page, in the order of its layout, ready to be put under what Typst drew."""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import assert_never

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
from signer.printing.drawing import POINTS_PER_MM, UNITS, Drawing, Pattern, Size
from signer.printing.frame import fill, frame
from signer.printing.guilloche import band, ground, rosette
from signer.printing.microtext import microtext
from signer.printing.sample import sample
from signer.printing.shield import shield
from signer.printing.watermark import names, watermark


@dataclass(frozen=True, slots=True)
class Subject:
    """What is different from licence to licence.

    Attributes:
        digest: SHA-256 of the `licence.json`: it decides lines and places.
        name: Of the enterprise.
        number: Of the licence.
        sample: Whether the page is no licence.
    """

    digest: Digest
    name: str
    number: str
    sample: bool


def layers(page: SectionLayout, subject: Subject, *, first: bool) -> tuple[Drawing, ...]:
    """Return one drawing for each layer of a page, in points from its lower left corner.

    Args:
        page: The layout of the section.
        subject: The licence.
        first: Whether it is the section's first page.

    Raises:
        AnzhengError: GLYPH_MISSING.
    """
    size = Size(page.width, page.height)
    wanted = (each.layer for each in page.layers if first or not each.first_only)
    shown = (each for each in wanted if subject.sample or not isinstance(each, Sample))
    return tuple(_drawing(size, each, subject, page.clear) for each in shown)


def clear_of(page: SectionLayout) -> str:
    """Return the operators that keep what follows out of the section's clear rectangles."""
    whole = f"0 0 {_points(page.width)} {_points(page.height)} re"
    return "".join(f"{whole} {_area(box, page.height)} W* n " for box in page.clear)


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
    return _on_page(names(layer, subject.name, subject.digest, clear), page)


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
        box=(0, 0, ceil(page.width * POINTS_PER_MM), ceil(top)),
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
