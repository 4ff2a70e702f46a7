"""The command: words, JSON, exit codes, the trust folder, and no network when offline."""

import errno
import json
import os
import socket
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from anzheng.cli import run as anzheng
from licence.domain.status import StatusWord
from licence.formats.report import decode
from tests.builders import SIGNED_AT, Issued, World, make_world, side_row
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from verifier.__main__ import main
from verifier.cli import SIDECAR, verify_command
from verifier.memory import load, memory_path

Run = Callable[..., Result]


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world whose trust folder lies in `tmp_path / "trust"`."""
    made = make_world()
    made.write_trust(tmp_path / "trust")
    return made


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    """Return a function that runs the command ten minutes after signing, or at another time."""

    def runner(*arguments: str, now: datetime = world.now) -> Result:
        app = typer.Typer()
        app.command()(
            verify_command(FakeClock(now), SeededEntropy(), default_trust=tmp_path / "trust")
        )
        return CliRunner().invoke(app, list(arguments))

    return runner


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "licence.pdf"
    path.write_bytes(_issued().pdf)
    return str(path)


def test_a_valid_licence_is_said_in_chinese_first(run: Run, file: str) -> None:
    result = run(file, "--offline")
    assert result.exit_code == 0, result.output
    assert "有效  valid" in result.output
    assert "示例,无法律效力" in result.output
    assert _issued().version.draft.enterprise_name in result.output
    assert result.output.index("链上锚定 anchor") < result.output.index("状态 status")


def test_json_is_one_report_a_line(run: Run, file: str, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pdf"
    foreign.write_bytes(b"%PDF-1.7\n")
    result = run(file, str(foreign), "--offline", "--json", "--workers", "1")
    assert result.exit_code == 4
    first, second = result.output.splitlines()
    assert decode(first.encode()).exit_code == 0
    assert json.loads(first)["facts"]["file"] == "licence.pdf"
    assert json.loads(second)["verdict"] == "foreign"


def test_a_sidecar_in_a_zip_is_used_and_no_file_of_its_own(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as made:
        made.writestr(f"许可证/bare.pdf{SIDECAR}", _issued().evidence)
        made.writestr("许可证/bare.pdf", _issued().bare)
    result = run(str(tmp_path / "two.zip"), "--offline", "--json", "--workers", "1")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1


def test_a_file_without_a_name_in_a_zip_is_no_verdict(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "nameless.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("x"), _issued().pdf)
        made.infolist()[0].filename = ""
    result = run(str(tmp_path / "nameless.zip"), "--offline", "--json")
    assert (result.exit_code, result.stdout) == (3, "")


def test_a_program_that_fails_calls_nothing_invalid(
    run: Run, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("verifier.cli.outcomes", fails)
    result = run(file, "--offline")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("INTERNAL: ")


def test_digits_that_are_none_are_no_verdict(run: Run, file: str) -> None:
    result = run(file, "--offline", "--challenge", "471")
    assert (result.exit_code, result.stdout) == (3, "")


def test_the_worst_file_decides(run: Run, file: str, tmp_path: Path) -> None:
    altered, bare = tmp_path / "altered.pdf", tmp_path / "bare.pdf"
    altered.write_bytes(_issued().pdf + b"\n")
    bare.write_bytes(_issued().bare)
    assert run(str(altered), "--offline").exit_code == 1
    assert run(str(bare), "--offline").exit_code == 2
    assert run(file, str(bare), "--offline", "--workers", "1").exit_code == 2
    assert run(file, str(bare), str(altered), "--offline", "--workers", "1").exit_code == 1


def test_a_sidecar_beside_the_file_is_used(run: Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare.pdf"
    bare.write_bytes(_issued().bare)
    (tmp_path / f"bare.pdf{SIDECAR}").write_bytes(_issued().evidence)
    assert run(str(bare), "--offline").exit_code == 0


def test_the_day_asked_about(run: Run, file: str) -> None:
    assert run(file, "--offline", "--at", "2027-03-18").exit_code == 1
    result = run(file, "--offline", "--at", "2024-03-17", "--json")
    assert json.loads(result.output)["code"] == "NOT_YET_VALID"


def test_old_lists_count_only_when_asked_for(run: Run, file: str) -> None:
    later = SIGNED_AT + timedelta(hours=40)
    result = run(file, "--offline", "--json", now=later)
    assert json.loads(result.output)["code"] == "STATUS_STALE"
    result = run(file, "--offline", "--json", "--accept-stale-hours", "72", now=later)
    report = json.loads(result.output)
    assert report["verdict"] == "valid"
    assert report["policy"]["accept_stale_hours"] == 72


def test_a_wrong_call_is_a_usage_error(run: Run, file: str, tmp_path: Path) -> None:
    assert run(file, "--offline", "--trust", str(tmp_path / "nowhere")).exit_code == 3
    assert run(str(tmp_path / "nothing.pdf"), "--offline").exit_code == 3
    assert main([]) == 3
    assert main(["--no-such-option"]) == 3
    assert main([file, "--at", "yesterday"]) == 3
    assert main(["--help"]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["no\nsuch.pdf", "--offline"], 3),
        (["licence.pdf", "--offline", "--trust", "nowhere"], 3),
        (["--ask", "request.json"], 3),
    ],
)
def test_with_json_an_error_is_one_json_line(
    run: Run,
    file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
) -> None:
    assert file
    monkeypatch.chdir(tmp_path)
    result = run(*words, "--json")
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("\n") == 1
    said = json.loads(result.stderr)
    assert said.keys() == {"code", "message"}
    assert said["code"] == "REQUEST_INVALID"


@pytest.mark.parametrize("words", [[], ["verify"]])
def test_a_wrong_option_is_one_json_line_too(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    program = anzheng if words else main
    assert program([*words, "--no-such-option", "--json"]) == 3
    said = json.loads(capsys.readouterr().err)
    assert said["code"] == "REQUEST_INVALID"
    assert "--no-such-option" in said["message"]


def test_a_damaged_trust_folder_is_undetermined(run: Run, file: str, tmp_path: Path) -> None:
    path = tmp_path / "trust" / "metadata" / "timestamp.json"
    path.write_bytes(path.read_bytes().replace(b"version", b"versiom", 1))
    result = run(file, "--offline")
    assert result.exit_code == 2
    assert "TRUST_BUNDLE_REFUSED" in result.stderr
    said = json.loads(run(file, "--offline", "--json").stderr)
    assert said["code"] == "TRUST_BUNDLE_REFUSED"


def test_the_revocation_reaches_offline_by_the_next_list_and_stays(
    run: Run, world: World, file: str, tmp_path: Path
) -> None:
    """The folder of before the revocation, put back, is refused by memory."""
    folder = tmp_path / "trust"
    assert run(file, "--offline").exit_code == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    row = side_row(0, StatusWord.REVOKED, date(2026, 11, 21))
    world.publish({0: StatusWord.REVOKED}, [row], issued_at=SIGNED_AT + timedelta(minutes=7))
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    repository = world.write_trust(folder)
    world.write_lists(repository, now=SIGNED_AT + timedelta(minutes=8))
    assert run(file, "--offline").exit_code == 1
    for path, data in before.items():
        path.write_bytes(data)
    timestamps = folder / "metadata" / "timestamp.json"
    timestamps.write_bytes(before[timestamps])
    result = run(file, "--offline", "--json")
    assert result.exit_code == 2, result.output
    assert load(memory_path(folder)).newest_signed_time >= SIGNED_AT


@pytest.mark.enable_socket
def test_offline_opens_no_socket(run: Run, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the test's guard nor anything else is asked for a socket; and none could open."""
    opened: list[str] = []

    class Watching(socket.socket):
        def __init__(self, *_: object) -> None:
            opened.append("socket")
            super().__init__()

    monkeypatch.setattr(socket, "socket", Watching)
    assert run(file, "--offline", "--registry", "http://127.0.0.1:9").exit_code == 0
    assert opened == []


@pytest.mark.parametrize("name", [b"bad\xff\xfe.pdf", b"n" * 250, b"new\nline\x1b[31m.pdf"])
@pytest.mark.parametrize("form", ["--json", "--offline"])
def test_a_file_may_have_any_name(run: Run, tmp_path: Path, name: bytes, form: str) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(_issued().pdf)
    result = run(str(path), "--offline", form)
    assert result.exit_code == 0, result.output


def test_an_error_is_one_line_whatever_the_path_contains(run: Run, tmp_path: Path) -> None:
    result = run(str(tmp_path / "no\nsuch\x1b[31m.pdf"), "--offline")
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr


def test_nobody_may_work_from_lists_of_any_age(run: Run, file: str) -> None:
    result = run(file, "--offline", "--accept-stale-hours", "721")
    assert result.exit_code == 2  # the library's own; `main` turns it into 3
    assert "721" in result.stderr or "720" in result.stderr


def test_a_sidecar_that_cannot_be_read_is_not_there(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "licence.pdf"
    path.write_bytes(_issued().pdf)
    (tmp_path / "licence.pdf.evidence").symlink_to("licence.pdf.evidence")
    assert run(str(path), "--offline").exit_code == 0


def test_a_report_that_cannot_be_written_out_is_no_verdict(
    run: Run, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("verifier.cli_print.show", full)
    result = run(file, "--offline")
    assert result.exit_code == 2
    assert result.stderr.startswith("STORE_FAILED: ")
