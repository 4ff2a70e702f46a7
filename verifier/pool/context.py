"""What a child believes and whom it may ask: made once in the nursery, kept fresh in each child."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, final

from licence.ids import ChainId
from verifier.caching import CachingOnline
from verifier.long_online import LongOnline
from verifier.memory import Memory
from verifier.online import HttpRegistry
from verifier.ports import Online, TrustView
from verifier.rpc import RpcChain
from verifier.trust import TrustStore, load_trust


class Trusting(Protocol):
    """What one child has at hand."""

    def view(self, now: datetime, memory: Memory) -> tuple[TrustView, Memory]:
        """Return what is believed now, and the memory with what that shows.

        Args:
            now: The time.
            memory: What the caller has seen before.

        Raises:
            AnzhengError: TRUST_BUNDLE_REFUSED, when nothing is believed, or the folder is older
                than what the caller has seen.
        """
        ...

    def online(self) -> Online | None:
        """Return whom to ask; None for nobody."""
        ...


class Context(Protocol):
    """Makes that; travels to the nursery by pickle, so it holds values only."""

    def __call__(self) -> Trusting:
        """Return what is believed; called once, in the nursery."""
        ...


@dataclass(frozen=True, slots=True)
class FolderContext:
    """A trust folder, read again when it changes, and a registry by address.

    Attributes:
        folder: The trust folder.
        registry: Base URL of the registry, or None.
        rpc: URL of a chain node, or None.
    """

    folder: Path
    registry: str | None = None
    rpc: str | None = None

    def __call__(self) -> Trusting:
        """Return the folder, not yet read."""
        return _Folder(self)


@dataclass(frozen=True, slots=True)
class GivenContext:
    """Trust that the caller has loaded already, and whom to ask; both can be pickled."""

    trust: TrustView
    asked: Online | None = None

    def __call__(self) -> Trusting:
        """Return what was given."""
        return _Given(self.trust, CachingOnline(self.asked) if self.asked is not None else None)


@final
@dataclass(frozen=True, slots=True)
class _Given:
    trust: TrustView
    asked: Online | None

    def view(self, now: datetime, memory: Memory) -> tuple[TrustView, Memory]:  # noqa: ARG002 - as given
        return self.trust, memory

    def online(self) -> Online | None:
        return self.asked


@final
@dataclass(slots=True)
class _Folder:
    place: FolderContext
    store: TrustStore | None = None
    mark: tuple[int, int, int] | None = None
    asked: Online | None = None

    def view(self, now: datetime, memory: Memory) -> tuple[TrustView, Memory]:
        # The deciding file is replaced last: while it is the same, so is the rest.
        mark = _mark(self.place.folder)
        store = self.store
        if store is None or mark is None or mark != self.mark or not _covers(store.memory, memory):
            # What a caller saw of lists and times is its own and stays out of the shared store.
            seen = Memory(
                bundle_version=memory.bundle_version,
                first_root=memory.first_root,
                roles=memory.roles,
            )
            store = load_trust(self.place.folder, now=now, memory=seen)
            self.store, self.mark, self.asked = store, mark, None
        expires = store.metadata_expires_at
        fresh = replace(store, metadata_expired_at=expires if now > expires else None)
        return fresh, memory.joined(store.memory)

    def online(self) -> Online | None:
        if self.asked is None and self.place.registry is not None and self.store is not None:
            chains = _chains(self.store, self.place.rpc)
            self.asked = LongOnline(HttpRegistry(self.place.registry, chains))
        return self.asked


def _covers(stored: Memory, memory: Memory) -> bool:
    """Say whether a store is at least as new as everything that the caller has seen."""
    return (
        memory.first_root in {None, stored.first_root}
        and memory.bundle_version <= stored.bundle_version
        and all(version <= stored.role_version(role) for role, version in memory.roles)
    )


def _mark(folder: Path) -> tuple[int, int, int] | None:
    try:
        found = (folder / "metadata" / "timestamp.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _chains(store: TrustStore, rpc: str | None) -> dict[ChainId, RpcChain]:
    if rpc is None:
        return {}
    contracts = [each for registry in store.bundle.registries for each in registry.contracts]
    return {each.chain_id: RpcChain(rpc, each.chain_id) for each in contracts}
