"""Where the first page says something else than the data: for people who look at the page.

`check` decides whether a page is right; this says where it is not, and is asked only then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from licence.domain.model import LicenceVersion
from licence.pages import cn_a4p_1
from licence.pages.check import lines_of_first_page
from licence.pages.extracted import squeezed
from licence.pages.templates import CN_A4P_1

MAX_CHARACTERS: Final = 6_000
"""Most characters of a page that are compared; the first page of a licence has a thousand."""
MAX_DIFFERENCES: Final = 50
_MISSING: Final = 60
_NEAR: Final = 2
"""Differences that are no further apart are one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        start: Place in the text of the page, without white space, where it begins.
        end: Where it ends; the same where something is missing.
        field: Key of the line, or "" where the template has none.
        shown: What the page says.
        expected: What the data says.
    """

    start: int
    end: int
    field: str
    shown: str
    expected: str


def first_page_differences(
    page: str, version: LicenceVersion, short_code: str, *, pages: int
) -> tuple[Difference, ...]:
    """Compare the text of the first page with what the licence says.

    Args:
        page: Text of the page as a reader extracts it.
        version: The licence.
        short_code: Of its `licence.json`.
        pages: How many pages the file has; of several, a long text that is not on the first one is
            taken to stand on the next.

    Raises:
        AnzhengError: As `make_plan`.
    """
    shown = squeezed(page)[:MAX_CHARACTERS]
    lines = _expected(version, short_code, pages)
    text = "".join(said for _, said in lines)[:MAX_CHARACTERS]
    found = _differences(shown, text, lines)
    kept = [one for one in found if one.shown or pages == 1 or len(one.expected) <= _MISSING]
    return tuple(kept[:MAX_DIFFERENCES])


def _expected(version: LicenceVersion, short_code: str, pages: int) -> tuple[tuple[str, str], ...]:
    if version.draft.template == CN_A4P_1:
        text = cn_a4p_1.expected_page_text(version, short_code, pages=pages)
        return (("", text.body + text.feet[0]),)
    return lines_of_first_page(version, short_code, pages=pages)


def _differences(shown: str, text: str, lines: tuple[tuple[str, str], ...]) -> Iterator[Difference]:
    matcher = SequenceMatcher(None, shown, text, autojunk=False)
    spans: list[_Span] = []
    for kind, start, end, from_, to in matcher.get_opcodes():
        if kind == "equal":
            continue
        span = _whole_words(_Span(start, end, from_, to), shown, text)
        if spans and span.start - spans[-1].end <= _NEAR:
            before = spans.pop()
            span = _Span(
                min(before.start, span.start), span.end, min(before.from_, span.from_), span.to
            )
        spans.append(span)
    for span in spans:
        yield Difference(
            span.start,
            span.end,
            _key_at(lines, span.from_),
            shown[span.start : span.end],
            text[span.from_ : span.to],
        )


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of the page, and the part of the expected text that should stand there."""

    start: int
    end: int
    from_: int
    to: int


def _whole_words(span: _Span, shown: str, text: str) -> _Span:
    """Widen a difference to whole codes and numbers: nobody compares half a credit code."""
    start, end, from_, to = span.start, span.end, span.from_, span.to
    while start and from_ and shown[start - 1] == text[from_ - 1] and _of_code(shown[start - 1]):
        start, from_ = start - 1, from_ - 1
    while end < len(shown) and to < len(text) and shown[end] == text[to] and _of_code(shown[end]):
        end, to = end + 1, to + 1
    return _Span(start, end, from_, to)


def _of_code(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "-")


def _key_at(lines: tuple[tuple[str, str], ...], place: int) -> str:
    length = 0
    for key, said in lines:
        length += len(said)
        if place < length:
            return key
    return lines[-1][0] if lines else ""
