"""Trust on a stick: a trust folder as ZIP, tar or folder, taken over offline.

A pack is unpacked beside the folder, verified as any folder is, compared with what was seen before,
and only then takes the folder's place. An older pack is refused, so is one of another first root.

Standard: The Update Framework 1.0, 5 (rollback); DESIGN 3.4.
"""

import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from licence.errors import AnzhengError, Code
from licence.ids import Digest
from verifier.archive import Archive, ArchiveLimits, is_archive
from verifier.memory import Memory
from verifier.trust import TrustStore, load_trust

LIMITS: Final = ArchiveLimits(
    entries=200_000,
    table_bytes=64 << 20,
    entry_bytes=64 << 20,
    total_bytes=4 << 30,
)
"""A pack with the lists and side lists of all authorities, and their history."""
MARKER: Final = PurePosixPath("metadata/timestamp.json")
"""Where this stands in a pack, there its trust folder begins."""
REPORTERS: Final = "reporters"

_HEAD: Final = 8
_DAMAGED: Final = (
    tarfile.TarError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
)
"""What the libraries say of foreign bytes; ValueError of a sparse file's table."""


def import_trust(
    pack: Path,
    folder: Path,
    *,
    now: datetime,
    memory: Memory | None = None,
    first_root: Digest | None = None,
) -> TrustStore:
    """Take over a trust pack.

    Args:
        pack: A ZIP file, a tar file (packed by gzip, bzip2 or xz, or plain), or a folder.
        folder: The trust folder; made if absent, replaced whole if there.
        now: The time, for `load_trust`.
        memory: What was seen before.
        first_root: SHA-256 of `1.root.json` from a source of its own.

    Raises:
        AnzhengError: REQUEST_INVALID for what is no pack, TOO_LARGE, TRUST_BUNDLE_REFUSED if it
            is not properly signed or older than what was seen, STORE_FAILED.
    """
    known = _known(folder, now, memory if memory is not None else Memory())
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.parent) as scratch:
            unpacked = Path(scratch, "pack")
            unpacked.mkdir()
            for name, data in _files(pack):
                place = unpacked / _safe(pack, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
            fresh = _begin(pack, unpacked)
            load_trust(fresh, now=now, memory=known, first_root=first_root)
            _keep_own(folder, fresh)
            _put(fresh, folder, Path(scratch, "old"))
    except OSError as error:
        raise AnzhengError(
            Code.STORE_FAILED, f"the trust folder {folder} cannot be written: {error.strerror}"
        ) from error
    return load_trust(folder, now=now, memory=known, first_root=first_root)


def _known(folder: Path, now: datetime, memory: Memory) -> Memory:
    """Return what was seen before, in the folder that is there too; a damaged one shows nothing."""
    try:
        return load_trust(folder, now=now, memory=memory).memory
    except AnzhengError:
        return memory


def _begin(pack: Path, unpacked: Path) -> Path:
    """Return where the trust folder begins in a pack: where its deciding file stands highest."""
    found = sorted(unpacked.rglob(str(MARKER)), key=lambda path: len(path.parts))
    if not found:
        raise _no_pack(pack, "it has no metadata/timestamp.json")
    return found[0].parent.parent


def _keep_own(folder: Path, fresh: Path) -> None:
    """Keep what the user put beside the repository, and nothing of the kind that a pack brings.

    No signature stands over the pinned certificates of other verifiers: whoever hands over a pack
    could pin his own.
    """
    own, foreign = folder / REPORTERS, fresh / REPORTERS
    if foreign.is_dir():
        shutil.rmtree(foreign)
    elif foreign.exists():
        foreign.unlink()
    if own.is_dir():
        shutil.copytree(own, foreign)


def _put(fresh: Path, folder: Path, old: Path) -> None:
    """Put the new folder in the place of the old one; after a crash one of them is there."""
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise


# ---------------------------------------------------------------- reading packs


def _files(pack: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the files of a pack."""
    return _of_folder(pack) if pack.is_dir() else _of_file(pack)


def _safe(pack: Path, name: PurePosixPath) -> PurePosixPath:
    """Refuse names that lead elsewhere."""
    bad = name.is_absolute() or ".." in name.parts or any("\\" in part for part in name.parts)
    if bad or not name.parts or "\0" in str(name):
        raise _no_pack(pack, "a file in it has a name that leads elsewhere")
    return name


def _of_folder(folder: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            path = Path(place, file)
            # As in a tar file: a link may lead to what its owner would never hand over.
            if path.is_symlink() or not path.is_file():
                continue
            size = path.stat().st_size
            total += size
            if total > LIMITS.total_bytes or size > LIMITS.entry_bytes:
                raise _too_large(folder)
            yield PurePosixPath(path.relative_to(folder).as_posix()), path.read_bytes()


def _of_file(pack: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with pack.open("rb") as file:
            yield from _of_open(pack, file)
    except FileNotFoundError as error:
        raise _no_pack(pack, "it is not there") from error


def _of_open(pack: Path, file: BinaryIO) -> Iterator[tuple[PurePosixPath, bytes]]:
    head = file.read(_HEAD)
    file.seek(0)
    try:
        yield from _of_zip(file) if is_archive(head) else _of_tar(pack, file)
    except _DAMAGED as error:
        raise _no_pack(pack, "it is no ZIP or tar file, or damaged") from error
    except OSError as error:
        # The library's for bzip2; what is wrong with a disk has a number.
        if error.errno is not None:
            raise
        raise _no_pack(pack, "it is damaged") from error


def _of_zip(file: BinaryIO) -> Iterator[tuple[PurePosixPath, bytes]]:
    archive = Archive(file, LIMITS)
    for entry in archive.entries:
        yield PurePosixPath(entry.name), archive.read(entry)


def _of_tar(pack: Path, file: BinaryIO) -> Iterator[tuple[PurePosixPath, bytes]]:
    total = count = 0
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for member in archive:
            if member.size < 0:
                raise _no_pack(pack, "a file in it has less than no bytes")
            count += 1
            total += member.size
            if (
                count > LIMITS.entries
                or total > LIMITS.total_bytes
                or member.size > LIMITS.entry_bytes
            ):
                raise _too_large(pack)
            # Links and devices are nobody's trust.
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                yield PurePosixPath(member.name), content.read()


def _no_pack(pack: Path, why: str) -> AnzhengError:
    return AnzhengError(Code.REQUEST_INVALID, f"{pack} is no trust pack: {why}")


def _too_large(pack: Path) -> AnzhengError:
    return AnzhengError(Code.TOO_LARGE, f"the trust pack {pack} is too large")
