"""The outbox: leases, fences, retries, and a worker on top."""

import threading
from datetime import datetime, timedelta

import pytest

from anzheng.queue.embedded import OutboxQueue
from anzheng.store.database import Store
from anzheng.worker import Worker
from licence.errors import AnzhengError, Code
from tests.fakes.clock import FakeClock

LEASE = 30


def queue(store: Store, clock: FakeClock, owner: str = "w1") -> OutboxQueue:
    return OutboxQueue(store, clock, owner=owner, lease_seconds=LEASE)


def ask(store: Store, clock: FakeClock, key: str = "k", topic: str = "t") -> None:
    with store.write() as unit:
        unit.outbox.add(topic, key, clock.now())


def waiting(store: Store) -> tuple[tuple[str, str], ...]:
    with store.read() as unit:
        return unit.outbox.waiting()


def test_asking_twice_is_one_job(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    ask(store, clock)
    assert waiting(store) == (("t", "k"),)


def test_a_leased_job_is_not_handed_out_twice(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    assert queue(store, clock).take() is not None
    assert queue(store, clock, "w2").take() is None


def test_a_lease_that_ran_out_is_taken_over_and_the_old_owner_is_fenced_off(
    store: Store, clock: FakeClock
) -> None:
    ask(store, clock)
    first = queue(store, clock)
    old = first.take()
    assert old is not None
    clock.advance(timedelta(seconds=LEASE))
    new = queue(store, clock, "w2").take()
    assert new is not None
    assert new.fence > old.fence
    for late in (first.done, first.hold):
        with pytest.raises(AnzhengError) as caught:
            late(old)
        assert caught.value.code is Code.LEASE_LOST
    queue(store, clock, "w2").done(new)
    assert waiting(store) == ()


@pytest.mark.parametrize("left", ["asked", "leased", "failed", "again"])
def test_a_clock_that_was_ahead_holds_no_job_up(store: Store, clock: FakeClock, left: str) -> None:
    ahead = timedelta(days=3_000)
    clock.advance(ahead)
    ask(store, clock)
    works = queue(store, clock)
    job = None if left == "asked" else works.take()
    if job is not None and left == "failed":
        works.failed(job, Code.CLOCK_WRONG)
    elif job is not None and left == "again":
        works.again(job, clock.now() + timedelta(minutes=5))
    clock.advance(-ahead)
    assert queue(store, clock, "w2").take() is not None


def test_what_is_put_off_for_days_is_looked_at_each_hour(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    works = queue(store, clock)
    for _ in range(2):
        job = works.take()
        assert job is not None
        works.again(job, clock.now() + timedelta(days=30))
        assert works.take() is None
        clock.advance(timedelta(hours=1))


def test_holding_prolongs_the_lease(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    first = queue(store, clock)
    job = first.take()
    assert job is not None
    clock.advance(timedelta(seconds=LEASE - 1))
    first.hold(job)
    clock.advance(timedelta(seconds=LEASE - 1))
    assert queue(store, clock, "w2").take() is None


def test_what_is_asked_for_during_the_work_is_worked_again(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    works = queue(store, clock)
    job = works.take()
    assert job is not None
    ask(store, clock)
    works.done(job)
    assert works.take() is not None


def test_a_failed_job_waits_longer_each_time(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    works = queue(store, clock)
    pauses = []
    for _ in range(3):
        job = works.take()
        assert job is not None
        works.failed(job, Code.CHAIN_UNAVAILABLE)
        start = clock.now()
        while (again := works.take()) is None:
            clock.advance(timedelta(seconds=1))
        pauses.append((clock.now() - start).total_seconds())
        works.failed(again, Code.CHAIN_UNAVAILABLE)
        clock.advance(timedelta(hours=1))
    assert pauses == sorted(pauses)
    assert pauses[0] >= 2


def test_a_job_may_ask_to_come_again(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    seen: list[str] = []

    def handler(key: str) -> datetime | None:
        seen.append(key)
        return clock.now() + timedelta(seconds=5) if len(seen) == 1 else None

    worker = Worker(queue(store, clock), {"t": handler})
    assert worker.drain() == 1
    clock.advance(timedelta(seconds=5))
    assert worker.drain() == 1
    assert seen == ["k", "k"]
    assert waiting(store) == ()


def test_a_handler_that_fails_leaves_the_job(store: Store, clock: FakeClock) -> None:
    ask(store, clock)

    def handler(_key: str) -> None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no node answers")

    assert Worker(queue(store, clock), {"t": handler}).step()
    assert waiting(store) == (("t", "k"),)


def test_a_topic_that_nobody_works_is_kept(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    assert Worker(queue(store, clock), {}).step()
    assert waiting(store) == (("t", "k"),)


def test_run_stops_when_told(store: Store, clock: FakeClock) -> None:
    ask(store, clock)
    stop = threading.Event()
    worker = Worker(queue(store, clock), {"t": lambda _key: stop.set()})
    worker.run(stop, poll_seconds=0.01)
    assert waiting(store) == ()
