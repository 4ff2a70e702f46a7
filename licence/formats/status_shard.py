"""One shard of a status list as a value: its name, its times, two bits for each licence version.

0 valid, 1 final, 2 suspended, never 3 (a published reader takes 3 for valid). A shard has 2^20
entries, so 262,144 bytes.

Standard: DESIGN 3.3; draft-ietf-oauth-status-list-21, 4.1 and 7.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, unique
from typing import Final

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, RegistryId, StatusIndex

BITS: Final = 2
SHARD_ENTRIES: Final = 1 << 20
SHARD_BYTES: Final = SHARD_ENTRIES * BITS // 8

TTL: Final = timedelta(hours=1)
"""After this a newer list should exist."""
LIFETIME: Final = timedelta(hours=24)
"""After this a list is stale."""
MAX_LIFETIME: Final = timedelta(days=7)
"""A list that wants to live longer is refused: it would hide a revocation for that long."""

_LIST_PATH = re.compile(
    r"lists/[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?/[0-9A-HJ-NP-RT-UW-Y]{18}/"
    r"(?:(?:0|[1-9][0-9]{0,3})\.(?:cwt|jwt|side|side\.jwt)|aggregation\.json)",
    re.ASCII,
)
_PER_BYTE = 8 // BITS
_MASK = (1 << BITS) - 1


@unique
class ListValue(IntEnum):
    """What a list may say about a licence version."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


def value_of(word: StatusWord) -> ListValue:
    """Return how a status word is said in a list; every final status is `INVALID`."""
    if word is StatusWord.NONE:
        return ListValue.VALID
    return ListValue.SUSPENDED if word is StatusWord.SUSPENDED else ListValue.INVALID


def shard_of(index: StatusIndex) -> int:
    """Return the number of the shard in which this index stands."""
    return index // SHARD_ENTRIES


def aggregation_uri(base_uri: str, registry: RegistryId, authority: AuthorityId) -> str:
    """Return where all lists of one (registry, authority) are named."""
    return f"{base_uri}/{registry}/{authority}"


def list_uri(base_uri: str, registry: RegistryId, authority: AuthorityId, shard: int) -> str:
    """Return the URI of one list, which is also its signed name."""
    return f"{aggregation_uri(base_uri, registry, authority)}/{shard}"


def is_list_path(path: str) -> bool:
    """Say whether a path among TUF targets is one that a list may have; `..` is in none."""
    return _LIST_PATH.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class ListName:
    """Which list: shard `shard` of one (registry, authority), and where it is published.

    Args:
        base_uri: The authority's `list_base_uri` in the trust bundle, no slash at the end.
        registry: Registry of the statuses.
        authority: Authority of the licences.
        shard: `shard_of` their indexes.
    """

    base_uri: str
    registry: RegistryId
    authority: AuthorityId
    shard: int

    @property
    def uri(self) -> str:
        """The URI of the list."""
        return list_uri(self.base_uri, self.registry, self.authority, self.shard)

    @property
    def aggregation_uri(self) -> str:
        """Where all lists of the same (registry, authority) are named."""
        return aggregation_uri(self.base_uri, self.registry, self.authority)

    @property
    def path(self) -> str:
        """Its place among TUF targets, without the suffix that tells the form."""
        return f"lists/{self.registry}/{self.authority}/{self.shard}"


@dataclass(frozen=True, slots=True)
class StatusList:
    """One shard.

    Args:
        name: Which list.
        issued_at: When it was signed, whole seconds.
        expires_at: From when on it is stale.
        ttl_seconds: How long until a newer one should exist.
        packed: Two bits an entry, the first entry in the lowest bits; `SHARD_BYTES` bytes.
    """

    name: ListName
    issued_at: datetime
    expires_at: datetime
    ttl_seconds: int
    packed: bytes

    def value(self, index: StatusIndex) -> ListValue:
        """Return what the list says about a licence version.

        Args:
            index: The status index as in `licence.json`, counted over all shards.

        Raises:
            AnzhengError: `STATUS_LIST_REFUSED` if the index stands in another shard,
                `STATUS_UNKNOWN_VALUE` for a value that must not occur; never "valid" for either.
        """
        if index < 0 or shard_of(index) != self.name.shard:
            raise _other_shard(index, self.name)
        place = index % SHARD_ENTRIES
        value = self.packed[place // _PER_BYTE] >> (place % _PER_BYTE * BITS) & _MASK
        if value not in _VALUES:
            raise AnzhengError(
                Code.STATUS_UNKNOWN_VALUE, f"the list has value {value}", index=index, value=value
            )
        return ListValue(value)

    def is_stale(self, now: datetime) -> bool:
        """Say whether the list is too old to prove that something is not negative."""
        return now > self.expires_at

    def is_ageing(self, now: datetime) -> bool:
        """Say whether a newer list should exist, though this one is not stale."""
        ageing = now > self.issued_at + timedelta(seconds=self.ttl_seconds)
        return ageing and not self.is_stale(now)


_VALUES = frozenset(ListValue)


def make_list(
    name: ListName, words: Mapping[StatusIndex, StatusWord], *, issued_at: datetime
) -> StatusList:
    """Return the list of these words; an index that is not named is valid.

    Args:
        name: Which list.
        words: Status words by index; each index must stand in this shard.
        issued_at: The time; cut to whole seconds.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` for an index of another shard.
    """
    packed = bytearray(SHARD_BYTES)
    for index, word in words.items():
        if index < 0 or shard_of(index) != name.shard:
            raise _other_shard(index, name)
        place = index % SHARD_ENTRIES
        packed[place // _PER_BYTE] |= value_of(word) << (place % _PER_BYTE * BITS)
    return StatusList(name, *times_of(issued_at), bytes(packed))


def times_of(now: datetime) -> tuple[datetime, datetime, int]:
    """Return when a list that is signed now was issued, when it is stale, and its `ttl`."""
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    return issued_at, issued_at + LIFETIME, int(TTL.total_seconds())


def _other_shard(index: int, name: ListName) -> AnzhengError:
    return AnzhengError(
        Code.STATUS_LIST_REFUSED, f"index {index} is not in shard {name.shard}", index=index
    )
