"""Trust folders that somebody turned back, mixed or signed otherwise: none is loaded."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from licence.errors import Code
from licence.ids import Digest
from tests.bad.desk import good, make_desk, steady
from tests.builders import SIGNED_AT
from tests.fakes.refusal import refuses
from verifier.memory import EPOCH, Memory
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify

NOW = SIGNED_AT + timedelta(minutes=10)
LATER = SIGNED_AT + timedelta(days=400)
REFUSED = Code.TRUST_BUNDLE_REFUSED


@pytest.fixture
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = _made(tmp_path_factory.getbasetemp())
    return Path(shutil.copytree(made, tmp_path / "trust"))


@cache
def _made(base: Path) -> Path:
    with steady():
        make_desk().world.write_trust(base / "bad-trust")
    return base / "bad-trust"


def _files(folder: Path, pattern: str) -> list[Path]:
    found = [path for path in folder.rglob(pattern) if path.is_file()]
    assert found, pattern
    return found


def test_the_folder_is_good(folder: Path) -> None:
    trust = load_trust(folder, now=NOW)
    assert verify(good(0).pdf, trust, policy=BATCH, now=NOW).code is Code.OK


def _change(pattern: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        for path in _files(folder, pattern):
            path.write_bytes(change(path.read_bytes()))

    return spoil


def _remove(pattern: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        for path in _files(folder, pattern):
            path.unlink()

    return spoil


def _signature_taken(data: bytes) -> bytes:
    value = json.loads(data)
    value["signatures"] = value["signatures"][:1]
    return json.dumps(value).encode()


def _signature_doubled(data: bytes) -> bytes:
    value = json.loads(data)
    value["signatures"] = value["signatures"][:1] * 2
    return json.dumps(value).encode()


def _threshold_one(data: bytes) -> bytes:
    value = json.loads(data)
    for role in value["signed"]["roles"].values():
        role["threshold"] = 1
    return json.dumps(value).encode()


SPOILT: dict[str, Callable[[Path], None]] = {
    "root of one signature": _change("*root.json", _signature_taken),
    "root of one signature twice": _change("*root.json", _signature_doubled),
    "root with thresholds of one": _change("*root.json", _threshold_one),
    "root is garbage": _change("*root.json", lambda _data: b"garbage"),
    "root nested deep": _change("*root.json", lambda _data: b"[" * 100_000),
    "root too large": _change("*root.json", lambda data: data + b" " * (1 << 20)),
    "targets of one signature": _change("*targets.json", _signature_taken),
    "targets are gone": _remove("*targets.json"),
    "snapshot flipped": _change("*snapshot.json", lambda data: data[:-20] + b"x" + data[-19:]),
    "timestamp is gone": _remove("timestamp.json"),
    "timestamp is a page of HTML": _change("timestamp.json", lambda _data: b"<html>404</html>"),
    "bundle flipped": _change("*bundle.json", lambda data: data.replace(b"21", b"22", 1)),
    "bundle is gone": _remove("*bundle.json"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_folder_is_not_loaded(folder: Path, name: str) -> None:
    SPOILT[name](folder)
    with refuses(REFUSED):
        load_trust(folder, now=NOW)


@pytest.mark.parametrize(
    "memory",
    [
        Memory(bundle_version=2),
        Memory(roles=(("timestamp", 99),)),
        Memory(roles=(("snapshot", 99),)),
        Memory(roles=(("targets", 99),)),
        Memory(roles=(("root", 99),)),
        Memory(first_root=Digest(sha256(b"another").digest())),
    ],
)
def test_a_folder_older_than_what_was_seen_is_not_loaded(folder: Path, memory: Memory) -> None:
    with refuses(REFUSED):
        load_trust(folder, now=NOW, memory=memory)


def test_another_first_root_than_the_printed_one_is_refused(folder: Path) -> None:
    with refuses(REFUSED):
        load_trust(folder, now=NOW, first_root=Digest(bytes(32)))


@pytest.mark.parametrize("now", [NOW + timedelta(days=60), LATER])
def test_an_expired_folder_leaves_a_good_licence_open(folder: Path, now: datetime) -> None:
    trust = load_trust(folder, now=now)
    assert trust.metadata_expired_at is not None
    report = verify(good(0).pdf, trust, policy=BATCH, now=now)
    assert report.code in {Code.STATUS_STALE, Code.TRUST_BUNDLE_OLD, Code.EXPIRED}


def test_lists_of_another_day_are_no_lists(folder: Path) -> None:
    """A list in the folder that the lists role does not name."""
    for path in _files(folder, "*.cwt"):
        path.write_bytes(path.read_bytes()[::-1])
    report = verify(good(0).pdf, load_trust(folder, now=NOW), policy=BATCH, now=NOW)
    assert report.code is Code.STATUS_LIST_REFUSED


def test_the_clock_before_the_folder_was_signed(folder: Path) -> None:
    trust = load_trust(folder, now=EPOCH)
    report = verify(good(0).pdf, trust, policy=BATCH, now=SIGNED_AT - timedelta(days=30))
    assert report.code is Code.CLOCK_SUSPECT
