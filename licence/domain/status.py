"""The status words of a licence version, how one may follow another, and which counts on a day.

A word says which negative event is on record: NONE is "no negative event" and never enough alone.
EXPIRED is computed from the dates (`validity.py`); LOST 遗失 concerns paper copies and has no word.

Source: DESIGN 3.3; research licence_domain C.4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, unique
from typing import Final, Protocol, TypeVar

from licence.domain.model import StatusRef
from licence.ids import AuthorityId, Leaf


@unique
class StatusWord(IntEnum):
    """What is on record; the value is the nibble on chain. 7 to 15 are refused."""

    NONE = 0
    SUSPENDED = 1
    """暂扣: withheld for a time, until it is given back 发还."""
    REVOKED = 2
    """吊销: taken away as a penalty, from its effective date."""
    RESCINDED = 3
    """撤销: annulled because the grant itself was defective, for every date."""
    WITHDRAWN = 4
    """撤回: taken back because the law or the facts changed."""
    CANCELLED = 5
    """注销: closed in the register."""
    SUPERSEDED = 6
    """换发: another version took its place."""


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One decision about one licence version, as the registry's log has it.

    Args:
        leaf: Identity of the version.
        ref: Where its status is read.
        authority: Who decided.
        old: The word before.
        new: The word after.
        decided_at: When it was decided.
        effective_from: First day on which it counts, in China; may lie ahead.
        until: Last day of a suspension, else None; it does not end by itself.
        document_no: Number of the decision 文号; empty where there is none (SUPERSEDED).
        ground: Why.
        successor: Leaf of the version that took its place, only for SUPERSEDED.
    """

    leaf: Leaf
    ref: StatusRef
    authority: AuthorityId
    old: StatusWord
    new: StatusWord
    decided_at: datetime
    effective_from: date
    until: date | None
    document_no: str
    ground: str
    successor: Leaf | None

    @property
    def word(self) -> StatusWord:
        """What the status became: `new`, by the name that a side list has for it."""
        return self.new


_OPEN = frozenset({StatusWord.NONE, StatusWord.SUSPENDED})

MAY_FOLLOW: Final = (
    frozenset(set(StatusWord) - {StatusWord.NONE}),
    frozenset(set(StatusWord) - {StatusWord.SUSPENDED}),
    frozenset({StatusWord.CANCELLED}),
    frozenset({StatusWord.CANCELLED}),
    frozenset({StatusWord.CANCELLED}),
    frozenset({StatusWord.RESCINDED}),
    frozenset({StatusWord.RESCINDED, StatusWord.CANCELLED}),
)
"""For each word, the words that may follow it; contracts/src/StatusRules.sol has the same table."""

_SEVERITY: Final = (
    StatusWord.NONE,
    StatusWord.SUSPENDED,
    StatusWord.SUPERSEDED,
    StatusWord.CANCELLED,
    StatusWord.WITHDRAWN,
    StatusWord.REVOKED,
    StatusWord.RESCINDED,
)


def is_final(word: StatusWord) -> bool:
    """Say whether a word never returns to NONE or SUSPENDED."""
    return word not in _OPEN


def needs_confirmation(word: StatusWord) -> bool:
    """Say whether a second account must confirm the word and the daily cap counts it.

    SUPERSEDED needs its successor's anchored leaf instead: nothing is lost by it.
    """
    return is_final(word) and word is not StatusWord.SUPERSEDED


def may_change(old: StatusWord, new: StatusWord) -> bool:
    """Say whether `new` may follow `old`; a word never follows itself."""
    return new in MAY_FOLLOW[old]


def more_negative(one: StatusWord, other: StatusWord) -> StatusWord:
    """Return the word that is worse for the holder, for sources that do not agree yet."""
    return max(one, other, key=_SEVERITY.index)


class StatusChange(Protocol):
    """What the word on a day depends on: an event of the log, or a row of a side list."""

    @property
    def word(self) -> StatusWord:
        """What the status became; NONE when a suspension was given back 发还."""
        ...

    @property
    def effective_from(self) -> date:
        """First day on which it counts."""
        ...

    @property
    def until(self) -> date | None:
        """Planned last day of a suspension; it ends nothing."""
        ...

    @property
    def decided_at(self) -> datetime:
        """When it was decided."""
        ...


Change = TypeVar("Change", bound=StatusChange)


def counts_on(change: StatusChange, day: date) -> bool:
    """Say whether a change counts on a day.

    Rescinded counts for every day, for the grant was void from the start. The rest counts from its
    effective day; until then it is only announced.
    """
    return change.word is StatusWord.RESCINDED or change.effective_from <= day


def decisive(changes: Iterable[Change], day: date) -> Change | None:
    """Return the change behind the word of one licence version on a day; None for NONE.

    1. What is final stays: the most negative final word counts, whatever was decided after it. So
       a cancellation 注销 hides neither a rescission nor a revocation.
    2. Else the change that was decided last counts, for it knew the others; the chain is written
       in that order too. A suspension past its `until` stays until it is given back.

    Args:
        changes: Of one licence version; what was decided at the same time, in order.
        day: The day asked about, in China.
    """
    last: Change | None = None
    for change in sorted(changes, key=_decided_at):
        if counts_on(change, day) and (last is None or _replaces(change.word, last.word)):
            last = change
    return None if last is None or last.word is StatusWord.NONE else last


def word_on(changes: Iterable[StatusChange], day: date) -> StatusWord:
    """Return the word that these changes give one licence version on a day, see `decisive`."""
    change = decisive(changes, day)
    return StatusWord.NONE if change is None else change.word


def _decided_at(change: StatusChange) -> datetime:
    return change.decided_at


def _replaces(new: StatusWord, old: StatusWord) -> bool:
    return more_negative(old, new) is new if is_final(old) else True
