"""Where the files of a batch wait: one temporary file without a name, gone with its last handle.

Nobody can open it, and nothing of it is left when the process ends, however it ends.
"""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_EVIDENCE_BYTES
from verifier.archive import Archive, ArchiveLimits, Entry
from verifier.service.forms import MAX_FIELD_BYTES, Part
from verifier.service.uploads import Share

SIDECAR: Final = ".evidence"
"""`licence.pdf.evidence` beside `licence.pdf` is its anchor evidence."""

MAX_FILE_BYTES: Final = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits.

    Attributes:
        name: As the sender called it.
        offset: Where it begins in the spool; its place in the archive, if it came in one.
        size: Its length.
    """

    name: str
    offset: int
    size: int


class Spool:
    """Takes files in, and gives them out again, one at a time.

    Args:
        folder: Where the file lies that has no name.
        most: How many files it takes.
        share: Of the disk that all batches have; nobody else's unless given.
    """

    def __init__(self, folder: Path | None, most: int, share: Share | None = None) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._most = most
        self._share = share
        self._size = 0
        self._found: list[Waiting] = []
        self._archive: Archive | None = None
        self._entries: dict[int, Entry] = {}
        self.fields: dict[str, str] = {}

    def add(self, data: bytes) -> None:
        """Add a piece to what comes in.

        Raises:
            AnzhengError: STORE_FAILED, when the disk is full; OVERLOADED, when batches have used
                what they may of it.
        """
        if self._share is not None:
            self._share.take(len(data))
        try:
            self._file.write(data)
        except OSError as exc:
            raise AnzhengError(Code.STORE_FAILED, "there is no room for this batch") from exc
        self._size += len(data)

    def begin(self, name: str, file_name: str | None) -> Part:
        """Take a part of a form in; for `read_form`."""
        if file_name is None:
            return _FieldPart(self, name)
        return _FilePart(self, file_name, self._size)

    def open_archive(self) -> None:
        """Take what came in for a ZIP file.

        Raises:
            AnzhengError: REQUEST_INVALID, TOO_LARGE.
        """
        self._file.flush()
        # As many sidecars as files may lie in it.
        self._archive = Archive(self._file, ArchiveLimits(entries=2 * self._most))
        self._entries = {entry.place: entry for entry in self._archive.entries}
        self._found = [
            Waiting(entry.name, entry.place, entry.size) for entry in self._archive.entries
        ]

    @property
    def files(self) -> tuple[Waiting, ...]:
        """The files to verify, in their order; evidence beside a file is none."""
        names = {each.name for each in self._found}
        return tuple(each for each in self._found if not _is_beside(each.name, names))

    def check(self) -> None:
        """Refuse no file, and too many.

        Raises:
            AnzhengError: REQUEST_INVALID, TOO_LARGE.
        """
        count = len(self.files)
        if count == 0:
            raise AnzhengError(Code.REQUEST_INVALID, "there is no file in this batch")
        if count > self._most:
            raise AnzhengError(
                Code.TOO_LARGE, f"a batch has at most {self._most} files", limit=self._most
            )

    def read(self, waiting: Waiting) -> bytes:
        """Return a file.

        Raises:
            AnzhengError: STORE_FAILED; what `Archive.read` raises.
        """
        if self._archive is not None:
            return self._archive.read(self._entries[waiting.offset])
        try:
            self._file.flush()
            return os.pread(self._file.fileno(), waiting.size, waiting.offset)
        except OSError as exc:
            raise AnzhengError(Code.STORE_FAILED, "the batch cannot be read back") from exc

    def sidecar(self, waiting: Waiting) -> bytes | None:
        """Return the evidence that came beside a file, if some did."""
        name = waiting.name + SIDECAR
        found = next((each for each in self._found if each.name == name), None)
        if found is None or found.size > MAX_EVIDENCE_BYTES + 1:
            return None
        return self.read(found)

    def close(self) -> None:
        """Let go of everything."""
        self._file.close()
        if self._share is not None:
            self._share.release()

    def ended(self, name: str, offset: int) -> None:
        """A file is whole."""
        if len(self._found) >= 2 * self._most:
            raise AnzhengError(
                Code.TOO_LARGE, f"a batch has at most {self._most} files", limit=self._most
            )
        if self._size > offset or name:
            self._found.append(Waiting(name, offset, self._size - offset))


def _is_beside(name: str, names: set[str]) -> bool:
    return name.endswith(SIDECAR) and name.removesuffix(SIDECAR) in names


@dataclass(slots=True)
class _FilePart:
    spool: Spool
    name: str
    offset: int
    size: int = 0

    def write(self, data: bytes) -> None:
        # One byte more than is allowed, so that the check sees too many.
        room = MAX_FILE_BYTES + 1 - self.size
        if room > 0:
            self.spool.add(data[:room])
            self.size += min(len(data), room)

    def end(self) -> None:
        self.spool.ended(self.name, self.offset)


@dataclass(slots=True)
class _FieldPart:
    spool: Spool
    name: str
    data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        if len(self.data) + len(data) > MAX_FIELD_BYTES:
            raise AnzhengError(Code.TOO_LARGE, f"a field has at most {MAX_FIELD_BYTES} bytes")
        self.data += data

    def end(self) -> None:
        self.spool.fields[self.name] = self.data.decode("utf-8", "replace")
