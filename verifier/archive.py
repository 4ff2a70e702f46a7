"""ZIP files from strangers: read entry by entry, within limits that hold before anything is read.

What is refused whole: more entries than allowed, a table of contents that is too long, ZIP64,
encryption, other compression, more bytes than allowed when unpacked. A ZIP within is not opened: it
is judged as a file, and is no licence.

Standard: PKWARE APPNOTE 6.3.10.
"""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

from licence.errors import AnzhengError, Code

MAGIC: Final = b"PK\x03\x04"
EMPTY_MAGIC: Final = b"PK\x05\x06"

_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_MAX_COMMENT: Final = 65_535
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_SKIPPED: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold.

    Attributes:
        entries: Files in it.
        table_bytes: Of its table of contents.
        entry_bytes: Of one file, unpacked; a longer one is cut one byte later.
        total_bytes: Of all files, unpacked.
    """

    entries: int = 1_000
    table_bytes: int = 4 * 1024 * 1024
    entry_bytes: int = 50 * 1024 * 1024
    total_bytes: int = 2 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: As it is shown: with folders, slashes, and no control character.
        place: Where in the archive it is, for `Archive.read`.
        size: Bytes that it says to have.
    """

    name: str
    place: int
    size: int


class Archive:
    """An open ZIP file.

    Args:
        file: The file, from its begin to its end.
        limits: What it may hold.

    Raises:
        AnzhengError: REQUEST_INVALID for what is no such ZIP file; TOO_LARGE beyond the limits.
    """

    def __init__(self, file: BinaryIO, limits: ArchiveLimits = ArchiveLimits()) -> None:
        self._limits = limits
        _check_table(file, limits)
        try:
            # The library says NotImplementedError of a version or packing that it cannot read.
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as exc:
            raise _refused("it is damaged") from exc
        self._infos = self._zip.infolist()
        found = [
            (place, info)
            for place, info in enumerate(self._infos)
            if not info.filename.endswith("/") and not _is_skipped(info.filename)
        ]
        if len(found) > limits.entries:
            raise _too_large(f"more than {limits.entries} files")
        for _, info in found:
            if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
                raise _refused("a file in it is encrypted or packed in another way than deflate")
        if sum(info.file_size for _, info in found) > limits.total_bytes:
            raise _too_large(f"more than {limits.total_bytes} bytes when unpacked")
        self._left = limits.total_bytes
        self.entries = tuple(Entry(_shown(info), place, info.file_size) for place, info in found)

    def read(self, entry: Entry) -> bytes:
        """Return a file; one byte more than is allowed of one that is too long.

        Raises:
            AnzhengError: REQUEST_INVALID when it cannot be unpacked; TOO_LARGE when the archive
                unpacks to more than it said.
        """
        most = min(self._limits.entry_bytes + 1, self._left)
        try:
            with self._zip.open(self._infos[entry.place]) as file:
                data = file.read(most)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as exc:
            raise _refused("a file in it is damaged") from exc
        self._left -= len(data)
        if self._left <= 0:
            raise _too_large("more bytes when unpacked than it said")
        return data


def is_archive(head: bytes) -> bool:
    """Say whether bytes begin as a ZIP file does."""
    return head.startswith((MAGIC, EMPTY_MAGIC))


def _check_table(file: BinaryIO, limits: ArchiveLimits) -> None:
    """Refuse what the library would read whole into memory, before it does."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    begin = max(0, size - _END.size - _MAX_COMMENT - _LOCATOR_BYTES)
    file.seek(begin)
    tail = file.read()
    file.seek(0)
    # As the library searches: without a comment at the very end, else the last one there is.
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != _END_MAGIC or tail[-2:] != b"\0\0":
        at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        raise _refused("it has no end record")
    _, disk, first, _, count, table, offset, _ = _END.unpack_from(tail, at)
    if disk or first or tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR_MAGIC):
        raise _refused("it is of the kind ZIP64 or of several disks")
    if table > limits.table_bytes or count > 4 * limits.entries:
        raise _too_large(f"more than {limits.entries} files")
    if offset + table > size:
        raise _refused("it is cut off")


def _shown(info: zipfile.ZipInfo) -> str:
    """Return a name; one that is not marked as UTF-8 is Chinese more often than it is old DOS."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = info.filename
    return "".join(each if each.isprintable() else "�" for each in name)[-255:]


def _is_skipped(name: str) -> bool:
    return name.startswith(_SKIPPED[0]) or name.rpartition("/")[2] in _SKIPPED[1:]


def _refused(why: str) -> AnzhengError:
    return AnzhengError(Code.REQUEST_INVALID, f"this ZIP file cannot be read: {why}")


def _too_large(what: str) -> AnzhengError:
    return AnzhengError(Code.TOO_LARGE, f"this ZIP file has {what}")
