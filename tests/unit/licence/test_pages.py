"""The plan: which sections a licence has, and that each says every field that it should."""

from dataclasses import replace

import pytest

from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.model import (
    Draft,
    Environment,
    Industry,
    Kind,
    PageOptions,
    Risk,
    Scale,
    ScopeItem,
)
from licence.errors import Code
from licence.pages import SectionKind, make_plan, page_problems, printed_text
from licence.pages.plan import Block, Plan, Section
from licence.pages.templates import CN_A4P_1
from licence.pages.templates import TEMPLATES as SPECS
from tests.fakes.drafts import (
    TEMPLATES,
    draft_of,
    full_row,
    good_draft,
    good_version,
    paged_version,
)
from tests.fakes.refusal import refuses

CODE = "0123456789ABCDEFG"
SCOPE = (ScopeItem("液氯", "5", "万吨/年", risk=Risk.HIGH), ScopeItem("盐酸", category="生产"))


def plan_of(**changes: object) -> Plan:
    changes.setdefault("template", "cn-a4p/2")
    version = good_version()
    return make_plan(replace(version, draft=replace(version.draft, **changes)), CODE)  # type: ignore[arg-type]


def kinds(plan: Plan) -> list[str]:
    return [section.kind.value for section in plan.sections]


def block(section: Section, name: str) -> Block:
    (found,) = (each for each in (*section.blocks, *section.pinned) if each.name == name)
    return found


def said(section: Section) -> dict[str, str]:
    blocks = (*section.blocks, *section.pinned)
    return {key: text for each in blocks for key, text in each.said()}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_line_has_a_key_of_its_own(template: str) -> None:
    for section in make_plan(paged_version(template), CODE).sections:
        keys = [key for each in (*section.blocks, *section.pinned) for key, _text in each.said()]
        assert len(keys) == len(set(keys))
        assert keys[0] == "title"


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_line_and_no_cell_is_empty(template: str) -> None:
    for section in make_plan(paged_version(template), CODE).sections:
        for each in (*section.blocks, *section.pinned):
            assert all(text.strip() for _key, text in each.said())
            assert not each.columns or len(each.lines) % each.columns == 0


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_pages_together_say_every_field(template: str) -> None:
    draft = paged_version(template).draft
    text = printed_text(make_plan(paged_version(template), CODE))
    texts = [draft.licence_no, draft.enterprise_name, draft.uscc, draft.principal]
    texts += [draft.issuer, draft.economic_type.text, draft.elicence_id, draft.legal_basis]
    texts += [draft.template, draft.issuer_code, str(draft.delegated_by)]
    texts += [draft.legal_representative or "", *(address.text for address in draft.addresses)]
    texts += [item.name for item in draft.scope]
    texts += [part for each in draft.changes for part in (each.before, each.after)]
    texts += [review.by for review in draft.annual_reviews if review.by]
    if draft.translation is not None:
        texts += [*draft.translation.addresses, *draft.translation.scope, draft.translation.note]
    assert [each for each in texts if each not in text] == []


def test_a_seed_licence_has_its_copies_then_the_duplicate() -> None:
    plan = make_plan(paged_version(), CODE)
    assert kinds(plan) == [
        *["face"] * 3,
        "duplicate",
        "records",
        "translation",
        "large-print",
        "back",
    ]
    assert [said(section)["copy"] for section in plan.sections[:4]] == [
        "正本 1/3",
        "正本 2/3",
        "正本 3/3",
        "副本",
    ]
    assert plan.sections[5].lang == "en"
    assert {section.lang for at, section in enumerate(plan.sections) if at != 5} == {"zh"}


def test_one_original_has_no_number() -> None:
    assert said(plan_of(template="seed-a4/1").sections[0])["copy"] == "正本"


def test_sections_that_are_not_asked_for_are_left_out() -> None:
    assert kinds(plan_of(page=PageOptions(back=False))) == ["face"]
    assert kinds(plan_of()) == ["face", "back"]
    assert kinds(plan_of(page=PageOptions(large_print=True))) == ["face", "large-print", "back"]


def test_only_test_licences_say_that_they_have_no_effect() -> None:
    words = ("示例，无法律效力", "SPECIMEN WITHOUT LEGAL EFFECT", "NO LEGAL EFFECT")
    version = paged_version()
    real = replace(version, draft=replace(version.draft, environment=Environment.PRODUCTION))
    for section in make_plan(version, CODE).sections:
        assert said(section)["test"] in words
        assert section.head == "" or any(word in section.head for word in words)
    text = printed_text(make_plan(real, CODE))
    assert all(word not in text for word in words)
    assert not make_plan(real, CODE).test


def test_emergency_and_sample_licences_are_marked_on_every_section() -> None:
    for kind, mark, english in (
        (Kind.EMERGENCY_TEMPORARY, "应急使用至2027年3月17日止", "For emergency use"),
        (Kind.SAMPLE, "样本", "SAMPLE"),
    ):
        version = paged_version()
        plan = make_plan(replace(version, draft=replace(version.draft, kind=kind)), CODE)
        for section in plan.sections:
            assert english in said(section)["mark"] or said(section)["mark"] == mark
            heads = (english, mark.partition("至")[0], "")
            assert any(head in section.head.split("\u3000") for head in heads)
    assert plan_of(kind=Kind.EMERGENCY_TEMPORARY).emergency_end == "2027-03-17"
    assert plan_of().emergency_end == ""


def test_the_scope_of_chemicals_is_a_table_with_every_detail() -> None:
    scope = block(plan_of(scope=SCOPE).sections[0], "scope")
    assert scope.columns == 5
    cells = [line.value for line in scope.lines]
    assert cells[5:] == [
        *("1", "液氯", "5万吨/年", "—", "【高风险】"),
        *("2", "盐酸", "—", "生产", "一般"),
    ]
    assert [line.flags for line in scope.lines[5:]] == [("high-risk",)] * 5 + [()] * 5


def test_another_scope_is_a_list_numbered_when_there_are_several() -> None:
    face = plan_of(scope=SCOPE, industry=Industry.OTHER).sections[0]
    scope = block(face, "scope")
    assert scope.columns == 0
    assert [(line.label, line.value) for line in scope.lines] == [
        ("1.", "液氯 5万吨/年"),
        ("", "【高风险】"),
        ("2.", "盐酸（生产）"),
    ]
    one = block(plan_of(scope=SCOPE[1:], industry=Industry.OTHER).sections[0], "scope")
    assert [line.label for line in one.lines] == [""]


def _face(count: int, name: str = "盐酸", **changes: object) -> tuple[Block, str]:
    items = tuple(ScopeItem(name) for _ in range(count))
    face = plan_of(scope=items, template="seed-a3/1", **changes).sections[0]
    more = said(face).get("scope.more", "")
    return block(face, "scope"), more


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (10, 10), (11, 9), (200, 9)])
def test_a_face_has_as_much_of_the_scope_as_fits(count: int, shown: int) -> None:
    scope, more = _face(count, industry=Industry.OTHER)
    assert len(scope.lines) == shown
    assert more == (f"其余{count - shown}项见副本" if shown < count else "")


def test_a_face_has_room_for_more_in_strict_size_and_less_in_a_table() -> None:
    scope, _more = _face(200, industry=Industry.OTHER, page=PageOptions(scale=Scale.STRICT))
    assert len(scope.lines) == 15
    table, more = _face(200)
    assert len(table.lines) == 5 * (1 + 8)
    assert more == "其余192项见副本"


def test_long_items_take_more_lines_of_a_face() -> None:
    scope, more = _face(4, "乙" * 100, industry=Industry.OTHER)
    assert (len(scope.lines), more) == (2, "其余2项见副本")
    scope, more = _face(4, "x" * 200, industry=Industry.OTHER)
    assert (len(scope.lines), more) == (2, "其余2项见副本")


def test_an_item_that_no_table_holds_stands_in_a_list() -> None:
    items = (ScopeItem("乙" * 199, risk=Risk.HIGH), ScopeItem("乙" * 200))
    face = said(plan_of(template="seed-a3/1", scope=items).sections[0])
    assert face["scope[0]"] == items[0].name
    assert face["scope.more"] == "其余1项见副本"
    strict = plan_of(template="seed-a3/1", scope=items, page=PageOptions(scale=Scale.STRICT))
    assert said(strict.sections[0])["scope[0].name"] == items[0].name


def test_a_face_has_the_registered_address_and_says_how_many_more() -> None:
    face = said(make_plan(paged_version(), CODE).sections[0])
    assert face["addresses[0]"] == "地址辽宁省大连市金州区沐百路18号"
    assert face["addresses.more"] == "（另有1处见副本）"
    assert "addresses[1]" not in face


def test_records_say_so_when_there_are_none() -> None:
    records = said(plan_of(template="seed-a3/1").sections[2])
    assert records["changes.none"] == "本版本签发时无变更记录"
    assert records["reviews.none"] == "本版本签发时无年度复核记录"


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_back_tells_how_to_verify_without_a_camera_and_what_paper_cannot_prove(
    template: str,
) -> None:
    back = make_plan(paged_version(template), CODE).sections[-1]
    text = "".join(said(back).values())
    assert back.kind is SectionKind.BACK
    for words in ("不扫码", "12350", "禁止复制", "状态以查验结果为准", "0123-4567-89AB-CDEF-G"):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"template": "cn-a4p/3"}, "template", Code.TEMPLATE_UNKNOWN),
        ({"template": "hazchem-a4p/1"}, "template", Code.TEMPLATE_LICENCE_TYPE),
        ({"licence_type": "hazchem-trading"}, "template", Code.TEMPLATE_LICENCE_TYPE),
        ({"page": PageOptions(copies=2)}, "page.copies", Code.TEMPLATE_LACKS),
        ({"template": CN_A4P_1, "page": PageOptions(back=False)}, "page", Code.TEMPLATE_LACKS),
    ],
)
def test_what_a_template_cannot_print_is_refused(
    changes: dict[str, object], field: str, code: Code
) -> None:
    draft = replace(good_draft(), **({"template": "cn-a4p/2"} | changes))  # type: ignore[arg-type]
    assert [(problem.field, problem.code) for problem in page_problems(draft)] == [(field, code)]
    with refuses(code):
        make_plan(replace(good_version(), draft=draft), CODE)


def test_a_trading_licence_has_no_large_print_and_no_translation() -> None:
    draft: Draft = replace(
        draft_of(full_row()),
        licence_type="hazchem-trading",
        template="hazchem-a4p/1",
        page=PageOptions(large_print=True, copies=2),
    )
    assert {problem.field for problem in page_problems(draft)} == {
        "page.copies",
        "page.large_print",
        "translation",
    }


def test_a_trading_licence_has_its_own_title_and_places() -> None:
    face = said(make_plan(paged_version("hazchem-a4p/1"), CODE).sections[0])
    assert face["title"] == "危险化学品经营许可证"
    assert face["licence_no"] == "编号：（辽）危化经字〔2024〕0001"
    assert face["addresses[1]"].startswith("储存场所")
    assert face["industry"] == "行业类别危险化学品经营企业"


def test_every_licence_type_has_a_template() -> None:
    assert {kind for spec in SPECS.values() for kind in spec.types} == set(LICENCE_TYPES)
