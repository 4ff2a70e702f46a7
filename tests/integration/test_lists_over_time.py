"""Lists over hours and days: every hour, within a minute, and without chain."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from anchor.list_publisher import HEARTBEAT
from anchor.trust_repository import TrustRepository
from anzheng.alarms import StandingAlarms
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.status_shard import ListValue
from licence.ids import AuthorityId
from tests.fakes.clock import FakeClock
from tests.fakes.list_desk import OFFICE, Desk, full_disk
from tests.fakes.trust_bundles import AUTHORITY


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # Nothing here pulls the plug, and many files are written.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    url = f"sqlite:///{tmp_path / 'anzheng.sqlite3'}"
    migrate(url)
    store = Store(url)
    made = Desk(store, FakeClock(), tmp_path)
    made.worker.drain()
    yield made
    store.close()


def test_worker_replaces_lists_every_hour_by_itself(desk: Desk) -> None:
    seen = set()
    for _ in range(3 * 12):
        desk.pass_time(300, step=300)
        listed = desk.listed()
        assert desk.clock.now() - listed.issued_at <= timedelta(seconds=listed.ttl_seconds)
        seen.add(listed.issued_at)
    assert len(seen) == 3 * timedelta(hours=1) // HEARTBEAT + 1


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


def test_failure_is_tried_again_within_a_minute_however_often(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(TrustRepository, "publish_lists", full_disk)
        desk.decide(3, StatusWord.REVOKED)
        desk.pass_time(1_800, step=60)
    desk.pass_time(30)
    assert desk.value(3) is ListValue.INVALID


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


def test_a_chain_that_is_away_is_one_alarm_for_all_authorities(desk: Desk) -> None:
    source, alarms = desk.desk.source, StandingAlarms(desk.store, desk.clock)
    others = [replace(OFFICE, authority=AuthorityId(each)) for each in ("test-B", "test-C")]
    desk.node.away = Code.CHAIN_UNAVAILABLE
    source.refresh([OFFICE, *others], alarms, desk.clock.now())
    assert desk.alarms() == {f"lists-chain:{desk.node.chain_id}": Code.CHAIN_UNAVAILABLE}
    desk.node.away = None
    source.refresh([OFFICE, *others], alarms, desk.clock.now())
    assert desk.alarms() == {}
