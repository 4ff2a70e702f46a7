"""What somebody sees who reads the pages: every character, in the order of drawing.

A page whose author has the authority's key could say one thing to programs and another to people:
by a font whose shapes are other characters', by text that is white, transparent, covered or cut
off. So each page's program is followed operator by operator (`seen_page`), and each character must
be drawn by its own shape (`glyph_table`).

What is drawn and is no text (seals, frames, the look-up code) is not read: docs/threat-model.md.

Standard: DESIGN 4, check 5; ISO 32000-1, 7.8.2, 8 and 9.
"""

from collections.abc import Callable
from io import BytesIO

import pikepdf

from licence.domain.model import Glyph
from licence.errors import AnzhengError
from licence.pages import MAX_PAGES
from verifier.pades.approved_shapes import ApprovedShapes
from verifier.pades.glyph_table import GlyphBook
from verifier.pades.objects import LIBRARY_ERRORS
from verifier.pades.seen_fonts import PageFont
from verifier.pades.seen_page import PageReader
from verifier.pades.seen_sheet import refusal


def book_for(approved: tuple[Glyph, ...]) -> GlyphBook:
    """Return this verifier's table, with the outlines that officers approved for one licence."""
    return GlyphBook.packaged(ApprovedShapes(approved))


def read_drawn(pdf: bytes, book: GlyphBook) -> tuple[str, ...]:
    """Return the characters of each page as they are drawn.

    Args:
        pdf: A file whose signature and structure were checked.
        book: Which shapes each character may have.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, when something cannot be seen as it reads;
            GLYPH_UNKNOWN, when a shape is in no table of this verifier. Both with the fact `page`.
    """
    fonts: dict[tuple[int, int], PageFont] = {}
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            if not 1 <= len(document.pages) <= MAX_PAGES:
                raise refusal("no pages, or too many")
            return tuple(
                _on_page(number, PageReader(page.obj, book, fonts).read)
                for number, page in enumerate(document.pages, start=1)
            )
    except AnzhengError:
        raise
    except LIBRARY_ERRORS as error:
        raise refusal("a page cannot be read") from error


def _on_page(number: int, read: Callable[[], str]) -> str:
    try:
        return read()
    except AnzhengError as error:
        raise AnzhengError(error.code, error.message, **{**error.facts, "page": number}) from error
