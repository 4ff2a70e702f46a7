"""Evidence that rests on the chain's own proof, made from what a node answered. Pure.

A node is not believed: what is made here is judged before it is used. Its answer is put into the
one spelling that verifiers read: seals in order, each node once and in its place.

Standard: DESIGN 3.2, `qbft-v1`; EIP-1186.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from anchor.chain_ports import RawProof
from anchor.ports import LeafEvidence
from licence.errors import AnzhengError, Code
from licence.formats import block_header, qbft, registry_state, rlp
from licence.formats import evidence as formats
from licence.formats.block_header import BlockHeader
from licence.formats.chain_proof import ContractProof
from licence.formats.evidence import BatchRecord, QbftEvidence, StateProof
from licence.formats.keccak import keccak256
from licence.formats.manifest import Manifest
from licence.formats.patricia import ProofNodes, look_up
from licence.formats.registry_state import HEAD_SLOT, SEQUENCE_SLOT
from licence.formats.rlp import Limits
from licence.formats.tree import Tree
from licence.ids import AuthorityId, ChainId

Nodes = tuple[bytes, ...]

_ACCOUNT: Final = Limits(size=200, depth=1, items=5)
_STORAGE_ROOT: Final = 2
_KEY_BYTES: Final = 32


def batch_keys(record: BatchRecord) -> tuple[bytes, ...]:
    """Return the storage slot that a proof of an anchored batch needs, as nodes are asked."""
    return (_key(registry_state.batch_slot(record)),)


def status_keys(authority: AuthorityId, words: Sequence[int]) -> tuple[bytes, ...]:
    """Return the storage slots that a status proof needs, in its order."""
    slots = (registry_state.status_slot(authority, word) for word in words)
    return (_key(SEQUENCE_SLOT), _key(HEAD_SLOT), *map(_key, slots))


def make_qbft_evidence(
    manifest: Manifest, record: BatchRecord, raw: RawProof
) -> Iterator[LeafEvidence]:
    """Yield evidence of type `qbft-v1` for each leaf, in the order of the batch.

    Args:
        manifest: The batch.
        record: Its record.
        raw: Proof of `batch_keys`, as of the record's block or a later one.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, when the parts do not belong together; BLOCK_HEADER,
            BLOCK_SEALS, TRIE_PROOF, for an answer that is no proof; TOO_LARGE.
    """
    if (manifest.root, manifest.size) != (record.root, record.size):
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "batch and record do not fit together")
    account, storage = _nodes(raw)
    # The record of evidence names the block whose header stands in it.
    shown = replace(record, block_number=raw.block.number, block_hash=raw.block.hash)
    tree = Tree([row.leaf for row in manifest.rows])
    longest = max(len(tree.path(0)), len(tree.path(tree.size - 1)))
    header = _sealed_header(raw, shown, (bytes(_KEY_BYTES),) * longest, account, storage)
    for index, row in enumerate(manifest.rows):
        found = QbftEvidence(index, tree.path(index), shown, header, account, storage)
        yield LeafEvidence(row.leaf, formats.encode(found))


def make_state_proof(record: BatchRecord, raw: RawProof) -> StateProof:
    """Return the proof of the record's own block, for evidence of type `witness-v1`.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for an answer about another block; BLOCK_HEADER, TRIE_PROOF.
    """
    if raw.block.hash != record.block_hash:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "a proof of another block")
    return StateProof(_hashed_header(raw), *_nodes(raw))


def make_contract_proof(chain_id: ChainId, raw: RawProof) -> ContractProof:
    """Return a contract's part of a status proof.

    Args:
        chain_id: Of the chain that was asked.
        raw: Proof of `status_keys`.

    Raises:
        AnzhengError: BLOCK_HEADER, BLOCK_SEALS, TRIE_PROOF, for an answer that is no proof.
    """
    header = qbft.normalise(rlp.dumps(raw.header))
    return ContractProof(chain_id, raw.account, header, *_nodes(raw))


def _sealed_header(
    raw: RawProof, record: BatchRecord, path: Nodes, account: Nodes, storage: Nodes
) -> bytes:
    """Return the header with all its seals, or with a quorum of them where all do not fit."""
    given = rlp.dumps(raw.header)
    header = qbft.normalise(given)
    try:
        formats.encode(QbftEvidence(0, path, record, header, account, storage))
    except AnzhengError as error:
        if error.code is not Code.TOO_LARGE:
            raise
        validators = qbft.decode_extra(block_header.decode(given).extra).validators
        header = qbft.normalise(given, most_seals=qbft.quorum(len(validators)))
    return header


def _hashed_header(raw: RawProof) -> bytes:
    """Return the header whose Keccak-256 is the block hash: on QBFT without round and seals."""
    header = block_header.decode(rlp.dumps(raw.header))
    if header.digest() != raw.block.hash:
        header = _without_seals(header)
    if header.digest() != raw.block.hash:
        raise AnzhengError(Code.BLOCK_HEADER, "the node's header has not the block's hash")
    return header.encode()


def _without_seals(header: BlockHeader) -> BlockHeader:
    return qbft.hashed_form(header, qbft.decode_extra(header.extra))


def _nodes(raw: RawProof) -> tuple[Nodes, Nodes]:
    """Return the nodes to the account, and those from it to all slots, in the order of walks."""
    heap = ProofNodes(raw.account_nodes, in_any_order=True)
    state_root = block_header.decode(rlp.dumps(raw.header)).state_root
    account = look_up(state_root, keccak256(raw.account), heap)
    if account is None:
        raise AnzhengError(Code.CHAIN_WRONG, "no contract stands at the address")
    fields = rlp.strings(rlp.loads(account, _ACCOUNT))
    found = [node for slot in raw.slots for node in slot.nodes]
    slots = ProofNodes(found, in_any_order=True)
    for slot in raw.slots:
        look_up(fields[_STORAGE_ROOT], keccak256(slot.key), slots)
    return tuple(heap.met), tuple(slots.met)


def _key(slot: int) -> bytes:
    return slot.to_bytes(_KEY_BYTES, "big")
