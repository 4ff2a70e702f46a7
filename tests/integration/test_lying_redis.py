"""The service with a real Redis that is slow, wiped, full, or lost in the middle: same verdicts."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.fakes.redis_server import RedisServer
from tests.fakes.verifier_service import RunningService, golden, service
from verifier.service import redis_store
from verifier.service.app import Step

pytestmark = pytest.mark.tools("redis-server")

HASTE: Final = 0.5
SECONDS: Final = 30.0
"""For one file on a busy machine."""
HERE: Final = "/v1/verifications"
PDF: Final = {"Content-Type": "application/pdf"}
VERDICTS: Final = {
    "good.pdf": (Verdict.VALID, Code.OK),
    "revoked.pdf": (Verdict.INVALID, Code.STATUS_REVOKED),
    "suspended.pdf": (Verdict.INVALID, Code.STATUS_SUSPENDED),
    "foreign.pdf": (Verdict.FOREIGN, Code.NOT_A_LICENCE),
}


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    # One that is well may answer late, as on a busy machine.
    monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", 20.0)
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def run() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def made(tmp_path: Path, redis: RedisServer, run: asyncio.Runner) -> Iterator[RunningService]:
    """A service that verifies in earnest, and keeps everything in Redis."""
    with service(tmp_path / "state", redis_url=redis.url, address_per_minute=1_000) as made:
        # Redis forgets by the clock of its machine; what was signed is judged by ours.
        yield made
        for step in made.opened.parts.end:
            run.run(_whole(step))


async def _whole(step: Step) -> None:
    await step()


def _post(run: asyncio.Runner, made: RunningService, name: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(made.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(HERE, content=golden(name), headers=PDF)

    return run.run(send())


def _judge(run: asyncio.Runner, made: RunningService) -> list[httpx.Response]:
    """Whatever Redis does: the verdict is that of the checks, and it comes in time."""
    begin = time.monotonic()
    answers = []
    for name, said in VERDICTS.items():
        answer = _post(run, made, name)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["verdict"], body["code"]) == said, name
        answers.append(answer)
    assert time.monotonic() - begin < 4 * SECONDS
    return answers


FAULTS: Final[dict[str, tuple[str, ...]]] = {
    "slow": ("CLIENT", "PAUSE", "200", "ALL"),
    "hangs": ("CLIENT", "PAUSE", "600000", "ALL"),
    "wiped": ("FLUSHALL",),
    "full": ("CONFIG", "SET", "maxmemory", "1"),
    "takes no writes": ("CONFIG", "SET", "min-replicas-to-write", "3"),
    "cuts its connections": ("CLIENT", "KILL", "TYPE", "normal"),
    "wants a password": ("CONFIG", "SET", "requirepass", "secret"),
}
DEGRADES: Final = {"hangs", "full", "takes no writes"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_verdict_does_not_hang_on_redis(
    redis: RedisServer,
    run: asyncio.Runner,
    made: RunningService,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    assert "X-Anzheng-Degraded" not in _post(run, made, "good.pdf").headers
    if fault == "hangs":
        monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", HASTE)
    redis.call(*FAULTS[fault])
    answers = _judge(run, made)
    if fault in DEGRADES:
        assert answers[-1].headers["X-Anzheng-Degraded"] == "redis"


def test_redis_lost_between_two_files_and_back_empty(
    redis: RedisServer, run: asyncio.Runner, made: RunningService
) -> None:
    _judge(run, made)
    redis.kill()
    assert _judge(run, made)[-1].headers["X-Anzheng-Degraded"] == "redis"
    redis.start()
    made.clock.advance(timedelta(seconds=6))
    assert "X-Anzheng-Degraded" not in _judge(run, made)[-1].headers
