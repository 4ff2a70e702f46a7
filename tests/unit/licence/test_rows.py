"""Roster rows: a draft, or everything that is wrong with the row."""

from dataclasses import fields

import pytest

from licence.domain.model import AddressType, Draft, Kind, Risk
from licence.domain.rows import parse_row
from licence.errors import Code
from tests.fakes.drafts import draft_of, full_row, good_row


def problems(row: dict[str, object]) -> list[tuple[str, Code]]:
    found = parse_row(row, row=7)
    assert not isinstance(found, Draft)
    assert {problem.row for problem in found} == {7}
    return [(problem.field, problem.code) for problem in found]


def test_what_a_row_leaves_out_has_its_default() -> None:
    draft = draft_of(good_row(scope=[{"name": "建筑施工"}]))
    assert draft.licence_type == "safety-production"
    assert draft.template == "cn-a4p/2"
    assert (draft.renewal_no, draft.change_no, draft.reissue_no) == (0, 0, 0)
    assert (draft.annual_reviews, draft.attachments) == ((), ())
    assert draft.scope[0].risk is Risk.NORMAL
    assert (draft.legal_representative, draft.supersedes, draft.translation) == (None, None, None)


def test_every_field_of_a_full_row_is_read() -> None:
    draft = draft_of(full_row())
    assert draft.kind is Kind.REGULAR
    assert draft.addresses[1].type is AddressType.STORAGE
    assert draft.addresses[0].region == "210213"
    assert draft.scope[0].category == "生产"
    assert draft.annual_reviews[0].on is not None
    assert draft.attachments[0].sha256 == b"\xab" * 32
    assert draft.translation is not None
    assert draft.translation.scope[1] == "Hydrochloric acid"


def test_a_row_may_spell_things_as_offices_do() -> None:
    row = good_row(
        licence_no="(辽)wh安许证字[2024]0127号",
        uscc="91210213ma9txt017b",
        principal="  王镕\u3000",
        issued_on=" 2024-03-18",
    )
    assert draft_of(row) == draft_of(good_row())


def test_all_problems_of_a_row_are_told_at_once() -> None:
    row = good_row(
        uscc="91210213MA9TXT017C",
        valid_from="2027-03-17",
        valid_to="2024-03-18",
        principal="王\u0000镕",
        issuer=...,
        colour="blue",
        addresses=[{"type": "REGISTERED"}, {"type": "CELLAR", "text": "a"}, "b"],
        elicence_id="1.2.3",
        industry="JZ",
    )
    assert problems(row) == [
        ("elicence_id", Code.ELICENCE_ID_FORMAT),
        ("uscc", Code.USCC_CHECK_DIGIT),
        ("principal", Code.TEXT_CONTROL_CHARACTER),
        ("addresses[0].text", Code.FIELD_MISSING),
        ("addresses[1].type", Code.FIELD_VALUE),
        ("addresses[2]", Code.FIELD_TYPE),
        ("issuer", Code.FIELD_MISSING),
        ("colour", Code.FIELD_UNKNOWN),
        ("licence_no", Code.LICENCE_NO_INDUSTRY),
        ("valid_to", Code.DATE_ORDER),
    ]


def test_an_empty_row_misses_every_required_field() -> None:
    found = problems({})
    optional = {"legal_representative", "delegated_by", "supersedes", "translation"}
    optional |= {"page", "changes", "glyphs"}
    defaulted = {"licence_type", "renewal_no", "change_no", "reissue_no", "template"}
    lists = {"annual_reviews", "attachments"}
    names = {field.name for field in fields(Draft)} - optional - defaulted - lists
    assert found == [
        (field.name, Code.FIELD_MISSING) for field in fields(Draft) if field.name in names
    ]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"licence_type": "fishing"}, "licence_type", Code.FIELD_VALUE),
        ({"environment": "prod"}, "environment", Code.FIELD_VALUE),
        ({"environment": 1}, "environment", Code.FIELD_TYPE),
        ({"licence_no": "0127"}, "licence_no", Code.LICENCE_NO_FORMAT),
        ({"licence_no": "（辽）WH安许证字〔2024〕0127Y1"}, "licence_no", Code.LICENCE_NO_FORMAT),
        ({"elicence_id": 5}, "elicence_id", Code.FIELD_TYPE),
        ({"version": 0}, "version", Code.FIELD_VALUE),
        ({"version": 1000}, "version", Code.FIELD_VALUE),
        ({"version": True}, "version", Code.FIELD_TYPE),
        ({"version": "1"}, "version", Code.FIELD_TYPE),
        ({"kind": "PROVISIONAL"}, "kind", Code.FIELD_VALUE),
        ({"industry": "wh"}, "industry", Code.FIELD_VALUE),
        ({"enterprise_name": "甲" * 101}, "enterprise_name", Code.FIELD_LENGTH),
        ({"enterprise_name": "甲%"}, "enterprise_name", Code.TEXT_CHARACTER_REFUSED),
        ({"enterprise_name": "\ue000"}, "enterprise_name", Code.TEXT_PRIVATE_USE),
        ({"enterprise_name": "e\u0301"}, "enterprise_name", Code.TEXT_NOT_NFC),
        ({"uscc": ""}, "uscc", Code.USCC_FORMAT),
        ({"principal": ""}, "principal", Code.FIELD_LENGTH),
        ({"principal": "王" * 51}, "principal", Code.FIELD_LENGTH),
        ({"legal_representative": None}, "legal_representative", Code.FIELD_TYPE),
        ({"addresses": []}, "addresses", Code.FIELD_LENGTH),
        ({"addresses": "大连"}, "addresses", Code.FIELD_TYPE),
        ({"addresses": {}}, "addresses", Code.FIELD_TYPE),
        ({"economic_type": "有限责任公司"}, "economic_type", Code.FIELD_TYPE),
        ({"economic_type": {"text": "甲", "code": "17"}}, "economic_type.code", Code.FIELD_VALUE),
        ({"economic_type": ...}, "economic_type", Code.FIELD_MISSING),
        ({"scope": ...}, "scope", Code.FIELD_MISSING),
        ({"scope": [{"name": "甲", "capacity": 5}]}, "scope[0].capacity", Code.FIELD_TYPE),
        ({"scope": [{"name": "甲", "capacity": "05"}]}, "scope[0].capacity", Code.FIELD_VALUE),
        ({"scope": [{"name": "甲"}] * 201}, "scope", Code.FIELD_LENGTH),
        ({"scope": [{"name": "甲", "x\n": 1}]}, "scope[0].x\\n", Code.FIELD_UNKNOWN),
        ({"first_issued": "2018-3-18"}, "first_issued", Code.DATE_FORMAT),
        ({"first_issued": "2018-02-30"}, "first_issued", Code.DATE_FORMAT),
        ({"first_issued": "1949-12-31"}, "first_issued", Code.DATE_FORMAT),
        ({"valid_to": "2200-01-01"}, "valid_to", Code.DATE_FORMAT),
        ({"valid_to": 20270317}, "valid_to", Code.FIELD_TYPE),
        ({"issuer_code": "1121000000TXT10122"}, "issuer_code", Code.USCC_CHECK_DIGIT),
        ({"issuer_level": "乡级"}, "issuer_level", Code.FIELD_VALUE),
        ({"delegated_by": "x"}, "delegated_by", Code.USCC_FORMAT),
        ({"supersedes": 0}, "supersedes", Code.FIELD_VALUE),
        ({"renewal_no": -1}, "renewal_no", Code.FIELD_VALUE),
        ({"annual_reviews": [{"year": 2020}]}, "annual_reviews[0].result", Code.FIELD_MISSING),
        ({"attachments": [{"name": "甲", "sha256": "AB" * 32}]}, "attachments[0].sha256",
         Code.FIELD_VALUE),
        ({"translation": None}, "translation", Code.FIELD_TYPE),
        ({"template": "cn-a4p"}, "template", Code.FIELD_VALUE),
        ({"legal_basis": ""}, "legal_basis", Code.FIELD_LENGTH),
    ],
)  # fmt: skip
def test_one_bad_field_is_one_problem(changes: dict[str, object], field: str, code: Code) -> None:
    assert problems(good_row(**changes)) == [(field, code)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"lang": "zh-TW"}, "translation.lang", Code.FIELD_VALUE),
        ({"lang": "english"}, "translation.lang", Code.FIELD_VALUE),
        ({"addresses": "x"}, "translation.addresses", Code.FIELD_TYPE),
        ({"addresses": ["x"] * 21}, "translation.addresses", Code.FIELD_LENGTH),
        ({"scope": ["x", "\u202e"]}, "translation.scope", Code.TEXT_CHARACTER_REFUSED),
        ({"scope": ["x", 1]}, "translation.scope", Code.FIELD_TYPE),
        ({"note": "x" * 401}, "translation.note", Code.FIELD_LENGTH),
    ],
)
def test_a_translation_is_checked_field_by_field(
    changes: dict[str, object], field: str, code: Code
) -> None:
    row = full_row()
    translation = row["translation"]
    assert isinstance(translation, dict)
    row["translation"] = {**translation, **changes}
    assert problems(row) == [(field, code)]
