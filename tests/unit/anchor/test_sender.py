"""One transaction onto the chain exactly once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from anchor.calls import AnchorCall
from anchor.ports import Block, Right, Transaction, TxState
from anchor.sender import Sender, SendPolicy
from licence.errors import Code
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, MerkleRoot
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

POLICY = SendPolicy(finality_depth=2, resend_seconds=15, bump_seconds=60, max_versions=3)
CALL = AnchorCall(MerkleRoot(b"r" * 32), 3, ManifestDigest(b"m" * 32))


class Bench:
    """A sender and all around it."""

    def __init__(self) -> None:
        self.chain = FakeChain()
        self.clock = FakeClock()
        self.store = MemoryTransactionStore()
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        self.sender = Sender(self.chain, self.account, self.store, self.clock, POLICY)

    def advance(self, purpose: str = "anchor:1", call: AnchorCall = CALL) -> Transaction:
        return self.sender.advance(purpose, call, lambda: self.effect(call))

    def effect(self, call: AnchorCall) -> Block | None:
        return self.chain.anchored_in(AUTHORITY, call.root, call.size, call.manifest)

    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def pass_over(self, seconds: int = POLICY.bump_seconds) -> None:
        """Time goes by, and a block is mined without what is in the pool."""
        pool, self.chain.pool = self.chain.pool, []
        self.chain.mine()
        self.chain.pool = pool
        self.wait(seconds)

    def another(self, holder: str) -> Sender:
        """Return another process that sends from the same account."""
        return Sender(self.chain, self.account, self.store, self.clock, POLICY, holder)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_signed_bytes_are_stored_before_they_are_sent(bench: Bench) -> None:
    seen: list[tuple[TxState, int]] = []

    def look() -> None:
        transaction = bench.store.transactions["anchor:1"]
        seen.append((transaction.state, len(bench.chain.sent)))

    bench.store.on_write = look
    bench.advance()
    assert seen == [(TxState.RESERVED, 0), (TxState.SENT, 1)]


def test_transaction_is_final_when_it_is_deep_enough(bench: Bench) -> None:
    assert bench.advance().state is TxState.SENT
    bench.chain.mine()
    assert bench.advance().state is TxState.MINED
    bench.chain.mine(2)
    assert bench.advance().state is TxState.FINAL
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_nothing_is_sent_again_before_its_time(bench: Bench) -> None:
    bench.advance()
    bench.advance()
    assert len(bench.chain.sent) == 1
    bench.wait(POLICY.resend_seconds)
    bench.advance()
    assert len(bench.chain.sent) == 2
    assert len(set(bench.chain.sent)) == 1


def test_node_that_was_away_is_asked_once_a_pass(bench: Bench) -> None:
    bench.chain.faults = ["lose request"] * 3
    for sends in range(1, 4):
        assert bench.advance().sent_at is None
        assert len(bench.chain.sent) == sends
    bench.wait(POLICY.bump_seconds)
    assert bench.advance().sent_at is not None
    assert len(set(bench.chain.sent)) == 1


@pytest.mark.parametrize("fault", ["lose request", "lose answer"])
def test_answer_to_a_send_is_no_verdict(bench: Bench, fault: str) -> None:
    bench.chain.faults = [fault] * 3
    for _ in range(6):
        bench.advance()
        bench.chain.mine()
        bench.wait(POLICY.resend_seconds)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_stuck_transaction_is_replaced_and_any_version_counts(bench: Bench) -> None:
    bench.advance()
    first = bench.chain.sent[0]
    bench.pass_over()
    assert len(bench.advance().raws) == 2
    bench.chain.pool = [first]
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_versions_are_limited(bench: Bench) -> None:
    bench.advance()
    for _ in range(6):
        bench.pass_over()
        bench.advance()
    assert len(bench.store.transactions["anchor:1"].raws) == POLICY.max_versions


def test_reorganised_transaction_is_sent_again(bench: Bench) -> None:
    bench.advance()
    bench.chain.mine()
    assert bench.advance().state is TxState.MINED
    bench.chain.reorganise(1)
    assert bench.advance().state is TxState.SENT
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_mined_again_in_another_block_after_a_reorganisation(bench: Bench) -> None:
    bench.advance()
    bench.chain.mine()
    bench.advance()
    raw = bench.chain.sent[0]
    bench.chain.reorganise(1)
    bench.chain.pool.append(raw)
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_stolen_nonce_is_replaced_by_the_next(bench: Bench) -> None:
    bench.chain.faults = ["lose request"]
    bench.advance()
    bench.chain.spend_nonce(bench.account.address)
    bench.chain.mine()
    assert bench.advance().nonce == 1
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_effect_counts_when_no_receipt_is_to_be_had(bench: Bench) -> None:
    """The node forgot old receipts, or the store is older than the chain."""
    bench.advance()
    bench.chain.mine()
    bench.chain.receipts.clear()
    assert bench.advance().state is TxState.MINED
    bench.chain.mine(2)
    assert bench.advance().state is TxState.FINAL


def test_refusal_because_it_is_done_already_is_no_failure(bench: Bench) -> None:
    bench.advance("anchor:1")
    bench.chain.mine(3)
    again = bench.advance("anchor:same batch under another name")
    assert again.state is TxState.FINAL
    assert again.nonce is None
    assert bench.chain.calls_mined() == [CALL]


def test_effect_of_others_that_is_reorganised_away_is_made_by_us(bench: Bench) -> None:
    bench.advance("anchor:1")
    bench.chain.mine()
    assert bench.advance("anchor:2").state is TxState.MINED
    bench.chain.reorganise(1)
    del bench.store.transactions["anchor:1"]
    again = bench.advance("anchor:2")
    assert (again.state, again.nonce) == (TxState.SENT, 0)
    bench.chain.mine(3)
    assert bench.advance("anchor:2").state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


@pytest.mark.parametrize("height", [0, 99])
def test_one_wrong_answer_about_the_effect_of_others_parks_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, height: int
) -> None:
    """A node that is behind has no such block, or shows another one."""
    bench.advance("anchor:1")
    bench.chain.mine()
    assert bench.advance("anchor:2").state is TxState.MINED
    bench.chain.mine(2)
    wrong, told = bench.chain.block(height), bench.chain.block
    answers = iter([wrong])
    monkeypatch.setattr(bench.chain, "block", lambda number: next(answers, told(number)))
    found = bench.advance("anchor:2")
    assert (found.state, found.nonce, next(answers, "asked")) == (TxState.FINAL, None, "asked")
    assert len(set(bench.chain.sent)) == 1


def test_what_the_contract_refuses_is_parked(bench: Bench) -> None:
    bench.chain.members.clear()
    parked = bench.advance()
    assert (parked.state, parked.reason) == (TxState.PARKED, Code.CHAIN_REVERTED)
    assert not bench.chain.sent


def test_what_is_mined_and_refused_is_parked(bench: Bench) -> None:
    bench.advance()
    bench.chain.members.clear()
    bench.chain.mine()
    assert bench.advance().reason is Code.CHAIN_REVERTED


def test_refused_replacement_gives_nothing_up(bench: Bench) -> None:
    """An older version lies in some node's pool and may still be mined."""
    bench.advance()
    members = dict(bench.chain.members)
    bench.chain.members.clear()
    bench.wait(POLICY.bump_seconds)
    assert bench.advance().state is TxState.SENT
    bench.chain.members = members
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL


def test_nonces_have_no_gap(bench: Bench) -> None:
    calls = [replace(CALL, size=size) for size in range(1, 6)]
    for number, call in enumerate(calls):
        assert bench.advance(f"anchor:{number}", call).nonce == number
    bench.chain.mine(3)
    assert bench.chain.calls_mined() == calls


def test_nobody_works_on_the_wrong_chain_or_without_its_right(bench: Bench) -> None:
    bench.sender.check(AUTHORITY, Right.ANCHOR)
    with refuses(Code.CHAIN_ACCOUNT):
        bench.sender.check(AUTHORITY, Right.CONFIRM)
    with refuses(Code.CHAIN_ACCOUNT):
        bench.sender.check(AuthorityId("another"), Right.ANCHOR)
    bench.chain.wrong = True
    with refuses(Code.CHAIN_WRONG):
        bench.sender.check(AUTHORITY, Right.ANCHOR)


def test_second_writer_is_refused(bench: Bench) -> None:
    stale = bench.advance()
    bench.store.save_transaction(stale, bench.sender.hold())
    with refuses(Code.CONFLICT):
        bench.store.save_transaction(stale, bench.sender.hold())


def test_node_that_lies_about_a_nonce_leaves_no_gap(bench: Bench) -> None:
    """It calls our nonce spent, forgets our bytes; the next nonce alone would wait for ever."""
    bench.chain.faults = ["lose request"]
    bench.advance()
    bench.chain.nonce_lies = [1, 1]
    assert bench.advance().nonce == 1
    for _ in range(3):
        bench.wait(POLICY.resend_seconds)
        bench.advance()
        bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]
    other = replace(CALL, size=9)
    bench.advance("anchor:2", other)
    bench.chain.mine(3)
    assert bench.advance("anchor:2", other).state is TxState.FINAL


def test_version_with_a_later_nonce_is_mined_before_the_end(bench: Bench) -> None:
    """The receipt came late, so a second nonce was taken; nobody may wait at its gap."""
    bench.advance()
    bench.chain.nonce_lies = [1, 1]
    bench.chain.faults = ["lose request"]
    assert bench.advance().nonce == 1
    bench.chain.mine(3)
    assert bench.advance().state is TxState.MINED
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.nonce(bench.account.address) == 2
    assert bench.chain.calls_mined() == [CALL]


def test_failure_of_an_older_version_does_not_park_a_newer_one(bench: Bench) -> None:
    members = dict(bench.chain.members)
    bench.advance()
    bench.chain.members.clear()
    bench.chain.mine()
    bench.chain.members = members
    assert bench.advance().nonce == 1
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL]


def test_pause_parks_nothing(bench: Bench) -> None:
    bench.chain.reason = "AuthorityIsPaused"
    with refuses(Code.CHAIN_UNAVAILABLE):
        bench.advance()
    assert not bench.store.transactions
    bench.chain.reason = ""
    bench.advance()
    bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL


def test_fees_rise_although_the_same_bytes_are_sent_again_and_again(bench: Bench) -> None:
    """Whoever looks often must not start the waiting anew, nor "already known" stop it."""
    for _ in range(POLICY.bump_seconds // 5 + 1):
        bench.advance()
        bench.pass_over(5)
    assert len(bench.advance().raws) == 2
    repeats = POLICY.bump_seconds // POLICY.resend_seconds
    assert len(bench.chain.sent) <= repeats + 3


def test_nonce_that_a_node_put_too_high_is_taken_back(bench: Bench) -> None:
    bench.chain.nonce_lies = [5]
    assert bench.advance().nonce == 5
    other = replace(CALL, size=9)
    assert bench.advance("anchor:2", other).nonce == 6
    for _ in range(3):
        bench.pass_over()
        bench.advance()
        bench.advance("anchor:2", other)
        bench.chain.mine(3)
    assert bench.advance().state is TxState.FINAL
    assert bench.advance("anchor:2", other).state is TxState.FINAL
    assert bench.chain.calls_mined() == [CALL, other]
    assert bench.chain.nonce(bench.account.address) == 2
