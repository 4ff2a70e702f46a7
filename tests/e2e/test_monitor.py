"""`anzheng monitor` on the command line: from inside, from outside, as a daemon, killed."""

import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from anzheng.cli import run
from anzheng.devchain import DevChain
from anzheng.settings import DEVNET_CHAIN_ID
from licence.ids import ChainId
from tests.fakes.devchain import ANVIL
from tests.fakes.ports import free_port

pytestmark = pytest.mark.tools(str(ANVIL))

SAMPLES = Path(__file__).parents[2] / "samples"
AUTHORITY = "1121000000TXT10121"


class Shell:
    """Runs commands on one data folder, with a state file of its own."""

    def __init__(self, home: Path, state: Path, node: str = "") -> None:
        self.home = home
        self.state = state
        self.usual = {"--state": str(state), "--rpc": node}

    def __call__(self, *words: str, code: int = 0) -> str:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            found = run(["--data-dir", str(self.home), *words])
        assert found == code, (words, out.getvalue(), err.getvalue())
        return out.getvalue()

    def words(self, name: str) -> tuple[str, str]:
        return name, self.usual[name]

    def monitor(self, *words: str, code: int = 0) -> list[dict[str, Any]]:
        usual = [word for name in self.usual if name not in words for word in self.words(name)]
        lines = self("monitor", "--once", "--json", *usual, *words, code=code).splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Yield an installation that has issued two licences, and the address of its node."""
    folder = tmp_path_factory.mktemp("monitored")
    shell, statement = Shell(folder / "home", folder / "state"), str(folder / "release.json")
    shell("authority", "create", str(SAMPLES / "bad_roster.json"))
    chain = DevChain(shell.home / "chain", ChainId(DEVNET_CHAIN_ID))
    chain.start()
    shell("import", str(SAMPLES / "bad_roster.json"), code=1)
    shell("release", "draft", AUTHORITY, statement)
    for number in (1, 2):
        shell("release", "sign", statement, "--officer", f"{AUTHORITY}-{number}")
    shell("release", "submit", statement)
    shell("issue")
    yield shell.home, chain.url
    chain.stop()


@pytest.fixture
def shell(issued: tuple[Path, str], tmp_path: Path) -> Shell:
    home, node = issued
    return Shell(home, tmp_path / "state.sqlite3", node)


def test_the_monitors_day(shell: Shell, tmp_path: Path) -> None:
    (told,) = shell.monitor("--database", "own")
    assert (told["exit_code"], told["open"], told["unchecked"]) == (0, 0, 0)
    assert told["contracts"][0]["batches"] == 1

    # An enterprise sees what it did not ask for, and says that it did.
    watch = tmp_path / "watch.json"
    database = sqlite3.connect(shell.home / "anzheng.sqlite3")
    query = "SELECT uscc, leaf FROM licence WHERE leaf IS NOT NULL"
    uscc, leaf = database.execute(query).fetchone()
    database.close()
    shell("authority", "watch-key", uscc, "--label", "某化工厂", "--out", str(watch))
    seen = shell.monitor("--watch", str(watch), code=1)
    mine = {line["facts"]["leaf"] for line in seen if line.get("code") == "LICENCE_UNEXPECTED"}
    assert mine == {leaf.hex()}
    words = [word for leaf in mine for word in ("--leaf", leaf)]
    shell("authority", "watch-key", uscc, *words, "--out", str(watch))
    assert shell.monitor("--watch", str(watch))[-1]["over"] == len(mine)

    # Manifests that are taken away after they were read are nobody's loss; before, they are.
    public = shell.home / "public" / "log"
    (manifest,) = public.glob("*/*/manifests/*.cbor")
    manifest.rename(tmp_path / "away")
    fresh = ("--state", str(tmp_path / "fresh.sqlite3"), "--manifest-hours", "0")
    assert shell.monitor()[-1]["open"] == 0
    lines = shell.monitor(*fresh, code=1)
    assert [line["code"] for line in lines if line["kind"] == "alarm"] == ["MANIFEST_MISSING"]
    (tmp_path / "away").rename(manifest)
    assert shell.monitor(*fresh)[-1]["over"] == 1

    # A report of it.
    files = json.loads(
        shell("monitor", "report", str(tmp_path / "report"), "--state", str(shell.state), "--json")
    )["files"]
    assert [Path(file).name for file in files] == ["monitor.svg", "monitor.html"]
    assert "@font-face" in Path(files[0]).read_text()


def test_database_of_before_the_batch(shell: Shell, tmp_path: Path) -> None:
    """The both-ways comparison: an older database is restored, and lacks what the chain has."""
    copy = tmp_path / "old.sqlite3"
    shutil.copy(shell.home / "anzheng.sqlite3", copy)
    database = sqlite3.connect(copy)
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("DELETE FROM anchor_batch")
    database.commit()
    database.close()
    words = ("--database", f"sqlite:///{copy}", "--manifest-hours", "0")
    lines = shell.monitor(*words, code=1)
    assert {line["code"] for line in lines if line["kind"] == "alarm"} == {"REGISTRY_LACKS_EVENT"}
    shell.monitor("--database", "own")


def test_what_stops_it_is_not_an_alarm(shell: Shell, tmp_path: Path) -> None:
    lines = shell.monitor("--rpc", "http://127.0.0.1:1", code=2)
    assert lines[-1]["open"] == 0
    assert {line["code"] for line in lines if line["kind"] == "unchecked"} == {"CHAIN_UNAVAILABLE"}
    (error,) = shell.monitor("--trust", str(tmp_path / "nowhere"), code=2)
    assert error["code"] == "TRUST_BUNDLE_REFUSED"
    (error,) = shell.monitor("--registry", "another", code=2)
    assert error["code"] == "REGISTRY_UNKNOWN"
    shell("monitor", "--nonsense", code=3)
    shell("monitor", "report", str(tmp_path), "--state", str(tmp_path / "none"), code=1)


@contextmanager
def daemon(shell: Shell, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run the monitor over and over, as a process."""
    command = [sys.executable, "-c", "from anzheng.cli import main; main()"]
    command += ["--data-dir", str(shell.home), "monitor", "--every", "0.2", "--json"]
    command += [*shell.words("--state"), *shell.words("--rpc"), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def line_of(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_daemon_serves_metrics_and_ends_when_it_is_told_to(shell: Shell, tmp_path: Path) -> None:
    file, port = tmp_path / "monitor.prom", free_port()
    words = ("--metrics", str(file), "--listen", f"127.0.0.1:{port}")
    with daemon(shell, *words) as process:
        assert line_of(process)["exit_code"] == 0
        assert line_of(process)["exit_code"] == 0
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            served = answer.read().decode()
        assert "anzheng_monitor_exit_code 0.0" in served
        assert "anzheng_monitor_exit_code 0.0" in file.read_text()
        (error,) = shell.monitor(code=2)
        assert error["code"] == "CONFLICT", "another process has the state file"
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0


def test_killed_at_any_moment_it_goes_on(shell: Shell) -> None:
    for at in range(3):
        with daemon(shell) as process:
            if at:
                line_of(process)
            time.sleep(0.05 * at)
            process.kill()
    assert shell.monitor()[-1]["exit_code"] == 0
