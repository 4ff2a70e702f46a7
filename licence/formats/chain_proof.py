"""A status proof: what the registry's contracts say about some licences, sealed by validators.

For each contract of the registry a block header with its seals, and the proof of the contract's
history and of the status words as of that block. Whoever has the trust bundle needs no network and
believes no node. It says how things stood at its block, and no more.

Standard: RFC 8949, 4.2.1; EIP-1186; DESIGN 3.3; `docs/formats/chain-proof.cddl`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, qbft, registry_state
from licence.formats.batch_record import ADDRESS_BYTES
from licence.formats.block_header import MAX_HEADER_BYTES
from licence.formats.cbor_fields import MAX_UINT_64, Fields
from licence.formats.patricia import MAX_NODE_BYTES
from licence.formats.qbft import SealedBlock
from licence.formats.registry_state import HEAD_SLOT, MAX_WORD, SEQUENCE_SLOT, History
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId

SCHEMA: Final = "anzheng-status-proof/v1"

MAX_PROOF_BYTES: Final = 512 * 1024
"""Largest status proof; one word of one contract takes about 5 kB."""

MAX_WORDS: Final = 64
"""Most status words of a proof, 64 licences each."""

MAX_PARTS: Final = 16
"""Most contracts."""

_MAX_NODES: Final = 1_000
_MAX_ITEMS: Final = 4_000
_ITEMS: Final = 5
_PART_ITEMS: Final = 5


@dataclass(frozen=True, slots=True)
class ContractProof:
    """What one contract says.

    Attributes:
        chain_id: EIP-155 id of its chain.
        contract: Its address.
        header: Of the block, with its seals, ascending by who made them.
        account_proof: Nodes from the header's state root to the contract.
        storage_proof: Nodes from its storage root to its history and to the words, in that order.
    """

    chain_id: ChainId
    contract: Address
    header: bytes
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StatusProof:
    """What the contracts of a registry say about licences of one authority.

    Attributes:
        registry: Name of the registry.
        authority: Whose licences.
        words: Which status words, ascending; word n is about licences `64 * n` to `64 * n + 63`.
        parts: One for each contract, ascending by chain and address.
    """

    registry: RegistryId
    authority: AuthorityId
    words: tuple[int, ...]
    parts: tuple[ContractProof, ...]


@dataclass(frozen=True, slots=True)
class ProvedWords:
    """What one verified part proves: the words as of a block, and the history till then."""

    block: SealedBlock
    history: History
    words: tuple[int, ...]


def encode(proof: StatusProof) -> bytes:
    """Return the bytes of a proof.

    Raises:
        AnzhengError: CHAIN_PROOF_SYNTAX, for a proof that `decode` would refuse; TOO_LARGE.
    """
    parts = tuple(
        (part.chain_id, part.contract, part.header, part.account_proof, part.storage_proof)
        for part in proof.parts
    )
    data = cbor.dumps((SCHEMA, proof.registry, proof.authority, proof.words, parts))
    if decode(data) != proof:
        raise AnzhengError(Code.CHAIN_PROOF_SYNTAX, "the proof does not read back as itself")
    return data


def decode(data: bytes) -> StatusProof:
    """Return the proof of these bytes; nothing is verified yet but its one spelling.

    Raises:
        AnzhengError: TOO_LARGE, CHAIN_PROOF_SYNTAX.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no status proof is that large", limit=MAX_PROOF_BYTES)
    try:
        value = cbor.loads(data, max_bytes=MAX_PROOF_BYTES, max_items=_MAX_ITEMS)
    except AnzhengError as error:
        raise AnzhengError(Code.CHAIN_PROOF_SYNTAX, "not deterministic CBOR") from error
    fields = _fields(value, _ITEMS)
    fields.constant(SCHEMA)
    proof = StatusProof(
        registry=fields.registry(),
        authority=fields.authority(),
        words=_words(fields),
        parts=tuple(_part(part) for part in fields.array(MAX_PARTS)),
    )
    _ascend("words", proof.words)
    _ascend("parts", [(part.chain_id, part.contract) for part in proof.parts])
    return proof


def check_part(
    part: ContractProof,
    authority: AuthorityId,
    words: Sequence[int],
    *,
    code_hash: Digest,
    validators: Sequence[Address],
) -> ProvedWords:
    """Verify what one contract says, every byte of it.

    Args:
        part: The part.
        authority: Whose licences; from the proof.
        words: Which words; from the proof.
        code_hash: Pinned hash of the contract's code.
        validators: Pinned validators of the chain at the header's block.

    Raises:
        AnzhengError: BLOCK_SEALS; CHAIN_PROOF_REFUSED for all else that does not hold.
    """
    try:
        block = qbft.check_shown(part.header, validators)
        slots = (registry_state.status_slot(authority, word) for word in words)
        sequence, head, *values = registry_state.read_storage(
            block.state_root,
            part.contract,
            code_hash,
            part.account_proof,
            part.storage_proof,
            (SEQUENCE_SLOT, HEAD_SLOT, *slots),
        )
    except AnzhengError as error:
        code = Code.BLOCK_SEALS if error.code is Code.BLOCK_SEALS else Code.CHAIN_PROOF_REFUSED
        raise AnzhengError(code, error.message, **error.facts) from error
    return ProvedWords(block, registry_state.history(sequence, head), tuple(values))


def block_number(part: ContractProof) -> int:
    """Return the height that a header names, to choose who must have sealed it.

    Raises:
        AnzhengError: CHAIN_PROOF_REFUSED, for what is no header of a QBFT chain.
    """
    try:
        return qbft.decode(part.header).number
    except AnzhengError as error:
        raise AnzhengError(Code.CHAIN_PROOF_REFUSED, error.message) from error


def _part(value: cbor.CborValue) -> ContractProof:
    fields = _fields(value, _PART_ITEMS)
    return ContractProof(
        chain_id=ChainId(fields.integer(1, MAX_UINT_64)),
        contract=Address(fields.octets(ADDRESS_BYTES)),
        header=fields.octets(1, MAX_HEADER_BYTES),
        account_proof=_nodes(fields),
        storage_proof=_nodes(fields),
    )


def _words(fields: Fields) -> tuple[int, ...]:
    items = fields.array(MAX_WORDS)
    words = _fields(items, len(items))
    return tuple(words.integer(0, MAX_WORD) for _ in items)


def _nodes(fields: Fields) -> tuple[bytes, ...]:
    items = fields.array(_MAX_NODES)
    nodes = _fields(items, len(items))
    return tuple(nodes.octets(1, MAX_NODE_BYTES) for _ in items)


def _fields(value: cbor.CborValue, count: int) -> Fields:
    return Fields(value, count, Code.CHAIN_PROOF_SYNTAX)


def _ascend(where: str, values: Sequence[int | tuple[int, bytes]]) -> None:
    if not values or any(first >= second for first, second in pairwise(values)):  # type: ignore[operator]
        raise AnzhengError(Code.CHAIN_PROOF_SYNTAX, f"{where} are none, or do not ascend")
