"""The commands around reports, and that reading one needs nothing but the plain install."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.builders import SIGNED_AT
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.reporting import MAKER
from verifier.report_file.cli import report_key_app
from verifier.report_file.seal import CERTIFICATE_FILE, KEY_FILE, open_report_key

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDENS = ROOT / "tests" / "compat" / "v1" / "report_file"

PLAIN = """
import runpy, sys
from importlib.abc import MetaPathFinder

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"typst", "PIL"}:
            raise ModuleNotFoundError(f"not in the plain install: {name}", name=name)
        return None

sys.meta_path.insert(0, Refuse())
runpy.run_module("verifier", run_name="__main__")
"""


@pytest.fixture
def app() -> typer.Typer:
    return report_key_app(FakeClock(SIGNED_AT), SeededEntropy("command"))


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("a long password\n")
    return path


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A folder of our own: the command keeps its memory beside it."""
    folder = tmp_path / "trust"
    shutil.copytree(GOLDENS / "trust", folder)
    return folder


def run(app: typer.Typer, *words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


def plain(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PLAIN, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_key_is_made_shown_and_opened(app: typer.Typer, tmp_path: Path, password: Path) -> None:
    folder = tmp_path / "key"
    code, said, _ = run(app, "init", folder, "--name", MAKER, "--password-file", password)
    assert code == 0
    key = open_report_key(folder, b"a long password", now=SIGNED_AT)
    assert key.fingerprint.hex() in said
    code, said, _ = run(app, "show", folder)
    assert code == 0
    assert MAKER in said
    assert key.fingerprint.hex() in said
    # Never a second time over the first.
    code, _, told = run(app, "init", folder, "--name", MAKER, "--password-file", password)
    assert (code, told.partition(":")[0]) == (3, "KEY_REFUSED")
    # Its own certificate may be taken over again; a stranger's may not.
    own = folder / CERTIFICATE_FILE
    assert run(app, "adopt", folder, own, "--password-file", password)[0] == 0
    stranger = GOLDENS / "trust" / "reporters" / "bank.crt"
    code, _, told = run(app, "adopt", folder, stranger, "--password-file", password)
    assert (code, told.partition(":")[0]) == (3, "KEY_REFUSED")


def test_a_password_is_asked_for(app: typer.Typer, tmp_path: Path) -> None:
    words = ["init", str(tmp_path / "key"), "--name", MAKER]
    typed = "a long password\na long password\n"
    done = CliRunner().invoke(app, words, input=typed)
    assert done.exit_code == 0
    assert "a long password" not in done.output
    assert open_report_key(tmp_path / "key", b"a long password", now=SIGNED_AT).name == MAKER


def test_what_is_missing_is_said(app: typer.Typer, tmp_path: Path) -> None:
    code, _, told = run(app, "show", tmp_path)
    assert (code, told.partition(":")[0]) == (3, "KEY_URI")
    absent = tmp_path / "absent"
    code, _, told = run(app, "init", tmp_path, "--name", MAKER, "--password-file", absent)
    assert (code, told.partition(":")[0]) == (3, "KEY_URI")
    assert not (tmp_path / KEY_FILE).exists()


def test_the_plain_install_reads_reports(trust: Path) -> None:
    done = plain(GOLDENS / "valid.pdf", "--offline", "--trust", trust, "--json")
    report = json.loads(done.stdout)
    # The golden is old by now: this is said only after all of it was read and found genuine.
    assert (done.returncode, report["code"]) == (2, "REPORT_STALE"), done.stderr
    assert report["facts"]["reported_verdict"] == "valid"


def test_the_plain_install_says_what_making_a_report_needs(
    app: typer.Typer, tmp_path: Path, password: Path, trust: Path
) -> None:
    run(app, "init", tmp_path / "key", "--name", MAKER, "--password-file", password)
    done = plain(
        *(GOLDENS / "valid.pdf", "--offline", "--trust", trust),
        *("--report", tmp_path / "report.pdf", "--report-key", tmp_path / "key"),
        *("--report-password", password, "--json"),
    )
    # Before anything is verified: nobody waits for a thousand files and gets no report.
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["code"] == "TOOL_MISSING"
    assert not (tmp_path / "report.pdf").exists()


def test_a_key_that_cannot_be_opened_is_said_before_anything_is_verified(
    app: typer.Typer, tmp_path: Path, password: Path, trust: Path
) -> None:
    run(app, "init", tmp_path / "key", "--name", MAKER, "--password-file", password)
    wrong = tmp_path / "wrong"
    wrong.write_text("another password\n")
    done = plain(
        *(GOLDENS / "valid.pdf", "--offline", "--trust", trust),
        *("--report", tmp_path / "report.pdf", "--report-key", tmp_path / "key"),
        *("--report-password", wrong, "--json"),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["code"] == "KEY_LOCKED"
