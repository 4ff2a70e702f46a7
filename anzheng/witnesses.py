"""Witnesses of a trial, run in this process, and their memory in files.

In earnest each witness is somebody else's machine behind `anchor.ports.CheckpointWitness`.
"""

import hashlib
import threading
from pathlib import Path

from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.checkpoint import Checkpoint
from licence.formats.fields import Fields
from licence.ids import MerkleRoot

MAX_BYTES = 4096


class FileWitnessStore:
    """`anchor.ports.WitnessStore` in a folder: one file a log, replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def seen(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log."""
        place = self._place(origin)
        if not place.is_file():
            return None
        fields = Fields(
            canonical.loads(place.read_bytes(), max_bytes=MAX_BYTES),
            where="witness memory",
            code=Code.STORE_FAILED,
        )
        found = Checkpoint(
            fields.text("origin"), fields.integer("size"), MerkleRoot(fields.hexed("root", 32))
        )
        fields.end()
        return found

    def remember(self, checkpoint: Checkpoint, *, instead_of: Checkpoint | None) -> None:
        """Store a checkpoint in place of the one before.

        Raises:
            AnzhengError: CONFLICT, when another checkpoint is stored by now.
        """
        with self._lock:
            if self.seen(checkpoint.origin) != instead_of:
                raise AnzhengError(Code.CONFLICT, "another checkpoint was remembered meanwhile")
            value: JsonValue = {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
            }
            write_durably(self._place(checkpoint.origin), canonical.dumps(value))

    def _place(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"
