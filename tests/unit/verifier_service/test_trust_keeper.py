"""What the service believes: refreshed beside the requests, never turned back, and it says so."""

import asyncio
import io
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from licence.errors import AnzhengError, Code
from tests.fakes.clock import FakeClock
from tests.fakes.verifier_service import GOLDEN, NOW, QuickEngine, golden, service
from tests.fakes.web import AppClient
from verifier.memory import Memory
from verifier.service.logs import open_log
from verifier.service.settings import load
from verifier.service.trust_keeper import TrustKeeper, Update
from verifier.trust import TrustStore, load_trust


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "trust", tmp_path / "trust"))


def keeper_of(folder: Path, update: Update | None = None) -> tuple[TrustKeeper, io.StringIO]:
    lines = io.StringIO()
    return TrustKeeper.open(folder, FakeClock(NOW), open_log(lines), update=update), lines


def test_a_refresh_that_fails_changes_nothing_and_is_told(folder: Path) -> None:
    def update(memory: Memory, now: datetime) -> TrustStore:
        del memory, now
        raise AnzhengError(Code.TRUST_UNAVAILABLE, "https://secret.example is down")

    keeper, lines = keeper_of(folder, update)
    before = keeper.store
    asyncio.run(keeper.refresh())
    assert keeper.store is before
    assert keeper.trouble is Code.TRUST_UNAVAILABLE
    assert "trust_not_refreshed" in lines.getvalue()
    assert "secret.example" not in lines.getvalue()


def test_an_empty_folder_is_filled_before_anything_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / "trust"

    def update(memory: Memory, now: datetime) -> TrustStore:
        shutil.copytree(GOLDEN / "trust", folder)
        return load_trust(folder, now=now, memory=memory)

    keeper, _ = keeper_of(folder, update)
    with pytest.raises(AnzhengError) as caught:
        _ = keeper.store
    assert caught.value.code is Code.TRUST_UNAVAILABLE
    asyncio.run(keeper.refresh())
    assert keeper.store.bundle.version == 1
    assert keeper.trouble is None
    assert folder.with_name("trust.memory.json").exists()


def test_a_first_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    given = {"registry_url": "http://127.0.0.1:9", "first_root": tmp_path / "none"}
    with pytest.raises(AnzhengError) as caught, service(tmp_path, QuickEngine(), None, **given):
        pass
    assert caught.value.code is Code.SETTINGS_INVALID


def test_an_older_folder_is_refused_and_the_newer_counts_on(folder: Path) -> None:
    keeper, _ = keeper_of(folder)
    keeper.learn(keeper.memory.saw_roles([("timestamp", 99)]))
    # The folder is written anew, with what was there before.
    stamp = folder / "metadata" / "timestamp.json"
    stamp.write_bytes(stamp.read_bytes())
    asyncio.run(keeper.refresh())
    assert keeper.trouble is Code.TRUST_BUNDLE_REFUSED
    assert keeper.store.bundle.version == 1
    keeper.save()
    with pytest.raises(AnzhengError) as caught:
        keeper_of(folder)
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED


def test_a_damaged_memory_lets_nothing_start(folder: Path) -> None:
    folder.with_name("trust.memory.json").write_bytes(b"{}")
    with pytest.raises(AnzhengError) as caught:
        keeper_of(folder)
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED


def test_an_update_that_hangs_holds_nobody_up(folder: Path) -> None:
    go = threading.Event()

    def update(memory: Memory, now: datetime) -> TrustStore:
        go.wait(60)
        return load_trust(folder, now=now, memory=memory)

    keeper, _ = keeper_of(folder, update)

    async def story() -> None:
        task = asyncio.create_task(keeper.refresh())
        await asyncio.sleep(0)
        assert keeper.store.bundle.version == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    # The loop ends although the thread does not.
    asyncio.run(story())
    go.set()


def test_without_any_trust_folder_nothing_is_judged(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        trust = made.opened.parts.health.trust
        trust._store = None
        client = AppClient(made.app)
        answer = client.post(
            "/v1/verifications", content=b"%PDF-", headers={"Content-Type": "application/pdf"}
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "TRUST_UNAVAILABLE")
        assert "Retry-After" in answer.headers
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["trust"]) == (503, "TRUST_UNAVAILABLE")


def test_lists_that_have_ended_make_nothing_valid(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        made.clock.advance(timedelta(hours=25))
        client = AppClient(made.app)
        headers = {"Content-Type": "application/pdf"}
        said = client.post("/v1/verifications", content=golden("good.pdf"), headers=headers).json()
        assert (said["verdict"], said["code"]) == ("undetermined", "STATUS_STALE")
        assert client.get("/readyz").json()["trust"]["is_stale"] is True


def test_a_clock_that_runs_back_makes_nothing_valid(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        client, headers = AppClient(made.app), {"Content-Type": "application/pdf"}
        made.clock.advance(timedelta(hours=-1))
        said = client.post("/v1/verifications", content=golden("good.pdf"), headers=headers).json()
        assert (said["verdict"], said["code"]) == ("undetermined", "CLOCK_SUSPECT")


def test_settings_come_from_a_file_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "verifier.toml"
    path.write_text('workers = 3\nwaiting = 7\ntrusted_proxies = ["10.0.0.0/8"]\n')
    monkeypatch.setenv("ANZHENG_VERIFIER_WORKERS", "4")
    read = load(path, listen_port=9, listen_host=None)
    assert (read.workers, read.waiting, read.listen_port) == (4, 7, 9)
    assert [str(each) for each in read.proxies] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    "text",
    ["unknown = 1", "workers = -1", 'trusted_proxies = ["x"]', "not toml", "result_hours = 25"],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "verifier.toml"
    path.write_text(text)
    with pytest.raises(AnzhengError) as caught:
        load(path)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_a_secret_in_the_settings_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANZHENG_VERIFIER_REDIS_URL", "redis://:geheim@host")
    assert "geheim" not in repr(load())
