"""Decisions that the chain has and the database lost: put in again, or noted as words."""

from collections.abc import Mapping, Sequence
from functools import reduce

from anchor.confirmer import verify_officers
from anzheng.flows.reconcile_read import StatusWrite
from anzheng.flows.reconcile_report import Counts
from anzheng.store.database import Unit
from anzheng.store.recovery import RecoveredWord
from anzheng.store.status import DecisionState
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord, more_negative, needs_confirmation
from licence.formats import decision as decisions
from licence.formats.decision import Decision
from licence.formats.officers import OFFICERS_NEEDED, PinnedOfficer
from licence.ids import Address, AuthorityId, Digest, RegistryId, StatusIndex


def adopt_decisions(
    unit: Unit,
    whose: tuple[RegistryId, AuthorityId],
    writes: Sequence[StatusWrite],
    files: Sequence[bytes],
    officers: Sequence[PinnedOfficer],
    counts: Counts,
) -> None:
    """Put in again the decisions whose files are there, and note the words of the others.

    Args:
        unit: The database.
        whose: Registry and authority.
        writes: What the chain has, in its order.
        files: Signed decisions that the officers kept.
        officers: Whose signatures count.
        counts: Told what was done.

    Raises:
        AnzhengError: DECISION_SYNTAX, for a file that is no decision; DECISION_OFFICER_UNKNOWN,
            DECISION_SIGNATURE, DECISION_TWO_OFFICERS.
    """
    kept = _by_digest(files)
    lost: dict[StatusIndex, dict[Address, RecoveredWord]] = {}
    for write in writes:
        if unit.status.decision(write.decision) is None and write.decision in kept:
            _adopt(unit, whose, write, kept[write.decision], officers)
            counts.decisions += 1
        if unit.status.decision(write.decision) is not None:
            for index in write.indices:
                lost.pop(index, None)
            continue
        for index in write.indices:
            # A suspension that was carried over is given back in the contract before.
            lost.setdefault(index, {})[write.contract] = RecoveredWord(
                *whose,
                index,
                write.word,
                write.decision,
                write.sequence,
                write.written_at,
            )
    known = set(unit.recovery.words(*whose))
    worst = [_worst(tuple(words.values())) for words in lost.values()]
    new = [word for word in worst if word not in known]
    unit.recovery.keep_words(new)
    counts.words += len(new)


def _worst(words: Sequence[RecoveredWord]) -> RecoveredWord:
    """Return what counts of the words of several contracts."""
    word = reduce(more_negative, (each.word for each in words))
    return next(each for each in words if each.word is word)


def _by_digest(files: Sequence[bytes]) -> Mapping[Digest, Decision]:
    found = [decisions.decode(data) for data in files]
    return {decisions.digest(each): each for each in found}


def _adopt(
    unit: Unit,
    whose: tuple[RegistryId, AuthorityId],
    write: StatusWrite,
    decision: Decision,
    officers: Sequence[PinnedOfficer],
) -> None:
    """Put a decision into the registry's log, as what is on the chain already."""
    registry, authority = whose
    least = OFFICERS_NEEDED if needs_confirmation(decision.word) else 1
    verify_officers(decision, officers, least=least)
    now = write.written_at
    events = []
    for subject in decision.subjects:
        log = unit.status.of_index(registry, authority, subject.index)
        events.append(
            StatusEvent(
                leaf=subject.leaf,
                ref=StatusRef(registry, subject.index),
                authority=authority,
                old=log[-1].new if log else StatusWord.NONE,
                new=decision.word,
                decided_at=decision.decided_at,
                effective_from=decision.effective_from,
                until=decision.until,
                document_no=decision.document_no,
                ground=decision.ground,
                successor=subject.successor,
            )
        )
    stored = unit.status.add(write.decision, decisions.encode(decision), events, now)
    unit.status.progress(stored, DecisionState.ON_CHAIN)
    unit.recovery.forget_words(write.decision)
