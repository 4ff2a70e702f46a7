"""Photograph the verifier's page as it is: docs/pictures/verifier-page-*.webp.

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
            png = _shot(browser, site, file, query, window)
            picture = Image.open(io.BytesIO(png)).convert("RGB")
            path = PICTURES / f"verifier-page-{name}.webp"
            picture.save(path, "WEBP", quality=QUALITY, method=6)
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
    png = page.screenshot()
    context.close()
    return png


if __name__ == "__main__":
    sys.exit(main())
