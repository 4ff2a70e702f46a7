"""Pictures of pages, as PNG."""

from collections.abc import Iterator

from verifier.pades.picture import DPI, draw_first_page, draw_pages


def pictures(pdf: bytes, *, dpi: float = DPI) -> Iterator[bytes]:
    """Yield each page of a PDF as PNG.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    return (picture.data for picture in draw_pages(pdf, dpi=dpi))


def first_page(pdf: bytes) -> bytes:
    """Return page one of a PDF as PNG.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    return draw_first_page(pdf).data
