"""What a database that was put back is told again, and what it must never give out.

Everything here may be repeated: what is there already stays as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from anzheng.store.licences import Column, FlowState, NewLicence
from anzheng.store.tables import (
    batches,
    chain_marks,
    counters,
    decisions,
    holder_certificates,
    licences,
    log_records,
    recovered_words,
    reserved,
)
from anzheng.store.times import from_text, to_text
from licence.domain.status import StatusWord
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BatchId, Digest, Leaf, RegistryId, StatusIndex


@dataclass(frozen=True, slots=True)
class ReservedIndex:
    """A status index that was used in a time that this database has forgotten.

    Attributes:
        registry: Registry.
        authority: Whose index.
        status_index: Which.
        leaf: What it belongs to, where that is anchored or signed.
        number_hmac: The licence's number under the authority's key; none for a certificate.
        version: The licence's version.
        manifest: The batch in which it is anchored, if it is.
    """

    registry: RegistryId
    authority: AuthorityId
    status_index: StatusIndex
    leaf: Leaf | None = None
    number_hmac: Digest | None = None
    version: int | None = None
    manifest: ManifestDigest | None = None


@dataclass(frozen=True, slots=True)
class RecoveredWord:
    """A status word that only the chain knows."""

    registry: RegistryId
    authority: AuthorityId
    status_index: StatusIndex
    word: StatusWord
    decision: Digest
    sequence: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class ChainMark:
    """Up to where database and chain were seen to agree about an authority."""

    registry: RegistryId
    authority: AuthorityId
    contract: Address
    block_number: int
    sequence: int
    head: Digest


@dataclass(frozen=True, slots=True)
class IndexedRow:
    """A licence's row, as far as it matters to whom its index belongs."""

    id: int
    state: FlowState
    licence_json: bytes


_INDEXED = (licences.c.id, licences.c.state, licences.c.licence_json)
_MARK = tuple(chain_marks.c[name] for name in ChainMark.__dataclass_fields__)
_RESERVED = tuple(reserved.c[name] for name in ReservedIndex.__dataclass_fields__)
_WORD = tuple(recovered_words.c[name] for name in RecoveredWord.__dataclass_fields__)


class Recovery:
    """Repository of what is reserved, recovered and agreed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- reserved

    def reserve(self, rows: Iterable[ReservedIndex], now: datetime) -> int:
        """Reserve indexes; one that is reserved already stays. Return how many are new."""
        new = 0
        for row in rows:
            there = self._connection.execute(
                select(func.count()).where(_key(reserved, row))
            ).scalar_one()
            if not there:
                values = {name: getattr(row, name) for name in ReservedIndex.__dataclass_fields__}
                self._connection.execute(
                    insert(reserved).values(**values, reserved_at=to_text(now))
                )
                new += 1
        return new

    def release(
        self, registry: RegistryId, authority: AuthorityId, indexes: Iterable[StatusIndex]
    ) -> None:
        """Forget reservations of licences that were found again."""
        for index in indexes:
            self._connection.execute(
                delete(reserved).where(
                    _of(reserved, registry, authority) & (reserved.c.status_index == index)
                )
            )

    def reserved(self, registry: RegistryId, authority: AuthorityId) -> tuple[ReservedIndex, ...]:
        """Return what is reserved, by index."""
        rows = self._connection.execute(
            select(*_RESERVED)
            .where(_of(reserved, registry, authority))
            .order_by(reserved.c.status_index)
        )
        return tuple(ReservedIndex(**row._mapping) for row in rows)  # noqa: SLF001 - documented

    def reserved_leaf(self, leaf: Leaf) -> ReservedIndex | None:
        """Find what is reserved by what it belongs to."""
        row = self._connection.execute(
            select(*_RESERVED).where(reserved.c.leaf == leaf)
        ).one_or_none()
        return None if row is None else ReservedIndex(**row._mapping)  # noqa: SLF001 - documented

    def has_reserved(self, authority: AuthorityId) -> bool:
        """Say whether anything of an authority is reserved."""
        query = select(reserved.c.status_index).where(reserved.c.authority == authority).limit(1)
        return self._connection.execute(query).first() is not None

    def is_reserved(self, authority: AuthorityId, number_hmac: Digest, version: int) -> bool:
        """Say whether a number and version were used in the time that is forgotten."""
        found = self._connection.execute(
            select(reserved.c.status_index).where(
                (reserved.c.authority == authority)
                & (reserved.c.number_hmac == number_hmac)
                & (reserved.c.version == version)
            )
        ).first()
        return found is not None

    def is_reserved_index(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> bool:
        """Say whether a status index was used in the time that is forgotten."""
        found = self._connection.execute(
            select(reserved.c.status_index).where(
                _of(reserved, registry, authority) & (reserved.c.status_index == index)
            )
        ).first()
        return found is not None

    def raise_counter(self, registry: RegistryId, authority: AuthorityId, least: int) -> None:
        """Give no status index below `least` any more; the counter never falls."""
        where = _of(counters, registry, authority)
        risen = self._connection.execute(
            update(counters)
            .where(where)
            .values(
                next_index=case((counters.c.next_index < least, least), else_=counters.c.next_index)
            )
        ).rowcount
        if risen == 0 and least > 0:
            self._connection.execute(
                insert(counters).values(registry=registry, authority=authority, next_index=least)
            )

    # -- licences and batches

    def adopt(self, new: NewLicence, row_id: int | None, now: datetime, **columns: Column) -> int:
        """Put a signed licence in, or in place of what a row said before it was signed."""
        values = {name: getattr(new, name) for name in NewLicence.__dataclass_fields__}
        values |= {"parked_from": None, "parked_code": None, "parked_message": None}
        values |= {"updated_at": to_text(now), **columns}
        if row_id is None:
            made = self._connection.execute(
                insert(licences).values(**values).returning(licences.c.id)
            )
            return int(made.scalar_one())
        self._connection.execute(update(licences).where(licences.c.id == row_id).values(**values))
        return row_id

    def move(self, row_id: int, state: FlowState, now: datetime, **columns: Column) -> None:
        """Put a row where the chain says that it is."""
        self._connection.execute(
            update(licences)
            .where(licences.c.id == row_id)
            .values(
                state=state.value,
                parked_from=None,
                parked_code=None,
                parked_message=None,
                updated_at=to_text(now),
                **columns,
            )
        )

    def by_index(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> IndexedRow | None:
        """Find the licence that has a status index here."""
        row = self._connection.execute(
            select(*_INDEXED).where(
                _of(licences, registry, authority) & (licences.c.status_index == index)
            )
        ).one_or_none()
        if row is None:
            return None
        return IndexedRow(row.id, FlowState(row.state), bytes(row.licence_json))

    def is_used(self, registry: RegistryId, authority: AuthorityId, index: StatusIndex) -> bool:
        """Say whether a licence or a holder's certificate here has a status index."""
        return any(
            self._connection.execute(
                select(table.c.leaf).where(
                    _of(table, registry, authority) & (table.c.status_index == index)
                )
            ).first()
            is not None
            for table in (licences, holder_certificates)
        )

    def move_index(self, row_id: int, index: StatusIndex) -> None:
        """Give a row that will never be issued an index that nothing else has."""
        self._connection.execute(
            update(licences).where(licences.c.id == row_id).values(status_index=index)
        )

    def file_digests(self) -> frozenset[Digest]:
        """Return the digest of every file that a row names."""
        rows = self._connection.execute(select(licences.c.signed_pdf, licences.c.final_pdf))
        return frozenset(Digest(each) for row in rows for each in row if each is not None)

    def batch_ids(
        self, registry: RegistryId, authority: AuthorityId
    ) -> dict[ManifestDigest, BatchId]:
        """Return every batch of an authority by its manifest."""
        rows = self._connection.execute(
            select(batches.c.manifest, batches.c.id).where(_of(batches, registry, authority))
        )
        return {ManifestDigest(bytes(row[0])): BatchId(row[1]) for row in rows}

    def batch_id(
        self, registry: RegistryId, authority: AuthorityId, manifest: ManifestDigest
    ) -> BatchId | None:
        """Find a batch by its manifest, which binds size and root."""
        found = self._connection.execute(
            select(batches.c.id).where(
                _of(batches, registry, authority) & (batches.c.manifest == manifest)
            )
        ).scalar_one_or_none()
        return None if found is None else BatchId(found)

    def newest_checkpoint(self, registry: RegistryId, authority: AuthorityId) -> bytes | None:
        """Return the note of the newest batch that has one."""
        found = self._connection.execute(
            select(batches.c.checkpoint)
            .where(_of(batches, registry, authority) & batches.c.checkpoint.is_not(None))
            .order_by(batches.c.log_index.desc())
            .limit(1)
        ).scalar_one_or_none()
        return None if found is None else bytes(found)

    def log_size(self, registry: RegistryId, authority: AuthorityId) -> int:
        """How many records the authority's log has here."""
        return self._connection.execute(
            select(func.count()).where(_of(log_records, registry, authority))
        ).scalar_one()

    def highest_index(self, registry: RegistryId, authority: AuthorityId) -> int:
        """Return the highest status index that any row has; -1 for none."""
        found = [
            self._connection.execute(
                select(func.max(table.c.status_index)).where(_of(table, registry, authority))
            ).scalar_one()
            for table in (licences, holder_certificates, reserved)
        ]
        return max((int(each) for each in found if each is not None), default=-1)

    # -- words and mark

    def keep_words(self, rows: Sequence[RecoveredWord]) -> None:
        """Keep the words that only the chain knows, in place of those kept before."""
        for row in rows:
            self._connection.execute(delete(recovered_words).where(_key(recovered_words, row)))
            values = {name: getattr(row, name) for name in RecoveredWord.__dataclass_fields__}
            values |= {"word": int(row.word), "written_at": to_text(row.written_at)}
            self._connection.execute(insert(recovered_words).values(**values))

    def forget_words(self, decision: Digest) -> None:
        """Forget the words of a decision that was found again."""
        self._connection.execute(
            delete(recovered_words).where(recovered_words.c.decision == decision)
        )

    def words(self, registry: RegistryId, authority: AuthorityId) -> tuple[RecoveredWord, ...]:
        """Return the words that only the chain knows, by index."""
        rows = self._connection.execute(
            select(*_WORD)
            .where(_of(recovered_words, registry, authority))
            .order_by(recovered_words.c.status_index)
        )
        return tuple(_word(row) for row in rows)

    def word(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> RecoveredWord | None:
        """Return the word of one licence, if only the chain knows it."""
        row = self._connection.execute(
            select(*_WORD).where(
                _of(recovered_words, registry, authority)
                & (recovered_words.c.status_index == index)
            )
        ).one_or_none()
        return None if row is None else _word(row)

    def knows_decision(self, digest: Digest) -> bool:
        """Say whether a decision is on record here, or known to be lost."""
        return any(
            self._connection.execute(select(column).where(column == digest).limit(1)).first()
            is not None
            for column in (decisions.c.digest, recovered_words.c.decision)
        )

    def mark(
        self, registry: RegistryId, authority: AuthorityId, contract: Address
    ) -> ChainMark | None:
        """Return up to where database and chain agree."""
        row = self._connection.execute(
            select(*_MARK).where(
                _of(chain_marks, registry, authority) & (chain_marks.c.contract == contract)
            )
        ).one_or_none()
        return None if row is None else ChainMark(**row._mapping)  # noqa: SLF001 - documented

    def set_mark(self, mark: ChainMark) -> None:
        """Note up to where database and chain agree."""
        self._connection.execute(
            delete(chain_marks).where(
                _of(chain_marks, mark.registry, mark.authority)
                & (chain_marks.c.contract == mark.contract)
            )
        )
        values = {name: getattr(mark, name) for name in ChainMark.__dataclass_fields__}
        self._connection.execute(insert(chain_marks).values(**values))


def _of(table: Any, registry: RegistryId, authority: AuthorityId) -> Any:  # noqa: ANN401 - SQL expression
    return (table.c.registry == registry) & (table.c.authority == authority)


def _key(table: Any, row: ReservedIndex | RecoveredWord) -> Any:  # noqa: ANN401 - the same
    return _of(table, row.registry, row.authority) & (table.c.status_index == row.status_index)


def _word(row: Row[Any]) -> RecoveredWord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a mapping
    values["word"] = StatusWord(values["word"])
    values["written_at"] = from_text(values["written_at"])
    return RecoveredWord(**values)
