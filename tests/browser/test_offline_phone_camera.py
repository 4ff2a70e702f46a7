"""The camera on the offline page, with the network cut: Chromium's fake camera films a code.

A module of its own: it starts browsers with other flags, and Playwright runs once at a time.
"""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.test_offline_phone import LONG_MS, install
from tests.fakes.browsing import PHONE, opened
from tests.fakes.qr_world import CHALLENGE
from tests.fakes.verifier_site import Site, film

pytestmark = pytest.mark.tools("chromium", "node")

SPEAK = f"crypto.getRandomValues = (array) => {{ array[0] = {int(CHALLENGE)}; return array; }};"
"""The challenge that is drawn is the one in the filmed code."""


@pytest.mark.parametrize(
    ("name", "button", "verdict"),
    [
        ("printed", "扫码", ("valid", "OK")),
        ("screen", "扫对方的动态码", ("valid", "OK")),
        ("old_screen", "扫码", ("invalid", "HOLDER_TIME")),
    ],
)
def test_the_camera_reads_a_code_without_a_network(
    site: Site, tmp_path: Path, name: str, button: str, verdict: tuple[str, str]
) -> None:
    video = film(site.codes[name], tmp_path / "camera.mjpeg")
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        with opened(browser, site.url, PHONE, permissions=["camera"]) as tab:
            tab.page.add_init_script(SPEAK)
            page = install(tab, site.now)
            page.context.set_offline(True)
            page.reload()
            if name == "screen":
                page.get_by_role("button", name="给出口令").click()
                expect(page.locator("output.digits")).to_have_text(CHALLENGE)
            page.get_by_role("button", name=button, exact=True).click()
            found = page.locator(".result")
            found.wait_for(timeout=LONG_MS)
            said = (found.get_attribute("data-verdict"), found.get_attribute("data-code"))
            assert said == verdict
            expect(page.locator("dialog")).to_have_count(0)
            assert page.evaluate("document.querySelector('video')") is None
            assert not tab.sent
        browser.close()
