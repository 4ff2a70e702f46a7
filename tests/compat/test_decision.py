"""Decisions of the first release are read, and judged, as then."""

import json
from pathlib import Path

import pytest

from licence.errors import Code
from licence.formats.decision import decode, digest, statement_bytes
from licence.formats.officers import verify_signature
from tests.fakes.refusal import refuses

FOLDER = Path(__file__).parent / "v1" / "decision"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("good_*.json")), ids=lambda path: path.stem)
def test_good_decision(path: Path) -> None:
    decision = decode(path.read_bytes())
    assert digest(decision).hex() == EXPECTED["digests"][path.stem]
    assert len(decision.signatures) == 2
    for signature in decision.signatures:
        key = bytes.fromhex(EXPECTED["keys"][signature.officer])
        verify_signature(signature, statement_bytes(decision), key)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("fail_*.json")), ids=lambda path: path.stem)
def test_bad_decision(path: Path) -> None:
    with refuses(Code.DECISION_SYNTAX, Code.SCHEMA_UNKNOWN):
        decode(path.read_bytes())
