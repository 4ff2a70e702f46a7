"""Licence numbers 编号, such as `（辽）WH安许证字〔2024〕0127` or `（辽）危化经字〔2024〕0001`.

Offices write the brackets in four styles and may add 号 or a suffix (Y2 second renewal 延期, B1
first change 变更, 补1 first reissue 补发). The canonical number has one style and no suffix, for
the number stays while the counts grow; the counts are fields of their own.

Source: research licence_domain B.5, D29.
"""

import re
from dataclasses import dataclass
from typing import Final

from licence.domain.licence_types import LICENCE_TYPES, LicenceType
from licence.domain.model import Industry
from licence.domain.text import ascii_upper
from licence.errors import AnzhengError, Code
from licence.ids import LicenceNo

MAX_CHARACTERS = 40

_WORDS: Final = {
    kind.in_number(industry) + kind.number_word: (kind, industry)
    for kind in LICENCE_TYPES.values()
    for industry in kind.industries
}
"""What stands before 字, for each type and industry."""


def _searched(kind: LicenceType, industry: Industry) -> str:
    """Return the part of such a word by which a number is searched."""
    return kind.in_number(industry) or kind.number_word


_SEARCHED: Final = "|".join(_searched(kind, industry) for kind, industry in _WORDS.values())
# A suffix stands behind a digit, else the serial `AB1` would be read as serial A, change 1.
_SUFFIX = r"(?:(?<=[0-9])(?:Y([1-9][0-9]?))?(?:B([1-9][0-9]?))?(?:补([1-9][0-9]?))?)?"
# What stands before a suffix may not end in one: read again, `0B1B1` would be another number.
_TWO_SUFFIXES = re.compile(r"[0-9][YB][1-9][0-9]?$")
_FORM = re.compile(
    r"[（(]([\u4e00-\u9fff])[）)] ?"
    rf"({'|'.join(_WORDS)})字?"
    r"[\[〔【（(]((?:19|20|21)[0-9]{2})[\]〕】）)] ?"
    rf"([0-9A-Z]{{1,8}}?){_SUFFIX}号?"
)
_FOLDED = re.compile(rf"[\u4e00-\u9fff](?:{_SEARCHED})(?:19|20|21)[0-9]{{2}}[0-9A-Z]{{1,8}}")


@dataclass(frozen=True, slots=True)
class Suffix:
    """The counts behind a number; 0 where the number says nothing."""

    renewal: int = 0
    change: int = 0
    reissue: int = 0


@dataclass(frozen=True, slots=True)
class LicenceNumber:
    """A number taken apart."""

    canonical: LicenceNo
    type: LicenceType
    province: str
    industry: Industry
    year: int
    serial: str
    suffix: Suffix | None


def make_licence_no(
    kind: LicenceType, province: str, industry: Industry, year: int, serial: str
) -> LicenceNo:
    """Write a number in its canonical form."""
    word = kind.in_number(industry) + kind.number_word
    return LicenceNo(f"（{province}）{word}字〔{year}〕{serial}")


def parse_licence_no(text: str) -> LicenceNumber:
    """Read a number in any of the accepted styles.

    Raises:
        AnzhengError: LICENCE_NO_FORMAT.
    """
    match = _FORM.fullmatch(ascii_upper(text.strip())) if len(text) <= MAX_CHARACTERS else None
    if match is None or _TWO_SUFFIXES.search(match[4]):
        raise AnzhengError(
            Code.LICENCE_NO_FORMAT,
            "a licence number looks like （辽）WH安许证字〔2024〕0127",
        )
    province, word, year, serial, *counts = match.groups()
    kind, industry = _WORDS[word]
    suffix = Suffix(*(int(count or 0) for count in counts)) if any(counts) else None
    canonical = make_licence_no(kind, province, industry, int(year), serial)
    return LicenceNumber(canonical, kind, province, industry, int(year), serial, suffix)


def folded(text: str) -> str:
    """Return the key under which a number is searched, such as `辽WH20240127`.

    All styles of one number fold to one key, and a key folds to itself.

    Raises:
        AnzhengError: LICENCE_NO_FORMAT.
    """
    key = ascii_upper(text.strip())
    if _FOLDED.fullmatch(key):
        return key
    number = parse_licence_no(text)
    word = _searched(number.type, number.industry)
    return f"{number.province}{word}{number.year}{number.serial}"
