"""A Chromium for the tests of a module, and the licences to show it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.fakes.verifier_site import Site, running_site
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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A verifier's service with its pages, and what is handed in there."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site
