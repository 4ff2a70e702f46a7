"""Lists with the database, a worker and a clock: every hour, within a minute, and without chain."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from anchor.list_ports import ListOffice
from anchor.list_publisher import HEARTBEAT
from anchor.trust_repository import TrustRepository
from anzheng.alarms import StandingAlarms
from anzheng.flows.anchor import BatchRule
from anzheng.flows.publish import KEY, TOPIC, ListDesk, RegistrySource, publish
from anzheng.jobs import LANES, ask_for_lists, make_worker
from anzheng.queue.embedded import OutboxQueue
from anzheng.settings import load
from anzheng.store.database import Store
from anzheng.wiring import Installation
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import Code
from licence.formats import side_list, status_list
from licence.formats.status_shard import SHARD_ENTRIES, ListValue, StatusList
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.list_source import SigningKey
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY as STATUS_KEY
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY
from tests.fakes.trust_folder import make_repository
from tests.fakes.words_node import Node

OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())
NAME = OFFICE.name(0)


class Desk:
    """A publisher over a database, with a worker."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.store, self.clock, self.node = store, clock, Node()
        self.repository: TrustRepository = make_repository(folder / "trust", {}, now=clock.now())
        self.desk = ListDesk(
            store,
            clock,
            RegistrySource(store, (self.node,)),
            [OFFICE],
            self.repository,
            lock=folder / "lock",
        )
        settings = load(data_dir=folder)
        installation = SimpleNamespace(
            base=SimpleNamespace(store=store, clock=clock, settings=settings),
            publish_lists=lambda *, every: publish(self.desk, every=every).due_at,
        )
        self.worker = make_worker(
            cast("Installation", installation), "lists", BatchRule(1, 0), topics=LANES[0]
        )
        with store.write() as unit:
            unit.outbox.add(TOPIC, KEY, clock.now())

    def decide(self, index: int, word: StatusWord, days: int = 0, *, ask: bool = True) -> None:
        """Put a decision into the log, and ask for the lists."""
        event = StatusEvent(
            leaf=Leaf(sha256(f"{index} {word} {self.clock.now()}".encode()).digest()),
            ref=StatusRef(REGISTRY, StatusIndex(index)),
            authority=AUTHORITY,
            old=StatusWord.NONE,
            new=word,
            decided_at=self.clock.now(),
            effective_from=shanghai_date(self.clock.now()) + timedelta(days=days),
            until=None,
            document_no="7",
            ground="",
            successor=None,
        )
        with self.store.write() as unit:
            unit.status.add(Digest(event.leaf), b"decision", [event], self.clock.now())
            if ask:
                unit.outbox.add(TOPIC, KEY, self.clock.now())

    def chain_says(self, index: int, word: StatusWord) -> None:
        """Let the chain say something in its next block."""
        number, place = divmod(index, 64)
        old = self.node.words.get(number, 0) & ~(0xF << 4 * place)
        self.node.words[number] = old | int(word) << 4 * place
        self.node.moved |= {number}
        self.node.height += 1

    def pass_time(self, seconds: int, step: int = 5) -> None:
        """Let the worker work while time passes."""
        for _ in range(0, seconds, step):
            self.clock.advance(timedelta(seconds=step))
            self.worker.drain()

    def listed(self) -> StatusList:
        """The list that everybody sees."""
        data = self.repository.plain(f"{NAME.path}.cwt")
        assert data is not None
        return status_list.decode_cwt(data, keys=[STATUS_KEY], expected=NAME)

    def value(self, index: int) -> ListValue:
        """What it says."""
        return self.listed().value(StatusIndex(index))

    def alarms(self) -> dict[str, Code]:
        """What is wrong."""
        with self.store.read() as unit:
            return {each.key: each.code for each in unit.alarms.all()}


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here pulls the plug, and many files are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def desk(store: Store, clock: FakeClock, tmp_path: Path) -> Desk:
    made = Desk(store, clock, tmp_path)
    made.worker.drain()
    return made


# ---------------------------------------------------------------- every hour, within a minute


def test_worker_replaces_lists_every_hour_by_itself(desk: Desk) -> None:
    seen = set()
    for _ in range(3 * 12):
        desk.pass_time(300, step=300)
        listed = desk.listed()
        assert desk.clock.now() - listed.issued_at <= timedelta(seconds=listed.ttl_seconds)
        seen.add(listed.issued_at)
    assert len(seen) == 3 * timedelta(hours=1) // HEARTBEAT + 1


def test_decision_is_in_the_lists_within_a_minute(desk: Desk) -> None:
    desk.pass_time(100)
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    assert desk.value(3) is ListValue.INVALID


def test_what_nobody_here_asked_for_is_in_the_lists_within_a_minute(desk: Desk) -> None:
    """A deputy wrote on the chain, another process stored a decision, a day has come."""
    desk.chain_says(4, StatusWord.SUSPENDED)
    desk.decide(5, StatusWord.REVOKED, ask=False)
    desk.pass_time(60)
    assert desk.value(4) is ListValue.SUSPENDED
    assert desk.value(5) is ListValue.INVALID
    desk.decide(6, StatusWord.CANCELLED, days=1)
    desk.pass_time(60)
    assert desk.value(6) is ListValue.VALID
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    waiting = (midnight - desk.clock.now() - timedelta(seconds=10)) / 20
    for _ in range(20):
        desk.clock.advance(waiting)
        desk.worker.drain()
    assert desk.value(6) is ListValue.VALID
    desk.pass_time(90, step=10)
    assert desk.value(6) is ListValue.INVALID


def test_round_without_news_signs_nothing(desk: Desk) -> None:
    before = desk.repository.versions()
    desk.pass_time(600, step=30)
    assert desk.repository.versions() == before


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


def test_failure_is_tried_again_within_a_minute_however_often(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(TrustRepository, "publish_lists", _refuse)
        desk.decide(3, StatusWord.REVOKED)
        desk.pass_time(1_800, step=60)
    desk.pass_time(30)
    assert desk.value(3) is ListValue.INVALID


def _refuse(*_arguments: object, **_named: object) -> None:
    from licence.errors import AnzhengError  # noqa: PLC0415 - as the disk does

    raise AnzhengError(Code.STORE_FAILED, "the disk is full")


def test_first_look_is_asked_for_when_a_worker_starts(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    """Nothing was issued or decided yet: there is a list all the same."""
    desk = Desk(store, clock, tmp_path)
    with store.write() as unit:
        unit._connection.exec_driver_sql("DELETE FROM outbox")
    desk.pass_time(60)
    assert desk.repository.plain(f"{NAME.path}.cwt") is None
    ask_for_lists(store, clock)
    desk.pass_time(5)
    assert desk.value(0) is ListValue.VALID


# ---------------------------------------------------------------- without the chain


def test_lists_go_on_while_the_chain_is_away(desk: Desk) -> None:
    desk.chain_says(1, StatusWord.SUSPENDED)
    desk.chain_says(2, StatusWord.REVOKED)
    desk.pass_time(60)
    desk.node.away = Code.CHAIN_UNAVAILABLE
    desk.decide(1, StatusWord.NONE)
    desk.decide(9, StatusWord.REVOKED)
    for _ in range(3):
        desk.pass_time(24 * 3_600, step=4 * 3_600)
        # Given back here, not on the chain: never more positive than the chain.
        assert desk.value(1) is ListValue.SUSPENDED
        assert desk.value(2) is desk.value(9) is ListValue.INVALID
        assert desk.listed().issued_at == desk.clock.now()
    ((key, code),) = desk.alarms().items()
    assert (key.partition(":")[0], code) == ("lists-chain", Code.CHAIN_UNAVAILABLE)
    desk.node.away = None
    desk.chain_says(1, StatusWord.NONE)
    desk.pass_time(60)
    assert desk.value(1) is ListValue.VALID
    assert desk.alarms() == {}


def test_alarm_of_the_chain_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "anzheng.alarms.log", SimpleNamespace(warning=lambda event, **_: told.append(event))
    )
    desk.node.away = Code.CHAIN_UNAVAILABLE
    desk.pass_time(7_200, step=600)
    assert told == ["alarm"]
    desk.node.away = None
    desk.pass_time(60)
    assert told == ["alarm", "alarm_over"]


def test_node_that_undoes_a_final_status_is_not_believed(desk: Desk) -> None:
    desk.chain_says(2, StatusWord.REVOKED)
    desk.pass_time(60)
    desk.chain_says(2, StatusWord.NONE)
    desk.pass_time(60)
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
    desk.pass_time(60)
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
        patch.setattr(RegistrySource, "events", _refuse)
        desk.decide(3, StatusWord.REVOKED)
        desk.pass_time(30)
        assert desk.value(3) is ListValue.VALID
        assert desk.alarms() == {f"lists:{AUTHORITY}:0": Code.STORE_FAILED}
    desk.pass_time(60)
    assert desk.value(3) is ListValue.INVALID
    assert desk.alarms() == {}


def test_final_that_nobody_remembers_is_one_alarm_until_somebody_does(desk: Desk) -> None:
    """An older database was restored: the list is not better than the one before."""
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    with desk.store.write() as unit:
        unit._connection.exec_driver_sql("DELETE FROM status_event")
    desk.pass_time(2 * 3_600, step=600)
    assert desk.value(3) is ListValue.INVALID
    assert desk.alarms() == {f"lists:{AUTHORITY}:0:final": Code.STATUS_CONFLICT}
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(3_600, step=600)
    assert desk.alarms() == {}


def test_alarms_of_others_stay(desk: Desk) -> None:
    StandingAlarms(desk.store, desk.clock).rise("chain", Code.CHAIN_FUNDS, "poor")
    desk.pass_time(60)
    assert desk.alarms() == {"chain": Code.CHAIN_FUNDS}


def test_side_list_has_the_reason(desk: Desk) -> None:
    desk.decide(3, StatusWord.REVOKED)
    desk.pass_time(5)
    data = desk.repository.plain(f"{NAME.path}.side")
    assert data is not None
    side = side_list.decode(data, keys=[STATUS_KEY], expected=NAME)
    assert [row.document_no for row in side.rows_of(StatusIndex(3))] == ["7"]
