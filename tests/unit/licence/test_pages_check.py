"""The text of the pages against the plan: where a fault is, and what is bounded."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from licence.errors import AnzhengError, Code
from licence.pages import MAX_PAGE_CHARACTERS, MAX_PAGES, check_page_text, make_plan
from tests.fakes.drafts import TEMPLATES, paged_version
from tests.fakes.laid_out import lay_out
from tests.fakes.refusal import refuses

CODE = "0123456789ABCDEFG"
VERSION = paged_version("cn-a4p/2")
PLAN = make_plan(VERSION, CODE)
CUTS = {0: (150, 260), 3: (200,)}
PAGES = lay_out(PLAN, CUTS)
"""Face on three pages, translation, large print, back on two pages."""


def fault(pages: list[str]) -> tuple[object, object, object]:
    with pytest.raises(AnzhengError) as caught:
        check_page_text(pages, VERSION, CODE)
    assert caught.value.code is Code.PAGE_TEXT_MISMATCH
    facts = caught.value.facts
    return facts.get("page"), facts.get("section"), facts.get("field")


def changed(page: int, change: Callable[[str], str]) -> list[str]:
    assert change(PAGES[page - 1]) != PAGES[page - 1]
    return [change(text) if at == page else text for at, text in enumerate(PAGES, start=1)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_passes_and_says_where_its_sections_stand(template: str) -> None:
    version = paged_version(template)
    plan = make_plan(version, CODE)
    placed = check_page_text(lay_out(plan), version, CODE)
    assert [(each.kind, each.name) for each in placed] == [
        (section.kind, section.name) for section in plan.sections
    ]
    assert [each.first for each in placed] == list(range(1, len(placed) + 1))


def test_sections_may_flow_on() -> None:
    placed = check_page_text(PAGES, VERSION, CODE)
    assert [(each.kind.value, each.first, each.pages) for each in placed] == [
        ("face", 1, 3),
        ("translation", 4, 1),
        ("large-print", 5, 1),
        ("back", 6, 2),
    ]


def test_white_space_and_soft_hyphens_do_not_count() -> None:
    spread = ["\r\n ".join(page).replace("-", "\ufffe") for page in PAGES]
    assert check_page_text(spread, VERSION, CODE)


FACE, BACK = PLAN.sections[0].name, PLAN.sections[3].name


@pytest.mark.parametrize(
    ("page", "old", "new", "expected"),
    [
        (1, "安全生产许可证", "安全生产合格证", (1, FACE, "title")),
        (1, "示例，无法律效力", "", (1, FACE, "test")),
        (1, "犇化工", "化犇工", (1, FACE, "enterprise_name")),
        (1, "沐百路18号", "沐百路81号", (1, FACE, "addresses[0]")),
        (1, "沐百路18号", "沐百路18号甲", (1, FACE, "addresses[1]")),
        (1, "扫码查验", "扫描查验", (1, FACE, "code.head")),
        (1, "0123-4567", "0123-4568", (1, FACE, "short_code")),
        (1, "辽宁省应急管理厅", "大连市应急管理局", (1, FACE, "issuer")),
        (1, "第1页", "第2页", (1, FACE, "foot")),
        (1, "共7页", "共8页", (1, FACE, "foot")),
        (2, "续页 1/2", "续页 1/3", (2, FACE, "head")),
        (2, "第2页", "", (2, FACE, "foot")),
        (4, "WANG Rong", "WANG Long", (4, PLAN.sections[1].name, "principal")),
        (6, "12350", "12351", (7, BACK, "hotline")),
    ],
)
def test_the_error_names_page_section_and_line(
    page: int, old: str, new: str, expected: tuple[int, str, str]
) -> None:
    at = page if old in PAGES[page - 1] else page + 1
    assert fault(changed(at, lambda text: text.replace(old, new, 1))) == expected


def test_a_page_that_is_missing_is_named() -> None:
    assert fault(PAGES[:1] + PAGES[2:])[:2] == (1, FACE)
    assert fault(PAGES[:-1])[0] == 1
    assert fault([])[0] is None


def _of_five() -> list[str]:
    four = lay_out(make_plan(VERSION, CODE))
    return [text.replace("共4页", "共5页").replace("of 4", "of 5") for text in four]


def test_a_page_too_many_is_refused() -> None:
    more = _of_five()
    assert fault([*more, "安"])[0] == 5
    assert fault([*more, more[-1].replace("第4页", "第5页")])[0] == 5


def test_a_further_page_without_text_is_refused() -> None:
    first, *rest = _of_five()
    head = PLAN.sections[0].head.replace("{n}", "1").replace("{m}", "1")
    foot = PLAN.sections[0].foot.replace("{page}", "2").replace("{pages}", "5")
    assert fault([first, head + foot, *rest]) == (2, FACE, "head")


def test_a_section_of_one_page_may_not_flow_on() -> None:
    version = paged_version("seed-a3/1")
    plan = make_plan(version, CODE)
    pages = lay_out(plan)
    torn = [pages[0][:90], pages[0][90:], *pages[1:]]
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(torn, version, CODE)


def test_work_is_bounded() -> None:
    assert fault(["安"] * (MAX_PAGES + 1))[0] is None
    assert fault([PAGES[0], " " * (MAX_PAGE_CHARACTERS + 1), *PAGES[2:]])[0] == 2


def test_another_template_is_unknown() -> None:
    other = replace(VERSION, draft=replace(VERSION.draft, template="cn-a4p/999"))
    with refuses(Code.TEMPLATE_UNKNOWN):
        check_page_text(PAGES, other, CODE)
