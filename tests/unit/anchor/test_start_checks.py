"""A chain that stands still, or an account without money, is noticed before anything is sent."""

from datetime import timedelta

import pytest

from anchor.ports import Right
from anchor.sender import Sender, SendPolicy
from anchor.start_checks import GAS_OF_ONE, ChainWatch, WatchRules
from licence.errors import AnzhengError, Code
from licence.ids import Address
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.chain import GENESIS, FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.nodes import MemoryAlarms
from tests.fakes.refusal import refuses

ACCOUNT = Address(b"\xa1" * 20)
RULES = WatchRules(block_seconds=5, reserve_transactions=10)


class Watched:
    """A chain with five seconds between blocks, and who watches it."""

    def __init__(self, rules: WatchRules = RULES) -> None:
        self.chain = FakeChain()
        self.clock = FakeClock()
        self.clock.advance(GENESIS - self.clock.now())
        self.alarms = MemoryAlarms()
        self.watch = ChainWatch(self.chain, self.clock, self.alarms, rules)

    def check(self) -> None:
        self.watch.check(ACCOUNT)


def test_a_chain_that_stands_still_is_refused_until_it_goes_on() -> None:
    watched = Watched()
    watched.check()
    watched.clock.advance(timedelta(seconds=60))
    watched.check()
    watched.clock.advance(timedelta(seconds=1))
    with refuses(Code.CHAIN_STALE):
        watched.check()
    watched.chain.skip(timedelta(seconds=61))
    watched.check()


def test_blocks_on_demand_are_never_stale() -> None:
    watched = Watched(WatchRules(block_seconds=0))
    watched.clock.advance(timedelta(days=30))
    watched.check()


def test_slow_chains_have_more_time() -> None:
    watched = Watched(WatchRules(block_seconds=60))
    watched.clock.advance(timedelta(seconds=600))
    watched.check()
    watched.clock.advance(timedelta(seconds=1))
    with refuses(Code.CHAIN_STALE):
        watched.check()


def test_a_height_far_below_one_that_was_seen_is_refused() -> None:
    watched = Watched(WatchRules())
    watched.chain.mine(20)
    watched.check()
    watched.chain.reorganise(8)
    watched.check()
    watched.chain.reorganise(1)
    with refuses(Code.CHAIN_STALE):
        watched.check()
    watched.chain.mine(1)
    watched.check()


@pytest.mark.parametrize(
    ("transactions", "refused", "alarm"),
    [(0, True, False), (1, False, True), (9, False, True), (10, False, False)],
)
def test_funds(transactions: int, refused: bool, alarm: bool) -> None:  # noqa: FBT001
    watched = Watched()
    watched.chain.price = 7
    watched.chain.balances[ACCOUNT] = 7 * GAS_OF_ONE * transactions
    if refused:
        with refuses(Code.CHAIN_FUNDS):
            watched.check()
    else:
        watched.check()
    assert (Code.CHAIN_FUNDS in watched.alarms.standing.values()) is alarm


def test_the_alarm_about_low_funds_ends_when_they_are_filled_up() -> None:
    watched = Watched()
    watched.chain.price = 7
    watched.chain.balances[ACCOUNT] = 7 * GAS_OF_ONE
    watched.check()
    watched.check()
    assert len(watched.alarms.risen) == 1
    watched.chain.balances[ACCOUNT] = 10**18
    watched.check()
    assert not watched.alarms.standing


def test_an_account_without_money_works_where_gas_is_free() -> None:
    watched = Watched()
    watched.chain.balances[ACCOUNT] = 0
    watched.check()


def test_a_sender_looks_before_each_pass() -> None:
    watched = Watched()
    account = watched.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
    sender = Sender(
        watched.chain,
        account,
        MemoryTransactionStore(),
        watched.clock,
        SendPolicy(),
        watch=watched.watch,
    )
    sender.check(AUTHORITY, Right.ANCHOR)
    watched.clock.advance(timedelta(hours=1))
    with pytest.raises(AnzhengError) as caught:
        sender.check(AUTHORITY, Right.ANCHOR)
    assert caught.value.code is Code.CHAIN_STALE
