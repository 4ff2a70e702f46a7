"""An authority's anchor process before the real contract on a real anvil."""

import time
from datetime import timedelta
from itertools import count
from typing import Any

from anchor.chain.codec import ANCHORED_TOPIC
from anchor.chain.rpc import Rpc
from anchor.log import AuthorityLog
from anchor.ports import (
    AnchorBatch,
    AnchorStore,
    BatchState,
    ChainAccount,
    Right,
    Transaction,
    TxState,
)
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from licence.errors import AnzhengError
from licence.formats.evidence import decode_record
from licence.ids import BatchId
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    REGISTRY,
    StrictJudge,
    ed25519,
    leaf,
    witness,
)
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import DevChain

POLICY = SendPolicy(finality_depth=1, resend_seconds=0, bump_seconds=120)
PASSES = 150
PATIENCE_SECONDS = 60.0
"""A machine that is busy lets answers come late: so long is gone on at least."""

PAUSE = 0.005
PASS_SECONDS = 20


class AnchorOffice:
    """An authority's anchor process; `restart` is what a new process sees."""

    def __init__(
        self,
        dev: DevChain,
        node: Rpc | None = None,
        *,
        store: AnchorStore | None = None,
        policy: SendPolicy = POLICY,
        holder: str = "one",
    ) -> None:
        self.dev = dev
        self.node = node
        self.store = store or MemoryAnchorStore()
        self.policy = policy
        self.holder = holder
        self.seen = MemoryWitnessStore()
        self.clock = FakeClock()
        self.errors: list[str] = []
        self.restart()

    def restart(self, account: ChainAccount | None = None) -> Anchorer:
        one = witness("w1.example", self.seen, self.clock)
        log = AuthorityLog(IDENTITY, ed25519("log").sign, self.store, [one], 1)
        self.judge = StrictJudge((one.key,), 1)
        self.account = account or self.dev.account(Right.ANCHOR, self.node)
        chain = self.dev.chain(self.node)
        sender = Sender(chain, self.account, self.store, self.clock, self.policy, self.holder)
        self.anchorer = Anchorer(chain, sender, self.store, log, self.judge)
        return self.anchorer

    @property
    def memory(self) -> MemoryAnchorStore:
        """The store, where it is in memory."""
        assert isinstance(self.store, MemoryAnchorStore)
        return self.store

    def finish(self, name: str, *, mine: bool = True) -> AnchorBatch:
        """Let chain and anchorer take turns until the batch is closed."""
        end = time.monotonic() + PATIENCE_SECONDS
        passes = count()
        while next(passes) < PASSES or time.monotonic() < end:
            batch = self.pass_over(name, seconds=PASS_SECONDS)
            if batch.state in (BatchState.DONE, BatchState.PARKED):
                return batch
            if mine:
                self.dev.devnet.mine()
            time.sleep(PAUSE)
        raise AssertionError(f"the batch does not get on: {self.errors[-3:]}")

    def pass_until_mined(self, name: str) -> None:
        """Pass over a batch until its transaction is in a block."""
        self.pass_over(name)
        self.dev.wait_for(self.transaction(name).raws[-1])
        self.pass_over(name)
        assert self.transaction(name).state is TxState.MINED

    def pass_over(self, name: str, *, seconds: int = 0) -> AnchorBatch:
        """One pass after some time; an error is remembered, and is no reason to stop."""
        self.clock.advance(timedelta(seconds=seconds))
        try:
            return self.anchorer.advance(BatchId(name))
        except AnzhengError as error:
            self.errors.append(error.code.value)
            found = self.store.batch(BatchId(name))
            assert found is not None
            return found

    def transaction(self, name: str) -> Transaction:
        """Return the transaction of a batch."""
        found = self.store.transaction(f"anchor:{name}")
        assert found is not None
        return found

    def check_once(self, name: str, count: int, first: int = 0) -> None:
        """Every leaf has evidence that is accepted, and the chain has the batch once."""
        batch = self.store.batch(BatchId(name))
        assert batch is not None
        assert batch.record is not None
        for number in range(first, first + count):
            evidence = self.store.evidence(leaf(number))
            assert evidence is not None
            self.judge.accept(leaf(number), evidence)
        record = decode_record(batch.record)
        slot = self.dev.chain().anchored(AUTHORITY, batch.root, batch.size, batch.manifest)
        assert slot is not None
        assert (slot.sequence, slot.time) == (record.sequence, record.block_time)
        records = self.store.log_records(REGISTRY, AUTHORITY)
        assert len(set(records)) == len(records)
        (event,) = self._events_of(batch)
        assert int(event["blockNumber"], 16) == record.block_number
        assert event["blockHash"] == f"0x{record.block_hash.hex()}"

    def check_nonces(self) -> None:
        """No nonce of the account was left out, and none was used for anything else."""
        nonces = [row.nonce for row in self.memory.transactions.values()]
        mined = self.dev.chain().nonce(self.account.address)
        assert sorted(nonce for nonce in nonces if nonce is not None) == list(range(mined))

    def anchored(self) -> int:
        """Return how many batches the chain has ever been given."""
        return len(self._events())

    def _events_of(self, batch: AnchorBatch) -> list[dict[str, Any]]:
        root = f"0x{batch.root.hex()}"
        return [event for event in self._events() if root in event["topics"]]

    def _events(self) -> list[dict[str, Any]]:
        wanted = {"fromBlock": "0x0", "topics": [f"0x{ANCHORED_TOPIC.hex()}"]}
        return list(self.dev.node.ask("eth_getLogs", wanted))
