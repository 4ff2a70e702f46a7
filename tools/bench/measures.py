"""What was measured, against its limit and against a peer."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

WHOLE_FROM = 1_000
"""From here on a number is printed without fractions."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Something to compare with: measured in the same run, unless its name says otherwise."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One number.

    Attributes:
        name: Its permanent name in `results.json`.
        value: The median, or the only value.
        unit: Its unit.
        limit: The goal of this release.
        target: The goal of DESIGN 7, which later releases are to reach.
        at_least: Whether more is better.
        peer: What it is compared with.
        note: What exactly was done.
    """

    name: str
    value: float
    unit: str
    limit: float
    target: float
    at_least: bool
    peer: Peer | None
    note: str

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def as_json(self) -> dict[str, object]:
        """Return it for `results.json`."""
        found: dict[str, object] = {
            "value": round(self.value, 3),
            "unit": self.unit,
            "limit": self.limit,
            "limit_is": "at least" if self.at_least else "at most",
            "ratio_to_limit": round(self.value / self.limit, 3),
            "reached": self.reached,
            "target": self.target,
            "note": self.note,
        }
        if self.peer is not None:
            found["peer"] = {"name": self.peer.name, "value": round(self.peer.value, 3)}
            found["ratio_to_peer"] = round(self.value / self.peer.value, 3)
        return found


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Return the median time of a call; the first call warms up and does not count."""
    return side_by_side((work,), times)[0]


def side_by_side(works: Sequence[Callable[[], object]], times: int) -> tuple[float, ...]:
    """Return the median time of each call, all in turns: the machine is not equally fast always."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, times_of_it in zip(works, taken, strict=True):
            before = perf_counter()
            work()
            times_of_it.append((perf_counter() - before) * 1_000)
    return tuple(map(median, taken))


def write(measures: Sequence[Measure], path: Path, **run: object) -> None:
    """Store all measures and what is known of the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"run": run, "results": {each.name: each.as_json() for each in measures}}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(measures: Sequence[Measure]) -> None:
    """Print all measures, and below them what they are compared with."""
    table = Table()
    for name in ("measure", "value", "goal", "target", "of the peer"):
        table.add_column(name, no_wrap=True)
    for each in measures:
        sign = "≥" if each.at_least else "≤"
        table.add_row(
            each.name,
            f"{'[green]' if each.reached else '[red]'}{_short(each.value)} {each.unit}[/]",
            f"{sign} {each.limit:,g}",
            f"{sign} {each.target:,g}",
            f"{each.value / each.peer.value:.2f}" if each.peer else "",
        )
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for each in measures:
        peer = f"; peer {_short(each.peer.value)}: {each.peer.name}" if each.peer else ""
        console.print(f"{each.name}: {each.note}{peer}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= WHOLE_FROM else f"{value:,.2f}"
