"""Every code that a report can carry has words for people, and none of them frightens wrongly."""

import json

import pytest

from licence.errors import Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.verdict import CodeClass, class_of
from tools import web_words
from verifier.words import ADVICE, CHECKS, QUESTIONS, STATES, UNSAID, Act, advice

REPROACHES = ("无效", "伪造", "假", "举报", "invalid", "forged", "fake", "fraud", "not rely")


def test_each_code_has_words_or_is_never_in_a_report() -> None:
    assert set(ADVICE) | UNSAID == set(Code)
    assert not set(ADVICE) & UNSAID


def test_each_check_and_state_has_words() -> None:
    assert set(CHECKS) == set(QUESTIONS) == set(CheckName)
    assert set(STATES) == set(CheckState)


@pytest.mark.parametrize("code", [code for code in Code if class_of(code) is CodeClass.MISSING])
def test_what_could_not_be_checked_is_never_said_to_be_bad(code: Code) -> None:
    if code is Code.OK:
        return
    told = advice(code)
    said = f"{told.zh}{told.en}{told.todo.zh}{told.todo.en}".lower()
    assert not [word for word in REPROACHES if word in said]


@pytest.mark.parametrize("code", list(Code))
def test_what_is_bad_never_says_that_it_may_be_relied_on(code: Code) -> None:
    relies = advice(code).act in {Act.COMPARE, Act.NOTHING}
    assert not (relies and class_of(code) is not CodeClass.MISSING)
    assert (advice(code).act is Act.COMPARE) is (code is Code.OK)


def test_no_two_codes_of_one_table_say_the_same() -> None:
    meanings = [told.zh for told in ADVICE.values()]
    assert sorted({zh for zh in meanings if meanings.count(zh) > 1}) == []


def test_the_words_of_the_pages_are_up_to_date() -> None:
    assert web_words.FILE.read_text("utf-8") == web_words.text(), "run: python -m tools.web_words"
    assert set(json.loads(web_words.text())["codes"]) == {code.value for code in ADVICE}
