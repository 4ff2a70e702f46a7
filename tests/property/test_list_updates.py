"""Deltas and pages: what one end wrote the other end has, and no byte of it is free."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError
from licence.formats import list_delta, side_jwt, side_list, side_pages, status_list
from licence.formats.side_jwt import SideToken
from licence.formats.side_list import SideRow, in_order
from licence.formats.side_pages import PAGES, SideIndex, page_number
from licence.formats.status_shard import LIFETIME, SHARD_ENTRIES, ListName, make_list
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 2)
FIRST = 2 * SHARD_ENTRIES
INDEXES = st.integers(FIRST, FIRST + SHARD_ENTRIES - 1).map(StatusIndex)
WORDS = st.dictionaries(INDEXES, st.sampled_from(StatusWord), max_size=30)


def token(words: dict[StatusIndex, StatusWord], hours: int) -> bytes:
    listed = make_list(NAME, words, issued_at=NOW + timedelta(hours=hours))
    return status_list.encode_cwt(listed, kid=KID, sign=SIGN)


@settings(max_examples=20)
@given(WORDS, WORDS)
def test_delta_between_any_two_lists_gives_the_second(
    before: dict[StatusIndex, StatusWord], after: dict[StatusIndex, StatusWord]
) -> None:
    base, target = token(before, 0), token(after, 1)
    data = list_delta.encode(list_delta.make(NAME, base, target), kid=KID, sign=SIGN)
    delta = list_delta.decode(data, keys=[KEY], expected=NAME)
    assert list_delta.apply(delta, base) == target


ROWS = st.lists(
    st.builds(
        SideRow,
        index=INDEXES,
        word=st.sampled_from([StatusWord.REVOKED, StatusWord.RESCINDED, StatusWord.CANCELLED]),
        effective_from=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        until=st.none(),
        decided_at=st.integers(0, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
        document_no=st.sampled_from(["", "示例罚字〔2026〕1号"]),
        ground=st.text(alphabet="暂扣吊销0123456789-", max_size=20),
    ),
    max_size=20,
).map(in_order)


@given(ROWS, ROWS)
def test_rows_are_found_on_their_page_in_both_forms(
    rows: tuple[SideRow, ...], announced: tuple[SideRow, ...]
) -> None:
    seen: list[SideRow] = []
    for number in range(PAGES):
        here = tuple(each for each in rows if page_number(each.index) == number)
        soon = tuple(each for each in announced if page_number(each.index) == number)
        if not here and not soon:
            continue
        page = side_pages.encode_page(NAME, number, here, soon)
        digest = Digest(sha256(page).digest())
        assert side_pages.decode_page(page, digest, NAME, number) == (here, soon)
        assert side_jwt.decode_page(side_jwt.encode_page(here, soon), NAME) == (here, soon)
        seen += here
    assert tuple(seen) == rows


@cache
def signed() -> tuple[tuple[bytes, Callable[[bytes], object]], ...]:
    words = {StatusIndex(FIRST + word): word for word in StatusWord}
    delta = list_delta.make(NAME, token({}, 0), token(words, 1))
    pages = (Digest(b"\x01" * 32), *(None,) * (PAGES - 1))
    index = SideIndex(NAME, 7, NOW, NOW + LIFETIME, Digest(b"\x02" * 32), pages)
    row = SideRow(
        StatusIndex(FIRST), StatusWord.SUPERSEDED, date(2026, 1, 1), None, NOW, "", "",
        Leaf(bytes(32)),
    )  # fmt: skip
    side = side_list.make_side_list(
        NAME,
        [row],
        sequence=7,
        issued_at=NOW,
        expires_at=NOW + LIFETIME,
        list_digest=Digest(b"\x02" * 32),
    )
    return (
        (
            list_delta.encode(delta, kid=KID, sign=SIGN),
            lambda data: list_delta.decode(data, keys=[KEY], expected=NAME),
        ),
        (
            side_pages.encode_index(index, kid=KID, sign=SIGN),
            lambda data: side_pages.decode_index(data, keys=[KEY], expected=NAME),
        ),
        (
            side_jwt.encode(SideToken(side, Digest(b"\x03" * 32)), kid=KID, sign=SIGN),
            lambda data: side_jwt.decode(data, keys=[KEY], expected=NAME),
        ),
    )


@given(st.integers(0, 2), st.integers(0, 100_000), st.integers(1, 255))
def test_no_byte_is_free(which: int, place: int, change: int) -> None:
    data, read = signed()[which]
    read(data)
    place %= len(data)
    altered = data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]
    with pytest.raises(AnzhengError):
        read(altered)


@given(st.integers(0, 2), st.integers(0, 100_000), st.binary(max_size=9))
def test_what_is_cut_or_has_more_is_refused(which: int, end: int, more: bytes) -> None:
    data, read = signed()[which]
    for altered in (data[: end % len(data)], data + more if more else data[:-1]):
        with pytest.raises(AnzhengError):
            read(altered)
