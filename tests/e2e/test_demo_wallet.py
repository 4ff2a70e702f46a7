"""The wallet that the demo leaves behind answers a verifier, with the password that it showed."""

import re
from pathlib import Path

import pytest

from anzheng.cli import run
from tests.e2e.conftest import Told
from wallet.cli import PASSWORD_VARIABLE

QUESTION = ("--audience", "某矿山检查组(示例)", "--purpose", "现场检查")


def test_ask_present_and_verify_by_file(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = re.search(r"password of the demo's wallet .*: (\S+)", told.text)
    assert shown is not None
    monkeypatch.setenv(PASSWORD_VARIABLE, shown[1])
    request, answer = str(tmp_path / "request.json"), str(tmp_path / "answer.json")
    wallet, trust = str(told.folder / "wallet"), str(told.folder / "trust")
    (pdf,) = (told.folder / "wallet" / "licences").glob("*/licence.pdf")
    judged = ["verify", str(pdf), "--offline", "--trust", trust, "--request"]
    assert run(["verify", "--ask", request, *QUESTION]) == 0
    assert run(["wallet", "present", request, "--out", answer, "--yes", "--wallet", wallet]) == 0
    assert run([*judged, request, "--presentation", answer]) == 0
    # The same answer serves no second question, and a question without an answer is a wrong call.
    second = str(tmp_path / "second.json")
    assert run(["verify", "--ask", second, *QUESTION]) == 0
    assert run([*judged, second, "--presentation", answer]) == 1
    assert run([*judged, second]) == 3
