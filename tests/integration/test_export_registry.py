"""The registry as static files: the same bytes at the same addresses, switched at once."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from anchor.ports import LeafEvidence
from anchor.trust_repository import TrustRepository
from anzheng import static_tree
from anzheng.flows import export_registry as exporting
from anzheng.flows.export_registry import LOCK, OVERLAP, STATE, Exported, Sources, export_registry
from anzheng.locking import alone
from anzheng.static_tree import NOW, RELEASES
from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.short_code import short_code
from licence.ids import BatchId, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import elicence_id, good_row
from tests.fakes.refusal import refuses
from tests.fakes.registry import EVIDENCE, FakeRegistry, leaf_of
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY
from tests.fakes.trust_folder import make_repository
from tests.fakes.web import AppClient
from verifier.trust import load_trust

LISTS = f"lists/{REGISTRY}/{AUTHORITY}"
LEAF = leaf_of("leaf").hex()


class World:
    """A registry, its repository, and the folder of a web server."""

    def __init__(self, home: Path, url: str, clock: FakeClock) -> None:
        self.registry = FakeRegistry(home, url, clock)
        self.clock = clock
        self.www = home / "www"
        self.repository: TrustRepository = make_repository(
            self.registry.trust, self.lists(1), now=clock.now()
        )
        for path, data in {
            "trust/history/a/b/0/1.cwt": b"old",
            "public/pki/issuing.crl": b"crl",
            "public/pki/issuing/ocsp/MFE/x=": b"ocsp",
            "public/log/r/a/checkpoint": b"1\n",
            "public/log/r/a/tile/0/000.p/1": b"tile",
            "public/log/r/a/.half": b"not yet",
        }.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_bytes(data)

    def lists(self, number: int) -> dict[str, bytes]:
        """Return lists that differ by a number."""
        return {
            f"{LISTS}/0.{form}": f"{form} {number}".encode()
            for form in ("cwt", "jwt", "side", "side.jwt")
        } | {f"{LISTS}/aggregation.json": b'{"status_lists":[]}'}

    def export(self, *, look_ups: bool = True, anew: bool = False) -> Exported:
        """Export."""
        registry = self.registry
        sources = Sources(registry.reader, self.clock, registry.trust, registry.log, registry.pki)
        return export_registry(sources, self.www, look_ups=look_ups, anew=anew)

    def served(self, path: str) -> bytes | None:
        """Return what a plain web server answers."""
        place = self.www / path.lstrip("/")
        return place.read_bytes() if place.is_file() else None


@pytest.fixture
def world(
    tmp_path: Path, empty_database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    # Nobody cuts the power of a test; the whole machine's disks are not to be waited for.
    monkeypatch.setattr("anzheng.static_tree.os.sync", lambda: None)
    place = shutil.copy(empty_database, tmp_path / "anzheng.sqlite3")
    made = World(tmp_path, f"sqlite:///{place}", clock)
    made.registry.prepare()
    made.registry.sign()
    made.registry.anchor()
    yield made
    made.registry.close()


def test_every_address_has_the_bytes_of_the_server(world: World) -> None:
    world.export()
    client = AppClient(world.registry.app())
    with world.registry.reader.read() as unit:
        row = unit.public.by_leaf(leaf_of("leaf"))
    assert row is not None
    code = short_code(row.licence_json)
    timestamp = json.loads((world.registry.trust / "metadata" / "timestamp.json").read_bytes())
    snapshot = timestamp["signed"]["meta"]["snapshot.json"]["version"]
    for path in (
        f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/0",
        f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/0",
        f"/v1/licences/{LEAF}",
        "/v1/licences/number/辽WH20240127",
        f"/v1/licences/identifier/{row.elicence_id}",
        f"/v1/licences/short-code/{code}",
        f"/L/{code}",
        f"/v1/evidence/{LEAF}",
        "/trust/metadata/timestamp.json",
        "/trust/metadata/1.root.json",
        f"/trust/metadata/{snapshot}.snapshot.json",
        f"/trust/targets/{LISTS}/0.cwt",
        "/trust/history/a/b/0/1.cwt",
        "/pki/issuing.crl",
        "/log/r/a/checkpoint",
        "/log/r/a/tile/0/000.p/1",
    ):
        assert world.served(path) == client.get(path).content, path
    assert world.served(f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/0.jwt") == b"jwt 1"
    assert world.served(f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/0.jwt") == b"side.jwt 1"
    assert world.served(f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/index.json") is not None
    assert world.served("/pki/issuing/ocsp/MFE/x=") == b"ocsp"
    assert world.served("/log/r/a/.half") is None
    assert load_trust(world.www / "trust", now=world.clock.now()).lists


def test_only_what_changed_is_written(world: World) -> None:
    first = world.export()
    assert first.licences == 1
    seen = {place: place.stat().st_ino for place in world.www.rglob("*") if place.is_file()}
    second = world.export()
    assert second.files.written == 0
    world.clock.advance(OVERLAP + timedelta(minutes=1))
    world.export()
    last = world.export()
    assert (last.licences, last.files.written) == (0, 0)
    served = {place: place.stat().st_ino for place in world.www.rglob("*") if place.is_file()}
    for place, inode in seen.items():
        if RELEASES not in place.parts and place.name != STATE:
            assert served[place] == inode, "what did not change is the same file"


def test_one_file_serves_all_names_of_a_licence_until_there_is_another_version(
    world: World,
) -> None:
    world.export()
    number = world.www / "v1/licences/number/辽WH20240127"
    with world.registry.reader.read() as unit:
        row = unit.public.by_leaf(leaf_of("leaf"))
    assert row is not None
    code = short_code(row.licence_json)
    own = [
        world.www / f"v1/licences/{name}"
        for name in (f"identifier/{row.elicence_id}", f"short-code/{code}")
    ] + [world.www / f"L/{code}"]
    assert {place.stat().st_ino for place in own} == {number.stat().st_ino}
    before = own[0].read_bytes()
    world.registry.prepare(
        {**good_row(), "version": 2, "supersedes": 1, "elicence_id": elicence_id(2)}
    )
    world.registry.sign(["second"])
    world.export()
    assert len(json.loads(number.read_bytes())["licences"]) == 2
    assert {place.read_bytes() for place in own} == {before}, "they lead to the first one alone"


def test_what_happens_later_is_seen(world: World) -> None:
    world.export()
    world.clock.advance(timedelta(hours=2))
    world.export()
    world.registry.decide(StatusWord.SUSPENDED)
    assert world.export().licences == 1
    assert json.loads(world.served(f"/v1/licences/{LEAF}") or b"")["status"]["word"] == "SUSPENDED"
    world.clock.advance(timedelta(hours=2))
    world.export()
    world.registry.prepare({**good_row(), "licence_no": "（辽）WH安许证字〔2024〕0128"})
    world.registry.sign(["second"])
    second = leaf_of("second").hex()
    world.export()
    assert world.served(f"/v1/evidence/{second}") is None
    pending = world.served(f"/v1/evidence/{second}.pending") or b""
    assert json.loads(pending)["code"] == "ANCHOR_PENDING"
    world.clock.advance(timedelta(hours=2))
    world.registry.anchor("second")
    world.export()
    assert world.served(f"/v1/evidence/{second}") == EVIDENCE
    assert world.served(f"/v1/evidence/{second}.pending") is None


def test_a_decision_of_another_day_is_seen_on_that_day(world: World) -> None:
    world.registry.decide(StatusWord.REVOKED, effective_from=date(2026, 11, 23))
    word = []
    for day in (21, 22, 23, 24):
        world.clock.advance(datetime(2026, 11, day, 12, tzinfo=UTC) - world.clock.now())
        world.export()
        found = json.loads(world.served(f"/v1/licences/{LEAF}") or b"")
        word.append(found["status"]["word"])
    assert word == ["NONE", "NONE", "REVOKED", "REVOKED"]


def test_what_hangs_together_is_switched_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export()
    reader = (world.www / NOW).resolve()
    world.repository.publish_lists(world.lists(2), now=world.clock.now())

    def power_cut() -> None:
        raise OSError(5, "power cut")

    with monkeypatch.context() as patch:
        patch.setattr("anzheng.static_tree.os.sync", power_cut)
        with refuses(Code.STORE_FAILED):
            world.export()
    assert world.served(f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/0") == b"cwt 1"
    world.export()
    for kind, body in (("status", b"cwt 2"), ("side", b"side 2")):
        assert world.served(f"/v1/{kind}-lists/{REGISTRY}/{AUTHORITY}/0") == body
    place = f"status-lists/{REGISTRY}/{AUTHORITY}/0"
    assert (reader / place).read_bytes() == b"cwt 1", "who began to read can end"
    world.export()
    world.export()
    assert len(list((world.www / RELEASES).iterdir())) == 2


def copied(database: Path) -> Path:
    """Make a backup of a database that is being written."""
    place = database.with_name("copy.sqlite3")
    with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(place)) as copy:
        live.backup(copy)
    return place


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(minutes=20)])
def test_what_a_replica_tells_late_is_seen(world: World, late: timedelta) -> None:
    world.export()
    behind = copied(world.www.parent / "anzheng.sqlite3")
    second = {**good_row(), "licence_no": "（辽）WH安许证字〔2024〕0128"}
    world.clock.advance(timedelta(minutes=1))
    world.registry.prepare(second)
    world.registry.sign(["second"])
    world.registry.anchor("second")
    live = world.registry.reader
    for _ in range(3):
        world.clock.advance(late)
        world.registry.reader = Store(f"sqlite:///{behind}", read_only=True)
        world.export()
        world.registry.reader.close()
    world.registry.reader = live
    world.export()
    assert world.served(f"/v1/evidence/{leaf_of('second').hex()}") == EVIDENCE


def test_a_clock_that_was_ahead_hides_nothing(world: World) -> None:
    world.export()
    now = world.clock.now()
    world.clock.advance(timedelta(hours=6))
    world.export()
    world.clock.advance(now - world.clock.now() + timedelta(minutes=1))
    world.registry.prepare({**good_row(), "licence_no": "（辽）WH安许证字〔2024〕0128"})
    world.registry.sign(["second"])
    world.registry.anchor("second")
    world.clock.advance(timedelta(hours=6))
    world.export()
    assert world.served(f"/v1/evidence/{leaf_of('second').hex()}") == EVIDENCE


def test_a_database_that_was_put_back_is_read_anew(world: World) -> None:
    place = world.www.parent / "anzheng.sqlite3"
    backup = copied(place)
    world.registry.decide(StatusWord.SUSPENDED)
    world.export()
    world.registry.close()
    shutil.copy(backup, place)
    for beside in place.parent.glob("anzheng.sqlite3-*"):
        beside.unlink()
    world.registry.__post_init__()
    assert world.export().licences == 1
    assert json.loads(world.served(f"/v1/licences/{LEAF}") or b"")["status"]["word"] == "NONE"


def test_the_evidence_of_a_certificate_is_seen_whenever_it_comes(world: World) -> None:
    leaf, batch = leaf_of("holder"), BatchId("batch-leaf")
    certificate = HolderCertificate(
        leaf, leaf_of("leaf"), REGISTRY, AUTHORITY, StatusIndex(7), b"der", None, None,
        world.clock.now(),
    )  # fmt: skip
    with world.registry.writer.write() as unit:
        unit.claims.add_certificate(certificate)
    world.export()
    assert world.served(f"/v1/evidence/{leaf.hex()}") is None
    world.clock.advance(timedelta(hours=2))
    world.export()
    with world.registry.writer.write() as unit:
        unit.claims.set_batch(leaf, batch, 0)
        unit.anchors.save_evidence(batch, [LeafEvidence(leaf, EVIDENCE)])
    world.export()
    assert world.served(f"/v1/evidence/{leaf.hex()}") == EVIDENCE
    assert world.served(f"/v1/evidence/{leaf.hex()}.pending") is None
    assert json.loads((world.www / STATE).read_bytes())["waiting"] == []


def test_a_crash_repeats_what_was_not_remembered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_write_state", killed)
        with pytest.raises(KeyboardInterrupt):
            world.export()
    assert not (world.www / STATE).exists()
    assert world.export().licences == 1


def test_a_damaged_memory_reads_everything(world: World) -> None:
    world.export()
    world.clock.advance(timedelta(days=1))
    world.export()
    for damaged in (b"", b"{}", b"[]", b'{"schema": "anzheng-export/v0"}', b"\xff"):
        (world.www / STATE).write_bytes(damaged)
        assert world.export().licences == 1
    assert world.export(anew=True).licences == 1


def test_a_damaged_repository_changes_nothing(world: World) -> None:
    world.export()
    (world.registry.trust / "metadata" / "timestamp.json").write_bytes(b"{}")
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        world.export()
    assert load_trust(world.www / "trust", now=world.clock.now()).lists


def test_the_data_of_licences_may_stay_at_home(world: World) -> None:
    world.export(look_ups=False)
    assert world.served(f"/v1/evidence/{LEAF}") == EVIDENCE
    assert not list(world.www.glob("v1/licences*"))
    assert not (world.www / "L").exists()
    for place in world.www.rglob("*"):
        assert not place.is_file() or "安许证字".encode() not in place.read_bytes()
    assert world.export().licences == 1, "and go out when that changes"


def test_somebody_elses_folder_is_left_alone(world: World) -> None:
    world.www.mkdir()
    (world.www / "index.html").write_text("mine")
    with refuses(Code.CONFLICT):
        world.export()
    assert [place.name for place in world.www.iterdir()] == ["index.html"]


def test_a_folder_that_cannot_be_written_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export()

    def read_only(_place: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch, refuses(Code.STORE_FAILED):
        patch.setattr(Path, "touch", read_only)
        world.export()
    assert world.served(f"/v1/evidence/{LEAF}") == EVIDENCE


def test_one_process_exports_at_a_time(world: World) -> None:
    world.export()
    with alone(world.www / LOCK, "exports"), refuses(Code.CONFLICT):
        world.export()


def test_a_log_that_grows_promises_nothing_that_is_not_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = world.registry.log / "r" / "a"
    copy = static_tree.StaticTree.add_fixed

    def meanwhile(tree: static_tree.StaticTree, path: str, source: Path) -> None:
        copy(tree, path, source)
        (log / "tile" / "0" / "000.p" / "2").write_bytes(b"tile two")
        (log / "checkpoint").write_bytes(b"2\n")

    monkeypatch.setattr(static_tree.StaticTree, "add_fixed", meanwhile)
    world.export()
    assert world.served("/log/r/a/checkpoint") == b"1\n"
    monkeypatch.undo()
    world.export()
    assert world.served("/log/r/a/checkpoint") == b"2\n"
    assert world.served("/log/r/a/tile/0/000.p/2") == b"tile two"
