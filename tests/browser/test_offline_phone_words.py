"""What the offline page says: in the language asked for, and of codes that are not ours."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.fakes.browsing import PHONE, opened
from tests.fakes.verifier_site import Site

pytestmark = pytest.mark.tools("chromium", "node")


def paste(page: Page, text: str) -> Locator:
    """Paste a text that is no object of ours; return where the page says something about it."""
    page.locator("details:has(#pasted) summary").click()
    page.locator("#pasted").fill(text)
    page.locator("form:has(#pasted) button").click()
    return page.locator("[role=alert]:not(:empty)")


def test_the_link_of_the_english_page_leads_to_the_english_page(
    chromium: Browser, site: Site
) -> None:
    with opened(chromium, site.url, PHONE) as tab:
        page = tab.go("/?lang=en")
        page.get_by_role("link", name="Open the offline page").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Offline check")
        page.get_by_role("button", name="中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("离线查验")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("离线查验")
        tab.go("/offline/?lang=en")
        expect(page.get_by_role("heading", level=1)).to_have_text("Offline check")


def test_nobody_is_told_to_open_the_address_of_a_stranger(chromium: Browser, site: Site) -> None:
    """A QR code of somebody else may lead anywhere."""
    with opened(chromium, site.url, PHONE) as tab:
        for text in (site.codes["other"], "WIFI:S:net;P:secret;;", "hello"):
            told = paste(tab.go("/offline/"), text)
            expect(told).to_contain_text("不要打开")
            expect(told).not_to_contain_text("这个码里只有查验码")
        expect(paste(tab.go("/offline/"), site.codes["pointer"])).to_contain_text("输入查验码")
