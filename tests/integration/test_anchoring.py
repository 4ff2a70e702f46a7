"""The anchorer on anvil: killed, restarted, lied to."""

import itertools
from collections.abc import Iterator

import pytest

from anchor.confirmer import Confirmer
from anchor.ports import BatchState, Right, TxState
from anchor.status_writer import StatusWriter, order_of, read_statuses
from licence.domain.status import StatusWord
from licence.formats.decision import encode
from tests.fakes.anchor_office import POLICY, AnchorOffice
from tests.fakes.anchor_store import (
    Crash,
    MemoryTransactionStore,
)
from tests.fakes.anchoring import (
    AUTHORITY,
    REGISTRY,
    add_batch,
    make_sender,
)
from tests.fakes.clock import FakeClock
from tests.fakes.decisions import OFFICERS, REVOKED, pinned, signed
from tests.fakes.devchain import ANVIL, DevChain

pytestmark = pytest.mark.tools(str(ANVIL))


def test_batches_are_anchored_and_every_leaf_has_evidence(dev: DevChain) -> None:
    office = AnchorOffice(dev)
    office.anchorer.check()
    for number in range(3):
        add_batch(office.store, f"b{number}", 4, 4 * number)
    for number in range(3):
        assert office.finish(f"b{number}").state is BatchState.DONE
    for number in range(3):
        office.check_once(f"b{number}", 4, 4 * number)
    office.check_nonces()


def test_process_killed_after_every_durable_step(dev: DevChain) -> None:
    """A new batch for each step; the process dies just after it wrote, and another goes on."""
    office = AnchorOffice(dev)
    for step in range(1, 10):
        name, writes = f"b{step}", itertools.count(1)
        add_batch(office.store, name, 2, 2 * step)

        def crash(writes: Iterator[int] = writes, step: int = step) -> None:
            if next(writes) == step:
                raise Crash

        office.memory.on_write = crash
        with pytest.raises(Crash):
            office.finish(name)
        office.memory.on_write = lambda: None
        office.restart()
        assert office.finish(name).state is BatchState.DONE
        office.check_once(name, 2, 2 * step)
    office.check_nonces()


def test_chain_killed_and_started_again_in_the_middle_of_a_batch(lasting: DevChain) -> None:
    office = AnchorOffice(lasting)
    add_batch(office.store, "before", 2, 0)
    office.finish("before")
    lasting.devnet.settle()
    add_batch(office.store, "b", 5, 10)
    assert office.pass_over("b").state is BatchState.SENT
    # Its block may not have been written yet: then it is gone with the kill.
    lasting.devnet.kill()
    assert office.pass_over("b").state is BatchState.SENT
    lasting.devnet.start()
    assert office.finish("b").state is BatchState.DONE
    office.check_once("before", 2, 0)
    office.check_once("b", 5, 10)
    office.anchorer.check()


def test_chain_stopped_in_order_keeps_everything(lasting: DevChain) -> None:
    office = AnchorOffice(lasting)
    add_batch(office.store, "b", 5)
    office.finish("b")
    height, block = lasting.chain().height(), lasting.chain().block(1)
    lasting.devnet.stop()
    lasting.devnet.start()
    assert (lasting.chain().height(), lasting.chain().block(1)) == (height, block)
    lasting.chain().check()
    office.check_once("b", 5)


def test_final_status_from_decision_to_chain(dev: DevChain) -> None:
    chain, clock = dev.chain(), FakeClock()
    sender = make_sender(chain, dev.account(Right.PROPOSE), MemoryTransactionStore(), clock, POLICY)
    writer = StatusWriter(chain, sender, AUTHORITY)
    account = dev.account(Right.CONFIRM)
    sender = make_sender(chain, account, MemoryTransactionStore(), clock, POLICY)
    confirmer = Confirmer(
        chain,
        sender,
        AUTHORITY,
        pinned(*OFFICERS[:2]),
        clock,
        registry=REGISTRY,
        proposers=(dev.account(Right.PROPOSE).address,),
    )
    writer.check()
    confirmer.check()
    states = []
    for _ in range(100):
        states.append(writer.advance(order_of(REVOKED)).state)
        if states[-1] is TxState.FINAL:
            break
        dev.devnet.mine()
    for _ in range(100):
        states.append(confirmer.advance(encode(signed(REVOKED, *OFFICERS[:2]))).state)
        if states[-1] is TxState.FINAL:
            break
        dev.devnet.mine()
    indices = [subject.index for subject in REVOKED.subjects]
    assert read_statuses(chain, AUTHORITY, indices) == (StatusWord.REVOKED,) * 2
