"""Whoever stamps or publishes does so by a clock that others agree with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from anchor.chain_ports import Block
from anzheng.clock_guard import (
    AGAIN,
    EVERY,
    ChainReference,
    ClockGuard,
    Offset,
    TsaReference,
)
from anzheng.flows import release as releasing
from anzheng.flows import sign as signing
from anzheng.jobs import handlers
from anzheng.settings import load
from anzheng.store.database import Store
from anzheng.wiring import Installation
from licence.errors import AnzhengError, Code
from licence.ids import BlockHash
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

TOLERANCE = timedelta(seconds=30)
NOTHING = timedelta()


@dataclass
class Bell:
    """Remembers which alarms stand."""

    standing: dict[str, Code] = field(default_factory=dict)

    def rise(self, key: str, code: Code, message: str) -> None:
        assert message
        self.standing[key] = code

    def clear(self, key: str) -> None:
        self.standing.pop(key, None)


@dataclass
class Other:
    """A clock that ours is so far behind of, or that does not answer."""

    off: timedelta | None = NOTHING
    reads: int = 0
    name: str = "other"

    def read(self) -> Offset:
        self.reads += 1
        if self.off is None:
            raise AnzhengError(Code.TSA_UNAVAILABLE, "no answer")
        return Offset(self.off, self.off)


class World:
    """A guard, its clock, its watch, its reference."""

    def __init__(self, off: timedelta | None = NOTHING) -> None:
        self.clock = FakeClock()
        self.watch = 0.0
        self.other = Other(off)
        self.bell = Bell()
        self.guard = ClockGuard(
            self.clock,
            (self.other,),
            tolerance=TOLERANCE,
            alarms=self.bell,
            watch=lambda: self.watch,
        )

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.watch += by.total_seconds()


@pytest.mark.parametrize(
    ("seconds", "right"), [(30, True), (-30, True), (31, False), (-31, False), (86_400, False)]
)
def test_a_clock_may_be_off_by_the_tolerance_and_no_more(seconds: int, *, right: bool) -> None:
    world = World(timedelta(seconds=seconds))
    if right:
        world.guard.demand()
        assert world.bell.standing == {}
        return
    with refuses(Code.CLOCK_WRONG):
        world.guard.demand()
    assert world.bell.standing == {"clock": Code.CLOCK_WRONG}


def test_it_is_compared_at_the_start_and_every_hour() -> None:
    world = World()
    for _ in range(5):
        world.guard.demand()
    assert world.other.reads == 1
    world.pass_time(EVERY - timedelta(seconds=1))
    world.guard.demand()
    assert world.other.reads == 1
    world.pass_time(timedelta(seconds=1))
    world.guard.demand()
    assert world.other.reads == 2


@pytest.mark.parametrize("seconds", [6, -6, 3600])
def test_a_clock_that_was_set_is_compared_at_once(seconds: int) -> None:
    world = World()
    world.guard.demand()
    world.clock.advance(timedelta(seconds=seconds))
    world.guard.demand()
    assert world.other.reads == 2


def test_a_clock_that_is_set_right_works_again_and_the_alarm_ends() -> None:
    world = World(timedelta(minutes=5))
    with refuses(Code.CLOCK_WRONG):
        world.guard.demand()
    with refuses(Code.CLOCK_WRONG):
        world.guard.demand()
    assert world.other.reads == 1, "not asked again for every job"
    world.other.off = NOTHING
    world.pass_time(AGAIN)
    world.guard.demand()
    assert world.bell.standing == {}


def test_nobody_who_answers_is_no_accusation_and_is_asked_again_soon() -> None:
    world = World(None)
    world.guard.demand()
    world.pass_time(AGAIN)
    world.guard.demand()
    assert world.other.reads == 2


def test_silence_does_not_make_a_wrong_clock_right() -> None:
    world = World(timedelta(minutes=5))
    with refuses(Code.CLOCK_WRONG):
        world.guard.demand()
    world.other.off = None
    world.pass_time(AGAIN)
    with refuses(Code.CLOCK_WRONG):
        world.guard.demand()


def test_one_reference_that_disagrees_is_enough() -> None:
    clock = FakeClock()
    references = (Other(), Other(timedelta(seconds=-40), name="second"))
    guard = ClockGuard(clock, references, tolerance=TOLERANCE, alarms=Bell())
    with refuses(Code.CLOCK_WRONG):
        guard.demand()


def test_a_trial_has_nobody_to_ask() -> None:
    ClockGuard(FakeClock(), (), tolerance=TOLERANCE, alarms=Bell()).demand()


# ---------------------------------------------------------------- references


@dataclass
class Tsa:
    clock: FakeClock
    ahead: timedelta
    takes: timedelta = NOTHING
    url: str = "http://tsa.example"

    def time(self, *, seconds: float) -> datetime:
        assert seconds
        self.clock.advance(self.takes)
        return self.clock.now() + self.ahead


def test_a_slow_answer_widens_the_bounds() -> None:
    clock = FakeClock()
    slow = TsaReference(Tsa(clock, timedelta(seconds=-35), timedelta(seconds=10)), clock).read()
    assert slow == Offset(timedelta(seconds=-35), timedelta(seconds=-24))
    assert slow.beyond(TOLERANCE) is None
    quick = TsaReference(Tsa(clock, timedelta(seconds=-35)), clock).read()
    assert quick.beyond(TOLERANCE) == timedelta(seconds=-34)


@dataclass
class Blocks:
    """A chain whose true time is so far ahead of our clock."""

    clock: FakeClock
    ahead: timedelta
    times: list[datetime]
    every: timedelta | None = None

    def height(self) -> int:
        true = self.clock.now() + self.ahead
        while self.every is not None and self.times[-1] + self.every <= true:
            self.times.append(self.times[-1] + self.every)
        return len(self.times) - 1

    def block(self, height: int) -> Block | None:
        if height >= len(self.times):
            return None
        return Block(height, BlockHash(bytes(32)), self.times[height])


def chain_reference(
    ahead: timedelta, every: timedelta | None, block_seconds: int
) -> ChainReference:
    clock = FakeClock()
    blocks = Blocks(clock, ahead, [clock.now() + ahead - timedelta(hours=2)], every)
    return ChainReference(
        blocks,
        clock,
        block_seconds,
        pause=lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )


def test_an_old_block_of_a_resting_chain_accuses_nobody() -> None:
    for block_seconds in (0, 5):
        read = chain_reference(NOTHING, None, block_seconds).read()
        assert read.most is None
        assert read.beyond(TOLERANCE) is None


def test_a_block_from_the_future_shows_that_our_clock_is_late() -> None:
    every = timedelta(seconds=2)
    read = chain_reference(timedelta(seconds=40), every, 0).read()
    assert read.beyond(TOLERANCE) is not None


@pytest.mark.parametrize(("seconds", "right"), [(-40, False), (0, True), (25, True), (40, False)])
def test_a_block_that_is_made_while_we_watch_shows_both(seconds: int, *, right: bool) -> None:
    read = chain_reference(timedelta(seconds=seconds), timedelta(seconds=2), 5).read()
    assert read.most is not None
    assert (read.beyond(TOLERANCE) is None) is right


def test_a_node_without_blocks_is_no_reference() -> None:
    clock = FakeClock()
    chain = SimpleNamespace(height=lambda: 7, block=lambda _height: None)
    with refuses(Code.CHAIN_UNAVAILABLE):
        ChainReference(chain, clock, 0).read()


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize("topic", [releasing.TOPIC, signing.ANCHOR_TOPIC])
def test_signer_and_anchorer_ask_before_they_begin(topic: str, store: Store) -> None:
    def demand() -> None:
        raise AnzhengError(Code.CLOCK_WRONG, "off")

    base = SimpleNamespace(store=store, clock=FakeClock(), settings=load())
    installation = SimpleNamespace(base=base, guard=SimpleNamespace(demand=demand))
    handle: Callable[[str], object] = handlers(cast("Installation", installation))[topic]
    with refuses(Code.CLOCK_WRONG):
        handle("any")


def test_the_publisher_asks_before_it_begins() -> None:
    def demand() -> None:
        raise AnzhengError(Code.CLOCK_WRONG, "off")

    installation = SimpleNamespace(guard=SimpleNamespace(demand=demand))
    with refuses(Code.CLOCK_WRONG):
        Installation.publish_lists(cast("Installation", installation))
