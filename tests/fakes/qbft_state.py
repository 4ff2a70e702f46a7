"""The contract's state on anvil as `tests/assets/qbft/state.json` keeps it: proofs of two blocks.

`capture` makes the file (anvil needed); everything else reads it, so that the fixtures over it can
be made again byte for byte with nothing but Python.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from anchor.calls import AnchorCall, Call, ConfirmCall, ProposeCall, SuspendCall, changes_of
from anchor.chain_evidence import batch_keys, status_keys
from anchor.chain_ports import Block, RawProof, RawSlot
from anchor.ports import Right
from licence.domain.status import StatusWord
from licence.formats import manifest as manifests
from licence.formats.evidence import BatchRecord
from licence.formats.manifest import Manifest, ManifestDigest
from licence.ids import (
    Address,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    MerkleRoot,
    StatusIndex,
)
from tests.fakes import proof
from tests.fakes.devchain import CHAIN_ID, DevChain

STATE = Path(__file__).parents[1] / "assets" / "qbft" / "state.json"
LEAF = Leaf(proof.digest("licence"))
WORDS = (0, 1, 5)
SUSPENDED, REVOKED, UNTOUCHED = StatusIndex(5), StatusIndex(70), StatusIndex(6)
BATCHES = 24
FIRST_BLOCK_TIME = 1_796_083_200
"""2026-12-01T00:00:00Z: later than the clock of whoever ran this."""


@dataclass(frozen=True, slots=True)
class State:
    """A batch on the chain, its own block and a later one after two changes of status.

    Attributes:
        record: Of the batch, with the hash that anvil's own block has.
        manifest: The batch.
        code_hash: Of the contract.
        own: Proof of the batch and of the status words in its own block.
        later: The same in a later block.
    """

    record: BatchRecord
    manifest: Manifest
    code_hash: Digest
    own: RawProof
    later: RawProof


def batch() -> Manifest:
    """Return the batch with the leaf."""
    return proof.batch_manifest(LEAF)


@cache
def load() -> State:
    """Read the committed state."""
    value = json.loads(STATE.read_text())
    manifest = batch()
    own, later = _raw(value["own"]), _raw(value["later"])
    record = BatchRecord(
        registry=proof.REGISTRY,
        authority=proof.AUTHORITY,
        chain_id=ChainId(value["chain_id"]),
        contract=own.account,
        root=manifest.root,
        size=manifest.size,
        manifest=manifests.digest(manifests.encode(manifest)),
        sequence=value["sequence"],
        block_number=own.block.number,
        block_hash=own.block.hash,
        block_time=own.block.time,
    )
    return State(record, manifest, own.code_hash, own, later)


def keys_of(record: BatchRecord) -> tuple[bytes, ...]:
    """Return all slots that the file has."""
    return (*batch_keys(record), *status_keys(record.authority, WORDS))


def only(raw: RawProof, keys: tuple[bytes, ...]) -> RawProof:
    """Return the proof with these slots alone, in this order."""
    found = {slot.key: slot for slot in raw.slots}
    return RawProof(
        block=raw.block,
        header=raw.header,
        account=raw.account,
        account_nodes=raw.account_nodes,
        nonce=raw.nonce,
        balance=raw.balance,
        storage_hash=raw.storage_hash,
        code_hash=raw.code_hash,
        slots=tuple(found[key] for key in keys),
    )


def capture(dev: DevChain) -> State:
    """Anchor batches, change two statuses, and take the proofs."""
    chain = dev.chain()
    dev.node.ask("evm_setAutomine", True)  # noqa: FBT003 - JSON
    time = FIRST_BLOCK_TIME
    manifest = batch()
    digest = manifests.digest(manifests.encode(manifest))
    target = AnchorCall(manifest.root, manifest.size, digest)
    own_height = 0
    for number in range(BATCHES):
        time += 60
        _next_time(dev, time)
        call = target if number == BATCHES // 2 else _other(number)
        _send(dev, Right.ANCHOR, call)
        own_height = chain.height() if call is target else own_height
    slot = chain.anchored(proof.AUTHORITY, manifest.root, manifest.size, digest)
    block = chain.block(own_height)
    assert slot is not None
    assert block is not None
    record = BatchRecord(
        registry=proof.REGISTRY,
        authority=proof.AUTHORITY,
        chain_id=CHAIN_ID,
        contract=dev.contract.address,
        root=manifest.root,
        size=manifest.size,
        manifest=digest,
        sequence=slot.sequence,
        block_number=block.number,
        block_hash=block.hash,
        block_time=block.time,
    )
    decision = Digest(sha256(b"decision").digest())
    revoked = changes_of([REVOKED])
    proposer = dev.account(Right.PROPOSE).address
    changes: list[tuple[Right, Call]] = [
        (Right.PROPOSE, SuspendCall(changes_of([SUSPENDED]), decision)),
        (Right.PROPOSE, ProposeCall(StatusWord.REVOKED, revoked, decision)),
        (Right.CONFIRM, ConfirmCall(StatusWord.REVOKED, revoked, decision, proposer)),
    ]
    for right, change in changes:
        time += 60
        _next_time(dev, time)
        _send(dev, right, change)
    keys = keys_of(record)
    own, later = chain.proof(keys, own_height), chain.proof(keys, chain.height())
    return State(record, manifest, own.code_hash, own, later)


def save(state: State, path: Path = STATE) -> None:
    """Write the state."""
    value = {
        "chain_id": state.record.chain_id,
        "sequence": state.record.sequence,
        "own": _value(state.own),
        "later": _value(state.later),
    }
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def _other(number: int) -> AnchorCall:
    name = f"other batch {number}"
    return AnchorCall(
        MerkleRoot(proof.digest(name)), number + 1, ManifestDigest(proof.digest(f"manifest {name}"))
    )


def _next_time(dev: DevChain, time: int) -> None:
    dev.node.ask("evm_setNextBlockTimestamp", time)


def _send(dev: DevChain, right: Right, call: Call) -> None:
    chain, account = dev.chain(), dev.account(right)
    raw = account.sign(call, nonce=chain.nonce(account.address), version=0)
    chain.send(raw)
    end = monotonic() + 120
    while (receipt := chain.receipt(raw)) is None:
        # anvil answers a little before it has mined.
        assert monotonic() < end
        sleep(0.02)
    assert receipt.succeeded


def _value(raw: RawProof) -> dict[str, Any]:
    return {
        "number": raw.block.number,
        "hash": raw.block.hash.hex(),
        "time": int(raw.block.time.timestamp()),
        "header": [item.hex() for item in raw.header],
        "account": raw.account.hex(),
        "account_nodes": [node.hex() for node in raw.account_nodes],
        "nonce": raw.nonce,
        "balance": raw.balance,
        "storage_hash": raw.storage_hash.hex(),
        "code_hash": raw.code_hash.hex(),
        "slots": [
            {
                "key": slot.key.hex(),
                "value": hex(slot.value),
                "nodes": [node.hex() for node in slot.nodes],
            }
            for slot in raw.slots
        ],
    }


def _raw(value: dict[str, Any]) -> RawProof:
    time = datetime.fromtimestamp(value["time"], UTC)
    return RawProof(
        block=Block(value["number"], BlockHash(bytes.fromhex(value["hash"])), time),
        header=_all(value["header"]),
        account=Address(bytes.fromhex(value["account"])),
        account_nodes=_all(value["account_nodes"]),
        nonce=value["nonce"],
        balance=value["balance"],
        storage_hash=Digest(bytes.fromhex(value["storage_hash"])),
        code_hash=Digest(bytes.fromhex(value["code_hash"])),
        slots=tuple(
            RawSlot(bytes.fromhex(slot["key"]), int(slot["value"], 16), _all(slot["nodes"]))
            for slot in value["slots"]
        ),
    )


def _all(values: list[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, values))
