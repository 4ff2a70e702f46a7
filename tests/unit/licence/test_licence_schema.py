"""The published JSON Schema says what the code says."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.model import (
    AddressType,
    ChangeType,
    Environment,
    Industry,
    IssuerLevel,
    Kind,
    LicenceVersion,
    ReviewResult,
    Risk,
    Scale,
    StatusRef,
)
from licence.domain.uscc import _ALPHABET
from licence.formats import licence_json
from licence.ids import RegistryId, StatusIndex
from tests.fakes.drafts import TEMPLATES, draft_of, full_row, good_version, paged_row, paged_version

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(
    (ROOT / "docs" / "formats" / "schemas" / "licence.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
FULL = LicenceVersion(
    draft_of(full_row() | paged_row("seed-a3/1")), StatusRef(RegistryId("a.b"), StatusIndex(7))
)
VALUE: dict[str, Any] = json.loads(licence_json.encode(FULL))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "version", [FULL, good_version(2**32 - 1), *(paged_version(each) for each in TEMPLATES)]
)
def test_what_we_write_is_valid(version: LicenceVersion) -> None:
    VALIDATOR.validate(json.loads(licence_json.encode(version)))


def test_the_samples_are_valid() -> None:
    for index, row in enumerate(json.loads((ROOT / "samples" / "roster.json").read_bytes())):
        status = StatusRef(RegistryId("demo"), StatusIndex(index))
        version = LicenceVersion(draft_of(row), status)
        VALIDATOR.validate(json.loads(licence_json.encode(version)))


@pytest.mark.parametrize("key", sorted(VALUE))
def test_each_field_is_known_and_the_required_ones_are_required(key: str) -> None:
    less = {name: value for name, value in VALUE.items() if name != key}
    optional = {"legal_representative", "delegated_by", "supersedes", "translation"}
    optional |= {"page", "changes", "glyphs"}
    assert VALIDATOR.is_valid(less) is (key in optional)
    assert not VALIDATOR.is_valid(VALUE | {key: None})


def test_each_object_within_refuses_unknown_fields() -> None:
    for path in (
        (),
        ("addresses", 0),
        ("economic_type",),
        ("scope", 0),
        ("annual_reviews", 0),
        ("attachments", 0),
        ("translation",),
        ("page",),
        ("changes", 0),
        ("glyphs", 0),
        ("status",),
    ):
        value = copy.deepcopy(VALUE)
        inner: Any = value
        for step in path:
            inner = inner[step]
        inner["colour"] = "blue"
        assert not VALIDATOR.is_valid(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "anzheng-licence/v2"},
        {"licence_no": "(辽)WH安许证字〔2024〕0127"},
        {"elicence_id": "1.2.3"},
        {"version": 0},
        {"version": 1.5},
        {"kind": "OTHER"},
        {"uscc": "91210213MA9TXT01IB"},
        {"principal": ""},
        {"addresses": []},
        {"addresses": [{"type": "MINE", "text": "甲"}]},
        {"addresses": [{"type": "REGISTERED", "text": "甲"}] * 2},
        {"scope": [{"name": "甲"}]},
        {"scope": [{"name": "甲", "risk": "LOW"}]},
        {"scope": [{"name": "甲", "risk": "HIGH", "capacity": "5"}]},
        {"valid_to": "2027-3-17"},
        {"valid_to": "2027-13-17"},
        {"issuer_level": "省"},
        {"attachments": [{"name": "甲", "sha256": "AB" * 32}]},
        {"template": "cn-a4p"},
        {"page": {"copies": 2}},
        {"page": {"copies": 0, "scale": "strict", "back": True, "large_print": False}},
        {"changes": []},
        {"glyphs": []},
        {"glyphs": [{"char": "龘龘", "outline": "M 0 0 L 1 1 Z"}]},
        {"glyphs": [{"char": "龘", "outline": "M 0 0 L 1 1"}]},
        {"licence_type": "fishing"},
        {"licence_no": "（辽）WH危化经字〔2024〕0001"},
        {"status": {"registry": "A", "index": 0}},
        {"status": {"registry": "a", "index": -1}},
        {"status": {"registry": "a", "index": 2**32}},
    ],
)
def test_bad_data_is_refused(changes: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid(VALUE | changes)


def test_enumerations_and_alphabets_are_those_of_the_model() -> None:
    properties = SCHEMA["properties"]
    for found, kind in (
        (properties["environment"], Environment),
        (properties["kind"], Kind),
        (properties["industry"], Industry),
        (properties["addresses"]["items"]["properties"]["type"], AddressType),
        (properties["scope"]["items"]["properties"]["risk"], Risk),
        (properties["issuer_level"], IssuerLevel),
        (properties["annual_reviews"]["items"]["properties"]["result"], ReviewResult),
        (properties["changes"]["items"]["properties"]["type"], ChangeType),
        (properties["page"]["properties"]["scale"], Scale),
    ):
        assert found["enum"] == [member.value for member in kind]
    assert properties["licence_type"]["enum"] == list(LICENCE_TYPES)
    first = SCHEMA["$defs"]["uscc"]["pattern"].removeprefix("^").partition("]")[0] + "]"
    assert "".join(re.findall(first, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == _ALPHABET
