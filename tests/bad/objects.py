"""Bad QR objects, screen codes, answers and limited copies: those of `tests/assets/vectors`.

They stand there because the phone page is tested with the same files.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from licence.errors import Code
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.builders import FakeTrust
from tests.fakes.vectors import FOLDER, read_ask, read_trust, unb64
from verifier.artefacts import CopyFile, QrText
from verifier.verify import verify_artefact

FILES = ("qr", "copy")


@dataclass(frozen=True, slots=True)
class BadObject:
    """One vector that must not be valid."""

    id: str
    row: dict[str, Any]
    verdict: Verdict
    code: Code


def bad_objects() -> Iterator[BadObject]:
    """Yield all vectors that must not be valid."""
    for name in FILES:
        for row in _file(name)["cases"]:
            verdict = Verdict(row["expect"]["verdict"])
            if verdict is not Verdict.VALID:
                case = row["name"].removeprefix(f"{name}_").replace("_", "-")
                yield BadObject(f"{name}/{case}", row, verdict, Code(row["expect"]["code"]))


def judge_object(found: BadObject) -> Report:
    """Ask the verifier."""
    given = found.row["input"]
    artefact = CopyFile(unb64(given["copy"])) if "copy" in given else QrText(given["text"])
    trust = _trust(found.id.partition("/")[0], found.row["trust"])
    return verify_artefact(artefact, trust, read_ask(found.row))[0]


@cache
def _file(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return value


@cache
def _trust(name: str, trust: str) -> FakeTrust:
    return read_trust(_file(name)["trusts"][trust])
