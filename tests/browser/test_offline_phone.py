"""The offline page in a real browser: install it, cut the network, check; and what it refuses."""

import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from licence.formats import qr_exchange
from licence.formats.qr_text import read_text
from tests.fakes.browsing import DESKTOP, NARROW, PHONE, ROOT, Tab, axe, opened
from tests.fakes.copies import PURPOSE, RECIPIENT
from tests.fakes.phone_site import NEWER, Kept, PhoneSite, make_packs, running_phone_site
from tests.fakes.verifier_site import Site

pytestmark = pytest.mark.tools("chromium", "node")

CHECKER = ROOT / "verifier" / "web" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
READY = "已可离线使用"
LONG_MS = 60_000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Packs, made once."""
    return make_packs(tmp_path_factory.mktemp("packs"))


@pytest.fixture
def phone(kept: Kept, tmp_path: Path) -> Iterator[PhoneSite]:
    """A server whose packs and build the test may change."""
    with running_phone_site(kept, tmp_path) as phone:
        yield phone


@pytest.fixture
def tab(chromium: Browser, phone: PhoneSite) -> Iterator[Tab]:
    """A phone that has the page and the first pack, ready for offline use."""
    with opened(chromium, phone.url, PHONE) as tab:
        install(tab, phone.now)
        yield tab


def install(tab: Tab, now: datetime) -> Page:
    """Open the page, wait until it is stored, and bring the data."""
    tab.page.clock.set_fixed_time(now)
    page = tab.go("/offline/")
    expect(page.get_by_text(READY)).to_be_visible(timeout=LONG_MS)
    update(page)
    expect(page.locator(".pack.p-fresh")).to_be_visible()
    return page


def update(page: Page, told: str = "已更新") -> None:
    """Press the button, and wait for what it says."""
    page.get_by_role("button", name="更新", exact=True).click()
    expect(page.locator(".pack-told")).to_contain_text(told, timeout=LONG_MS)


def check(page: Page, text: str) -> tuple[str, str]:
    """Paste a code; return verdict and code."""
    field = page.locator("#pasted")
    if not field.is_visible():
        page.locator("summary", has_text="粘贴码的文字").click()
    field.fill(text)
    page.get_by_role("button", name="查验文字").click()
    return result(page)


def check_file(page: Page, file: Path) -> tuple[str, str]:
    """Choose a licence file; return verdict and code."""
    page.locator("input[accept^='application/pdf']").set_input_files(file)
    return result(page)


def result(page: Page) -> tuple[str, str]:
    """Read the result and go back."""
    found = page.locator(".result")
    found.wait_for(timeout=LONG_MS)
    said = (found.get_attribute("data-verdict") or "", found.get_attribute("data-code") or "")
    expect(found.locator(f".verdict.v-{said[0]}")).to_be_visible()
    page.get_by_role("button", name="再查一个").click()
    found.wait_for(state="detached")
    return said


# ---------------------------------------------------------------- without a network


def test_it_checks_after_the_network_is_cut(chromium: Browser, site: Site) -> None:
    with opened(chromium, site.url, PHONE) as tab:
        page = install(tab, site.now)
        tab.page.context.set_offline(True)
        page.reload()
        expect(page.locator(".pack.p-fresh")).to_be_visible()
        assert check(page, site.codes["printed"]) == ("valid", "OK")
        assert check(page, site.codes["screen"]) == ("valid", "OK")
        assert check(page, site.codes["old_screen"]) == ("invalid", "HOLDER_TIME")
        assert check_file(page, site.files["good"]) == ("undetermined", "NOT_CHECKED_ON_PHONE")
        assert check_file(page, site.files["altered"]) == ("invalid", "SIGNATURE_BROKEN")
        assert check_file(page, site.files["suspended"]) == ("invalid", "STATUS_SUSPENDED")
        assert check_file(page, site.files["revoked"]) == ("invalid", "STATUS_REVOKED")
        assert check_file(page, site.files["appended"]) == ("invalid", "CONTAINER_APPENDED")
        assert check_file(page, site.files["foreign"]) == ("foreign", "NOT_A_LICENCE")
        update(page, "连不上核验服务")
        assert check(page, site.codes["printed"]) == ("valid", "OK")
        again = tab.page.context.new_page()
        again.clock.set_fixed_time(site.now)
        again.goto(f"{site.url}/offline/")
        expect(again.locator(".pack.p-fresh")).to_be_visible()
        assert not tab.sent


def test_what_a_file_cannot_prove_here_is_said(chromium: Browser, site: Site) -> None:
    with opened(chromium, site.url, PHONE) as tab:
        page = install(tab, site.now)
        page.locator("input[accept^='application/pdf']").set_input_files(site.files["good"])
        expect(page.locator(".not-here")).to_contain_text("页面文字是否与签名的数据一致")
        expect(page.locator(".not-here")).to_contain_text(
            "签名、发证机关、时间戳、链上锚定、状态、有效期"
        )
        expect(page.locator("#verdict")).to_contain_text("不能确定")


def test_without_data_nothing_is_checked(chromium: Browser, phone: PhoneSite) -> None:
    phone.trust = phone.first / "nothing"
    with opened(chromium, phone.url, PHONE) as tab:
        page = tab.go("/offline/")
        expect(page.locator(".pack.p-none")).to_be_visible()
        page.locator("summary", has_text="粘贴码的文字").click()
        page.locator("#pasted").fill(phone.printed)
        page.get_by_role("button", name="查验文字").click()
        expect(page.get_by_role("alert").first).to_contain_text("没有资料，什么也不能查")
        assert page.locator(".result").count() == 0


def test_a_pack_from_a_file_does_not_wait_for_a_network_that_hangs(
    chromium: Browser, phone: PhoneSite, tmp_path: Path
) -> None:
    with opened(chromium, phone.url, PHONE) as tab:
        tab.page.clock.set_fixed_time(phone.now)
        phone.flows.clear()
        page = tab.go("/offline/")
        expect(page.locator(".pack-told")).to_contain_text("正在更新")
        page.locator("input[accept^='.zip']").set_input_files(
            phone.pack(phone.first, tmp_path / "p.zip")
        )
        expect(page.locator(".pack-told")).to_contain_text("已更新", timeout=LONG_MS)
        phone.flows.set()
        expect(page.locator(".pack.p-fresh")).to_be_visible()
        assert check(page, phone.printed) == ("valid", "OK")


def test_a_pack_from_a_file_serves_as_well(
    chromium: Browser, phone: PhoneSite, tmp_path: Path
) -> None:
    with opened(chromium, phone.url, PHONE) as tab:
        tab.page.clock.set_fixed_time(phone.now)
        phone.trust = tmp_path / "nothing"
        page = tab.go("/offline/")
        expect(page.locator(".pack.p-none")).to_be_visible()
        page.locator("input[accept^='.zip']").set_input_files(
            phone.pack(phone.first, tmp_path / "p.zip")
        )
        expect(page.locator(".pack.p-fresh")).to_be_visible(timeout=LONG_MS)
        assert check(page, phone.printed) == ("valid", "OK")
        other = tmp_path / "no.zip"
        other.write_bytes(b"no pack at all")
        page.locator("input[accept^='.zip']").set_input_files(other)
        expect(page.locator(".pack-told")).to_contain_text("被拒绝")
        assert check(page, phone.printed) == ("valid", "OK")


# ---------------------------------------------------------------- old, older, backwards


def test_stale_data_say_so(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.clock.set_fixed_time(phone.now + timedelta(hours=30))
    page.reload()
    expect(page.locator(".pack.p-stale")).to_be_visible()
    assert check(page, phone.printed) == ("undetermined", "STATUS_STALE")
    page.locator("summary", has_text="设置").click()
    page.get_by_label("巡查").check()
    assert check(page, phone.printed) == ("valid", "OK")
    page.clock.set_fixed_time(phone.now + timedelta(hours=24 + 73))
    assert check(page, phone.printed) == ("undetermined", "STATUS_STALE")


def test_an_older_pack_is_refused(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.clock.set_fixed_time(phone.now + NEWER)
    phone.trust = phone.second
    update(page)
    assert check(page, phone.printed) == ("invalid", "STATUS_REVOKED")
    phone.trust = phone.first
    update(page, "新的资料被拒绝")
    assert check(page, phone.printed) == ("invalid", "STATUS_REVOKED")
    page.reload()
    assert check(page, phone.printed) == ("invalid", "STATUS_REVOKED")


def test_a_clock_that_runs_back_is_suspect(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.clock.set_fixed_time(phone.now + timedelta(hours=30))
    assert check(page, phone.printed) == ("undetermined", "STATUS_STALE")
    # Back to when the list was fresh: the page remembers that it was later once.
    page.clock.set_fixed_time(phone.now)
    assert check(page, phone.printed) == ("undetermined", "CLOCK_SUSPECT")
    page.reload()
    expect(page.locator(".pack.p-clock")).to_be_visible()
    # The same pack once more does not heal it; a newer signature does.
    update(page)
    assert check(page, phone.printed) == ("undetermined", "CLOCK_SUSPECT")
    page.clock.set_fixed_time(phone.now + NEWER)
    phone.trust = phone.second
    update(page)
    assert check(page, phone.printed) == ("invalid", "STATUS_REVOKED")


def test_a_server_that_is_away_or_lies_changes_nothing(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    phone.away = True
    update(page, "连不上核验服务")
    phone.away = False
    altered = phone.second / "metadata" / "timestamp.json"
    altered.write_bytes(altered.read_bytes().replace(b'"version":', b'"version": ', 1)[:-9])
    phone.trust = phone.second
    update(page, "新的资料被拒绝")
    assert check(page, phone.printed) == ("valid", "OK")


# ---------------------------------------------------------------- the holder is here


def test_a_question_takes_one_answer(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.get_by_label("谁在查").fill("大连市应急管理局(示例)")
    page.get_by_label("为何而查").fill("现场检查")
    page.get_by_role("button", name="出示问题码").click()
    picture = page.locator("svg.qr")
    expect(picture).to_be_visible()
    shot = Image.open(BytesIO(picture.screenshot(scale="device")))
    (seen,) = zxingcpp.read_barcodes(shot)
    question = qr_exchange.decode_question(read_text(seen.text).data)
    assert (question.audience, question.purpose) == ("大连市应急管理局(示例)", "现场检查")
    answer = phone.holder.answer(question, phone.now)
    # The question survives a page that was closed in between.
    page.reload()
    expect(page.locator("svg.qr")).to_be_visible()
    assert check(page, answer) == ("valid", "OK")
    assert check(page, answer) == ("undetermined", "HOLDER_PROOF_MISSING")
    expect(page.locator("svg.qr")).to_have_count(0)


def test_a_spoken_challenge_must_be_in_the_code(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.get_by_role("button", name="给出口令").click()
    digits = page.locator("output.digits").inner_text()
    assert re.fullmatch(r"[0-9]{4}", digits)
    other = "0000" if digits != "0000" else "1111"
    wrong = phone.holder.screen(phone.now, challenge=other)
    # A second try, or a code on paper, does not get by without the digits.
    for _ in range(2):
        assert check(page, wrong) == ("invalid", "HOLDER_NONCE")
    assert check(page, phone.printed) == ("undetermined", "HOLDER_PROOF_MISSING")
    assert page.locator("output.digits").text_content() == digits
    assert check(page, phone.holder.screen(phone.now, challenge=digits)) == ("valid", "OK")
    expect(page.locator("output.digits")).to_have_count(0)


# ---------------------------------------------------------------- the build


def test_a_newer_build_waits_until_the_reader_says_so(tab: Tab, phone: PhoneSite) -> None:
    page, worker = tab.page, phone.build / "offline" / "worker.js"
    before = page.evaluate("caches.keys()")
    worker.write_text(
        worker.read_text().replace(before[0].removeprefix("anzheng-offline-"), "b" * 16)
    )
    page.evaluate("navigator.serviceWorker.getRegistration().then((each) => each.update())")
    button = page.get_by_role("button", name="换用新版本")
    expect(button).to_be_visible(timeout=LONG_MS)
    with page.expect_navigation():
        button.click()
    expect(page.locator(".pack.p-fresh")).to_be_visible()
    page.wait_for_function(
        f"caches.keys().then((names) => names.join() === 'anzheng-offline-{'b' * 16}')"
    )
    assert check(page, phone.printed) == ("valid", "OK")


def test_a_build_with_a_file_of_another_is_not_installed(tab: Tab, phone: PhoneSite) -> None:
    page, worker = tab.page, phone.build / "offline" / "worker.js"
    (before,) = page.evaluate("caches.keys()")
    worker.write_text(worker.read_text().replace(before.removeprefix("anzheng-offline-"), "c" * 16))
    index = phone.build / "offline" / "index.html"
    index.write_text(index.read_text().replace("</body>", "<!-- another build --></body>"))
    told = page.evaluate(
        """() => navigator.serviceWorker.getRegistration().then(async (each) => {
            await each.update().catch(() => undefined);
            const next = each.installing ?? each.waiting;
            if (!next) return "none";
            if (next.state !== "redundant") {
                await new Promise((done) => next.addEventListener("statechange", done));
            }
            return next.state;
        })"""
    )
    assert told in {"redundant", "none"}
    page.context.set_offline(True)
    page.reload()
    assert check(page, phone.printed) == ("valid", "OK")
    assert "another build" not in page.content()


# ---------------------------------------------------------------- for everybody


@pytest.mark.parametrize("shape", [PHONE, NARROW, DESKTOP], ids=["390", "320", "1280"])
def test_it_is_for_everybody(chromium: Browser, phone: PhoneSite, shape: dict[str, object]) -> None:
    with opened(chromium, phone.url, shape) as tab:
        page = install(tab, phone.now)
        for each in page.locator("summary").all():
            each.click()
        assert axe(page) == []
        assert not tab.wider_than_window()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Offline check")
        assert page.evaluate("document.documentElement.lang") == "en"
        assert axe(page) == []
        page.locator("#pasted").fill(phone.printed)
        page.get_by_role("button", name="Check the text").click()
        expect(page.locator(".verdict.v-valid")).to_be_visible()
        expect(page.locator("#verdict")).to_be_focused()
        assert axe(page) == []
        assert not tab.wider_than_window()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Offline check")


def test_a_keyboard_is_enough(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.reload()
    expect(page.locator(".pack.p-fresh")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    reached = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.closest('section,nav,header,footer,form')?.className ?? ''"
            )
        )
    assert {"languages", "pack p-fresh", "panel panel-first"} <= reached
    page.locator("summary", has_text="粘贴码的文字").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(phone.printed)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.v-valid")).to_be_visible()


def test_it_can_be_installed(tab: Tab) -> None:
    page = tab.page
    manifest = page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())"
    )
    assert (manifest["scope"], manifest["display"], manifest["lang"]) == (
        "/offline/",
        "standalone",
        "zh-CN",
    )
    assert {each["sizes"] for each in manifest["icons"]} >= {"192x192", "512x512"}
    for each in manifest["icons"]:
        size = page.evaluate(
            "(src) => fetch(src).then((answer) => answer.blob()).then(createImageBitmap)"
            ".then((picture) => `${picture.width}x${picture.height}`)",
            each["src"],
        )
        assert size == each["sizes"]
    browser = page.context.new_cdp_session(page)
    found = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A context of Playwright is an incognito one; nothing else speaks against it.
    assert {each["errorId"] for each in found} <= {"in-incognito"}
    scope = page.evaluate(
        "navigator.serviceWorker.ready.then((each) => new URL(each.scope).pathname)"
    )
    assert scope == "/offline/"


@pytest.mark.tools("java")
def test_its_html_is_clean(phone: PhoneSite) -> None:
    page = phone.build / "offline" / "index.html"
    done = subprocess.run(
        ["java", "-jar", CHECKER, page], capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_old_data_are_renewed_when_there_is_a_network(tab: Tab, phone: PhoneSite) -> None:
    page = tab.page
    page.clock.set_fixed_time(phone.now + timedelta(hours=2))
    phone.trust = phone.second
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".pack.p-ageing")).to_be_visible()
    assert check(page, phone.printed) == ("valid", "OK")
    page.context.set_offline(False)
    expect(page.locator(".pack-told")).to_contain_text("已更新", timeout=LONG_MS)
    assert check(page, phone.printed) == ("invalid", "STATUS_REVOKED")


def test_a_limited_copy_says_for_whom_it_is(tab: Tab, kept: Kept) -> None:
    page = tab.page
    page.context.set_offline(True)
    page.locator("input[accept^='application/pdf']").set_input_files(kept.copy)
    found = page.locator(".result")
    found.wait_for(timeout=LONG_MS)
    assert found.get_attribute("data-code") == "NOT_CHECKED_ON_PHONE"
    # Letter for letter: the page may write brackets in full width.
    for words in (RECIPIENT, PURPOSE, "2026年12月31日"):
        expect(found).to_contain_text(words)
    # Everything that a phone checks has passed: eight of nine.
    assert page.locator(".check.s-passed").count() == 8
    assert axe(page) == []
