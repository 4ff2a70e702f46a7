"""The plan of a licence: everything that its pages say, in reading order.

The template draws a plan; signer and verifier compare the text of the pages with the same plan. So
no word stands in two places, and none on the page that is not here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

MAX_PAGES: Final = 320
"""Most pages of one licence; the longest data that the rules allow needs fewer."""


@unique
class SectionKind(StrEnum):
    """What a section is; the layout of a template has an entry for each."""

    FACE = "face"
    DUPLICATE = "duplicate"
    RECORDS = "records"
    TRANSLATION = "translation"
    LARGE_PRINT = "large-print"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said: a label, and what it labels; either may be empty.

    Attributes:
        key: Which field it says, such as `scope[3]`; unique in its section.
        label: Printed first.
        value: Printed after it.
        flags: How it is drawn: `high-risk`, `date`, `mark`, `test`; `zh` where a line is Chinese
            in a section that is not.
    """

    key: str
    label: str
    value: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together.

    Attributes:
        name: What the template knows it by.
        lines: What it says.
        heading: Printed before the lines; its key is the name and `.head`.
        columns: Of a table; 0 for none. The lines of a table are its cells, row by row, and the
            first row is its header. A header is printed once, not again on the next page.
    """

    name: str
    lines: tuple[Line, ...]
    heading: str = ""
    columns: int = 0

    def said(self) -> Iterator[tuple[str, str]]:
        """Yield key and text of everything the block says, in order."""
        if self.heading:
            yield f"{self.name}.head", self.heading
        for line in self.lines:
            yield line.key, line.label + line.value


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that belong together; the first thing printed is the title, as a heading of level 1.

    Attributes:
        kind: What it is.
        name: For the bookmark.
        lang: Language of all lines without a flag that says otherwise.
        blocks: What flows through its pages.
        pinned: What stands at the end of its first page, above the foot.
        head: Begins each of its further pages; `{n}` is which further page this is, counted from
            1, `{m}` how many there are. Empty when the section has to fit on one page.
        foot: Ends each page; `{page}` and `{pages}` count the whole file.
    """

    kind: SectionKind
    name: str
    lang: str
    blocks: tuple[Block, ...]
    pinned: tuple[Block, ...]
    head: str
    foot: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is printed, and what the file says about itself.

    Attributes:
        template: Id of the template that draws it.
        title: Of the document.
        licence_no: The number.
        short_code: As printed, in groups.
        variant: Industry, which decides icon and colours.
        scale: `legible` or `strict`.
        kind: Of the version, such as `SAMPLE`.
        test: Whether it is without legal effect.
        author: The issuer.
        issued_on: The day, YYYY-MM-DD.
        keywords: Of the document.
        emergency_end: Last day of an emergency licence, YYYY-MM-DD, else empty.
        sections: In their order.
    """

    template: str
    title: str
    licence_no: str
    short_code: str
    variant: str
    scale: str
    kind: str
    test: bool
    author: str
    issued_on: str
    keywords: tuple[str, ...]
    emergency_end: str
    sections: tuple[Section, ...]


def printed_text(plan: Plan) -> str:
    """Return every character that the pages need, for the search for missing glyphs."""
    texts = ["0123456789"]
    for section in plan.sections:
        texts += (section.head, section.foot)
        for block in (*section.blocks, *section.pinned):
            texts += (text for _key, text in block.said())
    return "".join(texts)
