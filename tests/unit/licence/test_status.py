"""Status words: the transition table, severity, and from when a word counts."""

import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from licence.domain.status import (
    StatusWord,
    invalid_on,
    is_final,
    may_change,
    more_negative,
    needs_confirmation,
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


@pytest.mark.parametrize("word", [S, REV, W, C, SUP])
def test_a_word_counts_from_its_effective_day(word: StatusWord) -> None:
    assert not invalid_on(word, DAY, date(2026, 2, 28))
    assert invalid_on(word, DAY, DAY)
    assert invalid_on(word, DAY, date(2027, 1, 1))


def test_rescinded_counts_for_every_day_and_none_for_no_day() -> None:
    assert invalid_on(RES, DAY, date(2020, 1, 1))
    assert not invalid_on(N, DAY, date(2027, 1, 1))
