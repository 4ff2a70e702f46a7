"""The longest data that the rules allow make pages within the limits of every reader."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from licence.domain.model import (
    Address,
    AddressType,
    Industry,
    LicenceVersion,
    PageOptions,
    Risk,
    ScopeItem,
)
from licence.domain.rules import timeless_problems
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import LicenceNo
from licence.pages import MAX_PAGES, check_page_text
from signer.pades import DssMaterial
from signer.press import PressJob
from tests.fakes.drafts import paged_version
from tests.fakes.signing import press
from verifier.pades.page_text import read_pages


def longest(template: str, industry: Industry) -> LicenceVersion:
    """A licence whose lists have almost as many bytes as they may."""
    version = paged_version(template)
    draft, translation = version.draft, version.draft.translation
    assert translation is not None
    change = draft.changes[0]
    long = replace(
        draft,
        industry=industry,
        licence_no=LicenceNo(f"（辽）{industry.value}安许证字〔2024〕0127"),
        enterprise_name="大连" + "化工" * 49,
        glyphs=(),
        addresses=(
            Address(AddressType.REGISTERED, "辽" * 200),
            *(Address(AddressType.PRODUCTION, "连" * 200) for _ in range(19)),
        ),
        scope=(ScopeItem("甲" * 150, "1", "吨/年", "乙" * 40, Risk.HIGH),) * 200,
        change_no=50,
        changes=(replace(change, before="甲" * 60, after="乙" * 60),) * 50,
        translation=replace(translation, addresses=("x" * 10,) * 20, scope=("Y z" * 10,) * 200),
        page=PageOptions(copies=9 if template.startswith("seed-") else 1, large_print=True),
    )
    assert list(timeless_problems(long)) == []
    return replace(version, draft=long)


@pytest.mark.slow
@pytest.mark.parametrize("template", ["seed-a3/1", "cn-a4p/2"])
@pytest.mark.parametrize("industry", [Industry.HAZARDOUS_CHEMICALS, Industry.OTHER])
def test_the_longest_licence_has_pages_enough(template: str, industry: Industry) -> None:
    version = longest(template, industry)
    data = licence_json.encode(version)
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    pressed = press().press(PressJob(data, moment, DssMaterial((b"0",), (), ())))
    pages = read_pages(pressed.pdf)
    assert 200 < len(pages) < MAX_PAGES
    placed = check_page_text(pages, version, short_code(data))
    assert sum(each.pages for each in placed) == len(pages)
