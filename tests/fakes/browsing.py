"""Tabs of a real Chromium that watch themselves, and axe-core to look at pages."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect

ROOT: Final = Path(__file__).resolve().parents[2]
AXE: Final = ROOT / "verifier" / "web" / "node_modules" / "axe-core" / "axe.min.js"

Shape = Mapping[str, Any]
DESKTOP: Final[Shape] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[Shape] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
NARROW: Final[Shape] = {"viewport": {"width": 320, "height": 568}}

PATIENCE_MS: Final = 60_000
"""How long a test waits for what must come; a machine that tests much else at once is slow."""

expect.set_options(timeout=PATIENCE_MS)

_WATCH: Final = """
window.__broken = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__broken.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
_DROP: Final = """
([names, parts]) => {
  const carried = new DataTransfer();
  names.forEach((name, place) => {
    const bytes = Uint8Array.from(atob(parts[place]), (char) => char.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type: "application/pdf" }));
  });
  const target = document.getElementById("drop");
  for (const kind of ["dragover", "drop"]) {
    target.dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }),
    );
  }
}
"""


@dataclass(slots=True)
class Tab:
    """A tab, and what it did that no page may do."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def wider_than_window(self) -> bool:
        """Say whether somebody has to scroll sideways."""
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(wide))

    def check(self) -> None:
        """Fail for broken policies, errors, and hosts that are not ours."""
        host = urlsplit(self.url).netloc
        others = [
            each
            for each in self.addresses
            if urlsplit(each).scheme in {"http", "https", "ws", "wss"}
            and urlsplit(each).netloc != host
        ]
        assert not others
        assert not self.errors
        assert not [each for each in self.console if "Content Security Policy" in each]
        assert self.page.evaluate("window.__broken ?? []") == []


@contextmanager
def opened(browser: Browser, url: str, shape: Shape, **more: object) -> Iterator[Tab]:
    """Open a tab; when it closes, it must have kept the policy and spoken to nobody else."""
    # Without transitions: in the midst of one axe-core would measure a colour that is neither.
    context = browser.new_context(**{"reduced_motion": "reduce", **shape, **more})
    try:
        tab = _watched(context, url)
        yield tab
        tab.check()
    finally:
        context.close()


def _watched(context: BrowserContext, url: str) -> Tab:
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_WATCH)
    page = context.new_page()
    tab = Tab(page, url)
    page.on("console", lambda said: tab.console.append(said.text))
    page.on("pageerror", lambda error: tab.errors.append(str(error)))
    context.on("request", lambda asked: tab.addresses.append(asked.url))
    context.on(
        "request", lambda asked: tab.sent.append(asked.url) if asked.method == "POST" else None
    )
    return tab


def drop(page: Page, *files: Path) -> None:
    """Let somebody drop files onto the page."""
    parts = [base64.b64encode(each.read_bytes()).decode() for each in files]
    page.evaluate(_DROP, [[each.name for each in files], parts])


def axe(page: Page) -> list[str]:
    """Return what axe-core finds against the page."""
    # Through the debugger, not as a script element: the page's policy stays as it is.
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for each in cast("list[dict[str, Any]]", found["violations"])
        for node in each["nodes"]
    ]
