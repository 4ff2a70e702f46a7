"""The state file: SQLite, every step one transaction that is on the disk when it ends.

Killed at any moment, the monitor finds the last whole step again. What is kept per batch and per
licence row is what later batches are compared with; everything else is bounded.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, final

from anchor.chain_ports import Block
from anchor.events import Anchored, Keccak, batch_key
from anchor.monitor.alarms import KeptAlarm
from anchor.monitor.batch_rules import KnownRow
from anchor.monitor.log_rules import SeenLog
from anchor.monitor.memory_rows import (
    ALARM_COLUMNS,
    BATCH_COLUMNS,
    ROW_COLUMNS,
    alarm_of,
    batch_of,
    row_of,
)
from anchor.monitor.memory_step import SqliteStep
from anchor.monitor.ports import DayCount, Progress
from anchor.monitor.status_rules import ChainWord
from anchor.monitor.stored import load_small, moment
from anchor.replay import Replay
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, BlockHash, Digest, MerkleRoot

SCHEMA: Final = "anzheng-monitor/v1"
BUSY_SECONDS: Final = 5.0

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contract (
  name TEXT PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL, time INTEGER NOT NULL,
  sequence INTEGER NOT NULL, head BLOB NOT NULL, small TEXT NOT NULL,
  settled INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (
  contract TEXT NOT NULL, authority TEXT NOT NULL, word INTEGER NOT NULL, value BLOB NOT NULL,
  changed_at INTEGER NOT NULL, PRIMARY KEY (contract, authority, word)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
  contract TEXT NOT NULL, sequence INTEGER NOT NULL, authority TEXT NOT NULL, root BLOB NOT NULL,
  size INTEGER NOT NULL, manifest BLOB NOT NULL, account BLOB NOT NULL, block INTEGER NOT NULL,
  hash BLOB NOT NULL, time INTEGER NOT NULL, sent BLOB NOT NULL, log_index INTEGER NOT NULL,
  is_read INTEGER NOT NULL DEFAULT 0, is_logged INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (contract, sequence)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_unread ON batch (contract) WHERE is_read = 0;
CREATE INDEX IF NOT EXISTS batch_unlogged ON batch (contract, authority) WHERE is_logged = 0;
CREATE TABLE IF NOT EXISTS leaf (
  authority TEXT NOT NULL, leaf BLOB NOT NULL, kind INTEGER NOT NULL, idx INTEGER, number BLOB,
  version INTEGER, uscc BLOB, sequence INTEGER NOT NULL, contract TEXT NOT NULL,
  block INTEGER NOT NULL, time INTEGER NOT NULL,
  UNIQUE (leaf, authority, contract, sequence));
CREATE INDEX IF NOT EXISTS leaf_idx ON leaf (idx, authority) WHERE idx IS NOT NULL;
CREATE INDEX IF NOT EXISTS leaf_number ON leaf (number, authority) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS leaf_uscc ON leaf (uscc, authority) WHERE uscc IS NOT NULL;
CREATE TABLE IF NOT EXISTS several (
  authority TEXT NOT NULL, number BLOB NOT NULL, PRIMARY KEY (authority, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  authority TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, cosigned_at INTEGER,
  note BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarm (
  id TEXT PRIMARY KEY, code TEXT NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL,
  facts TEXT NOT NULL, rule TEXT, authority TEXT, block INTEGER, first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL, closed_at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS day (
  day TEXT NOT NULL, authority TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, authority, what)) WITHOUT ROWID;
"""


@final
class SqliteMemory:
    """The state file; conforms to `anchor.monitor.ports.Memory`.

    Args:
        path: Where it is; made when it is not there.
        registry: Registry that it is about; another one's file is refused.
        keccak: keccak-256.
        durable: Whether a step is on the disk when it ends; else it is with the operating system.

    Raises:
        AnzhengError: MONITOR_STATE, STORE_FAILED.
    """

    def __init__(self, path: Path, registry: str, keccak: Keccak, *, durable: bool = True) -> None:
        self._path = path
        self._keccak = keccak
        with _faults(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            # One thread at a time uses it; the server of metrics only ever reads a text.
            self._database = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._database.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
            self._claim(registry)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def step(self) -> Iterator[SqliteStep]:
        """Open a transaction."""
        with _faults(self._path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteStep(self._database)
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def progress(self, contract: str) -> Progress | None:
        """Return how far a contract is verified."""
        query = (
            "SELECT block, hash, time, sequence, head, small, settled FROM contract WHERE name = ?"
        )
        for block, name, time, sequence, head, small, settled in self._all(query, contract):
            replay = Replay(self._keccak, sequence=sequence, head=Digest(head))
            load_small(small, replay)
            words = "SELECT authority, word, value FROM word WHERE contract = ?"
            for authority, word, value in self._all(words, contract):
                replay.words[authority, word] = int.from_bytes(value, "big")
            for batch in self._batches("contract = ?", contract):
                key = batch_key(batch.root, batch.size, batch.manifest, self._keccak)
                replay.batches[batch.authority, key] = batch
            return Progress(Block(block, BlockHash(name), moment(time)), replay, bool(settled))
        return None

    def words(self, contract: str, authority: AuthorityId) -> Mapping[int, ChainWord]:
        """Return the storage words of an authority that are not 0."""
        query = "SELECT word, value, changed_at FROM word WHERE contract = ? AND authority = ?"
        return {
            word: ChainWord(int.from_bytes(value, "big"), moment(changed_at))
            for word, value, changed_at in self._all(query, contract, authority)
        }

    def unread_batches(self, contract: str) -> tuple[Anchored, ...]:
        """Return the batches whose manifest was not found right yet."""
        return tuple(self._batches("contract = ? AND is_read = 0", contract, index="batch_unread"))

    def unlogged_batches(self, contract: str, authority: AuthorityId) -> tuple[Anchored, ...]:
        """Return the batches that were not found in the log yet."""
        where = "contract = ? AND is_logged = 0 AND authority = ?"
        return tuple(self._batches(where, contract, authority, index="batch_unlogged"))

    def rows_like(self, row: KnownRow) -> tuple[KnownRow, ...]:
        """Return the authority's rows with the same leaf, index or number."""
        found = dict.fromkeys(self._rows("leaf = ?", row.authority, row.leaf))
        if row.index is not None:
            found |= dict.fromkeys(self._rows("idx = ?", row.authority, row.index))
        if row.number is not None:
            found |= dict.fromkeys(self._rows("number = ?", row.authority, row.number))
        return tuple(found)

    def rows_of_number(self, authority: AuthorityId, number: Digest) -> tuple[KnownRow, ...]:
        """Return all rows of a number."""
        return tuple(self._rows("number = ?", authority, number))

    def rows_of_uscc(self, authority: AuthorityId, uscc: Digest) -> tuple[KnownRow, ...]:
        """Return all rows of an enterprise."""
        return tuple(self._rows("uscc = ?", authority, uscc))

    def watched_numbers(self) -> tuple[tuple[AuthorityId, Digest], ...]:
        """Return the numbers with several versions."""
        found = self._all("SELECT authority, number FROM several ORDER BY authority, number")
        return tuple((AuthorityId(authority), Digest(number)) for authority, number in found)

    def log(self, authority: AuthorityId) -> SeenLog | None:
        """Return the last state of a log that was right."""
        query = "SELECT size, root, cosigned_at, note FROM log WHERE authority = ?"
        for size, root, cosigned_at, note in self._all(query, authority):
            at = None if cosigned_at is None else moment(cosigned_at)
            return SeenLog(size, MerkleRoot(root), at, note)
        return None

    def alarms(self, *, only_open: bool) -> tuple[KeptAlarm, ...]:
        """Return alarms, oldest first."""
        where = "WHERE closed_at IS NULL" if only_open else ""
        query = f"SELECT {ALARM_COLUMNS} FROM alarm {where} ORDER BY first_at, id"  # noqa: S608
        return tuple(alarm_of(row) for row in self._all(query))

    def days(self) -> tuple[DayCount, ...]:
        """Return the counts of days, oldest first."""
        query = "SELECT day, authority, what, count FROM day ORDER BY day, authority, what"
        return tuple(
            DayCount(date.fromisoformat(day), AuthorityId(authority), what, count)
            for day, authority, what, count in self._all(query)
        )

    def last_pass(self) -> datetime | None:
        """Return when the last pass was completed."""
        for (value,) in self._all("SELECT value FROM meta WHERE name = 'last_pass'"):
            return moment(int(value))
        return None

    def _claim(self, registry: str) -> None:
        for name, value in (("schema", SCHEMA), ("registry", registry)):
            self._database.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
            (found,) = self._all("SELECT value FROM meta WHERE name = ?", name)[0]
            if found != value:
                raise AnzhengError(
                    Code.MONITOR_STATE, f"{self._path} is of {found}, not of {value}"
                )

    def _batches(self, where: str, *values: object, index: str = "") -> Iterator[Anchored]:
        # SQLite would rather read all batches of the contract than the few that are open.
        hint = f"INDEXED BY {index}" if index else ""
        query = f"SELECT {BATCH_COLUMNS} FROM batch {hint} WHERE {where} ORDER BY sequence"  # noqa: S608
        return (batch_of(row) for row in self._all(query, *values))

    def _rows(self, where: str, authority: AuthorityId, value: object) -> Iterator[KnownRow]:
        query = f"SELECT {ROW_COLUMNS} FROM leaf WHERE authority = ? AND {where}"  # noqa: S608
        return (row_of(row) for row in self._all(query, authority, value))

    def _all(self, query: str, *values: object) -> list[Any]:
        with _faults(self._path):
            return self._database.execute(query, values).fetchall()


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn what SQLite says into our error: a damaged file, or a disk that does not take it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise AnzhengError(
            Code.STORE_FAILED, f"the state file {path} cannot be used: {error}"
        ) from error
    except sqlite3.DatabaseError as error:
        raise AnzhengError(
            Code.MONITOR_STATE, f"the state file {path} is damaged: {error}"
        ) from error
