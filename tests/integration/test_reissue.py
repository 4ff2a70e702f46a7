"""Mass re-issue: which licences get a new version, and that asking again changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from anzheng.files import FolderFileStore
from anzheng.flows.prepare import Preparer, new_licence
from anzheng.flows.reissue import Reissuer, superseding
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.store.migrate import migrate
from licence.domain.model import Environment, StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import Code
from licence.formats import licence_json
from licence.ids import Digest, StatusIndex
from tests.builders import AUTHORITY, REGISTRY, World, make_world
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'anzheng.sqlite3'}"
    migrate(url)
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def reissuer(store: Store, clock: FakeClock, tmp_path: Path) -> Reissuer:
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    return Reissuer(store, FolderFileStore(tmp_path / "files"), clock, preparer)


def finished(reissuer: Reissuer, world: World, serial: int, **changes: object) -> StoredLicence:
    """Put a licence into the database as one that went all the way."""
    number = f"（辽）WH安许证字〔2024〕{serial:04d}"
    store, now = reissuer.store, reissuer.clock.now()
    with store.write() as unit:
        index = unit.licences.allocate_index(REGISTRY, AUTHORITY)
    version = world.version(int(index), licence_no=number, **changes)  # type: ignore[arg-type]
    issued = world.issue(version)
    place = reissuer.files.put(issued.pdf)
    with store.write() as unit:
        row = unit.licences.add(new_licence(version), now)
        columns = {"leaf": issued.leaf, "signed_pdf": place, "final_pdf": place}
        unit.licences.move([row], FlowState.PREPARED, FlowState.PUBLISHED, now, **columns)
        found = unit.licences.by_leaf(issued.leaf)
    assert found is not None
    return found


def certificate(world: World) -> Digest:
    return Digest(sha256(world.pki.signer_keys[AUTHORITY].certificate).digest())


def prepared(store: Store) -> tuple[StoredLicence, ...]:
    with store.read() as unit:
        return unit.licences.in_state(FlowState.PREPARED)


def _decide(
    store: Store,
    row: StoredLicence,
    clock: FakeClock,
    word: StatusWord = StatusWord.REVOKED,
    effective_from: date = date(2026, 11, 21),
) -> None:
    assert row.leaf is not None
    event = StatusEvent(
        leaf=row.leaf,
        ref=StatusRef(row.registry, StatusIndex(row.status_index)),
        authority=row.authority,
        old=StatusWord.NONE,
        new=word,
        decided_at=clock.now(),
        effective_from=effective_from,
        until=None,
        document_no="1",
        ground="示例",
        successor=None,
    )
    with store.write() as unit:
        unit.status.add(Digest(sha256(row.leaf).digest()), b"", (event,), clock.now())


def test_live_licences_of_the_key_get_a_version_and_others_do_not(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock
) -> None:
    live = finished(reissuer, world, 1)
    finished(reissuer, world, 2, kind="EMERGENCY_TEMPORARY", valid_to="2024-04-10")
    _decide(store, finished(reissuer, world, 3), clock)
    seen: list[tuple[int, int]] = []
    found = reissuer.reissue(
        AUTHORITY, certificate(world), on_progress=lambda done, total: seen.append((done, total))
    )
    assert (found.prepared, found.followed, found.over, found.refused) == (1, 0, 2, ())
    assert seen == [(3, 3)]
    (row,) = prepared(store)
    old = licence_json.decode(live.licence_json).draft
    new = licence_json.decode(row.licence_json).draft
    assert (new.version, new.supersedes, new.reissue_no) == (2, 1, old.reissue_no + 1)
    assert new.issued_on == date(2026, 11, 21)
    assert (new.valid_from, new.valid_to) == (old.valid_from, old.valid_to)
    same = replace(
        new,
        version=old.version,
        supersedes=None,
        reissue_no=old.reissue_no,
        issued_on=old.issued_on,
        elicence_id=old.elicence_id,
    )
    assert same == old


def test_asked_again_it_prepares_nothing_twice(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock
) -> None:
    finished(reissuer, world, 1)
    reissuer.reissue(AUTHORITY, certificate(world))
    finished(reissuer, world, 2)
    clock.advance(timedelta(days=1))
    found = reissuer.reissue(AUTHORITY, certificate(world))
    assert (found.prepared, found.followed) == (1, 1)
    assert len(prepared(store)) == 2


def test_licences_of_another_key_are_left_alone(
    reissuer: Reissuer, world: World, store: Store
) -> None:
    finished(reissuer, world, 1)
    found = reissuer.reissue(AUTHORITY, Digest(bytes(32)))
    assert (found.prepared, found.followed, found.over) == (0, 0, 0)
    assert prepared(store) == ()


def test_old_versions_are_superseded_once_the_new_ones_are_out(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock
) -> None:
    old = finished(reissuer, world, 1)
    reissuer.reissue(AUTHORITY, certificate(world))
    assert superseding(store, clock, AUTHORITY) is None
    new = finished(reissuer, world, 2, version=1)
    # The new version of the first licence comes out.
    (waiting,) = prepared(store)
    with store.write() as unit:
        unit.licences.move(
            [waiting.id],
            FlowState.PREPARED,
            FlowState.PUBLISHED,
            clock.now(),
            leaf=bytes(31) + b"\1",
        )
    decision = superseding(store, clock, AUTHORITY)
    assert decision is not None
    (subject,) = decision.subjects
    assert (subject.index, subject.leaf) == (old.status_index, old.leaf)
    assert subject.successor == bytes(31) + b"\1"
    assert new.leaf not in {subject.leaf, subject.successor}


def _emergency(version: int, supersedes: int | None = None) -> dict[str, object]:
    more = {} if supersedes is None else {"supersedes": supersedes}
    return more | {
        "kind": "EMERGENCY_TEMPORARY",
        "version": version,
        "issued_on": "2026-11-10",
        "valid_from": "2026-11-10",
        "valid_to": "2026-12-05",
    }


@pytest.mark.parametrize("announced", [date(2026, 11, 21), date(2026, 12, 1)])
def test_a_new_version_is_no_way_out_of_a_decision(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock, announced: date
) -> None:
    _decide(store, finished(reissuer, world, 1), clock, StatusWord.SUSPENDED, announced)
    _decide(store, finished(reissuer, world, 2), clock, StatusWord.REVOKED, announced)
    found = reissuer.reissue(AUTHORITY, certificate(world))
    assert (found.prepared, found.over) == (0, 1)
    assert [each.code for each in found.refused] == [Code.STATUS_SUSPENDED]
    assert prepared(store) == ()


def test_a_suspension_that_came_meanwhile_is_not_superseded(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock
) -> None:
    old = finished(reissuer, world, 1)
    new = finished(reissuer, world, 1, version=2, supersedes=1, reissue_no=1)
    decision = superseding(store, clock, AUTHORITY)
    assert decision is not None
    assert [each.successor for each in decision.subjects] == [new.leaf]
    _decide(store, old, clock, StatusWord.SUSPENDED)
    assert superseding(store, clock, AUTHORITY) is None


def test_a_temporary_version_beside_a_regular_one_has_a_number_of_its_own(
    reissuer: Reissuer, world: World, store: Store, clock: FakeClock
) -> None:
    finished(reissuer, world, 1)
    finished(reissuer, world, 1, **_emergency(2, supersedes=1))
    finished(reissuer, world, 2, **_emergency(1))
    assert superseding(store, clock, AUTHORITY) is None, "a temporary one ends no regular one"
    found = reissuer.reissue(AUTHORITY, certificate(world))
    assert found.refused == ()
    assert found.prepared == 3
    versions = [(row.licence_no[-4:], row.version) for row in prepared(store)]
    assert sorted(versions) == [("0001", 3), ("0001", 4), ("0002", 2)]
    again = reissuer.reissue(AUTHORITY, certificate(world))
    assert (again.prepared, again.followed) == (0, 3)
