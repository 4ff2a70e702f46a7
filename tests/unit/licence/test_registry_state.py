"""The slots that proofs name are those of the compiled contract, and of its arithmetic."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from licence.errors import Code
from licence.formats import registry_state
from licence.formats.batch_record import BatchRecord
from licence.ids import AuthorityId
from tests.fakes import proof, qbft_state
from tests.fakes.refusal import refuses

ARTIFACT = Path(__file__).parents[3] / "contracts" / "artifacts" / "LicenceRegistry.json"
STORAGE = json.loads(ARTIFACT.read_bytes())["storage"]
MEMBERS = {member["label"]: int(member["slot"]) for member in STORAGE["members"]}
BASE = int(STORAGE["slot"], 16)


def erc7201(name: str) -> int:
    """Return the slot of a namespace by its definition."""
    inner = int.from_bytes(keccak(text=name), "big") - 1
    return int.from_bytes(keccak(abi_encode(["uint256"], [inner])), "big") & ~0xFF


def test_the_namespace_is_that_of_the_contract() -> None:
    assert STORAGE["namespace"] == "anzheng.licence-registry.v1"
    assert erc7201(STORAGE["namespace"]) == BASE == registry_state.NAMESPACE_SLOT
    assert BASE + MEMBERS["sequence"] == registry_state.SEQUENCE_SLOT
    assert BASE + MEMBERS["head"] == registry_state.HEAD_SLOT


def mapped(types: list[str], keys: list[object], slot: int) -> int:
    """Return the slot of a value in mappings within mappings, as Solidity says."""
    for kind, key in zip(types, keys, strict=True):
        slot = int.from_bytes(keccak(abi_encode([kind, "uint256"], [key, slot])), "big")
    return slot


@pytest.mark.parametrize("authority", ["11210000001234567X", "1121000000TXT10121"])
@pytest.mark.parametrize("word", [0, 1, 5, 2**26 - 1])
def test_status_words_lie_where_the_compiler_puts_them(authority: str, word: int) -> None:
    name = authority.encode()
    expected = mapped(["bytes18", "uint256"], [name, word], BASE + MEMBERS["status"])
    assert registry_state.status_slot(AuthorityId(authority), word) == expected


def test_batches_lie_where_the_compiler_puts_them() -> None:
    record: BatchRecord = qbft_state.load().record
    values = [record.root, record.size, record.manifest]
    key = keccak(abi_encode(["bytes32", "uint32", "bytes32"], values))
    name = proof.AUTHORITY.encode()
    expected = mapped(["bytes18", "bytes32"], [name, key], BASE + MEMBERS["batches"])
    assert registry_state.batch_slot(record) == expected
    batch = {each["label"]: each["offset"] for each in STORAGE["structs"][_batch_struct()]}
    assert batch == {"time": 0, "sequence": 8}


def _batch_struct() -> str:
    return str(next(name for name in STORAGE["structs"] if name.endswith(".Batch")))


def test_a_batch_is_time_and_number() -> None:
    time = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    seconds = int(time.timestamp())
    assert registry_state.batch_value(7 << 64 | seconds) == (time, 7)
    for value in (0, 7 << 64, 2**64 - 1, 1 << 128 | seconds):
        with refuses(Code.TRIE_PROOF):
            registry_state.batch_value(value)


def test_flags_beside_the_sequence_are_left_out() -> None:
    assert registry_state.history(1 << 64 | 9, 5).sequence == 9
    assert registry_state.history(9, 5).head == (5).to_bytes(32, "big")
