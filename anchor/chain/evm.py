"""The contract on an EVM chain with Ethereum JSON-RPC; conforms to `anchor.ports.Chain`."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from anchor.chain.node import Node, hexed, number, octets
from anchor.ports import (
    AccountRights,
    AnchorSlot,
    Block,
    Proposal,
    ProposalState,
    Receipt,
    Right,
)
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, MerkleRoot

_STATES = {1: ProposalState.OPEN, 2: ProposalState.CONFIRMED, 3: ProposalState.DROPPED}


@dataclass(frozen=True, slots=True)
class Contract:
    """Which contract on which chain is meant; all of it is pinned.

    Attributes:
        chain_id: EIP-155 id.
        address: Address of the contract.
        from_block: Height at which it was deployed; no event is older.
    """

    chain_id: ChainId
    address: Address
    from_block: int = 0


class EvmChain:
    """One contract through one node.

    Args:
        node: The node.
        contract: Where the contract is.
        artifact: Its interface and the hash that its code must have.
    """

    def __init__(self, node: Node, contract: Contract, artifact: Artifact) -> None:
        self._node = node
        self._contract = contract
        self._artifact = artifact

    @property
    def node(self) -> Node:
        """The node, for accounts."""
        return self._node

    @property
    def chain_id(self) -> ChainId:
        """EIP-155 id that the transactions are signed for."""
        return self._contract.chain_id

    @property
    def contract(self) -> Address:
        """Address of the contract."""
        return self._contract.address

    def check(self) -> None:
        """Compare chain id and code of the contract with what is pinned.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_UNAVAILABLE.
        """
        found = self._node.quantity("eth_chainId")
        if found != self.chain_id:
            raise AnzhengError(Code.CHAIN_WRONG, "another chain", found=found, wanted=self.chain_id)
        code = self._node.octets("eth_getCode", hexed(self.contract), "latest")
        if keccak(code) != self._artifact.code_hash:
            raise AnzhengError(
                Code.CHAIN_WRONG, "another contract stands there", contract=self.contract.hex()
            )

    def height(self) -> int:
        """Return the number of the newest block."""
        return self._node.quantity("eth_blockNumber")

    def block(self, height: int) -> Block | None:
        """Return the canonical block of this height."""
        found = self._node.ask("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 - JSON
        if found is None:
            return None
        try:
            return Block(
                number=number(found["number"]),
                hash=BlockHash(octets(found["hash"])),
                time=moment(number(found["timestamp"])),
            )
        except (KeyError, TypeError) as error:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's block is none") from error

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
                block_hash=BlockHash(octets(found["blockHash"])),
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
        topics = (
            ANCHORED_TOPIC,
            authority_bytes(authority).ljust(32, b"\0"),
            root,
            slot.sequence.to_bytes(32, "big"),
        )
        wanted = {
            "address": hexed(self.contract),
            "fromBlock": hex(self._contract.from_block),
            "toBlock": "latest",
            "topics": [hexed(topic) for topic in topics],
        }
        events = self._node.ask("eth_getLogs", wanted)
        if not isinstance(events, list) or not events:
            return None
        return self.block(number(events[0].get("blockNumber")))

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """Return storage words, as of block `at` (none = the newest)."""
        name, types = authority_bytes(authority), ("bytes18", "uint32")
        return tuple(
            int(answer(("uint256",), self._call(function("statusWord", types, name, word), at))[0])
            for word in words
        )

    def proposal(self, authority: AuthorityId, call: ProposeCall) -> Proposal | None:
        """Return what became of a proposal with exactly this content."""
        types = ("bytes18", "bytes32")
        key = proposal_id(authority, call)
        data = self._call(function("proposal", types, authority_bytes(authority), key))
        proposer, proposed_at, state = answer(("address", "uint48", "uint8"), data)
        if state not in _STATES:
            return None
        return Proposal(Address(octets(proposer)), moment(proposed_at), _STATES[state])

    def estimate(self, sender: Address, data: bytes) -> int:
        """Return the gas that a call of the contract needs.

        Raises:
            AnzhengError: CHAIN_REVERTED, when the contract would refuse it now; CHAIN_UNAVAILABLE.
        """
        call = {"from": hexed(sender), "to": hexed(self.contract), "data": hexed(data)}
        try:
            return self._node.quantity("eth_estimateGas", call)
        except AnzhengError as error:
            if error.code is Code.CHAIN_REVERTED:
                reason = error_name(self._artifact.abi, str(error.facts.get("revert")))
                raise AnzhengError(
                    Code.CHAIN_REVERTED, "the contract refuses the call", reason=reason
                ) from error
            raise

    def _call(self, data: bytes, at: int | None = None) -> bytes:
        call = {"to": hexed(self.contract), "data": hexed(data)}
        return self._node.octets("eth_call", call, "latest" if at is None else hex(at))
