"""What the contract's events say, as values, and the history that they make. Pure.

Every accepted call of the contract appends one entry to its history and emits one event with the
entry's number. Whoever has all events can recompute the hash over the history, `head`, and knows
whether one was hidden, put in or altered.

Standard: contracts/src/LicenceRegistry.sol, RegistryHistory.sol; Solidity contract ABI.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from typing_extensions import override

from anchor.calls import LICENCES_IN_WORD, Change
from anchor.chain_ports import Right
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, Digest, Leaf, MerkleRoot

Keccak = Callable[[bytes], bytes]
"""Returns the keccak-256 digest of bytes; the chain gate has a fast one."""

NO_HEAD: Final = Digest(bytes(32))
"""Head of a history without entries."""

_WORD: Final = 32
_NIBBLE_TO_BIT: Final = str.maketrans("f", "1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands.

    Attributes:
        block_number: Height of its block.
        block_hash: Hash of that block as the node reported it.
        block_time: Time of that block; the history commits to it.
        transaction: Hash of its transaction.
        log_index: Place among the events of the block.
    """

    block_number: int
    block_hash: BlockHash
    block_time: datetime
    transaction: Digest
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry(ABC):
    """What every event of the history has: place, number, and who sent the call.

    `kind` is its number in the history; `RegistryHistory.Kind` has the same.
    """

    kind: ClassVar[int]

    at: Place
    sequence: int
    account: Address

    @abstractmethod
    def payload(self, keccak: Keccak) -> bytes:
        """Return the 32 bytes with which the history commits to what the entry says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AuthorityEntry(_Entry):
    """An entry that concerns one authority."""

    authority: AuthorityId


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored(_AuthorityEntry):
    """A batch was anchored."""

    kind: ClassVar[int] = 1

    root: MerkleRoot
    size: int
    manifest: ManifestDigest

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return batch_key(self.root, self.size, self.manifest, keccak)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(_AuthorityEntry):
    """Licences were suspended or given back; `status` is what every licence in the masks became."""

    kind: ClassVar[int] = 2

    status: int
    changes: tuple[Change, ...]
    decision: Digest

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return change_id(self.authority, self.status, self.changes, self.decision, keccak)


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(_AuthorityEntry):
    """One licence was superseded by an anchored leaf."""

    kind: ClassVar[int] = 3

    index: int
    leaf: Leaf
    decision: Digest

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return keccak(word(self.index) + self.leaf + self.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(_AuthorityEntry):
    """A final status was proposed."""

    kind: ClassVar[int] = 4

    proposal: Digest
    status: int
    changes: tuple[Change, ...]
    decision: Digest

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return change_id(self.authority, self.status, self.changes, self.decision, keccak)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDropped(_AuthorityEntry):
    """A proposal was taken back."""

    kind: ClassVar[int] = 5

    proposal: Digest
    proposer: Address

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return self.proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRegistered(_AuthorityEntry):
    """An authority was registered."""

    kind: ClassVar[int] = 6

    daily_cap: int

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return word(self.daily_cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSet(_AuthorityEntry):
    """An account got exactly these rights; 0 takes all away."""

    kind: ClassVar[int] = 7

    subject: Address
    rights: Right

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return keccak(address_word(self.subject) + word(self.rights))


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCapSet(_AuthorityEntry):
    """The daily cap of final changes was set."""

    kind: ClassVar[int] = 8

    daily_cap: int

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return word(self.daily_cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityPaused(_AuthorityEntry):
    """One authority was stopped, or goes on."""

    kind: ClassVar[int] = 9

    paused: bool

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return word(self.paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(_Entry):
    """Every authority was stopped, or goes on."""

    kind: ClassVar[int] = 10

    paused: bool

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return word(self.paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessorSet(_Entry):
    """Another contract takes over; this one is frozen for ever."""

    kind: ClassVar[int] = 11

    successor: Address

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return address_word(self.successor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration(_Entry):
    """The administrator's own role or delay changed; `what` says how, such as `grantRole`."""

    kind: ClassVar[int] = 12

    what: str
    subject: bytes
    value: int

    @override
    def payload(self, keccak: Keccak) -> bytes:
        what = self.what.encode("ascii").ljust(_WORD, b"\0")
        return keccak(what + self.subject + word(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated(_AuthorityEntry):
    """A deputy got exactly these rights in the authority's name; 0 takes all back.

    `until` is the time after which they end, in seconds since 1970.
    """

    kind: ClassVar[int] = 13

    deputy: AuthorityId
    rights: Right
    until: int

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return keccak(authority_word(self.deputy) + word(self.rights) + word(self.until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(_AuthorityEntry):
    """A final status was confirmed, and made; what it says stands in the proposal's event."""

    kind: ClassVar[int] = 14

    proposal: Digest
    proposer: Address

    @override
    def payload(self, keccak: Keccak) -> bytes:
        return self.proposal


@dataclass(frozen=True, slots=True)
class Foreign:
    """An event that is no entry of the history.

    Attributes:
        at: Where it stands.
        name: The library's name for it, which an `Administration` entry repeats; none for an
            event that the committed interface does not have.
        topic: First topic.
    """

    at: Place
    name: str | None
    topic: bytes


Entry = (
    Anchored
    | StatusChanged
    | Superseded
    | Proposed
    | ProposalDropped
    | AuthorityRegistered
    | AccountSet
    | DailyCapSet
    | AuthorityPaused
    | Paused
    | SuccessorSet
    | Administration
    | Delegated
    | Confirmed
)
"""An event that the history commits to."""

Event = Entry | Foreign
"""Whatever the contract's address emitted."""


@dataclass(frozen=True, slots=True)
class EventRange:
    """All events of the blocks `first` to `last`, in the order of the chain."""

    first: int
    last: int
    events: tuple[Event, ...]


def batch_key(root: MerkleRoot, size: int, manifest: ManifestDigest, keccak: Keccak) -> Digest:
    """Return the key under which the contract has a batch."""
    return Digest(keccak(root + word(size) + manifest))


def change_id(
    authority: AuthorityId,
    status: int,
    changes: tuple[Change, ...],
    decision: Digest,
    keccak: Keccak,
) -> Digest:
    """Return the id of a change of status, and of its proposal."""
    values = b"".join(word(packed_change(each)) for each in changes)
    return Digest(keccak(authority_word(authority) + word(status) + decision + keccak(values)))


def packed_change(change: Change) -> int:
    """Return a change as the contract takes it: `word << 64 | bits`, a bit for each licence."""
    bits = int(f"{change.mask:0{LICENCES_IN_WORD}x}".translate(_NIBBLE_TO_BIT), 2)
    return change.word << LICENCES_IN_WORD | bits


def unpacked_change(value: int) -> Change:
    """Return a change as the contract's events say it."""
    bits = f"{value & (1 << LICENCES_IN_WORD) - 1:0{LICENCES_IN_WORD}b}"
    return Change(value >> LICENCES_IN_WORD, int(bits.replace("1", "f"), 16))


def next_head(head: Digest, entry: Entry, keccak: Keccak) -> Digest:
    """Return the hash over the history with one more entry."""
    authority = entry.authority if isinstance(entry, _AuthorityEntry) else AuthorityId("")
    parts = (
        head,
        word(entry.sequence),
        word(entry.kind),
        authority_word(authority),
        address_word(entry.account),
        word(int(entry.at.block_time.timestamp())),
        entry.payload(keccak),
    )
    return Digest(keccak(b"".join(parts)))


def word(number: int) -> bytes:
    """Return a number as the contract encodes it."""
    return number.to_bytes(_WORD, "big")


def address_word(address: Address) -> bytes:
    """Return an address as the contract encodes it."""
    return address.rjust(_WORD, b"\0")


def authority_word(authority: AuthorityId) -> bytes:
    """Return an authority as the contract encodes it; the empty one is 0."""
    return authority.encode("ascii").ljust(_WORD, b"\0")
