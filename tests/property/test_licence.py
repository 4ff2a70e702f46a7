"""Licence data and identifiers over arbitrary input."""

import json
import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_37_36

from licence.domain.elicence_id import elicence_check, make_elicence_id, parse_elicence_id
from licence.domain.licence_no import folded, parse_licence_no
from licence.domain.model import Draft, LicenceVersion, StatusRef
from licence.domain.rows import parse_row
from licence.domain.text import Charset, check_text
from licence.domain.uscc import check_character, check_uscc
from licence.domain.validity import regular_ends, renewal_deadline
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import parse_short_code, short_code
from licence.ids import RegistryId, StatusIndex
from tests.fakes.drafts import draft_of, full_row, good_row, good_version

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CAPITALS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_uscc17 = st.tuples(
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
).map("".join)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_han = st.text("大连镕犇化工有限公司㛃𬭎·（）()", min_size=1, max_size=50)
_day = st.dates(date(1960, 1, 1), date(2190, 12, 31))


@given(_uscc17)
def test_credit_codes_agree_with_stdnum(first17: str) -> None:
    check = check_character(first17)
    assert stdnum_uscc.calc_check_digit(first17) == check
    assert check_uscc(first17 + check) == first17 + check


@given(_uscc17, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_of_a_credit_code_is_found(
    first17: str, place: int, other: str
) -> None:
    code = first17 + check_character(first17)
    changed = code[:place] + other + code[place + 1 :]
    if changed == code:
        return
    try:
        check_uscc(changed)
    except AnzhengError as error:
        assert error.code in {Code.USCC_CHECK_DIGIT, Code.USCC_FORMAT}  # noqa: PT017
    else:
        raise AssertionError(changed)


@given(st.text(CAPITALS, min_size=1, max_size=120))
def test_identifier_checks_agree_with_stdnum(parts: str) -> None:
    assert elicence_check(parts) == mod_37_36.calc_check_digit(parts)


@given(
    st.text(CAPITALS, min_size=21, max_size=21),
    st.text(CAPITALS, min_size=6, max_size=18),
    st.text(CAPITALS, min_size=1, max_size=64),
    st.integers(1, 999),
)
def test_identifiers_are_written_and_read(
    kind: str, issuer: str, serial: str, version: int
) -> None:
    made = make_elicence_id(kind, issuer, serial, version)
    assert parse_elicence_id(made.text) == made
    assert (made.type, made.issuer, made.serial, made.version) == (kind, issuer, serial, version)


@given(
    st.sampled_from("辽京鲁桂国"),
    st.sampled_from(["MK", "FM", "WH", "YH", "JZ", "MB", "XX"]),
    st.integers(1900, 2199),
    st.from_regex("[0-9A-Z]{0,7}[0-9]", fullmatch=True),
    st.sampled_from(["[]", "〔〕", "【】", "（）", "()"]),
    st.sampled_from(["", "号"]),
)
def test_all_styles_of_one_number_are_one_number(
    province: str, industry: str, year: int, serial: str, style: str, end: str
) -> None:
    text = f"({province}){industry}安许证字{style[0]}{year}{style[1]}{serial}{end}"
    try:
        number = parse_licence_no(text)
    except AnzhengError:
        # Two suffixes, the second of a kind that may not come second.
        assert re.search("[YB][0-9]+[YB][0-9]+$", serial)
        return
    again = parse_licence_no(number.canonical)
    assert (again.canonical, again.suffix) == (number.canonical, None)
    assert folded(folded(text)) == folded(text) == folded(number.canonical)


@given(st.text(max_size=60))
def test_arbitrary_text_is_a_number_or_refused_with_our_error(text: str) -> None:
    for read in (parse_licence_no, folded, parse_elicence_id, check_uscc, parse_short_code):
        try:
            read(text)
        except AnzhengError:
            continue


@given(st.text(max_size=20), st.sampled_from(Charset))
def test_accepted_text_is_visible_and_stands_still(text: str, charset: Charset) -> None:
    try:
        assert check_text(text, "x", max_chars=20, charset=charset) == text
    except AnzhengError as error:
        assert error.facts["field"] == "x"  # noqa: PT017
        return
    assert text.isprintable() or any(ord(char) > 0x2A6DF for char in text)
    assert check_text(text, "x", max_chars=20) == text


@given(st.binary(max_size=200))
def test_short_codes_are_written_and_read(data: bytes) -> None:
    code = short_code(data)
    assert short_code(data) == code
    assert parse_short_code(code.lower()) == parse_short_code(code)
    assert len(parse_short_code(code)) == 10


@given(_day)
def test_period_and_deadline_keep_their_distance(day: date) -> None:
    less, full = regular_ends(day)
    assert full - less == timedelta(days=1)
    assert timedelta(days=1095) <= full - day <= timedelta(days=1096)
    assert timedelta(days=89) <= day - renewal_deadline(day) <= timedelta(days=92)


@given(_han, _han, st.lists(_han, min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_licences_are_written_and_read(
    name: str, principal: str, scope: list[str], index: int
) -> None:
    row = good_row(
        enterprise_name=name, principal=principal, scope=[{"name": item} for item in scope]
    )
    version = LicenceVersion(draft_of(row), StatusRef(RegistryId("a"), StatusIndex(index)))
    data = licence_json.encode(version)
    assert licence_json.decode(data) == version
    assert licence_json.encode(licence_json.decode(data)) == data


_GOOD = licence_json.encode(good_version())


@given(st.integers(0, len(_GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_licence(place: int, change: int) -> None:
    changed = bytearray(_GOOD)
    changed[place] ^= change
    try:
        version = licence_json.decode(bytes(changed))
    except AnzhengError:
        return
    assert version != good_version()
    assert licence_json.encode(version) == changed


@given(st.sampled_from(sorted(full_row())), _json)
def test_an_arbitrary_value_in_a_row_is_read_or_is_a_problem_of_that_field(
    key: str, value: object
) -> None:
    found = parse_row(full_row() | {key: value}, row=3)
    if not isinstance(found, Draft):
        assert found
        assert {problem.row for problem in found} == {3}


@given(st.dictionaries(st.text(max_size=10), _json, max_size=5))
def test_an_arbitrary_row_is_refused_with_problems_only(row: dict[str, object]) -> None:
    found = parse_row(row, row=1)
    assert not isinstance(found, Draft)
    assert {problem.code for problem in found} >= {Code.FIELD_MISSING}


@given(_json)
def test_arbitrary_json_is_no_licence(value: object) -> None:
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    try:
        licence_json.decode(data.encode("utf-8", "surrogatepass"))
    except AnzhengError as error:
        assert error.code in {  # noqa: PT017
            Code.JSON_SYNTAX,
            Code.JSON_NOT_CANONICAL,
            Code.SCHEMA_UNKNOWN,
        }
    else:
        raise AssertionError(data)
