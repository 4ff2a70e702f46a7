"""licence.json: what is written is read back, and nothing else is read."""

import hashlib
import json
from dataclasses import replace

import pytest

from licence.domain.model import Draft, Kind, LicenceVersion, Risk, StatusRef
from licence.domain.rows import parse_row
from licence.errors import AnzhengError, Code
from licence.formats import canonical, licence_json
from licence.ids import RegistryId, StatusIndex
from tests.fakes.drafts import draft_of, full_row, good_version

FULL = LicenceVersion(draft_of(full_row()), StatusRef(RegistryId("liaoning-1"), StatusIndex(7)))


def refused(data: bytes) -> AnzhengError:
    with pytest.raises(AnzhengError) as caught:
        licence_json.decode(data)
    return caught.value


def changed(**changes: object) -> bytes:
    """Return the full version's canonical JSON with outermost fields changed (`...` removes)."""
    value = json.loads(licence_json.encode(FULL)) | changes
    return canonical.dumps({key: item for key, item in value.items() if item is not ...})


@pytest.mark.parametrize("version", [FULL, good_version(), good_version(2**32 - 1)])
def test_what_is_written_is_read_back(version: LicenceVersion) -> None:
    data = licence_json.encode(version)
    assert licence_json.decode(data) == version
    assert canonical.loads(data, max_bytes=licence_json.MAX_BYTES) == json.loads(data)


def test_absent_fields_have_no_key_and_lists_always_have_one() -> None:
    value = json.loads(licence_json.encode(good_version(3)))
    assert value["schema"] == "anzheng-licence/v1"
    assert value["status"] == {"registry": "registry.test", "index": 3}
    assert value["annual_reviews"] == value["attachments"] == []
    assert value["scope"][0]["risk"] == "HIGH"
    absent = {"legal_representative", "delegated_by", "supersedes", "translation"}
    assert absent.isdisjoint(value)
    assert "region" not in value["addresses"][0]


def test_the_digest_is_sha256_of_the_bytes() -> None:
    data = licence_json.encode(FULL)
    assert licence_json.digest(data) == hashlib.sha256(data).digest()


def test_another_schema_is_named_as_such() -> None:
    assert refused(changed(schema="anzheng-licence/v2")).code is Code.SCHEMA_UNKNOWN
    assert refused(b"{}").code is Code.SCHEMA_UNKNOWN
    assert refused(b"[]").code is Code.JSON_SYNTAX


@pytest.mark.parametrize("key", sorted(json.loads(licence_json.encode(FULL)).keys() - {"schema"}))
def test_a_missing_field_is_refused_unless_it_is_optional(key: str) -> None:
    data = changed(**{key: ...})
    if key in {"legal_representative", "delegated_by", "translation"}:
        assert licence_json.decode(data) != FULL
        return
    error = refused(data)
    expected = Code.KIND_RULE if key == "supersedes" else Code.FIELD_MISSING
    assert error.code is expected
    assert error.facts["field"] == ("kind" if key == "supersedes" else key)


@pytest.mark.parametrize("key", sorted(json.loads(licence_json.encode(FULL)).keys() - {"schema"}))
@pytest.mark.parametrize("value", [None, True, -1, [[]], {}])
def test_a_value_of_another_type_is_refused(key: str, value: object) -> None:
    error = refused(changed(**{key: value}))
    assert error.code in {Code.FIELD_TYPE, Code.FIELD_MISSING, Code.FIELD_VALUE, Code.FIELD_LENGTH}
    assert str(error.facts["field"]).startswith(key)


def test_an_unknown_field_is_refused_wherever_it_stands() -> None:
    assert refused(changed(superseded_by=3)).facts["field"] == "superseded_by"
    economic_type = {"text": "有限责任公司", "colour": "blue"}
    error = refused(changed(economic_type=economic_type))
    assert (error.code, error.facts["field"]) == (Code.FIELD_UNKNOWN, "economic_type.colour")


@pytest.mark.parametrize(
    "changes",
    [
        {"uscc": "91210213ma9txt017b"},
        {"licence_no": "(辽)WH安许证字[2024]0127"},
        {"licence_no": "（辽）WH安许证字〔2024〕0127号"},
        {"principal": " 王镕"},
        {"principal": "王镕\u3000"},
        {"issuer_code": "1121000000txt10121"},
    ],
)
def test_what_a_roster_may_spell_otherwise_a_signed_file_may_not(changes: dict[str, str]) -> None:
    assert refused(changed(**changes)).code is Code.JSON_NOT_CANONICAL


def test_other_bytes_of_the_same_json_are_refused() -> None:
    data = licence_json.encode(FULL)
    assert refused(data + b"\n").code is Code.JSON_NOT_CANONICAL
    assert refused(json.dumps(json.loads(data)).encode()).code is Code.JSON_NOT_CANONICAL


@pytest.mark.parametrize(
    ("status", "field"),
    [
        ({"registry": "Liaoning", "index": 1}, "status.registry"),
        ({"registry": "-", "index": 1}, "status.registry"),
        ({"registry": "a" * 64, "index": 1}, "status.registry"),
        ({"registry": "a", "index": -1}, "status.index"),
        ({"registry": "a", "index": 2**32}, "status.index"),
    ],
)
def test_the_place_in_the_status_lists_is_checked(status: dict[str, object], field: str) -> None:
    error = refused(changed(status=status))
    assert (error.code, error.facts["field"]) == (Code.FIELD_VALUE, field)


def test_rules_hold_for_signed_data_too() -> None:
    assert refused(changed(valid_to="2026-03-17")).code is Code.VALIDITY_LENGTH
    assert refused(changed(kind="SAMPLE")).code is Code.KIND_RULE


def test_a_rule_about_a_field_that_cannot_be_read_is_not_asked() -> None:
    error = refused(changed(valid_to="tomorrow"))
    assert (error.code, error.facts["field"]) == (Code.DATE_FORMAT, "valid_to")


def test_size_is_limited_both_ways() -> None:
    assert refused(b"{" * (licence_json.MAX_BYTES + 1)).code is Code.TOO_LARGE
    item = replace(FULL.draft.scope[0], name="氯" * 70_000, risk=Risk.NORMAL)
    huge = replace(FULL, draft=replace(FULL.draft, scope=(item, item), kind=Kind.SAMPLE))
    with pytest.raises(AnzhengError) as caught:
        licence_json.encode(huge)
    assert caught.value.code is Code.TOO_LARGE


@pytest.mark.parametrize(("char", "translated"), [("𬭎", 1), ('"', 180)])
def test_the_longest_data_that_the_rules_allow_fits(char: str, translated: int) -> None:
    row = full_row()
    row["enterprise_name"] = "𬭎" * 100
    row["addresses"] = [{"type": "REGISTERED", "text": char * 100, "region": "210213"}] + [
        {"type": "PRODUCTION", "text": char * 100, "region": "210213"}
    ] * 19
    item = {
        "name": char * 180,
        "capacity": "1.5",
        "unit": char * 2,
        "category": char,
        "risk": "HIGH",
    }
    row["scope"] = [item] * 200
    row["attachments"] = [{"name": char * 70, "sha256": "00" * 32}] * 200
    row["translation"] = {
        "lang": "en",
        "enterprise_name": char * 400,
        "principal": char * 400,
        "addresses": ["a"] * 20,
        "economic_type": char * 400,
        "scope": [char * translated] * 200,
        "issuer": char * 400,
        "note": char * 400,
    }
    longest = parse_row(row, row=1)
    while not isinstance(longest, Draft):
        assert {problem.code for problem in longest} == {Code.TOO_LARGE}
        del row["attachments"][-1]  # type: ignore[attr-defined]  # a list, made above
        longest = parse_row(row, row=1)
    assert len(longest.attachments) > 0
    data = licence_json.encode(replace(FULL, draft=longest))
    assert licence_json.MAX_BYTES * 2 // 3 < len(data) < licence_json.MAX_BYTES
