"""Anchor evidence: why a leaf is anchored, for somebody who has the trust bundle and no network.

A tagged union in deterministic CBOR. `witness-v1`: the leaf's path in its batch, the record of the
batch, the record's path in the authority's one log, the log's checkpoint with its cosignatures, and
where the chain can prove its state, that proof too. `qbft-v1`: the path, the record, a block header
with the seals of the pinned validators, and the proof that the contract holds the batch.
Every part must verify, so that no byte of the evidence is free.

Standard: RFC 8949, 4.2.1; `docs/formats/evidence.cddl`.
"""

import re
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, checkpoint
from licence.formats.batch_record import (
    MAX_UINT_32,
    RECORD_ITEMS,
    BatchRecord,
    decode_record,
    load_cbor,
    log_leaf,
    log_origin,
    read_record,
    record_bytes,
    record_value,
)
from licence.formats.block_header import MAX_HEADER_BYTES
from licence.formats.cbor_fields import Fields
from licence.formats.evidence_check import check_evidence, checked_note
from licence.formats.evidence_types import (
    Anchored,
    Evidence,
    QbftEvidence,
    StateProof,
    WitnessEvidence,
)
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.patricia import MAX_NODE_BYTES, MAX_NODES
from licence.formats.tree import HASH_BYTES

__all__ = [
    "MAX_EVIDENCE_BYTES",
    "Anchored",
    "BatchRecord",
    "Evidence",
    "QbftEvidence",
    "StateProof",
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

MAX_PATH_NODES: Final = 32
"""Most nodes of a path: trees have at most 2^32 - 1 leaves."""

_WITNESS_ITEMS: Final = (7, 8)
_QBFT_ITEMS: Final = (7, 8)
_STATE_ITEMS: Final = 3
_LATER: Final = re.compile(r"(?:witness|qbft|ots)-v[1-9][0-9]?", re.ASCII)
"""Types that a later release may have; any other is no evidence of ours."""


def encode(evidence: Evidence) -> bytes:
    """Return the evidence as it stands in the hole and in the sidecar.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for evidence that `decode` would refuse; TOO_LARGE.
    """
    if isinstance(evidence, WitnessEvidence):
        value = _witness_value(evidence)
    else:
        value = _qbft_value(evidence)
    _evidence(value)
    data = cbor.dumps(value)
    if len(data) > MAX_EVIDENCE_BYTES:
        raise AnzhengError(
            Code.TOO_LARGE, "no evidence is that large", bytes=len(data), limit=MAX_EVIDENCE_BYTES
        )
    return data


def decode(data: bytes) -> Evidence:
    """Return the evidence of these bytes; nothing is verified yet but its one spelling.

    Raises:
        AnzhengError: TOO_LARGE, EVIDENCE_TYPE_UNSUPPORTED, EVIDENCE_SYNTAX.
    """
    return _evidence(load_cbor(data, MAX_EVIDENCE_BYTES))


def _witness_value(evidence: WitnessEvidence) -> tuple[cbor.CborValue, ...]:
    value = (
        WITNESS,
        evidence.index,
        evidence.path,
        record_value(evidence.record),
        evidence.log_index,
        evidence.log_path,
        evidence.checkpoint,
    )
    state = evidence.state
    if state is None:
        return value
    return (*value, (state.header, state.account_proof, state.slot_proof))


def _qbft_value(evidence: QbftEvidence) -> tuple[cbor.CborValue, ...]:
    value = (
        QBFT,
        evidence.index,
        evidence.path,
        record_value(evidence.record),
        evidence.header,
        evidence.account_proof,
        evidence.slot_proof,
    )
    return value if evidence.head_proof is None else (*value, evidence.head_proof)


def _evidence(value: cbor.CborValue) -> Evidence:
    kind = value[0] if isinstance(value, tuple) and value else None
    if kind == QBFT:
        return _qbft(value)
    if isinstance(kind, str) and kind != WITNESS and _LATER.fullmatch(kind):
        raise AnzhengError(Code.EVIDENCE_TYPE_UNSUPPORTED, "evidence of a later release", type=kind)
    return _witness(value)


def _fields(value: cbor.CborValue, allowed: tuple[int, ...]) -> tuple[Fields, int]:
    """Return the items of an array that may have so many, and how many there are."""
    found = len(value) if isinstance(value, tuple) else 0
    count = found if found in allowed else allowed[0]
    return Fields(value, count, Code.EVIDENCE_SYNTAX), count


def _witness(value: cbor.CborValue) -> WitnessEvidence:
    fields, count = _fields(value, _WITNESS_ITEMS)
    fields.constant(WITNESS)
    evidence = WitnessEvidence(
        index=fields.integer(0, MAX_UINT_32),
        path=_path(fields),
        record=read_record(fields.array(RECORD_ITEMS)),
        log_index=fields.integer(0, MAX_UINT_32),
        log_path=_path(fields),
        checkpoint=fields.octets(1, checkpoint.MAX_CHECKPOINT_BYTES),
        state=_state(fields) if count == _WITNESS_ITEMS[-1] else None,
    )
    checked_note(evidence)
    return evidence


def _state(fields: Fields) -> StateProof:
    items = Fields(fields.array(_STATE_ITEMS), _STATE_ITEMS, Code.EVIDENCE_SYNTAX)
    return StateProof(items.octets(1, MAX_HEADER_BYTES), _nodes(items), _nodes(items))


def _qbft(value: cbor.CborValue) -> QbftEvidence:
    fields, count = _fields(value, _QBFT_ITEMS)
    fields.constant(QBFT)
    return QbftEvidence(
        index=fields.integer(0, MAX_UINT_32),
        path=_path(fields),
        record=read_record(fields.array(RECORD_ITEMS)),
        header=fields.octets(1, MAX_HEADER_BYTES),
        account_proof=_nodes(fields),
        slot_proof=_nodes(fields),
        head_proof=_nodes(fields) if count == _QBFT_ITEMS[-1] else None,
    )


def _path(fields: Fields) -> tuple[bytes, ...]:
    items = fields.array(MAX_PATH_NODES)
    nodes = Fields(items, len(items), Code.EVIDENCE_SYNTAX)
    return tuple(nodes.octets(HASH_BYTES) for _ in items)


def _nodes(fields: Fields) -> tuple[bytes, ...]:
    items = fields.array(MAX_NODES)
    nodes = Fields(items, len(items), Code.EVIDENCE_SYNTAX)
    return tuple(nodes.octets(1, MAX_NODE_BYTES) for _ in items)
