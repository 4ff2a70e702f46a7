"""Codes and copies of the first release are judged as then.

`cases.json` are the vectors as they stood on that day, written once: the copies hold a licence
whose bytes depend on the fonts and the Typst of that day.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.builders import FakeTrust
from tests.fakes.vectors import read_ask, read_trust, said, unb64
from verifier.artefacts import CopyFile, QrText
from verifier.verify import verify_artefact

FOLDER = Path(__file__).parent / "v1"


@cache
def golden(topic: str) -> dict[str, Any]:
    """Return the frozen cases of a topic."""
    value: dict[str, Any] = json.loads((FOLDER / topic / "cases.json").read_text("utf-8"))
    return value


@cache
def trust(topic: str, name: str) -> FakeTrust:
    """Return a trust store of a topic."""
    return read_trust(golden(topic)["trusts"][name])


@pytest.mark.parametrize("topic", ["qr", "copy"])
def test_codes_and_copies_are_judged_as_then(topic: str) -> None:
    for case in golden(topic)["cases"]:
        given = case["input"]
        artefact = QrText(given["text"]) if topic == "qr" else CopyFile(unb64(given["copy"]))
        report, _ = verify_artefact(artefact, trust(topic, case["trust"]), read_ask(case))
        assert said(report) == case["expect"], case["name"]
