"""Suspending, giving back, proposing, superseding."""

from dataclasses import replace
from datetime import timedelta

import pytest

from anchor.calls import PROBES, ProposeCall, ReinstateCall, SupersedeCall, SuspendCall
from anchor.ports import ProposalState, Right, TxState
from anchor.sender import SendPolicy
from anchor.status_writer import (
    StatusOrder,
    StatusWriter,
    call_of,
    confirmation_of,
    order_of,
    read_statuses,
    succession,
)
from licence.domain.status import StatusWord, needs_confirmation
from licence.errors import Code
from licence.formats import decision as decisions
from licence.formats.decision import DecisionSubject
from licence.formats.tree import verify_inclusion
from licence.ids import Address, AuthorityId, BatchId, Digest, StatusIndex
from tests.fakes.anchor_store import MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, Anchoring, add_batch, leaf, make_sender
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.decisions import REVOKED
from tests.fakes.refusal import refuses

INDICES = (StatusIndex(7), StatusIndex(70))


class Bench:
    """A writer and all around it."""

    def __init__(self) -> None:
        self.chain = FakeChain(automine=True)
        self.store = MemoryAnchorStore()
        self.account = self.chain.member(0xA2, AUTHORITY, Right.PROPOSE)
        policy = SendPolicy(finality_depth=0)
        sender = make_sender(self.chain, self.account, self.store, FakeClock(), policy)
        self.writer = StatusWriter(self.chain, sender, AUTHORITY)

    def words(self) -> tuple[StatusWord, ...]:
        return read_statuses(self.chain, AUTHORITY, INDICES)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def order(word: StatusWord, decision: str) -> StatusOrder:
    return StatusOrder(AUTHORITY, word, INDICES, Digest(decision.encode().ljust(32)))


def test_suspended_and_given_back(bench: Bench) -> None:
    bench.writer.check()
    assert bench.writer.advance(order(StatusWord.SUSPENDED, "a")).state is TxState.FINAL
    assert bench.words() == (StatusWord.SUSPENDED,) * 2
    assert bench.writer.advance(order(StatusWord.NONE, "b")).state is TxState.FINAL
    assert bench.words() == (StatusWord.NONE,) * 2
    assert bench.writer.advance(order(StatusWord.SUSPENDED, "a")).state is TxState.FINAL
    assert bench.words() == (StatusWord.NONE,) * 2, "an order is carried out once"


def test_final_word_is_only_proposed(bench: Bench) -> None:
    transaction = bench.writer.advance(order_of(REVOKED))
    assert transaction.state is TxState.FINAL
    assert bench.words() == (StatusWord.NONE,) * 2
    call = call_of(order_of(REVOKED))
    assert isinstance(call, ProposeCall)
    found = bench.chain.proposal(AUTHORITY, call, bench.account.address)
    assert found is not None
    assert found.state is ProposalState.OPEN
    assert call.decision == decisions.digest(REVOKED)


def test_proposal_whose_receipt_is_lost_is_found_on_the_chain(bench: Bench) -> None:
    bench.chain.automine = False
    bench.writer.advance(order_of(REVOKED))
    bench.chain.mine()
    bench.chain.receipts.clear()
    assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL


def test_suspension_whose_receipt_is_lost_is_found_on_the_chain(bench: Bench) -> None:
    bench.chain.automine = False
    bench.writer.advance(order(StatusWord.SUSPENDED, "a"))
    bench.chain.mine()
    bench.chain.receipts.clear()
    assert bench.writer.advance(order(StatusWord.SUSPENDED, "a")).state is TxState.FINAL


def test_transition_that_the_contract_refuses_is_parked(bench: Bench) -> None:
    parked = bench.writer.advance(order(StatusWord.NONE, "a"))
    assert (parked.state, parked.reason) == (TxState.FINAL, None), "they are NONE already"
    bench.writer.advance(order(StatusWord.SUSPENDED, "b"))
    mixed = replace(order(StatusWord.SUSPENDED, "c"), indices=(StatusIndex(7), StatusIndex(8)))
    parked = bench.writer.advance(mixed)
    assert (parked.state, parked.reason) == (TxState.PARKED, Code.CHAIN_REVERTED)


def test_superseded_by_an_anchored_leaf() -> None:
    anchoring = Anchoring(policy=SendPolicy(finality_depth=0), chain=FakeChain(automine=True))
    add_batch(anchoring.store, "b", 5)
    anchoring.anchorer.advance(BatchId("b"))
    bench = Bench()
    account = anchoring.chain.member(0xA2, AUTHORITY, Right.PROPOSE)
    policy = SendPolicy(finality_depth=0)
    sender = make_sender(anchoring.chain, account, anchoring.store, FakeClock(), policy)
    bench.writer = StatusWriter(anchoring.chain, sender, AUTHORITY)
    proof = succession(INDICES[0], leaf(3), anchoring.store.manifest(BatchId("b")))
    verify_inclusion(proof.leaf, proof.leaf_index, proof.size, proof.path, proof.root)
    decision = replace(
        REVOKED,
        word=StatusWord.SUPERSEDED,
        document_no="",
        subjects=(DecisionSubject(INDICES[0], leaf(7), leaf(3)),),
    )
    assert bench.writer.advance(order_of(decision, [proof])).state is TxState.FINAL
    assert read_statuses(anchoring.chain, AUTHORITY, INDICES[:1]) == (StatusWord.SUPERSEDED,)
    with refuses(Code.NOT_FOUND):
        succession(INDICES[0], leaf(99), anchoring.store.manifest(BatchId("b")))
    with refuses(Code.STATUS_TRANSITION):
        order_of(decision)


@pytest.mark.parametrize("word", list(StatusWord))
def test_each_word_has_its_call(word: StatusWord) -> None:
    asked = order(word, "a")
    if word is StatusWord.SUPERSEDED:
        with refuses(Code.STATUS_TRANSITION):
            call_of(asked)
        return
    expected = {StatusWord.NONE: ReinstateCall, StatusWord.SUSPENDED: SuspendCall}
    assert type(call_of(asked)) is expected.get(word, ProposeCall)
    proposer = Address(b"p" * 20)
    if needs_confirmation(word):
        assert confirmation_of(asked, proposer).status is word
    else:
        with refuses(Code.STATUS_TRANSITION):
            confirmation_of(asked, proposer)


def test_superseding_nothing_is_refused() -> None:
    with refuses(Code.STATUS_TRANSITION):
        call_of(replace(order(StatusWord.SUPERSEDED, "a"), indices=()))
    assert SupersedeCall((), Digest(b"")).successions == ()


def test_order_of_another_authority_is_refused(bench: Bench) -> None:
    with refuses(Code.CHAIN_ACCOUNT):
        bench.writer.advance(replace(order_of(REVOKED), authority=AuthorityId("another")))


def test_proposal_whose_lane_another_took_is_made_again(bench: Bench) -> None:
    """It lapsed, and the contract forgot it: the decision must not be lost."""
    bench.chain.first_lane = lambda _call: 7
    assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL
    bench.chain.skip(timedelta(days=7, seconds=1))
    other = replace(order(StatusWord.WITHDRAWN, "b"), indices=(StatusIndex(300),))
    assert bench.writer.advance(other).state is TxState.FINAL
    call = call_of(order_of(REVOKED))
    assert isinstance(call, ProposeCall)
    assert bench.chain.proposal(AUTHORITY, call, bench.account.address) is None
    assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL
    found = bench.chain.proposal(AUTHORITY, call, bench.account.address)
    assert found is not None
    assert found.state is ProposalState.OPEN


def test_proposal_waits_while_all_its_lanes_are_open(bench: Bench) -> None:
    bench.chain.first_lane = lambda _call: 250
    for place in range(PROBES):
        other = replace(order(StatusWord.WITHDRAWN, str(place)), indices=(StatusIndex(place),))
        assert bench.writer.advance(other).state is TxState.FINAL
    with refuses(Code.CHAIN_UNAVAILABLE):
        bench.writer.advance(order_of(REVOKED))
    bench.chain.skip(timedelta(days=7, seconds=1))
    assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL
