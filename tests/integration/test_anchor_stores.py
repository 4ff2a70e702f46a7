"""What the anchorer may expect of a store: the same for memory and for the database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anchor.log import AuthorityLog
from anchor.ports import (
    AnchorStore,
    BatchState,
    LeafEvidence,
    Lease,
    Right,
    Transaction,
    TransactionStore,
    TxState,
    WitnessStore,
)
from anchor.sender import SendPolicy
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from anzheng.witnesses import FileWitnessStore
from licence.errors import Code
from licence.formats.checkpoint import Checkpoint
from licence.ids import Address, AuthorityId, BatchId, BlockHash, MerkleRoot
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    REGISTRY,
    StrictJudge,
    add_batch,
    ed25519,
    leaf,
    make_anchorer,
    witness,
)
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

ACCOUNT = Address(b"\xa1" * 20)
TRANSACTION = Transaction(
    purpose="anchor:b",
    account=ACCOUNT,
    nonce=3,
    raws=(b"first", b"second"),
    state=TxState.SENT,
    sent_at=FakeClock().now(),
)


NOW = FakeClock().now()
LEASE_SECONDS = 60


def held(store: TransactionStore, holder: str = "we") -> Lease:
    """Return the lease under which all is written here."""
    return store.take_lease("account", holder, NOW, LEASE_SECONDS)


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnchorStore]:
    if request.param == "memory":
        yield MemoryAnchorStore()
        return
    url = f"sqlite:///{tmp_path / 'anzheng.sqlite3'}"
    migrate(url)
    opened = Store(url)
    yield SqlAnchorStore(opened)
    opened.close()


@pytest.fixture(params=["memory", "file"])
def witness_store(request: pytest.FixtureRequest, tmp_path: Path) -> WitnessStore:
    makers: dict[str, Callable[[], WitnessStore]] = {
        "memory": MemoryWitnessStore,
        "file": lambda: FileWitnessStore(tmp_path),
    }
    return makers[request.param]()


def test_transaction_reads_back_with_everything(store: AnchorStore) -> None:
    assert store.transaction("anchor:b") is None
    saved = store.save_transaction(TRANSACTION, held(store))
    assert saved == replace(TRANSACTION, revision=1)
    final = replace(
        saved,
        state=TxState.PARKED,
        sent_at=None,
        block_number=7,
        block_hash=BlockHash(b"h" * 32),
        reason=Code.CHAIN_REVERTED,
    )
    assert store.save_transaction(final, held(store)) == replace(final, revision=2)
    assert store.transaction("anchor:b") == replace(final, revision=2)


def test_transaction_of_another_revision_is_refused(store: AnchorStore) -> None:
    saved = store.save_transaction(TRANSACTION, held(store))
    with refuses(Code.CONFLICT):
        store.save_transaction(TRANSACTION, held(store))
    store.save_transaction(saved, held(store))
    with refuses(Code.CONFLICT):
        store.save_transaction(saved, held(store))


def test_nonce_is_given_once_in_an_account(store: AnchorStore) -> None:
    assert store.highest_nonce(ACCOUNT) is None
    store.save_transaction(TRANSACTION, held(store))
    store.save_transaction(
        replace(TRANSACTION, purpose="other", account=Address(b"\xb1" * 20)), held(store)
    )
    with refuses(Code.CONFLICT):
        store.save_transaction(replace(TRANSACTION, purpose="anchor:c"), held(store))
    for number in range(2):
        store.save_transaction(
            replace(TRANSACTION, purpose=f"none {number}", nonce=None), held(store)
        )
    assert store.highest_nonce(ACCOUNT) == 3


def test_only_one_holder_writes_and_the_fence_grows(store: AnchorStore) -> None:
    first = held(store)
    assert held(store) == first
    with refuses(Code.LEASE_LOST):
        held(store, "others")
    late = NOW + timedelta(seconds=LEASE_SECONDS)
    second = store.take_lease("account", "others", late, LEASE_SECONDS)
    assert second.fence > first.fence
    for write in (
        lambda: store.save_transaction(TRANSACTION, first),
        lambda: store.save_batch(add_batch(store, "b"), first),
        lambda: store.save_evidence(BatchId("b"), [LeafEvidence(leaf(0), b"one")], first),
    ):
        with refuses(Code.LEASE_LOST):
            write()
    assert store.transaction(TRANSACTION.purpose) is None
    assert store.save_transaction(TRANSACTION, second).revision == 1


def test_released_lease_is_free_at_once_and_its_fence_is_spent(store: AnchorStore) -> None:
    first = held(store)
    store.release_lease(first)
    with refuses(Code.LEASE_LOST):
        store.save_transaction(TRANSACTION, first)
    second = held(store, "others")
    assert second.fence > first.fence
    store.release_lease(first)
    store.save_transaction(TRANSACTION, second)
    with refuses(Code.LEASE_LOST):
        held(store)


def test_batch_is_added_once_and_saved_by_revision(store: AnchorStore) -> None:
    assert store.batch(BatchId("b")) is None
    with refuses(Code.NOT_FOUND):
        store.manifest(BatchId("b"))
    added = add_batch(store, "b")
    assert add_batch(store, "b") == added == store.batch(BatchId("b"))
    with refuses(Code.CONFLICT):
        store.add_batch(replace(added, size=9), b"")
    moved = store.save_batch(
        replace(
            added,
            state=BatchState.COSIGNED,
            record=b"record",
            log_index=0,
            checkpoint=b"note",
            reason=Code.CHAIN_REVERTED,
        ),
        held(store),
    )
    assert store.batch(BatchId("b")) == moved
    with refuses(Code.CONFLICT):
        store.save_batch(added, held(store))


def test_open_batches_come_oldest_first(store: AnchorStore) -> None:
    added = [add_batch(store, f"b{number}", 2, 2 * number) for number in range(4)]
    store.save_batch(replace(added[1], state=BatchState.DONE), held(store))
    store.save_batch(replace(added[2], state=BatchState.PARKED), held(store))
    assert [batch.id for batch in store.open_batches(REGISTRY, AUTHORITY)] == ["b0", "b3"]
    assert store.open_batches(REGISTRY, AuthorityId("11210000009876543X")) == ()


def test_record_keeps_its_place(store: AnchorStore) -> None:
    places = [
        store.append_log_record(REGISTRY, AUTHORITY, record) for record in (b"a", b"b", b"a", b"c")
    ]
    assert places == [0, 1, 0, 2]
    assert store.log_records(REGISTRY, AUTHORITY) == (b"a", b"b", b"c")
    assert store.log_records(REGISTRY, AuthorityId("11210000009876543X")) == ()


def test_evidence_is_there_when_its_batch_is_done(store: AnchorStore) -> None:
    added = add_batch(store, "b")
    store.save_evidence(BatchId("b"), [LeafEvidence(leaf(0), b"one")], held(store))
    both = [LeafEvidence(leaf(0), b"two"), LeafEvidence(leaf(1), b"x")]
    store.save_evidence(BatchId("b"), both, held(store))
    assert store.evidence(leaf(0)) is None
    store.save_batch(replace(added, state=BatchState.DONE), held(store))
    assert store.evidence(leaf(0)) == b"two"
    assert store.evidence(leaf(9)) is None


def test_anchorer_works_on_it(store: AnchorStore, witness_store: WitnessStore) -> None:
    chain, clock = FakeChain(automine=True), FakeClock()
    one = witness("w1.example", witness_store, clock)
    log = AuthorityLog(IDENTITY, ed25519("log").sign, store, [one], 1)
    account = chain.member(0xA1, AUTHORITY, Right.ANCHOR)
    judge = StrictJudge((one.key,), 1)
    policy = SendPolicy(finality_depth=0)
    for number in range(3):
        add_batch(store, f"b{number}", 2, 2 * number)
        anchorer = make_anchorer(chain, account, store, log, judge, clock, policy)
        anchorer.check()
        done = anchorer.advance_all()
        assert [batch.state for batch in done] == [BatchState.DONE]
        assert store.evidence(leaf(2 * number)) is not None


def test_witness_remembers(witness_store: WitnessStore) -> None:
    first = Checkpoint("anzheng/x/y", 1, MerkleRoot(b"1" * 32))
    second = Checkpoint("anzheng/x/y", 2, MerkleRoot(b"2" * 32))
    assert witness_store.seen(first.origin) is None
    witness_store.remember(first, instead_of=None)
    with refuses(Code.CONFLICT):
        witness_store.remember(second, instead_of=None)
    witness_store.remember(second, instead_of=first)
    assert witness_store.seen(first.origin) == second
