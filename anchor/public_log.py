"""The transparency folder: each authority's log as C2SP tiles, and the manifest of every batch.

Written by the anchorer, served as it lies, read by monitors and after a restore:

    REGISTRY/AUTHORITY/checkpoint                   newest cosigned checkpoint
    REGISTRY/AUTHORITY/tile/L/N[.p/W]               hashes
    REGISTRY/AUTHORITY/tile/entries/N[.p/W]         batch records
    REGISTRY/AUTHORITY/manifests/SHA-256.cbor       kept before the batch is first sent

Entries are durable before a witness is asked, so that no witness remembers what is nowhere else.

Standard: C2SP tlog-tiles, tlog-checkpoint.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from anchor import tiles
from anchor.durable import write_durably
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats import manifest as manifests
from licence.formats.checkpoint import MAX_CHECKPOINT_BYTES, Checkpoint, LogKey, WitnessKey
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import Tree, leaf_hash
from licence.ids import AuthorityId, RegistryId

Source = Callable[[str, int], bytes | None]
"""Returns a file of at most so many bytes by its path, None when there is none."""


class PublicLog(Protocol):
    """What everybody may read of the logs. Nothing is verified yet; see `read_log`."""

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest checkpoint of a log, None while there is none."""
        ...

    def entries(self, origin: str, size: int, *, start: int = 0) -> tuple[bytes, ...]:
        """Return the entries from `start` up to `size` of a log that has at least `size`.

        Raises:
            AnzhengError: NOT_FOUND, when one is not there; EVIDENCE_SYNTAX.
        """
        ...

    def manifest(
        self, registry: RegistryId, authority: AuthorityId, digest: ManifestDigest
    ) -> bytes | None:
        """Return the manifest with this digest, None when it is not there.

        Raises:
            AnzhengError: MANIFEST_SYNTAX, when something else stands in its place.
        """
        ...


class LogPublisher(Protocol):
    """Where the anchorer publishes; every method is durable when it returns."""

    def keep_manifest(self, registry: RegistryId, authority: AuthorityId, data: bytes) -> None:
        """Keep the manifest of a batch; the same one again is nothing new."""
        ...

    def keep_entries(self, origin: str, entries: Sequence[bytes]) -> None:
        """Keep all entries of a log, and the tiles over them.

        Raises:
            AnzhengError: RECONCILE_NEEDED, when other entries were published.
        """
        ...

    def keep_checkpoint(self, origin: str, note: bytes) -> None:
        """Put a checkpoint in place of an older one.

        Raises:
            AnzhengError: RECONCILE_NEEDED, when a larger one was published.
        """
        ...


@dataclass(frozen=True, slots=True)
class TiledLog:
    """`PublicLog` over any source of files.

    Args:
        source: The files, by their path under the folder of all logs.
    """

    source: Source

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the newest checkpoint of a log."""
        place = f"{tiles.folder_of_origin(origin)}/{tiles.CHECKPOINT}"
        return self.source(place, MAX_CHECKPOINT_BYTES)

    def entries(self, origin: str, size: int, *, start: int = 0) -> tuple[bytes, ...]:
        """Return the entries from `start` up to `size`."""
        folder, found = tiles.folder_of_origin(origin), list[bytes]()
        for number, width in tiles.pieces(size):
            first = number * tiles.WIDTH
            if first + width > start:
                part = self._bundle(folder, number, width)
                found += part[max(0, start - first) :]
        return tuple(found)

    def manifest(
        self, registry: RegistryId, authority: AuthorityId, digest: ManifestDigest
    ) -> bytes | None:
        """Return the manifest with this digest."""
        place = f"{tiles.folder_of(registry, authority)}/{tiles.manifest_path(digest)}"
        data = self.source(place, manifests.MAX_BYTES)
        if data is not None and manifests.digest(data) != digest:
            raise AnzhengError(Code.MANIFEST_SYNTAX, "another manifest stands there")
        return data

    def _bundle(self, folder: str, number: int, width: int) -> tuple[bytes, ...]:
        """Return so many entries of a bundle; a partial one may have become full by now."""
        for path in dict.fromkeys((tiles.bundle_path(number, width), tiles.bundle_path(number))):
            data = self.source(f"{folder}/{path}", tiles.MAX_BUNDLE_BYTES)
            if data is None:
                continue
            found = tiles.read_bundle(data)
            if len(found) >= width:
                return found[:width]
            raise AnzhengError(Code.EVIDENCE_SYNTAX, "an entry bundle is too short", bundle=number)
        raise AnzhengError(Code.NOT_FOUND, "an entry bundle is not there", bundle=number)


@dataclass(frozen=True, slots=True)
class BothLogs:
    """`PublicLog` in two places, of which one may be behind or have lost something.

    Args:
        first: Asked first.
        second: Asked for what the first does not have.
    """

    first: PublicLog
    second: PublicLog

    def checkpoint(self, origin: str) -> bytes | None:
        """Return the checkpoint over more entries."""
        notes = [self.first.checkpoint(origin), self.second.checkpoint(origin)]
        there = [note for note in notes if note is not None]
        return max(there, key=lambda note: checkpoints.parse(note).checkpoint.size, default=None)

    def entries(self, origin: str, size: int, *, start: int = 0) -> tuple[bytes, ...]:
        """Return the entries from `start` up to `size`."""
        try:
            return self.first.entries(origin, size, start=start)
        except AnzhengError:
            return self.second.entries(origin, size, start=start)

    def manifest(
        self, registry: RegistryId, authority: AuthorityId, digest: ManifestDigest
    ) -> bytes | None:
        """Return the manifest with this digest."""
        try:
            found = self.first.manifest(registry, authority, digest)
        except AnzhengError:
            found = None
        return found or self.second.manifest(registry, authority, digest)


@dataclass(frozen=True, slots=True)
class LogFolder:
    """The folder itself: a `LogPublisher`, and a source for `TiledLog`.

    Args:
        root: The folder of all logs.
    """

    root: Path

    @property
    def reader(self) -> TiledLog:
        """What lies there, as everybody reads it."""
        return TiledLog(self.read)

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return a file (`Source`).

        Raises:
            AnzhengError: STORE_FAILED, TOO_LARGE.
        """
        try:
            with (self.root / path).open("rb") as stream:
                data = stream.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be read") from error
        if len(data) > max_bytes:
            raise AnzhengError(Code.TOO_LARGE, f"{path} is too large", limit=max_bytes)
        return data

    def keep_manifest(self, registry: RegistryId, authority: AuthorityId, data: bytes) -> None:
        """Keep the manifest of a batch."""
        path = (
            f"{tiles.folder_of(registry, authority)}/{tiles.manifest_path(manifests.digest(data))}"
        )
        if self.read(path, manifests.MAX_BYTES) != data:
            write_durably(self.root / path, data)

    def keep_entries(self, origin: str, entries: Sequence[bytes]) -> None:
        """Keep all entries of a log, and the tiles over them."""
        folder = tiles.folder_of_origin(origin)
        self._check_published(origin, entries)
        for path, data in tiles.files_of(entries):
            # What is full never changes, and is under the checkpoint that was compared.
            full, place = tiles.is_full(path), self.root / folder / path
            if place.exists():
                if not full and self.read(f"{folder}/{path}", tiles.MAX_BUNDLE_BYTES) != data:
                    raise AnzhengError(
                        Code.RECONCILE_NEEDED, "the public log has other entries than the database"
                    )
                continue
            write_durably(place, data)
            if full:
                # Whoever wants a partial one finds the full one in its place.
                partials = self.root / folder / tiles.partials_path(path)
                shutil.rmtree(partials, ignore_errors=True)

    def _check_published(self, origin: str, entries: Sequence[bytes]) -> None:
        note = self.reader.checkpoint(origin)
        if note is None:
            return
        said = checkpoints.parse(note).checkpoint
        if said.size > len(entries):
            raise AnzhengError(
                Code.RECONCILE_NEEDED, "the public log is longer than the database's"
            )
        if Tree([leaf_hash(entry) for entry in entries[: said.size]]).root != said.root:
            raise AnzhengError(
                Code.RECONCILE_NEEDED, "the public log has other entries than the database"
            )

    def keep_checkpoint(self, origin: str, note: bytes) -> None:
        """Put a checkpoint in place of an older one."""
        known = self.reader.checkpoint(origin)
        if known is not None:
            there, new = checkpoints.parse(known).checkpoint, checkpoints.parse(note).checkpoint
            if there.size > new.size or (there.size == new.size and there != new):
                raise AnzhengError(
                    Code.RECONCILE_NEEDED,
                    "the public log is ahead of the database",
                    size=there.size,
                )
        if known != note:
            write_durably(self.root / tiles.folder_of_origin(origin) / tiles.CHECKPOINT, note)


@dataclass(frozen=True, slots=True)
class LogView:
    """A log as its verified checkpoint says it is.

    Attributes:
        checkpoint: Size and root.
        entries: All its entries, in order; encoded batch records.
    """

    checkpoint: Checkpoint
    entries: tuple[bytes, ...]


def read_log(
    public: PublicLog,
    origin: str,
    key: LogKey,
    *,
    witnesses: Sequence[WitnessKey] | None = None,
    threshold: int = 1,
) -> LogView | None:
    """Read a whole log and verify it; None while it has no checkpoint.

    Args:
        public: Where it is read.
        origin: Which log.
        key: Its pinned key.
        witnesses: All pinned witnesses; None verifies the log's own signature alone.
        threshold: How many witnesses there must be.

    Raises:
        AnzhengError: ANCHOR_WITNESS, for a wrong signature; ANCHOR_PROOF_MISMATCH, when the
            entries do not make the root; CHECKPOINT_SYNTAX, NOT_FOUND, EVIDENCE_SYNTAX.
    """
    note = public.checkpoint(origin)
    if note is None:
        return None
    signed = checkpoints.parse(note)
    if witnesses is None:
        checkpoints.verify_log(signed, key)
    else:
        checkpoints.verify(signed, key, witnesses, threshold)
    said = signed.checkpoint
    if said.origin != origin:
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the checkpoint of another log")
    entries = public.entries(origin, said.size)
    if Tree([leaf_hash(entry) for entry in entries]).root != said.root:
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the entries do not make the root")
    return LogView(said, entries)
