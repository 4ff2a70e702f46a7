"""A fresh database and a clock that stands still."""

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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database with all tables."""
    url = f"sqlite:///{tmp_path / 'anzheng.sqlite3'}"
    migrate(url)
    opened = Store(url)
    yield opened
    opened.close()
