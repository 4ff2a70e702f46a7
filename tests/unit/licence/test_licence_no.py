"""Licence numbers in all the styles that offices write."""

import pytest

from licence.domain.licence_no import Suffix, folded, parse_licence_no
from licence.domain.licence_types import HAZCHEM_TRADING, SAFETY_PRODUCTION
from licence.domain.model import Industry
from licence.errors import AnzhengError, Code

# Styles found in use (research licence_domain B.5) and their canonical form.
STYLES = [
    ("（鲁）JZ安许证字[2023]087974", "（鲁）JZ安许证字〔2023〕087974", "鲁JZ2023087974"),
    ("（鄂）JZ安许证字【2005】000115", "（鄂）JZ安许证字〔2005〕000115", "鄂JZ2005000115"),
    ("(苏)WH安许证字[2023]000123", "（苏）WH安许证字〔2023〕000123", "苏WH2023000123"),
    ("(鄂)WH安许证字[2025]002345号", "（鄂）WH安许证字〔2025〕002345", "鄂WH2025002345"),
    ("（闽）FM安许证字（2024）E01号", "（闽）FM安许证字〔2024〕E01", "闽FM2024E01"),
    ("（桂）FM安许证字〔2023〕0078", "（桂）FM安许证字〔2023〕0078", "桂FM20230078"),
    (" （国）mk安许证[2024] ab1 ", "（国）MK安许证字〔2024〕AB1", "国MK2024AB1"),
]


@pytest.mark.parametrize(("text", "canonical", "key"), STYLES)
def test_every_style_is_read_as_one_number(text: str, canonical: str, key: str) -> None:
    number = parse_licence_no(text)
    assert number.canonical == canonical
    assert number.suffix is None
    assert parse_licence_no(number.canonical) == number
    assert folded(text) == folded(canonical) == folded(key) == key


def test_a_number_is_taken_apart() -> None:
    number = parse_licence_no("（辽）WH安许证字〔2024〕0127")
    assert number.province == "辽"
    assert number.industry is Industry.HAZARDOUS_CHEMICALS
    assert (number.year, number.serial) == (2024, "0127")


@pytest.mark.parametrize(
    "text", ["（辽）危化经字〔2024〕0001", "(辽)危化经字[2024]0001号", "辽危化经20240001"]
)
def test_numbers_of_trading_licences_are_read_and_found(text: str) -> None:
    assert folded(text) == "辽危化经20240001"
    if "字" in text:
        number = parse_licence_no(text)
        assert number.canonical == "（辽）危化经字〔2024〕0001"
        assert (number.type, number.industry) == (HAZCHEM_TRADING, Industry.HAZARDOUS_CHEMICALS)
        assert parse_licence_no(number.canonical) == number


def test_a_number_is_of_one_type_only() -> None:
    assert parse_licence_no(STYLES[0][0]).type is SAFETY_PRODUCTION
    for text in ("（辽）WH危化经字〔2024〕0001", "（辽）安许证字〔2024〕0001"):
        with pytest.raises(AnzhengError) as caught:
            parse_licence_no(text)
        assert caught.value.code is Code.LICENCE_NO_FORMAT


@pytest.mark.parametrize(
    ("suffix", "counts"),
    [
        ("Y1B1", Suffix(1, 1, 0)),
        ("Y12", Suffix(12, 0, 0)),
        ("B3", Suffix(0, 3, 0)),
        ("补1", Suffix(0, 0, 1)),
        ("Y1补2号", Suffix(1, 0, 2)),
    ],
)
def test_a_suffix_is_read_but_is_no_part_of_the_number(suffix: str, counts: Suffix) -> None:
    number = parse_licence_no(f"（晋）MK安许证字〔2024〕0127{suffix}")
    assert number.canonical == "（晋）MK安许证字〔2024〕0127"
    assert number.suffix == counts


@pytest.mark.parametrize("serial", ["AB1", "Y1", "B2", "E01", "01Y0"])
def test_letters_that_belong_to_the_serial_are_no_suffix(serial: str) -> None:
    number = parse_licence_no(f"（闽）FM安许证字〔2024〕{serial}")
    assert number.serial == serial
    assert number.suffix is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "辽WH安许证字〔2024〕0127",
        "（辽）QQ安许证字〔2024〕0127",
        "（辽）WH安许证字〔24〕0127",
        "（辽）WH安许证字〔0024〕0127",
        "（辽）WH安许证字〔2024〕",
        "（辽）WH安许证字〔2024〕012345678",
        "（辽）WH安许证字〔2024〕0B1B1",
        "（辽）WH安许证字〔2024〕0Y1Y2",
        "（辽）WH安许证字〔２０２４〕0127",
        "（L）WH安许证字〔2024〕0127",
        "（辽）WH安许证字〔2024〕0127" + " " * 40,
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    for read in (parse_licence_no, folded):
        with pytest.raises(AnzhengError) as caught:
            read(text)
        assert caught.value.code is Code.LICENCE_NO_FORMAT
