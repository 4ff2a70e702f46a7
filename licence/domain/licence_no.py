"""Licence numbers 编号, such as `（辽）WH安许证字〔2024〕0127`.

Offices write the brackets in four styles and may add 号 or a suffix (Y2 second renewal 延期, B1
first change 变更, 补1 first reissue 补发). The canonical number has one style and no suffix, for
the number stays while the counts grow; the counts are fields of their own.

Source: research licence_domain B.5, D29.
"""

import re
from dataclasses import dataclass

from licence.domain.model import Industry
from licence.domain.text import ascii_upper
from licence.errors import AnzhengError, Code
from licence.ids import LicenceNo

MAX_CHARACTERS = 40

_INDUSTRY = "|".join(industry.value for industry in Industry)
# A suffix stands behind a digit, else the serial `AB1` would be read as serial A, change 1.
_SUFFIX = r"(?:(?<=[0-9])(?:Y([1-9][0-9]?))?(?:B([1-9][0-9]?))?(?:补([1-9][0-9]?))?)?"
_FORM = re.compile(
    r"[（(]([\u4e00-\u9fff])[）)] ?"
    rf"({_INDUSTRY})安许证字?"
    r"[\[〔【（(]((?:19|20|21)[0-9]{2})[\]〕】）)] ?"
    rf"([0-9A-Z]{{1,8}}?){_SUFFIX}号?"
)
_FOLDED = re.compile(rf"[\u4e00-\u9fff](?:{_INDUSTRY})(?:19|20|21)[0-9]{{2}}[0-9A-Z]{{1,8}}")


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
    province: str
    industry: Industry
    year: int
    serial: str
    suffix: Suffix | None


def parse_licence_no(text: str) -> LicenceNumber:
    """Read a number in any of the accepted styles.

    Raises:
        AnzhengError: LICENCE_NO_FORMAT.
    """
    match = _FORM.fullmatch(ascii_upper(text.strip())) if len(text) <= MAX_CHARACTERS else None
    if match is None:
        raise AnzhengError(
            Code.LICENCE_NO_FORMAT,
            "a licence number looks like （辽）WH安许证字〔2024〕0127",
        )
    province, industry, year, serial, *counts = match.groups()
    suffix = Suffix(*(int(count or 0) for count in counts)) if any(counts) else None
    canonical = LicenceNo(f"（{province}）{industry}安许证字〔{year}〕{serial}")
    return LicenceNumber(canonical, province, Industry(industry), int(year), serial, suffix)


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
    return f"{number.province}{number.industry}{number.year}{number.serial}"
