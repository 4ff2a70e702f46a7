"""Looking at one node: what it is, what it has, and what it can do. Nothing is decided here.

Standard: Ethereum JSON-RPC, EIP-1186.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final, TypeVar

from eth_utils.crypto import keccak

from anchor.chain.agreement import BLOCK, NEWEST
from anchor.chain.codec import moment
from anchor.chain.node import hexed, number, octets
from anchor.chain.proof import read_block
from anchor.chain.rpc import Rpc
from licence.errors import AnzhengError
from licence.ids import Address, BlockHash

T = TypeVar("T")

_ZERO_SLOT: Final = hexed(bytes(32))


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one node says.

    Attributes:
        client: How it calls itself; "" where it does not say.
        chain_id: EIP-155 id.
        genesis: Hash of block 0.
        height: Its newest block.
        time: When that was made.
        gas_limit: Of that block.
        base_fee: Of that block, in wei; none on chains without.
        gas_price: What it recommends, in wei.
        seal_bytes: Size of extraData: more than 32 where validators seal the blocks.
        finalized: Newest block that it calls finalized; none where it knows no such thing.
        proves: Whether it answers `eth_getProof`.
        code_hash: keccak-256 of the contract's code; none where no contract was asked about.
        seconds: How long one question took.
    """

    client: str
    chain_id: int
    genesis: BlockHash
    height: int
    time: datetime
    gas_limit: int
    base_fee: int | None
    gas_price: int
    seal_bytes: int
    finalized: int | None
    proves: bool
    code_hash: bytes | None
    seconds: float


def inspect(rpc: Rpc, contract: Address | None) -> Inspection:
    """Ask a node about itself.

    Args:
        rpc: The node.
        contract: The registry's contract, if there is one yet.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, when it does not answer what every node must.
    """
    begun = monotonic()
    chain_id = rpc.quantity("eth_chainId")
    seconds = monotonic() - begun
    first = rpc.ask(BLOCK, hex(0), False)  # noqa: FBT003 - JSON
    newest = rpc.ask(BLOCK, NEWEST, False)  # noqa: FBT003 - JSON
    block, base = read_block(newest), newest.get("baseFeePerGas")
    place = hexed(contract or Address(bytes(20)))
    code = None if contract is None else keccak(rpc.octets("eth_getCode", place, NEWEST))
    return Inspection(
        client=_or_none(lambda: str(rpc.ask("web3_clientVersion"))) or "",
        chain_id=chain_id,
        genesis=read_block(first).hash,
        height=block.number,
        time=moment(number(newest.get("timestamp"))),
        gas_limit=number(newest.get("gasLimit")),
        base_fee=None if base is None else number(base),
        gas_price=rpc.quantity("eth_gasPrice"),
        seal_bytes=len(octets(newest.get("extraData"))),
        finalized=_or_none(lambda: _finalized(rpc)),
        proves=_or_none(lambda: rpc.ask("eth_getProof", place, [_ZERO_SLOT], NEWEST)) is not None,
        code_hash=code,
        seconds=seconds,
    )


def block_hash(rpc: Rpc, height: int) -> BlockHash | None:
    """Return the hash that a node has at a height, None where it has none or does not answer."""
    return _or_none(
        lambda: read_block(rpc.ask(BLOCK, hex(height), False)).hash  # noqa: FBT003 - JSON
    )


def _finalized(rpc: Rpc) -> int:
    return read_block(rpc.ask(BLOCK, "finalized", False)).number  # noqa: FBT003 - JSON


def _or_none(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except AnzhengError:
        return None
