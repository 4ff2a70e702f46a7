"""Publishes status lists and side lists: what the registry decided and what the chain says.

For each licence the more negative of the two counts, so a list runs ahead of the chain while a
decision waits for its block, and is never better than the chain. A decision whose day has not come
is announced in the side list and counts from its day on. Lists and side lists of all authorities
become visible at once, and are made anew every hour even if nothing changed.

Standard: DESIGN 3.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol

from licence.domain.status import StatusEvent, StatusWord, counts_on, more_negative, word_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import canonical, side_list, status_list
from licence.formats.side_list import SideRow, make_side_list, row_of
from licence.formats.status_shard import ListName, make_list, shard_of
from licence.ids import AuthorityId, Digest, RegistryId, StatusIndex

Words = Mapping[StatusIndex, StatusWord]


class StatusSource(Protocol):
    """Where the publisher reads statuses."""

    def events(self, registry: RegistryId, authority: AuthorityId) -> Sequence[StatusEvent]:
        """Return all decisions about an authority's licences, in the order of the log."""
        ...

    def chain_words(self, registry: RegistryId, authority: AuthorityId) -> Words:
        """Return what a final block says, the most negative over all contracts of the registry.

        Indexes whose word is NONE need not be named. Raises CHAIN_UNAVAILABLE rather than
        guess: no list is better than one that is more positive than the chain.
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


class ListRepository(Protocol):
    """Where lists are published; `trust_repository.TrustRepository` is one."""

    def publish_lists(self, files: Mapping[str, bytes], *, now: datetime) -> object:
        """Make all files visible at once."""
        ...


@dataclass(frozen=True, slots=True)
class ListOffice:
    """One (registry, authority) whose lists are published.

    Args:
        registry: Registry of the statuses.
        authority: Authority of the licences.
        base_uri: The authority's `list_base_uri` in the trust bundle.
        shards: How many shards it has; the same number as in the trust bundle.
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


@dataclass(frozen=True, slots=True)
class ShardFiles:
    """One shard, signed in all three forms."""

    name: ListName
    cwt: bytes
    jwt: bytes
    side: bytes


def pending_words(events: Iterable[StatusEvent], today: date) -> dict[StatusIndex, StatusWord]:
    """Return the word that the registry's log gives each index today."""
    changes: dict[StatusIndex, list[StatusEvent]] = {}
    for event in events:
        changes.setdefault(event.ref.index, []).append(event)
    return {index: word_on(each, today) for index, each in changes.items()}


def published_words(pending: Words, on_chain: Words) -> dict[StatusIndex, StatusWord]:
    """Return the more negative of the two for each index that either names."""
    return {
        index: more_negative(
            pending.get(index, StatusWord.NONE), on_chain.get(index, StatusWord.NONE)
        )
        for index in pending.keys() | on_chain.keys()
    }


def make_shards(source: StatusSource, office: ListOffice, *, now: datetime) -> list[ShardFiles]:
    """Return all shards of an office, signed.

    Args:
        source: Where the statuses are read.
        office: Whose lists.
        now: The time; its day in China decides what counts already.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if a decision concerns an index beyond the shards: it
            must not be lost silently; what `source` raises.
    """
    today = shanghai_date(now)
    events = source.events(office.registry, office.authority)
    on_chain = source.chain_words(office.registry, office.authority)
    words = published_words(pending_words(events, today), on_chain)
    beyond = [index for index in _indexes(words, events) if shard_of(index) >= office.shards]
    if beyond:
        raise AnzhengError(
            Code.STATUS_LIST_REFUSED,
            f"index {min(beyond)} is beyond the {office.shards} shards of {office.authority}; "
            "publish a trust bundle with more shards first",
            index=min(beyond),
        )
    void = _void_by_chain_alone(on_chain, events)
    return [_shard(office, shard, words, events, void, now=now) for shard in range(office.shards)]


def _void_by_chain_alone(on_chain: Words, events: Sequence[StatusEvent]) -> list[StatusIndex]:
    """Return what the chain calls rescinded and no decision of the log does.

    A list says "final" only; without a row, another decision would seem to be the reason, and the
    licence good before its day.
    """
    told = {event.ref.index for event in events if event.new is StatusWord.RESCINDED}
    rescinded = {index for index, word in on_chain.items() if word is StatusWord.RESCINDED}
    return sorted(rescinded - told)


def _indexes(words: Words, events: Sequence[StatusEvent]) -> set[StatusIndex]:
    return {*words, *(event.ref.index for event in events)}


def _shard(
    office: ListOffice,
    shard: int,
    words: Words,
    events: Sequence[StatusEvent],
    void: Sequence[StatusIndex],
    *,
    now: datetime,
) -> ShardFiles:
    name, key = office.name(shard), office.key
    here = {index: word for index, word in words.items() if shard_of(index) == shard}
    listed = make_list(name, here, issued_at=now)
    cwt = status_list.encode_cwt(listed, kid=key.kid, sign=key.sign, certificate=key.certificate)
    jwt = status_list.encode_jwt(listed, kid=key.kid, sign=key.sign, certificate=key.certificate)
    rows, announced = _rows(events, shard, shanghai_date(now))
    rows += [_void_row(index, listed.issued_at) for index in void if shard_of(index) == shard]
    side = make_side_list(
        name,
        rows,
        announced,
        # Seconds grow by themselves: no counter that a restored backup would set back.
        sequence=int(listed.issued_at.timestamp()),
        issued_at=listed.issued_at,
        expires_at=listed.expires_at,
        list_digest=Digest(sha256(cwt).digest()),
    )
    signed_side = side_list.encode(side, kid=key.kid, sign=key.sign, certificate=key.certificate)
    return ShardFiles(name, cwt, jwt, signed_side)


def _void_row(index: StatusIndex, seen_at: datetime) -> SideRow:
    return SideRow(
        index=index,
        word=StatusWord.RESCINDED,
        effective_from=shanghai_date(seen_at),
        until=None,
        decided_at=seen_at,
        document_no="",
        ground="",
    )


def _rows(
    events: Sequence[StatusEvent], shard: int, today: date
) -> tuple[list[SideRow], list[SideRow]]:
    here = [event for event in events if shard_of(event.ref.index) == shard]
    rows = [row_of(event) for event in here if counts_on(event, today)]
    announced = [row_of(event) for event in here if not counts_on(event, today)]
    return rows, announced


def files_of(shards: Sequence[ShardFiles]) -> dict[str, bytes]:
    """Return the files to publish by their path, with the aggregation of each office.

    Standard: draft-ietf-oauth-status-list-21, 9 (status list aggregation).
    """
    files: dict[str, bytes] = {}
    uris: dict[str, list[str]] = {}
    for shard in shards:
        path = shard.name.path
        files |= {f"{path}.cwt": shard.cwt, f"{path}.jwt": shard.jwt, f"{path}.side": shard.side}
        uris.setdefault(path.rpartition("/")[0], []).append(shard.name.uri)
    for folder, listed in uris.items():
        files[f"{folder}/aggregation.json"] = canonical.dumps({"status_lists": listed})
    return files


def publish(
    source: StatusSource,
    offices: Sequence[ListOffice],
    repository: ListRepository,
    *,
    now: datetime,
) -> tuple[ShardFiles, ...]:
    """Make the lists of all offices and publish them at once; all or nothing.

    Raises:
        AnzhengError: As `make_shards` and the repository do; nothing is published then.
    """
    shards = [shard for office in offices for shard in make_shards(source, office, now=now)]
    repository.publish_lists(files_of(shards), now=now)
    return tuple(shards)
