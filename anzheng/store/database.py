"""Opens the database and hands out transactions with all repositories on one connection."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from anzheng.store.alarms import AlarmBook
from anzheng.store.anchors import Anchors
from anzheng.store.claims import Claims
from anzheng.store.idempotency import Idempotency
from anzheng.store.leases import Leases
from anzheng.store.licences import Licences
from anzheng.store.outbox import Outbox
from anzheng.store.releases import Releases
from anzheng.store.status import StatusLog
from licence.errors import AnzhengError, Code

BUSY_TIMEOUT_SECONDS = 30


class Unit:
    """One transaction: every repository here sees and changes the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.licences = Licences(connection)
        self.releases = Releases(connection)
        self.anchors = Anchors(connection)
        self.outbox = Outbox(connection)
        self.status = StatusLog(connection)
        self.claims = Claims(connection)
        self.idempotency = Idempotency(connection)
        self.leases = Leases(connection)
        self.alarms = AlarmBook(connection)

    def undo(self) -> None:
        """Take back everything done in this transaction; nothing may follow."""
        self._connection.rollback()


class Store:
    """The database of one installation."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Open a writing transaction: committed at the end, rolled back on any error."""
        with self._transaction("BEGIN IMMEDIATE") as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Open a transaction that sees one moment and changes nothing."""
        with self._transaction("BEGIN") as unit:
            yield unit

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Unit]:
        try:
            engine = self._engine.execution_options(anzheng_begin=begin)
            with engine.begin() as connection:
                yield Unit(connection)
        except SQLAlchemyError as exc:
            raise AnzhengError(
                Code.STORE_FAILED, f"the database refused: {type(exc).__name__}"
            ) from exc


def open_engine(url: str) -> Engine:
    """Make an engine; SQLite gets WAL, full synchronisation and real transactions."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late for SELECT-then-UPDATE; we issue ours below.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql(options.get("anzheng_begin", "BEGIN"))
