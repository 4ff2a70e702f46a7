"""A trust folder is updated over HTTP on this machine, as `anzheng trust update` does it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from licence.errors import Code
from tests.fakes.refusal import refuses
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY
from tests.fakes.trust_folder import make_repository
from verifier.trust import load_trust
from verifier.trust_update import Source, update_trust

LIST = f"lists/{REGISTRY}/{AUTHORITY}/0.cwt"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A server of `tmp_path`, such as `http://127.0.0.1:40001`."""
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_folder_follows_the_served_repository(tmp_path: Path, served: str) -> None:
    now = datetime.now(UTC)
    repository = make_repository(tmp_path / "trust", {LIST: b"list"}, now=now)
    first_root = (tmp_path / "trust" / "metadata" / "1.root.json").read_bytes()
    folder = tmp_path / "mine"
    store = update_trust(folder, Source(f"{served}/trust", first_root), now=now)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"list"
    repository.publish_lists({LIST: b"newer"}, now=now)
    store = update_trust(folder, Source(f"{served}/trust/"), now=now, memory=store.memory)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"newer"
    again = load_trust(folder, now=now, memory=store.memory)
    assert again.status_list(REGISTRY, AUTHORITY, 0) == b"newer"


def test_server_that_answers_html_or_nothing_changes_nothing(tmp_path: Path, served: str) -> None:
    now = datetime.now(UTC)
    make_repository(tmp_path / "trust", {LIST: b"list"}, now=now)
    first_root = (tmp_path / "trust" / "metadata" / "1.root.json").read_bytes()
    folder = tmp_path / "mine"
    update_trust(folder, Source(f"{served}/trust", first_root), now=now)
    page = tmp_path / "page" / "metadata" / "timestamp.json"
    page.parent.mkdir(parents=True)
    page.write_text("<html>Welcome to the hotel's network</html>")
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update_trust(folder, Source(f"{served}/page", first_root), now=now)
    with refuses(Code.TRUST_UNAVAILABLE):
        update_trust(folder, Source(f"{served}/nothing", first_root), now=now)
    assert load_trust(folder, now=now).status_list(REGISTRY, AUTHORITY, 0) == b"list"
