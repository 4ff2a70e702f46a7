"""A verifier's memory never falls, and survives a crash."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.formats.status_list import ListName
from licence.ids import AuthorityId, Digest, RegistryId
from tests.fakes.refusal import refuses
from verifier import memory as module
from verifier.memory import EPOCH, Memory, decode, encode, load, memory_path, save

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
NAME = ListName("http://127.0.0.1:8080", RegistryId("r1"), AuthorityId("1" * 18), 0)
OTHER = ListName("http://127.0.0.1:8080", RegistryId("r1"), AuthorityId("1" * 18), 1)


def full() -> Memory:
    first = Memory(first_root=Digest(b"\x01" * 32)).saw_bundle(3)
    return first.saw_roles([("timestamp", 9), ("root", 1)]).saw_list(NAME, NOW)


def test_memory_reads_back_from_its_file(tmp_path: Path) -> None:
    path = memory_path(tmp_path / "trust")
    assert path == tmp_path / "trust.memory.json"
    assert load(path) == Memory()
    for memory in (full(), Memory()):
        save(path, memory)
        assert load(path) == memory
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@given(st.lists(st.integers(1, 50), max_size=8))
def test_nothing_ever_falls(versions: list[int]) -> None:
    memory = Memory()
    for number, version in enumerate(versions, start=1):
        memory = memory.saw_roles([("lists", version)]).saw_bundle(version)
        memory = memory.saw_list(NAME, NOW + timedelta(seconds=version))
        highest = max(versions[:number])
        assert memory.role_version("lists") == highest
        assert memory.bundle_version == highest
        assert memory.list_issued_at(NAME) == NOW + timedelta(seconds=highest)
        assert memory.newest_signed_time == NOW + timedelta(seconds=highest)
    assert decode(encode(memory)) == memory


def test_what_was_never_seen() -> None:
    assert full().role_version("root") == 1
    assert full().role_version("snapshot") == 0
    assert full().list_issued_at(OTHER) is None
    assert Memory().newest_signed_time == EPOCH
    assert full().saw_time(NOW - timedelta(days=1)).newest_signed_time == NOW


def test_damaged_memory_is_refused_not_forgotten(tmp_path: Path) -> None:
    data = encode(full())
    for bad in (
        b"",
        data[:-1],
        data + b"\n",
        data.replace(b"anzheng-memory/v1", b"anzheng-memory/v2"),
        data.replace(b'"root"', b'"ROOT"'),
        data.replace(b'"bundle_version":3', b'"bundle_version":-3'),
        data.replace(b'"roles":', b'"extra":1,"roles":'),
        bytes(module.MAX_MEMORY_BYTES + 1),
    ):
        path = tmp_path / "memory.json"
        path.write_bytes(bad)
        with refuses(Code.TRUST_BUNDLE_REFUSED):
            load(path)


def test_memory_that_cannot_be_read_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(tmp_path)  # a folder
    with refuses(Code.STORE_FAILED):
        save(tmp_path / "absent" / "memory.json", Memory())

    path = tmp_path / "memory.json"
    save(path, Memory())

    def fail(_: int) -> None:
        raise OSError

    monkeypatch.setattr("os.fsync", fail)
    with refuses(Code.STORE_FAILED):
        save(path, full())
    assert load(path) == Memory()
