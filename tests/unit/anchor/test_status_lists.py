"""Status lists from registry and chain: the more negative counts, and nothing is lost."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.list_ports import ListOffice
from anchor.status_lists import (
    ShardFiles,
    aggregation_of,
    files_of,
    pending_words,
    published_words,
    shard_count,
    shard_state,
    sign_shard,
)
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord, decisive, more_negative, word_on
from licence.formats import side_jwt, side_list, status_list
from licence.formats.side_jwt import SideToken
from licence.formats.side_list import SideList
from licence.formats.status_list import SHARD_ENTRIES, ListValue, StatusList, value_of
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.list_source import SigningKey, Source
from tests.fakes.status_keys import KEY
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 21, 17, 0, 0, tzinfo=UTC)  # already the 22nd in China
TODAY = date(2026, 11, 22)


OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())


def event(
    index: int, new: StatusWord, effective_from: date = TODAY, *, old: StatusWord = StatusWord.NONE
) -> StatusEvent:
    return StatusEvent(
        leaf=Leaf(index.to_bytes(32, "big")),
        ref=StatusRef(REGISTRY, StatusIndex(index)),
        authority=AUTHORITY,
        old=old,
        new=new,
        decided_at=NOW - timedelta(hours=1),
        effective_from=effective_from,
        until=None,
        document_no="7",
        ground="ground",
        successor=Leaf(b"\x05" * 32) if new is StatusWord.SUPERSEDED else None,
    )


def make_shards(source: Source, office: ListOffice, *, now: datetime) -> list[ShardFiles]:
    return [
        sign_shard(office, shard_state(source, office, shard, now=now), now=now)
        for shard in range(shard_count(source, office))
    ]


def read(
    source: Source, office: ListOffice = OFFICE, shard: int = 0
) -> tuple[StatusList, SideList]:
    made = make_shards(source, office, now=NOW)[shard]
    name = office.name(shard)
    listed = status_list.decode_cwt(made.cwt, keys=[KEY], expected=name)
    assert status_list.decode_jwt(made.jwt, keys=[KEY], expected=name) == listed
    side = side_list.decode(made.side, keys=[KEY], expected=name)
    token = side_jwt.decode(made.side_jwt, keys=[KEY], expected=name)
    assert token == SideToken(side, Digest(sha256(made.jwt).digest()))
    assert side.list_digest == sha256(made.cwt).digest()
    assert (side.issued_at, side.expires_at) == (listed.issued_at, listed.expires_at)
    return listed, side


def test_office_without_events_has_lists_too() -> None:
    listed, side = read(Source())
    assert listed.value(StatusIndex(0)) is ListValue.VALID
    assert side.rows == side.announced == ()
    assert side.sequence == int(NOW.timestamp())


def test_decision_counts_before_the_chain_has_it_and_the_chain_without_a_decision() -> None:
    source = Source([event(1, StatusWord.REVOKED)], {StatusIndex(2): StatusWord.SUSPENDED})
    listed, side = read(source)
    assert listed.value(StatusIndex(1)) is ListValue.INVALID
    assert listed.value(StatusIndex(2)) is ListValue.SUSPENDED
    assert [row.index for row in side.rows] == [1]


def test_given_back_suspension_stays_until_the_chain_follows() -> None:
    log = [
        event(1, StatusWord.SUSPENDED, TODAY - timedelta(days=9)),
        event(1, StatusWord.NONE, TODAY, old=StatusWord.SUSPENDED),
    ]
    behind, side = read(Source(log, {StatusIndex(1): StatusWord.SUSPENDED}))
    assert behind.value(StatusIndex(1)) is ListValue.SUSPENDED
    assert [row.word for row in side.rows_of(StatusIndex(1))] == [
        StatusWord.SUSPENDED,
        StatusWord.NONE,
    ]
    assert read(Source(log))[0].value(StatusIndex(1)) is ListValue.VALID


def test_later_day_is_announced_and_counts_from_then_on() -> None:
    coming = event(3, StatusWord.REVOKED, TODAY + timedelta(days=1))
    listed, side = read(Source([coming]))
    assert listed.value(StatusIndex(3)) is ListValue.VALID
    assert [row.index for row in side.announced] == [3]
    assert side.rows == ()
    made = make_shards(Source([coming]), OFFICE, now=NOW + timedelta(days=1))[0]
    later = status_list.decode_cwt(made.cwt, keys=[KEY], expected=OFFICE.name(0))
    assert later.value(StatusIndex(3)) is ListValue.INVALID


def test_rescission_counts_at_once_whatever_its_day() -> None:
    listed, side = read(Source([event(3, StatusWord.RESCINDED, TODAY + timedelta(days=9))]))
    assert listed.value(StatusIndex(3)) is ListValue.INVALID
    assert [row.word for row in side.rows] == [StatusWord.RESCINDED]


def test_every_shard_has_its_own_entries() -> None:
    far = SHARD_ENTRIES + 5
    office = replace(OFFICE, shards=2)
    source = Source([event(5, StatusWord.REVOKED), event(far, StatusWord.SUPERSEDED)])
    first, second = read(source, office, 0), read(source, office, 1)
    assert first[0].value(StatusIndex(5)) is ListValue.INVALID
    assert second[0].value(StatusIndex(far)) is ListValue.INVALID
    assert second[0].value(StatusIndex(far - 1)) is ListValue.VALID
    assert [row.index for row in first[1].rows] == [5]
    assert [row.index for row in second[1].rows] == [far]


@pytest.mark.parametrize(
    "source",
    [
        Source([event(SHARD_ENTRIES, StatusWord.REVOKED)]),
        Source([event(SHARD_ENTRIES, StatusWord.REVOKED, TODAY + timedelta(days=1))]),
        Source((), {StatusIndex(SHARD_ENTRIES): StatusWord.REVOKED}),
    ],
)
def test_status_beyond_the_shards_gets_a_shard_of_its_own(source: Source) -> None:
    assert len(make_shards(source, OFFICE, now=NOW)) == 2


WORDS = st.dictionaries(st.integers(0, 5).map(StatusIndex), st.sampled_from(StatusWord))


@given(WORDS, WORDS)
def test_published_is_never_better_than_either(
    pending: dict[StatusIndex, StatusWord], chain: dict[StatusIndex, StatusWord]
) -> None:
    words = published_words(pending, chain)
    for index in range(6):
        at = StatusIndex(index)
        said = words.get(at, StatusWord.NONE)
        for other in (pending.get(at, StatusWord.NONE), chain.get(at, StatusWord.NONE)):
            assert more_negative(said, other) is said
            assert value_of(said) is not ListValue.VALID or value_of(other) is ListValue.VALID


def test_every_index_has_the_word_of_its_own_decisions() -> None:
    log = [
        event(1, StatusWord.SUSPENDED),
        event(2, StatusWord.REVOKED),
        event(1, StatusWord.NONE),
        event(2, StatusWord.CANCELLED),
        event(3, StatusWord.SUPERSEDED),
        event(3, StatusWord.CANCELLED),
    ]
    assert pending_words(log, TODAY) == {
        1: StatusWord.NONE,
        2: StatusWord.REVOKED,
        3: StatusWord.CANCELLED,
    }


def test_files_and_their_aggregation() -> None:
    office = replace(OFFICE, shards=2)
    files = files_of(make_shards(Source(), office, now=NOW))
    folder = f"lists/{REGISTRY}/{AUTHORITY}"
    forms = ("cwt", "jwt", "side", "side.jwt")
    assert set(files) == {f"{folder}/{shard}.{form}" for shard in (0, 1) for form in forms}
    ((path, data),) = aggregation_of(office, 2).items()
    assert path == f"{folder}/aggregation.json"
    assert json.loads(data) == {"status_lists": [office.name(0).uri, office.name(1).uri]}


def test_what_only_the_chain_calls_rescinded_is_void_for_every_day() -> None:
    """The log was put back to a day before; the list is no better than the chain."""
    revoked = event(3, StatusWord.REVOKED, TODAY - timedelta(days=1))
    void = {StatusIndex(3): StatusWord.RESCINDED, StatusIndex(4): StatusWord.RESCINDED}
    _, side = read(Source([revoked], void))
    for index in void:
        row = decisive(side.rows_of(index), TODAY - timedelta(days=400))
        assert row is not None
        assert row.word is StatusWord.RESCINDED
        assert row.document_no == ""


def test_rescinded_then_cancelled_stays_void_for_every_day() -> None:
    log = [
        event(3, StatusWord.RESCINDED, TODAY - timedelta(days=300)),
        event(3, StatusWord.CANCELLED, TODAY, old=StatusWord.RESCINDED),
    ]
    for chain in (StatusWord.NONE, StatusWord.RESCINDED, StatusWord.CANCELLED):
        listed, side = read(Source(log, {StatusIndex(3): chain}))
        assert listed.value(StatusIndex(3)) is ListValue.INVALID
        assert [row.word for row in side.rows] == [StatusWord.RESCINDED, StatusWord.CANCELLED]
        for days in (-400, -300, -1, 0, 1):
            day = TODAY + timedelta(days=days)
            assert word_on(side.rows, day) is StatusWord.RESCINDED
            assert pending_words(log, day) == {3: StatusWord.RESCINDED}


def test_final_word_of_the_log_is_never_undone() -> None:
    for after in (StatusWord.NONE, StatusWord.SUSPENDED, StatusWord.SUPERSEDED):
        log = [event(3, StatusWord.REVOKED), event(3, after, old=StatusWord.REVOKED)]
        assert pending_words(log, TODAY) == {3: StatusWord.REVOKED}


def test_oldest_day_and_equal_rows_do_not_stop_the_publication() -> None:
    """The log is never edited, so what it takes in must fit into a list for ever."""
    old = event(3, StatusWord.RESCINDED, date(1950, 1, 1))
    twice = event(4, StatusWord.SUSPENDED)
    log = [old, twice, event(4, StatusWord.NONE, old=StatusWord.SUSPENDED), twice]
    listed, side = read(Source(log))
    assert listed.value(StatusIndex(4)) is ListValue.SUSPENDED
    assert [row.word for row in side.rows] == [
        StatusWord.RESCINDED,
        StatusWord.NONE,
        StatusWord.SUSPENDED,
    ]
