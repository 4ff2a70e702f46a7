"""Compare the text of the pages with the plan: everything is there, and nothing else.

Every section begins on a page of its own. A first page says: text of the section, what is pinned,
foot; a further one: head, text, foot. What is left of the pages of a section together must be its
text, character by character.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.pages import cn_a4p_1
from licence.pages.extracted import squeezed
from licence.pages.make import make_plan
from licence.pages.plan import MAX_PAGES, Block, Section, SectionKind
from licence.pages.templates import CN_A4P_1

MAX_PAGE_CHARACTERS: Final = 50_000
"""Most characters of one page, white space among them."""


@dataclass(frozen=True, slots=True)
class PlacedSection:
    """Where a section stands in the file; `first` counts from 1."""

    kind: SectionKind
    name: str
    first: int
    pages: int


@dataclass(frozen=True, slots=True)
class _Flow:
    """A text without white space, and which line each part of it is."""

    text: str
    parts: tuple[tuple[int, str], ...]

    def key_at(self, place: int) -> str:
        """Return the key of the line that stands there; at the end that of the last."""
        found = ""
        for start, key in self.parts:
            if start > place and found:
                break
            found = key
        return found


def check_page_text(
    pages: Sequence[str], version: LicenceVersion, short_code: str
) -> tuple[PlacedSection, ...]:
    """Refuse pages that do not say exactly what the licence says.

    Args:
        pages: The text of each page as a reader extracts it.
        version: The licence, decoded from its `licence.json`.
        short_code: Of the same `licence.json`.

    Returns:
        Where each section stands.

    Raises:
        AnzhengError: PAGE_TEXT_MISMATCH with the facts `page`, `section` and `field`, the first
            line that is not found as it should be; as `make_plan`.
    """
    if version.draft.template == CN_A4P_1:
        cn_a4p_1.check_page_text(pages, version, short_code)
        return (PlacedSection(SectionKind.FACE, cn_a4p_1.TITLE, 1, len(pages)),)
    sections = make_plan(version, short_code).sections
    if not len(sections) <= len(pages) <= MAX_PAGES:
        raise AnzhengError(Code.PAGE_TEXT_MISMATCH, "too few pages, or too many", pages=len(pages))
    texts = [_comparable(page, number) for number, page in enumerate(pages, start=1)]
    placed: list[PlacedSection] = []
    at = 0
    for section in sections:
        further = _further_pages(section, texts[at + 1 :])
        _check_section(section, texts[at : at + 1 + further], before=at, total=len(pages))
        placed.append(PlacedSection(section.kind, section.name, at + 1, further + 1))
        at += further + 1
    if at != len(pages):
        raise AnzhengError(
            Code.PAGE_TEXT_MISMATCH, "there is a page that belongs to no section", page=at + 1
        )
    return tuple(placed)


def lines_of_first_page(
    version: LicenceVersion, short_code: str, *, pages: int
) -> tuple[tuple[str, str], ...]:
    """Return what the first section says: key and text without white space, line by line.

    Args:
        version: The licence.
        short_code: Of its `licence.json`.
        pages: How many pages the whole file has.

    Raises:
        AnzhengError: As `make_plan`.
    """
    section = make_plan(version, short_code).sections[0]
    foot = section.foot.replace("{page}", "1").replace("{pages}", str(pages))
    said = [line for block in (*section.blocks, *section.pinned) for line in block.said()]
    return tuple((key, squeezed(text)) for key, text in (*said, ("foot", foot)))


def _comparable(page: str, number: int) -> str:
    if len(page) > MAX_PAGE_CHARACTERS:
        raise AnzhengError(Code.PAGE_TEXT_MISMATCH, "too much text on a page", page=number)
    return squeezed(page)


def _further_pages(section: Section, texts: Sequence[str]) -> int:
    """Return how many pages after the first begin as further pages of the section do."""
    begin = squeezed(section.head.partition("{n}")[0])
    if not begin:
        return 0
    count = 0
    while count < len(texts) and texts[count].startswith(f"{begin}{count + 1}/"):
        count += 1
    return count


def _check_section(section: Section, texts: Sequence[str], *, before: int, total: int) -> None:
    flow, pinned = _flow(section.blocks), _flow(section.pinned)
    at = 0
    for place, text in enumerate(texts):
        page = _Page(section, number=before + place + 1)
        rest = page.without_foot(text, total)
        if place == 0:
            rest = page.without_pinned(rest, pinned)
        else:
            rest = page.without_head(rest, place, len(texts) - 1)
        if not flow.text.startswith(rest, at):
            raise page.mismatch(flow.key_at(at + _common(rest, flow.text[at : at + len(rest)])))
        at += len(rest)
    if at != len(flow.text):
        raise _Page(section, number=before + len(texts)).mismatch(flow.key_at(at))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of one section, and how it is taken apart."""

    section: Section
    number: int

    def mismatch(self, field: str) -> AnzhengError:
        """Return the error that names this page and a line."""
        return AnzhengError(
            Code.PAGE_TEXT_MISMATCH,
            "the page does not say what the data says",
            page=self.number,
            section=self.section.name,
            field=field,
        )

    def without_foot(self, text: str, total: int) -> str:
        """Return the text before the foot."""
        foot = self.section.foot.replace("{page}", str(self.number))
        foot = squeezed(foot.replace("{pages}", str(total)))
        if not text.endswith(foot):
            raise self.mismatch("foot")
        return text[: len(text) - len(foot)]

    def without_head(self, text: str, place: int, count: int) -> str:
        """Return the text after the head; a further page without text has no reason to be."""
        head = self.section.head.replace("{n}", str(place)).replace("{m}", str(count))
        head = squeezed(head)
        if not text.startswith(head) or len(text) == len(head):
            raise self.mismatch("head")
        return text[len(head) :]

    def without_pinned(self, text: str, pinned: _Flow) -> str:
        """Return the text before what is pinned."""
        if not text.endswith(pinned.text):
            common = _common(text[::-1], pinned.text[::-1])
            raise self.mismatch(pinned.key_at(len(pinned.text) - common - 1))
        return text[: len(text) - len(pinned.text)]


def _flow(blocks: Iterable[Block]) -> _Flow:
    texts: list[str] = []
    parts: list[tuple[int, str]] = []
    length = 0
    for block in blocks:
        for key, said in block.said():
            text = squeezed(said)
            parts.append((length, key))
            texts.append(text)
            length += len(text)
    return _Flow("".join(texts), tuple(parts))


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    for place, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return place
    return min(len(one), len(other))
