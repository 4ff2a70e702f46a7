"""The state of a chain with one contract in it, as a trie library builds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import rlp
from trie.hexary import HexaryTrie

from licence.formats.keccak import keccak256
from licence.ids import Address, Digest


@dataclass(frozen=True)
class ChainState:
    """Roots, and the nodes that prove the contract and its slots."""

    root: bytes
    storage_root: Digest
    account_nodes: tuple[bytes, ...]
    storage: HexaryTrie
    accounts: HexaryTrie

    def nodes_to(self, account: Address) -> tuple[bytes, ...]:
        """Return the proof of an account, of one that is not there too."""
        return _nodes(self.accounts, keccak256(account))

    def slot_nodes(self, key: bytes) -> tuple[bytes, ...]:
        """Return the proof of a slot, of one that is empty too."""
        return _nodes(self.storage, keccak256(key))


def state_of(
    contract: Address, code_hash: Digest, slots: Mapping[int, int], others: int = 20
) -> ChainState:
    """Return the state in which a contract has these slots, beside some other accounts."""
    storage = HexaryTrie({})
    for slot, value in slots.items():
        if value:
            number = value.to_bytes((value.bit_length() + 7) // 8, "big")
            storage[keccak256(slot.to_bytes(32, "big"))] = rlp.encode(number)
    state = HexaryTrie({})
    for other in range(others):
        account = [b"", rlp.encode(other), bytes(32), bytes(32)]
        state[sha256(b"%d" % other).digest()] = rlp.encode(account)
    root = storage.root_hash
    state[keccak256(contract)] = rlp.encode([b"\x01", b"", root, code_hash])
    nodes = _nodes(state, keccak256(contract))
    return ChainState(state.root_hash, Digest(bytes(root)), nodes, storage, state)


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    found = trie.get_proof(key)  # type: ignore[no-untyped-call]
    return tuple(rlp.encode(node) for node in found)
