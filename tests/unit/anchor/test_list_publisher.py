"""When lists go out: every hour, after a change, shard by shard, and never worse than they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from anchor import status_lists
from anchor.list_history import KEPT_WHOLE, ListHistory, base_times, find
from anchor.list_ports import ListOffice
from anchor.list_publisher import HEARTBEAT, Means, Outcome, publish
from anchor.status_lists import ShardState
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import list_delta, side_jwt, side_list, side_pages, status_list
from licence.formats.side_pages import PAGE_ENTRIES, SideIndex
from licence.formats.status_shard import LIFETIME, SHARD_ENTRIES, ListValue
from licence.ids import Leaf, StatusIndex
from tests.fakes.list_source import Ledger, SigningKey, Source
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

pytestmark = pytest.mark.usefixtures("unsynced")

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())


@dataclass
class Repository:
    """Files in memory; `crash` lets the next publication end before it is visible."""

    files: dict[str, bytes] = field(default_factory=dict)
    rounds: list[frozenset[str]] = field(default_factory=list)
    crash: bool = False

    def publish_lists(self, files: Mapping[str, bytes], *, now: datetime) -> None:
        """Make all files visible."""
        assert now.tzinfo is not None
        if self.crash:
            self.crash = False
            raise KeyboardInterrupt
        self.files |= files
        self.rounds.append(frozenset(files))

    def plain(self, path: str) -> bytes | None:
        """A file."""
        return self.files.get(path)


class Desk:
    """A publisher with everything in memory but the history."""

    def __init__(self, folder: Path, source: Source, office: ListOffice = OFFICE) -> None:
        self.source = source
        self.office = office
        self.repository = Repository()
        self.folder = folder
        self.means = Means(source, self.repository, Ledger(), ListHistory(folder))

    def publish(self, at: datetime = NOW, *, every: bool = False) -> Outcome:
        """One round."""
        return publish(self.means, [self.office], now=at, every=every)

    def shards(self, outcome: Outcome) -> list[int]:
        """Which shards were signed."""
        return [name.shard for name in outcome.published]

    def value(self, index: int) -> ListValue:
        """What the published list says."""
        name = self.office.name(index // SHARD_ENTRIES)
        data = self.repository.files[f"{name.path}.cwt"]
        listed = status_list.decode_cwt(data, keys=[KEY], expected=name)
        return listed.value(StatusIndex(index))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Source())


def event(index: int, new: StatusWord = StatusWord.REVOKED, days: int = 0) -> StatusEvent:
    return StatusEvent(
        leaf=Leaf(index.to_bytes(32, "big")),
        ref=StatusRef(REGISTRY, StatusIndex(index)),
        authority=AUTHORITY,
        old=StatusWord.NONE,
        new=new,
        decided_at=NOW,
        effective_from=shanghai_date(NOW) + timedelta(days=days),
        until=None,
        document_no="7",
        ground="",
        successor=None,
    )


# ---------------------------------------------------------------- when


def test_lists_go_out_every_hour_and_not_in_between(desk: Desk) -> None:
    assert desk.shards(desk.publish()) == [0]
    outcome = desk.publish(NOW + HEARTBEAT - timedelta(seconds=1))
    assert outcome.published == ()
    assert outcome.due_at == NOW + HEARTBEAT
    assert desk.shards(desk.publish(NOW + HEARTBEAT)) == [0]
    # A verifier that looks at any time finds one that says of itself that it is the newest.
    assert HEARTBEAT < status_list.TTL < LIFETIME


def test_change_goes_out_at_once_in_its_own_shard_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Source([event(0)]), replace(OFFICE, shards=3))
    assert desk.shards(desk.publish()) == [0, 1, 2]
    far = 2 * SHARD_ENTRIES + 5
    desk.source.log = [event(0), event(far)]
    assert desk.shards(desk.publish(NOW + timedelta(seconds=20))) == [2]
    assert desk.value(far) is ListValue.INVALID
    desk.source.say({StatusIndex(SHARD_ENTRIES): StatusWord.SUSPENDED})
    assert desk.shards(desk.publish(NOW + timedelta(seconds=40))) == [1]
    assert desk.value(SHARD_ENTRIES) is ListValue.SUSPENDED
    assert desk.value(0) is ListValue.INVALID


def test_what_the_chain_only_confirms_is_not_signed_again(desk: Desk) -> None:
    desk.source.log = [event(3)]
    desk.publish()
    desk.source.say({StatusIndex(3): StatusWord.REVOKED})
    assert desk.publish(NOW + timedelta(seconds=20)).published == ()


def test_announced_day_is_in_the_list_when_it_begins_in_china(desk: Desk) -> None:
    desk.source.log = [event(3, days=1)]
    desk.publish()
    assert desk.value(3) is ListValue.VALID
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    desk.publish(midnight - timedelta(seconds=30))
    assert desk.value(3) is ListValue.VALID
    assert desk.shards(desk.publish(midnight)) == [0]
    assert desk.value(3) is ListValue.INVALID


def test_new_shard_gets_a_list_as_soon_as_its_first_index_is_used(desk: Desk) -> None:
    desk.publish()
    desk.source.log = [event(SHARD_ENTRIES)]
    outcome = desk.publish(NOW + timedelta(seconds=5))
    assert desk.shards(outcome) == [1]
    assert outcome.covered == ((AUTHORITY, 2),)
    folder = desk.office.name(0).path.rpartition("/")[0]
    assert desk.office.name(1).uri.encode() in desk.repository.files[f"{folder}/aggregation.json"]


def test_everything_can_be_signed_anew(desk: Desk) -> None:
    desk.publish()
    assert desk.shards(desk.publish(NOW + timedelta(seconds=9), every=True)) == [0]


def test_list_of_a_clock_that_was_ahead_is_replaced(desk: Desk) -> None:
    desk.publish(NOW + timedelta(days=400))
    assert desk.shards(desk.publish(NOW)) == [0]


# ---------------------------------------------------------------- what goes wrong


def test_shard_that_cannot_be_made_keeps_its_list_and_holds_up_no_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Source(), replace(OFFICE, shards=3))
    desk.publish()
    before = desk.repository.files[f"{desk.office.name(1).path}.cwt"]
    desk.source.log = [event(0), event(SHARD_ENTRIES), event(2 * SHARD_ENTRIES)]
    desk.source.broken = frozenset({SHARD_ENTRIES})
    outcome = desk.publish(NOW + timedelta(seconds=5))
    assert desk.shards(outcome) == [0, 2]
    assert [(each.shard, each.error.code) for each in outcome.failures] == [(1, Code.STORE_FAILED)]
    assert desk.repository.files[f"{desk.office.name(1).path}.cwt"] == before
    desk.source.broken = frozenset()
    assert desk.shards(desk.publish(NOW + timedelta(seconds=10))) == [1]


def test_one_authority_does_not_hold_up_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Source())
    lost = replace(OFFICE, key=_Broken())
    other = replace(OFFICE, base_uri="https://other.example/lists", registry=REGISTRY)
    outcome = publish(desk.means, [lost], now=NOW)
    assert [each.error.code for each in outcome.failures] == [Code.KEY_URI]
    assert publish(desk.means, [other], now=NOW).published == (other.name(0),)


class _Broken(SigningKey):
    """A key whose token is away."""

    @override
    def sign(self, data: bytes) -> bytes:
        """Refuse."""
        raise AnzhengError(Code.KEY_URI, f"{len(data)} bytes, and no token")


def test_chain_that_was_never_read_is_not_guessed(desk: Desk) -> None:
    desk.source.is_down = True
    outcome = desk.publish()
    assert [each.error.code for each in outcome.failures] == [Code.CHAIN_UNAVAILABLE]
    assert outcome.covered == ((AUTHORITY, 0),)
    assert desk.repository.rounds == []


def test_crash_before_the_lists_are_visible_costs_another_round(desk: Desk) -> None:
    desk.publish()
    desk.source.log = [event(3)]
    desk.repository.crash = True
    with pytest.raises(KeyboardInterrupt):
        desk.publish(NOW + timedelta(seconds=5))
    assert desk.value(3) is ListValue.VALID
    desk.publish(NOW + timedelta(seconds=6))
    assert desk.value(3) is ListValue.INVALID


def test_forgotten_or_restored_memory_signs_anew(desk: Desk) -> None:
    desk.publish()
    desk.means.ledger.shards.clear()  # type: ignore[attr-defined]
    assert desk.shards(desk.publish(NOW + timedelta(seconds=5))) == [0]
    path = f"{desk.office.name(0).path}.cwt"
    desk.repository.files[path] += b"\x00"
    assert desk.shards(desk.publish(NOW + timedelta(seconds=6))) == [0]


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_was_published_as_final_stays_final(desk: Desk, *, forgotten: bool) -> None:
    """An older database was restored, and the chain is one that does not know it either."""
    desk.source.log = [event(3), event(4, StatusWord.SUSPENDED), event(SHARD_ENTRIES - 1)]
    desk.publish()
    desk.source.log = []
    if forgotten:
        desk.means.ledger.shards.clear()  # type: ignore[attr-defined]
    outcome = desk.publish(NOW + HEARTBEAT)
    assert outcome.undone == ((OFFICE.name(0), 2),)
    assert desk.value(3) is desk.value(SHARD_ENTRIES - 1) is ListValue.INVALID
    assert desk.value(4) is desk.value(2) is ListValue.VALID
    desk.source.log = [event(3), event(SHARD_ENTRIES - 1)]
    assert desk.publish(NOW + 2 * HEARTBEAT).undone == ()


WORDS = st.dictionaries(st.integers(0, 9), st.sampled_from(StatusWord))


@given(WORDS, WORDS)
def test_final_is_kept_and_nothing_else(
    before: dict[int, StatusWord], after: dict[int, StatusWord]
) -> None:
    old, new = (
        status_list.make_list(
            OFFICE.name(0), {StatusIndex(n): w for n, w in words.items()}, issued_at=NOW
        )
        for words in (before, after)
    )
    state, lost = status_lists.with_finals_of(ShardState(OFFICE.name(0), new.packed), old.packed)
    kept = replace(new, packed=state.packed)
    undone = 0
    for n in range(12):
        was, wanted = old.value(StatusIndex(n)), new.value(StatusIndex(n))
        final = was is ListValue.INVALID
        assert kept.value(StatusIndex(n)) is (ListValue.INVALID if final else wanted)
        undone += final and wanted is not ListValue.INVALID
    assert lost == undone


# ---------------------------------------------------------------- large side lists


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_lists, "WHOLE_ROWS", 2)


@pytest.mark.usefixtures("small_pages")
def test_large_side_list_is_in_pages_and_only_the_changed_page_is_read(desk: Desk) -> None:
    desk.source.log = [event(n * PAGE_ENTRIES) for n in range(3)]
    desk.publish()
    first = _index(desk)
    assert [place for place, page in enumerate(first.pages) if page is not None] == [0, 1, 2]
    desk.source.asked.clear()
    changed = PAGE_ENTRIES + 9
    desk.source.log = [*desk.source.log, event(changed)]
    desk.publish(NOW + timedelta(seconds=5))
    assert desk.source.asked == [range(PAGE_ENTRIES, 2 * PAGE_ENTRIES)]
    second = _index(desk)
    assert [a == b for a, b in zip(first.pages, second.pages, strict=True)].index(False) == 1
    for index in (0, PAGE_ENTRIES, changed, 2 * PAGE_ENTRIES):
        assert desk.value(index) is ListValue.INVALID
        assert [row.index for row in _side(desk, index).rows_of(StatusIndex(index))] == [index]
    assert desk.value(1) is ListValue.VALID


@pytest.mark.usefixtures("small_pages")
def test_pages_are_written_before_the_index_and_removed_when_nobody_reads_them(
    desk: Desk,
) -> None:
    desk.source.log = [event(n) for n in range(3)]
    desk.publish()
    (old,) = (page for page in _index(desk).pages if page is not None)
    place = desk.folder / "pages" / REGISTRY / AUTHORITY / f"{old.hex()}.page"
    assert sha256(place.read_bytes()).digest() == old
    desk.source.log = [*desk.source.log, event(9)]
    desk.publish(NOW + timedelta(seconds=5))
    assert place.is_file()
    later = datetime.now(UTC) + timedelta(days=2)
    desk.source.log = [*desk.source.log, event(11)]
    desk.publish(later)
    assert not place.exists()
    kept = {each.name.partition(".")[0] for each in place.parent.iterdir()}
    token = desk.repository.files[f"{OFFICE.name(0).path}.side.jwt"]
    named = side_jwt.decode(token, keys=[KEY], expected=OFFICE.name(0)).side
    assert isinstance(named, SideIndex)
    for page in (*named.pages, *_index(desk).pages):
        assert page is None or page.hex() in kept


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("every", [False, True])
def test_lost_pages_are_made_anew(desk: Desk, *, every: bool) -> None:
    desk.source.log = [event(n * PAGE_ENTRIES) for n in range(3)]
    desk.publish()
    pages = list((desk.folder / "pages").rglob("*.page"))
    assert pages
    for place in pages:
        place.unlink()
    desk.publish(NOW + (timedelta(seconds=5) if every else HEARTBEAT), every=every)
    for n in range(3):
        assert _side(desk, n * PAGE_ENTRIES).rows


@pytest.mark.usefixtures("small_pages")
def test_damaged_index_is_made_anew_from_the_log(desk: Desk) -> None:
    desk.source.log = [event(n * PAGE_ENTRIES) for n in range(3)]
    desk.publish()
    desk.repository.files[f"{OFFICE.name(0).path}.side"] = b"junk"
    desk.publish(NOW + HEARTBEAT)
    assert sum(page is not None for page in _index(desk).pages) == 3


def _index(desk: Desk) -> SideIndex:
    data = desk.repository.files[f"{OFFICE.name(0).path}.side"]
    return side_pages.decode_index(data, keys=[KEY], expected=OFFICE.name(0))


def _side(desk: Desk, index: int) -> side_list.SideList:
    data = desk.repository.files[f"{OFFICE.name(0).path}.side"]
    wanted = side_pages.page_wanted(data, StatusIndex(index))
    assert wanted is not None
    page = (desk.folder / "pages" / REGISTRY / AUTHORITY / f"{wanted.hex()}.page").read_bytes()
    return side_pages.read_for(data, page, StatusIndex(index), keys=[KEY], expected=OFFICE.name(0))


# ---------------------------------------------------------------- history and deltas


def test_list_of_a_moment_is_found_again(desk: Desk) -> None:
    desk.publish()
    desk.source.log = [event(3)]
    later = NOW + timedelta(minutes=10)
    desk.publish(later)
    for moment, value in ((NOW, 0), (later - timedelta(seconds=1), 0), (later, 1)):
        data = find(desk.folder, REGISTRY, AUTHORITY, 0, "cwt", moment)
        assert data is not None
        listed = status_list.decode_cwt(data, keys=[KEY], expected=OFFICE.name(0))
        assert listed.value(StatusIndex(3)) == value
        token = find(desk.folder, REGISTRY, AUTHORITY, 0, "jwt", moment)
        assert token is not None
        assert status_list.decode_jwt(token, keys=[KEY], expected=OFFICE.name(0)) == listed
    assert find(desk.folder, REGISTRY, AUTHORITY, 0, "cwt", NOW - timedelta(seconds=1)) is None
    assert find(desk.folder, REGISTRY, AUTHORITY, 0, "cwt", later + LIFETIME) is None
    assert find(desk.folder, REGISTRY, AUTHORITY, 1, "cwt", NOW) is None


def test_old_lists_are_thinned_out_and_every_moment_keeps_one(desk: Desk) -> None:
    hours = 24 * 5
    for hour in range(hours):
        desk.publish(NOW + timedelta(hours=hour))
    last = NOW + timedelta(hours=hours - 1)
    kept = sorted((desk.folder / "history" / REGISTRY / AUTHORITY / "0").glob("*.cwt"))
    assert len(kept) < 26 + 3 + 2 * 5
    for hour in range(12, hours):
        moment = NOW + timedelta(hours=hour)
        assert find(desk.folder, REGISTRY, AUTHORITY, 0, "cwt", moment) is not None
    exact = find(desk.folder, REGISTRY, AUTHORITY, 0, "jwt", last - KEPT_WHOLE / 2)
    assert exact is not None


def test_every_kept_base_leads_to_the_newest_list(desk: Desk) -> None:
    tokens = {}
    for minutes in (0, 20, 60, 130):
        desk.source.log = [event(n * n) for n in range(500 + minutes)]
        desk.publish(NOW + timedelta(minutes=minutes))
        token = desk.repository.files[f"{OFFICE.name(0).path}.cwt"]
        tokens[sha256(token).hexdigest()] = token
    *older, newest = tokens.values()
    folder = desk.folder / "deltas" / REGISTRY / AUTHORITY / "0"
    deltas = {each.name.partition(".")[0]: each.read_bytes() for each in folder.iterdir()}
    assert set(deltas) == {sha256(each).hexdigest() for each in older}
    for base in older:
        data = deltas[sha256(base).hexdigest()]
        delta = list_delta.decode(data, keys=[KEY], expected=OFFICE.name(0))
        assert list_delta.apply(delta, base) == newest


def test_deltas_are_made_for_those_who_look_hourly_or_daily() -> None:
    now = int(NOW.timestamp())
    every_minute = [now - 60 * minute for minute in range(60 * 24 * 20)]
    bases = base_times(every_minute, now)
    assert len(bases) <= 64 + 27 + 9
    assert bases[:3] == (now, now - 60, now - 120)
    assert all(any(abs(now - 3_600 * hour - at) < 3_600 for at in bases) for hour in range(26))
    assert base_times([], now) == ()


def test_lists_of_another_address_make_no_delta_and_no_trouble(desk: Desk) -> None:
    desk.source.log = [event(n * n) for n in range(500)]
    desk.publish()
    desk.office = replace(OFFICE, base_uri="https://moved.example/lists")
    desk.publish(NOW + HEARTBEAT)
    assert not list((desk.folder / "deltas").rglob("*.delta"))


def test_folder_that_cannot_be_written_stops_the_round(tmp_path: Path) -> None:
    (tmp_path / "history").write_bytes(b"")
    desk = Desk(tmp_path, Source())
    with refuses(Code.STORE_FAILED):
        desk.publish()
    assert desk.repository.rounds == []
