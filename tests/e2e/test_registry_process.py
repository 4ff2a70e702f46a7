"""The registry as a process without keys, and as static files: the real verifier asks both."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from typing_extensions import override

from licence.formats import report as reports
from licence.formats.report import Report
from tests.builders import fill
from tests.e2e.conftest import Told
from tests.fakes.ports import free_port

ROOT = Path(__file__).parents[2]
KEYLESS = """
import sys
from pathlib import Path
from anzheng.clock import SystemClock
from anzheng.registry import create_registry, open_registry
from anzheng.settings import load
with open_registry(load(data_dir=Path(sys.argv[1])), SystemClock()) as parts:
    create_registry(parts).openapi()
print("\\n".join(sorted(sys.modules)))
"""
"""Opens the registry and tells which modules that took."""

COMMAND = "from anzheng.cli import main; main()"
VALID, REVOKED = "辽WH安许证字20240127-v1", "辽MB安许证字202402-v1"

OF_KEYS = (
    "anzheng.keyring",
    "anzheng.keyfiles",
    "anzheng.opening",
    "anzheng.wiring",
    "signer.keys",
    "signer.ledger",
    "signer.authority_ca",
    "eth_account",
    "pkcs11",
    "pikepdf",
    "pyhanko",
    "typst",
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder as any web server does."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def environment() -> dict[str, str]:
    """Return an environment without anything of ours in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANZHENG_")}


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Run `anzheng serve registry` as its own process."""
    port = free_port()
    command = [sys.executable, "-c", COMMAND, "--data-dir", str(home), "serve", "registry"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(2_400):
        assert process.poll() is None, process.communicate()[0]
        try:
            if httpx.get(f"{url}/health/live", timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the registry does not answer")


@pytest.fixture(scope="module")
def public(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine on the Internet has of the demo's office: a replica, and what is public."""
    home = tmp_path_factory.mktemp("public")
    office = told.folder / "office"
    for name in ("trust", "public"):
        shutil.copytree(office / name, home / name)
    source, copy = office / "anzheng.sqlite3", home / "anzheng.sqlite3"
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(copy)) as replica:
        database.backup(replica)
    # There is a folder for keys, as on every machine; there is nothing in it.
    (home / "keys").mkdir()
    (home / "keys").chmod(0o000)
    return home


def verify(told: Told, place: Path, url: str, folder: Path) -> Report:
    """Ask the verifier, as anybody does: a file, a trust folder, a registry."""
    trust = folder / "trust"
    if not trust.exists():
        shutil.copytree(told.folder / "trust", trust)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "verifier", str(place)),
            *("--registry", url, "--trust", str(trust), "--json"),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        timeout=300,
        env=environment(),
    )
    assert ended.stdout, ended.stderr
    return reports.decode(ended.stdout.strip())


def bare(told: Told, name: str, folder: Path) -> Path:
    """Return a licence file from which a vandal took the evidence."""
    place = folder / f"{name}.pdf"
    place.write_bytes(fill((told.folder / "licences" / f"{name}.pdf").read_bytes(), None))
    return place


def test_no_module_that_opens_a_key_is_even_loaded(public: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KEYLESS, str(public)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=300,
    )
    loaded = ended.stdout.splitlines()
    assert "anzheng.registry" in loaded
    for name in OF_KEYS:
        assert not [each for each in loaded if each == name or each.startswith(f"{name}.")]


def test_the_verifier_takes_either_for_a_registry(told: Told, public: Path, tmp_path: Path) -> None:
    export = [sys.executable, "-c", COMMAND, "--data-dir", str(public), "registry", "export"]
    subprocess.run(
        [*export, str(tmp_path / "www")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env=environment(),
        timeout=300,
    )
    with running(public) as live, serving(tmp_path / "www") as static:
        for kind, url in (("live", live), ("static", static)):
            folder = tmp_path / kind
            folder.mkdir()
            good = verify(told, bare(told, VALID, folder), url, folder)
            assert (kind, good.verdict.value, good.code.value) == (kind, "valid", "OK")
            bad = verify(told, bare(told, REVOKED, folder), url, folder)
            assert (kind, bad.verdict.value) == (kind, "invalid")
        _same_bytes(live, static, tmp_path / "www")


def _same_bytes(live: str, static: str, www: Path) -> None:
    """Ask both for every file of the copy that the server has under the same address."""
    compared = 0
    with httpx.Client(headers={"Accept-Encoding": "identity"}, timeout=60) as client:
        for start in ("v1/evidence", "v1/licences", "log", "pki", "trust/metadata"):
            for place in sorted((www / start).rglob("*")):
                path = place.relative_to(www).as_posix()
                # An OCSP answer lies where a request leads, less the slashes that servers merge.
                if not place.is_file() or path.endswith(".pending") or "/ocsp/" in path:
                    continue
                here, there = client.get(f"{live}/{path}"), client.get(f"{static}/{path}")
                assert (here.status_code, there.status_code) == (200, 200), path
                assert here.content == there.content, path
                compared += 1
    assert compared > 50


def test_it_writes_nothing_and_says_what_is_away(public: Path, tmp_path: Path) -> None:
    home = tmp_path / "copy"
    shutil.copytree(public, home, ignore=shutil.ignore_patterns("keys"))
    before = {place: place.stat().st_mtime_ns for place in home.rglob("*") if place.is_file()}
    with running(home) as url, httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("/health/ready").json()["parts"] == {"database": "ok", "lists": "ok"}
        found = client.get("/v1/licences", params={"number": "辽WH20240127"})
        assert found.json()["licences"][0]["anchored"] is True
        for name in ("anzheng.sqlite3", "anzheng.sqlite3-wal", "anzheng.sqlite3-shm"):
            (home / name).unlink(missing_ok=True)
        shutil.rmtree(home / "trust")
        ready = client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["parts"]["lists"] == "TRUST_UNAVAILABLE"
        assert "anzheng_registry_published_timestamp_seconds 0.0" in client.get("/metrics").text
    left = {place: place.stat().st_mtime_ns for place in home.rglob("*") if place.is_file()}
    assert (
        not set(left) - set(before) - {home / "anzheng.sqlite3-wal", home / "anzheng.sqlite3-shm"}
    )
    assert all(before[place] == at for place, at in left.items() if place in before)
