"""Licence versions and where each stands on its way from prepared to published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from anzheng.store.tables import counters, licences
from anzheng.store.times import from_text, to_text
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, Digest, Leaf, LicenceNo, RegistryId, StatusIndex

Column = bytes | str | int | None
Columns = Mapping[str, Column]
"""What a row gets beside its new state, by the name of the column."""

_ASKED_AT_ONCE = 500
"""Values in one query; databases have a limit."""


@unique
class FlowState(StrEnum):
    """Where a licence version stands; each state is durable before the next begins."""

    PREPARED = "prepared"
    RELEASED = "released"
    SIGNED = "signed"
    BATCHED = "batched"
    SENT = "sent"
    FINAL = "final"
    FILLED = "filled"
    PUBLISHED = "published"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class NewLicence:
    """What a prepared row adds."""

    registry: RegistryId
    authority: AuthorityId
    licence_no: LicenceNo
    folded_no: str
    version: int
    elicence_id: str
    uscc: str
    valid_to: str
    status_index: StatusIndex
    short_code: str
    licence_json: bytes
    licence_digest: Digest


@dataclass(frozen=True, slots=True)
class StoredLicence:
    """One row, as it stands."""

    id: int
    registry: RegistryId
    authority: AuthorityId
    licence_no: LicenceNo
    version: int
    uscc: str
    status_index: StatusIndex
    short_code: str
    licence_json: bytes
    licence_digest: Digest
    state: FlowState
    parked_code: str | None
    parked_message: str | None
    release_id: str | None
    leaf: Leaf | None
    signed_pdf: Digest | None
    signed_at: datetime | None
    batch_id: str | None
    batch_place: int | None
    final_pdf: Digest | None
    updated_at: datetime


_COLUMNS = tuple(
    licences.c[name]
    for name in (
        "id",
        "registry",
        "authority",
        "licence_no",
        "version",
        "uscc",
        "status_index",
        "short_code",
        "licence_json",
        "licence_digest",
        "state",
        "parked_code",
        "parked_message",
        "release_id",
        "leaf",
        "signed_pdf",
        "signed_at",
        "batch_id",
        "batch_place",
        "final_pdf",
        "updated_at",
    )
)


class Licences:
    """Repository of licence versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def allocate_index(self, registry: RegistryId, authority: AuthorityId) -> StatusIndex:
        """Take the next status index of the authority; one taken is never given again."""
        where = (counters.c.registry == registry) & (counters.c.authority == authority)
        taken = self._connection.execute(
            update(counters)
            .where(where)
            .values(next_index=counters.c.next_index + 1)
            .returning(counters.c.next_index)
        ).scalar_one_or_none()
        if taken is not None:
            return StatusIndex(taken - 1)
        self._connection.execute(
            insert(counters).values(registry=registry, authority=authority, next_index=1)
        )
        return StatusIndex(0)

    def index_count(self, registry: RegistryId, authority: AuthorityId) -> int:
        """How many status indexes the authority was ever given."""
        found: int | None = self._connection.execute(
            select(counters.c.next_index).where(
                (counters.c.registry == registry) & (counters.c.authority == authority)
            )
        ).scalar_one_or_none()
        return found or 0

    def add(self, new: NewLicence, now: datetime) -> int:
        """Add a prepared version and return its row id."""
        values = {name: getattr(new, name) for name in NewLicence.__dataclass_fields__}
        result = self._connection.execute(
            insert(licences)
            .values(**values, state=FlowState.PREPARED.value, updated_at=to_text(now))
            .returning(licences.c.id)
        )
        return int(result.scalar_one())

    def replace_prepared(self, row_id: int, new: NewLicence, now: datetime) -> None:
        """Replace a version that nobody has released yet.

        Raises:
            AnzhengError: CONFLICT when it is no longer prepared.
        """
        values = {name: getattr(new, name) for name in NewLicence.__dataclass_fields__}
        replaced = self._connection.execute(
            update(licences)
            .where((licences.c.id == row_id) & (licences.c.state == FlowState.PREPARED.value))
            .values(**values, updated_at=to_text(now))
        ).rowcount
        if replaced != 1:
            raise AnzhengError(Code.CONFLICT, "this version was released a moment ago")

    def version(self, authority: AuthorityId, number: str, version: int) -> StoredLicence | None:
        """Find one version by what makes it unique."""
        return self._one(
            select(*_COLUMNS).where(
                (licences.c.authority == authority)
                & (licences.c.licence_no == number)
                & (licences.c.version == version)
            )
        )

    def versions(self, authority: AuthorityId, number: str) -> tuple[StoredLicence, ...]:
        """All versions of one licence, oldest first."""
        return self._many(
            select(*_COLUMNS)
            .where((licences.c.authority == authority) & (licences.c.licence_no == number))
            .order_by(licences.c.version)
        )

    def by_leaf(self, leaf: Leaf) -> StoredLicence | None:
        """Find a version by its public identity."""
        return self._one(select(*_COLUMNS).where(licences.c.leaf == leaf))

    def by_digests(self, digests: Sequence[Digest]) -> tuple[StoredLicence, ...]:
        """Find versions by SHA-256 of their `licence.json`, in that order, as far as known."""
        found: dict[Digest, StoredLicence] = {}
        for start in range(0, len(digests), _ASKED_AT_ONCE):
            part = digests[start : start + _ASKED_AT_ONCE]
            rows = self._many(select(*_COLUMNS).where(licences.c.licence_digest.in_(part)))
            found.update((row.licence_digest, row) for row in rows)
        return tuple(found[digest] for digest in digests if digest in found)

    def search(
        self,
        *,
        folded_no: str | None = None,
        elicence_id: str | None = None,
        short_code: str | None = None,
        limit: int = 50,
    ) -> tuple[StoredLicence, ...]:
        """Find versions by number, e-licence identifier or short code; newest version first."""
        query = select(*_COLUMNS).order_by(licences.c.version.desc(), licences.c.id).limit(limit)
        if folded_no is not None:
            query = query.where(licences.c.folded_no == folded_no)
        if elicence_id is not None:
            query = query.where(licences.c.elicence_id == elicence_id)
        if short_code is not None:
            query = query.where(licences.c.short_code == short_code)
        return self._many(query)

    def in_state(
        self,
        state: FlowState,
        *,
        authority: AuthorityId | None = None,
        limit: int | None = None,
    ) -> tuple[StoredLicence, ...]:
        """Versions in one state, in the order in which they came."""
        query = select(*_COLUMNS).where(licences.c.state == state.value).order_by(licences.c.id)
        if authority is not None:
            query = query.where(licences.c.authority == authority)
        return self._many(query if limit is None else query.limit(limit))

    def in_batch(self, batch_id: str) -> tuple[StoredLicence, ...]:
        """Versions of one anchor batch by their place in the tree."""
        return self._many(
            select(*_COLUMNS)
            .where(licences.c.batch_id == batch_id)
            .order_by(licences.c.batch_place)
        )

    def authorities(self, state: FlowState) -> tuple[AuthorityId, ...]:
        """Authorities that have a version in this state."""
        rows = self._connection.execute(
            select(licences.c.authority)
            .where(licences.c.state == state.value)
            .distinct()
            .order_by(licences.c.authority)
        )
        return tuple(AuthorityId(row[0]) for row in rows)

    def counts(self) -> Mapping[FlowState, int]:
        """How many versions stand in each state."""
        rows = self._connection.execute(
            select(licences.c.state, func.count()).group_by(licences.c.state)
        )
        return {FlowState(state): count for state, count in rows}

    def move(
        self,
        ids: Sequence[int],
        source: FlowState,
        target: FlowState,
        now: datetime,
        **columns: Column,
    ) -> None:
        """Move rows from one state to the next, all or none.

        Raises:
            AnzhengError: CONFLICT when one of them is no longer in `source`: somebody else was
                here, and the whole transaction must not happen.
        """
        self.move_each(dict.fromkeys(ids, columns), source, target, now)

    def move_each(
        self,
        changes: Mapping[int, Columns],
        source: FlowState,
        target: FlowState,
        now: datetime,
    ) -> None:
        """Move rows from one state to the next, each with its own columns, all or none.

        Args:
            changes: The columns that each row gets, the same ones for all.
            source: Where they stand.
            target: Where they go.
            now: When.

        Raises:
            AnzhengError: As `move`.
        """
        if not changes:
            return
        statement = (
            update(licences)
            .where((licences.c.id == bindparam("row_id")) & (licences.c.state == source.value))
            .values(state=target.value, updated_at=to_text(now))
        )
        values = [{"row_id": row_id, **columns} for row_id, columns in changes.items()]
        moved = self._connection.execute(statement, values).rowcount
        if moved != len(changes):
            raise AnzhengError(
                Code.CONFLICT,
                f"{len(changes) - moved} of {len(changes)} licences are no longer {source.value}",
                source=source.value,
                target=target.value,
            )

    def place(self, batch_id: str, ids: Sequence[int], now: datetime) -> None:
        """Give signed rows their places in a batch, from 0 in this order.

        Raises:
            AnzhengError: CONFLICT when one of them is not signed, or no longer only signed.
        """
        places: dict[int, Columns] = {
            row_id: {"batch_id": batch_id, "batch_place": place} for place, row_id in enumerate(ids)
        }
        self.move_each(places, FlowState.SIGNED, FlowState.BATCHED, now)

    def move_batch(self, batch_id: str, source: FlowState, target: FlowState, now: datetime) -> int:
        """Move those rows of a batch that are in `source`; return how many. Safe to repeat."""
        return self._connection.execute(
            update(licences)
            .where((licences.c.batch_id == batch_id) & (licences.c.state == source.value))
            .values(state=target.value, updated_at=to_text(now))
        ).rowcount

    def park(self, row_id: int, code: Code, message: str, now: datetime) -> None:
        """Set a version aside with the reason; `unpark` brings it back to where it was."""
        self._connection.execute(
            update(licences)
            .where((licences.c.id == row_id) & (licences.c.state != FlowState.PARKED.value))
            .values(
                state=FlowState.PARKED.value,
                parked_from=licences.c.state,
                parked_code=code.value,
                parked_message=message,
                updated_at=to_text(now),
            )
        )

    def unpark(self, row_id: int, now: datetime) -> None:
        """Bring a parked version back to the state that it left."""
        self._connection.execute(
            update(licences)
            .where((licences.c.id == row_id) & (licences.c.state == FlowState.PARKED.value))
            .values(
                state=licences.c.parked_from,
                parked_from=None,
                parked_code=None,
                parked_message=None,
                updated_at=to_text(now),
            )
        )

    def _one(self, query: Select[Any]) -> StoredLicence | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _stored(row)

    def _many(self, query: Select[Any]) -> tuple[StoredLicence, ...]:
        return tuple(_stored(row) for row in self._connection.execute(query))


def _stored(row: Row[Any]) -> StoredLicence:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a mapping
    values["state"] = FlowState(values["state"])
    values["updated_at"] = from_text(values["updated_at"])
    if values["signed_at"] is not None:
        values["signed_at"] = from_text(values["signed_at"])
    return StoredLicence(**values)
