"""The parts that the pages of a report are made of, and the text of each in the order it is drawn.

A sheet knows no typography: `report.typ` draws it, `verifier.report_file.pages` compares what a
reader extracts from the pages with what it says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from licence.formats.canonical import JsonValue
from licence.formats.verdict import Verdict, Words

Said = Iterator[str]


@dataclass(frozen=True, slots=True)
class Head:
    """A heading.

    Attributes:
        words: What it says.
        level: 1 for the title, 2 for a part, 3 for one file among many.
        page: Whether it begins a page.
    """

    words: Words
    level: int
    page: bool = False

    def said(self) -> Said:
        """Yield its texts."""
        yield from (self.words.zh, self.words.en)

    def value(self) -> JsonValue:
        """Return it for the template."""
        return {"kind": "head", "level": self.level, "page": self.page, **_words(self.words)}


@dataclass(frozen=True, slots=True)
class Banner:
    """A verdict with its reason.

    Attributes:
        verdict: Decides shape and colour.
        words: The verdict in words.
        reason: Why, and for a valid one how much it covers.
        act: What to do.
        code: The permanent code.
    """

    verdict: Verdict
    words: Words
    reason: Words
    act: Words
    code: str

    def said(self) -> Said:
        """Yield its texts."""
        for words in (self.words, self.reason, self.act):
            yield from (words.zh, words.en)
        yield self.code

    def value(self) -> JsonValue:
        """Return it for the template."""
        return {
            "kind": "banner",
            "verdict": self.verdict.value,
            "reason": _words(self.reason),
            "act": _words(self.act),
            "code": self.code,
            **_words(self.words),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A label and its value."""

    label: Words
    value: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Labels and values; `large` for what a person must compare."""

    rows: tuple[Line, ...]
    large: bool = False

    def said(self) -> Said:
        """Yield its texts."""
        for row in self.rows:
            yield from (row.label.zh, row.label.en, row.value)

    def value(self) -> JsonValue:
        """Return it for the template."""
        rows: list[JsonValue] = [{**_words(row.label), "value": row.value} for row in self.rows]
        return {"kind": "lines", "large": self.large, "rows": rows}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes:
        lines: Its texts, one below the other.
        tone: A state or verdict that colours the first line; none for the rest.
    """

    lines: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a row of heads.

    Attributes:
        name: Which table, for the widths of its columns.
        heads: What its columns are called.
        rows: Its cells.
    """

    name: str
    heads: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def said(self) -> Said:
        """Yield its texts."""
        for head in self.heads:
            yield from (head.zh, head.en)
        for row in self.rows:
            for cell in row:
                yield from cell.lines

    def value(self) -> JsonValue:
        """Return it for the template."""
        rows: list[JsonValue] = [
            [{"lines": list(cell.lines), "tone": cell.tone} for cell in row] for row in self.rows
        ]
        heads: list[JsonValue] = [_words(head) for head in self.heads]
        return {"kind": "grid", "name": self.name, "heads": heads, "rows": rows}


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences; a `notice` stands out."""

    lines: tuple[Words, ...]
    notice: bool = False

    def said(self) -> Said:
        """Yield its texts."""
        for words in self.lines:
            yield from (words.zh, words.en)

    def value(self) -> JsonValue:
        """Return it for the template."""
        lines: list[JsonValue] = [_words(words) for words in self.lines]
        return {"kind": "prose", "notice": self.notice, "lines": lines}


@dataclass(frozen=True, slots=True)
class Picture:
    """Page one of an artefact, with the verdict across.

    Attributes:
        place: Of its report, from 0.
        caption: What stands below.
        over: What stands across.
        alt: What it is, for those who do not see it.
    """

    place: int
    caption: Words
    over: str
    alt: Words

    def said(self) -> Said:
        """Yield its texts."""
        yield from (self.over, self.caption.zh, self.caption.en)

    def value(self) -> JsonValue:
        """Return it for the template."""
        return {
            "kind": "picture",
            "place": self.place,
            "over": self.over,
            "alt": f"{self.alt.zh} {self.alt.en}",
            **_words(self.caption),
        }


Block = Head | Banner | Lines | Grid | Prose | Picture


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the pages of one report file say.

    Attributes:
        title: What the document is called.
        author: Who made it.
        foot: Stands at the foot of every page, before the number of the page.
        blocks: In the order in which they are drawn.
    """

    title: str
    author: str
    foot: str
    blocks: tuple[Block, ...]

    def said(self) -> Said:
        """Yield every text of every block."""
        for block in self.blocks:
            yield from block.said()


def page_foot(sheet: Sheet, number: int, count: int) -> str:
    """Return the foot of one page."""
    return f"{sheet.foot} {number}/{count}"


def values(blocks: Sequence[Block]) -> list[JsonValue]:
    """Return blocks for the template."""
    return [block.value() for block in blocks]


def _words(words: Words) -> dict[str, JsonValue]:
    return {"zh": words.zh, "en": words.en}
