"""Which characters may stand in a licence."""

import pytest

from licence.domain.text import Charset, ascii_upper, check_text
from licence.errors import AnzhengError, Code


def refused(value: str, charset: Charset = Charset.GENERAL, max_chars: int = 20) -> AnzhengError:
    with pytest.raises(AnzhengError) as caught:
        check_text(value, "name", max_chars=max_chars, charset=charset)
    assert caught.value.facts["field"] == "name"
    return caught.value


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        ("大连㛃𬭎建设工程有限公司", Charset.NAME),
        ("大连(集团)（一）·、-A1é〇", Charset.NAME),
        ("李·安德森(Anders LI)", Charset.PERSON),
        ("J. O'Brien, Jr", Charset.PERSON),
        ("电子级硫酸(≥95%)3万吨/年；℃ ㎡ ② “甲” №5 α-蒎烯 Ⅲ级", Charset.GENERAL),
        ("\ufa0e\U0002b4b6\U0003134a", Charset.NAME),
    ],
)
def test_texts_of_licences_are_accepted_unchanged(value: str, charset: Charset) -> None:
    assert check_text(value, "name", max_chars=60, charset=charset) == value


def test_length_counts_characters_not_utf16_units() -> None:
    assert check_text("𬭎" * 20, "name", max_chars=20)
    assert refused("𬭎" * 21).code is Code.FIELD_LENGTH
    assert refused("").code is Code.FIELD_LENGTH


@pytest.mark.parametrize("char", ["\x00", "\n", "\t", "\x7f", "\x85", "\u2028"])
def test_control_characters_are_refused(char: str) -> None:
    error = refused(f"甲{char}乙")
    assert error.code is Code.TEXT_CONTROL_CHARACTER
    assert error.facts["character"] == f"U+{ord(char):04X}"


@pytest.mark.parametrize("char", ["\ue000", "\uf8ff", "\U000f0000", "\U0010ffff"])
def test_private_use_is_refused(char: str) -> None:
    assert refused(f"甲{char}").code is Code.TEXT_PRIVATE_USE


@pytest.mark.parametrize("value", ["e\u0301", "\uf900", "\u212b"])
def test_other_forms_than_nfc_are_refused(value: str) -> None:
    assert refused(value).code is Code.TEXT_NOT_NFC


@pytest.mark.parametrize(
    "char",
    [
        "\u200b",  # zero width space
        "\u200d",  # joiner
        "\u202e",  # right-to-left override
        "\u2066",  # isolate
        "\ufeff",  # byte order mark
        "\u00ad",  # soft hyphen
        "\u00a0",  # no-break space
        "\u3000",  # ideographic space
        "\u05d0",  # Hebrew
        "\ufe00",  # variation selector
        "\U000e0100",  # ideographic variation selector
        "\U000e0041",  # tag
        "\ud800",  # lone surrogate
        "\uffff",
        "\u0378",  # unassigned
        "\u0301",  # combining, though alone it is NFC
        "😀",
    ],
)
def test_hidden_joining_and_turning_characters_are_refused(char: str) -> None:
    error = refused(f"甲{char}乙")
    assert error.code is Code.TEXT_CHARACTER_REFUSED
    assert error.facts["character"] == f"U+{ord(char):04X}"


@pytest.mark.parametrize("value", [" 甲", "甲 ", "甲  乙", " "])
def test_blanks_at_the_ends_and_in_pairs_are_refused(value: str) -> None:
    assert refused(value).code is Code.TEXT_CHARACTER_REFUSED


@pytest.mark.parametrize("value", ["甲%", "甲/乙", "甲_", "１"])
def test_a_name_has_only_characters_of_names(value: str) -> None:
    assert refused(value, Charset.NAME).code is Code.TEXT_CHARACTER_REFUSED
    assert refused(value, Charset.PERSON).code is Code.TEXT_CHARACTER_REFUSED


def test_ascii_upper_leaves_other_letters_alone() -> None:
    assert ascii_upper("abcßé") == "ABCßé"
