"""Credit codes, against published codes and python-stdnum."""

import pytest
from stdnum.cn import uscc as stdnum_uscc

from licence.domain.uscc import check_character, check_uscc
from licence.errors import AnzhengError, Code

# Published codes (research licence_domain B.5), then those of our samples.
GOOD = [
    "91420000757013137P",
    "11100000000013338W",
    "113700000045030270",
    "91610800064834709T",
    "91210213MA9TXT017B",
    "1121000000TXT10121",
    "1121000000TXT1047K",
    "1121020000TXT10206",
    "1121020000TXT10393",
]


@pytest.mark.parametrize("code", GOOD)
def test_published_codes_are_accepted_by_us_and_by_stdnum(code: str) -> None:
    assert check_uscc(code) == code
    assert check_character(code[:17]) == code[17]
    assert stdnum_uscc.is_valid(code)


def test_small_letters_become_capitals() -> None:
    assert check_uscc("91210213ma9txt017b") == "91210213MA9TXT017B"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91210213MA9TXT017",
        "91210213MA9TXT017B0",
        "91210213MA9TXT0I7B",
        "9121O213MA9TXT017B",
        "91210213MA9TXT017 ",
        "９1210213MA9TXT017B",
        "91210213MA9TXT017B\n",
        "91210213MA9TXTß17B",
    ],
)
def test_what_is_no_code_at_all_is_refused(code: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        check_uscc(code)
    assert caught.value.code is Code.USCC_FORMAT


@pytest.mark.parametrize("code", ["91210213MA9TXT017C", "91210213MA9TXT071B"])
def test_a_wrong_check_character_is_refused(code: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        check_uscc(code)
    assert caught.value.code is Code.USCC_CHECK_DIGIT


def test_a_sum_that_divides_evenly_has_check_character_zero() -> None:
    """The case in which several libraries fail."""
    assert check_character("10000000000000010") == "0"
    assert check_uscc("100000000000000100")


@pytest.mark.parametrize("first17", ["", "1" * 16, "1" * 18, "I" * 17])
def test_check_character_refuses_what_is_not_17_characters(first17: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        check_character(first17)
    assert caught.value.code is Code.USCC_FORMAT
