"""Unit tests judge the same few files hundreds of times: what a page says is read once for each."""

from collections.abc import Iterator
from functools import cache

import pytest

from verifier import steps
from verifier.pades.glyph_table import GlyphBook
from verifier.pades.page_text import read_pages
from verifier.pades.seen import read_drawn
from verifier.pades.structure import read_structure


@pytest.fixture(scope="session", autouse=True)
def _pages_read_once() -> Iterator[None]:
    """Remember what the readers of a file returned; an error is found anew each time.

    Tests of the readers call them by their own names. What a file says depends on nothing but it.
    """
    books: dict[bytes, GlyphBook] = {}

    @cache
    def drawn(pdf: bytes) -> tuple[str, ...]:
        return read_drawn(pdf, books[pdf])

    def remembered(pdf: bytes, book: GlyphBook) -> tuple[str, ...]:
        books[pdf] = book
        return drawn(pdf)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "read_drawn", remembered)
        patch.setattr(steps, "read_pages", cache(read_pages))
        patch.setattr(steps, "read_structure", cache(read_structure))
        yield
