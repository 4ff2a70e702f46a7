"""The national identifier, against identifiers in use (research licence_domain B.2)."""

import pytest
from stdnum.iso7064 import mod_37_36

from licence.domain.elicence_id import elicence_check, make_elicence_id, parse_elicence_id
from licence.errors import AnzhengError, Code

IN_USE = [
    ("11100000000013338W011.11430000006122244L.20230000403.001", "U"),
    ("11100000000013338W011.11430000006122244L.20230000403.002", "S"),
    ("11100000000013338W009.11330105002500287C.2025052201.002", "0"),
    ("11100000000013338W087.11370800MB28559184.37080001202411010001.001", "3"),
    ("11100000MB03271699022.340100.000000016.001", "9"),
]
GOOD = "1.2.156.3005.2.1121000000TXT10121901.1121000000TXT10121.20240127.001.1"


@pytest.mark.parametrize(("parts", "check"), IN_USE)
def test_identifiers_in_use_have_the_check_character_that_we_compute(
    parts: str, check: str
) -> None:
    text = f"1.2.156.3005.2.{parts}.{check}"
    assert elicence_check(parts.replace(".", "")) == check
    assert parse_elicence_id(text).text == text
    assert mod_37_36.is_valid(parts.replace(".", "") + check)


def test_an_identifier_is_taken_apart() -> None:
    parsed = parse_elicence_id(GOOD)
    assert parsed.type == "1121000000TXT10121901"
    assert parsed.issuer == "1121000000TXT10121"
    assert (parsed.serial, parsed.version, parsed.check) == ("20240127", 1, "1")


def test_small_letters_are_read_and_written_as_capitals() -> None:
    assert parse_elicence_id(GOOD.lower()).text == GOOD


def test_an_identifier_can_be_made() -> None:
    made = make_elicence_id("1121000000TXT10121901", "1121000000TXT10121", "20240127", 1)
    assert made.text == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-2],
        GOOD + ".1",
        GOOD.replace("3005", "3006"),
        GOOD.replace(".001.", ".000."),
        GOOD.replace(".001.", ".01."),
        GOOD.replace("20240127", ""),
        GOOD.replace("20240127", "0" * 65),
        GOOD.replace("20240127", "2024-127"),
        GOOD.replace("20240127", "２0240127"),
        GOOD + "\n",
        GOOD.replace("20240127", "0" * 200),
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        parse_elicence_id(text)
    assert caught.value.code is Code.ELICENCE_ID_FORMAT


@pytest.mark.parametrize(
    "text", [GOOD[:-1] + "2", GOOD.replace("0127", "0172"), GOOD.replace(".001.", ".002.")]
)
def test_a_wrong_check_character_is_refused(text: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        parse_elicence_id(text)
    assert caught.value.code is Code.ELICENCE_ID_CHECK


def test_the_check_character_is_defined_for_digits_and_capitals_only() -> None:
    with pytest.raises(AnzhengError) as caught:
        elicence_check("12a")
    assert caught.value.code is Code.ELICENCE_ID_FORMAT
