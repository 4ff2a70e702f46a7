"""One process at a time, by a lock on a file that ends with the process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from licence.errors import AnzhengError, Code


@contextmanager
def alone(lock: Path, what: str) -> Iterator[None]:
    """Keep other processes out, and other callers of this one.

    Args:
        lock: The file.
        what: What another process does that has it, for the message.

    Raises:
        AnzhengError: CONFLICT when another one has it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise AnzhengError(Code.CONFLICT, f"another process {what}") from exc
        yield
