"""QR codes on the public page: by camera, photo and address; what is read here is not sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.browsing import PHONE, Tab, axe, opened
from tests.fakes.qr_world import CHALLENGE
from tests.fakes.verifier_site import Site, draw_code

pytestmark = pytest.mark.tools("chromium", "node")

LONG_MS = 60_000


@pytest.fixture
def tab(chromium: Browser, site: Site) -> Iterator[Tab]:
    with opened(chromium, site.url, PHONE) as tab:
        tab.page.clock.set_fixed_time(site.now)
        yield tab


def fragment(text: str) -> str:
    return text.partition("#")[2]


def shown(page: Page) -> str:
    verdict = page.locator("#local .verdict")
    expect(verdict).to_be_visible(timeout=LONG_MS)
    return (verdict.get_attribute("class") or "").removeprefix("verdict v-")


def test_a_printed_code_opens_the_page_and_is_checked_here(tab: Tab, site: Site) -> None:
    data = fragment(site.codes["printed"])
    page = tab.go(f"/V#{data}")
    assert shown(page) == "valid"
    assert "未核验出示人和纸面" in page.locator("#local .verdict-meaning").inner_text()
    assert page.locator("#local .fact_number dd").inner_text() == site.number
    assert not tab.sent
    assert not [each for each in tab.addresses if data in each]
    assert not axe(page)


def test_the_language_changes_without_losing_the_code(tab: Tab, site: Site) -> None:
    page = tab.go(f"/V#{fragment(site.codes['printed'])}")
    shown(page)
    page.locator(".languages a").click()
    expect(page.locator("#local #verdict")).to_contain_text("Valid", timeout=LONG_MS)


def test_a_damaged_code_is_invalid(tab: Tab, site: Site) -> None:
    data = fragment(site.codes["printed"])
    swapped = "A" if data[-20] != "A" else "B"
    page = tab.go(f"/V#{data[:-20]}{swapped}{data[-19:]}")
    assert shown(page) == "invalid"
    assert page.locator("#local .rows-facts").count() == 0


def test_a_screen_code_proves_the_presenter_and_an_old_one_does_not(tab: Tab, site: Site) -> None:
    page = tab.go(f"/V#{fragment(site.codes['screen'])}")
    assert shown(page) == "valid"
    page.evaluate("hash => { location.hash = hash; }", fragment(site.codes["old_screen"]))
    expect(page.locator("#local .verdict-code code")).to_have_text("HOLDER_TIME", timeout=LONG_MS)
    assert shown(page) == "invalid"


def test_the_digits_that_were_spoken_are_compared(tab: Tab, site: Site) -> None:
    page = tab.go(f"/V#{fragment(site.codes['screen'])}")
    assert shown(page) == "valid"
    terms = page.locator("[aria-labelledby=terms_holder]")
    expect(terms).to_contain_text("入园检查")
    for digits, verdict in (("0000", "v-invalid"), (CHALLENGE, "v-valid"), ("0000", "v-invalid")):
        page.fill("#challenge", digits)
        page.locator(".challenge button").click()
        expect(page.locator(f"#local .verdict.{verdict}")).to_be_visible(timeout=LONG_MS)
    assert page.locator("#local .verdict-code code").inner_text() == "HOLDER_NONCE"
    assert not tab.sent
    assert not axe(page)


def test_without_trust_data_there_is_no_verdict(tab: Tab, site: Site) -> None:
    tab.page.route("**/v1/trust/**", lambda route: route.abort())
    page = tab.go(f"/V#{fragment(site.codes['printed'])}")
    expect(page.locator("#problem")).to_be_visible(timeout=LONG_MS)
    assert page.locator("#local .verdict").count() == 0
    tab.console.clear()


def test_a_photo_is_read_here(tab: Tab, site: Site, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    draw_code(site.codes["printed"]).save(photo)
    page = tab.go("/")
    page.set_input_files("#photo-file", photo)
    assert shown(page) == "valid"
    assert not tab.sent


def test_a_photo_without_a_code_says_so(tab: Tab, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    draw_code("X").resize((40, 40)).point(lambda _: 255).save(photo)
    page = tab.go("/")
    page.set_input_files("#photo-file", photo)
    expect(page.locator("#problem")).to_contain_text("没有找到二维码", timeout=LONG_MS)


def test_a_code_of_somebody_else_is_shown_and_not_opened(
    tab: Tab, site: Site, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    draw_code(site.codes["other"]).save(photo)
    page = tab.go("/")
    page.set_input_files("#photo-file", photo)
    expect(page.locator("#problem code")).to_have_text(site.codes["other"], timeout=LONG_MS)
    assert page.url == f"{site.url}/"
    assert page.locator("#problem a").count() == 0


def test_without_a_camera_the_other_ways_are_named(tab: Tab) -> None:
    page = tab.go("/")
    page.locator("#scan").click()
    expect(page.locator("dialog [role=status]")).to_contain_text("拍照", timeout=LONG_MS)
    assert not axe(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_the_pointer_of_the_page_is_looked_up(tab: Tab, site: Site) -> None:
    page = tab.go(f"/L/{site.short_code}")
    page.wait_for_url("**/result/*", timeout=LONG_MS)
    # Without a registry behind it nothing is claimed about the licence.
    expect(page.locator(".verdict.v-undetermined")).to_be_visible()


def test_a_mistyped_code_says_so_before_anything_is_asked(tab: Tab, site: Site) -> None:
    page = tab.go("/")
    wrong = site.short_code[:-1] + ("A" if site.short_code[-1] != "A" else "B")
    page.fill("#text", wrong)
    page.locator("#text-form button").click()
    page.wait_for_url("**/result/*", timeout=LONG_MS)
    expect(page.locator(".verdict-code code")).to_have_text("SHORT_CODE_CHECK")
