"""Open a SQLite file of the signer: durable before anything else.

The signer's own files stand apart from the application's database, which the signer neither reads
nor trusts.

Standard: SQLite, WAL with synchronous=FULL: a commit that returned survives a power cut.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code

BUSY_SECONDS: Final = 30.0


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or make a database file.

    Args:
        path: The file; its folder must be there.
        schema: Statements that make what is missing.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.executescript(schema)
    except sqlite3.Error as error:
        raise AnzhengError(
            Code.STORE_FAILED, "the signer's file cannot be opened", file=path.name
        ) from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in one write transaction: all of it or nothing.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise AnzhengError(Code.STORE_FAILED, "the signer's file cannot be written") from error
