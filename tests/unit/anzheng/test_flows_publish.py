"""Lists with the database, a worker and a clock; hours and days pass in tests/integration."""

from pathlib import Path

import pytest

from anzheng.alarms import StandingAlarms
from anzheng.flows.publish import RegistrySource, publish
from anzheng.jobs import LANES, ask_for_lists
from anzheng.queue.embedded import OutboxQueue
from anzheng.store.database import Store
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import side_list, status_list
from licence.formats.status_shard import SHARD_ENTRIES, ListValue
from licence.ids import StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.list_desk import NAME, OFFICE, Desk, full_disk
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY as STATUS_KEY
from tests.fakes.trust_bundles import AUTHORITY

pytestmark = pytest.mark.usefixtures("unsynced")


@pytest.fixture
def desk(store: Store, clock: FakeClock, tmp_path: Path) -> Desk:
    made = Desk(store, clock, tmp_path)
    made.worker.drain()
    return made


# ---------------------------------------------------------------- every hour, within a minute


def test_decision_is_in_the_lists_within_a_minute(desk: Desk) -> None:
    desk.pass_time(60, step=30)
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    assert desk.value(3) is ListValue.INVALID


def test_lists_have_a_worker_of_their_own(desk: Desk) -> None:
    """A signing job that takes an hour is none of its business."""
    with desk.store.write() as unit:
        unit.outbox.add("sign", "release", desk.clock.now())
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    assert desk.value(3) is ListValue.INVALID
    with desk.store.read() as unit:
        assert ("sign", "release") in unit.outbox.waiting()
    other = OutboxQueue(desk.store, desk.clock, owner="other", lease_seconds=60, topics=LANES[1])
    job = other.take()
    assert job is not None
    assert job.topic == "sign"


def test_first_look_is_asked_for_when_a_worker_starts(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    """Nothing was issued or decided yet: there is a list all the same."""
    desk = Desk(store, clock, tmp_path)
    with store.write() as unit:
        unit._connection.exec_driver_sql("DELETE FROM outbox")
    desk.pass_time(60, step=30)
    assert desk.repository.plain(f"{NAME.path}.cwt") is None
    ask_for_lists(store, clock)
    desk.pass_time(5)
    assert desk.value(0) is ListValue.VALID


# ---------------------------------------------------------------- without the chain


def test_node_that_undoes_a_final_status_is_not_believed(desk: Desk) -> None:
    desk.chain_says(2, StatusWord.REVOKED)
    desk.pass_time(60, step=30)
    desk.chain_says(2, StatusWord.NONE)
    desk.pass_time(60, step=30)
    assert desk.value(2) is ListValue.INVALID
    assert list(desk.alarms().values()) == [Code.CHAIN_WRONG]


def test_chain_that_was_never_read_publishes_nothing(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path)
    desk.node.away = Code.CHAIN_UNAVAILABLE
    with refuses(Code.CHAIN_UNAVAILABLE):
        publish(desk.desk)
    assert desk.repository.plain(f"{NAME.path}.cwt") is None


def test_word_of_the_chain_beyond_every_index_is_published(desk: Desk) -> None:
    desk.chain_says(SHARD_ENTRIES + 7, StatusWord.REVOKED)
    desk.pass_time(60, step=30)
    name = OFFICE.name(1)
    data = desk.repository.plain(f"{name.path}.cwt")
    assert data is not None
    listed = status_list.decode_cwt(data, keys=[STATUS_KEY], expected=name)
    assert listed.value(StatusIndex(SHARD_ENTRIES + 7)) is ListValue.INVALID


# ---------------------------------------------------------------- alarms and rows


def test_shard_that_cannot_be_made_is_an_alarm_until_it_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(RegistrySource, "events", full_disk)
        desk.decide(3, StatusWord.REVOKED)
        desk.pass_time(30)
        assert desk.value(3) is ListValue.VALID
        assert desk.alarms() == {f"lists:{AUTHORITY}:0": Code.STORE_FAILED}
    desk.pass_time(60, step=30)
    assert desk.value(3) is ListValue.INVALID
    assert desk.alarms() == {}


def test_alarms_of_others_stay(desk: Desk) -> None:
    StandingAlarms(desk.store, desk.clock).rise("chain", Code.CHAIN_FUNDS, "poor")
    desk.pass_time(60, step=30)
    assert desk.alarms() == {"chain": Code.CHAIN_FUNDS}


def test_side_list_has_the_reason(desk: Desk) -> None:
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    data = desk.repository.plain(f"{NAME.path}.side")
    assert data is not None
    side = side_list.decode(data, keys=[STATUS_KEY], expected=NAME)
    assert [row.document_no for row in side.rows_of(StatusIndex(3))] == ["7"]
