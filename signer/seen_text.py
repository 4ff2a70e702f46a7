"""What becomes of each character that the second reader meets: taken, or refused as not seen.

Simple shapes that are painted are remembered as the ground of the text on them; and no rectangle
may be painted over text (a seal may). What else could hide text stands in docs/threat-model.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice, PDFTextSeq
from pdfminer.pdffont import PDFFont, PDFType3Font, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFResourceManager, PDFTextState
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSLiteral
from pdfminer.utils import MATRIX_IDENTITY, Matrix, PathSegment, Rect, apply_matrix_pt
from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.pages import MAX_PAGE_CHARACTERS
from licence.pages.extracted import squeezed
from signer.glyphs import same_shape

MIN_POINTS: Final = 4.5
"""Smallest text, in points; anything smaller is not for people."""

MIN_CONTRAST: Final = 3.0
"""Least contrast of text with what was painted under it (WCAG; our pages keep 4.5)."""

PAPER: Final = 1.0
"""Luminance of what nothing was painted on."""

MIDDLE: Final = 0.35
"""Where the middle of a character is, above the base line, in parts of its size."""

MAX_CORNERS: Final = 64
"""Most corners of a shape that is remembered."""

_FILLED: Final = frozenset({0, 2})
"""Text rendering modes that fill the shapes."""

_CMYK: Final = 4
_COLOURS: Final = frozenset({1, 3, _CMYK})
"""How many numbers a colour has: grey, RGB, CMYK."""

_DARK: Final = 0.04045
"""Where the curve of sRGB begins."""


def refusal(message: str, page: int) -> AnzhengError:
    """Return the error of the second reader; page 0 stands for the whole file."""
    return AnzhengError(Code.PAGE_TEXT_MISMATCH, message, page=page)


class SeenText(PDFTextDevice):
    """Takes the characters of one page; raises AnzhengError PAGE_TEXT_MISMATCH for one not seen.

    Args:
        manager: The library's cache of fonts.
        page: Its number, for the error.
    """

    def __init__(self, manager: PDFResourceManager, page: int) -> None:
        super().__init__(manager)
        self.page = page
        self.found: list[str] = []
        self.hidden = ""
        self._box: Rect = (0, 0, 0, 0)
        self._spans: list[tuple[int, str | None]] = []
        self._places: list[tuple[float, float]] = []
        self._grounds: list[tuple[_Shape, float]] = []

    def refuse(self, message: str) -> AnzhengError:
        """Return the error about this page."""
        return refusal(message, self.page)

    @override
    def begin_page(self, page: PDFPage, ctm: Matrix) -> None:
        self.set_ctm(ctm)
        left, bottom, right, top = page.mediabox
        if tuple(page.cropbox) != tuple(page.mediabox) or page.rotate:
            raise self.refuse("the page is cropped or turned")
        self._box = (0, 0, right - left, top - bottom)

    @override
    def begin_tag(self, tag: PSLiteral, props: object = None) -> None:
        if tag.name == "OC":
            raise self.refuse("something is in an optional layer")
        given = props.get("ActualText") if isinstance(props, dict) else None
        text = None if given is None else _decoded(resolve1(given))
        self._spans.append((len(self.found), text))

    @override
    def end_tag(self) -> None:
        start, text = self._spans.pop() if self._spans else (0, None)
        if text is None:
            return
        said, shown = squeezed(text), squeezed("".join(self.found[start:]))
        if len(said) != len(shown) or not all(map(same_shape, said, shown)):
            raise self.refuse("a text is laid over another")
        # Of two characters with one shape the font names one; the text over it says which it is.
        self.found[start:] = [text]

    @override
    def render_string(
        self,
        textstate: PDFTextState,
        seq: PDFTextSeq,
        ncs: PDFColorSpace,
        graphicstate: PDFGraphicState,
    ) -> None:
        if self.hidden:
            raise self.refuse(self.hidden)
        if textstate.render not in _FILLED:
            raise self.refuse("text is drawn invisibly")
        if isinstance(textstate.font, PDFType3Font):
            raise self.refuse("a font is made of drawings")
        super().render_string(textstate, seq, ncs, graphicstate)

    @override
    def render_char(
        self,
        matrix: Matrix,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: PDFColorSpace,
        graphicstate: PDFGraphicState,
    ) -> float:
        try:
            self.found.append(font.to_unichr(cid))
        except PDFUnicodeNotDefined as error:
            raise self.refuse("a shape has no code point") from error
        if len(self.found) > MAX_PAGE_CHARACTERS:
            raise self.refuse("too much text on a page")
        size = min(_length(matrix[:2]) * abs(scaling), _length(matrix[2:4])) * abs(fontsize)
        if size < MIN_POINTS:
            raise self.refuse("text is too small to be read")
        width = font.char_width(cid) * fontsize * scaling
        ends = [apply_matrix_pt(matrix, (x, rise)) for x in (0, width)]
        if not all(_inside(end, self._box) for end in ends):
            raise self.refuse("text runs over the edge of the page")
        middle = apply_matrix_pt(matrix, (width / 2, rise + fontsize * MIDDLE))
        if _contrast(_luminance(graphicstate.ncolor), self._ground(middle)) < MIN_CONTRAST:
            raise self.refuse("text is too light to be read")
        self._places.append(middle)
        return width

    @override
    def paint_path(
        self,
        graphicstate: PDFGraphicState,
        stroke: bool,
        fill: bool,
        evenodd: bool,
        path: Sequence[PathSegment],
    ) -> None:
        shape = _shape(path, self.ctm or MATRIX_IDENTITY) if fill else None
        if shape is None:
            return
        if shape.is_rectangle and any(shape.contains(place) for place in self._places):
            raise self.refuse("something is painted over the text")
        self._grounds.append((shape, _luminance(graphicstate.ncolor)))

    def _ground(self, place: tuple[float, float]) -> float:
        for shape, luminance in reversed(self._grounds):
            if shape.contains(place):
                return luminance
        return PAPER


@dataclass(frozen=True, slots=True)
class _Shape:
    """A filled shape by its corners on the page; curves are taken as straight."""

    corners: tuple[tuple[float, float], ...]
    box: Rect

    @property
    def is_rectangle(self) -> bool:
        """Whether all corners are those of its box."""
        left, bottom, right, top = self.box
        return all(x in {left, right} and y in {bottom, top} for x, y in self.corners)

    def contains(self, place: tuple[float, float]) -> bool:
        """Whether a place is in it, by the even-odd rule."""
        if not _inside(place, self.box):
            return False
        x, y = place
        inside = False
        for (x1, y1), (x2, y2) in pairwise((*self.corners, self.corners[0])):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside


def _decoded(text: object) -> str:
    if not isinstance(text, bytes):
        return ""
    if text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", "replace")
    return text.decode("latin-1")


def _length(vector: tuple[float, ...]) -> float:
    return float(sum(part * part for part in vector) ** 0.5)


def _inside(point: tuple[float, float], box: Rect) -> bool:
    (x, y), (left, bottom, right, top) = point, box
    return left <= x <= right and bottom <= y <= top


def _shape(path: Sequence[PathSegment], matrix: Matrix) -> _Shape | None:
    """Return a simple shape; None for what has no corners or too many."""
    ends = [_end(part) for part in path if part[0] != "h"]
    if not 3 <= len(ends) <= MAX_CORNERS:  # noqa: PLR2004 - two points have no inside
        return None
    moved = (apply_matrix_pt(matrix, end) for end in ends)
    corners = tuple((round(x, 3), round(y, 3)) for x, y in moved)
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return _Shape(corners, (min(across), min(up), max(across), max(up)))


def _end(segment: PathSegment) -> tuple[float, float]:
    """Return where a segment ends: its last two numbers."""
    numbers = [part for part in segment if isinstance(part, int | float)]
    return float(numbers[-2]), float(numbers[-1])


def _contrast(one: float, other: float) -> float:
    """Return the contrast of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: object) -> float:
    """Return the luminance of grey, RGB or CMYK; anything else counts as white."""
    parts = colour if isinstance(colour, tuple) else (colour,)
    numbers = [float(part) for part in parts if isinstance(part, int | float)]
    if len(numbers) != len(parts) or len(parts) not in _COLOURS:
        return PAPER
    if len(numbers) == _CMYK:
        numbers = [(1 - part) * (1 - numbers[3]) for part in numbers[:3]]
    red, green, blue = (_linear(part) for part in (numbers * 3)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= _DARK else ((part + 0.055) / 1.055) ** 2.4
