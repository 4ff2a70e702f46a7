"""Where results and answers lie until they are forgotten: bytes by place, each with an end.

`LocalShelf` is a SQLite database in memory or in a file; `redis_store.RedisShelf` is shared by
several processes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from licence.errors import AnzhengError, Code
from licence.ports import Clock

MEMORY: Final = Path(":memory:")
SWEEP_EVERY: Final = 64
"""Writes between two searches for what has come to its end."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS kept (
    place BLOB PRIMARY KEY, until REAL NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL
) WITHOUT ROWID
"""


class Shelf(Protocol):
    """Keeps bytes for a while. Every method raises STORE_FAILED when it cannot."""

    async def put(self, place: bytes, data: bytes, *, until: datetime) -> None:
        """Keep bytes, over what is there."""
        ...

    async def put_new(self, place: bytes, data: bytes, *, until: datetime) -> bytes | None:
        """Keep bytes where there are none, or return those that are there."""
        ...

    async def get(self, place: bytes) -> bytes | None:
        """Return what is there and not at its end."""
        ...

    async def remove(self, place: bytes) -> None:
        """Forget what is there."""
        ...


class LocalShelf:
    """A shelf of this process; when it is full, what ends first goes first.

    Args:
        clock: Tells when something ends.
        max_bytes: Of all that is kept.
        path: A database file, which survives a restart; memory unless given.
    """

    def __init__(self, clock: Clock, max_bytes: int, path: Path = MEMORY) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._writes = 0
        try:
            if path != MEMORY:
                path.parent.mkdir(parents=True, exist_ok=True)
            # One thread at a time speaks to it: that of the event loop, or of a test.
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            # What a power cut loses here is asked again; the file itself is not damaged by it.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA auto_vacuum = FULL")
            self._database.execute("PRAGMA secure_delete = ON")
            self._database.execute(_TABLE)
            self._database.execute("CREATE INDEX IF NOT EXISTS ends ON kept (until)")
            (self._bytes,) = self._database.execute(
                "SELECT coalesce(sum(size), 0) FROM kept"
            ).fetchone()
        except (OSError, sqlite3.Error) as exc:
            raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be opened: {exc}") from exc

    @property
    def kept_bytes(self) -> int:
        """How much is kept."""
        return int(self._bytes)

    async def put(self, place: bytes, data: bytes, *, until: datetime) -> None:
        """Keep bytes, over what is there."""
        with _failing():
            self._forget(place)
            self._insert(place, data, until)

    async def put_new(self, place: bytes, data: bytes, *, until: datetime) -> bytes | None:
        """Keep bytes where there are none, or return those that are there."""
        found = await self.get(place)
        if found is None:
            await self.put(place, data, until=until)
        return found

    async def get(self, place: bytes) -> bytes | None:
        """Return what is there and not at its end."""
        with _failing():
            row = self._database.execute(
                "SELECT data FROM kept WHERE place = ? AND until > ?", (place, self._now())
            ).fetchone()
        return None if row is None else bytes(row[0])

    async def remove(self, place: bytes) -> None:
        """Forget what is there."""
        with _failing():
            self._forget(place)

    def sweep(self) -> None:
        """Forget what has come to its end."""
        with _failing():
            self._database.execute("DELETE FROM kept WHERE until <= ?", (self._now(),))
            (self._bytes,) = self._database.execute(
                "SELECT coalesce(sum(size), 0) FROM kept"
            ).fetchone()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _insert(self, place: bytes, data: bytes, until: datetime) -> None:
        if len(data) > self._max_bytes:
            raise AnzhengError(Code.STORE_FAILED, "this is more than may be kept at all")
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            self.sweep()
        while self._bytes + len(data) > self._max_bytes:
            self._forget_first()
        self._database.execute(
            "INSERT INTO kept VALUES (?, ?, ?, ?)", (place, until.timestamp(), len(data), data)
        )
        self._bytes += len(data)

    def _forget(self, place: bytes) -> None:
        gone = self._database.execute(
            "DELETE FROM kept WHERE place = ? RETURNING size", (place,)
        ).fetchall()
        self._bytes -= sum(size for (size,) in gone)

    def _forget_first(self) -> None:
        gone = self._database.execute(
            "DELETE FROM kept WHERE place IN (SELECT place FROM kept ORDER BY until LIMIT 16)"
            " RETURNING size"
        ).fetchall()
        self._bytes -= sum(size for (size,) in gone)

    def _now(self) -> float:
        return self._clock.now().timestamp()


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise AnzhengError(Code.STORE_FAILED, "what is kept cannot be read or written") from exc
