"""What the publisher of status lists needs of others: statuses, keys, and where lists go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from licence.domain.status import StatusEvent, StatusWord
from licence.formats.status_shard import ListName
from licence.ids import AuthorityId, Digest, RegistryId, StatusIndex

Words = Mapping[StatusIndex, StatusWord]

MAX_SHARDS: Final = 10_000
"""Most shards of an authority: their numbers have four digits, enough for ten milliard licences."""


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where log, holders' certificates and chain words were read; each only grows."""

    event: int = 0
    certificate: int = 0
    revision: int = 0


class StatusSource(Protocol):
    """Where the publisher reads the statuses of one (registry, authority)."""

    def position(self, registry: RegistryId, authority: AuthorityId) -> Position:
        """Return where log, certificates and chain words end now."""
        ...

    def extent(self, registry: RegistryId, authority: AuthorityId) -> int:
        """Return the first index after all that were given or that anything speaks of."""
        ...

    def changed(
        self,
        registry: RegistryId,
        authority: AuthorityId,
        since: Position,
        after: date,
        today: date,
    ) -> frozenset[int]:
        """Return the pages, counted over all shards, of which something changed.

        Args:
            registry: Registry of the statuses.
            authority: Authority of the licences.
            since: What came after this position, and
            after: what was announced for a day after this one,
            today: up to this day.
        """
        ...

    def count(self, registry: RegistryId, authority: AuthorityId, span: range) -> int:
        """Return about how many decisions concern these indexes; never falls."""
        ...

    def events(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> Sequence[StatusEvent]:
        """Return the decisions about these indexes, in the order of the log."""
        ...

    def chain_words(self, registry: RegistryId, authority: AuthorityId, span: range) -> Words:
        """Return what the last final block that was read says, the most negative of all contracts.

        Indexes whose word is NONE need not be named. Raises CHAIN_UNAVAILABLE if the chain was
        never read: no list is better than one that is more positive than the chain.
        """
        ...


class StatusSigningKey(Protocol):
    """A key that signs status lists."""

    @property
    def kid(self) -> bytes:
        """Name of the key, `es256.key_id`."""
        ...

    @property
    def certificate(self) -> bytes | None:
        """Certificate (DER) to send along, if there is one."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return an ES256 signature, r || s."""
        ...


@dataclass(frozen=True, slots=True)
class ListOffice:
    """One (registry, authority) whose lists are published.

    Args:
        registry: Registry of the statuses.
        authority: Authority of the licences.
        base_uri: The authority's `list_base_uri` in the trust bundle.
        shards: How many shards it has at least; more are published when its indexes need them.
        key: Signs its lists.
    """

    registry: RegistryId
    authority: AuthorityId
    base_uri: str
    shards: int
    key: StatusSigningKey

    def name(self, shard: int) -> ListName:
        """Return the name of one of its lists."""
        return ListName(self.base_uri, self.registry, self.authority, shard)


class ListRepository(Protocol):
    """Where lists are published; `trust_repository.TrustRepository` is one."""

    def publish_lists(self, files: Mapping[str, bytes], *, now: datetime) -> object:
        """Make all files visible at once."""
        ...

    def plain(self, path: str) -> bytes | None:
        """Return a published file, not verified, or None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class PublishedShard:
    """What is remembered of the newest list of a shard.

    Args:
        shard: Which.
        cwt: SHA-256 of its CWT.
        content: What it says, `ShardState.content`.
        issued_at: When it was signed.
        day: The day in China for which it was made.
        position: Up to where its sources were read.
    """

    shard: int
    cwt: Digest
    content: Digest
    issued_at: datetime
    day: date
    position: Position


class ListLedger(Protocol):
    """Remembers what was published; if it forgets, lists are signed anew, and nothing is lost."""

    def published(
        self, registry: RegistryId, authority: AuthorityId
    ) -> Mapping[int, PublishedShard]:
        """Return what is remembered of each shard."""
        ...

    def save(
        self, registry: RegistryId, authority: AuthorityId, shards: Sequence[PublishedShard]
    ) -> None:
        """Remember these; durable when it returns."""
        ...
