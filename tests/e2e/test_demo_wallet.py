"""The wallet that the demo leaves behind answers a verifier, with the password that it showed.

Its authority's service is gone by then: what is needed offline lies in the folder.
"""

import json
import re
from pathlib import Path

import pytest

from anzheng.cli import run
from anzheng.demo.chapters_check import PASSWORD
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


def test_codes_by_hand_as_the_document_tells(
    told: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD.decode())
    wallet = ("--wallet", str(told.folder / "wallet"))
    offline = ("--offline", "--trust", str(told.folder / "trust"))

    def printed(*words: str) -> str:
        capsys.readouterr()
        assert run([*words, "--json"]) == 0
        text = json.loads(capsys.readouterr().out)["text"]
        assert isinstance(text, str)
        return text

    (code,) = (told.folder / "codes").glob("*0127-v1.qr.txt")
    assert run(["verify", "--text", code.read_text("ascii"), *offline]) == 0
    # A screen code lives 90 s, which a busy machine may need: what it proves, the demo shows.
    screen = printed("wallet", "code", "--purpose", "入矿检查", "--challenge", "4711", *wallet)
    assert "#S1" in screen
    question = str(tmp_path / "question.json")
    assert run(["verify", "--ask", question, *QUESTION]) == 0
    answer = printed("wallet", "answer", question, "--yes", *wallet)
    judged = ["verify", "--text", answer, *offline]
    assert run([*judged, "--request", question]) == 0
    assert run(judged) == 2, "an answer without its question proves nobody"
    labels = tmp_path / "labels"
    office = str(told.folder / "office")
    assert run(["--data-dir", office, "qr", "make", "--out", str(labels)]) == 0
    assert len(list(labels.glob("*.qr.svg"))) == len(told.licences)
