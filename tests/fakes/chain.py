"""A chain in memory that behaves as badly as real ones: it loses, reorders, reorganises.

The state follows from the mined calls alone, so a reorganisation is a shorter list of blocks.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from anchor.calls import (
    LANES,
    LICENCES_IN_WORD,
    PROBES,
    PROPOSAL_LIFETIME,
    AnchorCall,
    Call,
    Change,
    ConfirmCall,
    ProposeCall,
    ReinstateCall,
    SupersedeCall,
    SuspendCall,
)
from anchor.finality import QBFT
from anchor.ports import (
    AccountRights,
    AnchorSlot,
    Block,
    Proposal,
    ProposalState,
    RawProof,
    Receipt,
    Right,
)
from licence.domain.status import StatusWord, may_change
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, MerkleRoot, StatusIndex

GENESIS = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction; no call = somebody else's."""

    account: Address
    nonce: int
    version: int
    call: Call | None


@dataclass
class MinedBlock:
    """A block and what is in it."""

    block: Block
    raws: list[bytes] = field(default_factory=list)


class FakeChain:
    """One contract on one chain; nothing is mined unless `mine` is called, or `automine` is set."""

    def __init__(self, *, automine: bool = False) -> None:
        self.chain_id = ChainId(20260)
        self.contract = Address(b"\xcc" * 20)
        self.wrong = False
        self.automine = automine
        self.finality = QBFT
        self.price = 0
        self.balances: dict[Address, int] = {}
        self.members: dict[Address, AccountRights] = {}
        self.pool: list[bytes] = []
        self.sent: list[bytes] = []
        self.faults: list[str] = []
        self.signed: dict[bytes, Signed] = {}
        self.salt = 0
        self.skipped = timedelta()
        self.reason = ""
        self.nonce_lies: list[int] = []
        self.first_lane: Callable[[ProposeCall], int] = _lane_of
        self.blocks = [MinedBlock(Block(0, BlockHash(b"\0" * 32), GENESIS))]
        self._rebuild()

    # -- what tests do

    def member(self, name: int, authority: AuthorityId, rights: Right) -> "FakeAccount":
        account = FakeAccount(self, Address(bytes([name]) * 20))
        self.members[account.address] = AccountRights(authority, rights)
        return account

    def mine(self, count: int = 1) -> None:
        """Mine blocks; the first takes what the pool has, in order of nonces."""
        for _ in range(count):
            number = len(self.blocks)
            name = sha256(f"{number} {self.salt}".encode()).digest()
            time = GENESIS + self.skipped + timedelta(seconds=number)
            mined = MinedBlock(Block(number, BlockHash(name), time))
            self.blocks.append(mined)
            for raw in sorted(self.pool, key=lambda raw: -self.signed[raw].version):
                self._include(raw, mined)
            self.pool = [raw for raw in self.pool if not self._is_spent(raw)]

    def skip(self, time: timedelta) -> None:
        """Let the next block come that much later."""
        self.skipped += time
        self.mine()

    def reorganise(self, depth: int) -> None:
        """Drop the newest blocks; their transactions are not put back."""
        del self.blocks[-depth:]
        self.salt += 1
        self._rebuild()

    def spend_nonce(self, account: Address) -> None:
        """Let another program use the account's next nonce."""
        self.pool.append(self.register(Signed(account, self.nonce(account), 0, None)))

    def register(self, signed: Signed) -> bytes:
        name = [signed.account.hex(), signed.nonce, signed.version, len(self.signed)]
        raw = json.dumps(name).encode()
        self.signed[raw] = signed
        return raw

    def calls_mined(self) -> list[Call]:
        """Return the calls that succeeded, in order."""
        found = [
            self.signed[raw].call for raw, receipt in self.receipts.items() if receipt.succeeded
        ]
        return [call for call in found if call is not None]

    # -- the port

    def check(self) -> None:
        if self.wrong:
            raise AnzhengError(Code.CHAIN_WRONG, "another chain")

    def genesis(self) -> BlockHash:
        return self.blocks[0].block.hash

    def height(self) -> int:
        return self.blocks[-1].block.number

    def final_height(self) -> int:
        return self.finality.below(self.height())

    def balance(self, account: Address) -> int:
        return self.balances.get(account, 10**18)

    def gas_price(self) -> int:
        return self.price

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        del keys, at
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the fake has no state tree", pruned=True)

    def block(self, height: int) -> Block | None:
        return self.blocks[height].block if height < len(self.blocks) else None

    def nonce(self, account: Address) -> int:
        if self.nonce_lies:
            return self.nonce_lies.pop(0)
        return self.nonces.get(account, 0)

    def rights(self, account: Address) -> AccountRights:
        return self.members.get(account, AccountRights(None, Right(0)))

    def send(self, raw: bytes) -> None:
        self.sent.append(raw)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lose request":
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "connection refused")
        if raw in self.pool:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE,
                "the node answers with an error",
                rpc_message="already known",
            )
        if not self._is_spent(raw):
            self.pool.append(raw)
        if self.automine:
            self.mine()
        if fault == "lose answer":
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "time-out")

    def receipt(self, raw: bytes) -> Receipt | None:
        return self.receipts.get(raw)

    def anchored(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> AnchorSlot | None:
        found = self.slots.get((authority, AnchorCall(root, size, manifest)))
        return AnchorSlot(found[0].time, found[1]) if found else None

    def anchored_in(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> Block | None:
        found = self.slots.get((authority, AnchorCall(root, size, manifest)))
        return found[0] if found else None

    def is_filled_by(
        self, block: Block, slot: AnchorSlot, authority: AuthorityId, root: MerkleRoot
    ) -> bool:
        return any(
            (found, key[0], key[1].root, sequence) == (block, authority, root, slot.sequence)
            for key, (found, sequence) in self.slots.items()
        )

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        assert at is None or at == self.height(), "the fake remembers only the newest state"
        return tuple(self.words.get((authority, word), 0) for word in words)

    def rights_for(self, account: Address, principal: AuthorityId) -> Right:
        own = self.rights(account)
        return own.rights if own.authority == principal else Right(0)

    def proposal(
        self, authority: AuthorityId, call: ProposeCall, proposer: Address
    ) -> Proposal | None:
        found = self._lane(authority, call, proposer)
        return None if found is None else self.lanes[found][1]

    # -- the contract

    def try_call(self, account: Address, call: Call) -> Callable[[Block], None]:
        """Return what makes the call's effect, or refuse the call."""
        authority = self.rights(account).authority or AuthorityId("")
        match call:
            case AnchorCall():
                self._require(account, Right.ANCHOR)
                self._require(account, fine=(authority, call) not in self.slots)
                return lambda block: self.slots.update(
                    {(authority, call): (block, len(self.slots) + 1)}
                )
            case ProposeCall():
                return self._propose(account, authority, call)
            case ConfirmCall():
                return self._confirm(account, authority, call)
            case SuspendCall() | ReinstateCall():
                self._require(account, Right.PROPOSE)
                suspends = isinstance(call, SuspendCall)
                word = StatusWord.SUSPENDED if suspends else StatusWord.NONE
                return self._change(account, authority, call.changes, word)
            case SupersedeCall():
                self._require(account, Right.PROPOSE)
                anchored = {key.root for _, key in self.slots}
                fine = all(item.root in anchored for item in call.successions)
                self._require(account, fine=fine)
                changes = tuple(
                    Change(item.index // 64, 15 << 4 * (item.index % 64))
                    for item in call.successions
                )
                return self._change(account, authority, changes, StatusWord.SUPERSEDED)

    def _confirm(
        self, account: Address, authority: AuthorityId, call: ConfirmCall
    ) -> Callable[[Block], None]:
        self._require(account, Right.CONFIRM, fine=account != call.proposer)
        proposed = ProposeCall(call.status, call.changes, call.decision)
        lane = self._lane(authority, proposed, call.proposer)
        found = self.proposal(authority, proposed, call.proposer)
        self._require(account, fine=self._is_open(found))
        change = self._change(account, authority, call.changes, call.status)

        def effect(block: Block) -> None:
            change(block)
            if found is not None and lane is not None:
                self.lanes[lane] = (proposed, replace(found, state=ProposalState.CONFIRMED))

        return effect

    def _propose(
        self, account: Address, authority: AuthorityId, call: ProposeCall
    ) -> Callable[[Block], None]:
        self._require(account, Right.PROPOSE)
        lanes = self._lanes(authority, call)
        free = [lane for lane in lanes if lane not in self.lanes or not self._holds(lane)]
        if not free:
            raise AnzhengError(Code.CHAIN_REVERTED, "the contract refuses", reason="LaneBusy")
        before = self.proposal(authority, call, account)
        self._require(account, fine=not self._is_open(before))
        return lambda block: self.lanes.update(
            {free[0]: (call, Proposal(account, block.time, ProposalState.OPEN))}
        )

    def _lanes(self, authority: AuthorityId, call: ProposeCall) -> list[tuple[AuthorityId, int]]:
        first = self.first_lane(call)
        return [(authority, (first + probe) % LANES) for probe in range(PROBES)]

    def _holds(self, lane: tuple[AuthorityId, int]) -> bool:
        return self._is_open(self.lanes[lane][1])

    def _lane(
        self, authority: AuthorityId, call: ProposeCall, proposer: Address
    ) -> tuple[AuthorityId, int] | None:
        """Return the lane that tells of a proposal, an open one before a settled one."""
        found = [
            lane
            for lane in self._lanes(authority, call)
            if lane in self.lanes
            and (self.lanes[lane][0], self.lanes[lane][1].proposer) == (call, proposer)
        ]
        return next((lane for lane in found if self._holds(lane)), next(iter(found), None))

    def _change(
        self,
        account: Address,
        authority: AuthorityId,
        changes: tuple[Change, ...],
        word: StatusWord,
    ) -> Callable[[Block], None]:
        indices = indices_of(changes)
        for index in indices:
            old = self.words.get((authority, index // 64), 0) >> 4 * (index % 64) & 15
            self._require(account, fine=may_change(StatusWord(old), word))

        def effect(block: Block) -> None:
            del block
            for change in changes:
                old = self.words.get((authority, change.word), 0)
                ones = change.mask // 15
                self.words[authority, change.word] = old & ~change.mask | ones * word

        return effect

    def _require(self, account: Address, right: Right = Right(0), *, fine: bool = True) -> None:  # noqa: B008
        if self.reason:
            raise AnzhengError(Code.CHAIN_REVERTED, "the contract refuses", reason=self.reason)
        if not fine or right not in self.rights(account).rights:
            raise AnzhengError(Code.CHAIN_REVERTED, "the contract refuses")

    def _is_open(self, proposal: Proposal | None) -> bool:
        if proposal is None or proposal.state is not ProposalState.OPEN:
            return False
        return self.blocks[-1].block.time <= proposal.proposed_at + PROPOSAL_LIFETIME

    # -- inner parts

    def _rebuild(self) -> None:
        self.nonces: dict[Address, int] = {}
        self.receipts: dict[bytes, Receipt] = {}
        self.slots: dict[tuple[AuthorityId, AnchorCall], tuple[Block, int]] = {}
        self.words: dict[tuple[AuthorityId, int], int] = {}
        self.lanes: dict[tuple[AuthorityId, int], tuple[ProposeCall, Proposal]] = {}
        for mined in self.blocks:
            raws, mined.raws = mined.raws, []
            for raw in raws:
                self._include(raw, mined)

    def _is_spent(self, raw: bytes) -> bool:
        signed = self.signed[raw]
        return self.nonces.get(signed.account, 0) > signed.nonce

    def _include(self, raw: bytes, mined: MinedBlock) -> None:
        signed = self.signed[raw]
        if signed.nonce != self.nonces.get(signed.account, 0):
            return
        self.nonces[signed.account] = signed.nonce + 1
        mined.raws.append(raw)
        succeeded = True
        if signed.call is not None:
            try:
                self.try_call(signed.account, signed.call)(mined.block)
            except AnzhengError:
                succeeded = False
        self.receipts[raw] = Receipt(succeeded, mined.block.number, mined.block.hash)


def _lane_of(call: ProposeCall) -> int:
    return sha256(repr(call).encode()).digest()[-1]


@dataclass(frozen=True)
class FakeAccount:
    """An account of the fake chain."""

    chain: FakeChain
    address: Address

    def sign(self, call: Call, *, nonce: int, version: int) -> bytes:
        self.chain.try_call(self.address, call)
        return self.chain.register(Signed(self.address, nonce, version, call))


def indices_of(changes: Iterable[Change]) -> tuple[StatusIndex, ...]:
    """Return the licences that these changes name, ascending."""
    return tuple(
        StatusIndex(change.word * LICENCES_IN_WORD + place)
        for change in changes
        for place in range(LICENCES_IN_WORD)
        if change.mask >> (4 * place) & 15
    )
