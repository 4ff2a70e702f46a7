"""The evidence of every leaf of a batch, once its record is under a cosigned checkpoint. Pure.

Evidence that rests on the chain's seals is made in `anchor.chain_evidence`.

Standard: DESIGN 3.2, `witness-v1`; RFC 9162, 2.1.3.1.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum, unique

from anchor.ports import LeafEvidence
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats import evidence as formats
from licence.formats.evidence import BatchRecord, StateProof, WitnessEvidence
from licence.formats.manifest import Manifest
from licence.formats.tree import Tree, leaf_hash


@unique
class EvidenceKind(StrEnum):
    """On what the evidence of an installation rests; the setting `anchor_evidence`."""

    WITNESS = "witness-v1"
    """Witnesses that saw the log; works on every chain."""
    WITNESS_AND_STATE = "witness-v1+state"
    """The same, and a proof of the chain's state where a node gives one."""
    QBFT = "qbft-v1"
    """The validators' seals and a proof of the chain's state."""


def make_evidence(
    manifest: Manifest,
    record: BatchRecord,
    records: Sequence[bytes],
    log_index: int,
    note: bytes,
    state: StateProof | None = None,
) -> Iterator[LeafEvidence]:
    """Yield the evidence of each leaf, in the order of the batch.

    Args:
        manifest: The batch.
        record: Its record.
        records: The encoded records of the authority's log, at least as many as the checkpoint
            speaks of.
        log_index: Place of the record among them.
        note: The checkpoint with its cosignatures.
        state: What the record's own block proves, if it is to stand in the evidence.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, when the parts do not belong together; TOO_LARGE.
    """
    said = checkpoints.parse(note).checkpoint
    log = Tree([leaf_hash(each) for each in records[: said.size]])
    together = (
        log.size == said.size
        and log.root == said.root
        and log_index < said.size
        and records[log_index] == formats.record_bytes(record)
        and manifest.root == record.root
        and manifest.size == record.size
    )
    if not together:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "batch, log and checkpoint do not fit together")
    log_path = log.path(log_index)
    batch = Tree([row.leaf for row in manifest.rows])
    for index, row in enumerate(manifest.rows):
        evidence = WitnessEvidence(
            index=index,
            path=batch.path(index),
            record=record,
            log_index=log_index,
            log_path=log_path,
            checkpoint=note,
            state=state,
        )
        yield LeafEvidence(row.leaf, formats.encode(evidence))
