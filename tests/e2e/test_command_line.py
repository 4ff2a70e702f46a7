"""The authority's day on the command line: import, release, issue, export, verify, revoke."""

import json
from pathlib import Path
from typing import Any

import pytest

from anzheng.cli import run

SAMPLES = Path(__file__).parents[2] / "samples"
AUTHORITY = "1121000000TXT10121"


class Shell:
    """Runs commands on one data folder and reads their JSON."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._home = home
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run a command with --json; its exit code must be `code`."""
        self._capsys.readouterr()
        assert run(["--data-dir", str(self._home), *words, "--json"]) == code, words
        return json.loads(self._capsys.readouterr().out)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", capsys)


def test_the_whole_day(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = str(SAMPLES / "bad_roster.json")
    created = shell("authority", "create", roster)
    assert created == {"registry": "cn-aqsc-test", "authorities": [AUTHORITY]}
    assert shell("authority", "create", roster, code=1)["code"] == "CONFLICT"
    imported = shell("import", roster, code=1)
    assert imported["counts"] == {"new": 2, "same": 0, "replaced": 0, "refused": 6}

    statement = str(tmp_path / "release.json")
    shell("release", "draft", AUTHORITY, statement)
    shell("release", "sign", statement, "--officer", f"{AUTHORITY}-1")
    refused = shell("release", "submit", statement, code=1)
    assert refused["code"] == "RELEASE_TWO_OFFICERS"
    shell("release", "sign", statement, "--officer", f"{AUTHORITY}-2")
    shell("release", "submit", statement)
    issued = shell("issue")
    assert issued == {"counts": {"published": 2}, "parked": []}
    assert shell("issue") == issued
    assert shell("issue", "--retry-parked") == issued | {"retried": [], "retried_batches": []}

    out, trust = tmp_path / "out", tmp_path / "trust"
    files = shell("export", str(out))
    shell("trust", "export", str(trust))
    pdf = str(out / files[0]["file"])
    assert run(["verify", pdf, "--offline", "--trust", str(trust), "--referee", "never"]) == 0

    leaf = files[0]["leaf"]
    decision = str(tmp_path / "decision.json")
    words = ["status", "decide", "revoked", leaf, "--decision", decision]
    more = ["--officer", f"{AUTHORITY}-1", "--document", "(示例)1号", "--ground", "示例"]
    assert shell(*words, *more)["state"] == "written"
    shown = shell("status", "show", leaf)
    assert shown["status"]["word"] == "REVOKED"
    confirmed = shell("status", "confirm", decision, "--officer", f"{AUTHORITY}-2")
    assert confirmed["state"] == "on_chain"
    shell("trust", "publish")
    shell("trust", "export", str(trust))
    assert run(["verify", pdf, "--offline", "--trust", str(trust), "--referee", "never"]) == 1
    assert shell("trust", "show")["bundle_version"] == 1
    assert shell("authority", "claim-code", leaf)["leaf"] == leaf
    assert shell("worker", "--once")["rounds"] <= 1, "the look whether lists are due"
    capsys.readouterr()


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["authority", "create"],
        ["authority", "list"],
        ["authority", "claim-code"],
        ["import"],
        ["release", "draft"],
        ["release", "sign"],
        ["release", "submit"],
        ["issue"],
        ["status", "show"],
        ["status", "decide"],
        ["status", "confirm"],
        ["export"],
        ["verify"],
        ["trust", "publish"],
        ["trust", "show"],
        ["trust", "export"],
        ["trust", "update"],
        ["wallet", "claim"],
        ["wallet", "list"],
        ["wallet", "present"],
        ["serve"],
        ["worker"],
        ["demo"],
    ],
)
def test_every_command_has_help_with_an_example(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = words if words == ["--help"] else [*words, "--help"]
    assert run(asked) == 0
    text = capsys.readouterr().out
    if words != ["--help"]:
        assert "Example: anzheng" in text
        assert "--json" in text


@pytest.mark.parametrize("words", [["import"], ["nonsense"], ["issue", "--nonsense"]])
def test_wrong_usage_is_exit_code_3_and_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_an_error_is_one_line_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--data-dir", str(tmp_path), "issue"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("SETTINGS_INVALID: ")
    assert "anzheng authority create" in error
    assert error.count("\n") == 1
