"""Side lists in pages, and side lists as JWT."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import jwt, side_jwt, side_list, side_pages
from licence.formats.jwt import from_base64url
from licence.formats.side_jwt import SideToken
from licence.formats.side_list import SideRow, in_order, make_side_list
from licence.formats.side_pages import PAGE_ENTRIES, PAGES, SideIndex, page_number
from licence.formats.status_shard import LIFETIME, SHARD_ENTRIES, ListName
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SHARD = 3
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, SHARD)
FIRST = SHARD * SHARD_ENTRIES
LIST, TOKEN = Digest(b"\x01" * 32), Digest(b"\x02" * 32)


def row(place: int, word: StatusWord = StatusWord.REVOKED, **changes: object) -> SideRow:
    made = SideRow(
        index=StatusIndex(FIRST + place),
        word=word,
        effective_from=date(2026, 11, 20),
        until=None,
        decided_at=NOW - timedelta(days=1),
        document_no="示例罚字〔2026〕1号",
        ground="示例",
        successor=Leaf(bytes(32)) if word is StatusWord.SUPERSEDED else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


ROWS = in_order(
    [
        row(0),
        row(PAGE_ENTRIES - 1, StatusWord.SUPERSEDED),
        row(5 * PAGE_ENTRIES, StatusWord.SUSPENDED, until=date(2027, 1, 1)),
    ]
)
LATER = (row(7, StatusWord.CANCELLED, effective_from=date(2027, 1, 1)),)


def pages(rows: Sequence[SideRow] = ROWS, later: Sequence[SideRow] = LATER) -> dict[int, bytes]:
    found = {}
    for number in range(PAGES):
        here = [each for each in rows if page_number(each.index) == number]
        soon = [each for each in later if page_number(each.index) == number]
        if here or soon:
            found[number] = side_pages.encode_page(NAME, number, here, soon)
    return found


def index(made: dict[int, bytes]) -> SideIndex:
    named = tuple(
        Digest(sha256(made[number]).digest()) if number in made else None for number in range(PAGES)
    )
    return SideIndex(NAME, 5, NOW, NOW + LIFETIME, LIST, named)


def signed(made: dict[int, bytes]) -> bytes:
    return side_pages.encode_index(index(made), kid=KID, sign=SIGN)


def test_one_licence_is_read_from_its_page() -> None:
    made = pages()
    data = signed(made)
    for place in (0, 7, PAGE_ENTRIES - 1, 5 * PAGE_ENTRIES):
        at = StatusIndex(FIRST + place)
        wanted = side_pages.page_wanted(data, at)
        page = made[page_number(at)]
        assert wanted == sha256(page).digest()
        side = side_pages.read_for(data, page, at, keys=[KEY], expected=NAME)
        assert side.rows_of(at) == tuple(each for each in ROWS if each.index == at)
        assert side.announced_of(at) == tuple(each for each in LATER if each.index == at)
        assert (side.sequence, side.issued_at, side.list_digest) == (5, NOW, LIST)


def test_page_without_rows_is_not_wanted() -> None:
    data = signed(pages())
    at = StatusIndex(FIRST + 9 * PAGE_ENTRIES)
    assert side_pages.page_wanted(data, at) is None
    assert side_pages.read_for(data, None, at, keys=[KEY], expected=NAME).rows == ()


def test_side_list_in_one_piece_needs_no_page() -> None:
    side = make_side_list(
        NAME, ROWS, LATER, sequence=5, issued_at=NOW, expires_at=NOW + LIFETIME, list_digest=LIST
    )
    data = side_list.encode(side, kid=KID, sign=SIGN)
    at = StatusIndex(FIRST)
    assert side_pages.page_wanted(data, at) is None
    assert side_pages.read_for(data, None, at, keys=[KEY], expected=NAME) == side


def test_page_that_is_missing_altered_or_of_another_place_is_refused() -> None:
    made = pages()
    data, at = signed(made), StatusIndex(FIRST)
    for page in (None, b"", made[5], made[0] + b"\x00"):
        with refuses(Code.STATUS_LIST_REFUSED):
            side_pages.read_for(data, page, at, keys=[KEY], expected=NAME)
    elsewhere = signed({0: made[5]})
    with refuses(Code.STATUS_LIST_REFUSED):
        side_pages.read_for(elsewhere, made[5], at, keys=[KEY], expected=NAME)


@pytest.mark.parametrize(
    "bad",
    [
        lambda made: replace(made, pages=made.pages[1:]),
        lambda made: replace(made, expires_at=NOW),
        lambda made: replace(made, expires_at=NOW + timedelta(days=8)),
        lambda made: replace(made, sequence=0),
    ],
)
def test_index_that_is_not_as_it_must_be_is_refused(bad: Callable[[SideIndex], SideIndex]) -> None:
    data = side_pages.encode_index(bad(index(pages())), kid=KID, sign=SIGN)
    with refuses(Code.STATUS_LIST_REFUSED):
        side_pages.decode_index(data, keys=[KEY], expected=NAME)


def test_index_of_another_shard_or_key_is_refused() -> None:
    data = signed(pages())
    with refuses(Code.STATUS_LIST_REFUSED):
        side_pages.decode_index(data, keys=[KEY], expected=replace(NAME, shard=4))
    with refuses(Code.COSE_SIGNATURE):
        side_pages.decode_index(data, keys=[], expected=NAME)
    with refuses(Code.STATUS_LIST_REFUSED):
        side_pages.decode_index(data, keys=[replace(KEY, valid_to=NOW)], expected=NAME)


@given(st.binary(max_size=200))
def test_what_is_wanted_of_junk_is_nothing(junk: bytes) -> None:
    assert side_pages.page_wanted(junk, StatusIndex(0)) is None


# ---------------------------------------------------------------- as JWT


def whole() -> SideToken:
    side = make_side_list(
        NAME, ROWS, LATER, sequence=5, issued_at=NOW, expires_at=NOW + LIFETIME, list_digest=LIST
    )
    return SideToken(side, TOKEN)


def test_jwt_reads_back_as_itself_in_one_piece_and_in_pages() -> None:
    for token in (whole(), SideToken(index(pages()), TOKEN)):
        data = side_jwt.encode(token, kid=KID, sign=SIGN)
        assert side_jwt.decode(data, keys=[KEY], expected=NAME) == token
        assert side_jwt.read_unverified(data, NAME) == token
    data = side_jwt.encode_page(ROWS, LATER)
    assert side_jwt.decode_page(data, NAME) == (ROWS, LATER)


def test_jwt_says_by_name_what_happened() -> None:
    data = side_jwt.encode(whole(), kid=KID, sign=SIGN)
    claims = json.loads(from_base64url(data.split(b".")[1].decode()))
    assert claims["sub"] == NAME.uri
    first = claims["side_list"]["rows"][0]
    assert first == {
        "index": FIRST,
        "status": "revoked",
        "effective_from": "2026-11-20",
        "decided_at": "2026-11-20T08:00:00Z",
        "document_no": "示例罚字〔2026〕1号",
        "ground": "示例",
    }


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("sub",), "https://elsewhere.example/0"),
        (("exp",), int(NOW.timestamp())),
        (("iat",), "now"),
        (("side_list", "schema"), "anzheng-side/v9"),
        (("side_list", "sequence"), 0),
        (("side_list", "cwt"), "00"),
        (("side_list", "more"), 1),
        (("side_list", "rows", 0, "status"), "gone"),
        (("side_list", "rows", 0, "index"), 0),
        (("side_list", "rows", 0, "until"), "2027-01-01"),
        (("side_list", "rows", 0, "successor"), "00" * 32),
        (("side_list", "rows", 0, "document_no"), 7),
        (("side_list", "rows", 0, "decided_at"), "yesterday"),
    ],
)
def test_bad_twin_of_a_jwt_is_refused(where: tuple[str | int, ...], value: object) -> None:
    data = side_jwt.encode(whole(), kid=KID, sign=SIGN)
    claims = json.loads(from_base64url(data.split(b".")[1].decode()))
    place = claims
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    twin = jwt.sign_compact(claims, content_type=side_jwt.TYPE, kid=KID, sign=SIGN)
    with refuses(Code.STATUS_LIST_REFUSED):
        side_jwt.decode(twin, keys=[KEY], expected=NAME)


def test_jwt_of_another_type_or_key_is_refused() -> None:
    claims = jwt.read_unverified(side_jwt.encode(whole(), kid=KID, sign=SIGN), max_bytes=100_000)
    other = jwt.sign_compact(claims, content_type="statuslist+jwt", kid=KID, sign=SIGN)
    with refuses(Code.JWT_SYNTAX):
        side_jwt.decode(other, keys=[KEY], expected=NAME)
    data = side_jwt.encode(whole(), kid=KID, sign=SIGN)
    with refuses(Code.STATUS_LIST_REFUSED):
        side_jwt.decode(data, keys=[replace(KEY, valid_to=NOW)], expected=NAME)


@given(st.binary(max_size=120))
def test_junk_is_refused_by_our_own_error(junk: bytes) -> None:
    for read in (
        lambda: side_jwt.decode(junk, keys=[KEY], expected=NAME),
        lambda: side_jwt.read_unverified(junk, NAME),
        lambda: side_jwt.decode_page(junk, NAME),
        lambda: side_pages.decode_index(junk, keys=[KEY], expected=NAME),
    ):
        with pytest.raises(AnzhengError):
            read()
