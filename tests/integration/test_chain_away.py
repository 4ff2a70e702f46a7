"""A chain that is away for days: licences wait, nothing grows, one alarm, no hands needed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import structlog
from sqlalchemy import create_engine, func, select, text
from typing_extensions import override

from anchor.log import AuthorityLog
from anchor.ports import AccountRights, Right
from anchor.sender import SendPolicy
from anzheng.alarms import StandingAlarms
from anzheng.flows.anchor import MAX_UNDER_WAY, BatchRule
from anzheng.flows.anchor_watch import LATE, sound_late
from anzheng.flows.prepare import Preparer
from anzheng.flows.retry import retry_parked
from anzheng.flows.samples import many_rows
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.jobs import handlers
from anzheng.queue.embedded import OutboxQueue
from anzheng.settings import load
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.migrate import migrate
from anzheng.store.tables import (
    alarms,
    batches,
    leases,
    log_records,
    outbox,
    transactions,
)
from anzheng.store.times import to_text
from anzheng.wiring import Installation
from anzheng.worker import Worker
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.ids import Leaf
from tests.fakes.anchor_store import MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    HMAC_KEY,
    IDENTITY,
    REGISTRY,
    StrictJudge,
    ed25519,
    make_anchorer,
    witness,
)
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row

LATE_SECONDS = 900
RULE = BatchRule(licences=40, seconds=60)
TICK = timedelta(minutes=30)
ONE_DAY = 48


class Away(FakeChain):
    """A chain whose node answers nobody while `away`."""

    away = False

    @override
    def check(self) -> None:
        if self.away:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no node answers")
        super().check()


@dataclass
class Office:
    """The anchor job of one authority, as the worker has it."""

    store: Store
    clock: FakeClock
    chain: Away = field(default_factory=Away)

    def __post_init__(self) -> None:
        rows = SqlAnchorStore(self.store)
        one = witness("w1.example", MemoryWitnessStore(), self.clock)
        log = AuthorityLog(IDENTITY, ed25519("log").sign, rows, [one], 1)
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        policy = SendPolicy(refusals=3)
        judge = StrictJudge((one.key,), 1)
        self.anchorer = make_anchorer(
            self.chain, self.account, rows, log, judge, self.clock, policy
        )
        office = SimpleNamespace(
            authority=AUTHORITY,
            registry=REGISTRY,
            anchorer=self.anchorer,
            hmac_key=HMAC_KEY,
            demand=lambda: None,
        )
        settings = load(anchor_alarm_seconds=LATE_SECONDS)
        base = SimpleNamespace(store=self.store, clock=self.clock, settings=settings)
        installation = SimpleNamespace(
            base=base,
            chain=self.chain,
            # No contract whose history must be compared: that has tests of its own.
            estate=SimpleNamespace(contracts=(), registry=REGISTRY),
            offices=SimpleNamespace(open=lambda _authority: office),
            guard=SimpleNamespace(demand=lambda: None),
        )
        jobs = handlers(cast("Installation", installation), RULE)
        queue = OutboxQueue(self.store, self.clock, owner="w", lease_seconds=60)
        self.worker = Worker(queue, {ANCHOR_TOPIC: jobs[ANCHOR_TOPIC]})

    def prepare(self, count: int) -> None:
        rows = many_rows(count, good_row(), year=2026)
        preparer = Preparer(self.store, self.clock, REGISTRY, Environment.TEST, lambda _text: ())
        assert preparer.import_roster(rows).problems == ()
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE licence SET authority = :mine"), {"mine": AUTHORITY})
        engine.dispose()

    def sign(self, count: int) -> None:
        """Let so many of the prepared licences be signed now."""
        now = self.clock.now()
        with self.store.write() as unit:
            for row in unit.licences.in_state(FlowState.PREPARED, limit=count):
                leaf = Leaf(hashlib.sha256(b"%d" % row.id).digest())
                unit.licences.move((row.id,), FlowState.PREPARED, FlowState.RELEASED, now)
                unit.licences.move(
                    (row.id,),
                    FlowState.RELEASED,
                    FlowState.SIGNED,
                    now,
                    leaf=leaf,
                    signed_at=to_text(now),
                )
            unit.outbox.add(ANCHOR_TOPIC, AUTHORITY, now)

    def tick(self, by: timedelta = TICK) -> None:
        self.clock.advance(by)
        for _ in range(3):
            self.worker.step()

    def counts(self) -> dict[FlowState, int]:
        with self.store.read() as unit:
            return dict(unit.licences.counts())

    def alarms(self) -> list[tuple[str, Code]]:
        with self.store.read() as unit:
            return [(alarm.key, alarm.code) for alarm in unit.alarms.all()]

    def recover(self) -> None:
        """Mine until all is final."""
        for _ in range(30):
            self.tick(timedelta(seconds=20))
            self.chain.mine()
            if set(self.counts()) == {FlowState.FINAL}:
                return
        pytest.fail("it does not recover")

    def size(self) -> dict[str, int]:
        """Return how many rows each table of the anchorer has, and the bytes that were signed."""
        tables = (transactions, batches, outbox, leases, alarms, log_records)
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            }
            raws = connection.execute(text("SELECT sum(length(raws)) FROM chain_transaction"))
            found["raws"] = int(raws.scalar_one() or 0)
        engine.dispose()
        return found

    @property
    def url(self) -> str:
        return str(self.store._engine.url)


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
def office(store: Store, clock: FakeClock) -> Office:
    return Office(store, clock)


@pytest.fixture
def lines() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def loud(lines: list[structlog.typing.EventDict]) -> list[str]:
    """Return what a log at the usual level has."""
    return [str(line["event"]) for line in lines if line["log_level"] not in ("debug", "info")]


@pytest.mark.parametrize("mode", ["away", "halted"])
def test_chain_away_for_three_days(
    office: Office, lines: list[structlog.typing.EventDict], mode: str
) -> None:
    office.prepare(3 * ONE_DAY)
    office.chain.away = mode == "away"
    sizes = []
    for number in range(3 * ONE_DAY):
        office.sign(1)
        office.tick()
        if number in (ONE_DAY, 3 * ONE_DAY - 1):
            sizes.append(office.size())
    first, last = sizes
    assert last["anchor_batch"] - first["anchor_batch"] <= 2, "full batches only"
    for table in ("outbox", "lease", "alarm", "log_record"):
        assert last[table] == first[table]
    assert last["chain_transaction"] <= last["anchor_batch"] <= MAX_UNDER_WAY + 3
    assert office.alarms() == [(LATE, Code.ANCHOR_OVERDUE)]
    failed = ["job_failed"] if mode == "away" else []
    assert sorted(loud(lines)) == sorted(["alarm", *failed])
    with office.store.read() as unit:
        under_way = [
            unit.anchors.transaction(f"anchor:{batch.id}")
            for batch in unit.anchors.open_batches(REGISTRY, AUTHORITY)
        ]
    assert all(found is None or len(found.raws) == 1 for found in under_way)

    office.chain.away = False
    office.recover()
    assert office.alarms() == []
    assert loud(lines)[-1] == "alarm_over"


def test_a_short_absence_is_no_alarm(
    office: Office, lines: list[structlog.typing.EventDict]
) -> None:
    office.prepare(3)
    office.sign(3)
    office.chain.away = True
    for _ in range(10):
        office.tick(timedelta(seconds=60))
    office.chain.away = False
    office.recover()
    assert "alarm" not in loud(lines)


def test_an_account_without_its_right_is_told_once_and_parks_nothing(
    office: Office, lines: list[structlog.typing.EventDict]
) -> None:
    office.prepare(3)
    office.sign(3)
    office.chain.members[office.account.address] = AccountRights(AUTHORITY, Right.PROPOSE)
    for _ in range(100):
        office.tick()
    key = f"anchor:{AUTHORITY}"
    assert sorted(office.alarms()) == [(key, Code.CHAIN_ACCOUNT), (LATE, Code.ANCHOR_OVERDUE)]
    assert sorted(loud(lines)) == ["alarm", "alarm", "job_failed"]
    assert FlowState.PARKED not in office.counts()
    office.chain.members[office.account.address] = AccountRights(AUTHORITY, Right.ANCHOR)
    office.recover()
    assert office.alarms() == []


def test_a_parked_batch_is_an_alarm_until_a_person_lets_it_go_on(office: Office) -> None:
    office.prepare(3)
    office.sign(3)
    office.chain.reason = "SomethingNew"
    for _ in range(10):
        office.tick()
    (found,) = [alarm for alarm in office.alarms() if alarm[0].startswith("batch:")]
    assert found[1] is Code.CHAIN_REVERTED
    assert office.counts() == {FlowState.PARKED: 3}
    office.chain.reason = ""
    retry_parked(office.store, office.clock)
    assert not any(key.startswith("batch:") for key, _ in office.alarms())
    office.recover()


def test_an_alarm_outlives_the_process_and_is_not_told_again(
    store: Store, clock: FakeClock, lines: list[structlog.typing.EventDict]
) -> None:
    begun: datetime = clock.now()
    for _ in range(3):
        StandingAlarms(store, clock).rise("k", Code.CHAIN_STALE, "no new block")
        clock.advance(timedelta(days=1))
    with store.read() as unit:
        assert [(each.key, each.since) for each in unit.alarms.all()] == [("k", begun)]
    assert loud(lines) == ["alarm"]
    StandingAlarms(store, clock).rise("k", Code.CHAIN_FUNDS, "another cause is news")
    StandingAlarms(store, clock).clear("k")
    StandingAlarms(store, clock).clear("k")
    assert loud(lines) == ["alarm", "alarm", "alarm_over"]


def test_nothing_waits_and_nothing_is_late(store: Store, clock: FakeClock) -> None:
    sound_late(store, clock, 0)
    with store.read() as unit:
        assert unit.alarms.all() == ()
