"""Outlines of rare characters: one spelling, nothing hidden, Chinese characters only."""

import pytest

from licence.domain.glyph_outline import MAX_OUTLINE, check_outline, check_outline_character
from licence.errors import AnzhengError, Code
from tests.fakes.drafts import RARE, RARE_OUTLINE
from tests.fakes.refusal import refuses

SQUARE = "M 0 0 L 1000 0 L 1000 1000 L 0 1000 Z"


@pytest.mark.parametrize(
    "outline",
    [
        RARE_OUTLINE,
        SQUARE,
        f"{SQUARE} {SQUARE}",
        "M 0 0 Q 500 0 1000 1000 Z",
        "M 1 1 C 2 900 4 950 600 700 L 0 0 Z",
    ],
)
def test_paths_of_the_one_spelling_are_taken(outline: str) -> None:
    assert check_outline(outline, "x") == outline


@pytest.mark.parametrize(
    "outline",
    [
        "M 0 0 Z",
        "M 0 0 L 1000 1000",
        "L 0 0 L 1000 1000 Z",
        "m 0 0 L 1000 1000 Z",
        "M0 0 L 1000 1000 Z",
        "M 0,0 L 1000 1000 Z",
        "M 0 0  L 1000 1000 Z",
        "M 0 0 L 1000 1000 Z ",
        "M 00 0 L 1000 1000 Z",
        "M -0 0 L 1000 1000 Z",
        "M 0 0 L 1000.5 1000 Z",
        "M 0 0 H 1000 L 5 5 Z",
        "M 0 0 A 1 1 0 0 0 9 9 Z",
        "M 0 0 L 1000 1001 L 0 1000 Z",
        "M 0 -1 L 1000 1000 L 0 1000 Z",
        "M 0 0 L 99 99 Z",
        "M 0 0 L 1000 0 Z",
        "M 0 0 L 1000 1000 Z",
        "M 0 0 L 100 1 L 0 0 Z M 5 5 L 900 900 L 5 6 Z",
        "M ０ 0 L 1000 1000 Z",
        "M 0 0\nL 1000 1000 Z",
    ],
)
def test_other_paths_are_refused(outline: str) -> None:
    with refuses(Code.GLYPH_OUTLINE):
        check_outline(outline, "x")


@pytest.mark.parametrize(
    ("outline", "code"),
    [(5, Code.FIELD_TYPE), ("", Code.FIELD_LENGTH), ("M" * (MAX_OUTLINE + 1), Code.FIELD_LENGTH)],
)
def test_what_is_no_path_at_all_is_refused(outline: object, code: Code) -> None:
    with refuses(code):
        check_outline(outline, "x")


def test_a_long_path_is_judged_quickly() -> None:
    # Nothing in the form can be read in two ways, so that no text makes the search explode.
    long = "M 0 0" + " L 1 1" * 600
    with refuses(Code.GLYPH_OUTLINE):
        check_outline(long[:MAX_OUTLINE], "x")


def test_only_one_chinese_character_may_have_an_outline() -> None:
    assert check_outline_character(RARE, "x") == RARE
    for char in ("7", "A", "王李", "", "，", " ", "\ue000", "あ"):
        with pytest.raises(AnzhengError) as caught:
            check_outline_character(char, "x")
        assert caught.value.code is Code.GLYPH_OUTLINE
    with refuses(Code.FIELD_TYPE):
        check_outline_character(7, "x")
