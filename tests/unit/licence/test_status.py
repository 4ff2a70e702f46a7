"""Status words: the transition table, severity, and from when a word counts."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from licence.domain.status import (
    StatusWord,
    decisive,
    is_final,
    may_change,
    more_negative,
    needs_confirmation,
    word_on,
)

ROOT = Path(__file__).parents[3]
N, S, REV, RES, W, C, SUP = StatusWord


def test_values_are_the_nibbles_on_chain() -> None:
    assert [word.value for word in StatusWord] == list(range(7))
    assert [word.name for word in StatusWord] == [
        "NONE",
        "SUSPENDED",
        "REVOKED",
        "RESCINDED",
        "WITHDRAWN",
        "CANCELLED",
        "SUPERSEDED",
    ]


def test_the_table_is_the_one_of_the_contract() -> None:
    """The comment in StatusRules.sol draws it; its own fuzz test holds the code to the comment."""
    text = (ROOT / "contracts" / "src" / "StatusRules.sol").read_text(encoding="utf-8")
    rows = re.findall(r"^///   ([a-z]+) +((?:[.x]  ){6}[.x])$", text, re.MULTILINE)
    assert [name.upper() for name, _cells in rows] == [word.name for word in StatusWord]
    drawn = {
        (old, new): cell == "x"
        for old, (_name, cells) in zip(StatusWord, rows, strict=True)
        for new, cell in zip(StatusWord, cells.split(), strict=True)
    }
    assert drawn == {pair: may_change(*pair) for pair in product(StatusWord, StatusWord)}


def test_a_final_word_never_returns_to_none_or_suspended() -> None:
    for old, new in product(StatusWord, (N, S)):
        assert not (is_final(old) and may_change(old, new))


def test_no_word_follows_itself() -> None:
    assert not any(may_change(word, word) for word in StatusWord)


def test_which_words_are_final_and_which_need_a_second_account() -> None:
    assert [word for word in StatusWord if is_final(word)] == [REV, RES, W, C, SUP]
    assert [word for word in StatusWord if needs_confirmation(word)] == [REV, RES, W, C]


def test_severity_is_a_total_order() -> None:
    order = [N, S, SUP, C, W, REV, RES]
    for (i, one), (j, other) in product(enumerate(order), enumerate(order)):
        assert more_negative(one, other) is order[max(i, j)]


DAY = date(2026, 3, 1)
BEFORE, AFTER = date(2026, 2, 28), date(2027, 1, 1)


@dataclass(frozen=True)
class Row:
    """One change."""

    word: StatusWord
    effective_from: date = DAY
    until: date | None = None
    decided_at: datetime = datetime(2026, 3, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("word", [S, REV, W, C, SUP])
def test_a_word_counts_from_its_effective_day(word: StatusWord) -> None:
    assert word_on([Row(word)], BEFORE) is N
    assert word_on([Row(word)], DAY) is word
    assert word_on([Row(word)], AFTER) is word


def test_rescinded_counts_for_every_day_and_nothing_for_no_day() -> None:
    assert word_on([Row(RES)], date(2020, 1, 1)) is RES
    assert word_on([], AFTER) is N
    assert decisive([Row(S), Row(N)], AFTER) is None


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ((S, N), N),
        ((S, N, S), S),
        ((S, REV), REV),
        ((REV, C), REV),
        ((RES, C), RES),
        ((W, C), W),
        ((C, RES), RES),
        ((SUP, C), C),
        ((SUP, RES), RES),
        # What may not follow and came in all the same.
        ((REV, N), REV),
        ((REV, S), REV),
        ((C, SUP), C),
    ],
)
def test_the_word_of_several_changes(words: tuple[StatusWord, ...], word: StatusWord) -> None:
    assert word_on([Row(each) for each in words], DAY) is word


def test_the_change_decided_last_counts_whatever_day_it_names() -> None:
    """A suspension announced for a day, given back before it began: it never begins."""
    announced = Row(S, effective_from=AFTER)
    back = Row(N, decided_at=announced.decided_at + timedelta(hours=1))
    assert word_on([announced], AFTER) is S
    assert word_on([announced, back], AFTER) is N
    assert word_on([back, announced], AFTER) is N
