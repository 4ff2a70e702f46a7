"""A batch from frozen to evidence, through crashes."""

import itertools
from datetime import timedelta

import pytest

from anchor.calls import AnchorCall
from anchor.ports import BatchState, Receipt
from anchor.sender import SendPolicy
from licence.errors import AnzhengError, Code
from licence.formats import evidence as evidences
from licence.ids import Address, BatchId, Leaf
from tests.fakes.anchor_store import Crash, MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, REGISTRY, Anchoring, add_batch, leaf
from tests.fakes.chain import FakeChain
from tests.fakes.refusal import refuses

AT_ONCE = SendPolicy(finality_depth=0)


def run(anchoring: Anchoring, name: str) -> BatchState:
    """Let the chain and the anchorer take turns."""
    for _ in range(5):
        anchoring.anchorer.advance(BatchId(name))
        anchoring.chain.mine()
    return anchoring.anchorer.advance(BatchId(name)).state


def test_batch_goes_through_its_states_and_every_leaf_gets_evidence() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1", 3)
    advance = anchoring.anchorer.advance
    assert advance(BatchId("b1")).state is BatchState.SENT
    assert advance(BatchId("b1")).state is BatchState.SENT
    anchoring.chain.mine(3)
    assert anchoring.store.evidence(leaf(0)) is None
    batch = advance(BatchId("b1"))
    assert batch.state is BatchState.DONE
    for number in range(3):
        found = anchoring.store.evidence(leaf(number))
        assert found is not None
        anchoring.judge.accept(leaf(number), found)
        record = evidences.decode(found).record
        assert (record.block_number, record.sequence, record.size) == (1, 1, 3)
        assert (record.chain_id, record.contract) == (20260, anchoring.chain.contract)


def test_advance_again_changes_nothing() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1")
    assert run(anchoring, "b1") is BatchState.DONE
    before = dict(anchoring.store.evidences)
    assert anchoring.anchorer.advance(BatchId("b1")).state is BatchState.DONE
    assert anchoring.store.evidences == before
    assert len(anchoring.chain.calls_mined()) == 1


def test_many_batches_share_one_growing_log() -> None:
    anchoring = Anchoring(policy=AT_ONCE, chain=FakeChain(automine=True))
    for number in range(5):
        add_batch(anchoring.store, f"b{number}", 2, 2 * number)
        done = anchoring.anchorer.advance_all()
        assert [batch.state for batch in done] == [BatchState.DONE]
        assert done[0].log_index == number
    assert len(anchoring.store.log_records(REGISTRY, AUTHORITY)) == 5
    for number in range(10):
        found = anchoring.store.evidence(leaf(number))
        assert found is not None
        anchoring.judge.accept(leaf(number), found)


@pytest.mark.parametrize("step", range(1, 12))
def test_crash_after_every_durable_step_loses_and_doubles_nothing(step: int) -> None:
    writes = itertools.count(1)
    store = MemoryAnchorStore()
    anchoring = Anchoring(store, policy=AT_ONCE, chain=FakeChain(automine=True))
    add_batch(store, "b1", 4)

    def crash() -> None:
        if next(writes) == step:
            raise Crash

    store.on_write = crash
    try:
        state = anchoring.anchorer.advance(BatchId("b1")).state
    except Crash:
        assert store.batches[BatchId("b1")].state is not BatchState.PARKED
        state = anchoring.restart().advance(BatchId("b1")).state
    else:
        assert next(writes) <= step, "there are more durable steps than are tried here"
    assert state is BatchState.DONE
    calls = anchoring.chain.calls_mined()
    assert len(calls) == 1
    assert isinstance(calls[0], AnchorCall)
    assert len(store.log_records(REGISTRY, AUTHORITY)) == 1
    assert all(store.evidence(leaf(number)) is not None for number in range(4))


@pytest.mark.parametrize("fault", ["lose request", "lose answer"])
def test_crash_while_sending_loses_and_doubles_nothing(fault: str) -> None:
    """SIGKILL between the send and the write that says so."""
    store = MemoryAnchorStore()
    anchoring = Anchoring(store)
    add_batch(store, "b1")
    writes = itertools.count(1)

    def crash() -> None:
        if next(writes) == 2:
            raise Crash

    anchoring.chain.faults = [fault]
    store.on_write = crash
    with pytest.raises(Crash):
        anchoring.anchorer.advance(BatchId("b1"))
    store.on_write = lambda: None
    anchoring.restart()
    assert run(anchoring, "b1") is BatchState.DONE
    assert len(anchoring.chain.calls_mined()) == 1


def test_reorganisation_before_final_is_cured() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1")
    anchoring.anchorer.advance(BatchId("b1"))
    anchoring.chain.mine(2)
    anchoring.anchorer.advance(BatchId("b1"))
    anchoring.chain.reorganise(2)
    assert run(anchoring, "b1") is BatchState.DONE
    assert len(anchoring.chain.calls_mined()) == 1


def test_record_names_the_block_with_the_batch_and_no_other_of_the_same_second() -> None:
    anchoring = Anchoring()
    chain = anchoring.chain
    add_batch(anchoring.store, "b1")
    anchoring.anchorer.advance(BatchId("b1"))
    raw = chain.pool.pop()
    chain.mine()
    wrong = chain.blocks[-1].block
    chain.receipts[raw] = Receipt(succeeded=True, block_number=1, block_hash=wrong.hash)
    anchoring.anchorer.advance(BatchId("b1"))
    assert anchoring.store.transactions["anchor:b1"].block_hash == wrong.hash
    chain.pool.append(raw)
    chain.skip(timedelta(seconds=-1))
    right = chain.blocks[-1].block
    assert wrong.time == right.time
    chain.mine(3)
    with refuses(Code.CHAIN_UNAVAILABLE):
        anchoring.anchorer.advance(BatchId("b1"))
    assert run(anchoring, "b1") is BatchState.DONE
    record = anchoring.store.batches[BatchId("b1")].record
    assert record is not None
    assert evidences.decode_record(record).block_hash == right.hash


def test_chain_that_takes_back_what_was_final_stops_the_batch() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1")
    anchoring.anchorer.advance(BatchId("b1"))
    anchoring.chain.mine(3)

    def crash() -> None:
        if anchoring.store.transactions["anchor:b1"].state == "final":
            raise Crash

    anchoring.store.on_write = crash
    with pytest.raises(Crash):
        anchoring.anchorer.advance(BatchId("b1"))
    anchoring.store.on_write = lambda: None
    anchoring.chain.reorganise(3)
    with refuses(Code.CHAIN_REORGANISED):
        anchoring.anchorer.advance(BatchId("b1"))


def test_batch_that_the_contract_refuses_is_parked_with_its_reason() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1")
    anchoring.chain.members.clear()
    batch = anchoring.anchorer.advance(BatchId("b1"))
    assert (batch.state, batch.reason) == (BatchState.PARKED, Code.CHAIN_REVERTED)
    assert anchoring.anchorer.advance_all() == ()


def test_without_witnesses_the_batch_waits_in_the_log() -> None:
    anchoring = Anchoring(policy=AT_ONCE, chain=FakeChain(automine=True))
    add_batch(anchoring.store, "b1")
    saved = dict(anchoring.witness_stores)
    anchoring.witness_stores.clear()
    anchoring.restart()
    with refuses(Code.WITNESS_REFUSED):
        anchoring.anchorer.advance(BatchId("b1"))
    assert anchoring.store.batches[BatchId("b1")].state is BatchState.LOGGED
    anchoring.witness_stores.update(saved)
    assert anchoring.restart().advance(BatchId("b1")).state is BatchState.DONE


def test_evidence_that_the_judge_refuses_is_not_handed_out() -> None:
    class Refusing:
        def accept(self, leaf: Leaf, evidence: bytes) -> None:
            del leaf, evidence
            raise AnzhengError(Code.ANCHOR_WITNESS, "no")

    anchoring = Anchoring(policy=AT_ONCE, chain=FakeChain(automine=True))
    add_batch(anchoring.store, "b1")
    anchoring.anchorer._judge = Refusing()
    with refuses(Code.ANCHOR_WITNESS):
        anchoring.anchorer.advance(BatchId("b1"))
    assert anchoring.store.evidence(leaf(0)) is None
    assert anchoring.store.batches[BatchId("b1")].state is BatchState.COSIGNED


def test_check_refuses_an_account_without_the_right() -> None:
    anchoring = Anchoring()
    anchoring.anchorer.check()
    anchoring.chain.members.clear()
    with refuses(Code.CHAIN_ACCOUNT):
        anchoring.anchorer.check()


def test_check_finds_a_chain_that_was_put_back() -> None:
    anchoring = Anchoring()
    add_batch(anchoring.store, "b1")
    run(anchoring, "b1")
    anchoring.anchorer.check()
    anchoring.chain.reorganise(len(anchoring.chain.blocks) - 1)
    with refuses(Code.CHAIN_REORGANISED):
        anchoring.anchorer.check()
    anchoring.chain.mine(9)
    with refuses(Code.CHAIN_REORGANISED):
        anchoring.anchorer.check()
    anchoring.chain.contract = Address(b"\xdd" * 20)
    anchoring.anchorer.check()


def test_unknown_batch_is_refused() -> None:
    with refuses(Code.NOT_FOUND):
        Anchoring().anchorer.advance(BatchId("none"))


def test_batch_that_needs_a_person_does_not_hold_up_the_others() -> None:
    class Picky:
        def accept(self, leaf: Leaf, evidence: bytes) -> None:
            del evidence
            if leaf == bad:
                raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "no")

    bad = leaf(0)
    anchoring = Anchoring(policy=AT_ONCE, chain=FakeChain(automine=True))
    add_batch(anchoring.store, "b1")
    add_batch(anchoring.store, "b2", first=3)
    anchoring.anchorer._judge = Picky()
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        anchoring.anchorer.advance_all()
    states = {batch.id: batch.state for batch in anchoring.store.batches.values()}
    assert states == {"b1": BatchState.COSIGNED, "b2": BatchState.DONE}
