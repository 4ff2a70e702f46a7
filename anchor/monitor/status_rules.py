"""Whether the published lists say of each licence at least what the chain says. Pure.

Standard: DESIGN 3.3 ("never more positive than the chain").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from anchor.calls import LICENCES_IN_WORD, status_in
from anchor.monitor.alarms import Alarm, MonitorPolicy, each_or_one
from licence.domain.status import StatusWord, is_final
from licence.errors import Code
from licence.formats.side_list import SideList, SideRow
from licence.formats.status_list import ListValue, StatusList, value_of
from licence.ids import AuthorityId, StatusIndex

_RANK: Final = (ListValue.VALID, ListValue.SUSPENDED, ListValue.INVALID)

_Marked = tuple[StatusIndex, StatusWord]


@dataclass(frozen=True, slots=True)
class ChainWord:
    """A storage word of statuses and when it changed last."""

    value: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ShardFacts:
    """One shard of an authority.

    Attributes:
        authority: Whose.
        shard: Which.
        words: Storage words of this shard that are not 0, by number.
        status_list: The published list; none when there is none.
        side_list: The side list beside it.
    """

    authority: AuthorityId
    shard: int
    words: Mapping[int, ChainWord]
    status_list: StatusList | None
    side_list: SideList | None


def group_of(authority: AuthorityId) -> str:
    """Return the group of an authority's list alarms."""
    return f"lists/{authority}"


def judge_shard(facts: ShardFacts, now: datetime, policy: MonitorPolicy) -> Iterator[Alarm]:
    """Yield what is wrong with the lists of a shard."""
    shown = facts.status_list
    if shown is None or shown.is_stale(now):
        yield _alarm(
            facts,
            Code.STATUS_STALE,
            "there is no status list, or its time is over",
            "stale",
            expired=None if shown is None else shown.expires_at.isoformat(),
        )
    signed_at = now if shown is None else shown.issued_at
    positive = [
        (index, word)
        for index, word, changed_at in _statuses(facts.words)
        if _is_due(changed_at, signed_at, now, policy) and not _is_said(shown, index, word)
    ]
    yield from each_or_one(positive, partial(_positive, facts))
    side_at = now if facts.side_list is None else facts.side_list.issued_at
    undocumented = [
        (index, word)
        for index, word, changed_at in _statuses(facts.words)
        if is_final(word)
        and word is not StatusWord.SUPERSEDED
        and _is_due(changed_at, side_at, now, policy)
        and not _has_document(facts.side_list, index, word)
    ]
    yield from each_or_one(undocumented, partial(_undocumented, facts))
    yield from _backwards(facts, policy)


def _is_due(
    changed_at: datetime, signed_at: datetime, now: datetime, policy: MonitorPolicy
) -> bool:
    """Say whether a list signed then should say by now what changed then."""
    return now - changed_at >= policy.lists or signed_at - changed_at >= policy.final


def _statuses(
    words: Mapping[int, ChainWord],
) -> Iterator[tuple[StatusIndex, StatusWord, datetime]]:
    for number, word in words.items():
        for place in range(LICENCES_IN_WORD):
            status = status_in(word.value, place)
            if status is not StatusWord.NONE:
                index = StatusIndex(number * LICENCES_IN_WORD + place)
                yield index, status, word.changed_at


def _is_said(shown: StatusList | None, index: StatusIndex, word: StatusWord) -> bool:
    if shown is None:
        return True  # a missing list says nothing; that is another alarm
    return _RANK.index(shown.value(index)) >= _RANK.index(value_of(word))


def _has_document(side: SideList | None, index: StatusIndex, word: StatusWord) -> bool:
    rows = () if side is None else side.rows_of(index)
    return any(row.word is word and row.document_no for row in rows)


def _positive(facts: ShardFacts, found: _Marked) -> Alarm:
    index, word = found
    return _alarm(
        facts,
        Code.STATUS_MORE_POSITIVE,
        "the status list says better of a licence than the chain",
        f"positive/{index}",
        index=index,
        chain=word.name,
    )


def _undocumented(facts: ShardFacts, found: _Marked) -> Alarm:
    index, word = found
    return _alarm(
        facts,
        Code.DECISION_UNDOCUMENTED,
        "a final status has no document number in the side list",
        f"undocumented/{index}",
        index=index,
        chain=word.name,
    )


def _backwards(facts: ShardFacts, policy: MonitorPolicy) -> Iterator[Alarm]:
    """Yield decisions that are dated after the chain has had them."""
    late = list[SideRow]()
    for row in () if facts.side_list is None else facts.side_list.rows:
        word = facts.words.get(row.index // LICENCES_IN_WORD)
        if word is None or not is_final(row.word):
            continue
        if status_in(word.value, row.index % LICENCES_IN_WORD) is not row.word:
            continue
        if row.decided_at > word.changed_at + policy.clock:
            late.append(row)
    yield from each_or_one(late, partial(_late, facts))


def _late(facts: ShardFacts, row: SideRow) -> Alarm:
    return _alarm(
        facts,
        Code.DATES_BACKWARDS,
        "a decision is dated after the chain has had it",
        f"decided/{row.index}",
        index=row.index,
        decided_at=row.decided_at.isoformat(),
    )


def _alarm(
    facts: ShardFacts, code: Code, message: str, about: str, **more: str | int | None
) -> Alarm:
    return Alarm(
        code=code,
        subject=f"{facts.authority}/{facts.shard}/{about}",
        message=message,
        facts=(("shard", facts.shard), *more.items()),
        group=group_of(facts.authority),
        authority=facts.authority,
    )
