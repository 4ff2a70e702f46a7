"""The chain as the anchor package sees it: values, and the two Protocols of the chain gate.

`anchor.chain` conforms for EVM chains; `tests/fakes/chain.py` is the twin in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum, unique
from typing import Protocol

from anchor.calls import Call, ProposeCall
from anchor.finality import Finality
from licence.errors import Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, Digest, MerkleRoot


@unique
class Right(IntFlag):
    """Rights of an account; the same numbers stand in the contract."""

    ANCHOR = 1
    PROPOSE = 2
    CONFIRM = 4
    PAUSE = 8
    DELEGATE = 16


@unique
class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Block:
    """A block as the node has it now."""

    number: int
    hash: BlockHash
    time: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction."""

    succeeded: bool
    block_number: int
    block_hash: BlockHash


@dataclass(frozen=True, slots=True)
class AnchorSlot:
    """What the contract stores about a batch."""

    time: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class AccountRights:
    """For whom an account acts, and what it may do."""

    authority: AuthorityId | None
    rights: Right


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed final change."""

    proposer: Address
    proposed_at: datetime
    state: ProposalState


@dataclass(frozen=True, slots=True)
class RawSlot:
    """One storage slot in an answer to `eth_getProof`.

    Attributes:
        key: The slot, 32 bytes.
        value: What the node says it holds.
        nodes: Patricia nodes from the storage root down, as the node sent them.
    """

    key: bytes
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class RawProof:
    """An answer to `eth_getProof` and the header of its block: only what a node says, unproved.

    Attributes:
        block: The block.
        header: The items of the header's RLP list in order, integers as big-endian bytes without
            leading zeros; 15 items, more where the chain's rules have them. Seals are in item 12
            (extraData). The block hash is not checked here: it depends on the consensus.
        account: Address of the contract.
        account_nodes: Patricia nodes from the state root down.
        nonce: Of the account.
        balance: Of the account, in wei.
        storage_hash: Root of the account's storage.
        code_hash: keccak-256 of its code.
        slots: In the order in which they were asked for.
    """

    block: Block
    header: tuple[bytes, ...]
    account: Address
    account_nodes: tuple[bytes, ...]
    nonce: int
    balance: int
    storage_hash: Digest
    code_hash: Digest
    slots: tuple[RawSlot, ...]


class Chain(Protocol):
    """One contract on one chain. Every answer is only what the node, or most of them, say.

    Every method raises CHAIN_UNAVAILABLE when the node does not answer, or not sensibly.
    """

    @property
    def chain_id(self) -> ChainId:
        """EIP-155 id that the transactions are signed for."""
        ...

    @property
    def contract(self) -> Address:
        """Address of the contract."""
        ...

    @property
    def finality(self) -> Finality:
        """When a block counts as final."""
        ...

    def check(self) -> None:
        """Compare chain id, genesis and code of the contract with what is pinned.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_UNAVAILABLE.
        """
        ...

    def genesis(self) -> BlockHash:
        """Return the hash of block 0."""
        ...

    def height(self) -> int:
        """Return the number of the newest block."""
        ...

    def final_height(self) -> int:
        """Return the height up to which blocks are final, -1 for none."""
        ...

    def balance(self, account: Address) -> int:
        """Return what an account has, in wei."""
        ...

    def gas_price(self) -> int:
        """Return what a unit of gas costs now, in wei; 0 where gas is free."""
        ...

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        """Return the proof of the contract's account and storage slots as of block `at`.

        Args:
            keys: Storage slots of 32 bytes.
            at: Height of the block.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE; with the fact `pruned` when the node no longer has the
                state of that block: a later block proves a slot that is written once as well.
        """
        ...

    def block(self, height: int) -> Block | None:
        """Return the canonical block of this height."""
        ...

    def nonce(self, account: Address) -> int:
        """Return how many transactions of the account are mined."""
        ...

    def rights(self, account: Address) -> AccountRights:
        """Return what the contract allows an account."""
        ...

    def send(self, raw: bytes) -> None:
        """Give a signed transaction to the node. An error is no verdict: it may still be mined."""
        ...

    def receipt(self, raw: bytes) -> Receipt | None:
        """Return what became of a signed transaction, if it is mined."""
        ...

    def anchored(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> AnchorSlot | None:
        """Return the slot of a batch."""
        ...

    def anchored_in(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> Block | None:
        """Return the block in which a batch was anchored, from the contract's events."""
        ...

    def is_filled_by(
        self, block: Block, slot: AnchorSlot, authority: AuthorityId, root: MerkleRoot
    ) -> bool:
        """Say whether a block, asked for by its hash, has the event that filled a slot."""
        ...

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """Return storage words, as of block `at` (none = the newest)."""
        ...

    def rights_for(self, account: Address, principal: AuthorityId) -> Right:
        """Return what an account may do in the name of an authority now.

        Its own rights there, or those that it has at home and that were delegated to its home.
        """
        ...

    def proposal(
        self, authority: AuthorityId, call: ProposeCall, proposer: Address
    ) -> Proposal | None:
        """Return what became of this account's proposal with exactly this content.

        None also when another proposal has taken its lane since it was settled or lapsed.
        """
        ...


class Alarms(Protocol):
    """Tells people about what lasts: once when it begins, once when it is over."""

    def rise(self, key: str, code: Code, message: str) -> None:
        """Say that something is wrong, unless it was said.

        Args:
            key: What it is about, as `node:<name>`.
            code: What is wrong.
            message: The same for people.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        ...

    def clear(self, key: str) -> None:
        """Say that it is over, if it was wrong.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        ...


class ChainAccount(Protocol):
    """An account that signs calls of the contract."""

    @property
    def address(self) -> Address:
        """Its address."""
        ...

    def sign(self, call: Call, *, nonce: int, version: int) -> bytes:
        """Return the signed transaction.

        Args:
            call: What to ask of the contract.
            nonce: Number of the transaction in this account.
            version: 0, or how often this nonce was signed before: then fees are raised.

        Raises:
            AnzhengError: CHAIN_REVERTED, when the contract would refuse it now;
                CHAIN_UNAVAILABLE.
        """
        ...
