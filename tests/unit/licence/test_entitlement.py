"""The extension that says what a licence-signing key may sign."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import der
from licence.formats.entitlement import (
    MAX_ITEMS,
    Entitlement,
    decode_entitlement,
    encode_entitlement,
    make_entitlement,
    what_does_not_fit,
)
from licence.ids import AuthorityId
from tests.fakes.drafts import ISSUER, OTHER_ISSUER, draft_of, good_row
from tests.fakes.refusal import refuses

AUTHORITY = AuthorityId(ISSUER)
ENTITLEMENT = make_entitlement(AUTHORITY, ["safety-production"], ["WH", "FM"], ["21"])
DATA = encode_entitlement(ENTITLEMENT)
WORDS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,6}[A-Za-z0-9])?", fullmatch=True)
REGIONS = st.from_regex(r"[0-9]{2,6}", fullmatch=True)


def text(value: str) -> bytes:
    return der.tlv(der.UTF8_STRING, value.encode())


def spelled(*lists: list[str], authority: str = ISSUER) -> bytes:
    return der.tlv(
        der.SEQUENCE,
        text(authority),
        *(der.tlv(der.SEQUENCE, *map(text, each)) for each in lists),
    )


def test_it_has_its_one_spelling() -> None:
    assert ENTITLEMENT.industries == ("FM", "WH")
    assert spelled(["safety-production"], ["FM", "WH"], ["21"]) == DATA
    assert decode_entitlement(DATA) == ENTITLEMENT


@given(
    st.lists(WORDS, min_size=1, max_size=5),
    st.lists(WORDS, min_size=1, max_size=5),
    st.lists(REGIONS, max_size=5),
)
def test_it_reads_back(types: list[str], industries: list[str], regions: list[str]) -> None:
    made = make_entitlement(AUTHORITY, types, industries, regions)
    assert decode_entitlement(encode_entitlement(made)) == made


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_entitlement(place: int, mask: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= mask
    try:
        found = decode_entitlement(bytes(changed))
    except AnzhengError:
        return
    assert found != ENTITLEMENT
    assert encode_entitlement(found) == bytes(changed)


@given(st.binary(max_size=200))
def test_junk_is_refused(data: bytes) -> None:
    with refuses(Code.SIGNER_NOT_ENTITLED):
        decode_entitlement(data)


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"\0",
        DATA[:-1],
        spelled(["b", "a"], ["WH"], []),
        spelled(["a", "a"], ["WH"], []),
        spelled([], ["WH"], []),
        spelled(["a"], [], []),
        spelled(["a"], ["WH"]),
        spelled(["a"], ["WH"], [], []),
        spelled(["a"], ["WH"], ["2"]),
        spelled(["a"], ["W H"], []),
        spelled(["a"], ["WH"], [], authority="nobody"),
        spelled([f"{number:03}" for number in range(MAX_ITEMS + 1)], ["WH"], []),
        DATA.replace(b"\x0c\x02WH", b"\x13\x02WH"),
    ],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with refuses(Code.SIGNER_NOT_ENTITLED):
        decode_entitlement(data)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({}, None),
        ({"authority": AuthorityId(OTHER_ISSUER)}, "authority"),
        ({"types": ("hazchem-trading",)}, "licence_type"),
        ({"industries": ("FM", "MK")}, "industry"),
        ({"regions": ("22", "110")}, "region"),
        ({"regions": ("2102",)}, None),
        ({"regions": ()}, None),
    ],
)
def test_the_part_that_does_not_fit_is_named(change: dict[str, object], part: str | None) -> None:
    address = {"type": "REGISTERED", "text": "辽宁省大连市", "region": "210213"}
    draft = draft_of(good_row(addresses=[address]))
    entitlement: Entitlement = replace(ENTITLEMENT, **change)  # type: ignore[arg-type]
    assert what_does_not_fit(entitlement, draft) == part


def test_a_limit_of_regions_is_not_escaped_by_naming_none() -> None:
    address = {"type": "REGISTERED", "text": "辽宁省大连市", "region": "210213"}
    store = {"type": "STORAGE", "text": "北京市东城区"}
    for addresses in ([address | {"region": None}], [address, store]):
        row = good_row(addresses=[{k: v for k, v in one.items() if v} for one in addresses])
        assert what_does_not_fit(ENTITLEMENT, draft_of(row)) == "region"
        assert what_does_not_fit(replace(ENTITLEMENT, regions=()), draft_of(row)) is None
