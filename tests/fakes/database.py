"""Fixtures of tests of the application: a fresh database, a clock that stands still."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Midday of 21 November 2026 in China."""
    return FakeClock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once: the migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "anzheng.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> Iterator[Store]:
    """An empty database with all tables."""
    path = shutil.copy(empty_database, tmp_path / "anzheng.sqlite3")
    opened = Store(f"sqlite:///{path}")
    yield opened
    opened.close()
