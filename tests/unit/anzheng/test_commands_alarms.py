"""`anzheng alarms` shows what is not over, and its exit code says whether there is anything."""

import json
from pathlib import Path

import pytest

from anzheng.alarms import StandingAlarms
from anzheng.cli import run
from anzheng.store.database import Store
from licence.errors import Code
from tests.fakes.clock import FakeClock


def test_alarms_that_are_not_over(
    store: Store, clock: FakeClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--data-dir", str(tmp_path), "alarms", "--json"]
    alarms = StandingAlarms(store, clock)
    alarms.rise("chain", Code.ANCHOR_OVERDUE, "waits")
    capsys.readouterr()
    assert run(command) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "about": "chain",
            "code": "ANCHOR_OVERDUE",
            "since": "2026-11-21T04:00:00+00:00",
            "message": "waits",
        }
    ]
    alarms.clear("chain")
    capsys.readouterr()
    assert run(command) == 0
    assert json.loads(capsys.readouterr().out) == []
