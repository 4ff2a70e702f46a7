"""Licences that are hard to print: long names, many items, rare characters, foreign names."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle, islice
from types import MappingProxyType
from typing import Final

from licence.domain.model import LicenceVersion
from tests.fakes.drafts import full_row, good_draft, good_version, paged_version

_NAME: Final = "大连瀚海云天精细化工新材料科技产业(集团)股份有限公司长兴岛第二分公司智能制造工厂"
_PLACE: Final = "辽宁省大连长兴岛经济区石化大街东段1999号综合办公楼A座17层1701-1708室及配套罐区"
_TRADE: Final = "有限责任公司分公司(非上市、自然人投资或控股的法人独资)"


def _long(text: str, length: int) -> str:
    return "".join(islice(cycle(text), length))


def _addresses(count: int, first: str) -> list[dict[str, object]]:
    places = (f"{_PLACE}{place}号厂区" for place in range(1, count))
    more: list[dict[str, object]] = [{"type": "PRODUCTION", "text": place} for place in places]
    return [{"type": "REGISTERED", "text": first}, *more]


def _chemicals(count: int) -> list[dict[str, object]]:
    return [
        {
            "name": f"电子级硫酸(≥95%)第{place}号",
            "capacity": str(place),
            "unit": "万吨/年",
            "category": "第8.1类",
            "risk": "HIGH" if place % 5 == 0 else "NORMAL",
        }
        for place in range(1, count + 1)
    ]


def _works(count: int, longest: int) -> list[dict[str, object]]:
    about = "建筑施工劳务作业分包及其配套的地下连续墙与深基坑支护工程专业承包"
    return [
        {
            "name": f"第{place}项{_long(about, 1 + place * 37 % longest)}",
            "risk": "HIGH" if place % 4 == 1 else "NORMAL",
        }
        for place in range(1, count + 1)
    ]


def _builder(**changes: object) -> dict[str, object]:
    return {"industry": "JZ", "licence_no": "（辽）JZ安许证字〔2022〕010486", **changes}


def _industry(code: str) -> dict[str, object]:
    return {"industry": code, "licence_no": f"（辽）{code}安许证字〔2024〕0127"}


ROWS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "plain": {},
        "longest": {
            "enterprise_name": _long(_NAME, 100),
            "legal_representative": "Maximilian Alexander von Hohenberg-Wittgenstein II",
            "principal": _long("买买提·吐尔逊·阿卜杜热西提·", 49) + "伊",
            "addresses": _addresses(20, _long(_PLACE, 200)),
            "economic_type": {"text": _long(_TRADE, 60)},
            "scope": _chemicals(200),
            "issuer": _long("辽宁省大连长兴岛经济技术开发区应急管理和安全生产监督管理局", 96)
            + "(示例)",
            "renewal_no": 12,
            "change_no": 11,
            "reissue_no": 10,
        },
        "wide-cells": {
            "scope": [{**each, "name": _long("高纯硝酸钡", 61)} for each in _chemicals(9)],
        },
        "one-item": {"scope": [{"name": _long("二氧化氯", 200), "risk": "HIGH"}]},
        "list": _builder(scope=_works(200, 60)),
        "long-list": _builder(scope=_works(12, 160)),
        "latin": _builder(
            enterprise_name="Oesterreichische Donaudampfschifffahrtsgesellschaft und Huettenwerke"
            " GmbH (Dalian)",
            legal_representative="Jean-Luc O'Brien",
            scope=[
                {
                    "name": "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbau" * 3,
                    "risk": "NORMAL",
                }
            ],
        ),
        "rare": {
            "enterprise_name": "大连㛃𬭎镕犇化工有限公司",
            "legal_representative": "林㛃",
            "principal": "钟𬭎",
            "scope": [{"name": "㛃𬭎镕犇", "risk": "HIGH"}],
        },
        "emergency": {"kind": "EMERGENCY_TEMPORARY", "valid_to": "2024-04-10"},
        "sample": {"kind": "SAMPLE"},
        "production": {"environment": "production"},
        "production-sample": {"environment": "production", "kind": "SAMPLE"},
        "production-emergency": {
            "environment": "production",
            "kind": "EMERGENCY_TEMPORARY",
            "valid_to": "2024-04-10",
        },
        "every-page": {
            **{key: value for key, value in full_row().items() if key != "template"},
            "page": {"copies": 3, "large_print": True},
        },
        **{code: _industry(code) for code in ("FM", "MK", "YH", "MB", "JZ", "XX")},
    }
)
"""What is different from the one good row."""

APPROVED: Final = "approved"
"""A licence with a character that only its officers have an outline of."""

CASES: Final = (*ROWS, APPROVED)


def hard_licence(case: str, template: str, scale: str = "legible") -> LicenceVersion:
    """Return one of `CASES` as a licence of a template."""
    if case == APPROVED:
        return paged_version(template)
    row = dict(ROWS[case])
    page = dict(row.pop("page", {}))  # type: ignore[call-overload]
    if scale != "legible":
        page["scale"] = scale
    draft = good_draft(**row, **({"page": page} if page else {}))
    return replace(good_version(), draft=replace(draft, template=template))
