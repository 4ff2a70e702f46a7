"""Token Status Lists: what goes in comes out, and nothing else is believed."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import canonical, cbor, cose, jwt, status_list
from licence.formats.status_list import (
    MAX_CWT_BYTES,
    MAX_JWT_BYTES,
    SHARD_BYTES,
    SHARD_ENTRIES,
    ListName,
    ListValue,
    StatusList,
    decode_cwt,
    decode_jwt,
    encode_cwt,
    encode_jwt,
    list_uri,
    make_list,
    shard_of,
    value_of,
)
from licence.formats.trust_bundle import StatusKey
from licence.ids import AuthorityId, RegistryId, StatusIndex
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY, KID, PUBLIC, SIGN

NOW = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)
NAME = ListName("http://127.0.0.1:8080/v1/status-lists", RegistryId("r1"), AuthorityId("1" * 18), 1)
FIRST = SHARD_ENTRIES  # the first index of shard 1
WORDS = {
    StatusIndex(FIRST): StatusWord.REVOKED,
    StatusIndex(FIRST + 1): StatusWord.SUSPENDED,
    StatusIndex(FIRST + 3): StatusWord.CANCELLED,
    StatusIndex(2 * SHARD_ENTRIES - 1): StatusWord.SUPERSEDED,
}


def made() -> StatusList:
    return make_list(NAME, WORDS, issued_at=NOW)


def cwt_of(value: StatusList) -> bytes:
    return encode_cwt(value, kid=KID, sign=SIGN)


def test_list_says_what_was_put_in() -> None:
    value = made()
    assert value.value(StatusIndex(FIRST)) is ListValue.INVALID
    assert value.value(StatusIndex(FIRST + 1)) is ListValue.SUSPENDED
    assert value.value(StatusIndex(FIRST + 2)) is ListValue.VALID
    assert value.value(StatusIndex(FIRST + 3)) is ListValue.INVALID
    assert value.value(StatusIndex(2 * SHARD_ENTRIES - 1)) is ListValue.INVALID
    assert len(value.packed) == SHARD_BYTES
    assert value.packed[0] == 0b01_00_10_01


def test_words_become_values() -> None:
    assert value_of(StatusWord.NONE) is ListValue.VALID
    assert value_of(StatusWord.SUSPENDED) is ListValue.SUSPENDED
    final = set(StatusWord) - {StatusWord.NONE, StatusWord.SUSPENDED}
    assert {value_of(word) for word in final} == {ListValue.INVALID}


@pytest.mark.parametrize("form", ["cwt", "jwt"])
def test_list_reads_back_signed(form: str) -> None:
    encode, decode = (encode_cwt, decode_cwt) if form == "cwt" else (encode_jwt, decode_jwt)
    value = made()
    assert decode(encode(value, kid=KID, sign=SIGN), keys=[KEY], expected=NAME) == value
    with_certificate = encode(value, kid=KID, sign=SIGN, certificate=b"certificate")
    assert decode(with_certificate, keys=[KEY], expected=NAME) == value
    assert value.issued_at == NOW.replace(microsecond=0)
    assert value.expires_at - value.issued_at == timedelta(hours=24)
    assert value.ttl_seconds == 3600


def test_index_of_another_shard_is_never_answered() -> None:
    value = made()
    for index in (FIRST - 1, 2 * SHARD_ENTRIES, -1, 0):
        with pytest.raises(AnzhengError) as caught:
            value.value(StatusIndex(index))
        assert caught.value.code is Code.STATUS_LIST_REFUSED
        with pytest.raises(AnzhengError) as caught:
            make_list(NAME, {StatusIndex(index): StatusWord.REVOKED}, issued_at=NOW)
        assert caught.value.code is Code.STATUS_LIST_REFUSED


def test_value_three_is_unknown_not_valid() -> None:
    value = replace(made(), packed=b"\xff" * SHARD_BYTES)
    with pytest.raises(AnzhengError) as caught:
        value.value(StatusIndex(FIRST))
    assert caught.value.code is Code.STATUS_UNKNOWN_VALUE


def test_age_of_a_list() -> None:
    value = made()
    ttl, end = value.issued_at + timedelta(hours=1), value.expires_at
    second = timedelta(seconds=1)
    assert not value.is_ageing(ttl)
    assert value.is_ageing(ttl + second)
    assert value.is_ageing(end)
    assert not value.is_stale(end)
    assert value.is_stale(end + second)
    assert not value.is_ageing(end + second)


def test_names_and_shards() -> None:
    assert NAME.uri == list_uri(NAME.base_uri, NAME.registry, NAME.authority, 1)
    assert NAME.uri == f"http://127.0.0.1:8080/v1/status-lists/r1/{'1' * 18}/1"
    assert NAME.aggregation_uri == f"http://127.0.0.1:8080/v1/status-lists/r1/{'1' * 18}"
    assert NAME.path == f"lists/r1/{'1' * 18}/1"
    assert [shard_of(StatusIndex(i)) for i in (0, FIRST - 1, FIRST)] == [0, 0, 1]


def test_cwt_has_the_claims_of_the_draft() -> None:
    message = cbor2.loads(cwt_of(made()))
    assert message.tag == 18
    protected, unprotected, payload, _ = message.value
    assert cbor2.loads(protected) == {1: -7, 4: KID, 16: "application/statuslist+cwt"}
    assert unprotected == {}
    claims = cbor2.loads(payload)
    issued = int(NOW.timestamp())
    inner = claims.pop(65533)
    assert claims == {2: NAME.uri, 4: issued + 86_400, 6: issued, 65534: 3600}
    assert zlib.decompress(inner.pop("lst")) == made().packed
    assert inner == {"bits": 2, "aggregation_uri": NAME.aggregation_uri}


def refused(data: bytes, *keys: StatusKey, expected: ListName = NAME) -> Code:
    with pytest.raises(AnzhengError) as caught:
        decode_cwt(data, keys=keys or (KEY,), expected=expected)
    return caught.value.code


def test_genuine_list_of_another_name_is_refused() -> None:
    data = cwt_of(made())
    for other in (
        replace(NAME, shard=0),
        replace(NAME, registry=RegistryId("r2")),
        replace(NAME, authority=AuthorityId("2" * 18)),
        replace(NAME, base_uri="http://127.0.0.1:8081"),
    ):
        assert refused(data, expected=other) is Code.STATUS_LIST_REFUSED


def test_list_signed_outside_the_days_of_its_key_is_refused() -> None:
    data = cwt_of(made())
    late = replace(KEY, valid_from=NOW + timedelta(days=1))
    closed = replace(KEY, valid_to=NOW - timedelta(days=1))
    assert refused(data, late) is Code.STATUS_LIST_REFUSED
    assert refused(data, closed) is Code.STATUS_LIST_REFUSED
    assert refused(data, replace(KEY, kid=b"other")) is Code.COSE_SIGNATURE


def payload(**changes: Any) -> dict[Any, Any]:  # noqa: ANN401 - claims of any type
    """The claims, changed: `c4=…` for claim 4, others for the inner map; None removes."""
    inner: dict[str, Any] = {
        "bits": 2,
        "lst": zlib.compress(bytes(SHARD_BYTES)),
        "aggregation_uri": NAME.aggregation_uri,
    }
    issued = int(NOW.timestamp())
    claims: dict[Any, Any] = {2: NAME.uri, 4: issued + 86_400, 6: issued, 65534: 3600, 65533: inner}
    for key, value in changes.items():
        part: dict[Any, Any] = claims if key[0] == "c" else inner
        name = int(key[1:]) if key[0] == "c" else key
        part[name] = value
        if value is None:
            del part[name]
    return claims


def signed(claims: Any) -> bytes:  # noqa: ANN401
    return cose.sign1(cbor.dumps(claims), content_type="application/statuslist+cwt", kid=KID,
                      sign=SIGN)  # fmt: skip


BOMB = zlib.compress(bytes(SHARD_BYTES + 1))
ISSUED = int(NOW.timestamp())


def test_hand_made_list_is_accepted() -> None:
    value = decode_cwt(signed(payload()), keys=[KEY], expected=NAME)
    assert value.value(StatusIndex(FIRST)) is ListValue.VALID


@pytest.mark.parametrize(
    "claims",
    [
        payload(c2=None),
        payload(c4=None),
        payload(c99=1),
        payload(c65533="text"),
        payload(lst=None),
        payload(lst="text"),
        payload(lst=BOMB),
        payload(lst=zlib.compress(bytes(SHARD_BYTES - 1))),
        payload(lst=zlib.compress(bytes(SHARD_BYTES)) + b"\0"),
        payload(lst=zlib.compress(bytes(SHARD_BYTES))[:-1]),
        payload(lst=b"no zlib"),
        payload(bits=1),
        payload(bits=True),
        payload(aggregation_uri=None),
        payload(aggregation_uri="http://other"),
        payload(extra=1),
        payload(c4=ISSUED),
        payload(c4=ISSUED + 86_400 * 7 + 1),
        payload(c6=-1),
        payload(c6="text"),
        payload(c6=True),
        payload(c4=2**63),
        payload(c65534=-1),
        [1, 2],
    ],
)
def test_other_claims_are_refused(claims: object) -> None:
    assert refused(signed(claims)) is Code.STATUS_LIST_REFUSED


def test_too_large_and_wrong_kind_are_refused() -> None:
    assert refused(bytes(MAX_CWT_BYTES + 1)) is Code.TOO_LARGE
    wrong_kind = cose.sign1(cbor.dumps(payload()), content_type="other", kid=KID, sign=SIGN)
    assert refused(wrong_kind) is Code.COSE_SYNTAX
    with pytest.raises(AnzhengError) as caught:
        decode_jwt(bytes(MAX_JWT_BYTES + 1), keys=[KEY], expected=NAME)
    assert caught.value.code is Code.TOO_LARGE


def test_list_that_cannot_be_compressed_still_fits_the_limits() -> None:
    noise = bytearray(SHARD_BYTES)
    state = 1
    for place in range(SHARD_BYTES):
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        noise[place] = state >> 56
    value = replace(made(), packed=bytes(noise))
    certificate = bytes(4_000)
    assert (
        decode_cwt(
            encode_cwt(value, kid=KID, sign=SIGN, certificate=certificate),
            keys=[KEY],
            expected=NAME,
        )
        == value
    )
    assert (
        decode_jwt(
            encode_jwt(value, kid=KID, sign=SIGN, certificate=certificate),
            keys=[KEY],
            expected=NAME,
        )
        == value
    )


def jwt_claims() -> dict[str, Any]:
    token = encode_jwt(made(), kid=KID, sign=SIGN)
    part = token.split(b".")[1].decode()
    claims = canonical.load_object(jwt.from_base64url(part), max_bytes=MAX_JWT_BYTES)
    return dict(claims)


@pytest.mark.parametrize(
    "change",
    [
        {"sub": "other"},
        {"iss": "somebody"},
        {"status_list": 7},
        {"status_list": {"bits": 2, "lst": 7, "aggregation_uri": NAME.aggregation_uri}},
        {"status_list": {"bits": 2, "lst": "eJw", "aggregation_uri": NAME.aggregation_uri}},
        {"exp": ISSUED},
        {"ttl": "3600"},
    ],
)
def test_other_jwt_claims_are_refused(change: dict[str, Any]) -> None:
    token = jwt.sign_compact(
        {**jwt_claims(), **change}, content_type="statuslist+jwt", kid=KID, sign=SIGN
    )
    with pytest.raises(AnzhengError) as caught:
        decode_jwt(token, keys=[KEY], expected=NAME)
    assert caught.value.code is Code.STATUS_LIST_REFUSED


def test_believed_keys_are_looked_up_by_id() -> None:
    assert (
        status_list.decode_cwt(
            cwt_of(made()),
            keys=[replace(KEY, kid=b"12345678"), StatusKey(KID, PUBLIC, KEY.valid_from)],
            expected=NAME,
        )
        == made()
    )


def test_list_that_wants_to_be_kept_for_ever_is_refused() -> None:
    for form, decode in ((encode_cwt, decode_cwt), (encode_jwt, decode_jwt)):
        week = 7 * 24 * 3600
        long = replace(made(), ttl_seconds=week)
        assert decode(form(long, kid=KID, sign=SIGN), keys=[KEY], expected=NAME) == long
        for bad in (week + 1, 7_258_118_399):
            data = form(replace(made(), ttl_seconds=bad), kid=KID, sign=SIGN)
            with refuses(Code.STATUS_LIST_REFUSED):
                decode(data, keys=[KEY], expected=NAME)


def test_times_at_the_end_of_the_calendar_are_refused() -> None:
    late = replace(
        made(),
        issued_at=datetime(9999, 12, 31, 1, tzinfo=UTC),
        expires_at=datetime(9999, 12, 31, 2, tzinfo=UTC),
    )
    with refuses(Code.STATUS_LIST_REFUSED):
        decode_cwt(cwt_of(late), keys=[KEY], expected=NAME)
