"""Photograph the verifier's pages: docs/pictures/verifier-page-*.webp, offline-phone-*.webp.

    make web && .venv/bin/python -m tools.page_shots

A real Chromium looks at a real service over files of a test authority.
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.fakes.verifier_site import Site, running_site
from tools.pictures import PICTURES

QUALITY: Final = 84
DESKTOP: Final[Mapping[str, Any]] = {"viewport": {"width": 1180, "height": 880}}
PHONE: Final[Mapping[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
}
SHOTS: Final = (
    ("start", "", "", DESKTOP),
    ("valid", "good", "", DESKTOP),
    ("different", "different", "", DESKTOP),
    ("suspended-phone", "suspended", "", PHONE),
    ("pending-phone", "pending", "?lang=en", PHONE),
)
"""Name, file that is handed in, query of the page, and the window."""


def main() -> int:
    """Photograph each page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for name, file, query, window in SHOTS:
            _keep(f"verifier-page-{name}", _shot(browser, site, file, query, window))
        _shoot_offline(browser, site)
        browser.close()
    return 0


def _shot(browser: Browser, site: Site, file: str, query: str, window: Mapping[str, Any]) -> bytes:
    context = browser.new_context(**window)
    page = context.new_page()
    page.goto(f"{site.url}/{query}")
    if file:
        page.set_input_files("#file", site.files[file])
        page.wait_for_url("**/result/*")
    page.wait_for_load_state("networkidle")
    # The pictures show a service that has a registry; this one has none, and says so.
    page.locator("#paper-closed").evaluate_all("found => found.forEach((each) => each.remove())")
    png = page.screenshot()
    context.close()
    return png


def _shoot_offline(browser: Browser, site: Site) -> None:
    """Photograph the offline page with fresh data, and with the result of a data code."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.clock.set_fixed_time(site.now)
    page.goto(f"{site.url}/offline/")
    page.get_by_text("已可离线使用").wait_for()
    page.locator(".pack.p-fresh").wait_for()
    page.locator("details:has(#pasted) summary").click()
    page.locator("#pasted").fill(site.codes["printed"])
    page.locator("form:has(#pasted) button").click()
    page.locator(".result").wait_for()
    page.evaluate("scrollTo(0, 0)")
    _keep("offline-phone-valid", page.screenshot())
    page.locator(".again button").click()
    page.get_by_role("button", name="给出口令").click()
    page.evaluate("scrollTo(0, 0)")
    _keep("offline-phone-start", page.screenshot(full_page=True))
    context.close()


def _keep(name: str, png: bytes) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.save(PICTURES / f"{name}.webp", "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
