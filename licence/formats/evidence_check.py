"""Judges anchor evidence for a leaf, every part of it; `licence.formats.evidence` reads it.

Standard: RFC 9162, 2.1; C2SP tlog-checkpoint; EIP-1186; DESIGN 3.2.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import block_header, checkpoint, qbft, registry_state
from licence.formats.batch_record import BatchRecord, log_leaf, log_origin
from licence.formats.checkpoint import Cosigned, LogKey, SignedCheckpoint, WitnessKey
from licence.formats.evidence_types import (
    Anchored,
    Evidence,
    QbftEvidence,
    StateProof,
    WitnessEvidence,
)
from licence.formats.qbft import SealedBlock
from licence.formats.registry_state import History
from licence.formats.tree import verify_inclusion
from licence.ids import Address, Digest, Leaf

_REFUSED_AS: Final = {
    Code.BLOCK_SEALS: Code.BLOCK_SEALS,
    Code.CHAIN_WRONG: Code.ANCHOR_CHAIN_MISMATCH,
}
"""What the parts refuse with, as check 6 says it; all else is a proof that does not hold."""


def check_evidence(
    evidence: Evidence,
    leaf: Leaf,
    *,
    log_key: LogKey,
    witnesses: Sequence[WitnessKey],
    threshold: int,
    origin: str,
    code_hash: Digest | None = None,
    validators: Sequence[Address] = (),
) -> Anchored:
    """Verify evidence for a leaf, every part of it.

    The caller still has to compare chain id, contract and block of the record with the trust
    bundle, and to choose the witnesses and validators that are pinned for that block.

    Args:
        evidence: What was found beside the leaf.
        leaf: Computed from the thing itself.
        log_key: Pinned key of the authority's log.
        witnesses: Pinned witnesses.
        threshold: How many of them there must be.
        origin: Origin of the log that the signed data names, see `log_origin`.
        code_hash: Pinned hash of the contract's code; without it no proof of its state holds.
        validators: Pinned validators of the chain; without them no `qbft-v1` holds.

    Raises:
        AnzhengError: ANCHOR_PROOF_MISMATCH, ANCHOR_WITNESS, ANCHOR_CHAIN_MISMATCH, BLOCK_SEALS,
            EVIDENCE_SYNTAX.
    """
    record = evidence.record
    # 1. the leaf is in the batch, and the batch is of whom the signed data names
    _included(leaf, evidence.index, record.size, evidence.path, record.root)
    if origin != log_origin(record.registry, record.authority):
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the evidence is of another log")
    if isinstance(evidence, QbftEvidence):
        return _check_qbft(evidence, code_hash, validators)
    # 2. the checkpoint is of that log
    note = checked_note(evidence)
    said = note.checkpoint
    if said.origin != origin:
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the evidence is of another log")
    # 3. every signature of the checkpoint
    cosigned = checkpoint.verify(note, log_key, witnesses, threshold)
    # 4. the batch is in the log
    _included(log_leaf(record), evidence.log_index, said.size, evidence.log_path, said.root)
    # 5. the contract held it when the record's block was made
    if evidence.state is not None:
        _check_state(evidence.state, record, code_hash)
    return _anchored(record, cosigned=cosigned)


def _check_qbft(
    evidence: QbftEvidence, code_hash: Digest | None, validators: Sequence[Address]
) -> Anchored:
    """Verify the parts that prove the batch on its chain."""
    record = evidence.record
    try:
        # 2. the pinned validators, and nobody else, sealed the header
        block = _sealed(evidence.header, tuple(validators))
        # 3. it is the record's block, not older than the anchoring
        same = (block.number, block.hash) == (record.block_number, record.block_hash)
        if not same or block.time < record.block_time:
            raise _mismatch("the header is of another block")
        # 4. the contract with the pinned code keeps this batch
        slots: tuple[int, ...] = (registry_state.batch_slot(record),)
        batch = _read(block.state_root, evidence, code_hash, evidence.slot_proof, slots)[0]
        _check_batch(record, batch)
        # 5. its history, where that is proved too
        history = None
        if evidence.head_proof is not None:
            nodes = (*evidence.slot_proof, *evidence.head_proof)
            slots = (*slots, registry_state.SEQUENCE_SLOT, registry_state.HEAD_SLOT)
            _, *values = _read(block.state_root, evidence, code_hash, nodes, slots)
            history = registry_state.history(*values)
    except AnzhengError as error:
        raise _refused(error) from error
    return _anchored(record, sealed=block.signers, history=history)


def _read(
    state_root: bytes,
    evidence: QbftEvidence,
    code_hash: Digest | None,
    nodes: Sequence[bytes],
    slots: Sequence[int],
) -> tuple[int, ...]:
    contract = evidence.record.contract
    account_proof = evidence.account_proof
    return _storage(
        state_root, contract, _pinned(code_hash), account_proof, tuple(nodes), tuple(slots)
    )


# All leaves of a batch have the same block and slot; what is cached are frozen values.
@lru_cache(maxsize=16)
def _sealed(header: bytes, validators: tuple[Address, ...]) -> SealedBlock:
    return qbft.check_shown(header, validators)


_storage = lru_cache(maxsize=16)(registry_state.read_storage)


def forget() -> None:
    """Forget blocks and slots that were verified; only who measures has a use for it."""
    _sealed.cache_clear()
    _storage.cache_clear()
    registry_state.batch_slot.cache_clear()


def _check_state(state: StateProof, record: BatchRecord, code_hash: Digest | None) -> None:
    try:
        header = block_header.decode(state.header)
        same = (header.number, header.digest()) == (record.block_number, record.block_hash)
        if not same or header.time != record.block_time:
            raise _mismatch("the header is not of the record's block")
        values = _storage(
            header.state_root,
            record.contract,
            _pinned(code_hash),
            state.account_proof,
            state.slot_proof,
            (registry_state.batch_slot(record),),
        )
        _check_batch(record, values[0])
    except AnzhengError as error:
        raise _refused(error) from error


def _pinned(code_hash: Digest | None) -> Digest:
    if code_hash is None:
        raise AnzhengError(Code.CHAIN_WRONG, "a contract that is not pinned")
    return code_hash


def _check_batch(record: BatchRecord, value: int) -> None:
    if registry_state.batch_value(value) != (record.block_time, record.sequence):
        raise _mismatch("the contract keeps another time or number for the batch")


def _anchored(
    record: BatchRecord,
    *,
    cosigned: tuple[Cosigned, ...] = (),
    sealed: tuple[Address, ...] = (),
    history: History | None = None,
) -> Anchored:
    return Anchored(
        block_time=record.block_time,
        block_number=record.block_number,
        block_hash=record.block_hash,
        sequence=record.sequence,
        record=record,
        cosigned=cosigned,
        sealed=sealed,
        history=history,
    )


def _included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    try:
        verify_inclusion(leaf, index, size, path, root)
    except AnzhengError as error:
        raise _mismatch("a path does not lead there") from error


def _mismatch(message: str) -> AnzhengError:
    return AnzhengError(Code.ANCHOR_PROOF_MISMATCH, message)


def _refused(error: AnzhengError) -> AnzhengError:
    code = _REFUSED_AS.get(error.code, Code.ANCHOR_PROOF_MISMATCH)
    return AnzhengError(code, error.message, **error.facts)


def checked_note(evidence: WitnessEvidence) -> SignedCheckpoint:
    """Return the checkpoint of evidence taken apart.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX.
    """
    try:
        return checkpoint.parse(evidence.checkpoint)
    except AnzhengError as error:
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "the checkpoint is not spelled so") from error
