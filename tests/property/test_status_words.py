"""The word of a licence on a day, for any changes in any order (DESIGN 3.3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from licence.domain.model import StatusRef
from licence.domain.status import (
    StatusEvent,
    StatusWord,
    decisive,
    is_final,
    may_change,
    more_negative,
    word_on,
)
from licence.formats.side_list import make_side_list, row_of
from licence.formats.status_shard import ListName
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex

REGISTRY, AUTHORITY, INDEX = RegistryId("r-test"), AuthorityId("a-test"), StatusIndex(3)
START = datetime(2026, 1, 1, 4, tzinfo=UTC)
DAYS = st.dates(date(2025, 12, 30), date(2026, 1, 14))


def event(word: StatusWord, effective_from: date, decided_at: datetime) -> StatusEvent:
    return StatusEvent(
        leaf=Leaf(bytes(32)),
        ref=StatusRef(REGISTRY, INDEX),
        authority=AUTHORITY,
        old=StatusWord.NONE,
        new=word,
        decided_at=decided_at,
        effective_from=effective_from,
        until=effective_from if word is StatusWord.SUSPENDED else None,
        document_no="1",
        ground="1",
        successor=Leaf(bytes(32)) if word is StatusWord.SUPERSEDED else None,
    )


MOMENTS = st.integers(0, 9 * 24).map(lambda hours: START + timedelta(hours=hours))
EVENTS = st.builds(
    event,
    st.sampled_from(StatusWord),
    st.dates(date(2026, 1, 1), date(2026, 1, 12)),
    MOMENTS,
)
LOGS = st.lists(EVENTS, max_size=6, unique_by=lambda each: each.decided_at)
"""Changes as they come: also such as the transition table refuses."""


@st.composite
def kept_logs(draw: st.DrawFn) -> list[StatusEvent]:
    """Draw a log as the registry keeps it: each word may follow the one before."""
    log: list[StatusEvent] = []
    last = StatusWord.NONE
    for moment in sorted(draw(st.sets(MOMENTS, max_size=5))):
        following = [word for word in StatusWord if may_change(last, word)]
        last = draw(st.sampled_from(following))
        ahead = timedelta(days=draw(st.integers(0, 3)))
        log.append(event(last, moment.date() + ahead, moment))
    return log


@given(LOGS.flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))), DAYS)
def test_the_order_in_which_changes_are_told_does_not_matter(
    logs: tuple[list[StatusEvent], list[StatusEvent]], day: date
) -> None:
    assert decisive(logs[0], day) == decisive(logs[1], day)


@given(LOGS, DAYS, DAYS)
def test_a_final_word_never_returns(log: list[StatusEvent], one: date, other: date) -> None:
    first, last = word_on(log, min(one, other)), word_on(log, max(one, other))
    assert not is_final(first) or more_negative(first, last) is last


@given(LOGS, EVENTS, DAYS)
def test_no_further_change_makes_a_final_word_better(
    log: list[StatusEvent], further: StatusEvent, day: date
) -> None:
    before, after = word_on(log, day), word_on([*log, further], day)
    assert not is_final(before) or more_negative(before, after) is after


@given(LOGS, DAYS)
def test_the_more_negative_is_never_hidden(log: list[StatusEvent], day: date) -> None:
    word = word_on(log, day)
    for each in log:
        if is_final(each.new) and each.effective_from <= day:
            assert more_negative(word, each.new) is word


@given(LOGS, DAYS, DAYS)
def test_rescinded_is_for_every_day_also_when_cancelled_after(
    log: list[StatusEvent], effective: date, day: date
) -> None:
    rescinded = event(StatusWord.RESCINDED, effective, START + timedelta(days=20))
    cancelled = event(StatusWord.CANCELLED, effective, START + timedelta(days=21))
    assert decisive([*log, rescinded], day) is not None
    assert word_on([*log, rescinded], day) is StatusWord.RESCINDED
    assert word_on([*log, rescinded, cancelled], day) is StatusWord.RESCINDED


@given(LOGS, DAYS, st.integers(0, 400))
def test_a_suspension_past_its_last_day_stays_until_it_is_given_back(
    log: list[StatusEvent], effective: date, days: int
) -> None:
    mild = [each for each in log if not is_final(each.new)]
    suspended = event(StatusWord.SUSPENDED, effective, START + timedelta(days=20))
    day = effective + timedelta(days=days)
    assert decisive([*mild, suspended], day) == suspended
    assert decisive([*mild, replace(suspended, until=None)], day) is not None
    back = event(StatusWord.NONE, day, START + timedelta(days=21))
    assert word_on([*mild, suspended, back], day) is StatusWord.NONE
    if days:
        eve = day - timedelta(days=1)
        assert word_on([*mild, suspended, back], eve) is StatusWord.SUSPENDED


@given(LOGS, DAYS)
def test_what_is_announced_does_not_count_yet(log: list[StatusEvent], day: date) -> None:
    counting = [
        each for each in log if each.effective_from <= day or each.new is StatusWord.RESCINDED
    ]
    assert decisive(log, day) == decisive(counting, day)
    change = decisive(log, day)
    assert change is None or change in counting


@given(kept_logs())
def test_the_last_word_of_a_kept_log_counts_in_the_end_unless_a_worse_final_one_stands(
    log: list[StatusEvent],
) -> None:
    word = word_on(log, date(2026, 2, 1))
    last = log[-1].new if log else StatusWord.NONE
    finals = [each.new for each in log if is_final(each.new)]
    assert is_final(word) is is_final(last)
    assert word is last if not finals else word in finals


@given(LOGS, DAYS, DAYS)
def test_a_side_list_says_the_same_as_the_log(
    log: list[StatusEvent], issued: date, day: date
) -> None:
    rows = [row_of(each) for each in log]
    side = make_side_list(
        ListName("https://lists.example", REGISTRY, AUTHORITY, 0),
        [row for row in rows if row.effective_from <= issued],
        [row for row in rows if row.effective_from > issued],
        sequence=1,
        issued_at=START,
        expires_at=START + timedelta(days=1),
        list_digest=Digest(bytes(32)),
    )
    told = (*side.rows_of(INDEX), *side.announced_of(INDEX))
    assert word_on(told, day) is word_on(log, day)
