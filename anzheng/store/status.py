"""Decisions about status, and the registry's event log that follows from them.

The log is appended to and never edited; a decision only gains signatures and progress.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from anzheng.store import transactions
from anzheng.store.tables import decisions, status_events
from anzheng.store.times import from_text, to_text
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex


@unique
class DecisionState(StrEnum):
    """How far a decision has come."""

    DECIDED = "decided"
    """In the registry's log; not on the chain yet."""
    WRITTEN = "written"
    """Proposed on the chain, waiting for the second account; only words that need one."""
    ON_CHAIN = "on_chain"
    """The chain says it too."""


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as stored; `data` is `licence.formats.decision`, with the signatures so far."""

    id: int
    digest: Digest
    authority: AuthorityId
    data: bytes
    effective_from: date
    state: DecisionState
    parked_code: Code | None = None
    """Why it waits for a person; None while it goes on by itself."""


_COLUMNS = tuple(decisions.c[name] for name in StoredDecision.__dataclass_fields__)


class StatusLog:
    """Repository of decisions and events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, digest: Digest, data: bytes, events: Sequence[StatusEvent], now: datetime
    ) -> StoredDecision:
        """Append a decision with one event for each licence version."""
        first = events[0]
        decision_id: int = self._connection.execute(
            insert(decisions)
            .values(
                digest=digest,
                registry=first.ref.registry,
                authority=first.authority,
                data=data,
                effective_from=first.effective_from.isoformat(),
                state=DecisionState.DECIDED.value,
                created_at=to_text(now),
            )
            .returning(decisions.c.id)
        ).scalar_one()
        self._connection.execute(
            insert(status_events),
            [{"decision_id": decision_id, **_event_values(event)} for event in events],
        )
        return StoredDecision(
            decision_id,
            digest,
            first.authority,
            data,
            first.effective_from,
            DecisionState.DECIDED,
        )

    def decision(self, digest: Digest) -> StoredDecision | None:
        """Find a decision by its digest."""
        found = self._decisions(decisions.c.digest == digest)
        return found[0] if found else None

    def open_decisions(self, authority: AuthorityId) -> tuple[StoredDecision, ...]:
        """Decisions of an authority that are not on the chain yet, oldest first."""
        return self._decisions(
            (decisions.c.authority == authority)
            & (decisions.c.state != DecisionState.ON_CHAIN.value)
        )

    def of_leaf(self, leaf: Leaf) -> tuple[StoredDecision, ...]:
        """All decisions about a licence version, oldest first."""
        about = select(status_events.c.decision_id).where(status_events.c.leaf == leaf)
        return self._decisions(decisions.c.id.in_(about))

    def waiting(self) -> tuple[StoredDecision, ...]:
        """Decisions of all authorities that are not on the chain yet, oldest first."""
        return self._decisions(decisions.c.state != DecisionState.ON_CHAIN.value)

    def suspending(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> Digest | None:
        """Return the newest decision by which a licence was suspended."""
        log = status_events.c
        found: Digest | None = self._connection.execute(
            select(decisions.c.digest)
            .join(status_events, log.decision_id == decisions.c.id)
            .where(
                (log.registry == registry)
                & (log.authority == authority)
                & (log.status_index == index)
                & (log.new == StatusWord.SUSPENDED.value)
            )
            .order_by(log.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        return found

    def written(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> StatusWord:
        """Return the word of the newest decision about a licence that is on the chain."""
        log = status_events.c
        found = self._connection.execute(
            select(log.new)
            .join(decisions, log.decision_id == decisions.c.id)
            .where(
                (log.registry == registry)
                & (log.authority == authority)
                & (log.status_index == index)
                & (decisions.c.state == DecisionState.ON_CHAIN.value)
            )
            .order_by(log.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        return StatusWord.NONE if found is None else StatusWord(found)

    def park(self, decision: StoredDecision, reason: Code) -> None:
        """Note that a decision waits for a person, and why."""
        self._connection.execute(
            update(decisions).where(decisions.c.id == decision.id).values(parked_code=reason.value)
        )

    def unpark(self, decision: StoredDecision) -> None:
        """Let a decision that waited for a person go on."""
        self._connection.execute(
            update(decisions).where(decisions.c.id == decision.id).values(parked_code=None)
        )

    def set_aside(self, decision: Digest) -> int:
        """Rename the parked transactions of a decision, so that new ones are made; how many."""
        name = decision.hex()
        return transactions.set_aside(self._connection, f"status:{name}", f"confirm:{name}")

    def count_parked(self) -> int:
        """How many decisions wait for a person."""
        return self._connection.execute(
            select(func.count()).where(decisions.c.parked_code.is_not(None))
        ).scalar_one()

    def count(self, state: DecisionState) -> int:
        """How many decisions have come so far."""
        return self._connection.execute(
            select(func.count()).where(decisions.c.state == state.value)
        ).scalar_one()

    def progress(self, decision: StoredDecision, state: DecisionState) -> None:
        """Note how far a decision has come; it never goes back."""
        self._connection.execute(
            update(decisions)
            .where(
                (decisions.c.id == decision.id)
                & (decisions.c.state != DecisionState.ON_CHAIN.value)
            )
            .values(state=state.value)
        )

    def sign(self, decision: StoredDecision, data: bytes) -> None:
        """Replace a decision by the same one with more signatures.

        Raises:
            AnzhengError: CONFLICT when somebody signed in between.
        """
        replaced = self._connection.execute(
            update(decisions)
            .where((decisions.c.id == decision.id) & (decisions.c.data == decision.data))
            .values(data=data)
        ).rowcount
        if replaced != 1:
            raise AnzhengError(Code.CONFLICT, "the decision was signed by another; sign again")

    def of_index(
        self, registry: RegistryId, authority: AuthorityId, index: StatusIndex
    ) -> tuple[StatusEvent, ...]:
        """All events of one status index, in the order of the log."""
        return self._events(
            (status_events.c.registry == registry)
            & (status_events.c.authority == authority)
            & (status_events.c.status_index == index)
        )

    def of_authority(self, registry: RegistryId, authority: AuthorityId) -> tuple[StatusEvent, ...]:
        """All events of one authority, in the order of the log."""
        return self._events(
            (status_events.c.registry == registry) & (status_events.c.authority == authority)
        )

    def _decisions(self, where: ColumnElement[bool]) -> tuple[StoredDecision, ...]:
        rows = self._connection.execute(select(*_COLUMNS).where(where).order_by(decisions.c.id))
        return tuple(_decision(row) for row in rows)

    def _events(self, where: ColumnElement[bool]) -> tuple[StatusEvent, ...]:
        rows = self._connection.execute(
            select(*EVENT_COLUMNS).where(where).order_by(status_events.c.id)
        )
        return tuple(event_of(row) for row in rows)


EVENT_COLUMNS = tuple(status_events.c)


def _decision(row: Row[Any]) -> StoredDecision:
    return StoredDecision(
        row.id,
        Digest(row.digest),
        AuthorityId(row.authority),
        row.data,
        date.fromisoformat(row.effective_from),
        DecisionState(row.state),
        None if row.parked_code is None else Code(row.parked_code),
    )


def _event_values(event: StatusEvent) -> dict[str, object]:
    return {
        "registry": event.ref.registry,
        "authority": event.authority,
        "status_index": event.ref.index,
        "leaf": event.leaf,
        "old": int(event.old),
        "new": int(event.new),
        "decided_at": to_text(event.decided_at),
        "effective_from": event.effective_from.isoformat(),
        "until": None if event.until is None else event.until.isoformat(),
        "document_no": event.document_no,
        "ground": event.ground,
        "successor": event.successor,
    }


def event_of(row: Row[Any]) -> StatusEvent:
    """Return the event of a row of `EVENT_COLUMNS`."""
    return StatusEvent(
        leaf=Leaf(row.leaf),
        ref=StatusRef(RegistryId(row.registry), StatusIndex(row.status_index)),
        authority=AuthorityId(row.authority),
        old=StatusWord(row.old),
        new=StatusWord(row.new),
        decided_at=from_text(row.decided_at),
        effective_from=date.fromisoformat(row.effective_from),
        until=None if row.until is None else date.fromisoformat(row.until),
        document_no=row.document_no,
        ground=row.ground,
        successor=None if row.successor is None else Leaf(row.successor),
    )
