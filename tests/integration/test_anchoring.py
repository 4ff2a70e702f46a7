"""The anchorer on anvil: killed, restarted, lied to."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchor.chain.devnet import Devnet, running
from anchor.chain.node import Node
from anchor.confirmer import Confirmer
from anchor.log import AuthorityLog
from anchor.ports import AnchorBatch, BatchState, Right, TxState
from anchor.publish import Anchorer
from anchor.sender import SendPolicy
from anchor.status_writer import StatusWriter, order_of, read_statuses
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.decision import encode
from licence.formats.evidence import decode_record
from licence.ids import BatchId
from tests.fakes.anchor_store import (
    Crash,
    MemoryAnchorStore,
    MemoryTransactionStore,
    MemoryWitnessStore,
)
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    REGISTRY,
    StrictJudge,
    add_batch,
    ed25519,
    leaf,
    make_anchorer,
    make_sender,
    witness,
)
from tests.fakes.clock import FakeClock
from tests.fakes.decisions import OFFICERS, REVOKED, pinned, signed
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain
from tests.fakes.faulty_proxy import FaultyProxy

pytestmark = pytest.mark.tools(str(ANVIL))

POLICY = SendPolicy(finality_depth=1, resend_seconds=0, bump_seconds=600)


class Office:
    """An authority's anchor process; `restart` is what a new process sees."""

    def __init__(self, dev: DevChain, node: Node | None = None) -> None:
        self.dev = dev
        self.node = node
        self.store = MemoryAnchorStore()
        self.seen = MemoryWitnessStore()
        self.restart()

    def restart(self) -> Anchorer:
        clock = FakeClock()
        one = witness("w1.example", self.seen, clock)
        log = AuthorityLog(IDENTITY, ed25519("log").sign, self.store, [one], 1)
        self.judge = StrictJudge((one.key,), 1)
        account = self.dev.account(Right.ANCHOR, self.node)
        self.anchorer = make_anchorer(
            self.dev.chain(self.node), account, self.store, log, self.judge, clock, POLICY
        )
        return self.anchorer

    def finish(self, name: str) -> AnchorBatch:
        """Let chain and anchorer take turns until the batch is closed."""
        for _ in range(100):
            batch = self.pass_over(name)
            if batch.state in (BatchState.DONE, BatchState.PARKED):
                return batch
            self.dev.devnet.mine()
            time.sleep(0.02)
        pytest.fail("the batch does not get on")

    def pass_over(self, name: str) -> AnchorBatch:
        """One pass; a node that is away is no reason to stop."""
        try:
            return self.anchorer.advance(BatchId(name))
        except AnzhengError as error:
            if error.code is not Code.CHAIN_UNAVAILABLE:
                raise
            found = self.store.batch(BatchId(name))
            assert found is not None
            return found

    def check_once(self, name: str, count: int, first: int = 0) -> None:
        """Every leaf has evidence, and the chain has the batch once, in one transaction."""
        batch = self.store.batches[BatchId(name)]
        for number in range(first, first + count):
            evidence = self.store.evidence(leaf(number))
            assert evidence is not None
            self.judge.accept(leaf(number), evidence)
        assert batch.record is not None
        record = decode_record(batch.record)
        slot = self.dev.chain().anchored(AUTHORITY, batch.root, batch.size, batch.manifest)
        assert slot is not None
        assert (slot.sequence, slot.time) == (record.sequence, record.block_time)
        records = self.store.log_records(REGISTRY, AUTHORITY)
        assert len(set(records)) == len(records) == len(self.store.batches)
        nonces = [row.nonce for row in self.store.transactions.values()]
        mined = self.dev.chain().nonce(self.dev.account(Right.ANCHOR).address)
        assert sorted(nonce for nonce in nonces if nonce is not None) == list(range(mined))


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    with running(Devnet(ANVIL, tmp_path, CHAIN_ID)) as devnet:
        yield DevChain(devnet)


def test_batches_are_anchored_and_every_leaf_has_evidence(dev: DevChain) -> None:
    office = Office(dev)
    office.anchorer.check()
    for number in range(3):
        add_batch(office.store, f"b{number}", 4, 4 * number)
    for number in range(3):
        assert office.finish(f"b{number}").state is BatchState.DONE
    for number in range(3):
        office.check_once(f"b{number}", 4, 4 * number)


def test_process_killed_after_every_durable_step(dev: DevChain) -> None:
    """A new batch for each step; the process dies just after it wrote, and another goes on."""
    office = Office(dev)
    for step in range(1, 10):
        name, writes = f"b{step}", itertools.count(1)
        add_batch(office.store, name, 2, 2 * step)

        def crash(writes: Iterator[int] = writes, step: int = step) -> None:
            if next(writes) == step:
                raise Crash

        office.store.on_write = crash
        with pytest.raises(Crash):
            office.finish(name)
        office.store.on_write = lambda: None
        office.restart()
        assert office.finish(name).state is BatchState.DONE
        office.check_once(name, 2, 2 * step)


def test_chain_killed_and_started_again_in_the_middle_of_a_batch(dev: DevChain) -> None:
    office = Office(dev)
    add_batch(office.store, "before", 2, 0)
    office.finish("before")
    dev.devnet.settle()
    add_batch(office.store, "b", 5, 10)
    assert office.pass_over("b").state is BatchState.SENT
    # Its block may not have been written yet: then it is gone with the kill.
    dev.devnet.kill()
    assert office.pass_over("b").state is BatchState.SENT
    dev.devnet.start()
    assert office.finish("b").state is BatchState.DONE
    office.check_once("before", 2, 0)
    office.check_once("b", 5, 10)
    office.anchorer.check()


def test_chain_stopped_in_order_keeps_everything(dev: DevChain) -> None:
    office = Office(dev)
    add_batch(office.store, "b", 5)
    office.finish("b")
    height, block = dev.chain().height(), dev.chain().block(1)
    dev.devnet.stop()
    dev.devnet.start()
    assert (dev.chain().height(), dev.chain().block(1)) == (height, block)
    dev.chain().check()
    office.check_once("b", 5)


@pytest.mark.parametrize("fault", ["lose request", "lose answer", "503"])
@pytest.mark.parametrize("times", [1, 4])
def test_faults_between_us_and_the_node(dev: DevChain, fault: str, times: int) -> None:
    proxy = FaultyProxy(dev.devnet.url)
    try:
        office = Office(dev, Node(proxy.url, timeout_seconds=5))
        add_batch(office.store, "b", 3)
        proxy.faults["eth_sendRawTransaction"] = [fault] * times
        proxy.faults["eth_getTransactionReceipt"] = [fault] * times
        proxy.faults["eth_getBlockByNumber"] = [fault]
        assert office.finish("b").state is BatchState.DONE
        office.check_once("b", 3)
    finally:
        proxy.close()


def test_reorganisation_before_final(dev: DevChain) -> None:
    office = Office(dev)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    time.sleep(0.2)
    office.pass_over("b")
    assert office.store.transactions["anchor:b"].state is TxState.MINED
    dev.node.ask("anvil_reorg", 1, [])
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)


def test_pool_that_is_emptied(dev: DevChain) -> None:
    dev.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON
    office = Office(dev)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    address = "0x" + dev.account(Right.ANCHOR).address.hex()
    dev.node.ask("anvil_removePoolTransactions", address)
    dev.devnet.mine()
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)


def test_final_status_from_decision_to_chain(dev: DevChain) -> None:
    chain, clock = dev.chain(), FakeClock()
    sender = make_sender(chain, dev.account(Right.PROPOSE), MemoryTransactionStore(), clock, POLICY)
    writer = StatusWriter(chain, sender, AUTHORITY)
    account = dev.account(Right.CONFIRM)
    sender = make_sender(chain, account, MemoryTransactionStore(), clock, POLICY)
    confirmer = Confirmer(
        chain,
        sender,
        account.address,
        AUTHORITY,
        pinned(*OFFICERS[:2]),
        clock,
        registry=REGISTRY,
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
