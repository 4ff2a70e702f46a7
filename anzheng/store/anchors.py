"""What anchoring must not forget: batches, log, evidence, transactions.

The methods are those of `anchor.ports.AnchorStore`, on one connection; `SqlAnchorStore` below makes
each of them a transaction of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from anchor.ports import AnchorBatch, BatchState, LeafEvidence, Transaction
from anzheng.store import transactions
from anzheng.store.licences import FlowState
from anzheng.store.tables import batches, evidence, licences, log_records
from anzheng.store.times import from_text
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BatchId, Leaf, MerkleRoot, RegistryId

_CLOSED = (BatchState.DONE.value, BatchState.PARKED.value)
_ON_ITS_WAY = tuple(state.value for state in (FlowState.SIGNED, FlowState.BATCHED, FlowState.SENT))
_COLUMNS = tuple(batches.c[name] for name in AnchorBatch.__dataclass_fields__)
_FROZEN = ("id", "registry", "authority", "root", "size", "manifest")


class Anchors:
    """Repository of batches, log records, evidence and transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_batch(self, batch: AnchorBatch, manifest: bytes) -> AnchorBatch:
        """Store a new batch with its manifest; the same one again is returned as it stands."""
        known = self.batch(batch.id)
        if known is not None:
            if any(getattr(known, name) != getattr(batch, name) for name in _FROZEN):
                raise AnzhengError(Code.CONFLICT, "another batch has this id", batch=batch.id)
            return known
        stored = replace(batch, revision=1)
        try:
            self._connection.execute(
                insert(batches).values(**_batch_values(stored), manifest_bytes=manifest)
            )
        except IntegrityError as exc:
            raise AnzhengError(
                Code.CONFLICT, "this batch is stored under another id", batch=batch.id
            ) from exc
        return stored

    def batch(self, batch: BatchId) -> AnchorBatch | None:
        """Return a batch."""
        row = self._connection.execute(select(*_COLUMNS).where(batches.c.id == batch)).one_or_none()
        return None if row is None else _batch(row)

    def open_batches(self, registry: RegistryId, authority: AuthorityId) -> tuple[AnchorBatch, ...]:
        """Return the batches that are neither done nor parked, oldest first."""
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(
                (batches.c.registry == registry)
                & (batches.c.authority == authority)
                & batches.c.state.not_in(_CLOSED)
            )
            .order_by(batches.c.place)
        )
        return tuple(_batch(row) for row in rows)

    def all_batches(self, registry: RegistryId) -> tuple[AnchorBatch, ...]:
        """Return every batch of a registry, oldest first."""
        rows = self._connection.execute(
            select(*_COLUMNS).where(batches.c.registry == registry).order_by(batches.c.place)
        )
        return tuple(_batch(row) for row in rows)

    def parked_batches(self) -> tuple[AnchorBatch, ...]:
        """Return the batches of all authorities that wait for a person, oldest first."""
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(batches.c.state == BatchState.PARKED.value)
            .order_by(batches.c.place)
        )
        return tuple(_batch(row) for row in rows)

    def left_behind(self, authority: AuthorityId) -> tuple[AnchorBatch, ...]:
        """Return closed batches that have licences which nobody told yet."""
        waiting = select(licences.c.batch_id).where(
            (licences.c.authority == authority)
            & licences.c.state.in_((FlowState.BATCHED.value, FlowState.SENT.value))
        )
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(batches.c.state.in_(_CLOSED) & batches.c.id.in_(waiting))
            .order_by(batches.c.place)
        )
        return tuple(_batch(row) for row in rows)

    def waiting_since(self) -> datetime | None:
        """When the oldest licence that is on its way to the chain was signed, if there is one."""
        found = self._connection.execute(
            select(func.min(licences.c.signed_at)).where(licences.c.state.in_(_ON_ITS_WAY))
        ).scalar_one()
        return None if found is None else from_text(found)

    def reopen(self, batch: AnchorBatch) -> AnchorBatch:
        """Let a parked batch begin again, with a transaction of its own.

        Raises:
            AnzhengError: CONFLICT, when somebody changed it in the meantime.
        """
        transactions.set_aside(self._connection, f"anchor:{batch.id}")
        return self.save_batch(replace(batch, state=BatchState.BATCHED, reason=None))

    def settle(self, batch: AnchorBatch, record: bytes, log_index: int) -> AnchorBatch:
        """Note that a batch is on the chain and in the log, whatever became of its transaction."""
        return self.save_batch(
            replace(
                batch,
                state=BatchState.LOGGED,
                record=record,
                log_index=log_index,
                checkpoint=None,
                reason=None,
            )
        )

    def give_up(self, batch: AnchorBatch, reason: Code) -> AnchorBatch:
        """Never send a batch."""
        return self.save_batch(replace(batch, state=BatchState.PARKED, reason=reason))

    def count(self, registry: RegistryId, authority: AuthorityId) -> int:
        """How many batches an authority has ever had."""
        return self._connection.execute(
            select(func.count()).where(
                (batches.c.registry == registry) & (batches.c.authority == authority)
            )
        ).scalar_one()

    def manifest(self, batch: BatchId) -> bytes:
        """Return the encoded manifest of a batch."""
        found = self._connection.execute(
            select(batches.c.manifest_bytes).where(batches.c.id == batch)
        ).scalar_one_or_none()
        if found is None:
            raise AnzhengError(Code.NOT_FOUND, "no such batch", batch=batch)
        return bytes(found)

    def save_batch(self, batch: AnchorBatch) -> AnchorBatch:
        """Replace the row of a batch, if nobody did in the meantime."""
        stored = replace(batch, revision=batch.revision + 1)
        saved = self._connection.execute(
            update(batches)
            .where((batches.c.id == batch.id) & (batches.c.revision == batch.revision))
            .values(**_batch_values(stored))
        ).rowcount
        if saved != 1:
            raise AnzhengError(Code.CONFLICT, "the batch was changed by another", batch=batch.id)
        return stored

    def log_records(self, registry: RegistryId, authority: AuthorityId) -> tuple[bytes, ...]:
        """Return all encoded records of an authority's log, in order."""
        rows = self._connection.execute(
            select(log_records.c.record)
            .where(_log_of(registry, authority))
            .order_by(log_records.c.place)
        )
        return tuple(bytes(row[0]) for row in rows)

    def append_log_record(self, registry: RegistryId, authority: AuthorityId, record: bytes) -> int:
        """Append a record and return its place; one that is there keeps its place."""
        ours = _log_of(registry, authority)
        known = self._connection.execute(
            select(log_records.c.place).where(ours & (log_records.c.record == record))
        ).scalar_one_or_none()
        if known is not None:
            return int(known)
        last = self._connection.execute(select(func.max(log_records.c.place)).where(ours)).scalar()
        size = 0 if last is None else int(last) + 1
        self._connection.execute(
            insert(log_records).values(
                registry=registry, authority=authority, place=size, record=record
            )
        )
        return size

    def save_evidence(self, batch: BatchId, items: Sequence[LeafEvidence]) -> None:
        """Store evidence for leaves of a batch; replaces what is there."""
        if not items:
            return
        self._connection.execute(
            delete(evidence).where(evidence.c.leaf == bindparam("old")),
            [{"old": item.leaf} for item in items],
        )
        self._connection.execute(
            insert(evidence),
            [{"leaf": item.leaf, "batch_id": batch, "evidence": item.evidence} for item in items],
        )

    def evidence_count(self, batch: BatchId) -> int:
        """Return for how many leaves of a batch evidence is stored, done or not."""
        counted = select(func.count()).select_from(evidence).where(evidence.c.batch_id == batch)
        return int(self._connection.execute(counted).scalar_one())

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf, if its batch is done."""
        found = self._connection.execute(
            select(evidence.c.evidence)
            .join(batches, batches.c.id == evidence.c.batch_id)
            .where((evidence.c.leaf == leaf) & (batches.c.state == BatchState.DONE.value))
        ).scalar_one_or_none()
        return None if found is None else bytes(found)

    def in_flight(self, *, but: str) -> int:
        """How many transactions are neither final nor parked, but for purposes that begin so."""
        return transactions.in_flight(self._connection, but)

    def transaction(self, purpose: str) -> Transaction | None:
        """Return the transaction for this purpose."""
        return transactions.find(self._connection, purpose)

    def highest_nonce(self, account: Address) -> int | None:
        """Return the highest nonce that any stored transaction of the account has."""
        return transactions.highest_nonce(self._connection, account)

    def save_transaction(self, transaction: Transaction) -> Transaction:
        """Insert (revision 0) or replace the row of this purpose."""
        return transactions.save(self._connection, transaction)


def _log_of(registry: RegistryId, authority: AuthorityId) -> Any:  # noqa: ANN401 - SQL expression
    return (log_records.c.registry == registry) & (log_records.c.authority == authority)


def _batch_values(batch: AnchorBatch) -> dict[str, object]:
    values = {name: getattr(batch, name) for name in AnchorBatch.__dataclass_fields__}
    values["state"] = batch.state.value
    values["reason"] = None if batch.reason is None else batch.reason.value
    return values


def _batch(row: Row[Any]) -> AnchorBatch:
    return AnchorBatch(
        id=BatchId(row.id),
        registry=RegistryId(row.registry),
        authority=AuthorityId(row.authority),
        root=MerkleRoot(row.root),
        size=row.size,
        manifest=ManifestDigest(row.manifest),
        state=BatchState(row.state),
        record=row.record,
        log_index=row.log_index,
        checkpoint=row.checkpoint,
        reason=None if row.reason is None else Code(row.reason),
        revision=row.revision,
    )
