"""A Chromium for the tests of a module, and the licences to show it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.interop.dossier import Dossier, open_dossier


@pytest.fixture(scope="session")
def dossier(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Dossier:
    """Every sample in every profile, finished; and bad twins of the first."""
    return open_dossier(tmp_path_factory, worker_id)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; Playwright brings none of its own.

    Closed after each module: Playwright's event loop runs until then, and would be in the way of
    tests that start one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield browser
        browser.close()
