"""`anchor.ports.AnchorStore` on our database: every method durable when it returns."""

from collections.abc import Sequence
from datetime import datetime

from anchor.ports import AnchorBatch, LeafEvidence, Lease, Transaction
from anzheng.store.database import Store
from licence.ids import Address, AuthorityId, BatchId, Digest, Leaf, RegistryId


class SqlAnchorStore:
    """Each method is one transaction of the database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_batch(self, batch: AnchorBatch, manifest: bytes) -> AnchorBatch:
        """Store a new batch with its manifest; the same one again is returned as it stands."""
        with self._store.write() as unit:
            return unit.anchors.add_batch(batch, manifest)

    def batch(self, batch: BatchId) -> AnchorBatch | None:
        """Return a batch."""
        with self._store.read() as unit:
            return unit.anchors.batch(batch)

    def open_batches(self, registry: RegistryId, authority: AuthorityId) -> tuple[AnchorBatch, ...]:
        """Return the batches that are neither done nor parked, oldest first."""
        with self._store.read() as unit:
            return unit.anchors.open_batches(registry, authority)

    def manifest(self, batch: BatchId) -> bytes:
        """Return the encoded manifest of a batch."""
        with self._store.read() as unit:
            return unit.anchors.manifest(batch)

    def save_batch(self, batch: AnchorBatch, lease: Lease) -> AnchorBatch:
        """Replace the row of a batch, if nobody did in the meantime and the lease is ours."""
        with self._store.write() as unit:
            unit.leases.require(lease)
            return unit.anchors.save_batch(batch)

    def log_records(self, registry: RegistryId, authority: AuthorityId) -> tuple[bytes, ...]:
        """Return all encoded records of an authority's log, in order."""
        with self._store.read() as unit:
            return unit.anchors.log_records(registry, authority)

    def append_log_record(self, registry: RegistryId, authority: AuthorityId, record: bytes) -> int:
        """Append a record and return its place; one that is there keeps its place."""
        with self._store.write() as unit:
            return unit.anchors.append_log_record(registry, authority, record)

    def save_evidence(self, batch: BatchId, evidence: Sequence[LeafEvidence], lease: Lease) -> None:
        """Store evidence for leaves of a batch; replaces what is there."""
        with self._store.write() as unit:
            unit.leases.require(lease)
            unit.anchors.save_evidence(batch, evidence)

    def evidence_count(self, batch: BatchId) -> int:
        """Return for how many leaves of a batch evidence is stored, done or not."""
        with self._store.read() as unit:
            return unit.anchors.evidence_count(batch)

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf, if its batch is done."""
        with self._store.read() as unit:
            return unit.anchors.evidence(leaf)

    def take_lease(self, name: str, holder: str, now: datetime, seconds: int) -> Lease:
        """Become the one that writes for `name`, or go on to be it."""
        with self._store.write() as unit:
            return unit.leases.take(name, holder, now, seconds)

    def release_lease(self, lease: Lease) -> None:
        """Let another one take it at once."""
        with self._store.write() as unit:
            unit.leases.release(lease)

    def transaction(self, purpose: str) -> Transaction | None:
        """Return the transaction for this purpose."""
        with self._store.read() as unit:
            return unit.anchors.transaction(purpose)

    def highest_nonce(self, account: Address) -> int | None:
        """Return the highest nonce that any stored transaction of the account has."""
        with self._store.read() as unit:
            return unit.anchors.highest_nonce(account)

    def save_transaction(self, transaction: Transaction, lease: Lease) -> Transaction:
        """Insert (revision 0) or replace the row of this purpose, while the lease is ours."""
        with self._store.write() as unit:
            unit.leases.require(lease)
            return unit.anchors.save_transaction(transaction)

    def in_flight(self, *, but: str) -> int:
        """How many transactions are neither final nor parked, but for purposes that begin so."""
        with self._store.read() as unit:
            return unit.anchors.in_flight(but=but)

    def set_aside(self, decision: Digest) -> int:
        """Rename the parked transactions of a decision, so that new ones are made."""
        with self._store.write() as unit:
            return unit.status.set_aside(decision)
