"""Step 9, the chain's part: what was decided is written, and what is final is confirmed.

1. Write: the propose account writes a decision; a final word is only proposed.
2. Confirm: another account, whose process checks two officers' signatures itself, confirms.

A decision that the contract or the confirmer refuses waits for a person (`parked`), and holds up
no other but those about the same licence. The lists have counted it since it was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

import structlog

from anchor.calls import Succession
from anchor.ports import Transaction, TxState
from anchor.publish import FOR_ALL
from anchor.status_writer import StatusWriter, order_of, succession
from anzheng.flows.offices import Confirms
from anzheng.flows.status import TOPIC
from anzheng.store.database import Store
from anzheng.store.status import DecisionState, StoredDecision
from licence.domain.status import counts_on, needs_confirmation
from licence.domain.validity import CHINA, shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.decision import Decision
from licence.formats.officers import OFFICERS_NEEDED
from licence.ids import AuthorityId, BatchId, Digest, StatusIndex
from licence.ports import Clock

log = structlog.get_logger()

CHAIN_SECONDS = 2
"""Pause before a transaction that is not final yet is looked at again."""

SUCCESSOR_SECONDS = 30
"""Pause before it is looked again whether the next version is anchored."""

NEEDS_PERSON = frozenset(
    {
        Code.CHAIN_ACCOUNT,
        Code.CHAIN_REVERTED,
        Code.DECISION_OFFICER_UNKNOWN,
        Code.DECISION_SIGNATURE,
        Code.DECISION_SYNTAX,
        Code.STATUS_TRANSITION,
    }
)
"""What trying again cannot cure."""


class StatusDesk(Protocol):
    """What an authority's decisions need of its office."""

    @property
    def status_writer(self) -> StatusWriter:
        """Writes and proposes."""
        ...

    @property
    def confirmer(self) -> Confirms:
        """Confirms, from an account of its own."""
        ...

    def set_aside(self, decision: Digest) -> int:
        """Forget the parked transactions of a decision, so that new ones are made."""
        ...


class StatusDesks(Protocol):
    """Opens desks, once each."""

    def open(self, authority: AuthorityId) -> StatusDesk:
        """Return the desk of an authority; NOT_FOUND for one that is not served here."""
        ...


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a decision came.

    Args:
        done: Whether the chain says it.
        again: When to look again, unless an officer or another decision comes first.
    """

    done: bool = False
    again: datetime | None = None


_DONE = _Progress(done=True)
_WAITS = _Progress()


def work(store: Store, clock: Clock, desks: StatusDesks, authority: AuthorityId) -> datetime | None:
    """Take every decision of an authority as far as it goes now.

    Decisions about the same licence go one after the other; the others do not wait for them.

    Returns:
        When to come again; None when nothing is left to do, or only a person can go on.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE and the like: try again later.
    """
    desk = desks.open(authority)
    with store.read() as unit:
        waiting = unit.status.open_decisions(authority)
    blocked: set[StatusIndex] = set()
    again: list[datetime] = []
    refused: AnzhengError | None = None
    for stored in waiting:
        decision = decisions.decode(stored.data)
        indices = {subject.index for subject in decision.subjects}
        progress = _WAITS
        if not indices & blocked:
            try:
                progress = _try(store, clock, desk, stored, decision)
            except AnzhengError as error:
                if error.code in FOR_ALL:
                    raise
                refused = refused or error
        if not progress.done:
            blocked |= indices
        if progress.again is not None:
            again.append(progress.again)
    if refused is not None:
        raise refused
    return min(again, default=None)


def retry(store: Store, clock: Clock, desks: StatusDesks, digest: Digest) -> StoredDecision:
    """Let a decision that waits for a person go on, once the cause is out of the way.

    Raises:
        AnzhengError: NOT_FOUND for an unknown decision, CONFLICT for one that does not wait.
    """
    with store.read() as unit:
        stored = unit.status.decision(digest)
    if stored is None:
        raise AnzhengError(Code.NOT_FOUND, "this decision is not known here")
    if stored.parked_code is None:
        raise AnzhengError(Code.CONFLICT, "this decision does not wait for a person")
    desks.open(stored.authority).set_aside(digest)
    with store.write() as unit:
        unit.status.unpark(stored)
        unit.outbox.add(TOPIC, stored.authority, clock.now())
    return stored


def start_of_day(day: date) -> datetime:
    """Return when a day begins in China."""
    return datetime.combine(day, time(), CHINA)


def _try(
    store: Store, clock: Clock, desk: StatusDesk, stored: StoredDecision, decision: Decision
) -> _Progress:
    now = clock.now()
    if stored.parked_code is not None:
        return _WAITS
    if not counts_on(decision, shanghai_date(now)):
        return _Progress(again=start_of_day(stored.effective_from))
    try:
        return _advance(store, desk, stored, decision, now)
    except AnzhengError as error:
        if error.code is Code.ANCHOR_PENDING:
            return _Progress(again=now + timedelta(seconds=SUCCESSOR_SECONDS))
        if error.code not in NEEDS_PERSON:
            raise
        _park(store, stored, decision, error.code)
        return _WAITS


def _advance(
    store: Store, desk: StatusDesk, stored: StoredDecision, decision: Decision, now: datetime
) -> _Progress:
    soon = _Progress(again=now + timedelta(seconds=CHAIN_SECONDS))
    final = needs_confirmation(decision.word)
    if stored.state is DecisionState.DECIDED or final:
        # A proposal that lapsed while it waited for the second officer is made again.
        order = order_of(decision, _successions(store, decision))
        if not _is_final(desk.status_writer.advance(order)):
            return soon
    if stored.state is DecisionState.DECIDED:
        state = DecisionState.WRITTEN if final else DecisionState.ON_CHAIN
        with store.write() as unit:
            unit.status.progress(stored, state)
    if not final:
        return _DONE
    if len(decision.signatures) < OFFICERS_NEEDED:
        return _WAITS
    if not _is_final(desk.confirmer.advance(stored.data)):
        return soon
    with store.write() as unit:
        unit.status.progress(stored, DecisionState.ON_CHAIN)
    return _DONE


def _is_final(transaction: Transaction) -> bool:
    """Say whether a transaction is final.

    Raises:
        AnzhengError: Why it never will be.
    """
    if transaction.state is TxState.PARKED:
        raise AnzhengError(
            transaction.reason or Code.CHAIN_REVERTED, "the contract refuses the transaction"
        )
    return transaction.state is TxState.FINAL


def _park(store: Store, stored: StoredDecision, decision: Decision, reason: Code) -> None:
    with store.write() as unit:
        unit.status.park(stored, reason)
    log.error(
        "decision_waits_for_a_person",
        authority=stored.authority,
        decision=stored.digest.hex(),
        word=decision.word.name,
        code=reason.value,
    )


def _successions(store: Store, decision: Decision) -> Sequence[Succession]:
    """Prove each successor from the batch in which it was anchored.

    Raises:
        AnzhengError: ANCHOR_PENDING while a successor is not anchored.
    """
    proofs = []
    with store.read() as unit:
        for subject in decision.subjects:
            if subject.successor is None:
                continue
            row = unit.licences.by_leaf(subject.successor)
            anchored = unit.anchors.evidence(subject.successor) is not None
            if row is None or row.batch_id is None or not anchored:
                raise AnzhengError(Code.ANCHOR_PENDING, "the next version is not anchored yet")
            manifest = unit.anchors.manifest(BatchId(row.batch_id))
            proofs.append(succession(subject.index, subject.successor, manifest))
    return tuple(proofs)
