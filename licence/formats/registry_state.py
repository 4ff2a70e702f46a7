"""Where the registry's contract keeps what it knows, and how a proof of its storage is read.

The slots are those of `contracts/src/RegistryStorage.sol`: an ERC-7201 namespace whose members do
not move. A later contract with another layout has another code hash, and needs another reader.

Standard: ERC-7201; Solidity, layout of state variables in storage; EIP-1186.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import rlp
from licence.formats.batch_record import BatchRecord
from licence.formats.cbor_fields import MAX_SECONDS
from licence.formats.keccak import keccak256
from licence.formats.patricia import ProofNodes, look_up
from licence.formats.rlp import Limits
from licence.ids import Address, AuthorityId, Digest

NAMESPACE_SLOT: Final = 0xFE6519DD57477636225D178802B78B9F46804B3E27F9C18FF9349D88DC332D00
"""ERC-7201 slot of `anzheng.licence-registry.v1`."""

SEQUENCE_SLOT: Final = NAMESPACE_SLOT
HEAD_SLOT: Final = NAMESPACE_SLOT + 1

LICENCES_IN_WORD: Final = 64
MAX_WORD: Final = 2**26 - 1
"""Highest status word: 64 licences each, and an index has 32 bits."""

_BATCHES: Final = NAMESPACE_SLOT + 5
_STATUS: Final = NAMESPACE_SLOT + 6
_WORD_BYTES: Final = 32
_BITS: Final = 4
_NIBBLE: Final = 15
_LOW_64: Final = 2**64 - 1
_ACCOUNT_ITEMS: Final = 4
_ACCOUNT_LIMITS: Final = Limits(size=200, depth=1, items=_ACCOUNT_ITEMS + 1)
_VALUE_LIMITS: Final = Limits(size=_WORD_BYTES + 1, depth=0, items=1)


@dataclass(frozen=True, slots=True)
class History:
    """How many entries the contract's history has, and the hash over all of them."""

    sequence: int
    head: Digest


# Asked for each leaf of a batch, and Keccak takes its time.
@lru_cache(maxsize=16)
def batch_slot(record: BatchRecord) -> int:
    """Return where the contract keeps when this batch was anchored."""
    key = keccak256(record.root + _word(record.size) + record.manifest)
    return _mapped(key, _mapped(_authority(record.authority), _BATCHES))


def status_slot(authority: AuthorityId, word: int) -> int:
    """Return where the contract keeps the status of licences `64 * word` to `64 * word + 63`."""
    return _mapped(_word(word), _mapped(_authority(authority), _STATUS))


def status_in(word: int, index: int) -> int:
    """Return the four status bits of a licence in the value of its word."""
    return word >> _BITS * (index % LICENCES_IN_WORD) & _NIBBLE


def batch_value(value: int) -> tuple[datetime, int]:
    """Return the time and the number of an anchored batch.

    Raises:
        AnzhengError: TRIE_PROOF, when the slot has no batch.
    """
    seconds, sequence = value & _LOW_64, value >> 64
    if not 1 <= seconds <= MAX_SECONDS or sequence > _LOW_64:
        raise AnzhengError(Code.TRIE_PROOF, "the contract has no such batch")
    return datetime.fromtimestamp(seconds, UTC), sequence


def history(sequence_slot: int, head_slot: int) -> History:
    """Return the contract's history from the values of its first two slots."""
    return History(sequence_slot & _LOW_64, Digest(_word(head_slot)))


def read_storage(
    state_root: bytes,
    contract: Address,
    code_hash: Digest,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
    slots: Sequence[int],
) -> tuple[int, ...]:
    """Return the values of storage slots; zero for a slot in which nothing stands.

    Args:
        state_root: From a header that is believed.
        contract: Whose storage.
        code_hash: Keccak-256 that its code must have.
        account_proof: Nodes from the state root to the account.
        storage_proof: Nodes from the storage root to all slots, in this order, each node once.
        slots: Which slots.

    Raises:
        AnzhengError: TRIE_PROOF, RLP_SYNTAX; CHAIN_WRONG for other code at the address.
    """
    # 1. the account, and the code that is pinned
    nodes = ProofNodes(account_proof)
    account = look_up(state_root, keccak256(contract), nodes)
    nodes.end()
    if account is None:
        raise AnzhengError(Code.CHAIN_WRONG, "no contract stands at the address")
    items = rlp.strings(rlp.loads(account, _ACCOUNT_LIMITS))
    if len(items) != _ACCOUNT_ITEMS or len(items[2]) != _WORD_BYTES:
        raise AnzhengError(Code.TRIE_PROOF, "not an account")
    if items[3] != code_hash:
        raise AnzhengError(Code.CHAIN_WRONG, "another contract stands at the address")
    # 2. the slots, in one walk after another over the same nodes
    nodes = ProofNodes(storage_proof)
    values = tuple(_slot_value(items[2], slot, nodes) for slot in slots)
    nodes.end()
    return values


def _slot_value(storage_root: bytes, slot: int, nodes: ProofNodes) -> int:
    found = look_up(storage_root, keccak256(_word(slot)), nodes)
    if found is None:
        return 0
    value = rlp.loads(found, _VALUE_LIMITS)
    number = rlp.scalar(value, most=_WORD_BYTES) if isinstance(value, bytes) else 0
    if number == 0:
        raise AnzhengError(Code.TRIE_PROOF, "a slot that holds nothing stands in the state")
    return number


def _mapped(key: bytes, slot: int) -> int:
    """Return the slot of a mapping's value."""
    return int.from_bytes(keccak256(key + _word(slot)), "big")


def _authority(authority: AuthorityId) -> bytes:
    return authority.encode("ascii").ljust(_WORD_BYTES, b"\0")


def _word(number: int) -> bytes:
    return number.to_bytes(_WORD_BYTES, "big")
