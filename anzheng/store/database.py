"""Opens the database and hands out transactions with all repositories on one connection.

Both databases keep the same two promises: one writing transaction at a time, and a reading one that
sees one moment. SQLite has them (BEGIN IMMEDIATE, WAL). On PostgreSQL a writer first takes an
advisory lock that ends with its transaction, and each of its statements then sees everything that
was committed before; a reader has a snapshot (REPEATABLE READ, READ ONLY).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from anzheng.store.alarms import AlarmBook
from anzheng.store.anchors import Anchors
from anzheng.store.chain_words import ChainWords
from anzheng.store.claims import Claims
from anzheng.store.idempotency import Idempotency
from anzheng.store.leases import Leases
from anzheng.store.licences import Licences
from anzheng.store.lists import ListReads
from anzheng.store.outbox import Outbox
from anzheng.store.public import PublicView
from anzheng.store.recovery import Recovery
from anzheng.store.releases import Releases
from anzheng.store.status import StatusLog
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, RegistryId

BUSY_TIMEOUT_SECONDS = 30
READ_TIMEOUT_SECONDS = 1
"""Whoever only reads waits for a copy that is just being written, and not for long."""

REOPENED_SECONDS = 30
"""A copy that took the place of an older one is seen after this."""

WRITERS_LOCK = 0x616E7A68656E67
"""Advisory lock of PostgreSQL that the one writer has: "anzheng" in ASCII."""

LOST_WRITER_SECONDS = 60
"""PostgreSQL ends a writer that went silent in its transaction: its machine may be gone."""

CONNECT_SECONDS = 10

READERS = 20
"""Connections that a reading process keeps to PostgreSQL; twice as many while it is busy."""

_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"
_BECOME_WRITER = (
    f"SELECT set_config('idle_in_transaction_session_timeout', '{LOST_WRITER_SECONDS}s', true),"
    f" pg_advisory_xact_lock({WRITERS_LOCK})"
)


class Unit:
    """One transaction: every repository here sees and changes the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.licences = Licences(connection)
        self.public = PublicView(connection)
        self.releases = Releases(connection)
        self.anchors = Anchors(connection)
        self.outbox = Outbox(connection)
        self.status = StatusLog(connection)
        self.claims = Claims(connection)
        self.idempotency = Idempotency(connection)
        self.chain_words = ChainWords(connection)
        self.leases = Leases(connection)
        self.alarms = AlarmBook(connection)
        self.recovery = Recovery(connection)

    def lists(self, registry: RegistryId, authority: AuthorityId) -> ListReads:
        """Return what the lists of one authority are made of."""
        return ListReads(self._connection, registry, authority)

    def undo(self) -> None:
        """Take back everything done in this transaction; nothing may follow."""
        self._connection.rollback()


class Store:
    """The database of one installation.

    Args:
        url: Where it is; SQLAlchemy's spelling.
        read_only: Let the database itself refuse every change: what the public registry gets.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._engine = open_reading_engine(url) if read_only else open_engine(url)
        # Made once: a look-up spends a tenth of its time on it otherwise.
        self._beginning = {
            _WRITE: self._engine.execution_options(anzheng_begin=_WRITE),
            _READ: self._engine.execution_options(anzheng_begin=_READ, **self._snapshot()),
        }

    @property
    def is_local(self) -> bool:
        """Whether a look-up waits for no network; then no thread has to wait for it."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Open a writing transaction: committed at the end, rolled back on any error."""
        with self._transaction(_WRITE) as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Open a transaction that sees one moment and changes nothing."""
        with self._transaction(_READ) as unit:
            yield unit

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _snapshot(self) -> dict[str, Any]:
        if self.is_local:
            return {}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Unit]:
        try:
            with self._beginning[begin].begin() as connection:
                yield Unit(connection)
        except SQLAlchemyError as exc:
            raise AnzhengError(
                Code.STORE_FAILED, f"the database refused: {type(exc).__name__}"
            ) from exc


def open_engine(url: str) -> Engine:
    """Make an engine; SQLite gets WAL, full synchronisation and real transactions."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed, pool_pre_ping=True, connect_args=_patience(BUSY_TIMEOUT_SECONDS)
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_reading_engine(url: str) -> Engine:
    """Make an engine that cannot write: a replica of the database, or the database itself.

    A SQLite file is opened with `mode=ro`, so that it must exist and no migration runs; one on a
    medium that nobody writes can be named as `sqlite:///file:/PATH?immutable=1&uri=true`.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            pool_pre_ping=True,
            connect_args=_patience(READ_TIMEOUT_SECONDS),
            pool_size=READERS,
            max_overflow=READERS,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
    named = parsed.database or ""
    if not named.startswith("file:"):
        place = f"file:{quote(str(Path(named).absolute()))}"
        parsed = parsed.set(database=place, query={"mode": "ro", "uri": "true"})
    engine = create_engine(
        parsed, pool_recycle=REOPENED_SECONDS, connect_args={"timeout": READ_TIMEOUT_SECONDS}
    )
    event.listen(engine, "connect", _prepare_reading_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_reading_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late for SELECT-then-UPDATE; we issue ours below.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _patience(lock_seconds: int) -> dict[str, Any]:
    told = {
        "lock_timeout": f"{lock_seconds}s",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in told.items())
    return {"connect_timeout": CONNECT_SECONDS, "options": options}


def _begin_postgresql(connection: Connection) -> None:
    # Under READ COMMITTED every statement behind the lock sees what earlier writers committed.
    if connection.get_execution_options().get("anzheng_begin") == _WRITE:
        connection.exec_driver_sql(_BECOME_WRITER)


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("anzheng_begin", _READ)
    # Straight to the driver: SQLAlchemy's own way took a sixteenth of a look-up.
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(begin)
    except sqlite3.Error as exc:
        raise OperationalError(begin, None, exc) from exc
