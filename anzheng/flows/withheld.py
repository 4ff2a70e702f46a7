"""Which words count against a licence, and which new versions must wait because of one.

A new version has a status of its own, so it would be good while the version before it is
suspended. Final words do not hold a new version back: it may be their cure (更正).
"""

from datetime import date

from anzheng.store.database import Unit
from anzheng.store.licences import StoredLicence
from licence.domain.status import StatusWord, word_on


def counting_words(unit: Unit, row: StoredLicence, today: date) -> frozenset[StatusWord]:
    """Return the negative words that count for a licence, today or once their day has come."""
    events = unit.status.of_index(row.registry, row.authority, row.status_index)
    return frozenset({word_on(events, day) for day in (today, date.max)}) - {StatusWord.NONE}


def is_withheld(unit: Unit, row: StoredLicence, today: date) -> bool:
    """Say whether an earlier version of the same number is, or is to be, suspended."""
    if row.version == 1:
        return False
    return any(
        StatusWord.SUSPENDED in counting_words(unit, each, today)
        for each in unit.licences.versions(row.authority, row.licence_no)
        if each.version < row.version
    )
