"""Every `licence.json` of the first release is still read, or refused, as it was then."""

import json
from pathlib import Path

import pytest

from licence.domain.model import Kind
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import parse_short_code, short_code

FOLDER = Path(__file__).parent / "v1" / "licence"
EXPECTED = json.loads((FOLDER / "expected.json").read_bytes())

REFUSED = {
    "dates_reversed": Code.DATE_ORDER,
    "elicence_id_check": Code.ELICENCE_ID_CHECK,
    "field_null": Code.FIELD_TYPE,
    "field_unknown": Code.FIELD_UNKNOWN,
    "name_twice": Code.JSON_SYNTAX,
    "number_style": Code.JSON_NOT_CANONICAL,
    "other_spelling": Code.JSON_NOT_CANONICAL,
    "period_too_long": Code.VALIDITY_LENGTH,
    "sample_supersedes": Code.KIND_RULE,
    "schema_unknown": Code.SCHEMA_UNKNOWN,
    "text_bidi": Code.TEXT_CHARACTER_REFUSED,
    "text_not_nfc": Code.TEXT_NOT_NFC,
    "uscc_check": Code.USCC_CHECK_DIGIT,
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_licence_of_the_first_release_is_read_as_it_was(name: str) -> None:
    data = (FOLDER / f"good_{name}.json").read_bytes()
    assert licence_json.encode(licence_json.decode(data)) == data
    assert licence_json.digest(data).hex() == EXPECTED[name]["sha256"]
    assert short_code(data) == EXPECTED[name]["short_code"]
    assert parse_short_code(EXPECTED[name]["short_code"]) == licence_json.digest(data)[:10]


def test_there_is_one_of_each_kind() -> None:
    kinds = {
        licence_json.decode((FOLDER / f"good_{name}.json").read_bytes()).draft.kind
        for name in EXPECTED
    }
    assert kinds == set(Kind)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_the_first_release_refused_is_refused_with_the_same_code(name: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        licence_json.decode((FOLDER / f"fail_{name}.json").read_bytes())
    assert caught.value.code is REFUSED[name]


def test_no_file_is_forgotten() -> None:
    names = {path.name for path in FOLDER.iterdir()} - {"expected.json"}
    assert names == {f"good_{name}.json" for name in EXPECTED} | {
        f"fail_{name}.json" for name in REFUSED
    }
