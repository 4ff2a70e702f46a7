"""The registry's event log of status decisions: appended to, never edited but for its progress."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from anzheng.store.tables import status_events
from anzheng.store.times import from_text, to_text
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex


@unique
class EventState(StrEnum):
    """How far a decision has come on its way to the chain."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    ON_CHAIN = "on_chain"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One decision with its progress."""

    id: int
    event: StatusEvent
    state: EventState
    decision: bytes | None
    proposal: int | None


_COLUMNS = tuple(status_events.c)


class StatusEvents:
    """Repository of status decisions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event: StatusEvent) -> int:
        """Append a decision and return its id."""
        result = self._connection.execute(
            insert(status_events)
            .values(
                registry=event.ref.registry,
                authority=event.authority,
                status_index=event.ref.index,
                leaf=event.leaf,
                old=int(event.old),
                new=int(event.new),
                decided_at=to_text(event.decided_at),
                effective_from=event.effective_from.isoformat(),
                until=None if event.until is None else event.until.isoformat(),
                document_no=event.document_no,
                ground=event.ground,
                successor=event.successor,
                state=EventState.DECIDED.value,
            )
            .returning(status_events.c.id)
        )
        return int(result.scalar_one())

    def get(self, event_id: int) -> StoredEvent | None:
        """Find a decision by its id."""
        row = self._connection.execute(
            select(*_COLUMNS).where(status_events.c.id == event_id)
        ).one_or_none()
        return None if row is None else _stored(row)

    def of_index(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> tuple[StoredEvent, ...]:
        """All decisions about one status index, oldest first."""
        return self._many(
            (status_events.c.registry == registry)
            & (status_events.c.authority == authority)
            & (status_events.c.status_index == index)
        )

    def of_authority(self, registry: RegistryId, authority: AuthorityId) -> tuple[StoredEvent, ...]:
        """All decisions of one authority, oldest first."""
        return self._many(
            (status_events.c.registry == registry) & (status_events.c.authority == authority)
        )

    def in_state(self, state: EventState) -> tuple[StoredEvent, ...]:
        """All decisions that have come so far, oldest first."""
        return self._many(status_events.c.state == state.value)

    def progress(
        self,
        event_id: int,
        state: EventState,
        *,
        decision: bytes | None = None,
        proposal: int | None = None,
    ) -> None:
        """Note how far a decision has come; what is not given stays."""
        values: dict[str, bytes | int | str] = {"state": state.value}
        if decision is not None:
            values["decision"] = decision
        if proposal is not None:
            values["proposal"] = proposal
        self._connection.execute(
            update(status_events).where(status_events.c.id == event_id).values(**values)
        )

    def _many(self, where: Any) -> tuple[StoredEvent, ...]:  # noqa: ANN401 - a SQL expression
        rows = self._connection.execute(select(*_COLUMNS).where(where).order_by(status_events.c.id))
        return tuple(_stored(row) for row in rows)


def _stored(row: Row[Any]) -> StoredEvent:
    event = StatusEvent(
        authority=AuthorityId(row.authority),
        leaf=Leaf(row.leaf),
        ref=StatusRef(RegistryId(row.registry), StatusIndex(row.status_index)),
        old=StatusWord(row.old),
        new=StatusWord(row.new),
        decided_at=from_text(row.decided_at),
        effective_from=date.fromisoformat(row.effective_from),
        until=None if row.until is None else date.fromisoformat(row.until),
        document_no=row.document_no,
        ground=row.ground,
        successor=None if row.successor is None else Leaf(row.successor),
    )
    return StoredEvent(row.id, event, EventState(row.state), row.decision, row.proposal)
