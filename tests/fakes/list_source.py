"""What the publisher of lists reads, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from anchor.list_ports import Position, PublishedShard
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.side_pages import PAGE_ENTRIES
from licence.ids import AuthorityId, RegistryId, StatusIndex
from tests.fakes.status_keys import KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY


class SigningKey:
    """The test status key."""

    kid = KID
    certificate: bytes | None = None

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        return SIGN(data)


@dataclass
class Source:
    """What registry and chain say.

    Attributes:
        log: The registry's decisions.
        chain: The chain's words.
        is_down: Whether the chain was never read.
        broken: Ranges that begin at such an index cannot be read.
        asked: The ranges whose decisions were asked for.
    """

    log: Sequence[StatusEvent] = ()
    chain: Mapping[StatusIndex, StatusWord] = field(default_factory=dict)
    is_down: bool = False
    broken: frozenset[int] = frozenset()
    asked: list[range] = field(default_factory=list)
    revisions: list[Mapping[StatusIndex, StatusWord]] = field(default_factory=list)

    def say(self, chain: Mapping[StatusIndex, StatusWord]) -> None:
        """Let the chain say something else."""
        self.revisions.append(self.chain)
        self.chain = chain

    def position(self, registry: RegistryId, authority: AuthorityId) -> Position:
        """Where it ends."""
        return Position(event=len(self._of(registry, authority)), revision=len(self.revisions))

    def extent(self, registry: RegistryId, authority: AuthorityId) -> int:
        """First index after the last."""
        told = {event.ref.index for event in self._of(registry, authority)}
        return max({*told, *self._words(registry, authority)}, default=-1) + 1

    def changed(
        self,
        registry: RegistryId,
        authority: AuthorityId,
        since: Position,
        after: date,
        today: date,
    ) -> frozenset[int]:
        """Which pages."""
        log = self._of(registry, authority)
        found = {event.ref.index for event in log[since.event :]}
        found |= {event.ref.index for event in log if after < event.effective_from <= today}
        for before in [*self.revisions, self.chain][since.revision :]:
            keys = before.keys() | self.chain.keys()
            found |= {index for index in keys if before.get(index) != self.chain.get(index)}
        return frozenset(index // PAGE_ENTRIES for index in found)

    def count(self, registry: RegistryId, authority: AuthorityId, span: range) -> int:
        """How many decisions."""
        return sum(event.ref.index in span for event in self._of(registry, authority))

    def events(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> Sequence[StatusEvent]:
        """The log."""
        self.asked.append(span)
        if span.start in self.broken:
            raise AnzhengError(Code.STORE_FAILED, "broken")
        return [event for event in self._of(registry, authority) if event.ref.index in span]

    def chain_words(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> Mapping[StatusIndex, StatusWord]:
        """The chain."""
        if self.is_down:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "never read")
        words = self._words(registry, authority)
        return {index: word for index, word in words.items() if index in span}

    def _of(self, registry: RegistryId, authority: AuthorityId) -> list[StatusEvent]:
        return [e for e in self.log if (e.ref.registry, e.authority) == (registry, authority)]

    def _words(
        self, registry: RegistryId, authority: AuthorityId
    ) -> Mapping[StatusIndex, StatusWord]:
        return self.chain if (registry, authority) == (REGISTRY, AUTHORITY) else {}


@dataclass
class Ledger:
    """Remembers what was published."""

    shards: dict[tuple[RegistryId, AuthorityId, int], PublishedShard] = field(default_factory=dict)

    def published(
        self, registry: RegistryId, authority: AuthorityId
    ) -> Mapping[int, PublishedShard]:
        """What is remembered."""
        return {
            shard: known
            for (of, whose, shard), known in self.shards.items()
            if (of, whose) == (registry, authority)
        }

    def save(
        self, registry: RegistryId, authority: AuthorityId, shards: Sequence[PublishedShard]
    ) -> None:
        """Remember."""
        self.shards |= {(registry, authority, each.shard): each for each in shards}
