"""The memory of a witness in a folder: durable before it answers, and not to be put back unseen.

`memory.json` has the last checkpoint of each log and counts its own changes; `mark.json` has the
count and the digest of the memory, and lies, where somebody cares, on another disk (`guard`). A
memory that is older than its mark was put back: from then on nothing is signed, for a log could be
shown a second history. Who puts back both is found out by the witness's own signatures in the
public checkpoints (`anchor.witness.Witness.check_memory`).
"""

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.checkpoint import Checkpoint
from licence.formats.fields import Fields
from licence.ids import MerkleRoot

MEMORY: Final = "memory.json"
MARK: Final = "mark.json"
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_LOGS: Final = 10_000
NOTHING: Final = hashlib.sha256(b"").hexdigest()
"""Stands in the mark while the first memory is being written: nothing was signed before it."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What stands in the file, and the file's own bytes."""

    count: int
    seen: dict[str, Checkpoint]
    digest: str


class FileWitnessStore:
    """`anchor.ports.WitnessStore` in a folder.

    Args:
        folder: Where the memory lies; without one, it begins with the first checkpoint.
        guard: Where the mark lies; in the folder itself unless given.
    """

    def __init__(self, folder: Path, guard: Path | None = None) -> None:
        self._folder = folder
        self._guard = guard or folder
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin an empty memory, with its mark.

        Raises:
            AnzhengError: CONFLICT, when there is one already; STORE_FAILED.
        """
        with self._alone():
            if self._memory.exists() or self._mark.exists():
                raise AnzhengError(Code.CONFLICT, "there is a witness's memory already")
            self._write({}, 0)

    def seen(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log.

        Raises:
            AnzhengError: WITNESS_MEMORY, STORE_FAILED.
        """
        with self._alone():
            return self._read().seen.get(origin)

    def all(self) -> tuple[Checkpoint, ...]:
        """Return the last checkpoint of each log, by origin.

        Raises:
            AnzhengError: WITNESS_MEMORY, STORE_FAILED.
        """
        with self._alone():
            return tuple(one for _, one in sorted(self._read().seen.items()))

    def remember(self, checkpoint: Checkpoint, *, instead_of: Checkpoint | None) -> None:
        """Store a checkpoint in place of the one before.

        Raises:
            AnzhengError: CONFLICT, when another checkpoint is stored by now; WITNESS_MEMORY,
                STORE_FAILED.
        """
        with self._alone():
            memory = self._read()
            if memory.seen.get(checkpoint.origin) != instead_of:
                raise AnzhengError(Code.CONFLICT, "another checkpoint was remembered meanwhile")
            self._write(memory.seen | {checkpoint.origin: checkpoint}, memory.count + 1)

    @property
    def _memory(self) -> Path:
        return self._folder / MEMORY

    @property
    def _mark(self) -> Path:
        return self._guard / MARK

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes out while the files are looked at and replaced."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock, (self._folder / "lock").open("wb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise AnzhengError(Code.STORE_FAILED, "the memory cannot be kept") from error

    def _write(self, seen: dict[str, Checkpoint], count: int) -> None:
        """Write the memory, then the mark: a crash in between leaves the memory one ahead."""
        logs: list[JsonValue] = [
            {"origin": one.origin, "size": one.size, "root": one.root.hex()}
            for _, one in sorted(seen.items())
        ]
        data = canonical.dumps({"count": count, "logs": logs})
        if not self._mark.exists():
            write_durably(self._mark, _mark(0, NOTHING))
        write_durably(self._memory, data)
        write_durably(self._mark, _mark(count, hashlib.sha256(data).hexdigest()))

    def _read(self) -> _Memory:
        """Return the memory, if it is the newest that there was."""
        is_marked = self._mark.exists()
        count, digest = self._read_mark() if is_marked else (0, NOTHING)
        is_first = (count, digest) == (0, NOTHING)
        if is_first and not self._memory.exists():
            return _Memory(0, _first_release(self._folder), "")
        if not self._memory.exists() or not is_marked:
            raise _put_back("memory or mark is missing")
        memory = _read_memory(self._memory.read_bytes())
        if memory.count == count + 1 or (is_first and memory.count == 0):
            write_durably(self._mark, _mark(memory.count, memory.digest))
        elif (memory.count, memory.digest) != (count, digest):
            raise _put_back("memory and mark are not of one time")
        return memory

    def _read_mark(self) -> tuple[int, str]:
        fields = _fields(self._mark.read_bytes())
        return fields.integer("count"), fields.text("sha256")


def _mark(count: int, digest: str) -> bytes:
    return canonical.dumps({"count": count, "sha256": digest})


def _fields(data: bytes) -> Fields:
    try:
        value = canonical.loads(data, max_bytes=MAX_BYTES)
        return Fields(value, where="witness memory", code=Code.WITNESS_MEMORY)
    except AnzhengError as error:
        raise _put_back("not what was written") from error


def _read_memory(data: bytes) -> _Memory:
    fields = _fields(data)
    logs = fields.objects("logs", _read_checkpoint, max_items=MAX_LOGS)
    seen = {one.origin: one for one in logs}
    memory = _Memory(fields.integer("count"), seen, hashlib.sha256(data).hexdigest())
    fields.end()
    return memory


def _read_checkpoint(fields: Fields) -> Checkpoint:
    return Checkpoint(
        fields.text("origin"), fields.integer("size"), MerkleRoot(fields.hexed("root", 32))
    )


def _put_back(what: str) -> AnzhengError:
    return AnzhengError(
        Code.WITNESS_MEMORY,
        f"{what}: the memory was put back or damaged, and nothing is signed; "
        "see docs/witness.md, 'When the memory is lost'",
    )


def _first_release(folder: Path) -> dict[str, Checkpoint]:
    """Read what trials of the first release left: one file a log, without a mark."""
    found = {}
    for place in sorted(set(folder.glob("*.json")) - {folder / MARK}):
        fields = _fields(place.read_bytes())
        one = _read_checkpoint(fields)
        fields.end()
        found[one.origin] = one
    return found
