"""The trust repository: trust bundle and status lists as a TUF repository, as plain files.

    metadata/1.root.json …    every version of root, so that a verifier can follow the keys
    metadata/7.snapshot.json, 3.targets.json, 9.lists.json
    metadata/timestamp.json   written last: it alone decides which state is the present one
    targets/<sha256>.bundle.json
    targets/lists/<registry>/<authority>/<sha256>.<shard>.cwt, .jwt, .side
    targets/bundle.json, targets/lists/…/<shard>.cwt …   the newest again under plain names

The folder is served as it lies; its present state is the trust folder of an offline verifier.
Files of an older state are never overwritten (`consistent_snapshot`), so neither a crash nor a
reader in the middle of a publication sees a mixture. Plain names are for people and for the
registry's look-ups; no verifier follows them.

Standard: The Update Framework 1.0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from anchor.durable import write_durably, write_whole
from anchor.trust_roles import (
    BUNDLE,
    ISSUED_AT,
    LISTS,
    ONLINE_LIFE,
    ROOT_THRESHOLD,
    TARGETS_LIFE,
    TrustKeys,
    new_root,
    new_targets,
    signed_bytes,
    stored_name,
)
from licence.errors import AnzhengError, Code
from licence.formats import trust_bundle
from licence.formats.fields import moment_text, whole_second
from licence.formats.status_shard import is_list_path

__all__ = ["KEPT_STATES", "TrustKeys", "TrustRepository", "Versions"]

S = TypeVar("S", Snapshot, Targets, Timestamp)

KEPT_STATES: Final = 10
"""States whose files stay, for readers that began before the newest one; and all those of"""
KEPT_FOR: Final = timedelta(minutes=15)
"""this time, for on a busy day decisions come by the second and a reader may be slow."""
MOST_STATES: Final = 300

_HASHED = re.compile(r"[0-9a-f]{64}\..+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the present state."""

    root: int
    timestamp: int
    snapshot: int
    targets: int
    lists: int


@dataclass(frozen=True, slots=True)
class TrustRepository:
    """A repository in a folder; one process at a time writes it.

    Args:
        folder: Where it lies.
        keys: The keys that this process has.
    """

    folder: Path
    keys: TrustKeys

    @classmethod
    def create(cls, folder: Path, keys: TrustKeys, *, now: datetime) -> "TrustRepository":
        """Begin a repository with nothing in it yet.

        Raises:
            AnzhengError: `CONFLICT` if there is one already, `KEY_REFUSED` if keys are too few,
                `STORE_FAILED` if it cannot be written.
        """
        if (folder / "metadata" / "timestamp.json").exists():
            raise AnzhengError(Code.CONFLICT, f"{folder} has a trust repository already")
        if len(keys.root) < ROOT_THRESHOLD or not keys.targets:
            raise AnzhengError(Code.KEY_REFUSED, "root needs two keys at least, targets one")
        repository = cls(folder, keys)
        repository._write_root(new_root(keys, version=1, now=now), keys.root)
        targets = repository._write(new_targets(keys, now=now), keys.targets, "1.targets.json")
        lists = Targets(version=1, expires=whole_second(now) + ONLINE_LIFE)
        listed = repository._write(lists, (keys.online,), "1.lists.json")
        snapshot = Snapshot(meta={"targets.json": targets, "lists.json": listed})
        repository._commit(snapshot, timestamp_version=1, now=now)
        return repository

    # ------------------------------------------------------------ publishing

    def publish_bundle(self, data: bytes, *, now: datetime) -> Versions:
        """Publish a trust bundle; needs the targets keys.

        Raises:
            AnzhengError: A code of `trust_bundle.decode`, `CONFLICT` if its version is not higher
                than the present one's, `KEY_REFUSED` without the keys, `STORE_FAILED`.
        """
        bundle = trust_bundle.decode(data)
        snapshot, timestamp = self._state()
        targets = self._targets("targets", snapshot)
        if not self.keys.targets:
            raise AnzhengError(Code.KEY_REFUSED, "the keys of targets are not here")
        present = self._present_bundle_version(targets)
        if bundle.version <= present:
            raise AnzhengError(
                Code.CONFLICT, f"bundle version {bundle.version} does not follow {present}"
            )
        self._write_targets(targets, {BUNDLE: data})
        targets.expires = whole_second(now) + TARGETS_LIFE
        snapshot.meta["targets.json"] = self._next(targets, self.keys.targets, "targets")
        self._commit(snapshot, timestamp_version=timestamp.version + 1, now=now)
        write_durably(self.folder / "targets" / BUNDLE, data)
        return self.versions()

    def publish_lists(self, files: Mapping[str, bytes], *, now: datetime) -> Versions:
        """Publish status lists and side lists, and sign those that stay for another day.

        Args:
            files: Bytes by path, such as `lists/<registry>/<authority>/0.cwt`; together they
                become visible at once. Lists that are not named stay as they are.
            now: The time.

        Raises:
            AnzhengError: `REQUEST_INVALID` for a path that no list has, `STORE_FAILED`.
        """
        for path in files:
            if not is_list_path(path):
                raise AnzhengError(Code.REQUEST_INVALID, f"{path} is no path of a list")
        snapshot, timestamp = self._state()
        lists = self._targets(LISTS, snapshot)
        self._write_targets(lists, files)
        lists.expires = whole_second(now) + ONLINE_LIFE
        snapshot.meta["lists.json"] = self._next(lists, (self.keys.online,), LISTS)
        self._commit(snapshot, timestamp_version=timestamp.version + 1, now=now)
        for path, data in files.items():
            # The publisher compares them with what it remembers, and makes lost ones anew.
            write_whole(self.folder / "targets" / path, data)
        self._remove_old(snapshot)
        return self.versions()

    def plain(self, path: str) -> bytes | None:
        """Return a target under its plain name, or None if there is none; nothing is verified.

        Raises:
            AnzhengError: `STORE_FAILED` if it cannot be read.
        """
        try:
            return (self.folder / "targets" / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be read") from exc

    def rotate(self, keys: TrustKeys, *, now: datetime) -> "TrustRepository":
        """Replace keys: the old root keys sign the new root, and so do the new ones.

        Raises:
            AnzhengError: `KEY_REFUSED` if old or new keys are too few, `STORE_FAILED`.
        """
        if min(len(self.keys.root), len(keys.root)) < ROOT_THRESHOLD or not keys.targets:
            raise AnzhengError(Code.KEY_REFUSED, "root needs two old and two new keys, targets one")
        snapshot, timestamp = self._state()
        targets, lists = self._targets("targets", snapshot), self._targets(LISTS, snapshot)
        renewed = TrustRepository(self.folder, keys)
        root = new_root(keys, version=self.versions().root + 1, now=now)
        renewed._write_root(root, (*self.keys.root, *keys.root))
        targets.delegations = new_targets(keys, now=now).delegations
        targets.expires = whole_second(now) + TARGETS_LIFE
        lists.expires = whole_second(now) + ONLINE_LIFE
        snapshot.meta["targets.json"] = renewed._next(targets, keys.targets, "targets")
        snapshot.meta["lists.json"] = renewed._next(lists, (keys.online,), LISTS)
        renewed._commit(snapshot, timestamp_version=timestamp.version + 1, now=now)
        return renewed

    def versions(self) -> Versions:
        """Return the versions of the present state.

        Raises:
            AnzhengError: `STORE_FAILED` if there is no repository, or it cannot be read.
        """
        snapshot, timestamp = self._state()
        return Versions(
            root=max(_numbers(self.folder / "metadata", "root"), default=0),
            timestamp=timestamp.version,
            snapshot=snapshot.version,
            targets=snapshot.meta["targets.json"].version,
            lists=snapshot.meta["lists.json"].version,
        )

    # ------------------------------------------------------------ reading our own state

    def _read(self, name: str, _kind: type[S]) -> S:
        try:
            data = (self.folder / "metadata" / name).read_bytes()
            return Metadata[S].from_bytes(data).signed
        except (OSError, RepositoryError) as exc:
            raise AnzhengError(
                Code.STORE_FAILED, f"{self.folder} is no trust repository: {name} cannot be read"
            ) from exc

    def _state(self) -> tuple[Snapshot, Timestamp]:
        timestamp = self._read("timestamp.json", Timestamp)
        version = timestamp.snapshot_meta.version
        return self._read(f"{version}.snapshot.json", Snapshot), timestamp

    def _targets(self, role: str, snapshot: Snapshot) -> Targets:
        return self._read(f"{snapshot.meta[f'{role}.json'].version}.{role}.json", Targets)

    def _present_bundle_version(self, targets: Targets) -> int:
        present = targets.targets.get(BUNDLE)
        if present is None:
            return 0
        try:
            data = (self.folder / "targets" / stored_name(present)).read_bytes()
        except OSError as exc:
            raise AnzhengError(Code.STORE_FAILED, "the present bundle cannot be read") from exc
        return trust_bundle.decode(data).version

    # ------------------------------------------------------------ writing

    def _write(self, signed: S, keys: Sequence[Ed25519PrivateKey], name: str) -> MetaFile:
        data = signed_bytes(signed, keys)
        write_durably(self.folder / "metadata" / name, data)
        return MetaFile.from_data(signed.version, data, ["sha256"])

    def _next(self, targets: Targets, keys: Sequence[Ed25519PrivateKey], role: str) -> MetaFile:
        targets.version += 1
        return self._write(targets, keys, f"{targets.version}.{role}.json")

    def _write_root(self, root: Root, keys: Sequence[Ed25519PrivateKey]) -> None:
        data = signed_bytes(root, keys)
        write_durably(self.folder / "metadata" / f"{root.version}.root.json", data)

    def _write_targets(self, targets: Targets, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            target = TargetFile.from_data(path, data, ["sha256"])
            write_durably(self.folder / "targets" / stored_name(target), data)
            targets.targets[path] = target

    def _commit(self, snapshot: Snapshot, *, timestamp_version: int, now: datetime) -> None:
        moment = whole_second(now)
        snapshot.version = timestamp_version
        snapshot.expires = moment + ONLINE_LIFE
        online = (self.keys.online,)
        meta = self._write(snapshot, online, f"{snapshot.version}.snapshot.json")
        timestamp = Timestamp(
            version=timestamp_version,
            expires=moment + ONLINE_LIFE,
            snapshot_meta=meta,
            unrecognized_fields={ISSUED_AT: moment_text(moment)},
        )
        self._write(timestamp, online, "timestamp.json")

    def _remove_old(self, snapshot: Snapshot) -> None:
        """Remove files that no kept state names; a crash here leaves some more, no fewer."""
        folder = self.folder / "metadata"
        kept = [
            self._read(f"{number}.snapshot.json", Snapshot)
            for number in _numbers(folder, "snapshot")
            if snapshot.version - MOST_STATES < number <= snapshot.version
        ]
        young = snapshot.expires - KEPT_FOR
        kept = [
            one
            for one in kept
            if one.version > snapshot.version - KEPT_STATES or one.expires > young
        ]
        named = {
            f"{one.meta[f'{role}.json'].version}.{role}.json"
            for one in kept
            for role in ("targets", LISTS)
        }
        named |= {f"{one.version}.snapshot.json" for one in kept}
        for role in ("snapshot", "targets", LISTS):
            for number in _numbers(folder, role):
                if f"{number}.{role}.json" not in named:
                    (folder / f"{number}.{role}.json").unlink()
        self._remove_old_lists({name for name in named if name.endswith(f".{LISTS}.json")})

    def _remove_old_lists(self, kept: set[str]) -> None:
        stored = {
            stored_name(target)
            for name in kept
            for target in self._read(name, Targets).targets.values()
        }
        targets = self.folder / "targets"
        for place in targets.glob("lists/*/*/*"):
            path = place.relative_to(targets).as_posix()
            if _HASHED.fullmatch(place.name) and path not in stored:
                place.unlink()


def _numbers(folder: Path, role: str) -> list[int]:
    names = (place.name.partition(".")[0] for place in folder.glob(f"*.{role}.json"))
    return sorted(int(name) for name in names if name.isdecimal())
