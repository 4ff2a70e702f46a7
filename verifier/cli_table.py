"""Many results at a glance: a table with progress on a terminal, plain lines elsewhere."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from licence.formats.report import Report
from licence.formats.verdict import TABLE, Verdict, Words
from verifier.show import COLOURS, printable
from verifier.words import advice
from verifier.words_of_copies import told_of_copy

MOST_ROWS: Final = 200
"""Of more results only those that are not valid are listed on a terminal."""
_HEAD: Final = ("结论 verdict", "文件 file", "说明 meaning", "代码 code")


@dataclass(slots=True)
class Overview:
    """Results as they come in.

    Attributes:
        console: Where they are shown.
        total: How many are expected.
    """

    console: Console
    total: int
    counts: Counter[Verdict] = field(default_factory=Counter)
    rows: list[tuple[str, Report]] = field(default_factory=list)
    unread: int = 0

    def add(self, name: str, report: Report) -> None:
        """Take in one result; without a terminal it is printed at once."""
        self.counts[report.verdict] += 1
        if not self.console.is_terminal:
            self._line(name, report)
        elif report.verdict is not Verdict.VALID or self.total <= MOST_ROWS:
            self.rows.append((name, report))

    def end(self) -> None:
        """Show the table, on a terminal, and how many there were of each verdict."""
        if self.console.is_terminal and self.rows:
            self.console.print(self._table())
        counted = (
            f"{row.words.zh} {row.words.en} {self.counts[verdict]}"
            for verdict, row in TABLE.items()
            if self.counts[verdict]
        )
        unread = [f"未读取 not read {self.unread}"] if self.unread else []
        total = sum(self.counts.values()) + self.unread
        self.console.print(Text(f"共 total {total}: " + "; ".join((*counted, *unread))))

    def _line(self, name: str, report: Report) -> None:
        words, told = TABLE[report.verdict].words, _told(report)
        cells = (f"{words.zh} {words.en}", printable(name), told.zh, report.code.value)
        # Not by the console, which would turn the tabs into blanks.
        self.console.file.write("\t".join(cells) + "\n")

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(_HEAD[0], no_wrap=True)
        table.add_column(_HEAD[1], overflow="fold")
        table.add_column(_HEAD[2], overflow="fold")
        table.add_column(_HEAD[3], no_wrap=True)
        for name, report in self.rows:
            row, told = TABLE[report.verdict], _told(report)
            colour = COLOURS.get(row.colour, row.colour)
            table.add_row(
                Text(f"{row.words.zh} {row.words.en}", style=f"bold {colour}"),
                Text(printable(name)),
                Text(f"{told.zh} {told.en}"),
                Text(report.code.value),
            )
        return table


def _told(report: Report) -> Words:
    """Return what the code means, and of a copy for whom and what for it was made."""
    told, copied = advice(report.code).meaning, told_of_copy(report)
    if copied is None:
        return told
    return Words(f"{told.zh}; {printable(copied.zh)}", f"{told.en}; {printable(copied.en)}")


@contextmanager
def progress(total: int, *, wanted: bool) -> Iterator["Ticker"]:
    """Show how far it is on standard error, if that is a terminal and it is wanted."""
    if not wanted or not sys.stderr.isatty():
        yield Ticker(None)
        return
    bar = Progress(
        TextColumn("核验 verifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        bar.add_task("verify", total=total)
        yield Ticker(bar)


@dataclass(frozen=True, slots=True)
class Ticker:
    """Counts finished artefacts."""

    bar: Progress | None

    def tick(self) -> None:
        """One more is done."""
        if self.bar is not None:
            self.bar.advance(self.bar.task_ids[0])
