"""The sender's rules for years: one writer, fees with a limit, lies, other keys, odd clocks."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from anchor.calls import AnchorCall, Call
from anchor.ports import Block, ChainAccount, Receipt, Right, Transaction, TxState
from anchor.sender import Sender, SendPolicy
from licence.errors import Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, MerkleRoot
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

POLICY = SendPolicy(
    finality_depth=2, max_versions=3, max_raws=6, refusals=3, lease_seconds=60, bump_seconds=60
)
CALL = AnchorCall(MerkleRoot(b"r" * 32), 3, ManifestDigest(b"m" * 32))


class Bench:
    """A sender and all around it."""

    def __init__(self) -> None:
        self.chain = FakeChain()
        self.clock = FakeClock()
        self.store = MemoryTransactionStore()
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        self.sender = self.start()

    def start(self, holder: str = "one", account: ChainAccount | None = None) -> Sender:
        """Return a process that sends from the account."""
        return Sender(self.chain, account or self.account, self.store, self.clock, POLICY, holder)

    def advance(self, sender: Sender | None = None) -> Transaction:
        return (sender or self.sender).advance("anchor:1", CALL, self.effect, self.is_in)

    def effect(self) -> Block | None:
        return self.chain.anchored_in(AUTHORITY, CALL.root, CALL.size, CALL.manifest)

    def is_in(self, block: Block) -> bool:
        return self.effect() == block

    def pass_over(self, seconds: int = POLICY.bump_seconds) -> None:
        """Time goes by, and a block is mined without what is in the pool."""
        pool, self.chain.pool = self.chain.pool, []
        self.chain.mine()
        self.chain.pool = pool
        self.clock.advance(timedelta(seconds=seconds))

    def finish(self, sender: Sender | None = None) -> None:
        """Mine until it is final, and see that it was mined once."""
        for _ in range(5):
            self.chain.mine()
            self.clock.advance(timedelta(seconds=POLICY.resend_seconds))
            if self.advance(sender).state is TxState.FINAL:
                break
        assert self.advance(sender).state is TxState.FINAL
        assert self.chain.calls_mined() == [CALL]


@pytest.fixture
def bench() -> Bench:
    return Bench()


# -- one writer


def test_second_process_is_refused_and_sends_nothing(bench: Bench) -> None:
    bench.advance()
    sent = list(bench.chain.sent)
    bench.clock.advance(timedelta(seconds=POLICY.resend_seconds))
    with refuses(Code.LEASE_LOST):
        bench.advance(bench.start("two"))
    assert bench.chain.sent == sent


def test_process_that_was_overtaken_stores_nothing_and_sends_nothing_new(bench: Bench) -> None:
    """It slept in the middle of a pass, after it looked at its lease."""
    other = bench.start("two")
    bench.sender.hold()
    bench.clock.advance(timedelta(seconds=POLICY.lease_seconds))
    assert bench.advance(other).state is TxState.SENT
    sent = list(bench.chain.sent)
    bench.clock.advance(timedelta(seconds=-POLICY.lease_seconds))
    with refuses(Code.LEASE_LOST):
        bench.sender.advance("anchor:2", replace(CALL, size=9), lambda: None)
    assert bench.chain.sent == sent
    assert list(bench.store.transactions) == ["anchor:1"]


def test_released_account_is_taken_at_once(bench: Bench) -> None:
    bench.advance()
    bench.sender.release()
    other = bench.start("two")
    bench.finish(other)


def test_lease_is_prolonged_while_it_is_used(bench: Bench) -> None:
    first = bench.sender.hold()
    for _ in range(5):
        bench.clock.advance(timedelta(seconds=POLICY.lease_seconds * 2 // 3))
        assert bench.sender.hold().fence == first.fence
        with refuses(Code.LEASE_LOST):
            bench.start("two").hold()


# -- fees


def test_chain_that_stands_still_is_not_offered_more(bench: Bench) -> None:
    bench.advance()
    for _ in range(50):
        bench.clock.advance(timedelta(hours=1))
        bench.advance()
    assert len(bench.store.transactions["anchor:1"].raws) == 1
    assert len(set(bench.chain.sent)) == 1
    bench.finish()


@dataclass(frozen=True)
class Capped:
    """An account whose fees are at their limit from the second version on."""

    chain: FakeChain
    address: Address
    inner: ChainAccount
    signed: dict[tuple[int, int], bytes]

    def sign(self, call: Call, *, nonce: int, version: int) -> bytes:
        key = (nonce, min(version, 1))
        if key not in self.signed:
            self.signed[key] = self.inner.sign(call, nonce=nonce, version=version)
        return self.signed[key]


def test_fees_at_their_limit_make_no_more_versions(bench: Bench) -> None:
    capped = Capped(bench.chain, bench.account.address, bench.account, {})
    sender = bench.start(account=capped)
    bench.advance(sender)
    for _ in range(6):
        bench.pass_over()
        bench.advance(sender)
    assert len(bench.store.transactions["anchor:1"].raws) == 2
    bench.finish(sender)


# -- lies


def test_receipt_without_state_is_not_believed(bench: Bench) -> None:
    """The node shows a receipt in a real block; the contract knows nothing of it."""
    bench.advance()
    bench.pass_over()
    raw, block = bench.chain.sent[0], bench.chain.blocks[-1].block
    lie = Receipt(succeeded=True, block_number=block.number, block_hash=block.hash)
    bench.chain.pool = []
    bench.chain.mine(POLICY.finality_depth)
    bench.chain.receipts = {raw: lie}
    with refuses(Code.CHAIN_UNAVAILABLE):
        bench.advance()
    assert bench.store.transactions["anchor:1"].state is TxState.RESERVED
    bench.chain.receipts.clear()
    bench.finish()


def test_one_refusal_is_not_believed(bench: Bench) -> None:
    bench.chain.reason = "NotAllowed"
    for _ in range(POLICY.refusals - 1):
        with refuses(Code.CHAIN_UNAVAILABLE):
            bench.advance()
    bench.chain.reason = ""
    bench.advance()
    bench.finish()


def test_refusals_count_in_a_row_only(bench: Bench) -> None:
    for _ in range(2):
        bench.chain.reason = "NotAllowed"
        for _ in range(POLICY.refusals - 1):
            with refuses(Code.CHAIN_UNAVAILABLE):
                bench.advance()
        bench.chain.reason = ""
        assert bench.advance().state is TxState.SENT
        # Somebody else uses up the nonce: the contract is asked anew.
        bench.chain.pool = []
        bench.chain.spend_nonce(bench.account.address)
        bench.chain.mine()
    bench.advance()
    bench.finish()


def test_lasting_refusal_is_parked(bench: Bench) -> None:
    bench.chain.reason = "NotAllowed"
    for _ in range(POLICY.refusals - 1):
        with refuses(Code.CHAIN_UNAVAILABLE):
            bench.advance()
    assert bench.advance().reason is Code.CHAIN_REVERTED


def test_stranger_who_takes_every_nonce_is_not_raced_for_ever(bench: Bench) -> None:
    """Somebody else has the key."""
    for _ in range(POLICY.max_raws + 2):
        bench.chain.pool = []
        bench.chain.spend_nonce(bench.account.address)
        bench.chain.faults = ["lose request"] * 5
        bench.chain.mine()
        bench.advance()
    found = bench.store.transactions["anchor:1"]
    assert (found.state, found.reason) == (TxState.PARKED, Code.CHAIN_ACCOUNT)
    assert len(found.raws) == POLICY.max_raws


# -- another key


def rotated(bench: Bench, *, revoked: bool) -> Sender:
    """Give the authority another account, as a new process has it."""
    new = bench.chain.member(0xA2, AUTHORITY, Right.ANCHOR)
    if revoked:
        del bench.chain.members[bench.account.address]
    bench.sender.release()
    return bench.start("two", new)


def test_transaction_of_the_former_key_settles_first(bench: Bench) -> None:
    bench.advance()
    sender = rotated(bench, revoked=False)
    bench.pass_over(600)
    bench.advance(sender)
    assert len(set(bench.chain.sent)) == 1
    bench.finish(sender)
    assert bench.store.transactions["anchor:1"].account == bench.account.address


def test_former_key_without_its_right_is_replaced(bench: Bench) -> None:
    bench.advance()
    sender = rotated(bench, revoked=True)
    bench.chain.mine()
    assert bench.advance(sender).account != bench.account.address
    bench.finish(sender)


def test_former_key_that_is_never_mined_is_replaced_after_its_time(bench: Bench) -> None:
    bench.advance()
    sender = rotated(bench, revoked=False)
    bench.chain.pool = []
    bench.chain.faults = ["lose request"] * 2
    bench.clock.advance(timedelta(seconds=POLICY.takeover_seconds))
    bench.advance(sender)
    bench.finish(sender)
    assert bench.store.transactions["anchor:1"].account != bench.account.address


# -- clocks


def test_clock_that_was_put_back_stops_nothing(bench: Bench) -> None:
    bench.advance()
    bench.chain.pool = []
    bench.clock.advance(timedelta(days=-3))
    bench.advance()
    assert len(bench.chain.sent) == 2
    bench.advance()
    assert len(bench.chain.sent) == 2
    bench.finish()


def test_chain_whose_time_jumps_changes_nothing(bench: Bench) -> None:
    bench.advance()
    bench.chain.skip(timedelta(days=400))
    bench.finish()
