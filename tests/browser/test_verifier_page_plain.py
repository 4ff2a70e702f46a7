"""The public page without script, by keyboard, narrow, dark, on paper, and as HTML."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.fakes.browsing import DESKTOP, NARROW, PATIENCE_MS, ROOT, Tab, axe, opened
from tests.fakes.verifier_site import Site
from verifier.service.headers import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.tools("chromium", "node")

CHECKER = ROOT / "verifier" / "web" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


@pytest.fixture(scope="module")
def results(site: Site) -> dict[str, str]:
    """Addresses of results, by file."""
    found = {}
    for name in ("good", "different", "suspended", "pending", "foreign"):
        answer = httpx.post(
            f"{site.url}/v1/verifications",
            files={"file": site.files[name].read_bytes()},
            headers={"Accept": "text/html"},
            timeout=60,
        )
        assert answer.status_code == 303
        found[name] = answer.headers["location"]
    return found


@pytest.fixture
def tab(chromium: Browser, site: Site) -> Iterator[Tab]:
    with opened(chromium, site.url, DESKTOP) as tab:
        yield tab


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_form_works_without_script(chromium: Browser, site: Site, lang: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site.url}/" if lang == "zh" else f"{site.url}/?lang=en")
    page.set_input_files("#file", site.files["suspended"])
    page.locator("#file-form button").click()
    page.wait_for_url("**/result/*")
    assert "STATUS_SUSPENDED" in page.locator(".verdict").inner_text()
    word = "无效" if lang == "zh" else "Invalid"
    assert page.locator("#verdict").inner_text().startswith(word)
    assert page.locator(".picture img").count() == 1
    assert page.locator("#print").is_hidden()
    context.close()


def test_a_typed_code_works_without_script(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site.url}/")
    page.fill("#text", site.short_code)
    page.locator("#text-form button").click()
    page.wait_for_url("**/result/*")
    assert page.locator(".verdict.v-undetermined").count() == 1
    context.close()


def test_what_is_refused_without_script_is_told_on_the_page(site: Site) -> None:
    answer = httpx.post(
        f"{site.url}/v1/verifications",
        data={"text": ""},
        files={"none": b""},
        headers={"Accept": "text/html"},
        timeout=60,
    )
    assert answer.status_code == 303
    told = httpx.get(f"{site.url}{answer.headers['location']}", timeout=60)
    assert 'role="alert" tabindex="-1">' in told.text


def test_everything_is_reached_by_keyboard(tab: Tab) -> None:
    page = tab.go("/")
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.className")
        )
        ring = "getComputedStyle(document.activeElement).outlineStyle"
        label = "document.activeElement.id === 'file'"
        assert page.evaluate(ring) != "none" or page.evaluate(label)
        if reached[-1] == "text":
            break
    assert reached[0] == "skip"
    assert [each for each in reached if each in {"file", "scan", "photo", "text"}] == [
        "file",
        "scan",
        "photo",
        "text",
    ]


def test_the_result_is_heard_in_order(tab: Tab, results: dict[str, str]) -> None:
    page = tab.go(results["good"])
    heard = page.locator("main").aria_snapshot()
    order = ["有效 valid", "请与手中材料逐字对照", "不能证明什么", "逐项核验", "这次查验"]
    places = [heard.index(each) for each in order]
    assert places == sorted(places)
    assert heard.count("heading") >= 6


@pytest.mark.parametrize("path", ["/", "/?lang=en", "good", "different", "suspended", "foreign"])
def test_nothing_is_wider_than_320_pixels(
    chromium: Browser, site: Site, results: dict[str, str], path: str
) -> None:
    with opened(chromium, site.url, NARROW) as tab:
        tab.go(results.get(path, path))
        assert not tab.wider_than_window()


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("good", {"color_scheme": "dark"}),
        ("different", {"color_scheme": "dark"}),
        ("pending", {"color_scheme": "dark"}),
        ("foreign", {"color_scheme": "dark"}),
        ("different", {"contrast": "more"}),
        ("pending", {"contrast": "more", "color_scheme": "dark"}),
        ("different", {"forced_colors": "active"}),
    ],
    ids=str,
)
def test_every_look_can_be_read(
    chromium: Browser, site: Site, results: dict[str, str], name: str, look: dict[str, str]
) -> None:
    with opened(chromium, site.url, DESKTOP, **look) as tab:
        assert not axe(tab.go(results[name]))


def test_text_may_be_twice_as_large(chromium: Browser, site: Site, results: dict[str, str]) -> None:
    with opened(chromium, site.url, NARROW) as tab:
        page = tab.go(results["suspended"])
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert not tab.wider_than_window()
        # Set by the test itself, which the page's policy does not forbid to a debugger.
        assert page.locator("#verdict").is_visible()


def test_paper_has_every_check_and_no_button(tab: Tab, results: dict[str, str]) -> None:
    page = tab.go(results["good"])
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".check[open]").count() == page.locator(".check").count()
    expect(page.locator(".print-note")).to_be_visible()
    for hidden in (".buttons", ".foot", ".languages"):
        expect(page.locator(hidden)).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".check[open]").count() == 0


def test_every_answer_carries_the_policy(site: Site, results: dict[str, str]) -> None:
    for path in ("/", "/V", results["good"], "/result/nothing", "/offline/"):
        answer = httpx.get(f"{site.url}{path}", timeout=60)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        inline = r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+="
        assert not re.search(inline, answer.text), path
    kept = httpx.get(f"{site.url}{results['good']}", timeout=60)
    assert kept.headers["cache-control"] == "no-store"


@pytest.mark.tools("java")
def test_the_html_checker_has_nothing_to_say(
    site: Site, results: dict[str, str], tmp_path: Path
) -> None:
    paths = {"home": "/", "home_en": "/?lang=en", "problem": "/?problem=X", "gone": "/result/x"}
    paths |= {"offline": "/offline/", "good_en": f"{results['good']}?lang=en", **results}
    for name, path in paths.items():
        answer = httpx.get(f"{site.url}{path}", timeout=60)
        (tmp_path / f"{name}.html").write_bytes(answer.content)
    done = subprocess.run(
        ["java", "-jar", CHECKER, "--Werror", *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
