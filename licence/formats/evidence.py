"""Anchor evidence: why a leaf is anchored, for somebody who has the trust bundle and no network.

A tagged union in deterministic CBOR. `witness-v1`: the leaf's path in its batch, the record of the
batch, the record's path in the authority's one log, the log's checkpoint with its cosignatures.
`qbft-v1` is reserved. Every part must verify, so that no byte of the evidence is free.

Standard: RFC 8949, 4.2.1; RFC 9162, 2.1; C2SP tlog-checkpoint; `docs/formats/evidence.cddl`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, checkpoint
from licence.formats.cbor_fields import MAX_SECONDS, MAX_UINT_64, Fields
from licence.formats.checkpoint import Cosigned, LogKey, SignedCheckpoint, WitnessKey
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import HASH_BYTES, leaf_hash, verify_inclusion
from licence.ids import (
    Address,
    AuthorityId,
    BlockHash,
    ChainId,
    Leaf,
    MerkleRoot,
    RegistryId,
)

__all__ = [
    "MAX_EVIDENCE_BYTES",
    "Anchored",
    "BatchRecord",
    "WitnessEvidence",
    "check_evidence",
    "decode",
    "decode_record",
    "encode",
    "log_leaf",
    "log_origin",
    "record_bytes",
]

WITNESS: Final = "witness-v1"
QBFT: Final = "qbft-v1"
RECORD: Final = "anzheng-batch/v1"

MAX_PATH_NODES: Final = 32
"""Most nodes of a path: trees have at most 2^32 - 1 leaves."""

_ADDRESS_BYTES: Final = 20
_MAX_UINT_32: Final = 2**32 - 1
_EVIDENCE_ITEMS: Final = 7
_RECORD_ITEMS: Final = 12


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One anchored batch, as its authority's log has it for ever.

    Attributes:
        registry: Name of the registry.
        authority: Whose batch it is.
        chain_id: EIP-155 id of the chain.
        contract: Address of the registry's contract.
        root: Root of the batch's tree.
        size: Number of its leaves.
        manifest: Digest of its manifest.
        sequence: Number of the anchoring event in the contract.
        block_number: Height of the block.
        block_hash: Its hash.
        block_time: Its time, whole seconds, UTC.
    """

    registry: RegistryId
    authority: AuthorityId
    chain_id: ChainId
    contract: Address
    root: MerkleRoot
    size: int
    manifest: ManifestDigest
    sequence: int
    block_number: int
    block_hash: BlockHash
    block_time: datetime


@dataclass(frozen=True, slots=True)
class WitnessEvidence:
    """Evidence of type `witness-v1`.

    Attributes:
        index: Place of the leaf in the batch.
        path: From the leaf to the batch's root.
        record: The batch.
        log_index: Place of the record in the log.
        log_path: From the record to the log's root.
        checkpoint: Signed note of the log, with cosignatures.
    """

    index: int
    path: tuple[bytes, ...]
    record: BatchRecord
    log_index: int
    log_path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Anchored:
    """What verified evidence proves."""

    block_time: datetime
    block_number: int
    block_hash: BlockHash
    sequence: int
    record: BatchRecord
    cosigned: tuple[Cosigned, ...]


def log_origin(registry: RegistryId, authority: AuthorityId) -> str:
    """Return the origin line of the one log of an authority in a registry."""
    return f"anzheng/{registry}/{authority}"


def record_bytes(record: BatchRecord) -> bytes:
    """Return the deterministic CBOR of a batch record: an entry of the log.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for a record that `decode` would refuse.
    """
    return cbor.dumps(_record_value(record))


def decode_record(data: bytes) -> BatchRecord:
    """Return the batch record of these bytes, an entry of the log.

    Raises:
        AnzhengError: TOO_LARGE, EVIDENCE_SYNTAX.
    """
    return _record(_loads(data))


def log_leaf(record: BatchRecord) -> bytes:
    """Return the hash of a batch record as a leaf of the log: SHA-256(0x00 || CBOR).

    Raises:
        AnzhengError: EVIDENCE_SYNTAX.
    """
    return leaf_hash(record_bytes(record))


def encode(evidence: WitnessEvidence) -> bytes:
    """Return the evidence as it stands in the hole and in the sidecar.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for evidence that `decode` would refuse.
    """
    value = (
        WITNESS,
        evidence.index,
        evidence.path,
        _record_value(evidence.record),
        evidence.log_index,
        evidence.log_path,
        evidence.checkpoint,
    )
    _evidence(value)
    # The limits of the parts keep the whole under MAX_EVIDENCE_BYTES.
    return cbor.dumps(value)


def decode(data: bytes) -> WitnessEvidence:
    """Return the evidence of these bytes; nothing is verified yet but its one spelling.

    Raises:
        AnzhengError: TOO_LARGE, EVIDENCE_TYPE_UNSUPPORTED, EVIDENCE_SYNTAX.
    """
    value = _loads(data)
    if isinstance(value, tuple) and value[:1] == (QBFT,):
        raise AnzhengError(Code.EVIDENCE_TYPE_UNSUPPORTED, "evidence of a later release", type=QBFT)
    return _evidence(value)


def check_evidence(
    evidence: WitnessEvidence,
    leaf: Leaf,
    *,
    log_key: LogKey,
    witnesses: Sequence[WitnessKey],
    threshold: int,
    origin: str,
) -> Anchored:
    """Verify evidence for a leaf, every part of it.

    The caller still has to compare chain id, contract and block of the record with the trust
    bundle, and to choose the witnesses that are pinned for that block.

    Args:
        evidence: What was found beside the leaf.
        leaf: Computed from the thing itself.
        log_key: Pinned key of the authority's log.
        witnesses: Pinned witnesses.
        threshold: How many of them there must be.
        origin: Origin of the log that the signed data names, see `log_origin`.

    Raises:
        AnzhengError: ANCHOR_PROOF_MISMATCH, ANCHOR_WITNESS, EVIDENCE_SYNTAX.
    """
    record = evidence.record
    # 1. the leaf is in the batch
    _included(leaf, evidence.index, record.size, evidence.path, record.root)
    # 2. the checkpoint is of the log that the signed data and the record name
    note = _note(evidence)
    said = note.checkpoint
    if said.origin != origin or origin != log_origin(record.registry, record.authority):
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the evidence is of another log")
    # 3. every signature of the checkpoint
    cosigned = checkpoint.verify(note, log_key, witnesses, threshold)
    # 4. the batch is in the log
    _included(log_leaf(record), evidence.log_index, said.size, evidence.log_path, said.root)
    return Anchored(
        block_time=record.block_time,
        block_number=record.block_number,
        block_hash=record.block_hash,
        sequence=record.sequence,
        record=record,
        cosigned=cosigned,
    )


def _loads(data: bytes) -> cbor.CborValue:
    if len(data) > MAX_EVIDENCE_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no evidence is that large", limit=MAX_EVIDENCE_BYTES)
    try:
        return cbor.loads(data, max_bytes=MAX_EVIDENCE_BYTES)
    except AnzhengError as error:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "not deterministic CBOR") from error


def _included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    try:
        verify_inclusion(leaf, index, size, path, root)
    except AnzhengError as error:
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "a path does not lead there") from error


def _evidence(value: cbor.CborValue) -> WitnessEvidence:
    fields = Fields(value, _EVIDENCE_ITEMS, Code.EVIDENCE_SYNTAX)
    fields.constant(WITNESS)
    evidence = WitnessEvidence(
        index=fields.integer(0, _MAX_UINT_32),
        path=_path(fields),
        record=_record(fields.array(_RECORD_ITEMS)),
        log_index=fields.integer(0, _MAX_UINT_32),
        log_path=_path(fields),
        checkpoint=fields.octets(1, checkpoint.MAX_CHECKPOINT_BYTES),
    )
    _note(evidence)
    return evidence


def _note(evidence: WitnessEvidence) -> SignedCheckpoint:
    try:
        return checkpoint.parse(evidence.checkpoint)
    except AnzhengError as error:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "the checkpoint is not spelled so") from error


def _path(fields: Fields) -> tuple[bytes, ...]:
    items = fields.array(MAX_PATH_NODES)
    nodes = Fields(items, len(items), Code.EVIDENCE_SYNTAX)
    return tuple(nodes.octets(HASH_BYTES) for _ in items)


def _record(value: cbor.CborValue) -> BatchRecord:
    fields = Fields(value, _RECORD_ITEMS, Code.EVIDENCE_SYNTAX)
    fields.constant(RECORD)
    return BatchRecord(
        registry=fields.registry(),
        authority=fields.authority(),
        chain_id=ChainId(fields.integer(1, MAX_UINT_64)),
        contract=Address(fields.octets(_ADDRESS_BYTES)),
        root=MerkleRoot(fields.octets(HASH_BYTES)),
        size=fields.integer(1, _MAX_UINT_32),
        manifest=ManifestDigest(fields.octets(HASH_BYTES)),
        sequence=fields.integer(0, MAX_UINT_64),
        block_number=fields.integer(0, MAX_UINT_64),
        block_hash=BlockHash(fields.octets(HASH_BYTES)),
        block_time=datetime.fromtimestamp(fields.integer(1, MAX_SECONDS), UTC),
    )


def _record_value(record: BatchRecord) -> tuple[cbor.CborValue, ...]:
    """Return the array of a record, which must read back as the same record."""
    if record.block_time.tzinfo is None:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "a block time without time zone")
    value = (
        RECORD,
        record.registry,
        record.authority,
        record.chain_id,
        record.contract,
        record.root,
        record.size,
        record.manifest,
        record.sequence,
        record.block_number,
        record.block_hash,
        int(record.block_time.timestamp()),
    )
    if _record(value) != record:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "a block time with a fraction of a second")
    return value
