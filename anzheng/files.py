"""Where files lie: content-addressed, so that writing twice is harmless and reading is checked.

A file is on the disk, with its folder entry, before `put` returns: a database row may name it.
"""

import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from licence.errors import AnzhengError, Code
from licence.ids import Digest

FLUSHES_AT_ONCE = 8
OWNER_ONLY = 0o600
EVERYBODY = 0o666
"""What the umask leaves of it, as with any file."""


_DIGEST = re.compile("[0-9a-f]{64}")


class FileStore(Protocol):
    """Keeps bytes under their SHA-256."""

    def put(self, data: bytes) -> Digest:
        """Store `data` durably and return its digest."""
        ...

    def put_many(self, files: Iterable[bytes]) -> tuple[Digest, ...]:
        """Store several files durably, in order; cheaper than one by one."""
        ...

    def get(self, digest: Digest) -> bytes:
        """Return the bytes; STORE_FAILED when they are missing or changed."""
        ...


class FolderFileStore:
    """Files in `root/ab/cdef…`, each written beside its place, flushed and renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> Digest:
        """Store `data` durably and return its digest."""
        return self.put_many((data,))[0]

    def put_many(self, files: Iterable[bytes]) -> tuple[Digest, ...]:
        """Store several files durably; each folder that changed is flushed once, at the end."""
        items = tuple(files)
        digests = tuple(Digest(hashlib.sha256(data).digest()) for data in items)
        places = [self.path(digest) for digest in digests]
        # Also of files that were there: whoever wrote them may have died before this flush.
        folders = sorted({place.parent for place in places})
        try:
            # Waiting for the disk is all that takes time here, so wait for many at once.
            with ThreadPoolExecutor(FLUSHES_AT_ONCE) as pool:
                list(pool.map(self._write, places, items))
                list(pool.map(flush_folder, folders))
        except OSError as exc:
            raise AnzhengError(
                Code.STORE_FAILED, f"the file store cannot write: {exc.strerror}"
            ) from exc
        return digests

    def get(self, digest: Digest) -> bytes:
        """Return the bytes; a file that is missing or was changed is an error, never an answer."""
        try:
            data = self.path(digest).read_bytes()
        except OSError as exc:
            raise AnzhengError(
                Code.STORE_FAILED, f"file {digest.hex()} is not in the store", sha256=digest.hex()
            ) from exc
        if hashlib.sha256(data).digest() != digest:
            raise AnzhengError(
                Code.STORE_FAILED, f"file {digest.hex()} was changed", sha256=digest.hex()
            )
        return data

    def all(self) -> Iterator[Digest]:
        """Yield the digest of every file, in no order that means anything."""
        for folder in sorted(self._root.iterdir()):
            for place in sorted(folder.iterdir()) if folder.is_dir() else ():
                name = folder.name + place.name
                if _DIGEST.fullmatch(name):
                    yield Digest(bytes.fromhex(name))

    def path(self, digest: Digest) -> Path:
        """Return where the file with this digest lies."""
        name = digest.hex()
        return self._root / name[:2] / name[2:]

    def _write(self, place: Path, data: bytes) -> None:
        if place.exists() and place.stat().st_size == len(data):
            return
        if not place.parent.is_dir():
            place.parent.mkdir(exist_ok=True)
            flush_folder(self._root)
        write_durably(place, data, flush_parent=False)


def flush_folder(folder: Path) -> None:
    """Make the entries of `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(
    place: Path, data: bytes, *, flush_parent: bool = True, mode: int = EVERYBODY
) -> None:
    """Write a whole file or nothing: beside its place, flushed, then renamed over it.

    Args:
        place: Where it goes.
        data: The whole content.
        flush_parent: Whether its name is flushed too.
        mode: Who may read it, from its first byte on.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}-{threading.get_ident()}.part")
    # What a crash left here would keep its own mode.
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(place)
    if flush_parent:
        flush_folder(place.parent)
