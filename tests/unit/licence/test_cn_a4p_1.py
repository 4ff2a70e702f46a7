"""The first template: the page says every field and nothing else."""

from dataclasses import replace

import pytest

from licence.domain.model import Environment, Kind, LicenceVersion
from licence.errors import Code
from licence.pages import printed_short_code
from licence.pages.cn_a4p_1 import MAX_PAGES, check_page_text, expected_page_text
from tests.fakes.drafts import draft_of, full_row, good_version
from tests.fakes.refusal import refuses

CODE = "0123456789ABCDEFG"


def _full() -> LicenceVersion:
    return replace(good_version(), draft=draft_of(full_row()))


def _pages(version: LicenceVersion, cuts: tuple[int, ...] = ()) -> list[str]:
    """Lay the expected text out, the body cut at these places."""
    expected = expected_page_text(version, CODE, pages=len(cuts) + 1)
    edges = (0, *cuts, len(expected.body))
    return [
        head + expected.body[edges[at] : edges[at + 1]] + foot
        for at, (head, foot) in enumerate(zip(expected.heads, expected.feet, strict=True))
    ]


def test_one_page_with_all_fields_passes() -> None:
    check_page_text(_pages(good_version()), good_version(), CODE)


@pytest.mark.parametrize("cuts", [(1,), (30, 90), (0, 200)])
def test_the_body_may_break_anywhere(cuts: tuple[int, ...]) -> None:
    check_page_text(_pages(_full(), cuts), _full(), CODE)


def test_white_space_and_soft_hyphens_do_not_count() -> None:
    version = good_version(addresses=[{"type": "REGISTERED", "text": "中山路1701-1708室"}])
    (page,) = _pages(version)
    broken = "\r\n ".join(page).replace("-", "\ufffe")
    check_page_text([broken], version, CODE)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("enterprise_name", "大连犇镕化工有限公司"),
        ("principal", "李镕"),
        ("legal_representative", "王镕"),
        ("issuer", "大连市应急管理局(示例)"),
    ],
)
def test_a_field_that_differs_is_refused(field: str, other: str) -> None:
    version = _full()
    page = _pages(version)
    altered = replace(version, draft=replace(version.draft, **{field: other}))  # type: ignore[arg-type]
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(page, altered, CODE)


@pytest.mark.parametrize("extra", ["特", "0", "本证长期有效"])
def test_text_that_is_no_field_is_refused(extra: str) -> None:
    version = good_version()
    (page,) = _pages(version)
    for altered in (extra + page, page + extra, page[:40] + extra + page[40:]):
        with refuses(Code.PAGE_TEXT_MISMATCH):
            check_page_text([altered], version, CODE)


def test_a_missing_page_is_refused() -> None:
    version = _full()
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(_pages(version, (50,))[:1], version, CODE)
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text([], version, CODE)
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(["安"] * (MAX_PAGES + 1), version, CODE)


def test_the_last_page_may_not_end_early() -> None:
    version = good_version()
    expected = expected_page_text(version, CODE, pages=1)
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text([expected.body[:-1] + expected.feet[0]], version, CODE)


def test_another_short_code_is_refused() -> None:
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(_pages(good_version()), good_version(), CODE[:-1] + "H")


def test_only_test_licences_say_that_they_have_no_effect() -> None:
    version = good_version()
    production = replace(version, draft=replace(version.draft, environment=Environment.PRODUCTION))
    assert "无法律效力" in expected_page_text(version, CODE, pages=1).body
    assert "示例，" not in expected_page_text(production, CODE, pages=2).body
    assert "示例，" not in expected_page_text(production, CODE, pages=2).heads[1]
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(_pages(version), production, CODE)


def test_emergency_and_sample_licences_are_marked() -> None:
    for kind, mark in ((Kind.EMERGENCY_TEMPORARY, "应急使用"), (Kind.SAMPLE, "样本")):
        version = good_version()
        marked = replace(version, draft=replace(version.draft, kind=kind))
        assert mark in expected_page_text(marked, CODE, pages=1).body


def test_the_short_code_is_printed_in_groups() -> None:
    assert printed_short_code(CODE) == "0123-4567-89AB-CDEF-G"
