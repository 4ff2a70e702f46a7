"""A trust folder is brought up to date by deltas and pages, and by whole files where those fail."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from anchor import status_lists
from anchor.list_history import ListHistory
from anchor.list_ports import ListOffice
from anchor.list_publisher import Means, publish
from anchor.trust_repository import TrustRepository
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import Code
from licence.formats import side_pages, status_list, trust_bundle
from licence.formats.side_pages import PAGE_ENTRIES
from licence.formats.status_shard import ListValue
from licence.ids import Leaf, StatusIndex
from tests.fakes.list_source import Ledger, SigningKey, Source
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY
from tests.fakes.trust_bundles import (
    AUTHORITY,
    BASE_URI,
    REGISTRY,
    sample_authority,
    sample_bundle,
)
from tests.fakes.trust_folder import FolderFetcher, trust_keys
from verifier.memory import Memory
from verifier.past_lists import list_of_day
from verifier.trust import TrustStore
from verifier.trust_update import Source as Served
from verifier.trust_update import update_trust, verifiers_lists

pytestmark = pytest.mark.usefixtures("unsynced")

OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())
NAME = OFFICE.name(0)
STEP = timedelta(minutes=1)


class World:
    """An authority that publishes, and an inspector who follows."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self.source = Source([_event(n * n, self.now) for n in range(600)])
        self.repository = TrustRepository.create(folder / "served", trust_keys(), now=self.now)
        bundle = replace(sample_bundle(), authorities=(sample_authority(KEY),))
        self.repository.publish_bundle(trust_bundle.encode(bundle), now=self.now)
        history = ListHistory(self.repository.folder)
        self.means = Means(self.source, self.repository, Ledger(), history)
        self.trust = folder / "trust"
        self.memory = Memory()

    def publish(self, log: Sequence[StatusEvent] = ()) -> None:
        """Publish what was decided since."""
        self.now += STEP
        self.source.log = [*self.source.log, *log]
        publish(self.means, [OFFICE], now=self.now, every=True)

    def update(self, altered: Mapping[str, bytes] | None = None) -> tuple[TrustStore, list[str]]:
        """Follow; return what is believed and what was asked for beside metadata."""
        fetcher = FolderFetcher(self.repository.folder, altered)
        root = (self.repository.folder / "metadata" / "1.root.json").read_bytes()
        served = Served("http://repository", root, fetcher)
        store = update_trust(
            self.trust, served, now=self.now, memory=self.memory, wanted=verifiers_lists
        )
        self.memory = store.memory
        return store, [path for path in fetcher.asked if not path.startswith("metadata/")]

    def value(self, store: TrustStore, index: int) -> ListValue:
        """What the folder's list says."""
        token = store.status_list(REGISTRY, AUTHORITY, 0)
        assert token is not None
        listed = status_list.decode_cwt(token, keys=[KEY], expected=NAME)
        return listed.value(StatusIndex(index))


def _event(index: int, now: datetime) -> StatusEvent:
    return StatusEvent(
        leaf=Leaf(index.to_bytes(32, "big")),
        ref=StatusRef(REGISTRY, StatusIndex(index)),
        authority=AUTHORITY,
        old=StatusWord.NONE,
        new=StatusWord.REVOKED,
        decided_at=now,
        effective_from=shanghai_date(now),
        until=None,
        document_no="7",
        ground="",
        successor=None,
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    made.update()
    return made


def test_list_comes_by_its_delta_alone(world: World) -> None:
    world.publish([_event(700_000, world.now)])
    store, asked = world.update()
    assert world.value(store, 700_000) is ListValue.INVALID
    assert any(path.startswith("deltas/") for path in asked)
    assert not any(path.endswith(".cwt") for path in asked)
    served = world.repository.plain(f"{NAME.path}.cwt")
    assert store.status_list(REGISTRY, AUTHORITY, 0) == served


def test_verifier_fetches_no_jwt(world: World) -> None:
    world.publish()
    store, asked = world.update()
    assert not any("jwt" in path or "aggregation" in path for path in asked)
    assert all((world.trust / name).is_file() for name in store.files)


def test_two_rounds_missed_are_one_delta(world: World) -> None:
    for index in (700_000, 700_001, 700_002):
        world.publish([_event(index, world.now)])
    store, asked = world.update()
    assert world.value(store, 700_002) is ListValue.INVALID
    assert sum(path.startswith("deltas/") for path in asked) == 1
    assert not any(path.endswith(".cwt") for path in asked)


@pytest.mark.parametrize("junk", [b"", b"junk", None])
def test_bad_delta_costs_a_whole_list_and_nothing_else(world: World, junk: bytes | None) -> None:
    world.publish([_event(700_000, world.now)])
    altered = {}
    for place in (world.repository.folder / "deltas").rglob("*.delta"):
        data = place.read_bytes()
        twin = data[:-1] + bytes([data[-1] ^ 1]) if junk is None else junk
        altered[place.relative_to(world.repository.folder).as_posix()] = twin
    store, asked = world.update(altered)
    assert altered
    assert world.value(store, 700_000) is ListValue.INVALID
    assert any(path.endswith(".cwt") for path in asked)


def test_delta_to_an_older_list_is_not_taken(world: World) -> None:
    """A server that replays: the digest that the repository names decides."""
    world.publish([_event(700_000, world.now)])
    folder = world.repository.folder
    older = {
        place.relative_to(folder).as_posix(): place.read_bytes()
        for place in (folder / "deltas").rglob("*.delta")
    }
    world.publish([_event(700_001, world.now)])
    store, _ = world.update(older)
    assert world.value(store, 700_001) is ListValue.INVALID


def test_damaged_list_of_ours_is_replaced(world: World) -> None:
    for place in (world.trust / "targets").rglob("*.0.cwt"):
        place.write_bytes(b"junk")
    world.publish([_event(700_000, world.now)])
    assert world.value(world.update()[0], 700_000) is ListValue.INVALID


# ---------------------------------------------------------------- pages of side lists


@pytest.fixture
def paged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(status_lists, "WHOLE_ROWS", 100)
    made = World(tmp_path)
    made.publish()
    made.update()
    return made


def test_only_the_changed_page_is_fetched_again(paged: World) -> None:
    index = 5 * PAGE_ENTRIES + 3
    paged.publish([_event(index, paged.now)])
    store, asked = paged.update()
    assert sum(path.startswith("pages/") for path in asked) == 1
    side = store.side_list(REGISTRY, AUTHORITY, 0)
    assert side is not None
    wanted = side_pages.page_wanted(side, StatusIndex(index))
    assert wanted is not None
    page = store.side_page(REGISTRY, AUTHORITY, wanted)
    found = side_pages.read_for(side, page, StatusIndex(index), keys=[KEY], expected=NAME)
    assert [row.document_no for row in found.rows_of(StatusIndex(index))] == ["7"]


def test_page_that_is_missing_or_another_leaves_the_state_before(paged: World) -> None:
    before = paged.update()[0].side_list(REGISTRY, AUTHORITY, 0)
    old = {place.name for place in (paged.repository.folder / "pages").rglob("*.page")}
    paged.publish([_event(9 * PAGE_ENTRIES + 1, paged.now)])
    (new,) = (
        place.relative_to(paged.repository.folder).as_posix()
        for place in (paged.repository.folder / "pages").rglob("*.page")
        if place.name not in old
    )
    with refuses(Code.TRUST_UNAVAILABLE):
        paged.update({new: b"junk"})
    place = paged.repository.folder / new
    data = place.read_bytes()
    place.unlink()
    with refuses(Code.TRUST_UNAVAILABLE):
        paged.update()
    place.write_bytes(data)
    after = paged.update()[0].side_list(REGISTRY, AUTHORITY, 0)
    assert after != before


def test_pages_that_no_state_names_are_removed(paged: World) -> None:
    for n in range(4):
        paged.publish([_event(9 * PAGE_ENTRIES + n, paged.now)])
        paged.update()
    here = {place.name for place in (paged.trust / "pages").rglob("*.page")}
    side = paged.update()[0].side_list(REGISTRY, AUTHORITY, 0)
    assert side is not None
    index = side_pages.decode_index(side, keys=[KEY], expected=NAME)
    named = {f"{page.hex()}.page" for page in index.pages if page is not None}
    assert named <= here
    assert len(here) <= len(named) + 1


# ---------------------------------------------------------------- lists of days before


def test_list_of_a_day_is_the_last_one_of_it(tmp_path: Path) -> None:
    history = ListHistory(tmp_path)
    noon = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    for hours in (0, 3, 11, 13):
        token = b"%d" % hours
        history.keep(NAME, noon + timedelta(hours=hours), token, token)
    day = shanghai_date(noon)
    assert list_of_day(tmp_path, REGISTRY, AUTHORITY, 0, day) == b"11"
    assert list_of_day(tmp_path, REGISTRY, AUTHORITY, 0, day + timedelta(days=1)) == b"13"
    assert list_of_day(tmp_path, REGISTRY, AUTHORITY, 0, day - timedelta(days=1)) is None
    assert list_of_day(tmp_path, REGISTRY, AUTHORITY, 1, day) is None


@pytest.mark.parametrize("name", ["x.cwt", "99999999999999999999.cwt", "²³.cwt"])
def test_odd_names_in_a_folder_are_passed_over(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "history" / REGISTRY / AUTHORITY / "0"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"odd")
    assert list_of_day(tmp_path, REGISTRY, AUTHORITY, 0, shanghai_date(datetime.now(UTC))) is None


def test_digest_names_the_page(paged: World) -> None:
    pages = list((paged.trust / "pages").rglob("*.page"))
    assert pages
    for place in pages:
        assert sha256(place.read_bytes()).hexdigest() == place.name.removesuffix(".page")
