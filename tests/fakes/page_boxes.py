"""Where things stand on a page, and how well they can be read: PDFium's answers in millimetres."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pypdfium2
import pypdfium2.raw as pdfium

MM: Final = 25.4 / 72

Luminances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TextBox:
    """A piece of text and the rectangle around its glyphs, in mm from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "TextBox") -> float:
        """Return the lesser side of the rectangle that both cover; 0 for none."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, min(across, down))


@dataclass(frozen=True, slots=True)
class Inked:
    """A text of one colour: its worst contrast to what is under it."""

    page: int
    colour: tuple[int, int, int]
    contrast: float


def text_boxes(page: pypdfium2.PdfPage) -> tuple[TextBox, ...]:
    """Return every piece of text of a page."""
    text = page.get_textpage()
    _, height = page.get_size()
    found = []
    for place in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(place)
        words = text.get_text_bounded(left, bottom, right, top).strip()
        sides = (left, height - top, right, height - bottom)
        found.append(TextBox(words, *(side * MM for side in sides)))
    return tuple(found)


def font_sizes(page: pypdfium2.PdfPage) -> dict[str, float]:
    """Return the least size, in points, in which each character of a page is drawn."""
    text = page.get_textpage()
    sizes: dict[str, float] = {}
    for at in range(text.count_chars()):
        letter, size = text.get_text_range(at, 1), float(pdfium.FPDFText_GetFontSize(text, at))
        if not letter.isspace():
            sizes[letter] = min(size, sizes.get(letter, size))
    return sizes


def contrasts(pdf: bytes) -> Iterator[Inked]:
    """Measure each text against the picture of its page without any text (WCAG 2, 1.4.3)."""
    document = pypdfium2.PdfDocument(pdf)
    for number in range(len(document)):
        page = document[number]
        _, height = page.get_size()
        texts = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]))
        inks = [(_fill(text), text.get_bounds()) for text in texts]
        for text in texts:
            page.remove_obj(text)
        page.gen_content()
        under = _luminance(np.asarray(page.render(may_draw_forms=False).to_pil().convert("RGB")))
        for colour, (left, bottom, right, top) in inks:
            part = under[int(height - top) : int(height - bottom) + 1, int(left) : int(right) + 1]
            yield Inked(number + 1, colour, _worst(float(_luminance(np.array(colour))), part))


def _fill(text: pypdfium2.PdfObject) -> tuple[int, int, int]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    assert pdfium.FPDFPageObj_GetFillColor(text, red, green, blue, alpha)
    return red.value, green.value, blue.value


def _luminance(colours: npt.NDArray[np.generic]) -> Luminances:
    parts = np.asarray(colours, dtype=np.float64) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _worst(ink: float, under: Luminances) -> float:
    high, low = np.maximum(under, ink), np.minimum(under, ink)
    return float(((high + 0.05) / (low + 0.05)).min())
