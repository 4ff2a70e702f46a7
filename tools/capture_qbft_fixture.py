"""Write a fixture from a real QBFT network, and say whether our reader agrees with it.

    python -m tools.capture_qbft_fixture https://node.example --block 123456 OUT.json
    python -m tools.capture_qbft_fixture … --account 0x1f… --slot 0x00 --slot 0x01

There is no Besu where this project is built, so whoever has one runs this once: it asks for a block
with its seals, for the validators, and for the proof of an account, which may be any. Nothing is
sent but questions. The file holds data of that network: commit it only if it may be published.
Every `tests/assets/qbft/real_*.json` is read by the integration tests.

Exit code: 0 our reader accepts it, 1 it does not (the file is written for whoever looks into it),
2 the node does not answer, or does not offer the APIs ETH and QBFT (nothing is written).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anchor.chain.node import Node, hexed, number, octets
from anchor.chain.proof import read_proof
from anchor.chain.rpc import Rpc
from anchor.chain_ports import RawProof
from licence.errors import AnzhengError, Code
from licence.formats import qbft, rlp
from licence.formats.keccak import keccak256
from licence.formats.patricia import ProofNodes, look_up
from licence.ids import Address

SCHEMA = "anzheng-qbft-capture/v1"


@dataclass(frozen=True, slots=True)
class Captured:
    """What a node said about one block.

    Attributes:
        client: How the node calls itself.
        chain_id: EIP-155 id.
        header: RLP of the header as the node's fields make it, seals as it has them.
        raw_header: What `debug_getRawHeader` says, where the node answers that.
        block_hash: As the node says.
        validators: As `qbft_getValidatorsByBlockNumber` says.
        account: Whose state was asked for.
        account_nodes: From the state root.
        slots: Key, value and nodes of each slot.
    """

    client: str
    chain_id: int
    header: bytes
    raw_header: bytes | None
    block_hash: bytes
    validators: tuple[Address, ...]
    account: Address
    account_nodes: tuple[bytes, ...]
    slots: tuple[tuple[bytes, int, tuple[bytes, ...]], ...]


def capture(rpc: Rpc, block: int, account: Address | None, slots: Sequence[bytes]) -> Captured:
    """Ask a node.

    Args:
        rpc: The node.
        block: Which block.
        account: Whose proof; the block's own proposer unless given.
        slots: Storage slots of it.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE.
    """
    said = rpc.ask("qbft_getValidatorsByBlockNumber", hex(block))
    if not isinstance(said, list) or not said:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node names no validators", block=block)
    validators = tuple(Address(octets(each)) for each in said)
    raw: RawProof = read_proof(rpc, account or validators[0], slots, block)
    return Captured(
        client=str(rpc.ask("web3_clientVersion")),
        chain_id=number(rpc.ask("eth_chainId")),
        header=rlp.dumps(raw.header),
        raw_header=_raw_header(rpc, block),
        block_hash=raw.block.hash,
        validators=validators,
        account=raw.account,
        account_nodes=raw.account_nodes,
        slots=tuple((slot.key, slot.value, slot.nodes) for slot in raw.slots),
    )


def _raw_header(rpc: Rpc, block: int) -> bytes | None:
    try:
        return octets(rpc.ask("debug_getRawHeader", hex(block)))
    except AnzhengError:
        return None


def differences(found: Captured) -> list[str]:
    """Return where our reader and the node do not agree; empty when all is well."""
    try:
        block = qbft.check_sealed(found.header, sorted(found.validators))
        qbft.check_shown(qbft.normalise(found.header), sorted(found.validators))
        problems = [] if block.hash == found.block_hash else ["the block hash is another one"]
        if found.raw_header not in {None, found.header}:
            problems.append("debug_getRawHeader says something else than the fields")
        return problems + _state_differences(found, block.state_root)
    except AnzhengError as error:
        return [f"{error.code}: {error.message}"]


def _state_differences(found: Captured, state_root: bytes) -> list[str]:
    nodes = ProofNodes(found.account_nodes, in_any_order=True)
    account = look_up(state_root, keccak256(found.account), nodes)
    if account is None:
        return ["no such account; its absence is proved"] if found.slots else []
    fields = rlp.strings(rlp.loads(account, rlp.Limits(size=200, depth=1, items=5)))
    problems = []
    for key, value, slot_nodes in found.slots:
        proved = look_up(fields[2], keccak256(key), ProofNodes(slot_nodes, in_any_order=True))
        read = rlp.loads(proved, rlp.Limits(size=33, depth=0, items=1)) if proved else b""
        if not isinstance(read, bytes) or rlp.scalar(read, most=32) != value:
            problems.append(f"slot {hexed(key)} is another one")
    return problems


def to_json(found: Captured) -> str:
    """Return the file."""
    value = {
        "schema": SCHEMA,
        "client": found.client,
        "chain_id": found.chain_id,
        "header": found.header.hex(),
        "raw_header": found.raw_header.hex() if found.raw_header is not None else None,
        "block_hash": found.block_hash.hex(),
        "validators": [each.hex() for each in found.validators],
        "account": found.account.hex(),
        "account_nodes": [node.hex() for node in found.account_nodes],
        "slots": [
            {"key": key.hex(), "value": hex(value), "nodes": [node.hex() for node in nodes]}
            for key, value, nodes in found.slots
        ],
    }
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> Captured:
    """Read a file."""
    value: dict[str, Any] = json.loads(text)
    raw = value["raw_header"]
    return Captured(
        client=value["client"],
        chain_id=value["chain_id"],
        header=bytes.fromhex(value["header"]),
        raw_header=bytes.fromhex(raw) if raw is not None else None,
        block_hash=bytes.fromhex(value["block_hash"]),
        validators=tuple(Address(bytes.fromhex(each)) for each in value["validators"]),
        account=Address(bytes.fromhex(value["account"])),
        account_nodes=tuple(map(bytes.fromhex, value["account_nodes"])),
        slots=tuple(
            (
                bytes.fromhex(slot["key"]),
                int(slot["value"], 16),
                tuple(map(bytes.fromhex, slot["nodes"])),
            )
            for slot in value["slots"]
        ),
    )


def main(arguments: Sequence[str]) -> int:
    """Ask, write, and say what was found."""
    parser = argparse.ArgumentParser(description="Capture a block of a QBFT network.")
    parser.add_argument("url", help="address of a node, http(s)://…")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--block", type=int, help="height; the newest unless given")
    parser.add_argument("--account", help="0x…; the first validator unless given")
    parser.add_argument("--slot", action="append", default=[], help="storage slot, 0x…; may repeat")
    given = parser.parse_args(arguments)
    try:
        with closing(Node(given.url)) as node:
            block = node.quantity("eth_blockNumber") if given.block is None else given.block
            account = Address(octets(given.account)) if given.account else None
            slots = [octets(each).rjust(32, b"\0") for each in given.slot]
            found = capture(node, block, account, slots)
    except AnzhengError as error:
        said = error.facts.get("rpc_message", "")
        print(f"{error.code.value}: {error.message}", said, file=sys.stderr)
        return 2
    given.out.write_text(to_json(found))
    problems = differences(found)
    print(f"{given.out}: block {block} of {found.client}, {len(found.validators)} validators")
    for problem in problems or ["our reader agrees"]:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
