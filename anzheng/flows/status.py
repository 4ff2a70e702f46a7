"""Step 9, change of status: decided in the registry's event log first, then on chain and in lists.

Final words are proposed by one account and confirmed by another, whose process checks the second
officer's signature itself. Nothing here ever makes a status better than the chain says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from anzheng.store.database import Store, Unit
from anzheng.store.licences import StoredLicence
from anzheng.store.status import StoredEvent
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord, may_change
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.ids import Leaf
from licence.ports import Clock

TOPIC = "status"
"""Outbox topic; the key is an authority whose decisions wait for the chain."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decided about one licence version."""

    leaf: Leaf
    word: StatusWord
    document_no: str
    ground: str
    effective_from: date | None = None
    until: date | None = None
    successor: Leaf | None = None


def word_of(events: Iterable[StoredEvent], today: date) -> StatusWord:
    """Return the word that the registry's log gives a status index on a day.

    A decision that takes effect later is announced, but does not count yet.
    """
    word = StatusWord.NONE
    for stored in events:
        if stored.event.effective_from <= today or stored.event.new is StatusWord.RESCINDED:
            word = stored.event.new
    return word


def decide(store: Store, clock: Clock, decision: Decision) -> StoredEvent:
    """Append a decision to the registry's log and ask for the rest; the same one again is one.

    Raises:
        AnzhengError: NOT_FOUND for an unknown leaf, STATUS_TRANSITION when the word may not
            follow the present one.
    """
    now = clock.now()
    with store.write() as unit:
        row = unit.licences.by_leaf(decision.leaf)
        if row is None:
            raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
        events = unit.status.of_index(row.registry, row.authority, row.status_index)
        for known in events:
            if _is(known.event, decision):
                return known
        old = events[-1].event.new if events else StatusWord.NONE
        if not may_change(old, decision.word):
            raise AnzhengError(
                Code.STATUS_TRANSITION,
                f"{decision.word.name} may not follow {old.name}; correct it by a new version",
                old=old.name,
                new=decision.word.name,
            )
        event = StatusEvent(
            leaf=decision.leaf,
            ref=StatusRef(row.registry, row.status_index),
            authority=row.authority,
            old=old,
            new=decision.word,
            decided_at=now,
            effective_from=decision.effective_from or shanghai_date(now),
            until=decision.until,
            document_no=decision.document_no,
            ground=decision.ground,
            successor=decision.successor,
        )
        event_id = unit.status.add(event)
        unit.outbox.add(TOPIC, row.authority, now)
        return _stored(unit, event_id)


def status_today(unit: Unit, row: StoredLicence, clock: Clock) -> StatusWord:
    """Return the registry's word about a version now."""
    events = unit.status.of_index(row.registry, row.authority, row.status_index)
    return word_of(events, shanghai_date(clock.now()))


def _is(event: StatusEvent, decision: Decision) -> bool:
    return (event.new, event.document_no, event.successor) == (
        decision.word,
        decision.document_no,
        decision.successor,
    )


def _stored(unit: Unit, event_id: int) -> StoredEvent:
    stored = unit.status.get(event_id)
    if stored is None:
        raise AnzhengError(Code.STORE_FAILED, "a decision vanished while it was stored")
    return stored
