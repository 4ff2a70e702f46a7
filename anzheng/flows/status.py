"""Step 9, change of status: decided in the registry's event log first, then on chain and in lists.

1. Draft: what is decided about which leaves becomes a `Decision`, which officers sign.
2. Decide: once the rules and the signatures are checked, the decision and its events are stored;
   from here on our lists count them.

What is decided goes on the chain in `status_chain`. Every step may be repeated; nothing here ever
makes a status better than the chain says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from anchor.confirmer import verify_officers
from anzheng.flows import publish as publishing
from anzheng.flows.withheld import lost_word
from anzheng.keyfiles import Key
from anzheng.officers import sign_as
from anzheng.store.database import Store, Unit
from anzheng.store.licences import StoredLicence
from anzheng.store.recovery import ReservedIndex
from anzheng.store.status import StoredDecision
from licence.domain.model import Draft, StatusRef
from licence.domain.problem import Problem
from licence.domain.status import StatusEvent, StatusWord, is_final, may_change
from licence.domain.status_rules import check_event
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats import licence_json
from licence.formats.decision import Decision, DecisionSubject
from licence.formats.fields import whole_second
from licence.formats.officers import OFFICERS_NEEDED, PinnedOfficer
from licence.ids import Leaf, OfficerId
from licence.ports import Clock

TOPIC = "status"
"""Outbox topic; the key is an authority whose decisions wait for the chain."""

DEFAULT_SUSPENSION_DAYS = 30

MAX_ENTRY_DELAY = timedelta(days=7)
"""A decision that is entered later than this after it was taken needs two officers, whatever its
word: its date says from when on a licence is not valid."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clock of the officer who drafts may be ahead of ours."""


Subject = StoredLicence | ReservedIndex
"""What can be decided about: a licence of ours, also one whose file was lost with the database."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer wants decided about one licence version.

    Args:
        leaf: Which version.
        word: What its status becomes.
        document_no: Number of the decision 文号; empty for SUPERSEDED only.
        ground: Why.
        effective_from: First day on which it counts; today unless given, and for RESCINDED the
            first day of the licence.
        until: Last day of a suspension; 30 days on unless given.
        successor: For SUPERSEDED, the leaf of the next version.
        decided_at: When it was decided; now unless it is taken over from elsewhere.
    """

    leaf: Leaf
    word: StatusWord
    document_no: str
    ground: str
    effective_from: date | None = None
    until: date | None = None
    successor: Leaf | None = None
    decided_at: datetime | None = None


def draft(store: Store, clock: Clock, order: Order) -> Decision:
    """Write down a decision for officers to sign.

    Raises:
        AnzhengError: NOT_FOUND for an unknown leaf, STATUS_TRANSITION when the word may not
            follow the present one; with fact `field`, what the rules refuse.
    """
    now = clock.now()
    with store.read() as unit:
        row = _known(unit, order.leaf)
        decided_at = whole_second(order.decided_at or now)
        effective_from = order.effective_from or shanghai_date(decided_at)
        if order.effective_from is None and order.word is StatusWord.RESCINDED:
            effective_from = _valid_from(row)
        until = order.until
        if order.word is StatusWord.SUSPENDED and until is None:
            until = effective_from + timedelta(days=DEFAULT_SUSPENSION_DAYS)
        drafted = Decision(
            registry=row.registry,
            authority=row.authority,
            word=order.word,
            subjects=(DecisionSubject(row.status_index, order.leaf, order.successor),),
            decided_at=decided_at,
            effective_from=effective_from,
            until=until,
            document_no=order.document_no,
            ground=order.ground,
        )
        # What the rules refuse, no officer should sign.
        _event(unit, drafted, drafted.subjects[0], now)
    return drafted


def sign(decision: Decision, officer: OfficerId, key: Key) -> Decision:
    """Add an officer's signature."""
    signature = sign_as(officer, key, decisions.statement_bytes(decision))
    return replace(decision, signatures=(*decision.signatures, signature))


def decide(
    store: Store, clock: Clock, decision: Decision, officers: Sequence[PinnedOfficer]
) -> StoredDecision:
    """Store a decision and its events, and ask for the rest; the same one again adds signatures.

    Args:
        store: The registry's log.
        clock: Tells the time.
        decision: Signed by one officer at least, and by two when it is entered late.
        officers: Who may decide.

    Raises:
        AnzhengError: DECISION_OFFICER_UNKNOWN, DECISION_SIGNATURE, DECISION_TWO_OFFICERS;
            NOT_FOUND, CONFLICT for subjects that are not those of the registry;
            STATUS_TRANSITION; with fact `field`, what the rules refuse (`status_rules`).
    """
    now = clock.now()
    late = now - decision.decided_at > MAX_ENTRY_DELAY
    # A wrong signature would stay in the decision, and the confirmer could never accept it.
    verify_officers(decision, officers, least=OFFICERS_NEEDED if late else 1)
    digest, data = decisions.digest(decision), decisions.encode(decision)
    with store.write() as unit:
        known = unit.status.decision(digest)
        if known is not None:
            _merge(unit, known, decision)
        else:
            events = tuple(_event(unit, decision, one, now) for one in decision.subjects)
            known = unit.status.add(digest, data, events, now)
        unit.outbox.add(TOPIC, decision.authority, now)
        unit.outbox.add(publishing.TOPIC, publishing.KEY, now)
        return known


def _merge(unit: Unit, known: StoredDecision, decision: Decision) -> None:
    """Add the signatures that are new."""
    stored = decisions.decode(known.data)
    there = {signature.officer for signature in stored.signatures}
    new = tuple(one for one in decision.signatures if one.officer not in there)
    if new:
        signatures = (*stored.signatures, *new)
        unit.status.sign(known, decisions.encode(replace(stored, signatures=signatures)))


def _event(unit: Unit, decision: Decision, subject: DecisionSubject, now: datetime) -> StatusEvent:
    """Return the event that a decision makes of a licence version, if it may stand."""
    row = _known(unit, subject.leaf)
    same = (row.registry, row.authority, row.status_index) == (
        decision.registry,
        decision.authority,
        subject.index,
    )
    if not same:
        raise AnzhengError(Code.CONFLICT, "leaf and status index do not belong together")
    log = unit.status.of_index(row.registry, row.authority, row.status_index)
    old = _present(unit, row, log)
    _check_transition(old, decision.word)
    event = StatusEvent(
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
    version = _draft_of(row)
    _refuse((*_entry(event, version, now), *_turn(event, log), *check_event(event, version)))
    if subject.successor is not None:
        _check_successor(row, _known(unit, subject.successor))
    return event


def _present(unit: Unit, row: Subject, log: Sequence[StatusEvent]) -> StatusWord:
    """Return the word on record: that of the log, unless only the chain knows a later one."""
    old = log[-1].new if log else StatusWord.NONE
    return lost_word(unit, row, log) or old


def _entry(event: StatusEvent, version: Draft | None, now: datetime) -> Iterator[Problem]:
    """Judge when a decision says that it was taken."""
    if event.decided_at > now + CLOCK_SKEW:
        yield Problem("decided_at", Code.DATE_ORDER, "a decision is entered after it was taken")
    if version is not None and shanghai_date(event.decided_at) < version.issued_on:
        yield Problem("decided_at", Code.DATE_ORDER, "no decision is older than the licence")


def _turn(event: StatusEvent, log: Sequence[StatusEvent]) -> Iterator[Problem]:
    """Judge whether a suspension or its end was decided after what the log has.

    Side lists tell when a decision was taken, not when it was entered: an older suspension that
    comes in after a 发还 would seem to be given back already.
    """
    newest = max((each.decided_at for each in log), default=event.decided_at)
    if not is_final(event.new) and event.decided_at < newest:
        yield Problem(
            "decided_at", Code.DATE_ORDER, "a later decision is on record; this needs a new one"
        )


def _refuse(problems: Sequence[Problem]) -> None:
    """Raise the first of the problems, and tell of all."""
    if problems:
        text = "; ".join(f"{each.field}: {each.message}" for each in problems)
        raise AnzhengError(problems[0].code, text, field=problems[0].field, problems=len(problems))


def _check_successor(row: Subject, successor: Subject) -> None:
    if not isinstance(row, StoredLicence) or not isinstance(successor, StoredLicence):
        raise AnzhengError(Code.LICENCE_RESERVED, "its file is lost: nobody knows its number here")
    same = (row.authority, row.licence_no) == (successor.authority, successor.licence_no)
    if not same or successor.version <= row.version:
        raise AnzhengError(
            Code.FIELD_VALUE,
            "successor: must be a later version of the same licence",
            field="successor",
        )


def _draft_of(row: Subject) -> Draft | None:
    """Return what a licence says, if its data are here."""
    return licence_json.decode(row.licence_json).draft if isinstance(row, StoredLicence) else None


def _valid_from(row: Subject) -> date:
    draft = _draft_of(row)
    if draft is None:
        raise AnzhengError(
            Code.FIELD_MISSING,
            "effective_from: its file is lost here; name the first day of the licence",
            field="effective_from",
        )
    return draft.valid_from


def _check_transition(old: StatusWord, new: StatusWord) -> None:
    if not may_change(old, new):
        raise AnzhengError(
            Code.STATUS_TRANSITION,
            f"{new.name} may not follow {old.name}; correct it by a new version",
            old=old.name,
            new=new.name,
        )


def _known(unit: Unit, leaf: Leaf) -> Subject:
    row = unit.licences.by_leaf(leaf) or unit.recovery.reserved_leaf(leaf)
    if row is None:
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    return row
