"""Step 9, change of status: decided in the registry's event log first, then on chain and in lists.

1. Draft: what is decided about which leaves becomes a `Decision`, which officers sign.
2. Decide: the decision and its events are stored; from here on our lists count them.
3. Write: the propose account writes it; a final word is only proposed.
4. Confirm: another account, whose process checks two officers' signatures itself, confirms.

Every step may be repeated; nothing here ever makes a status better than the chain says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum, unique

from anchor.calls import Succession
from anchor.confirmer import MIN_OFFICERS
from anchor.ports import TxState
from anchor.status_lists import counts_on
from anchor.status_writer import order_of, succession
from anzheng.flows import publish as publishing
from anzheng.flows.offices import Office, Offices
from anzheng.keyfiles import Key
from anzheng.officers import sign_as
from anzheng.store.database import Store, Unit
from anzheng.store.licences import StoredLicence
from anzheng.store.status import DecisionState, StoredDecision
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord, may_change, needs_confirmation
from licence.domain.validity import CHINA, shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.decision import Decision, DecisionSubject
from licence.formats.fields import whole_second
from licence.ids import AuthorityId, BatchId, Leaf, OfficerId, StatusIndex
from licence.ports import Clock

TOPIC = "status"
"""Outbox topic; the key is an authority whose decisions wait for the chain."""

DEFAULT_SUSPENSION_DAYS = 30

CHAIN_SECONDS = 2
"""Pause before a transaction that is not final yet is looked at again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer wants decided about one licence version.

    Args:
        leaf: Which version.
        word: What its status becomes.
        document_no: Number of the decision 文号; empty for SUPERSEDED only.
        ground: Why.
        effective_from: First day on which it counts; today unless given.
        until: Last day of a suspension; 30 days on unless given.
        successor: For SUPERSEDED, the leaf of the next version.
    """

    leaf: Leaf
    word: StatusWord
    document_no: str
    ground: str
    effective_from: date | None = None
    until: date | None = None
    successor: Leaf | None = None


def word_of(events: Iterable[StatusEvent], today: date) -> StatusWord:
    """Return the word that the registry's log gives a status index on a day.

    A decision that takes effect later is announced, but does not count yet.
    """
    word = StatusWord.NONE
    for event in events:
        if counts_on(event, today):
            word = event.new
    return word


def draft(store: Store, clock: Clock, order: Order) -> Decision:
    """Write down a decision for officers to sign.

    Raises:
        AnzhengError: NOT_FOUND for an unknown leaf, STATUS_TRANSITION when the word may not
            follow the present one.
    """
    now = clock.now()
    today = shanghai_date(now)
    with store.read() as unit:
        row = _known(unit, order.leaf)
        _check_transition(_last_word(unit, row), order.word)
    until = order.until
    if order.word is StatusWord.SUSPENDED and until is None:
        until = (order.effective_from or today) + timedelta(days=DEFAULT_SUSPENSION_DAYS)
    return Decision(
        registry=row.registry,
        authority=row.authority,
        word=order.word,
        subjects=(DecisionSubject(row.status_index, order.leaf, order.successor),),
        decided_at=whole_second(now),
        effective_from=order.effective_from or today,
        until=until,
        document_no=order.document_no,
        ground=order.ground,
    )


def sign(decision: Decision, officer: OfficerId, key: Key) -> Decision:
    """Add an officer's signature."""
    signature = sign_as(officer, key, decisions.statement_bytes(decision))
    return replace(decision, signatures=(*decision.signatures, signature))


def decide(store: Store, clock: Clock, decision: Decision) -> StoredDecision:
    """Store a decision and its events, and ask for the rest; the same one again adds signatures.

    Raises:
        AnzhengError: DECISION_TWO_OFFICERS for one without any signature, NOT_FOUND,
            STATUS_TRANSITION, CONFLICT for subjects that are not those of the registry.
    """
    if not decision.signatures:
        raise AnzhengError(Code.DECISION_TWO_OFFICERS, "an officer must sign a decision")
    now = clock.now()
    digest, data = decisions.digest(decision), decisions.encode(decision)
    with store.write() as unit:
        known = unit.status.decision(digest)
        if known is not None:
            _merge(unit, known, decision)
        else:
            events = tuple(_event(unit, decision, subject) for subject in decision.subjects)
            known = unit.status.add(digest, data, events, now)
        unit.outbox.add(TOPIC, decision.authority, now)
        unit.outbox.add(publishing.TOPIC, publishing.KEY, now)
        return known


def work(store: Store, clock: Clock, offices: Offices, authority: AuthorityId) -> datetime | None:
    """Take every decision of an authority as far as it goes now.

    Decisions about the same licence go one after the other; the others do not wait for them.

    Returns:
        When to come again; None when nothing is left to do, or only officers can go on.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE and the like: try again later.
    """
    office = offices.open(authority)
    now = clock.now()
    with store.read() as unit:
        waiting = unit.status.open_decisions(authority)
    blocked: set[StatusIndex] = set()
    again: list[datetime] = []
    for stored in waiting:
        decision = decisions.decode(stored.data)
        indices = {subject.index for subject in decision.subjects}
        progress = _Progress.BLOCKED
        # What is rescinded is void for every day, so it never waits for one.
        rescinds = decision.word is StatusWord.RESCINDED
        if stored.effective_from > shanghai_date(now) and not rescinds:
            again.append(start_of_day(stored.effective_from))
        elif not indices & blocked:
            progress = _advance(store, office, stored, decision)
        if progress is _Progress.CHAIN:
            again.append(now + timedelta(seconds=CHAIN_SECONDS))
        if progress is not _Progress.DONE:
            blocked |= indices
    return min(again, default=None)


def start_of_day(day: date) -> datetime:
    """Return when a day begins in China."""
    return datetime.combine(day, time(), CHINA)


@unique
class _Progress(Enum):
    """How far a decision came."""

    DONE = "done"
    CHAIN = "waits for the chain"
    BLOCKED = "waits for an officer, a day or another decision"


def _advance(store: Store, office: Office, stored: StoredDecision, decision: Decision) -> _Progress:
    final = needs_confirmation(decision.word)
    if stored.state is DecisionState.DECIDED or final:
        # A proposal that lapsed while it waited for the second officer is made again.
        order = order_of(decision, _successions(store, decision))
        if office.status_writer.advance(order).state is not TxState.FINAL:
            return _Progress.CHAIN
    if stored.state is DecisionState.DECIDED:
        state = DecisionState.WRITTEN if final else DecisionState.ON_CHAIN
        with store.write() as unit:
            unit.status.progress(stored, state)
    if not final:
        return _Progress.DONE
    if len(decision.signatures) < MIN_OFFICERS:
        return _Progress.BLOCKED
    if office.confirmer.advance(stored.data).state is not TxState.FINAL:
        return _Progress.CHAIN
    with store.write() as unit:
        unit.status.progress(stored, DecisionState.ON_CHAIN)
    return _Progress.DONE


def _successions(store: Store, decision: Decision) -> tuple[Succession, ...]:
    """Prove each successor from the batch in which it was anchored.

    Raises:
        AnzhengError: ANCHOR_PENDING while a successor is not anchored.
    """
    proofs = []
    with store.read() as unit:
        for subject in decision.subjects:
            if subject.successor is None:
                continue
            row = _known(unit, subject.successor)
            if row.batch_id is None or unit.anchors.evidence(subject.successor) is None:
                raise AnzhengError(Code.ANCHOR_PENDING, "the next version is not anchored yet")
            manifest = unit.anchors.manifest(BatchId(row.batch_id))
            proofs.append(succession(subject.index, subject.successor, manifest))
    return tuple(proofs)


def _merge(unit: Unit, known: StoredDecision, decision: Decision) -> None:
    """Add the signatures that are new."""
    stored = decisions.decode(known.data)
    there = {signature.officer for signature in stored.signatures}
    new = tuple(one for one in decision.signatures if one.officer not in there)
    if new:
        signatures = (*stored.signatures, *new)
        unit.status.sign(known, decisions.encode(replace(stored, signatures=signatures)))


def _event(unit: Unit, decision: Decision, subject: DecisionSubject) -> StatusEvent:
    row = _known(unit, subject.leaf)
    same = (row.registry, row.authority, row.status_index) == (
        decision.registry,
        decision.authority,
        subject.index,
    )
    if not same:
        raise AnzhengError(Code.CONFLICT, "leaf and status index do not belong together")
    old = _last_word(unit, row)
    _check_transition(old, decision.word)
    return StatusEvent(
        leaf=subject.leaf,
        ref=StatusRef(row.registry, row.status_index),
        authority=row.authority,
        old=old,
        new=decision.word,
        decided_at=decision.decided_at,
        effective_from=decision.effective_from,
        until=decision.until,
        document_no=decision.document_no,
        ground=decision.ground,
        successor=subject.successor,
    )


def _last_word(unit: Unit, row: StoredLicence) -> StatusWord:
    events = unit.status.of_index(row.registry, row.authority, row.status_index)
    return events[-1].new if events else StatusWord.NONE


def _check_transition(old: StatusWord, new: StatusWord) -> None:
    if not may_change(old, new):
        raise AnzhengError(
            Code.STATUS_TRANSITION,
            f"{new.name} may not follow {old.name}; correct it by a new version",
            old=old.name,
            new=new.name,
        )


def _known(unit: Unit, leaf: Leaf) -> StoredLicence:
    row = unit.licences.by_leaf(leaf)
    if row is None:
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    return row
