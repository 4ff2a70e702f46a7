"""The text of each page, as PDFium extracts it.

Standard: DESIGN 4, check 5 (the page shows what the data says).
"""

import pypdfium2

from licence.errors import AnzhengError, Code
from licence.pages import MAX_PAGE_CHARACTERS, MAX_PAGES


def read_pages(pdf: bytes, *, most: int = MAX_PAGES) -> tuple[str, ...]:
    """Return the text of every page of a file whose signature and structure were checked.

    Args:
        pdf: The file.
        most: Most pages that it may have.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, when the pages cannot be read.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise _unreadable("the pages cannot be read") from error
    try:
        if not 1 <= len(document) <= most:
            raise _unreadable("no pages, or too many")
        return tuple(_read_page(document, number) for number in range(len(document)))
    except pypdfium2.PdfiumError as error:
        raise _unreadable("a page cannot be read") from error
    finally:
        document.close()


def _read_page(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    try:
        text = page.get_textpage()
        try:
            if text.count_chars() > MAX_PAGE_CHARACTERS:
                raise _unreadable("too much text on a page")
            return str(text.get_text_range())
        finally:
            text.close()
    finally:
        page.close()


def _unreadable(message: str) -> AnzhengError:
    return AnzhengError(Code.DATA_PAGE_MISMATCH, message)
