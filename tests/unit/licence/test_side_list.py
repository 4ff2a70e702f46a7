"""Side lists: reasons and dates beside a status list."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, side_list
from licence.formats.side_list import SideList, SideRow, decode, encode, make_side_list, row_of
from licence.formats.status_list import SHARD_ENTRIES, ListName
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex
from tests.fakes.status_keys import KEY, KID, SIGN

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
NAME = ListName("http://127.0.0.1:8080", RegistryId("r1"), AuthorityId("1" * 18), 0)

SUSPENDED = SideRow(
    StatusIndex(5),
    StatusWord.SUSPENDED,
    date(2026, 10, 1),
    date(2026, 12, 31),
    NOW - timedelta(days=50),
    "辽应急停〔2026〕7号",
    "未按期复核",
)
GIVEN_BACK = SideRow(
    StatusIndex(5), StatusWord.NONE, date(2026, 11, 1), None, NOW - timedelta(days=20), "8", "发还"
)
SUPERSEDED = SideRow(
    StatusIndex(2),
    StatusWord.SUPERSEDED,
    date(2026, 11, 2),
    None,
    NOW - timedelta(days=19),
    "9",
    "换发",
    Leaf(b"\x09" * 32),
)
COMING = SideRow(StatusIndex(7), StatusWord.REVOKED, date(2027, 1, 1), None, NOW, "10", "事故")


def made(*rows: SideRow, announced: tuple[SideRow, ...] = ()) -> SideList:
    return make_side_list(
        NAME,
        rows,
        announced,
        sequence=12,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        list_digest=Digest(b"\x07" * 32),
    )


def full() -> SideList:
    return made(GIVEN_BACK, SUSPENDED, SUPERSEDED, announced=(COMING,))


def read(data: bytes, expected: ListName = NAME) -> SideList:
    return decode(data, keys=[KEY], expected=expected)


def test_side_list_reads_back_signed() -> None:
    data = encode(full(), kid=KID, sign=SIGN, certificate=b"certificate")
    assert read(data) == full()
    assert read(encode(made(), kid=KID, sign=SIGN)) == made()


def test_rows_of_a_licence_come_in_order_of_decision() -> None:
    side = full()
    assert side.rows == (SUPERSEDED, SUSPENDED, GIVEN_BACK)
    assert side.rows_of(StatusIndex(5)) == (SUSPENDED, GIVEN_BACK)
    assert side.rows_of(StatusIndex(7)) == ()
    assert side.announced_of(StatusIndex(7)) == (COMING,)
    assert side.announced_of(StatusIndex(5)) == ()


def test_decision_without_a_document_number_is_a_row() -> None:
    side = made(replace(SUPERSEDED, document_no="", ground=""))
    assert read(encode(side, kid=KID, sign=SIGN)) == side


def test_row_of_an_event_says_what_was_decided() -> None:
    event = StatusEvent(
        leaf=Leaf(b"\x01" * 32),
        ref=StatusRef(NAME.registry, SUSPENDED.index),
        authority=NAME.authority,
        old=StatusWord.NONE,
        new=StatusWord.SUSPENDED,
        decided_at=SUSPENDED.decided_at + timedelta(microseconds=7),
        effective_from=SUSPENDED.effective_from,
        until=SUSPENDED.until,
        document_no=SUSPENDED.document_no,
        ground=SUSPENDED.ground,
        successor=None,
    )
    assert row_of(event) == SUSPENDED


@pytest.mark.parametrize(
    "bad",
    [
        replace(full(), rows=full().rows[::-1]),
        replace(full(), rows=(SUSPENDED, SUSPENDED)),
        made(replace(SUSPENDED, index=StatusIndex(SHARD_ENTRIES))),
        made(replace(SUSPENDED, until=date(2026, 9, 30))),
        made(replace(GIVEN_BACK, until=date(2027, 9, 30))),
        made(replace(SUPERSEDED, successor=None)),
        made(replace(SUSPENDED, successor=Leaf(b"\x09" * 32))),
        made(replace(SUPERSEDED, successor=Leaf(b"\x09" * 31))),
        made(replace(SUSPENDED, document_no="9" * 101)),
        made(replace(SUSPENDED, ground="line\nbreak")),
        made(replace(SUSPENDED, ground="9" * 501)),
        made(replace(SUSPENDED, effective_from=date(1949, 12, 31))),
        made(replace(SUSPENDED, decided_at=NOW + timedelta(microseconds=1))),
        replace(full(), sequence=0),
        replace(full(), list_digest=Digest(b"short")),
        replace(full(), expires_at=NOW),
        replace(full(), expires_at=NOW + timedelta(days=8)),
    ],
)
def test_encode_refuses_what_decode_would_refuse(bad: SideList) -> None:
    with pytest.raises(AnzhengError) as caught:
        encode(bad, kid=KID, sign=SIGN)
    assert caught.value.code is Code.STATUS_LIST_REFUSED


def parts(**changes: Any) -> tuple[Any, ...]:  # noqa: ANN401 - values of any type
    row = (5, 2, 20_000, None, int(NOW.timestamp()), "7", "ground", None)
    issued = int(NOW.timestamp())
    names = ("schema", "uri", "sequence", "issued", "expires", "digest", "rows", "announced")
    values = (side_list.SCHEMA, NAME.uri, 1, issued, issued + 9, b"\x07" * 32, (row,), ())
    made_of: dict[str, Any] = dict(zip(names, values, strict=True))
    made_of.update(changes)
    return tuple(made_of.values())


def signed(value: Any) -> bytes:  # noqa: ANN401
    return cose.sign1(cbor.dumps(value), content_type=side_list.CONTENT_TYPE, kid=KID, sign=SIGN)


def test_hand_made_side_list_is_accepted() -> None:
    assert read(signed(parts())).rows[0].word is StatusWord.REVOKED


@pytest.mark.parametrize(
    "value",
    [
        {},
        parts()[:7],
        parts(schema="anzheng-side/v2"),
        parts(uri="http://other"),
        parts(sequence=True),
        parts(issued="text"),
        parts(digest="text"),
        parts(rows=7),
        parts(rows=((1, 2),)),
        parts(rows=(7,)),
        parts(announced=((5, 7, 20_000, None, 0, "7", "ground", None),)),
        parts(announced=((5, 2, 20_000, None, 0, b"7", "ground", None),)),
    ],
)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(AnzhengError) as caught:
        read(signed(value))
    assert caught.value.code is Code.STATUS_LIST_REFUSED


def test_other_shard_other_key_and_other_day_are_refused() -> None:
    data = encode(full(), kid=KID, sign=SIGN)
    for keys, expected, code in (
        ([KEY], replace(NAME, shard=1), Code.STATUS_LIST_REFUSED),
        ([replace(KEY, valid_to=NOW)], NAME, Code.STATUS_LIST_REFUSED),
        ([replace(KEY, kid=b"other")], NAME, Code.COSE_SIGNATURE),
        ([], NAME, Code.COSE_SIGNATURE),
    ):
        with pytest.raises(AnzhengError) as caught:
            decode(data, keys=keys, expected=expected)
        assert caught.value.code is code


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_list, "MAX_ROWS", 1)
    with pytest.raises(AnzhengError) as caught:
        encode(made(SUSPENDED, GIVEN_BACK), kid=KID, sign=SIGN)
    assert caught.value.code is Code.STATUS_LIST_REFUSED
