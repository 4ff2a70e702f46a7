"""Compare what a reader extracts from the pages of a report with what its data says.

Everything is there, and nothing else: the text of all pages together, without their feet, must be
that of the sheet, character by character; white space and line breaks are the page's own.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from licence.errors import AnzhengError, Code
from licence.pages.extracted import squeezed
from verifier.report_file.sheet import Sheet, page_foot

MAX_REPORT_PAGES: Final = 3_000


def check_pages(pages: Sequence[str], sheet: Sheet) -> None:
    """Refuse pages that do not say exactly what the sheet says.

    Args:
        pages: The text of each page as a reader extracts it.
        sheet: Laid out from the data of the same file.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, with the page where the first difference is.
    """
    expected = squeezed("".join(sheet.said()))
    at = 0
    for number, page in enumerate(pages, start=1):
        text, foot = squeezed(page), squeezed(page_foot(sheet, number, len(pages)))
        if not text.endswith(foot):
            raise _mismatch(number, "foot")
        body = text[: len(text) - len(foot)]
        if not expected.startswith(body, at):
            raise _mismatch(number, "text")
        at += len(body)
    if at != len(expected):
        raise _mismatch(len(pages), "end")


def unread(pages: Sequence[str], sheet: Sheet) -> str:
    """Return the characters of a sheet that do not all come back from its pages, each once.

    Two characters that a font draws by one glyph are read back as one of them.
    """
    expected = Counter(squeezed("".join(sheet.said())))
    found = Counter(squeezed("".join(pages)))
    return "".join(sorted(expected - found))


def _mismatch(page: int, where: str) -> AnzhengError:
    return AnzhengError(
        Code.DATA_PAGE_MISMATCH,
        "a page of the report does not say what its data says",
        page=page,
        field=where,
    )
