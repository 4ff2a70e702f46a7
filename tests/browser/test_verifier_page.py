"""The public page in a real browser, desktop and phone: hand in a file, read the verdict."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.fakes.browsing import DESKTOP, PHONE, Shape, Tab, axe, drop, opened
from tests.fakes.verifier_site import Site

pytestmark = pytest.mark.tools("chromium", "node")

CASES = {
    "good": ("valid", "有效", "OK"),
    "altered": ("invalid", "无效", "SIGNATURE_BROKEN"),
    "appended": ("invalid", "无效", "CONTAINER_APPENDED"),
    "suspended": ("invalid", "无效", "STATUS_SUSPENDED"),
    "revoked": ("invalid", "无效", "STATUS_REVOKED"),
    "different": ("invalid", "无效", "DATA_PAGE_MISMATCH"),
    "pending": ("undetermined", "不能确定", "ANCHOR_PENDING"),
    "foreign": ("foreign", "非本系统证照", "NOT_A_LICENCE"),
}
SHAPES = {"valid": "circle", "invalid": "path", "undetermined": "path", "foreign": "rect"}


@pytest.fixture
def tab(chromium: Browser, site: Site) -> Iterator[Tab]:
    """A tab that fails the test where it broke the policy, raised, or spoke to another host."""
    with opened(chromium, site.url, DESKTOP) as tab:
        yield tab


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *((name, DESKTOP) for name in CASES),
        *((name, PHONE) for name in ("good", "altered", "suspended", "foreign")),
    ],
    ids=lambda each: each if isinstance(each, str) else f"{each['viewport']['width']} px",
)
def test_a_dropped_file_gets_its_verdict(
    chromium: Browser, site: Site, name: str, shape: Shape
) -> None:
    with opened(chromium, site.url, shape) as tab:
        _drop_and_read(tab, site, name)


def _drop_and_read(tab: Tab, site: Site, name: str) -> None:
    verdict, word, code = CASES[name]
    page = tab.go("/")
    drop(page, site.files[name])
    page.wait_for_url("**/result/*")
    expect(page.locator("#verdict")).to_contain_text(word)
    expect(page.locator("#verdict .second")).not_to_be_empty()
    card = page.locator(f".verdict.v-{verdict}")
    expect(card.locator(".sign-shape")).to_have_count(1)
    assert card.locator(".sign-shape").evaluate("each => each.tagName") == SHAPES[verdict]
    codes = page.locator(".verdict-code code")
    assert codes.all_text_contents() == ([] if code == "OK" else [code])
    assert page.title().startswith(word)
    assert not axe(page)
    assert not tab.wider_than_window()


def test_the_verdicts_differ_in_shape_and_colour(tab: Tab) -> None:
    page = tab.go("/")
    signs = page.locator(".legend .sign")
    expect(signs).to_have_count(4)
    shapes = {signs.nth(place).inner_html() for place in range(4)}
    fills = {
        page.locator(".legend .sign-shape").nth(place).evaluate("e => getComputedStyle(e).fill")
        for place in range(4)
    }
    assert len(shapes) == len(fills) == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chosen_file_is_read_in_both_languages(tab: Tab, site: Site, lang: str) -> None:
    page = tab.go("/" if lang == "zh" else "/?lang=en")
    page.set_input_files("#file", site.files["good"])
    page.wait_for_url("**/result/*")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if lang == "zh" else "en")
    expect(page.locator("#verdict")).to_contain_text("有效" if lang == "zh" else "Valid")
    expect(page.locator("#limits-title")).to_have_text(
        "这个结果不能证明什么" if lang == "zh" else "What this does not prove"
    )
    page.locator(".languages a").click()
    other = "en" if lang == "zh" else "zh-CN"
    expect(page.locator("html")).to_have_attribute("lang", other)
    expect(page.locator(".verdict.v-valid")).to_be_visible()


def test_the_facts_to_compare_stand_beside_the_picture(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["good"])
    page.wait_for_url("**/result/*")
    facts = page.locator(".rows-facts")
    expect(facts.locator(".fact_enterprise dd")).to_have_text("大连镕犇化工有限公司")
    expect(facts.locator(".fact_uscc dd")).to_have_text("91210213MA9TXT017B")
    expect(facts.locator(".fact_number dd")).to_have_text(site.number)
    expect(facts.locator(".fact_short_code dd")).to_have_text(site.short_code)
    picture = page.locator(".picture img")
    expect(picture).to_have_js_property("complete", value=True)
    assert int(picture.evaluate("each => each.naturalWidth")) > 400


def test_where_page_and_data_differ_the_picture_is_marked(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["different"])
    page.wait_for_url("**/result/*")
    marks = page.locator(".picture-marks rect")
    assert marks.count() == page.locator(".differences li").count() >= 1
    assert "犇" in page.locator(".differences del").first.inner_text()
    assert "森" in page.locator(".differences ins").first.inner_text()
    frame = page.locator(".picture-frame").bounding_box()
    mark = marks.first.bounding_box()
    assert frame is not None
    assert mark is not None
    assert frame["x"] < mark["x"] < frame["x"] + frame["width"]
    # The name stands in the upper half of the page.
    assert frame["y"] < mark["y"] < frame["y"] + frame["height"] / 2


def test_unproved_content_is_not_shown(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["altered"])
    page.wait_for_url("**/result/*")
    assert page.locator(".rows-facts").count() == 0
    assert "镕犇" not in page.locator("main").inner_text()


def test_every_check_unfolds_and_what_failed_is_open(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["suspended"])
    page.wait_for_url("**/result/*")
    assert page.locator(".check[open] code").all_text_contents() == ["STATUS_SUSPENDED"]
    closed = page.locator(".check:not([open])")
    before = closed.count()
    closed.first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".check:not([open])")).to_have_count(before - 1)
    assert "示例罚字〔2026〕1号" in page.locator(".status-box").inner_text()


def test_a_result_is_forgotten_at_once(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["good"])
    page.wait_for_url("**/result/*")
    address = page.url
    page.locator("#forget").click()
    expect(page.locator("main [role=status]")).to_be_visible()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 404
    assert not axe(page)
    tab.console.clear()  # Chromium notes the 404 that was asked for.


def test_a_busy_service_is_no_verdict(tab: Tab, site: Site) -> None:
    def busy(route: Route) -> None:
        route.fulfill(status=429, headers={"Retry-After": "9"}, body="{}")

    page = tab.go("/")
    page.route("**/v1/verifications*", busy)
    page.set_input_files("#file", site.files["good"])
    expect(page.locator("#problem")).to_contain_text("不说明文件有问题")
    expect(page.locator("#problem")).to_be_focused()
    assert page.locator(".verdict").count() == 0
    assert not axe(page)
    tab.console.clear()


def test_a_service_that_is_away_is_no_verdict(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.route("**/v1/verifications*", lambda route: route.abort())
    page.set_input_files("#file", site.files["good"])
    expect(page.locator("#problem")).to_contain_text("连不上查验服务")
    tab.console.clear()


def test_several_files_at_once_are_not_guessed_about(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    drop(page, site.files["good"], site.files["altered"])
    expect(page.locator("#problem")).to_contain_text("一次放一个")


def test_the_start_page_is_clean(tab: Tab) -> None:
    for path in ("/", "/?lang=en", "/?problem=TOO_LARGE"):
        page = tab.go(path)
        assert not axe(page), path
        assert not tab.wider_than_window(), path


def test_no_cookie_and_nothing_stored(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.set_input_files("#file", site.files["good"])
    page.wait_for_url("**/result/*")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_name_of_a_file_is_not_sent(tab: Tab, site: Site, tmp_path: Path) -> None:
    named = tmp_path / "王五的秘密.pdf"
    named.write_bytes(site.files["foreign"].read_bytes())
    page = tab.go("/")
    with page.expect_request("**/v1/verifications*") as asked:
        page.set_input_files("#file", named)
    assert asked.value.headers["content-type"] == "application/octet-stream"
    assert "disposition" not in " ".join(asked.value.headers)
    page.wait_for_url("**/result/*")


def test_a_limited_copy_says_for_whom_it_is(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    drop(page, site.files["copy"])
    page.wait_for_url("**/result/*")
    expect(page.locator(".verdict.v-valid .verdict-meaning")).to_have_text("数据已证实，未见页面")
    terms = page.locator("[aria-labelledby=terms_copy]")
    expect(terms).to_contain_text("大连市招标中心(示例)")
    expect(terms).to_contain_text("2026年12月31日")
    assert not axe(page)


def test_a_report_of_somebody_unknown_proves_nothing(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    drop(page, site.files["report"])
    page.wait_for_url("**/result/*")
    expect(page.locator(".verdict-code code")).to_have_text("REPORT_SIGNER_UNKNOWN")
    expect(page.locator(".verdict.v-undetermined")).to_be_visible()
    assert "签名没有通过" not in page.locator(".facts").inner_text()


def test_another_day_is_asked_about_and_said_so(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    page.locator(".more summary").click()
    page.fill("#at", "2026-11-01")
    page.set_input_files("#file", site.files["revoked"])
    page.wait_for_url("**/result/*")
    # Revoked from 20 November on: whoever reads "valid" must read for which day.
    expect(page.locator(".verdict.v-valid")).to_be_visible()
    expect(page.locator(".verdict-day")).to_contain_text("2026年11月1日")
    assert not axe(page)
