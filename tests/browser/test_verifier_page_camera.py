"""The camera on the public page: Chromium's fake camera films a code.

A module of its own: it starts browsers with other flags, and Playwright runs once at a time.
"""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.fakes.browsing import DESKTOP, opened
from tests.fakes.verifier_site import Site, film

pytestmark = pytest.mark.tools("chromium", "node")

LONG_MS = 60_000


@pytest.mark.parametrize("name", ["printed", "pointer"])
def test_the_camera_reads_a_code(site: Site, tmp_path: Path, name: str) -> None:
    video = film(site.codes[name], tmp_path / "camera.mjpeg")
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        with opened(browser, site.url, DESKTOP, permissions=["camera"]) as tab:
            tab.page.clock.set_fixed_time(site.now)
            page = tab.go("/")
            page.locator("#scan").click()
            if name == "printed":
                expect(page.locator("#local .verdict.v-valid")).to_be_visible(timeout=LONG_MS)
                assert not tab.sent
            else:
                # The pointer says only which licence it is: the service is asked.
                page.wait_for_url("**/result/*", timeout=LONG_MS)
                expect(page.locator(".verdict")).to_be_visible()
            expect(page.locator("dialog")).to_have_count(0)
            assert page.evaluate("document.querySelector('video')") is None
        browser.close()
