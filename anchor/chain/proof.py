"""Asking a node for what an offline proof is made of; `licence.formats` proves, nothing here does.

Standard: Ethereum JSON-RPC (`eth_getBlockByNumber`), EIP-1186 (`eth_getProof`).
"""

from collections.abc import Sequence
from typing import Any, Final

from anchor.chain.codec import moment
from anchor.chain.node import hashed, hexed, number, octets
from anchor.chain.rpc import Rpc
from anchor.chain_ports import Block, RawProof, RawSlot
from licence.errors import AnzhengError, Code
from licence.ids import Address, BlockHash, Digest

HEADER: Final = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce"),
)
"""Fields of every header, in the order of its RLP list."""

LATER: Final = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
"""Fields that later rules appended, in that order; a header has the first so many."""

NUMBERS: Final = frozenset(
    {
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
        *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
    }
)
"""Fields that are integers in the RLP list; the others are bytes."""

MAX_NODES: Final = 66
"""A path has 64 nibbles; the root and a leaf more."""

_PRUNED: Final = ("world state", "missing trie node", "pruned", "historical state", "not available")
"""What nodes say about a state that they no longer keep, each in its own words."""


def read_proof(rpc: Rpc, account: Address, keys: Sequence[bytes], at: int) -> RawProof:
    """Return the proof of an account and of storage slots as of block `at`.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE; with the fact `pruned` when the state is gone.
    """
    found = rpc.ask("eth_getBlockByNumber", hex(at), False)  # noqa: FBT003 - JSON
    if found is None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node has no such block", block=at)
    asked = [hexed(key.rjust(32, b"\0")) for key in keys]
    try:
        answer = rpc.ask("eth_getProof", hexed(account), asked, hex(at))
    except AnzhengError as error:
        if not is_pruned(error):
            raise
        raise AnzhengError(
            Code.CHAIN_UNAVAILABLE, "the node no longer has this state", pruned=True, block=at
        ) from error
    try:
        slots = answer["storageProof"]
        if len(slots) != len(keys):
            raise ValueError("another number of slots")
        return RawProof(
            block=read_block(found),
            header=read_header(found),
            account=account,
            account_nodes=_nodes(answer["accountProof"]),
            nonce=number(answer["nonce"]),
            balance=number(answer["balance"]),
            storage_hash=Digest(hashed(answer["storageHash"])),
            code_hash=Digest(hashed(answer["codeHash"])),
            slots=tuple(
                RawSlot(key.rjust(32, b"\0"), number(slot["value"]), _nodes(slot["proof"]))
                for key, slot in zip(keys, slots, strict=True)
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's proof is none") from error


def read_block(found: Any) -> Block:  # noqa: ANN401 - JSON
    """Return the block that a node tells.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, when it is none.
    """
    try:
        return Block(
            number=number(found["number"]),
            hash=BlockHash(hashed(found["hash"])),
            time=moment(number(found["timestamp"])),
        )
    except (KeyError, TypeError) as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's block is none") from error


def read_header(found: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - JSON
    """Return the items of a header's RLP list, of a block that a node tells.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, when a field is missing or out of its place.
    """
    try:
        present = [found.get(name) is not None for name in LATER]
        if sorted(present, reverse=True) != present:
            raise KeyError("a later field without those before it")
        names = (*HEADER, *(name for name, here in zip(LATER, present, strict=True) if here))
        return tuple(_item(name, found[name]) for name in names)
    except (KeyError, TypeError, AttributeError) as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's header is none") from error


def is_pruned(error: AnzhengError) -> bool:
    """Say whether a node refused because it no longer keeps the state of that block."""
    said = str(error.facts.get("rpc_message", "")).lower()
    return any(words in said for words in _PRUNED)


def _item(name: str, value: object) -> bytes:
    if name not in NUMBERS:
        return octets(value)
    found = number(value)
    return found.to_bytes((found.bit_length() + 7) // 8, "big")


def _nodes(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_NODES:
        raise ValueError("no list of nodes")
    return tuple(octets(node) for node in value)
