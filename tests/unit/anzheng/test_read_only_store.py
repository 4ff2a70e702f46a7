"""The public registry's view of the database: it sees everything and can change nothing."""

import sqlite3
from pathlib import Path

import pytest

from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.migrate import migrate
from licence.errors import Code
from licence.ids import AuthorityId, RegistryId
from tests.fakes.refusal import refuses

REGISTRY, AUTHORITY = RegistryId("r-test"), AuthorityId("1121000000TXT10121")


def test_it_sees_what_the_writer_commits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/anzheng.sqlite3"
    migrate(url)
    writer, reader = Store(url), Store(url, read_only=True)
    for expected in (1, 2):
        with writer.write() as unit:
            unit.licences.allocate_index(REGISTRY, AUTHORITY)
        with reader.read() as unit:
            assert unit.licences.index_count(REGISTRY, AUTHORITY) == expected
    writer.close()
    reader.close()


def test_the_database_itself_refuses_a_change(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/anzheng.sqlite3"
    migrate(url)
    reader = Store(url, read_only=True)
    with refuses(Code.STORE_FAILED), reader.write() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    with refuses(Code.STORE_FAILED), reader.read() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    with reader.read() as unit:
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == 0
    reader.close()


def test_a_copy_on_a_medium_that_nobody_writes_is_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/anzheng.sqlite3"
    migrate(url)
    copy = tmp_path / "copy.sqlite3"
    with sqlite3.connect(tmp_path / "anzheng.sqlite3") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    target.execute("PRAGMA journal_mode=DELETE")
    copy.chmod(0o444)
    reader = Store(f"sqlite:///file:{copy}?immutable=1&uri=true", read_only=True)
    with reader.read() as unit:
        assert unit.licences.in_state(FlowState.PREPARED) == ()
    reader.close()


def test_a_newer_copy_in_its_place_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anzheng.store.database.REOPENED_SECONDS", 0)
    place = tmp_path / "copy.sqlite3"
    for name in ("old", "new"):
        migrate(f"sqlite:///{tmp_path}/{name}.sqlite3")
    writer = Store(f"sqlite:///{tmp_path}/new.sqlite3")
    with writer.write() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    writer.close()
    (tmp_path / "old.sqlite3").rename(place)
    reader = Store(f"sqlite:///{place}", read_only=True)
    with reader.read() as unit:
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == 0
    (tmp_path / "new.sqlite3").replace(place)
    with reader.read() as unit:
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == 1
    reader.close()


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    place = tmp_path / "nothing" / "anzheng.sqlite3"
    reader = Store(f"sqlite:///{place}", read_only=True)
    with refuses(Code.STORE_FAILED), reader.read() as unit:
        unit.licences.counts()
    assert not place.parent.exists()


def test_a_folder_with_any_name_is_found(tmp_path: Path) -> None:
    place = tmp_path / "a b%20" / "anzheng.sqlite3"
    migrate(f"sqlite:///{place}")
    reader = Store(f"sqlite:///{place}", read_only=True)
    with reader.read() as unit:
        assert unit.licences.counts() == {}
    reader.close()
