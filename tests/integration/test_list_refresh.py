"""Lists over HTTP from a plain file server: deltas, pages, and the lists of days before."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from anchor import status_lists
from anchor.list_history import ListHistory
from anchor.list_ports import ListOffice
from anchor.list_publisher import Means, publish
from anchor.trust_repository import TrustRepository
from anzheng.cli import run
from anzheng.flows.trust_beside import copy_beside
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.formats import status_list, trust_bundle
from licence.formats.status_shard import ListName, make_list
from licence.ids import Leaf, StatusIndex
from tests.builders import AUTHORITY as ISSUER
from tests.builders import BASE_URI as ISSUER_URI
from tests.builders import REGISTRY as ISSUER_REGISTRY
from tests.builders import SIGNED_AT, make_world
from tests.fakes.list_source import Ledger, SigningKey, Source
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import (
    AUTHORITY,
    BASE_URI,
    REGISTRY,
    sample_authority,
    sample_bundle,
)
from tests.fakes.trust_folder import trust_keys
from verifier.trust import load_trust

OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())


class Server(ThreadingHTTPServer):
    """Serves a folder and remembers what was asked for."""

    asked: list[str]


class Quiet(SimpleHTTPRequestHandler):
    """Notes each request instead of logging it."""

    server: Server

    @override
    def log_message(self, format: str, *args: object) -> None:
        self.server.asked.append(self.path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with Server(("127.0.0.1", 0), handler) as opened:
        opened.asked = []
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        try:
            yield opened
        finally:
            opened.shutdown()
            thread.join()


class Authority:
    """One that publishes into a served folder."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime.now(UTC) - timedelta(hours=1)
        self.repository = TrustRepository.create(folder, trust_keys(), now=self.now)
        bundle = replace(sample_bundle(), authorities=(sample_authority(KEY),))
        self.repository.publish_bundle(trust_bundle.encode(bundle), now=self.now)
        self.source = Source([self._event(n * n) for n in range(600)])
        history = ListHistory(folder)
        self.means = Means(self.source, self.repository, Ledger(), history)
        self.publish()

    def publish(self, *indexes: int) -> None:
        """Publish decisions."""
        self.now += timedelta(minutes=1)
        self.source.log = [*self.source.log, *map(self._event, indexes)]
        publish(self.means, [OFFICE], now=self.now)

    def _event(self, index: int) -> StatusEvent:
        return StatusEvent(
            leaf=Leaf(sha256(b"%d" % index).digest()),
            ref=StatusRef(REGISTRY, StatusIndex(index)),
            authority=AUTHORITY,
            old=StatusWord.NONE,
            new=StatusWord.REVOKED,
            decided_at=self.now,
            effective_from=shanghai_date(self.now),
            until=None,
            document_no="7",
            ground="",
            successor=None,
        )


def test_update_takes_what_changed_from_a_plain_file_server(
    tmp_path: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(status_lists, "WHOLE_ROWS", 100)
    folder = tmp_path / "served" / "trust"
    authority = Authority(folder)
    mine, url = tmp_path / "mine", f"http://127.0.0.1:{server.server_port}"
    root = str(folder / "metadata" / "1.root.json")
    update = ["trust", "update", "--trust", str(mine), "--registry", url]
    assert run([*update, "--first-root", root, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bundle_version"] == sample_bundle().version
    authority.publish(900_000)
    server.asked.clear()
    assert run(["trust", "update", "--trust", str(mine)]) == 0
    asked = [path for path in server.asked if "/metadata/" not in path]
    assert [path.split("/")[2] for path in asked] == ["deltas", "targets", "pages"]
    assert asked[1].endswith(".0.side")
    store = load_trust(mine, now=authority.now)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == authority.repository.plain(
        f"{OFFICE.name(0).path}.cwt"
    )
    # All that a verifier needs is copied on, older lists where they are asked for.
    copy = tmp_path / "copy"
    assert copy_beside(store, copy, history=True) == len(list((mine / "pages").rglob("*.page")))
    assert copy_beside(load_trust(folder, now=authority.now), copy, history=True) == 2


def test_update_of_a_new_folder_needs_its_first_root(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    Authority(tmp_path / "served" / "trust")
    mine, url = tmp_path / "mine", f"http://127.0.0.1:{server.server_port}"
    update = ["trust", "update", "--trust", str(mine), "--registry", url]
    assert run(update) == 1
    assert run([*update, "--first-root", str(tmp_path / "no")]) == 3
    assert "TRUST_BUNDLE_REFUSED" in capsys.readouterr().err


def test_verify_at_a_day_says_what_was_published_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world()
    issued = world.issue(world.version())
    pdf, folder = tmp_path / "a.pdf", tmp_path / "trust"
    pdf.write_bytes(issued.pdf)
    world.write_trust(folder)
    then = SIGNED_AT + timedelta(hours=5)
    name = ListName(ISSUER_URI, ISSUER_REGISTRY, ISSUER, 0)
    words = {StatusIndex(0): StatusWord.REVOKED}
    token = status_list.encode_cwt(make_list(name, words, issued_at=then), kid=KID, sign=SIGN)
    ListHistory(folder).keep(name, then, token, b"jwt")
    day = shanghai_date(then).isoformat()
    words_of = ["verify", str(pdf), "--offline", "--trust", str(folder), "--referee", "never"]
    # The list of today is stale here: what was final on that day stays final all the same.
    for at, code in ((day, 1), ("2026-11-20", 2)):
        assert run([*words_of, "--at", at, "--json"]) == code
        report = json.loads(capsys.readouterr().out)
        (status,) = (check for check in report["checks"] if check["name"] == "status")
        assert ("published_then" in json.dumps(status)) is (at == day)
    shutil.rmtree(folder / "history")
    assert run([*words_of, "--at", day, "--json"]) == 2
    capsys.readouterr()
