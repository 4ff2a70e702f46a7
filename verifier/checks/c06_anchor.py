"""Check 6: the licence is anchored, by its authority, in a contract of the registry it names.

Evidence is never believed for what it says about itself: chain, contract, log, witnesses and
validators are those of the trust bundle, registry and authority those of the signed data.

Standard: RFC 9162, 2.1; C2SP tlog-checkpoint and tlog-cosignature; EIP-1186; DESIGN 3.2 and 4,
check 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from licence.domain.model import Environment, LicenceVersion
from licence.errors import AnzhengError, Code, Fact
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.evidence import (
    Anchored,
    Evidence,
    QbftEvidence,
    check_evidence,
    decode,
    log_origin,
)
from licence.formats.trust_types import Contract, Registry, TrustBundle
from licence.ids import Address, AuthorityId, Leaf, RegistryId
from verifier.checks.outcome import ended

NUMBER: Final = 6
STANDARD: Final = "RFC 9162 2.1.3, C2SP tlog-checkpoint"
PENDING_TIME: Final = timedelta(hours=72)
"""How long a signed licence may wait for its anchor before that is an alarm."""

_SPOILT: Final = frozenset(
    {
        Code.ANCHOR_PROOF_MISMATCH,
        Code.ANCHOR_WITNESS,
        Code.ANCHOR_CHAIN_MISMATCH,
        Code.BLOCK_SEALS,
        Code.VALIDATORS_NOT_PINNED,
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Evidence, and where it was found: `file`, `sidecar` or `registry`."""

    source: str
    data: bytes


def judge_evidence(
    data: bytes, leaf: Leaf, registry_id: RegistryId, authority_id: AuthorityId, bundle: TrustBundle
) -> Anchored:
    """Verify evidence for a leaf of an authority against the trust bundle.

    Args:
        data: The evidence.
        leaf: Computed from the thing itself.
        registry_id: From the signed data.
        authority_id: From the signed data.
        bundle: Whom we believe.

    Raises:
        AnzhengError: ANCHOR_PROOF_MISMATCH, ANCHOR_WITNESS, ANCHOR_CHAIN_MISMATCH, BLOCK_SEALS,
            VALIDATORS_NOT_PINNED, EVIDENCE_TYPE_UNSUPPORTED, or REGISTRY_UNKNOWN.
    """
    registry, authority = bundle.registry(registry_id), bundle.authority(authority_id)
    if registry is None or authority is None:
        raise AnzhengError(Code.REGISTRY_UNKNOWN, "the trust bundle does not know the registry")
    try:
        evidence = decode(data)
    except AnzhengError as error:
        if error.code is Code.EVIDENCE_TYPE_UNSUPPORTED:
            raise
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, "the evidence cannot be read") from error
    record = evidence.record
    contract = registry.contract(record.chain_id, record.contract)
    anchored = check_evidence(
        evidence,
        leaf,
        log_key=LogKey(authority.log_key.name, authority.log_key.key),
        witnesses=[
            WitnessKey(witness.name, witness.key)
            for witness in registry.witnesses_at(record.block_number)
        ],
        threshold=registry.witness_threshold,
        origin=log_origin(registry_id, authority_id),
        code_hash=contract.code_hash if contract is not None else None,
        validators=_validators(evidence, registry),
    )
    _check_contract(anchored, contract, bundle)
    return anchored


def _validators(evidence: Evidence, registry: Registry) -> tuple[Address, ...]:
    """Return the validators that must have sealed the block of evidence that stands on them."""
    if not isinstance(evidence, QbftEvidence):
        return ()
    record = evidence.record
    pinned = registry.validators_at(record.chain_id, record.block_number)
    if pinned is None:
        raise AnzhengError(Code.VALIDATORS_NOT_PINNED, "no validators are pinned for this block")
    return pinned.addresses


def _check_contract(anchored: Anchored, contract: Contract | None, bundle: TrustBundle) -> None:
    """Refuse a contract that is not pinned, or was not open at that block."""
    block = anchored.block_number
    if contract is None:
        raise AnzhengError(Code.ANCHOR_CHAIN_MISMATCH, "a chain or contract that is not pinned")
    ended_before = contract.frozen_at is not None and block > contract.frozen_at
    if block < contract.from_block or ended_before:
        raise AnzhengError(Code.ANCHOR_CHAIN_MISMATCH, "a block outside the contract's time")
    if contract.test_chain and bundle.environment is Environment.PRODUCTION:
        raise AnzhengError(Code.ANCHOR_CHAIN_MISMATCH, "a chain for tests only")


def check_anchor(
    leaf: Leaf, licence: LicenceVersion, bundle: TrustBundle, candidates: Sequence[Candidate]
) -> tuple[CheckResult | None, Anchored | None, Code | None]:
    """Judge the candidates in turn; the first that holds decides.

    Returns:
        The passed check and what it proves; or neither, and the code by which the last broken
        candidate was refused (None when there was no candidate at all).
    """
    refused: Code | None = None
    for candidate in candidates:
        try:
            anchored = judge_evidence(
                candidate.data,
                leaf,
                licence.status.registry,
                licence.draft.issuer_code,
                bundle,
            )
        except AnzhengError as error:
            refused = error.code
            continue
        # A vandal can break the attribute in the file, for it is unsigned: that is worth a note.
        notes = (refused,) if refused is not None else ()
        facts = anchor_facts(anchored, candidate.source)
        return (
            passed(CheckName.ANCHOR, *facts, notes=notes, standard=STANDARD),
            anchored,
            refused,
        )
    return None, None, refused


def anchor_facts(anchored: Anchored, source: str) -> tuple[tuple[str, Fact], ...]:
    """Return what a person may want to know about an anchor."""
    record = anchored.record
    return (
        ("source", source),
        ("chain_id", record.chain_id),
        ("contract", "0x" + record.contract.hex()),
        ("block_number", anchored.block_number),
        ("block_hash", "0x" + anchored.block_hash.hex()),
        ("block_time", anchored.block_time.isoformat().replace("+00:00", "Z")),
        ("sequence", anchored.sequence),
        ("batch_size", record.size),
        ("witnesses", ", ".join(witness.name for witness in anchored.cosigned)),
        *((("seals", len(anchored.sealed)),) if anchored.sealed else ()),
    )


def not_anchored(
    refused: Code | None, registry_says: Code | None, gen_time: datetime, now: datetime
) -> CheckResult:
    """Return why there is no proof of an anchor; it is always something that is missing.

    Args:
        refused: Why the last candidate was refused, if there was one.
        registry_says: NOT_FOUND or ANCHOR_PENDING when the registry was reached.
        gen_time: When the licence was signed.
        now: When the question is asked.
    """
    waits = now - gen_time < PENDING_TIME
    if refused is not None:
        code = refused if refused in _SPOILT else Code.ANCHOR_PROOF_MISMATCH
        code = refused if refused is Code.EVIDENCE_TYPE_UNSUPPORTED else code
    elif waits:
        code = Code.ANCHOR_PENDING
    elif registry_says is Code.NOT_FOUND:
        code = Code.UNREGISTERED
    elif registry_says is Code.ANCHOR_PENDING:
        code = Code.ANCHOR_OVERDUE
    else:
        code = Code.ANCHOR_ABSENT
    return ended(CheckName.ANCHOR, code, standard=STANDARD)
