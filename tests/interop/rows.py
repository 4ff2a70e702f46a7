"""Which licences the judges are shown: every sample in every profile, and hard content."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from licence.domain.licence_types import HAZCHEM_TRADING, SAFETY_PRODUCTION
from licence.ids import AuthorityId
from licence.pages.plan import SectionKind
from licence.pages.templates import TEMPLATES
from tests.fakes import drafts
from tests.fakes.drafts import good_row, paged_row

PROFILES: Final = tuple(
    template
    for template, spec in TEMPLATES.items()
    if SAFETY_PRODUCTION.id in spec.types and not spec.closed
)
"""Every template that a safety-production licence is issued in."""

ROSTER: Final = Path(__file__).parents[2] / "samples" / "roster.json"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """A row in one template; its name says which: `cn-a4p-2-01-WH`."""

    name: str
    row: Row

    @property
    def issuer(self) -> AuthorityId:
        """Who issues it."""
        return AuthorityId(self.row["issuer_code"])


def _in_every_profile() -> Iterator[Sample]:
    for number, row in enumerate(json.loads(ROSTER.read_text("utf-8")), 1):
        trading = row.get("licence_type") == HAZCHEM_TRADING.id
        for template in (row["template"],) if trading else PROFILES:
            name = f"{_plain(template)}-{number:02}-{row['industry']}"
            yield Sample(name, {**row, "template": template, "page": _page(row, template)})


def _page(row: Row, template: str) -> dict[str, Any]:
    # Only a template with a duplicate 副本 has copies and sizes.
    page = dict(row.get("page", {}))
    if not TEMPLATES[template].has(SectionKind.DUPLICATE):
        page = {key: value for key, value in page.items() if key not in {"copies", "scale"}}
    return page


def _hard() -> Iterator[Sample]:
    for template in drafts.TEMPLATES:
        yield Sample(f"{_plain(template)}-everything", paged_row(template))
    for template in PROFILES:
        for name, change in _HARD.items():
            yield Sample(f"{_plain(template)}-{name}", good_row(template=template, **change))


_LONG_NAME: Final = "大连镕犇𬭎㛃精细化工新材料科技产业(集团)股份有限公司"
_HARD: Final[Mapping[str, dict[str, Any]]] = {
    "name-of-100": {"enterprise_name": (_LONG_NAME * 4)[:96] + "有限公司"},
    "20-addresses": {
        "addresses": [
            {
                "type": "REGISTERED" if number == 0 else "PRODUCTION",
                "text": f"辽宁省大连市金州区松木岛化工园区沐百路{number + 1}号"
                + "乙厂区(罐区)" * (number % 4),
            }
            for number in range(20)
        ]
    },
    "200-items": {
        "scope": [
            {
                "name": f"第{number}种化学品" + "(含异构体)" * (number % 4),
                "capacity": f"{number}.5",
                "unit": "万吨/年",
                "risk": "HIGH" if number % 7 == 0 else "NORMAL",
            }
            for number in range(1, 201)
        ]
    },
    "rare": {"enterprise_name": "大连㛃𬭎镕犇燚(Ünïcödé)有限公司", "principal": "林㛃·O'Néill"},
    "specimen": {"kind": "SAMPLE"},
    "emergency": {"kind": "EMERGENCY_TEMPORARY", "valid_to": "2024-04-10"},
}


def _plain(template: str) -> str:
    return template.replace("/", "-")


SAMPLES: Final = {sample.name: sample for sample in _in_every_profile()}
NAMES: Final = tuple(SAMPLES)
HARD: Final = {sample.name: sample for sample in _hard()}
HARD_NAMES: Final = tuple(HARD)
FIRSTS: Final = tuple(name for name in NAMES if "-01-" in name)
"""The first sample of every profile, for judges that take their time."""
