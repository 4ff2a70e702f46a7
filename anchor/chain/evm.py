"""The contract on an EVM chain with Ethereum JSON-RPC; conforms to `anchor.ports.Chain`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eth_utils.crypto import keccak

from anchor.calls import ProposeCall
from anchor.chain.artifact import Artifact
from anchor.chain.codec import (
    ANCHORED_TOPIC,
    answer,
    authority_bytes,
    batch_key,
    error_name,
    function,
    moment,
    proposal_id,
)
from anchor.chain.fees import OVER_BLOCK_LIMIT, price_now
from anchor.chain.node import hashed, hexed, number, octets
from anchor.chain.proof import read_block, read_proof
from anchor.chain.rpc import Rpc
from anchor.chain.search import blocks_at
from anchor.finality import QBFT, Finality, FinalityMode
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
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, MerkleRoot

MOST_BLOCKS: Final = 100
"""Blocks of one and the same second that are asked for events at once."""

_TOO_MUCH_GAS: Final = ("gas required exceeds", "out of gas", "exceeds block gas limit")
"""How nodes begin to say that no block has room for a call."""

_STATES = {1: ProposalState.OPEN, 2: ProposalState.CONFIRMED, 3: ProposalState.DROPPED}


@dataclass(frozen=True, slots=True)
class Contract:
    """Which contract on which chain is meant; all of it is pinned.

    Attributes:
        chain_id: EIP-155 id.
        address: Address of the contract.
        from_block: Height at which it was deployed; no event is older.
        genesis: Hash of the chain's first block; none where it was never noted.
    """

    chain_id: ChainId
    address: Address
    from_block: int = 0
    genesis: BlockHash | None = None


@dataclass(frozen=True, slots=True)
class Takeover:
    """Another contract took over: which, and the time of the block in which it did."""

    contract: Address
    time: datetime


class EvmChain:
    """One contract through one node, or a pool of them.

    Args:
        node: What answers.
        contract: Where the contract is.
        artifact: Its interface and the hash that its code must have.
        finality: When a block counts as final.
    """

    def __init__(
        self, node: Rpc, contract: Contract, artifact: Artifact, finality: Finality = QBFT
    ) -> None:
        self._node = node
        self._contract = contract
        self._artifact = artifact
        self._finality = finality

    @property
    def node(self) -> Rpc:
        """The node, for accounts."""
        return self._node

    @property
    def finality(self) -> Finality:
        """When a block counts as final."""
        return self._finality

    @property
    def chain_id(self) -> ChainId:
        """EIP-155 id that the transactions are signed for."""
        return self._contract.chain_id

    @property
    def contract(self) -> Address:
        """Address of the contract."""
        return self._contract.address

    @property
    def takes_pairs(self) -> bool:
        """Whether the contract is that of the first release; see `codec.call_data`."""
        return self._artifact.takes_pairs

    def check(self) -> None:
        """Compare chain id, genesis and code of the contract with what is pinned.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_UNAVAILABLE.
        """
        found = self._node.quantity("eth_chainId")
        if found != self.chain_id:
            raise AnzhengError(Code.CHAIN_WRONG, "another chain", found=found, wanted=self.chain_id)
        pinned = self._contract.genesis
        if pinned is not None and self.genesis() != pinned:
            raise AnzhengError(
                Code.CHAIN_WRONG, "a chain of the same id that began otherwise", wanted=pinned.hex()
            )
        code = self._node.octets("eth_getCode", hexed(self.contract), "latest")
        if keccak(code) != self._artifact.code_hash:
            raise AnzhengError(
                Code.CHAIN_WRONG, "another contract stands there", contract=self.contract.hex()
            )

    def genesis(self) -> BlockHash:
        """Return the hash of block 0."""
        first = self.block(0)
        if first is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node has no first block")
        return first.hash

    def height(self) -> int:
        """Return the number of the newest block."""
        return self._node.quantity("eth_blockNumber")

    def final_height(self) -> int:
        """Return the height up to which blocks are final, -1 for none."""
        if self._finality.mode is not FinalityMode.POS:
            return self._finality.below(self.height())
        found = self._node.ask("eth_getBlockByNumber", "finalized", False)  # noqa: FBT003 - JSON
        return -1 if found is None else read_block(found).number

    def balance(self, account: Address) -> int:
        """Return what an account has, in wei."""
        return self._node.quantity("eth_getBalance", hexed(account), "latest")

    def gas_price(self) -> int:
        """Return what a unit of gas costs now, in wei; 0 where gas is free."""
        return price_now(self._node)

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        """Return the proof of the contract's account and storage slots as of block `at`."""
        return read_proof(self._node, self.contract, keys, at)

    def block(self, height: int) -> Block | None:
        """Return the canonical block of this height."""
        found = self._node.ask("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 - JSON
        if found is None:
            return None
        block = read_block(found)
        if block.number != height:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's block is another one")
        return block

    def nonce(self, account: Address) -> int:
        """Return how many transactions of the account are mined.

        Never `pending`: what a node has in its pool, another has not.
        """
        return self._node.quantity("eth_getTransactionCount", hexed(account), "latest")

    def rights(self, account: Address) -> AccountRights:
        """Return what the contract allows an account."""
        data = self._call(function("accountOf", ("address",), hexed(account)))
        name, rights = answer(("bytes18", "uint8"), data)
        authority = name.rstrip(b"\0").decode("ascii", "replace")
        return AccountRights(AuthorityId(authority) if authority else None, Right(rights))

    def send(self, raw: bytes) -> None:
        """Give a signed transaction to the node."""
        self._node.ask("eth_sendRawTransaction", hexed(raw))

    def receipt(self, raw: bytes) -> Receipt | None:
        """Return what became of a signed transaction, if it is mined."""
        found = self._node.ask("eth_getTransactionReceipt", hexed(keccak(raw)))
        if found is None:
            return None
        try:
            return Receipt(
                succeeded=number(found["status"]) == 1,
                block_number=number(found["blockNumber"]),
                block_hash=BlockHash(hashed(found["blockHash"])),
            )
        except (KeyError, TypeError) as error:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's receipt is none") from error

    def anchored(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> AnchorSlot | None:
        """Return the slot of a batch."""
        key = batch_key(root, size, manifest)
        types = ("bytes18", "bytes32")
        data = self._call(function("batch", types, authority_bytes(authority), key))
        time, sequence = answer(("uint64", "uint64"), data)
        return AnchorSlot(moment(time), sequence) if time else None

    def anchored_in(
        self, authority: AuthorityId, root: MerkleRoot, size: int, manifest: ManifestDigest
    ) -> Block | None:
        """Return the block in which a batch was anchored, from the contract's events."""
        slot = self.anchored(authority, root, size, manifest)
        if slot is None:
            return None
        blocks = blocks_at(slot.time, self._contract.from_block, self.height(), self._time_of)
        for first in range(blocks.start, blocks.stop, MOST_BLOCKS):
            last = min(first + MOST_BLOCKS, blocks.stop) - 1
            where = {"fromBlock": hex(first), "toBlock": hex(last)}
            events = self._events(where, slot, authority, root)
            if events:
                return self.block(number(events[0].get("blockNumber")))
        # Whoever believed "not anchored" would send it again, and be refused.
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "a slot without the event that filled it")

    def is_filled_by(
        self, block: Block, slot: AnchorSlot, authority: AuthorityId, root: MerkleRoot
    ) -> bool:
        """Say whether a block, asked for by its hash, has the event that filled a slot.

        A node that told a wrong hash has no events under it, unless it invents them too.
        """
        events = self._events({"blockHash": hexed(block.hash)}, slot, authority, root)
        return any(
            hashed(event.get("blockHash")) == block.hash
            and number(event.get("blockNumber")) == block.number
            for event in events
        )

    def _events(
        self, where: Mapping[str, str], slot: AnchorSlot, authority: AuthorityId, root: MerkleRoot
    ) -> Sequence[Mapping[str, Any]]:
        """Return the events of some blocks that tell how a slot was filled."""
        topics = (
            ANCHORED_TOPIC,
            authority_bytes(authority).ljust(32, b"\0"),
            root,
            slot.sequence.to_bytes(32, "big"),
        )
        wanted = {"address": hexed(self.contract), "topics": [hexed(each) for each in topics]}
        events = self._node.ask("eth_getLogs", {**wanted, **where})
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's events are none")
        return events

    def _time_of(self, height: int) -> datetime:
        block = self.block(height)
        if block is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node lacks a block", block=height)
        return block.time

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """Return storage words, as of block `at` (none = the newest)."""
        name, types = authority_bytes(authority), ("bytes18", "uint32")
        return tuple(
            int(answer(("uint256",), self._call(function("statusWord", types, name, word), at))[0])
            for word in words
        )

    def rights_for(self, account: Address, principal: AuthorityId) -> Right:
        """Return what an account may do in the name of an authority now."""
        own = self.rights(account)
        if own.authority is None or own.authority == principal:
            return own.rights if own.authority else Right(0)
        names = (authority_bytes(principal), authority_bytes(own.authority))
        data = self._call(function("delegationOf", ("bytes18", "bytes18"), *names))
        rights, until = answer(("uint8", "uint40"), data)
        newest = self.block(self.height())
        if newest is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node does not have its newest block")
        # Compared as seconds: no calendar has the contract's last one.
        return own.rights & Right(rights) if newest.time.timestamp() <= until else Right(0)

    def proposal(
        self, authority: AuthorityId, call: ProposeCall, proposer: Address
    ) -> Proposal | None:
        """Return what became of this account's proposal with exactly this content."""
        types = ("bytes18", "bytes32", "address")
        key = proposal_id(authority, call)
        data = self._call(function("proposal", types, authority_bytes(authority), key, proposer))
        proposed_at, state = answer(("uint40", "uint8"), data)
        if state not in _STATES:
            return None
        return Proposal(proposer, moment(proposed_at), _STATES[state])

    def daily_cap(self, authority: AuthorityId) -> int | None:
        """Return how many final changes an authority may make in a day; none: not registered."""
        data = self._call(function("authorityOf", ("bytes18",), authority_bytes(authority)))
        registered_at, _, cap, _, _ = answer(("uint40", "bool", "uint32", "uint32", "uint32"), data)
        return int(cap) if registered_at else None

    def successor(self) -> Takeover | None:
        """Return which contract took over."""
        following, frozen_at = answer(("address", "uint40"), self._call(function("successor", ())))
        return Takeover(Address(octets(following)), moment(frozen_at)) if frozen_at else None

    def estimate(self, sender: Address, data: bytes) -> int:
        """Return the gas that a call of the contract needs.

        Raises:
            AnzhengError: CHAIN_REVERTED, when the contract would refuse it now; CHAIN_UNAVAILABLE.
        """
        call = {"from": hexed(sender), "to": hexed(self.contract), "data": hexed(data)}
        try:
            return self._node.quantity("eth_estimateGas", call)
        except AnzhengError as error:
            if str(error.facts.get("rpc_message", "")).lower().startswith(_TOO_MUCH_GAS):
                raise AnzhengError(
                    Code.CHAIN_REVERTED, "no block has room for this", reason=OVER_BLOCK_LIMIT
                ) from error
            if error.code is Code.CHAIN_REVERTED:
                reason = error_name(self._artifact.abi, str(error.facts.get("revert")))
                raise AnzhengError(
                    Code.CHAIN_REVERTED, "the contract refuses the call", reason=reason
                ) from error
            raise

    def _call(self, data: bytes, at: int | None = None) -> bytes:
        call = {"to": hexed(self.contract), "data": hexed(data)}
        return self._node.octets("eth_call", call, "latest" if at is None else hex(at))
