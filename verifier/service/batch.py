"""One batch: its files, what came of them so far, and who waits for more.

Results stand in two orders: by place in the batch, for what is fetched when all is done, and as
they came, for whoever follows the events.
"""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum, unique
from typing import Any

from licence.errors import Code
from licence.formats.canonical import JsonValue
from licence.formats.report import Report
from licence.formats.verdict import Verdict


@unique
class BatchState(StrEnum):
    """How far a batch is."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """The process had to end before; files without a result were not checked."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one file.

    Attributes:
        number: Its place in the batch, from 0.
        name: As the sender called it.
        verdict: None where nothing was checked.
        code: Why.
        id: Under which the result is kept.
        report: The report as JSON text; empty where nothing was checked.
    """

    number: int
    name: str
    verdict: Verdict | None
    code: Code
    id: str | None = None
    report: str = field(default="", repr=False)

    @property
    def event(self) -> dict[str, JsonValue]:
        """What is told to whoever follows."""
        return {
            "number": self.number,
            "name": self.name,
            "verdict": self.verdict.value if self.verdict else None,
            "code": self.code.value,
            "id": self.id,
        }


def row_of(number: int, name: str, report: Report, body: bytes, secret: str | None) -> Row:
    """Return the row of a file that was judged."""
    return Row(number, name, report.verdict, report.code, secret, body.decode())


@dataclass(slots=True)
class Batch:
    """A batch at work, or one that ended.

    Args:
        id: Its unguessable id.
        names: Of its files, in their order.
        state: How far it is.
        came: What came, as it came.
        saved_at: When it was kept, for one that is read back (Unix seconds).
    """

    id: str
    names: tuple[str, ...]
    state: BatchState = BatchState.RUNNING
    came: list[Row] = field(default_factory=list)
    saved_at: float = 0.0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def total(self) -> int:
        """How many files it has."""
        return len(self.names)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What came, in the order of the files; one that did not come was not checked."""
        there = {row.number: row for row in self.came}
        return tuple(
            there.get(number) or Row(number, name, None, Code.NOT_CHECKED)
            for number, name in enumerate(self.names)
        )

    async def add(self, row: Row) -> None:
        """Take what came of one file."""
        async with self._news:
            self.came.append(row)
            self._news.notify_all()

    async def end(self, state: BatchState) -> None:
        """There will be no more."""
        async with self._news:
            self.state = state
            self._news.notify_all()

    async def wait(self, seen: int, seconds: float) -> None:
        """Wait until there is more than was seen, or it ended, or some time is over."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(
                    lambda: len(self.came) > seen or self.state is not BatchState.RUNNING
                )
        except TimeoutError:
            return

    def summary(self) -> dict[str, JsonValue]:
        """Return what `GET /v1/batches/{id}` says."""
        verdicts = Counter(row.verdict.value for row in self.came if row.verdict is not None)
        here = f"/v1/batches/{self.id}"
        links: dict[str, JsonValue] = {"self": here, "events": f"{here}/events"}
        if self.state is not BatchState.RUNNING:
            links |= {kind: f"{here}/results.{kind}" for kind in ("json", "csv", "pdf")}
        return {
            "id": self.id,
            "state": self.state.value,
            "total": self.total,
            "done": len(self.came),
            "verdicts": dict(sorted(verdicts.items())),
            "refused": sum(row.verdict is None for row in self.came),
            "links": links,
        }


def encode(batch: Batch) -> bytes:
    """Return a batch as it is kept."""
    value = {
        "id": batch.id,
        "names": batch.names,
        "state": batch.state.value,
        "saved_at": batch.saved_at,
        "came": [asdict(row) for row in batch.came],
    }
    return json.dumps(value, ensure_ascii=False).encode()


def decode(data: bytes) -> Batch:
    """Read back what `encode` wrote; it comes from the vault, where nobody else writes."""
    value: dict[str, Any] = json.loads(data)
    return Batch(
        id=value["id"],
        names=tuple(value["names"]),
        state=BatchState(value["state"]),
        came=[_row(each) for each in value["came"]],
        saved_at=value["saved_at"],
    )


def _row(value: dict[str, Any]) -> Row:
    verdict = value["verdict"]
    return Row(
        number=value["number"],
        name=value["name"],
        verdict=None if verdict is None else Verdict(verdict),
        code=Code(value["code"]),
        id=value["id"],
        report=value["report"],
    )
