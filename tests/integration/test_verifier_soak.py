"""Ten minutes of load: no error, no growth, nothing wrongly judged, too much is sent away.

Good, altered, suspended and foreign files come in turn, and each answer must be the right one.
`ANZHENG_SOAK_SECONDS` makes it shorter.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from licence.domain.status import StatusWord
from tests.builders import NAMES, World, make_world, side_row
from tools.bench.load import Load, Target, hammer, post
from tools.bench.service import Running, running

SECONDS = float(os.environ.get("ANZHENG_SOAK_SECONDS", "600"))
CONNECTIONS = 3
MAX_GROWTH = 1.25
"""Of memory, from when a third of the time is over to the end."""

HERE = "/v1/verifications"


def _prepare(home: Path) -> dict[str, bytes]:
    """Write a trust folder of today; return files by what must be said of them."""
    world: World = make_world("soak")
    now = datetime.now(UTC).replace(microsecond=0)
    good, bad = world.issue_all([world.version(0), world.version(1)])
    row = side_row(1, StatusWord.SUSPENDED, now.date())
    for authority in NAMES:
        world.publish(authority=authority, issued_at=now)
    world.publish({1: StatusWord.SUSPENDED}, (row,), issued_at=now)
    world.write_lists(world.write_trust(home / "trust"), now=now)
    altered = bytearray(good.pdf)
    altered[3_000] ^= 1
    return {
        '"verdict":"valid"': good.pdf,
        '"code":"STATUS_SUSPENDED"': bad.pdf,
        '"verdict":"invalid"': bytes(altered),
        '"verdict":"foreign"': b"%PDF-1.7 no licence of ours",
    }


@pytest.mark.slow
def test_ten_minutes_of_load(tmp_path: Path) -> None:
    expected = _prepare(tmp_path)
    # Few results are kept: the shelf is full after a minute, and stays so.
    with running(tmp_path, results_mb=4, waiting=16) as service:
        targets = [
            Target(service.port, [post(HERE, pdf, "application/pdf")], word.encode())
            for word, pdf in expected.items()
        ]
        with ThreadPoolExecutor(len(targets) + 1) as threads:
            memory = threads.submit(_watch, service)
            runs = [threads.submit(hammer, each, CONNECTIONS, SECONDS) for each in targets]
            loads: list[Load] = [each.result() for each in runs]
            held = memory.result()
        flood = hammer(targets[0], connections=60, seconds=10)
        with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", timeout=60) as client:
            ready, numbers = client.get("/readyz").json(), client.get("/metrics").text
    for load in loads:
        assert load.wrong == 0
        assert load.refused_without_word == 0
        assert set(load.statuses) <= {200, 503}
        assert len(load.times) > SECONDS / 10
    assert flood.wrong == 0
    assert flood.refused_without_word == 0
    assert flood.statuses[503] > 0
    assert ready["status"] == "ready"
    assert "anzheng_verifier_children_lost 0.0" in numbers
    assert held[-1] < MAX_GROWTH * held[len(held) // 3]


def _watch(service: Running) -> list[int]:
    """Return what the service holds, twenty times in the course of the run."""
    held = []
    for _ in range(20):
        time.sleep(SECONDS / 20)
        held.append(service.memory)
    return held
