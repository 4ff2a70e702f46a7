"""Read the text of rendered pages back, to be compared with the data before anything is signed.

PDFium is another program than the one that made the page: what it reads is what a reader gets.
"""

from typing import Final

import pypdfium2

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats.short_code import short_code
from licence.pages import MAX_PAGES, check_page_text

FRAME: Final = 17 * 72 / 25.4
"""Width of the frame around a page in portrait, in points: no text may reach into it or beyond."""

LANDSCAPE_FRAME: Final = 9.5 / 420
"""Width of the frame around a page in landscape, as part of the width of the page."""


def page_texts(pdf: bytes) -> tuple[str, ...]:
    """Return the text of each page, none of which runs over the edge.

    Raises:
        AnzhengError: RENDER_FAILED, when PDFium cannot read the file, it has too many pages, or
            text stands where nobody would see it.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise AnzhengError(Code.RENDER_FAILED, "the rendered file cannot be read") from error
    try:
        if len(document) > MAX_PAGES:
            raise AnzhengError(Code.RENDER_FAILED, "too many pages", pages=len(document))
        return tuple(_text(document, number) for number in range(len(document)))
    except pypdfium2.PdfiumError as error:
        raise AnzhengError(Code.RENDER_FAILED, "the rendered page cannot be read") from error
    finally:
        document.close()


def check_page(pdf: bytes, version: LicenceVersion, licence_json: bytes) -> None:
    """Refuse a page that does not say exactly what the data says.

    Raises:
        AnzhengError: PAGE_TEXT_MISMATCH, RENDER_FAILED.
    """
    check_page_text(page_texts(pdf), version, short_code(licence_json))


def _text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    text_page = page.get_textpage()
    try:
        width, height = page.get_size()
        frame = FRAME if height >= width else width * LANDSCAPE_FRAME
        # Text that is extracted but not seen would pass the comparison: a word too long for its
        # line, a block too long for its page.
        for place in range(text_page.count_rects()):
            left, bottom, right, top = text_page.get_rect(place)
            inside = left >= frame and right <= width - frame
            if not inside or bottom < frame or top > height - frame:
                raise AnzhengError(
                    Code.RENDER_FAILED, "text runs over the edge of the page", page=number + 1
                )
        return str(text_page.get_text_range())
    finally:
        text_page.close()
        page.close()
