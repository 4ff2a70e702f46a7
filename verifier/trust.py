"""The trust store: a folder with a TUF repository, walked offline, or updated over the network.

Every load verifies everything anew (signatures, versions, lengths, digests): what lies in a folder
was not necessarily written by us. Expiry is not a refusal here but a fact, `metadata_expired_at`,
of which the status check speaks; going back to an older state is refused by `memory`.

Standard: The Update Framework 1.0, 5 (client workflow); DESIGN 3.4.
"""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from licence.errors import AnzhengError, Code
from licence.formats import side_list, status_list, trust_bundle
from licence.formats.fields import Fields
from licence.formats.status_shard import is_list_path
from licence.formats.trust_types import TrustBundle
from licence.ids import AuthorityId, Digest, RegistryId
from verifier import past_lists
from verifier.memory import EPOCH, Memory

R = TypeVar("R", Root, Snapshot, Targets, Timestamp)

MAX_ROOT_BYTES: Final = 512 * 1024
MAX_TIMESTAMP_BYTES: Final = 16 * 1024
MAX_SNAPSHOT_BYTES: Final = 2 * 1024 * 1024
MAX_TARGETS_BYTES: Final = 16 * 1024 * 1024
MAX_ROOT_VERSIONS: Final = 1_024
MAX_ROOT_FILE_BYTES: Final = 64 * 1024
BUNDLE: Final = "bundle.json"
LISTS: Final = "lists"
ROOT_FILE: Final = "root.crt"
"""A root certificate of the bundle as PEM, for other people's tools; need not be there."""
ISSUED_AT: Final = "x-anzheng-issued-at"
"""Field of the timestamp role that says when it was signed."""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """What a verifier believes, verified; conforms to `verifier.ports.TrustView`.

    Args:
        folder: Where it was read from; lists are read when asked for.
        bundle: The trust bundle.
        newest_signed_time: The newest time that bundle or timestamp role bear.
        metadata_expires_at: When the first of the roles that carry it expires.
        metadata_expired_at: The same if it has passed, else None.
        memory: The memory given, with what this store shows.
        lists: Lists by path, as the lists role names them.
        files: All files of this state, relative to the folder, the deciding one last.
    """

    folder: Path
    bundle: TrustBundle
    newest_signed_time: datetime
    metadata_expires_at: datetime
    metadata_expired_at: datetime | None
    memory: Memory
    lists: Mapping[str, TargetFile]
    files: tuple[str, ...]

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a status list as CWT, or None if it is not in the store.

        Raises:
            AnzhengError: `STATUS_LIST_REFUSED` if the file is not the one that the store names.
        """
        return self._list(registry, authority, f"{shard}.cwt", status_list.MAX_CWT_BYTES)

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a side list, or None if it is not in the store; raises as `status_list` does."""
        return self._list(registry, authority, f"{shard}.side", side_list.MAX_SIDE_BYTES)

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page of a side list, or None if it is not in the folder; it names itself."""
        return past_lists.side_page(self.folder, registry, authority, digest)

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list of a day, or None if the folder keeps none."""
        return past_lists.list_of_day(self.folder, registry, authority, shard, on)

    def _list(
        self, registry: RegistryId, authority: AuthorityId, name: str, limit: int
    ) -> bytes | None:
        target = self.lists.get(f"{LISTS}/{registry}/{authority}/{name}")
        if target is None or target.length > limit:
            return None
        try:
            return _target_bytes(self.folder, target)
        except FileNotFoundError:
            return None
        except (OSError, RepositoryError) as exc:
            raise AnzhengError(
                Code.STATUS_LIST_REFUSED, f"{target.path} is not the file that was signed for"
            ) from exc


def load_trust(
    folder: Path, *, now: datetime, memory: Memory | None = None, first_root: Digest | None = None
) -> TrustStore:
    """Read and verify a trust folder; opens no socket.

    Args:
        folder: A folder as the trust repository writes it.
        now: The time, for `metadata_expired_at`.
        memory: What was seen before; nothing if absent.
        first_root: SHA-256 of `1.root.json`, from a source of its own (package, printed page). If
            absent, the one in memory; if that is absent too, the folder's own is believed once.

    Raises:
        AnzhengError: `TRUST_BUNDLE_REFUSED` if anything is missing, altered, signed by others or
            older than what memory knows; a code of `trust_bundle.decode`.
    """
    memory = memory if memory is not None else Memory()
    walk = _Walk(folder, memory, first_root or memory.first_root)
    try:
        return walk.load(now)
    except OSError as exc:
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED,
            f"{folder} is no whole trust folder: {exc.filename} cannot be read ({exc.strerror})",
        ) from exc
    except (RepositoryError, ValueError, KeyError, TypeError) as exc:
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED, f"the trust folder {folder} is refused: {exc}"
        ) from exc


class _Walk:
    """One walk from root to the lists; numbers as in section 5 of the specification."""

    def __init__(self, folder: Path, memory: Memory, first_root: Digest | None) -> None:
        self._folder = folder
        self._metadata = folder / "metadata"
        self._memory = memory
        self._first_root = first_root
        self._versions: list[tuple[str, int]] = []

    def load(self, now: datetime) -> TrustStore:
        # 5.2, 5.3: the chain of roots.
        root, first_root = self._roots()
        # 5.4 to 5.6, without the checks of expiry.
        data = _limited(self._metadata / "timestamp.json", MAX_TIMESTAMP_BYTES)
        timestamp = self._role(data, Timestamp, "timestamp", root)
        meta = timestamp.snapshot_meta
        data = self._named(f"{meta.version}.snapshot.json", meta, MAX_SNAPSHOT_BYTES)
        snapshot = self._role(data, Snapshot, "snapshot", root, meta.version)
        targets = self._targets("targets", snapshot, root)
        lists = self._targets(LISTS, snapshot, targets)
        # 5.7: the bundle now, lists when they are asked for.
        target = targets.targets.get(BUNDLE)
        if target is None or target.length > trust_bundle.MAX_BUNDLE_BYTES:
            raise _refusal("it has no trust bundle")
        bundle = trust_bundle.decode(_target_bytes(self._folder, target))
        self._check_root_file(bundle)
        if bundle.version < self._memory.bundle_version:
            raise _refusal(f"its bundle {bundle.version} is older than one already seen")
        expires_at = min(role.expires for role in (root, timestamp, snapshot, targets, lists))
        newest = max(bundle.issued_at, _issued_at(timestamp))
        memory = self._memory.saw_roles(self._versions).saw_bundle(bundle.version).saw_time(newest)
        named = _lists_only(lists, targets)
        stored = [stored_path(self._folder, each) for each in (target, *named.values())]
        return TrustStore(
            folder=self._folder,
            bundle=bundle,
            newest_signed_time=newest,
            metadata_expires_at=expires_at,
            metadata_expired_at=expires_at if now > expires_at else None,
            memory=replace(memory, first_root=first_root),
            lists=named,
            files=(
                *(name for name in (ROOT_FILE,) if (self._folder / name).exists()),
                # A verifier's folder has not every list in every form.
                *(path.relative_to(self._folder).as_posix() for path in stored if path.is_file()),
                *(f"metadata/{name}" for name in self._metadata_names()),
            ),
        )

    def _roots(self) -> tuple[Root, Digest]:
        data = _limited(self._metadata / "1.root.json", MAX_ROOT_BYTES)
        digest = Digest(hashlib.sha256(data).digest())
        if self._first_root is not None and digest != self._first_root:
            raise _refusal("its first root is not the one that is trusted here")
        first = _open(data, Root)
        root = first.signed
        _verify(root, "root", first)
        _verify_each(first, root)
        for version in range(2, MAX_ROOT_VERSIONS):
            path = self._metadata / f"{version}.root.json"
            if not path.exists():
                break
            following = _open(_limited(path, MAX_ROOT_BYTES), Root)
            # A new root is signed by the old keys and by its own (5.3.4).
            _verify(root, "root", following)
            _verify(following.signed, "root", following)
            _verify_each(following, root, following.signed)
            root = following.signed
            if root.version != version:
                raise _refusal(f"root {version} has another version inside")
        else:
            raise _refusal(f"it has more than {MAX_ROOT_VERSIONS} roots")
        self._see("root", root.version)
        return root, digest

    def _check_root_file(self, bundle: TrustBundle) -> None:
        """Refuse a root beside the repository that other tools would believe and we do not."""
        path = self._folder / ROOT_FILE
        if not path.exists():
            return
        data = _limited(path, MAX_ROOT_FILE_BYTES)
        pems = (ssl.DER_cert_to_PEM_cert(root.certificate) for root in bundle.roots)
        if data not in {pem.encode("ascii") for pem in pems}:
            raise _refusal(f"{ROOT_FILE} is no root of its bundle")

    def _metadata_names(self) -> Iterator[str]:
        for role, version in self._versions:
            # Every root is kept, so that a verifier can follow the keys.
            for each in range(1 if role == "root" else version, version + 1):
                if role != "timestamp":
                    yield f"{each}.{role}.json"
        yield "timestamp.json"

    def _named(self, name: str, meta: MetaFile, limit: int) -> bytes:
        data = _limited(self._metadata / name, limit)
        if meta.hashes is None or meta.length is None:
            raise _refusal(f"{name} is named without digest and length")
        meta.verify_length_and_hashes(data)
        return data

    def _targets(self, role: str, snapshot: Snapshot, delegator: Root | Targets) -> Targets:
        meta = snapshot.meta[f"{role}.json"]
        data = self._named(f"{meta.version}.{role}.json", meta, MAX_TARGETS_BYTES)
        return self._role(data, Targets, role, delegator, meta.version)

    def _role(
        self,
        data: bytes,
        kind: type[R],
        role: str,
        delegator: Root | Targets,
        version: int | None = None,
    ) -> R:
        metadata = _open(data, kind)
        _verify(delegator, role, metadata)
        if version is not None and metadata.signed.version != version:
            raise _refusal(f"{role} has another version than it is named with")
        self._see(role, metadata.signed.version)
        return metadata.signed

    def _see(self, role: str, version: int) -> None:
        if version < self._memory.role_version(role):
            raise _refusal(f"its {role} {version} is older than one already seen")
        self._versions.append((role, version))


def _refusal(problem: str) -> AnzhengError:
    return AnzhengError(Code.TRUST_BUNDLE_REFUSED, f"the trust folder is refused: {problem}")


def _limited(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise _refusal(f"{path.name} has more than {limit} bytes")
    return data


def _open(data: bytes, kind: type[R]) -> Metadata[R]:
    metadata = Metadata[R].from_bytes(data)
    if not isinstance(metadata.signed, kind):
        raise _refusal(f"a file is not of the kind {kind.__name__}")
    return metadata


def _verify(delegator: Root | Targets, role: str, metadata: Metadata[R]) -> None:
    _check_keys(delegator, role)
    delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)


def _check_keys(delegator: Root | Targets, role: str) -> None:
    """Refuse one key under two ids: signatures are counted by id, so it would count twice."""
    found = []
    for key_id in delegator.get_delegated_role(role).keyids:
        with suppress(ValueError):  # no such key: nobody can sign with it
            found.append(str(delegator.get_key(key_id).keyval.get("public")))
    # Hexadecimal may be written in two ways, and PEM with blanks.
    if len({"".join(public.split()).lower() for public in found}) != len(found):
        raise _refusal("one key stands in it under two ids")


def _verify_each(metadata: Metadata[Root], *delegators: Root) -> None:
    """Demand that every signature is right, not only enough of them: a root has no free byte."""
    right: set[str] = set()
    for delegator in delegators:
        payload, signatures = metadata.signed_bytes, metadata.signatures
        right |= set(delegator.get_verification_result("root", payload, signatures).signed)
    if right != set(metadata.signatures):
        raise _refusal("a root bears a signature that is wrong or of a stranger")


def _issued_at(timestamp: Timestamp) -> datetime:
    text = timestamp.unrecognized_fields.get(ISSUED_AT)
    if text is None:
        return EPOCH
    return Fields({"at": text}, where="timestamp", code=Code.TRUST_BUNDLE_REFUSED).moment("at")


def _lists_only(lists: Targets, targets: Targets) -> Mapping[str, TargetFile]:
    delegations = targets.delegations
    # The online key may name lists, and nothing else; above all no path that leads elsewhere.
    return {
        path: one
        for path, one in lists.targets.items()
        if delegations is not None
        and is_list_path(path)
        and LISTS in {role for role, _ in delegations.get_roles_for_target(path)}
    }


def stored_path(folder: Path, target: TargetFile) -> Path:
    """Return where a target lies: its digest stands before its name, so it never changes."""
    parent, _, name = target.path.rpartition("/")
    return folder / "targets" / parent / f"{target.hashes['sha256']}.{name}"


def _target_bytes(folder: Path, target: TargetFile) -> bytes:
    data = _limited(stored_path(folder, target), target.length)
    target.verify_length_and_hashes(data)
    return data
