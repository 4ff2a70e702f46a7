"""The head of the contract's history as the chain's own validators sealed it. Pure.

Where the trust bundle pins the validators, no node is believed at all: the header has their seals,
and a storage proof leads from it to the head.

Standard: DESIGN 3.2, `qbft-v1`; EIP-1186.
"""

from typing import Final

from anchor.chain_evidence import make_contract_proof
from anchor.chain_ports import Block, RawProof
from licence.errors import AnzhengError, Code
from licence.formats import qbft, registry_state
from licence.formats.registry_state import HEAD_SLOT, SEQUENCE_SLOT
from licence.formats.trust_types import Contract, ValidatorSet
from licence.ids import Digest

_KEY_BYTES: Final = 32

HEAD_KEYS: Final = tuple(slot.to_bytes(_KEY_BYTES, "big") for slot in (SEQUENCE_SLOT, HEAD_SLOT))
"""The storage slots whose proof is asked for."""


def check_sealed_head(
    raw: RawProof,
    contract: Contract,
    validators: ValidatorSet,
    block: Block,
    head: tuple[int, Digest],
) -> None:
    """Compare what nodes say with what the pinned validators sealed.

    Args:
        raw: Proof of `HEAD_KEYS` as of the block.
        contract: From the trust bundle.
        validators: Those that are pinned for the block.
        block: The block as nodes have it.
        head: Number and hash of the history's last entry as nodes have it.

    Raises:
        AnzhengError: BLOCK_SEALS, when it was not they who sealed it, or they sealed something
            else; BLOCK_HEADER, TRIE_PROOF, CHAIN_WRONG, for a proof that proves nothing.
    """
    # 1. who sealed the block
    proof = make_contract_proof(contract.chain_id, raw)
    sealed = qbft.check_sealed(proof.header, validators.addresses)
    if (sealed.number, sealed.hash) != (block.number, block.hash):
        raise AnzhengError(Code.BLOCK_SEALS, "the validators sealed another block")
    # 2. what stands in the state that they sealed
    sequence, value = registry_state.read_storage(
        sealed.state_root,
        contract.address,
        contract.code_hash,
        proof.account_proof,
        proof.storage_proof,
        (SEQUENCE_SLOT, HEAD_SLOT),
    )
    history = registry_state.history(sequence, value)
    if (history.sequence, history.head) != head:
        raise AnzhengError(Code.BLOCK_SEALS, "the validators sealed another head")
