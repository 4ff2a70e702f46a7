"""Status lists and side lists: what is put in comes out, and no byte of them is free."""

import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import side_list, status_list
from licence.formats.side_list import SideRow, make_side_list
from licence.formats.status_list import (
    SHARD_ENTRIES,
    ListName,
    decode_cwt,
    decode_jwt,
    encode_cwt,
    encode_jwt,
    make_list,
    value_of,
)
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 2)
FIRST = 2 * SHARD_ENTRIES
INDEXES = st.integers(FIRST, FIRST + SHARD_ENTRIES - 1).map(StatusIndex)
WORDS = st.dictionaries(INDEXES, st.sampled_from(StatusWord), max_size=30)
TEXTS = st.text(alphabet="暂扣吊销文号〔〕0123456789-", max_size=30)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(WORDS, st.lists(INDEXES, max_size=20))
def test_list_says_of_every_index_what_was_put_in(
    words: dict[StatusIndex, StatusWord], others: list[StatusIndex]
) -> None:
    made = make_list(NAME, words, issued_at=NOW)
    token = encode_cwt(made, kid=KID, sign=SIGN)
    compact = encode_jwt(made, kid=KID, sign=SIGN)
    for read in (
        decode_cwt(token, keys=[KEY], expected=NAME),
        decode_jwt(compact, keys=[KEY], expected=NAME),
    ):
        assert read == made
        for index in (*words, *others):
            assert read.value(index) is value_of(words.get(index, StatusWord.NONE))


@cache
def tokens() -> tuple[tuple[bytes, Callable[[bytes], object]], ...]:
    words = {StatusIndex(FIRST + word): word for word in StatusWord}
    made = make_list(NAME, words, issued_at=NOW)
    cwt = encode_cwt(made, kid=KID, sign=SIGN)
    compact = encode_jwt(made, kid=KID, sign=SIGN)
    side = make_side_list(
        NAME,
        [row(StatusIndex(FIRST + 2), StatusWord.REVOKED)],
        [row(StatusIndex(FIRST + 3), StatusWord.RESCINDED)],
        sequence=7,
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        list_digest=Digest(b"\x01" * 32),
    )
    signed = side_list.encode(side, kid=KID, sign=SIGN)
    return (
        (cwt, lambda data: decode_cwt(data, keys=[KEY], expected=NAME)),
        (compact, lambda data: decode_jwt(data, keys=[KEY], expected=NAME)),
        (signed, lambda data: side_list.decode(data, keys=[KEY], expected=NAME)),
    )


def row(index: StatusIndex, word: StatusWord) -> SideRow:
    return SideRow(index, word, date(2026, 11, 21), None, NOW, "7", "示例")


@given(st.integers(0, 2), st.integers(0, 10**9), st.integers(1, 255))
def test_no_byte_of_a_signed_list_is_free(which: int, place: int, mask: int) -> None:
    token, decode = tokens()[which]
    changed = bytearray(token)
    changed[place % len(token)] ^= mask
    try:
        decode(bytes(changed))
    except AnzhengError:
        return
    raise AssertionError(f"byte {place % len(token)} of token {which} is free")


@given(st.integers(0, 2), st.integers(0, 10**9))
def test_cut_or_lengthened_list_is_refused(which: int, place: int) -> None:
    token, decode = tokens()[which]
    for changed in (token[: place % len(token)], token + b"\0"):
        try:
            decode(changed)
        except AnzhengError:
            continue
        raise AssertionError("a list of another length was accepted")


@st.composite
def rows(draw: st.DrawFn) -> SideRow:
    word = draw(st.sampled_from(StatusWord))
    first = draw(DAYS)
    until = first + timedelta(days=draw(st.integers(0, 400)))
    is_suspended = word is StatusWord.SUSPENDED
    return SideRow(
        index=draw(INDEXES),
        word=word,
        effective_from=first,
        until=until if is_suspended and draw(st.booleans()) else None,
        decided_at=draw(MOMENTS),
        document_no=draw(TEXTS),
        ground=draw(TEXTS),
        successor=Leaf(draw(st.binary(min_size=32, max_size=32)))
        if word is StatusWord.SUPERSEDED
        else None,
    )


ROWS = st.lists(rows(), max_size=8, unique=True)


@given(ROWS, ROWS, st.integers(1, 2**53 - 1))
def test_side_list_reads_back(
    taken: list[SideRow], announced: list[SideRow], sequence: int
) -> None:
    side = make_side_list(
        NAME,
        taken,
        announced,
        sequence=sequence,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        list_digest=Digest(b"\x01" * 32),
    )
    signed = side_list.encode(side, kid=KID, sign=SIGN)
    assert side_list.decode(signed, keys=[KEY], expected=NAME) == side
    for one in taken:
        assert one in side.rows_of(one.index)


@given(st.binary(max_size=200))
def test_bytes_of_a_stranger_raise_nothing_but_our_error(data: bytes) -> None:
    for _, decode in tokens():
        try:
            decode(data)
        except AnzhengError:
            continue
        raise AssertionError("random bytes were accepted")


def test_bomb_is_not_inflated() -> None:
    """64 MB of zeros pack into 64 kB; nothing of the kind is built."""
    with refuses(Code.STATUS_LIST_REFUSED):
        status_list.inflate(zlib.compress(bytes(64 << 20), 9))
