"""Several workers in one process: none waits for another, and none dies unseen."""

import threading
from typing import cast

import pytest

from anzheng.worker import Worker, run_together


class Lane:
    """A worker that does what a test wants."""

    def __init__(self, entered: threading.Barrier, crash: Exception | None = None) -> None:
        self._entered = entered
        self._crash = crash

    def run(self, stop: threading.Event, poll_seconds: float) -> None:
        self._entered.wait(60)
        if self._crash is not None:
            raise self._crash
        assert stop.wait(60), poll_seconds


def lanes(*crashes: Exception | None) -> list[Worker]:
    entered = threading.Barrier(len(crashes))
    return [cast("Worker", Lane(entered, crash)) for crash in crashes]


def test_one_that_crashes_ends_them_all() -> None:
    stop = threading.Event()
    with pytest.raises(RuntimeError, match="boom"):
        run_together(lanes(None, RuntimeError("boom"), None), stop, 0.01)
    assert stop.is_set()


def test_all_end_when_they_are_told() -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    run_together(lanes(None, None), stop, 0.01)
