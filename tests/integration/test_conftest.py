"""The rules of `conftest.py` hold, or tests that lean on them prove nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OFFLINE = """
import socket, pytest
def test_internet_is_closed():
    with pytest.warns(UserWarning), pytest.raises(RuntimeError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM){action}
"""
MISSING_TOOL = """
import pytest
@pytest.mark.tools("no-such-program-of-anzheng")
def test_needs_it():
    raise AssertionError("must not run")
"""


def _run(folder: Path, source: str, **environment: str) -> str:
    # A copy of the conftest in a tree of its own, run by a pytest of its own.
    tests = folder / "tests"
    place = tests / "unit"
    place.mkdir(parents=True, exist_ok=True)
    conftest = Path(__file__).parents[1].joinpath("conftest.py").read_text("utf-8")
    (tests / "conftest.py").write_text(conftest, "utf-8")
    (place / "test_inner.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "."],
        cwd=folder,
        env={**os.environ, "CI": "false", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_unit_tests_cannot_open_a_socket(tmp_path: Path) -> None:
    assert "1 passed" in _run(tmp_path, OFFLINE.format(action=""))


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("false", "1 skipped")])
def test_missing_tool_is_a_failure_in_ci_only(tmp_path: Path, ci: str, outcome: str) -> None:
    assert outcome in _run(tmp_path, MISSING_TOOL, CI=ci).replace("1 error", "1 failed")
