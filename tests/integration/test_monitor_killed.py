"""The monitor dies after each of its durable steps, and the next one finds what is there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anchor.chain_ports import Right
from anchor.events import AccountSet
from anchor.monitor.memory import SqliteMemory
from anchor.monitor.ports import Step
from licence.domain.status import StatusWord
from tests.fakes.anchor_store import Crash
from tests.fakes.monitored import STRANGER, World, item


class Killing:
    """A memory that dies after so many steps were durable."""

    def __init__(self, memory: SqliteMemory, after: int) -> None:
        self._memory = memory
        self._after = after

    @contextmanager
    def step(self) -> Iterator[Step]:
        with self._memory.step() as step:
            yield step
        self._after -= 1
        if self._after == 0:
            raise Crash

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the memory has
        return getattr(self._memory, name)


def eventful(folder: Path) -> World:
    """Return a world with much to find at once."""
    world = World(folder)
    world.anchor(item(1, 1), item(2, 2))
    world.anchor(item(1, 3))
    world.anchor(item(4, 4), manifest=False)
    world.set_status(StatusWord.REVOKED, 2)
    world.emit(AccountSet, subject=STRANGER, rights=Right.ANCHOR)
    world.anchor(item(5, 5), account=STRANGER)
    world.log()
    world.later(hours=3)
    world.publish({})
    return world


def contents(state: Path) -> dict[str, list[Any]]:
    """Return every row of a state file, but when a pass was."""
    database = sqlite3.connect(state)
    tables = [
        name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE sql != ''")
    ]
    found = {
        name: database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608
        for name in sorted(tables)
        if not name.startswith(("batch_", "leaf_"))
    }
    database.close()
    return found


def test_whatever_step_was_the_last_the_next_pass_finds_the_same(tmp_path: Path) -> None:
    straight = eventful(tmp_path / "straight")
    expected = straight.look()
    assert len({kept.alarm.code for kept in expected.open}) >= 5
    after, died = 1, True
    while died:
        world = eventful(tmp_path / str(after))
        died = dies(world, after)
        outcome = world.look()
        assert contents(world.state) == contents(straight.state), after
        assert outcome.open == expected.open
        after += 1
    assert after > 10, "there are that many steps"


def dies(world: World, after: int) -> bool:
    wrap: Callable[[SqliteMemory], Any] = lambda memory: Killing(memory, after)  # noqa: E731
    try:
        world.look(wrap)
    except Crash:
        return True
    return False


def test_pass_after_pass_changes_nothing_when_nothing_happened(tmp_path: Path) -> None:
    world = eventful(tmp_path)
    first = world.look()
    before = contents(world.state)
    second = world.look()
    assert contents(world.state) == before
    assert (second.raised, second.closed) == ((), ())
    assert second.open == first.open
