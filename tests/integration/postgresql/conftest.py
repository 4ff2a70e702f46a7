"""The `store` of these tests is on PostgreSQL; they are the same tests as those on SQLite."""

from collections.abc import Iterator

import pytest
from psycopg import sql

from anzheng.store.database import Store
from anzheng.store.tables import metadata
from tests.fakes import postgresql
from tests.fakes.database import clock
from tests.fakes.postgresql import MIGRATED, Server

__all__ = ["clock"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of a worker."""
    with postgresql.running() as running:
        yield running


@pytest.fixture
def url(server: Server) -> str:
    """Address of a database with all tables, emptied."""
    # Quicker than TRUNCATE, which makes a new file for each table and index.
    emptied = [
        sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name))
        for table in reversed(metadata.sorted_tables)
    ]
    with server.connect(MIGRATED) as connection, connection.transaction():
        connection.execute(sql.SQL("; ").join(emptied))
        connection.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
    return server.url(MIGRATED)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty database with all tables."""
    opened = Store(url)
    yield opened
    opened.close()
