"""The types of licence 证照类型: what each is called, how its numbers look, who may have one.

A further type is one entry here, and a page template that names it (`licence.pages.templates`).

Source: research licence_domain B.5; 危险化学品经营许可证管理办法 (example of a second type).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from licence.domain.model import Industry


@dataclass(frozen=True, slots=True)
class LicenceType:
    """One type of licence.

    Attributes:
        id: As `licence_type` has it.
        title: What the page is headed with.
        english: The same in English.
        number_word: What a number has before 字, such as 安许证.
        industries: Which may have one; a number names the industry where there are several.
    """

    id: str
    title: str
    english: str
    number_word: str
    industries: tuple[Industry, ...]

    def in_number(self, industry: Industry) -> str:
        """Return how a number names the industry: not at all where there is but one."""
        return industry.value if len(self.industries) > 1 else ""


SAFETY_PRODUCTION: Final = LicenceType(
    id="safety-production",
    title="安全生产许可证",
    english="Safety Production Licence",
    number_word="安许证",
    industries=tuple(Industry),
)
HAZCHEM_TRADING: Final = LicenceType(
    id="hazchem-trading",
    title="危险化学品经营许可证",
    english="Hazardous Chemicals Trading Licence",
    number_word="危化经",
    industries=(Industry.HAZARDOUS_CHEMICALS,),
)

LICENCE_TYPES: Final[Mapping[str, LicenceType]] = MappingProxyType(
    {each.id: each for each in (SAFETY_PRODUCTION, HAZCHEM_TRADING)}
)
"""Every type there is, by its id."""
