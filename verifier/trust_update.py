"""Updates a trust folder over the network, with the TUF project's own client.

The client works in a folder of its own; what it has verified is then copied under names that never
change their content, the timestamp last, so an update that is cut off leaves the older state whole.
The result is loaded by `load_trust` like any folder.

Standard: The Update Framework 1.0, 5.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import DownloadError, RepositoryError, StorageError
from tuf.api.metadata import Metadata, Snapshot, TargetFile, Targets, Timestamp

from licence.errors import AnzhengError, Code
from licence.formats import trust_bundle
from licence.formats.status_shard import is_list_path
from licence.ids import Digest
from verifier.list_fetch import Beside, list_name, pages_of
from verifier.memory import Memory
from verifier.past_lists import PAGES, page_path
from verifier.trust import (
    BUNDLE,
    LISTS,
    MAX_ROOT_BYTES,
    MAX_ROOT_VERSIONS,
    MAX_SNAPSHOT_BYTES,
    MAX_TARGETS_BYTES,
    MAX_TIMESTAMP_BYTES,
    TrustStore,
    load_trust,
    stored_path,
)

if TYPE_CHECKING:
    from tuf.ngclient import FetcherInterface, Updater

_HASHED = re.compile(r"[0-9a-f]{64}\..+", re.ASCII)
_PROBE: Final = f"{LISTS}/-/-/-"
"""A path that no list has; asking for it makes the client load the lists role."""


def every_list(path: str) -> bool:
    """Want every list in every form; what `update_trust` wants unless told otherwise."""
    return is_list_path(path)


def verifiers_lists(path: str) -> bool:
    """Want what a verifier of ours reads: lists as CWT, and side lists."""
    return is_list_path(path) and path.endswith((".cwt", ".side"))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a trust repository is served.

    Args:
        base_url: What stands before `metadata/` and `targets/`, such as `https://host/trust`.
        first_root: `1.root.json` from a source of its own, for a folder that has none yet.
        fetcher: How to fetch; in bounded time unless given.
    """

    base_url: str
    first_root: bytes | None = None
    fetcher: "FetcherInterface | None" = None


def update_trust(
    folder: Path,
    source: Source,
    *,
    now: datetime,
    memory: Memory | None = None,
    wanted: Callable[[str], bool] = every_list,
) -> TrustStore:
    """Bring a trust folder up to date and load it.

    Args:
        folder: The folder; made if absent.
        source: Where the repository is served.
        now: The time, for `load_trust`; the TUF client judges expiry by the machine's clock.
        memory: What was seen before.
        wanted: Which lists to fetch, by path; all unless given.

    Raises:
        AnzhengError: `TRUST_UNAVAILABLE` if the server does not answer as one, or the folder
            cannot be written; `TRUST_BUNDLE_REFUSED` if what it serves is refused.
    """
    try:
        first_root = _first_root(folder, source)
        folder.mkdir(parents=True, exist_ok=True)
        before = _state_files(folder)
        with (
            tempfile.TemporaryDirectory(prefix=".update-", dir=folder) as scratch,
            _fetcher(source) as fetcher,
        ):
            _fetch(folder, Path(scratch), (source, fetcher), first_root, wanted)
        _remove_others(folder, before | _state_files(folder))
    except (DownloadError, OSError, StorageError) as exc:
        raise AnzhengError(
            Code.TRUST_UNAVAILABLE, f"{source.base_url} could not be fetched: {exc}"
        ) from exc
    except (RepositoryError, ValueError, KeyError) as exc:
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED, f"what {source.base_url} serves is refused: {exc}"
        ) from exc
    pinned = Digest(hashlib.sha256(source.first_root).digest()) if source.first_root else None
    return load_trust(folder, now=now, memory=memory, first_root=pinned)


def _first_root(folder: Path, source: Source) -> bytes:
    if source.first_root is not None:
        return source.first_root
    path = folder / "metadata" / "1.root.json"
    if not path.exists():
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED, "a new trust folder needs the first root from its source"
        )
    return path.read_bytes()


def _fetcher(source: Source) -> AbstractContextManager["FetcherInterface"]:
    if source.fetcher is not None:
        return nullcontext(source.fetcher)
    # Here, for urllib3 opens a socket as soon as it is imported, and offline none may be opened.
    from verifier.trust_fetch import trust_fetcher  # noqa: PLC0415

    return trust_fetcher(source.base_url)


def _fetch(
    folder: Path,
    scratch: Path,
    served: tuple[Source, "FetcherInterface"],
    first_root: bytes,
    wanted: Callable[[str], bool],
) -> None:
    from tuf.ngclient import Updater, UpdaterConfig  # noqa: PLC0415 - as above

    before = _stored_lists(folder)
    _lay_out_known(folder, scratch)
    source, fetcher = served
    base = source.base_url.rstrip("/")
    updater = Updater(
        metadata_dir=str(scratch),
        metadata_base_url=f"{base}/metadata/",
        target_base_url=f"{base}/targets/",
        fetcher=fetcher,
        config=UpdaterConfig(
            max_root_rotations=MAX_ROOT_VERSIONS,
            root_max_length=MAX_ROOT_BYTES,
            timestamp_max_length=MAX_TIMESTAMP_BYTES,
            snapshot_max_length=MAX_SNAPSHOT_BYTES,
            targets_max_length=MAX_TARGETS_BYTES,
        ),
        bootstrap=first_root,
    )
    updater.refresh()
    updater.get_targetinfo(_PROBE)
    lists = Metadata[Targets].from_file(str(scratch / f"{LISTS}.json")).signed
    listed = (path for path in sorted(lists.targets) if is_list_path(path) and wanted(path))
    bundle = _fetch_target(updater, folder, BUNDLE, None)
    beside = None
    if bundle is not None:
        beside = Beside(folder, base, fetcher, trust_bundle.decode(bundle.read_bytes()), before)
    for path in listed:
        place = _fetch_target(updater, folder, path, beside)
        if place is not None and beside is not None and path.endswith(".side"):
            beside.pages(path, place.read_bytes())
    _store_metadata(folder, scratch)
    if beside is not None:
        _remove_pages(beside, _stored_lists(folder))


def _lay_out_known(folder: Path, scratch: Path) -> None:
    """Give the client what is known, so that it refuses to go back and fetches only what is new."""
    for place, name in _metadata_files(folder):
        shutil.copyfile(place, scratch / name)


def _metadata_files(folder: Path) -> list[tuple[Path, str]]:
    """Return the present state's metadata files, and what the client calls them; none if damaged.

    A damaged folder is repaired by an update; that it does not go back is then left to memory.
    """
    metadata = folder / "metadata"
    try:
        timestamp = Metadata[Timestamp].from_file(str(metadata / "timestamp.json")).signed
        path = metadata / f"{timestamp.snapshot_meta.version}.snapshot.json"
        meta = Metadata[Snapshot].from_file(str(path)).signed.meta
        roles = [
            (metadata / f"{meta[f'{role}.json'].version}.{role}.json", f"{role}.json")
            for role in ("targets", LISTS)
        ]
    except (OSError, RepositoryError, StorageError, KeyError, AttributeError):
        # The last one: a role of another kind under this name.
        return []
    found = [(metadata / "timestamp.json", "timestamp.json"), (path, "snapshot.json"), *roles]
    return found if all(place.exists() for place, _ in found) else []


def _state_files(folder: Path) -> set[Path]:
    """Return all files of the present state that have a version or digest in their name."""
    found = {place for place, _ in _metadata_files(folder)}
    named: set[Path] = set()
    for place in found:
        if place.name.endswith((".targets.json", ".lists.json")):
            named |= {stored_path(folder, target) for target in _targets_of(place)}
    return found | named


def _targets_of(place: Path) -> list[TargetFile]:
    """Return what a role names; nothing if it is damaged, for then it is fetched anew."""
    try:
        named = Metadata[Targets].from_file(str(place)).signed.targets.values()
    except (RepositoryError, StorageError, AttributeError):
        return []
    return [target for target in named if "sha256" in target.hashes]


def _remove_others(folder: Path, kept: set[Path]) -> None:
    """Remove older states; the last one stays for those who loaded it before."""
    for role in ("snapshot", "targets", LISTS):
        for place in (folder / "metadata").glob(f"*.{role}.json"):
            if place not in kept:
                place.unlink()
    for place in (folder / "targets").rglob("*"):
        if _HASHED.fullmatch(place.name) and place not in kept:
            place.unlink()


def _fetch_target(
    updater: "Updater", folder: Path, path: str, beside: Beside | None
) -> Path | None:
    """Bring one target up to date and return where it lies; None if there is no such target."""
    target = updater.get_targetinfo(path)
    if target is None:
        return None
    place = stored_path(folder, target)
    if updater.find_cached_target(target, str(place)) is None:
        by_delta = beside is not None and path.endswith(".cwt") and beside.by_delta(target, place)
        if not by_delta:
            place.parent.mkdir(parents=True, exist_ok=True)
            # The client writes a temporary file, verifies it and renames it.
            updater.download_target(target, str(place))
    return place


def _stored_lists(folder: Path) -> dict[str, Path]:
    """Return where the lists of the present state lie, by path; none if it is damaged."""
    roles = [place for place, name in _metadata_files(folder) if name == f"{LISTS}.json"]
    return {
        target.path: stored_path(folder, target)
        for role in roles
        for target in _targets_of(role)
        if is_list_path(target.path)
    }


def _remove_pages(beside: Beside, after: Mapping[str, Path]) -> None:
    """Remove pages of side lists that neither this state names nor the one before."""
    named: set[Path] = set()
    for path, place in (*beside.before.items(), *after.items()):
        found = list_name(path, beside.bundle)
        if path.endswith(".side") and found is not None and place.is_file():
            name, _ = found
            named |= {
                page_path(beside.folder, name.registry, name.authority, digest)
                for digest in pages_of(place.read_bytes(), name)
            }
    for place in (beside.folder / PAGES).rglob("*.page"):
        if place not in named:
            place.unlink()


def _store_metadata(folder: Path, scratch: Path) -> None:
    metadata = folder / "metadata"
    metadata.mkdir(exist_ok=True)
    for root in (scratch / "root_history").glob("*.root.json"):
        _replace(root, metadata / root.name)
    snapshot = Metadata[Snapshot].from_file(str(scratch / "snapshot.json")).signed
    for role in ("targets", LISTS):
        version = snapshot.meta[f"{role}.json"].version
        _replace(scratch / f"{role}.json", metadata / f"{version}.{role}.json")
    _replace(scratch / "snapshot.json", metadata / f"{snapshot.version}.snapshot.json")
    # Last: from here on the new state is the present one.
    _replace(scratch / "timestamp.json", metadata / "timestamp.json")


def _replace(source: Path, place: Path) -> None:
    temporary = place.with_name(f".{place.name}.new")
    shutil.copyfile(source, temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(place)
