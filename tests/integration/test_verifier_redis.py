"""Two services that share a real Redis, and what they do when it is lost, hangs or lies."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licence.errors import AnzhengError, Code
from tests.fakes.clock import FakeClock
from tests.fakes.redis_server import RedisServer
from tests.fakes.verifier_service import QuickEngine, RunningService, service
from verifier.service import redis_store
from verifier.service.app import Step
from verifier.service.limits import DAY, Rule
from verifier.service.redis_store import open_redis

pytestmark = pytest.mark.tools("redis-server")

HERE = "/v1/verifications"
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    # One that is well may answer late, as on a busy machine.
    monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", 20.0)
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def noon() -> float:
    """Return tomorrow's noon (UTC): Redis forgets by its machine's clock, and no day ends here."""
    return (time.time() // DAY + 1.5) * DAY


@contextmanager
def two(
    redis: RedisServer, talk: "Talk", settings: dict[str, Any] | None = None
) -> Iterator[tuple[RunningService, RunningService]]:
    """Two services without a disk that share a Redis."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                service(None, QuickEngine(), redis_url=redis.url, replicas=2, **(settings or {}))
            )
            for _ in range(2)
        )
        now = noon()
        for each in (first, second):
            each.clock.advance(timedelta(seconds=now - each.clock.now().timestamp()))
        yield first, second
        for each in (first, second):
            talk.end(each)


class Talk:
    """Clients that share one event loop: connections to Redis belong to a loop."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner

    def post(self, made: RunningService, headers: dict[str, str] | None = None) -> "Answer":
        return self._ask(made, "POST", HERE, b"%PDF-1", PDF | (headers or {}))

    def get(self, made: RunningService, path: str) -> "Answer":
        return self._ask(made, "GET", path, b"", {})

    def end(self, made: RunningService) -> None:
        """Close what a service holds."""
        for step in made.opened.parts.end:
            self._runner.run(_all_of(step))

    def _ask(
        self, made: RunningService, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> "Answer":
        import httpx  # noqa: PLC0415 - one call

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(made.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, content=body, headers=headers)

        return Answer(self._runner.run(send()))


async def _all_of(step: Step) -> None:
    await step()


class Answer:
    """What came back."""

    def __init__(self, response: object) -> None:
        import httpx  # noqa: PLC0415 - one call

        assert isinstance(response, httpx.Response)
        self.status = response.status_code
        self.headers = response.headers
        self.body: dict[str, Any] = response.json() if response.content else {}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with asyncio.Runner() as runner:
        yield Talk(runner)


def test_what_one_keeps_the_other_finds(redis: RedisServer, talk: Talk) -> None:
    with two(redis, talk) as (first, second):
        answer = talk.post(first, {"Idempotency-Key": "k"})
        assert talk.get(second, answer.headers["Location"]).body == answer.body
        again = talk.post(second, {"Idempotency-Key": "k"})
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.body == answer.body
        assert "X-Anzheng-Degraded" not in answer.headers
        assert talk.get(first, "/readyz").body["status"] == "ready"


def test_both_count_together(redis: RedisServer, talk: Talk) -> None:
    with two(redis, talk, {"address_per_minute": 1_000, "address_per_day": 4}) as (first, second):
        statuses = [talk.post(each).status for each in (first, second) * 3]
        assert statuses == [200] * 4 + [429] * 2


def test_redis_lost_degrades_and_says_so_and_grants_no_more(redis: RedisServer, talk: Talk) -> None:
    with two(redis, talk, {"address_per_minute": 1_000, "address_per_day": 10}) as (first, second):
        before = [talk.post(first).status for _ in range(3)]
        redis.kill()
        # Each has a share of 5; the first has granted 3 of it.
        lost = [talk.post(first) for _ in range(4)]
        assert before + [each.status for each in lost] == [200] * 5 + [429] * 2
        assert [talk.post(second).status for _ in range(6)] == [200] * 5 + [429]
        assert lost[0].headers["X-Anzheng-Degraded"] == "redis"
        place = lost[0].headers["Location"]
        assert talk.get(first, place).status == 200
        ready = talk.get(first, "/readyz")
        assert (ready.status, ready.body["status"]) == (200, "degraded")
        assert ready.body["parts"]["counters"] == "REDIS_LOST"
        assert ready.body["parts"]["results"] == "REDIS_LOST"
        assert "redis_lost" in [line["event"] for line in first.logged]
        redis.start()
        for each in (first, second):
            each.clock.advance(timedelta(seconds=6))
        # Redis has forgotten everything; this process has not.
        assert [talk.post(first).status for _ in range(6)] == [200] * 5 + [429]
        assert talk.get(first, place).status == 200
        assert talk.get(first, "/readyz").body["status"] == "ready"


def test_a_redis_that_hangs_holds_nobody_up_for_long(
    redis: RedisServer, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two(redis, talk) as (first, _):
        assert talk.post(first).status == 200
        redis.call("CLIENT", "PAUSE", "600000", "ALL")
        monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", 0.5)
        begin = time.monotonic()
        statuses = [talk.post(first).status for _ in range(5)]
        assert statuses == [200] * 5
        # One wait for the counters and one for the results; then it is left alone.
        assert time.monotonic() - begin < 120


@pytest.mark.parametrize(
    "lie", [b"-ERR no\r\n", b"$5\r\nwrong\r\n", b"\x00\xff" * 50, b":1\r\n", b""]
)
def test_a_redis_that_lies_is_not_believed(tmp_path: Path, lie: bytes, talk: Talk) -> None:
    """Whatever it says, the verdict is that of the checks, and nothing breaks."""
    with (
        lying(lie) as port,
        service(tmp_path, QuickEngine(), redis_url=f"redis://127.0.0.1:{port}/0") as made,
    ):
        answers = [talk.post(made) for _ in range(3)]
        assert {each.status for each in answers} <= {200, 429}
        assert {each.body.get("verdict", "undetermined") for each in answers} == {"undetermined"}
        talk.end(made)


def test_counters_in_redis_are_those_in_process(redis: RedisServer) -> None:
    from verifier.service.limits import LocalCounters  # noqa: PLC0415 - the twin

    clock = FakeClock()
    clock.advance(timedelta(seconds=noon() - clock.now().timestamp()))
    rule = Rule(per_minute=3, per_day=20)
    waits = [0, 0, 0, 0, 19, 1, 0, 30, 60, 0, 0, 0, 1, 20, 5, 70]

    async def story() -> None:
        shared, local = open_redis(redis.url), LocalCounters()
        for place, wait in enumerate(waits):
            clock.advance(timedelta(seconds=wait))
            files = place % 4
            theirs = await shared.take("a", files, rule, clock.now())
            ours = await local.take("a", files, rule, clock.now())
            assert (theirs.code, theirs.left) == (ours.code, ours.left)
            assert theirs.wait == pytest.approx(ours.wait, abs=0.01)
        await shared.close()

    asyncio.run(story())


def test_a_url_with_a_password_is_not_repeated() -> None:
    with pytest.raises(AnzhengError) as caught:
        open_redis("nonsense://user:geheim@host")
    assert caught.value.code is Code.SETTINGS_INVALID
    assert "geheim" not in str(caught.value)


@contextmanager
def lying(lie: bytes) -> Iterator[int]:
    """Something that answers every command the same."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_answer, args=(line, lie), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.close()


def _answer(line: socket.socket, lie: bytes) -> None:
    with line:
        try:
            while line.recv(65_536):
                if not lie:
                    return
                line.sendall(lie)
        except OSError:
            return
