"""Stores of the anchor package in memory, with the same refusals as a database."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from anchor.ports import AnchorBatch, BatchState, LeafEvidence, Lease, Transaction
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import Checkpoint
from licence.ids import Address, AuthorityId, BatchId, Leaf, RegistryId


class Crash(Exception):  # noqa: N818 - not an error of ours: the power is gone
    """The process dies here."""


class MemoryTransactionStore:
    """Transactions in memory; `on_write` is called after every durable step."""

    def __init__(self, on_write: Callable[[], None] | None = None) -> None:
        self.transactions: dict[str, Transaction] = {}
        self.leases: dict[str, Lease] = {}
        self.on_write = on_write or (lambda: None)

    def take_lease(self, name: str, holder: str, now: datetime, seconds: int) -> Lease:
        found = self.leases.get(name) or Lease(name, holder, 0, now)
        if found.holder != holder and now < found.until:
            raise AnzhengError(Code.LEASE_LOST, "another one writes")
        same = name in self.leases and found.holder == holder
        fence = found.fence if same else found.fence + 1
        self.leases[name] = Lease(name, holder, fence, now + timedelta(seconds=seconds))
        return self.leases[name]

    def release_lease(self, lease: Lease) -> None:
        found = self.leases.get(lease.name)
        if found and (found.holder, found.fence) == (lease.holder, lease.fence):
            self.leases[lease.name] = replace(
                found, holder="", until=found.until - timedelta(days=1)
            )

    def require(self, lease: Lease) -> None:
        found = self.leases.get(lease.name)
        if not found or (found.holder, found.fence) != (lease.holder, lease.fence):
            raise AnzhengError(Code.LEASE_LOST, "another one writes by now")

    def transaction(self, purpose: str) -> Transaction | None:
        return self.transactions.get(purpose)

    def highest_nonce(self, account: Address) -> int | None:
        nonces = [
            row.nonce
            for row in self.transactions.values()
            if row.account == account and row.nonce is not None
        ]
        return max(nonces, default=None)

    def save_transaction(self, transaction: Transaction, lease: Lease) -> Transaction:
        self.require(lease)
        stored = self.transactions.get(transaction.purpose)
        others = {
            (row.account, row.nonce)
            for row in self.transactions.values()
            if row.purpose != transaction.purpose and row.nonce is not None
        }
        if (stored.revision if stored else 0) != transaction.revision:
            raise AnzhengError(Code.CONFLICT, "another revision")
        if (transaction.account, transaction.nonce) in others:
            raise AnzhengError(Code.CONFLICT, "the nonce is taken")
        saved = replace(transaction, revision=transaction.revision + 1)
        self.transactions[transaction.purpose] = saved
        self.on_write()
        return saved


class MemoryAnchorStore(MemoryTransactionStore):
    """Everything that anchoring must not forget, in memory."""

    def __init__(self, on_write: Callable[[], None] | None = None) -> None:
        super().__init__(on_write)
        self.batches: dict[BatchId, AnchorBatch] = {}
        self.manifests: dict[BatchId, bytes] = {}
        self.logs: dict[tuple[RegistryId, AuthorityId], list[bytes]] = {}
        self.evidences: dict[Leaf, tuple[BatchId, bytes]] = {}

    def add_batch(self, batch: AnchorBatch, manifest: bytes) -> AnchorBatch:
        stored = self.batches.get(batch.id)
        if stored is None:
            stored = self.batches[batch.id] = replace(batch, revision=1)
            self.manifests[batch.id] = manifest
            self.on_write()
        if _content(stored) != _content(batch):
            raise AnzhengError(Code.CONFLICT, "the batch has another content")
        return stored

    def batch(self, batch: BatchId) -> AnchorBatch | None:
        return self.batches.get(batch)

    def open_batches(self, registry: RegistryId, authority: AuthorityId) -> tuple[AnchorBatch, ...]:
        closed = (BatchState.DONE, BatchState.PARKED)
        return tuple(
            batch
            for batch in self.batches.values()
            if (batch.registry, batch.authority) == (registry, authority)
            and batch.state not in closed
        )

    def manifest(self, batch: BatchId) -> bytes:
        if batch not in self.manifests:
            raise AnzhengError(Code.NOT_FOUND, "no such batch")
        return self.manifests[batch]

    def save_batch(self, batch: AnchorBatch, lease: Lease) -> AnchorBatch:
        self.require(lease)
        if self.batches[batch.id].revision != batch.revision:
            raise AnzhengError(Code.CONFLICT, "another revision")
        saved = self.batches[batch.id] = replace(batch, revision=batch.revision + 1)
        self.on_write()
        return saved

    def log_records(self, registry: RegistryId, authority: AuthorityId) -> tuple[bytes, ...]:
        return tuple(self.logs.get((registry, authority), ()))

    def append_log_record(self, registry: RegistryId, authority: AuthorityId, record: bytes) -> int:
        records = self.logs.setdefault((registry, authority), [])
        if record not in records:
            records.append(record)
            self.on_write()
        return records.index(record)

    def save_evidence(self, batch: BatchId, evidence: Sequence[LeafEvidence], lease: Lease) -> None:
        self.require(lease)
        for item in evidence:
            self.evidences[item.leaf] = (batch, item.evidence)
        self.on_write()

    def evidence_count(self, batch: BatchId) -> int:
        return sum(owner == batch for owner, _ in self.evidences.values())

    def evidence(self, leaf: Leaf) -> bytes | None:
        batch, evidence = self.evidences.get(leaf, (BatchId(""), b""))
        stored = self.batches.get(batch)
        return evidence if stored and stored.state is BatchState.DONE else None


class MemoryWitnessStore:
    """What a witness remembers, in memory."""

    def __init__(self) -> None:
        self.checkpoints: dict[str, Checkpoint] = {}

    def seen(self, origin: str) -> Checkpoint | None:
        return self.checkpoints.get(origin)

    def remember(self, checkpoint: Checkpoint, *, instead_of: Checkpoint | None) -> None:
        if self.checkpoints.get(checkpoint.origin) != instead_of:
            raise AnzhengError(Code.CONFLICT, "another checkpoint was seen meanwhile")
        self.checkpoints[checkpoint.origin] = checkpoint


def _content(batch: AnchorBatch) -> tuple[object, ...]:
    return (batch.registry, batch.authority, batch.root, batch.size, batch.manifest)
