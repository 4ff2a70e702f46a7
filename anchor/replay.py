"""The contract's state rebuilt from its events, so that no node has to be believed. Pure.

Standard: contracts/src/LicenceRegistry.sol; DESIGN 3.3.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

from anchor.calls import LICENCES_IN_WORD, PROPOSAL_LIFETIME, Change
from anchor.chain_ports import AccountRights, Right
from anchor.events import (
    NO_HEAD,
    AccountSet,
    Administration,
    Anchored,
    AuthorityPaused,
    AuthorityRegistered,
    Confirmed,
    DailyCapSet,
    Delegated,
    Entry,
    Keccak,
    Paused,
    ProposalDropped,
    Proposed,
    StatusChanged,
    SuccessorSet,
    Superseded,
    batch_key,
    next_head,
)
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, Digest, StatusIndex

_NIBBLE_BITS: Final = 4
_NIBBLE: Final = 0xF
_ONES: Final = int("1" * LICENCES_IN_WORD, 16)


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """An authority as the contract has it."""

    registered_at: datetime
    daily_cap: int
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a deputy may do in an authority's name, and until when (seconds since 1970)."""

    rights: Right
    until: int


@dataclass(slots=True)
class Replay:
    """State of one contract; starts empty, or from what was stored.

    Attributes:
        keccak: keccak-256.
        sequence: Number of the last entry.
        head: Hash over the history so far.
        accounts: Rights of each account that ever had some.
        authorities: The registered authorities.
        batches: Each batch by authority and key.
        words: Status words that are not 0, by authority and number of the word.
        proposals: Open proposals by authority, id and proposer; a void one stays until the next.
        delegations: What each deputy may do, by authority and deputy.
        paused: Whether every authority is stopped.
        successor: The contract that took over.
        frozen_at: Since when.
        touched: Words that changed and when, for whoever stores them; he clears it.
    """

    keccak: Keccak
    sequence: int = 0
    head: Digest = NO_HEAD
    accounts: dict[Address, AccountRights] = field(default_factory=dict)
    authorities: dict[AuthorityId, AuthorityState] = field(default_factory=dict)
    batches: dict[tuple[AuthorityId, Digest], Anchored] = field(default_factory=dict)
    words: dict[tuple[AuthorityId, int], int] = field(default_factory=dict)
    proposals: dict[tuple[AuthorityId, Digest, Address], Proposed] = field(default_factory=dict)
    delegations: dict[tuple[AuthorityId, AuthorityId], Delegation] = field(default_factory=dict)
    paused: bool = False
    successor: Address | None = None
    frozen_at: datetime | None = None
    touched: dict[tuple[AuthorityId, int], datetime] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Apply the next entry of the history.

        Raises:
            AnzhengError: HISTORY_MISMATCH, when it is not the next one, or does not fit what
                stands there.
        """
        if entry.sequence != self.sequence + 1:
            raise AnzhengError(
                Code.HISTORY_MISMATCH,
                "an entry of the history is missing, or stands there twice",
                expected=self.sequence + 1,
                found=entry.sequence,
            )
        if isinstance(entry, StatusChanged | Superseded | Confirmed):
            self._set_words(entry)
        self._change(entry)
        self.head = next_head(self.head, entry, self.keccak)
        self.sequence = entry.sequence

    def compare(self, sequence: int, head: Digest) -> None:
        """Compare with what the contract says at the block up to which events were applied.

        Raises:
            AnzhengError: HISTORY_MISMATCH.
        """
        if (self.sequence, self.head) != (sequence, head):
            raise AnzhengError(
                Code.HISTORY_MISMATCH,
                "the events do not make the head of the contract's history",
                replayed=self.sequence,
                contract=sequence,
            )

    def status_of(self, authority: AuthorityId, index: StatusIndex) -> StatusWord:
        """Return the status of one licence.

        Raises:
            AnzhengError: STATUS_UNKNOWN_VALUE.
        """
        at, place = divmod(index, LICENCES_IN_WORD)
        nibble = self.words.get((authority, at), 0) >> _NIBBLE_BITS * place & _NIBBLE
        try:
            return StatusWord(nibble)
        except ValueError as error:
            raise AnzhengError(Code.STATUS_UNKNOWN_VALUE, "no such status", value=nibble) from error

    def changes_of(self, entry: Entry) -> tuple[int, tuple[Change, ...]]:
        """Return which licences an entry changes, and to what; to be asked before it is applied.

        Raises:
            AnzhengError: HISTORY_MISMATCH, for a proposal that was never made.
        """
        match entry:
            case StatusChanged():
                return entry.status, entry.changes
            case Superseded():
                at, place = divmod(entry.index, LICENCES_IN_WORD)
                return StatusWord.SUPERSEDED, (Change(at, _NIBBLE << _NIBBLE_BITS * place),)
            case Confirmed():
                made = self._made(entry)
                return made.status, made.changes
            case _:
                return StatusWord.NONE, ()

    def _change(self, entry: Entry) -> None:
        match entry:
            case Anchored():
                key = batch_key(entry.root, entry.size, entry.manifest, self.keccak)
                self.batches[entry.authority, key] = entry
            case StatusChanged() | Superseded():
                pass  # `changes_of` has it all
            case Proposed() | ProposalDropped() | Confirmed():
                self._proposal(entry)
            case AuthorityRegistered() | DailyCapSet() | AuthorityPaused():
                self._authority(entry)
            case AccountSet():
                rights = AccountRights(entry.authority, Right(entry.rights))
                self.accounts[entry.subject] = rights
            case Delegated():
                grant = Delegation(Right(entry.rights), entry.until)
                self.delegations[entry.authority, entry.deputy] = grant
            case Paused() | SuccessorSet() | Administration():
                self._contract(entry)
            case _:
                assert_never(entry)

    def _proposal(self, entry: Proposed | ProposalDropped | Confirmed) -> None:
        if isinstance(entry, Proposed):
            self._forget_void(entry.at.block_time)
            self.proposals[entry.authority, entry.proposal, entry.account] = entry
            return
        self._made(entry)
        del self.proposals[entry.authority, entry.proposal, entry.proposer]

    def _made(self, entry: ProposalDropped | Confirmed) -> Proposed:
        found = self.proposals.get((entry.authority, entry.proposal, entry.proposer))
        if found is None:
            raise AnzhengError(
                Code.HISTORY_MISMATCH, "a proposal that was never made", at=entry.sequence
            )
        return found

    def _forget_void(self, now: datetime) -> None:
        """Forget proposals that nobody can confirm any more."""
        oldest = now - PROPOSAL_LIFETIME
        for key in [key for key, each in self.proposals.items() if each.at.block_time < oldest]:
            del self.proposals[key]

    def _contract(self, entry: Paused | SuccessorSet | Administration) -> None:
        match entry:
            case Paused():
                self.paused = entry.paused
            case SuccessorSet():
                self.successor, self.frozen_at = entry.successor, entry.at.block_time
            case Administration():
                pass  # the administrator's own role; it opens nothing in the registry
            case _:
                assert_never(entry)

    def _set_words(self, entry: StatusChanged | Superseded | Confirmed) -> None:
        status, changes = self.changes_of(entry)
        for change in changes:
            key = (entry.authority, change.word)
            word = self.words.get(key, 0) & ~change.mask | (_ONES * status) & change.mask
            self.touched[key] = entry.at.block_time
            if word:
                self.words[key] = word
            else:
                self.words.pop(key, None)

    def _authority(self, entry: AuthorityRegistered | DailyCapSet | AuthorityPaused) -> None:
        if isinstance(entry, AuthorityRegistered):
            state = AuthorityState(entry.at.block_time, entry.daily_cap)
            self.authorities[entry.authority] = state
            return
        known = self.authorities.get(entry.authority)
        if known is None:
            raise AnzhengError(
                Code.HISTORY_MISMATCH, "an authority that was never registered", at=entry.sequence
            )
        cap = entry.daily_cap if isinstance(entry, DailyCapSet) else known.daily_cap
        paused = entry.paused if isinstance(entry, AuthorityPaused) else known.paused
        self.authorities[entry.authority] = AuthorityState(known.registered_at, cap, paused)
