"""The state file keeps what it is given, and finds it without reading everything."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from anchor.chain.events import fast_keccak
from anchor.monitor import memory as memories
from anchor.monitor.alarms import Alarm
from anchor.monitor.memory import SqliteMemory
from anchor.monitor.ports import DayCount
from licence.errors import Code
from tests.fakes.anchor_store import Crash
from tests.fakes.anchoring import AUTHORITY, REGISTRY

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteMemory]:
    made = SqliteMemory(tmp_path / "state", REGISTRY, fast_keccak, durable=False)
    yield made
    made.close()


def test_no_look_up_reads_a_whole_table(memory: SqliteMemory) -> None:
    """A registry of ten million licences is asked three times for each new one."""
    seen: list[str] = []
    memory._database.set_trace_callback(seen.append)
    memory.unread_batches("c")
    memory.unlogged_batches("c", AUTHORITY)
    memory.rows_of_number(AUTHORITY, fast_keccak(b"n"))  # type: ignore[arg-type]
    memory.rows_of_uscc(AUTHORITY, fast_keccak(b"u"))  # type: ignore[arg-type]
    tuple(memory._rows("leaf = ?", AUTHORITY, b"l"))
    tuple(memory._rows("idx = ?", AUTHORITY, 7))
    memory._database.set_trace_callback(None)
    assert len(seen) == 6
    for query in seen:
        plan = memory._database.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        assert "USING INDEX" in plan[0][3], (query, plan)


def test_condition_that_comes_back_is_new_and_an_acknowledged_event_is_not(
    memory: SqliteMemory,
) -> None:
    condition = Alarm(Code.LOG_FORKED, "a", "message", group="log")
    event = Alarm(Code.CONTRACT_PAUSED, "b", "message", facts=(("n", 1), ("x", None)))
    with memory.step() as step:
        assert step.raise_alarm(condition, NOW)
        assert step.raise_alarm(event, NOW)
        assert not step.raise_alarm(condition, NOW)
        assert [kept.alarm for kept in step.close_gone(["log"], [], LATER)] == [condition]
        assert step.acknowledge(None, LATER) == 1
    assert memory.alarms(only_open=True) == ()
    with memory.step() as step:
        assert step.raise_alarm(condition, LATER)
        assert not step.raise_alarm(event, LATER)
    (kept,) = memory.alarms(only_open=True)
    assert (kept.alarm, kept.first_at) == (condition, LATER)


def test_group_that_did_not_run_keeps_its_alarms(memory: SqliteMemory) -> None:
    with memory.step() as step:
        step.raise_alarm(Alarm(Code.LOG_FORKED, "a", "message", group="log"), NOW)
        assert step.close_gone(["lists"], [], NOW) == ()
    assert len(memory.alarms(only_open=True)) == 1


def test_days_add_up(memory: SqliteMemory) -> None:
    one = DayCount(date(2026, 11, 21), AUTHORITY, "batches", 2)
    for _ in range(2):
        with memory.step() as step:
            step.count([one, one])
    assert memory.days() == (DayCount(one.day, AUTHORITY, "batches", 8),)


def test_failed_step_leaves_nothing(memory: SqliteMemory) -> None:
    def fail() -> None:
        with memory.step() as step:
            step.count([DayCount(date(2026, 11, 21), AUTHORITY, "batches", 2)])
            raise Crash

    with pytest.raises(Crash):
        fail()
    assert memory.days() == ()


def test_closed_alarms_beyond_the_limit_are_forgotten(
    memory: SqliteMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anchor.monitor.memory_step._MOST_ALARMS", 3)
    for at in range(6):
        with memory.step() as step:
            step.raise_alarm(Alarm(Code.CONTRACT_PAUSED, str(at), "message"), NOW)
    with memory.step() as step:
        step.acknowledge(None, NOW)
        step.raise_alarm(Alarm(Code.CONTRACT_PAUSED, "open", "message"), NOW)
        step.pass_done(LATER)
    assert len(memory.alarms(only_open=False)) == 4
    assert memory.last_pass() == LATER
    assert memories.SCHEMA == "anzheng-monitor/v1"
