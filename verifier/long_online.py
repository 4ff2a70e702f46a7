"""A registry as a process asks it that runs for long: lists kept for seconds, silence remembered.

A service that waits ten seconds for each question to a registry that hangs serves nobody. After the
first silence it is left alone for a while: what is in the trust folder goes on to count, and every
report says what could not be asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Final, TypeVar, final

from licence.errors import AnzhengError, Code
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, ChainId, Digest, Leaf, MerkleRoot, RegistryId
from verifier.ports import AnchorSlot, ChainReader, LookUp, LookUpKey, Online

KEEP_SECONDS: Final = 5.0
"""For so long the newest lists are not asked for again."""

SLOW_SECONDS: Final = 2.0
"""A failure that took so long was silence."""

PAUSE_SECONDS: Final = 30.0
"""For so long one that was silent is not asked."""

MAX_KEPT: Final = 256

_T = TypeVar("_T")
_Key = tuple[object, ...]


@final
@dataclass(slots=True)
class Patience:
    """How long one server is waited for.

    Args:
        seconds: A clock that never goes back.
    """

    seconds: Callable[[], float] = monotonic
    _silent_until: float = float("-inf")

    def ask(self, question: Callable[[], _T]) -> _T:
        """Ask, unless it was silent a moment ago.

        Raises:
            AnzhengError: NOT_CHECKED while it is left alone; what the question raises.
        """
        begin = self.seconds()
        if begin < self._silent_until:
            raise AnzhengError(Code.NOT_CHECKED, "the server did not answer a moment ago")
        try:
            return question()
        except AnzhengError:
            if self.seconds() - begin >= SLOW_SECONDS:
                self._silent_until = self.seconds() + PAUSE_SECONDS
            raise


@final
@dataclass(slots=True)
class LongOnline:
    """Asks with patience for one silence only; conforms to `verifier.ports.Online`.

    Args:
        online: Who is asked.
        registry: How long the registry is waited for.
        chains: How long a chain node is waited for.
    """

    online: Online
    registry: Patience = field(default_factory=Patience)
    chains: Patience = field(default_factory=Patience)
    _kept: dict[_Key, tuple[float, bytes | None]] = field(default_factory=dict)

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf."""
        return self.registry.ask(lambda: self.online.evidence(leaf))

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the newest status list token; the one before, of a moment ago or when silent."""
        return self._list(
            ("list", registry, authority, shard),
            lambda: self.online.status_list(registry, authority, shard),
        )

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list of that token."""
        return self._list(
            ("side", registry, authority, shard),
            lambda: self.online.side_list(registry, authority, shard),
        )

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names."""
        return self.registry.ask(lambda: self.online.side_page(registry, authority, digest))

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list token of a day in the past."""
        return self.registry.ask(lambda: self.online.past_list(registry, authority, shard, on))

    @property
    def is_private(self) -> bool:
        """Whether the registry is one that can be asked for a number, and nobody listens."""
        return isinstance(self.online, LookUp) and self.online.is_private

    def look_up(self, by: LookUpKey, value: str) -> bytes | None:
        """Return the answer to a search."""
        online = self.online
        if not isinstance(online, LookUp):
            raise AnzhengError(Code.NOT_CHECKED, "there is no registry to be asked for a number")
        return self.registry.ask(lambda: online.look_up(by, value))

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        """Return a reader that is not waited for twice."""
        reader = self.online.chain(chain_id)
        return _LongChain(reader, self.chains) if reader is not None else None

    def _list(self, key: _Key, question: Callable[[], bytes | None]) -> bytes | None:
        now = self.registry.seconds()
        known = self._kept.get(key)
        if known is not None and now - known[0] < KEEP_SECONDS:
            return known[1]
        try:
            found = self.registry.ask(question)
        except AnzhengError:
            if known is None or known[1] is None:
                raise
            # The newest that this process saw, and memory lets no older one count; it bears a date.
            return known[1]
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[key] = (now, found)
        return found


@final
@dataclass(frozen=True, slots=True)
class _LongChain:
    reader: ChainReader
    patience: Patience

    def anchor_slot(
        self,
        contract: Contract,
        authority: AuthorityId,
        root: MerkleRoot,
        size: int,
        manifest: Digest,
    ) -> AnchorSlot | None:
        return self.patience.ask(
            lambda: self.reader.anchor_slot(contract, authority, root, size, manifest)
        )

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:
        return self.patience.ask(lambda: self.reader.status_of(contract, authority, index))
