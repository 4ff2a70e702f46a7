"""Deltas of status lists: from one list to the next, byte for byte, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import cose, es256, list_delta, status_list
from licence.formats.list_delta import pack, unpack
from licence.formats.status_shard import SHARD_ENTRIES, ListName, ListValue, make_list
from licence.ids import Digest, StatusIndex
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
OTHER = replace(NAME, shard=1)


def token(words: dict[int, StatusWord], *, hours: int = 0, name: ListName = NAME) -> bytes:
    indexes = {StatusIndex(index): word for index, word in words.items()}
    listed = make_list(name, indexes, issued_at=NOW + timedelta(hours=hours))
    return status_list.encode_cwt(listed, kid=KID, sign=SIGN)


BASE = token({1: StatusWord.SUSPENDED, 9: StatusWord.REVOKED})
TARGET = token({9: StatusWord.REVOKED, SHARD_ENTRIES - 1: StatusWord.CANCELLED}, hours=1)


def signed(base: bytes = BASE, target: bytes = TARGET) -> bytes:
    return list_delta.encode(list_delta.make(NAME, base, target), kid=KID, sign=SIGN)


def test_whoever_has_the_list_before_gets_the_list_after_byte_for_byte() -> None:
    data = signed()
    delta = list_delta.decode(data, keys=[KEY], expected=NAME)
    assert delta.changes == ((1, ListValue.VALID), (SHARD_ENTRIES - 1, ListValue.INVALID))
    assert list_delta.apply(delta, BASE) == TARGET
    assert len(data) < 600


def test_heartbeat_without_changes_is_a_delta_without_changes() -> None:
    later = token({1: StatusWord.SUSPENDED, 9: StatusWord.REVOKED}, hours=1)
    delta = list_delta.decode(signed(target=later), keys=[KEY], expected=NAME)
    assert delta.changes == ()
    assert list_delta.apply(delta, BASE) == later


def test_another_base_leads_nowhere() -> None:
    delta = list_delta.decode(signed(), keys=[KEY], expected=NAME)
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.apply(delta, TARGET)


@pytest.mark.parametrize(
    "changes",
    [
        ((1, ListValue.VALID),),
        ((1, ListValue.VALID), (SHARD_ENTRIES - 1, ListValue.SUSPENDED)),
        ((1, ListValue.SUSPENDED), (SHARD_ENTRIES - 1, ListValue.INVALID)),
        ((1, ListValue.VALID), (2, ListValue.VALID), (SHARD_ENTRIES - 1, ListValue.INVALID)),
    ],
)
def test_other_changes_do_not_lead_to_the_list_that_is_named(
    changes: tuple[tuple[int, ListValue], ...],
) -> None:
    delta = replace(list_delta.make(NAME, BASE, TARGET), changes=changes)
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.apply(delta, BASE)


def test_lists_of_two_shards_have_no_delta() -> None:
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.make(NAME, BASE, token({}, name=OTHER))
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.decode(signed(), keys=[KEY], expected=OTHER)


def test_only_the_authority_signs_deltas() -> None:
    with refuses(Code.COSE_SIGNATURE):
        list_delta.decode(signed(), keys=[], expected=NAME)
    data = signed()
    for place in (40, len(data) // 2, len(data) - 1):
        altered = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(AnzhengError):
            list_delta.decode(altered, keys=[KEY], expected=NAME)


def test_key_outside_its_days_signs_none() -> None:
    early = replace(KEY, valid_to=NOW)
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.decode(signed(), keys=[early], expected=NAME)


def test_message_of_another_kind_is_none() -> None:
    payload = cose.parts(signed(), max_bytes=100_000).payload
    other = cose.sign1(payload, content_type=status_list.CWT_TYPE, kid=KID, sign=SIGN)
    with refuses(Code.COSE_SYNTAX):
        list_delta.decode(other, keys=[KEY], expected=NAME)


def test_digests_are_those_of_the_tokens() -> None:
    delta = list_delta.make(NAME, BASE, TARGET)
    assert delta.base == Digest(sha256(BASE).digest())
    assert delta.target == Digest(sha256(TARGET).digest())


@given(st.dictionaries(st.integers(0, SHARD_ENTRIES - 1), st.sampled_from(ListValue), max_size=50))
def test_changes_read_back_as_themselves(changes: dict[int, ListValue]) -> None:
    ordered = tuple(sorted(changes.items()))
    assert unpack(pack(ordered)) == ordered


@given(st.binary(max_size=40))
def test_bytes_are_refused_or_have_one_meaning(data: bytes) -> None:
    try:
        found = unpack(data)
    except AnzhengError:
        return
    assert pack(found) == data


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80\x00",
        b"\x03",
        b"\xff\xff\xff\xff\x01",
        pack(((SHARD_ENTRIES - 1, ListValue.INVALID),)) + b"\x00",
    ],
)
def test_numbers_that_are_cut_long_or_beyond_are_refused(data: bytes) -> None:
    with refuses(Code.STATUS_LIST_REFUSED):
        unpack(data)


def test_a_signer_whose_key_is_foreign_is_refused() -> None:
    foreign = es256.signer(ec.derive_private_key(7, ec.SECP256R1()))
    data = list_delta.encode(list_delta.make(NAME, BASE, TARGET), kid=KID, sign=foreign)
    with refuses(Code.COSE_SIGNATURE):
        list_delta.decode(data, keys=[KEY], expected=NAME)
