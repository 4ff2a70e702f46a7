"""The command online, against a registry over HTTP on this machine."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta, timezone
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread
from types import SimpleNamespace

import pytest
import typer
from tuf.ngclient._internal import trusted_metadata_set
from typer.testing import CliRunner, Result
from typing_extensions import override

from anchor.trust_repository import TrustRepository
from licence.domain.status import StatusWord
from tests.builders import (
    AUTHORITY,
    NAMES,
    REGISTRY,
    SIGNED_AT,
    Issued,
    World,
    make_world,
    side_row,
)
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from verifier.cli import verify_command

Run = Callable[..., Result]


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL under which a server serves it."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        @override
        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world, in whose time the TUF client lives too: it reads the machine's clock."""
    made = make_world()
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda _: made.now), timezone=timezone)
    monkeypatch.setattr(trusted_metadata_set, "datetime", clock)
    return made


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    def runner(*arguments: str) -> Result:
        app = typer.Typer()
        app.command()(
            verify_command(FakeClock(world.now), SeededEntropy(), default_trust=tmp_path / "trust")
        )
        return CliRunner().invoke(app, list(arguments))

    return runner


def _publish(world: World, folder: Path, repository: TrustRepository | None) -> TrustRepository:
    """Publish what a registry publishes: trust folder, lists, evidence."""
    if repository is None:
        repository = world.write_trust(folder / "trust")
    else:
        world.write_lists(repository, now=world.now)
    for authority in NAMES:
        token, side = world.lists[REGISTRY, authority, 0]
        for kind, data in (("status-lists", token), ("side-lists", side)):
            path = folder / "v1" / kind / REGISTRY / authority / "0"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data or b"")
    path = folder / "v1" / "evidence" / _issued().leaf.hex()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_issued().evidence)
    return repository


def test_a_licence_without_evidence_is_valid_by_leaf_and_its_revocation_is_seen_at_once(
    world: World, run: Run, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = served
    repository = _publish(world, folder, None)
    copytree(folder / "trust", tmp_path / "trust")
    bare = tmp_path / "bare.pdf"
    bare.write_bytes(_issued().bare)
    assert run(str(bare), "--offline").exit_code == 2
    result = run(str(bare), "--registry", url, "--json")
    assert result.exit_code == 0, result.output
    row = side_row(0, StatusWord.REVOKED, date(2026, 11, 21))
    world.publish({0: StatusWord.REVOKED}, [row], issued_at=SIGNED_AT + timedelta(minutes=8))
    _publish(world, folder, repository)
    assert run(str(bare), "--registry", url).exit_code == 1
    # What came in online stays in the trust folder.
    full = tmp_path / "full.pdf"
    full.write_bytes(_issued().pdf)
    assert run(str(full), "--offline").exit_code == 1


def test_a_registry_that_does_not_answer_leaves_what_is_stored(
    world: World, run: Run, tmp_path: Path
) -> None:
    world.write_trust(tmp_path / "trust")
    path = tmp_path / "licence.pdf"
    path.write_bytes(_issued().pdf)
    nobody = "http://127.0.0.1:9"
    result = run(str(path), "--registry", nobody, "--rpc", nobody)
    assert result.exit_code == 0, result.output
    assert "TRUST_UNAVAILABLE" in result.stderr
    assert "CHAIN_UNAVAILABLE" in result.output


def test_a_registry_of_error_pages_is_not_believed(
    world: World, run: Run, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = served
    world.write_trust(tmp_path / "trust")
    page = folder / "v1" / "status-lists" / REGISTRY / AUTHORITY / "0"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"<html>not revoked</html>")
    path = tmp_path / "bare.pdf"
    path.write_bytes(_issued().bare)
    assert run(str(path), "--registry", url).exit_code == 2
