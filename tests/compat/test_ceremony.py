"""Ceremonies and entitlements of the first release are read as then."""

import json
from pathlib import Path

import pytest

from licence.errors import Code
from licence.formats.ceremony import decode, digest, statement_bytes
from licence.formats.entitlement import decode_entitlement
from licence.formats.officers import verify_signature
from tests.fakes.refusal import refuses

FOLDER = Path(__file__).parent / "v1" / "ceremony"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("good_*.json")), ids=lambda path: path.stem)
def test_good_ceremony(path: Path) -> None:
    held = decode(path.read_bytes())
    assert digest(held).hex() == EXPECTED["digests"][path.stem]
    assert len(held.signatures) == 2
    for signature in held.signatures:
        key = bytes.fromhex(EXPECTED["keys"][signature.officer])
        verify_signature(signature, statement_bytes(held), key)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("fail_*.json")), ids=lambda path: path.stem)
def test_bad_ceremony(path: Path) -> None:
    with refuses(Code.CEREMONY_SYNTAX, Code.SCHEMA_UNKNOWN):
        decode(path.read_bytes())


def test_good_entitlement() -> None:
    found = decode_entitlement((FOLDER / "good_entitlement.der").read_bytes())
    assert found.authority == "1121000000TXT10121"
    assert (found.types, found.industries) == (("safety-production",), ("FM", "WH"))
    assert found.regions == ("21",)
