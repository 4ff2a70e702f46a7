"""Which words count against a licence, and which new versions must wait because of one.

A new version has a status of its own, so it would be good while the version before it is
suspended. Final words do not hold a new version back: it may be their cure (更正).
"""

from collections.abc import Sequence
from datetime import date

from anzheng.store.database import Unit
from anzheng.store.licences import StoredLicence
from anzheng.store.recovery import ReservedIndex
from licence.domain.status import StatusEvent, StatusWord, word_on


def lost_word(
    unit: Unit, row: StoredLicence | ReservedIndex, log: Sequence[StatusEvent]
) -> StatusWord:
    """Return the word that only the chain knows, unless the log has a later decision.

    After a restore the decision may be lost (`reconcile`); the word counts all the same.
    """
    kept = unit.recovery.word(row.registry, row.authority, row.status_index)
    if kept is None or any(event.decided_at > kept.written_at for event in log):
        return StatusWord.NONE
    return kept.word


def counting_words(unit: Unit, row: StoredLicence, today: date) -> frozenset[StatusWord]:
    """Return the negative words that count for a licence, today or once their day has come."""
    events = unit.status.of_index(row.registry, row.authority, row.status_index)
    words = {word_on(events, day) for day in (today, date.max)} | {lost_word(unit, row, events)}
    return frozenset(words) - {StatusWord.NONE}


def is_withheld(unit: Unit, row: StoredLicence, today: date) -> bool:
    """Say whether an earlier version of the same number is, or is to be, suspended."""
    if row.version == 1:
        return False
    return any(
        StatusWord.SUSPENDED in counting_words(unit, each, today)
        for each in unit.licences.versions(row.authority, row.licence_no)
        if each.version < row.version
    )
