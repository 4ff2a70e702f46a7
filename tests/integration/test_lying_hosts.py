"""The command online, and the service, while the host of the registry and lists fails or lies."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace
from typing import Final

import httpx
import pytest
import typer
from tuf.ngclient._internal import trusted_metadata_set
from typer.testing import CliRunner, Result

from licence.errors import Code
from licence.formats.verdict import TABLE, Verdict
from tests.builders import SIGNED_AT
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.lied_to import files, make_honest
from tests.fakes.lying_party import HARMLESS, LyingParty, lying_party
from tests.fakes.verifier_service import GOLDEN, RunningService, golden, service
from tests.fakes.web import AppClient
from verifier.cli import verify_command
from verifier.pool import FolderContext, Limits, child
from verifier.pool.context import Trusting
from verifier.service.app import Step
from verifier.service.engine import PoolEngine
from verifier.trust import load_trust

Run = Callable[..., Result]
NOW: Final = SIGNED_AT + timedelta(minutes=10)
WAITING: Final = ("hang", "drip head", "drip body")
"""Faults of which only a deadline rids us."""
HASTE: Final = 0.15
"""Seconds for a file of which nothing comes; where something comes, there is time."""
SECONDS: Final = 60.0
"""For a busy machine; what hangs or drips takes minutes."""
SAID: Final = {
    "good": (Verdict.VALID, Code.OK),
    "suspended": (Verdict.INVALID, Code.STATUS_SUSPENDED),
    "revoked": (Verdict.INVALID, Code.STATUS_REVOKED),
    "forged": (Verdict.INVALID, Code.SIGNATURE_BROKEN),
}
"""What the stored lists say; whoever lies changes nothing of it."""


# ---------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LyingParty]:
    """Registry, list host and node in one; its folder is what an honest one publishes."""
    folder = tmp_path_factory.mktemp("served")
    files().world.write_trust(folder / "trust")
    with lying_party() as party:
        make_honest(party)
        party.folder = folder
        yield party


@pytest.fixture
def run(host: LyingParty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command in the time of its world, with a trust folder of its own."""
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda _: NOW), timezone=timezone)
    monkeypatch.setattr(trusted_metadata_set, "datetime", clock)
    assert host.folder is not None
    copytree(host.folder / "trust", tmp_path / "trust")
    for kind in SAID:
        (tmp_path / f"{kind}.pdf").write_bytes(files().pdfs[kind])
    command = verify_command(FakeClock(NOW), SeededEntropy(), default_trust=tmp_path / "trust")
    app = typer.Typer()
    app.command()(command)

    def runner() -> Result:
        if host.fault in WAITING:
            monkeypatch.setattr("verifier.fetch.DEADLINE_SECONDS", HASTE)
            monkeypatch.setattr("verifier.trust_fetch.FILE_SECONDS", HASTE)
        online = ("--registry", host.url, "--rpc", host.url, "--workers", "1", "--referee", "never")
        names = [str(tmp_path / f"{kind}.pdf") for kind in SAID]
        return CliRunner().invoke(app, [*names, *online, "--json"])

    host.behave()
    yield runner
    host.behave()


def _same(result: Result) -> None:
    assert result.exit_code == TABLE[Verdict.INVALID].exit_code, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    said = [(Verdict(line["verdict"]), Code(line["code"])) for line in lines]
    assert said == list(SAID.values())


TOLD: Final = {
    **dict.fromkeys(("html", "garbage", "empty", "short"), Code.TRUST_BUNDLE_REFUSED),
    **dict.fromkeys(("", *HARMLESS), None),
}
"""What the command says about the list host; of all others, that it is not available."""


@pytest.mark.parametrize(
    "fault",
    [
        *("", *HARMLESS, "hang", "refuse", "reset", "500", "redirect", "huge"),
        *("drip head", "drip body", "gzip bomb", "truncated", "html", "garbage"),
    ],
)
def test_the_command_says_what_it_knows(run: Run, host: LyingParty, fault: str) -> None:
    host.behave(fault)
    begin = time.monotonic()
    result = run()
    assert time.monotonic() - begin < SECONDS
    _same(result)
    told = TOLD.get(fault, Code.TRUST_UNAVAILABLE)
    assert (told or "") in result.stderr
    assert "TRUST_" in result.stderr or told is None


def test_a_list_host_that_goes_back_is_refused_and_changes_nothing(
    run: Run, host: LyingParty, tmp_path: Path
) -> None:
    honest = host.folder
    repository = files().world.write_trust(tmp_path / "newer" / "trust")
    files().world.write_lists(repository, now=NOW)
    host.folder = tmp_path / "newer"
    try:
        _same(run())
        newest = load_trust(tmp_path / "trust", now=NOW).memory
        host.folder = honest
        result = run()
    finally:
        host.folder = honest
    assert Code.TRUST_BUNDLE_REFUSED in result.stderr
    _same(result)
    assert load_trust(tmp_path / "trust", now=NOW).memory == newest


# ---------------------------------------------------------------- the service

GOLDEN_SAID: Final = {
    "good.pdf": (Verdict.VALID, Code.OK),
    "suspended.pdf": (Verdict.INVALID, Code.STATUS_SUSPENDED),
    "revoked.pdf": (Verdict.INVALID, Code.STATUS_REVOKED),
}
JOB_SECONDS: Final = 60.0
WAITING_SHARE: Final = 0.04
"""Of a job's time: it waits for seconds, and the check has the rest, on a busy machine too."""


@dataclass(frozen=True, slots=True)
class Impatient:
    """A folder whose children wait for less than their usual half."""

    place: FolderContext

    def __call__(self) -> Trusting:
        child.WAITING_SHARE = WAITING_SHARE  # type: ignore[misc]  # in the nursery only
        return self.place()


@pytest.fixture(scope="module")
def party() -> Iterator[LyingParty]:
    with lying_party() as made:
        yield made


@pytest.fixture(scope="module")
def made(
    party: LyingParty, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningService, asyncio.Runner, PoolEngine]]:
    """A service whose children ask the party; each child judges one file, and knows no silence."""
    limits = Limits(jobs=1, wall_seconds=JOB_SECONDS)
    engine = PoolEngine(1, limits, Impatient(FolderContext(GOLDEN / "trust", party.url, party.url)))
    folder = tmp_path_factory.mktemp("service")
    with service(folder, engine, address_per_minute=1_000) as running, asyncio.Runner() as runner:
        yield running, runner, engine
        for step in running.opened.parts.end:
            runner.run(_whole(step))


async def _whole(step: Step) -> None:
    await step()


@pytest.mark.parametrize("fault", ["hang", "reset", "500", "drip head", "drip body", "html"])
def test_the_service_says_what_it_knows(
    made: tuple[RunningService, asyncio.Runner, PoolEngine], party: LyingParty, fault: str
) -> None:
    """A registry that drips costs a child its share of the time, not its life."""
    running, runner, engine = made
    party.behave(fault)

    async def send(name: str) -> httpx.Response:
        transport = httpx.ASGITransport(running.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"Content-Type": "application/pdf"}
            return await client.post("/v1/verifications", content=golden(name), headers=headers)

    names = GOLDEN_SAID if fault == "html" else {"good.pdf": GOLDEN_SAID["good.pdf"]}
    for name, said in names.items():
        answer = runner.run(send(name))
        assert answer.status_code == 200
        body = answer.json()
        assert (body["verdict"], body["code"]) == said, name
    assert engine.lost == 0
    assert party.asked


def test_a_list_host_that_is_away_does_not_close_the_service(
    made: tuple[RunningService, asyncio.Runner, PoolEngine],
) -> None:
    running, _, _ = made
    trust = running.opened.parts.health.trust
    trust.trouble = Code.TRUST_UNAVAILABLE
    try:
        ready = AppClient(running.app).get("/readyz")
    finally:
        trust.trouble = None
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["parts"]["trust"] == Code.TRUST_UNAVAILABLE
