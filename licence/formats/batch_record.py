"""The record of an anchored batch: what the chain shows of it, as an authority's log keeps it.

Standard: RFC 8949, 4.2.1; `docs/formats/evidence.cddl`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor
from licence.formats.cbor_fields import MAX_SECONDS, MAX_UINT_64, Fields
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import HASH_BYTES, leaf_hash
from licence.ids import Address, AuthorityId, BlockHash, ChainId, MerkleRoot, RegistryId

RECORD: Final = "anzheng-batch/v1"
RECORD_ITEMS: Final = 12
ADDRESS_BYTES: Final = 20
MAX_UINT_32: Final = 2**32 - 1


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


def log_origin(registry: RegistryId, authority: AuthorityId) -> str:
    """Return the origin line of the one log of an authority in a registry."""
    return f"anzheng/{registry}/{authority}"


def record_bytes(record: BatchRecord) -> bytes:
    """Return the deterministic CBOR of a batch record: an entry of the log.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for a record that `decode` would refuse.
    """
    return cbor.dumps(record_value(record))


def decode_record(data: bytes) -> BatchRecord:
    """Return the batch record of these bytes, an entry of the log.

    Raises:
        AnzhengError: TOO_LARGE, EVIDENCE_SYNTAX.
    """
    return read_record(load_cbor(data, MAX_EVIDENCE_BYTES))


def log_leaf(record: BatchRecord) -> bytes:
    """Return the hash of a batch record as a leaf of the log: SHA-256(0x00 || CBOR).

    Raises:
        AnzhengError: EVIDENCE_SYNTAX.
    """
    return leaf_hash(record_bytes(record))


def load_cbor(data: bytes, limit: int) -> cbor.CborValue:
    """Return the value of evidence or of a part of it.

    Raises:
        AnzhengError: TOO_LARGE, EVIDENCE_SYNTAX.
    """
    if len(data) > limit:
        raise AnzhengError(Code.TOO_LARGE, "no evidence is that large", limit=limit)
    try:
        return cbor.loads(data, max_bytes=limit)
    except AnzhengError as error:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "not deterministic CBOR") from error


def read_record(value: cbor.CborValue) -> BatchRecord:
    """Return the record that this array is.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX.
    """
    fields = Fields(value, RECORD_ITEMS, Code.EVIDENCE_SYNTAX)
    fields.constant(RECORD)
    return BatchRecord(
        registry=fields.registry(),
        authority=fields.authority(),
        chain_id=ChainId(fields.integer(1, MAX_UINT_64)),
        contract=Address(fields.octets(ADDRESS_BYTES)),
        root=MerkleRoot(fields.octets(HASH_BYTES)),
        size=fields.integer(1, MAX_UINT_32),
        manifest=ManifestDigest(fields.octets(HASH_BYTES)),
        sequence=fields.integer(0, MAX_UINT_64),
        block_number=fields.integer(0, MAX_UINT_64),
        block_hash=BlockHash(fields.octets(HASH_BYTES)),
        block_time=datetime.fromtimestamp(fields.integer(1, MAX_SECONDS), UTC),
    )


def record_value(record: BatchRecord) -> tuple[cbor.CborValue, ...]:
    """Return the array of a record, which must read back as the same record.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX.
    """
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
    if read_record(value) != record:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "a block time with a fraction of a second")
    return value
