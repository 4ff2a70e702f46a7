"""Ask the trust store, the registry and the chains, and hold one against the other.

The only part of a verification that may wait for somebody else. Whatever fails here becomes a note
or `None`; it never makes anything better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from licence.domain.model import StatusRef
from licence.domain.status import StatusWord, more_negative
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckResult
from licence.formats.evidence import Anchored, BatchRecord
from licence.formats.side_pages import page_wanted
from licence.formats.status_shard import shard_of
from licence.formats.trust_types import Authority, Contract, Registry
from licence.ids import Digest, Leaf
from verifier.checks.c06_anchor import STANDARD as ANCHOR_STANDARD
from verifier.checks.c07_status import ListTokens, contradicted_by_chain
from verifier.checks.outcome import not_passed
from verifier.ports import AnchorSlot, Online, TrustView


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """Evidence from the registry, or what it said instead; neither when it was not reached."""

    evidence: bytes | None = None
    says: Code | None = None


def ask_evidence(online: Online, leaf: Leaf) -> RegistryAnswer:
    """Ask the registry for the evidence of a leaf."""
    try:
        evidence = online.evidence(leaf)
    except AnzhengError as error:
        known = error.code is Code.ANCHOR_PENDING
        return RegistryAnswer(says=Code.ANCHOR_PENDING if known else None)
    return RegistryAnswer(evidence) if evidence is not None else RegistryAnswer(says=Code.NOT_FOUND)


def stored_lists(trust: TrustView, ref: StatusRef, authority: Authority) -> ListTokens:
    """Take the lists from the trust store; a damaged file is no list."""
    shard = shard_of(ref.index)
    try:
        cwt = trust.status_list(ref.registry, authority.id, shard)
        side = trust.side_list(ref.registry, authority.id, shard)
    except AnzhengError:
        return ListTokens("trust", b"", None)
    return ListTokens("trust", cwt, side, _page(trust, side, ref, authority))


def ask_lists(online: Online, ref: StatusRef, authority: Authority) -> ListTokens:
    """Ask the registry for the newest list of a shard; an error page is no list."""
    shard = shard_of(ref.index)
    try:
        cwt = online.status_list(ref.registry, authority.id, shard)
    except AnzhengError:
        return ListTokens("registry", None, None)
    try:
        side = online.side_list(ref.registry, authority.id, shard)
    except AnzhengError:
        # What the list has against a licence counts, though somebody keeps the reasons back.
        return ListTokens("registry", cwt, None)
    return ListTokens("registry", cwt, side, _page(online, side, ref, authority))


def _page(
    place: TrustView | Online, side: bytes | None, ref: StatusRef, authority: Authority
) -> bytes | None:
    """Fetch the one page that speaks of this licence version, if the side list is in pages."""
    wanted = page_wanted(side, ref.index) if side is not None else None
    if wanted is None:
        return None
    try:
        return place.side_page(ref.registry, authority.id, wanted)
    except AnzhengError:
        # The list still counts; only that there is nothing against the licence, it cannot say.
        return None


def past_list(
    trust: TrustView, online: Online | None, ref: StatusRef, authority: Authority, on: date
) -> bytes | None:
    """Take the list of a day in the past from the trust folder, else from the registry."""
    shard = shard_of(ref.index)
    found = trust.past_list(ref.registry, authority.id, shard, on)
    if found is not None or online is None:
        return found
    try:
        return online.past_list(ref.registry, authority.id, shard, on)
    except AnzhengError:
        return None


def confirm_anchor(
    online: Online, result: CheckResult, anchored: Anchored, contract: Contract
) -> CheckResult:
    """Compare the anchored slot with what a node reads from the contract."""
    record = anchored.record
    try:
        slot = _slot(online, record, contract)
    except AnzhengError as error:
        # The witnesses have proved it; that one node does not answer takes nothing away.
        return replace(result, notes=(*result.notes, error.code))
    if slot is None or slot == AnchorSlot(int(record.block_time.timestamp()), record.sequence):
        return result
    unknown = AnzhengError(Code.ANCHOR_CHAIN_MISMATCH, "a chain node knows no such anchor")
    return not_passed(CheckName.ANCHOR, unknown, *result.facts, standard=ANCHOR_STANDARD)


def _slot(online: Online, record: BatchRecord, contract: Contract) -> AnchorSlot | None:
    """Return what the node reads; None when there is no node to ask."""
    reader = online.chain(record.chain_id)
    if reader is None:
        return None
    found = reader.anchor_slot(
        contract, record.authority, record.root, record.size, Digest(record.manifest)
    )
    return found if found is not None else AnchorSlot(0, 0)


def confirm_status(
    online: Online, result: CheckResult, ref: StatusRef, authority: Authority, registry: Registry
) -> CheckResult:
    """Compare the status with the most negative one over all contracts of the registry."""
    worst, notes = 0, list(result.notes)
    for contract in registry.contracts:
        reader = online.chain(contract.chain_id)
        if reader is None:
            continue
        try:
            worst = _worse(worst, reader.status_of(contract, authority.id, ref.index))
        except AnzhengError as error:
            notes.append(error.code)
    return contradicted_by_chain(replace(result, notes=tuple(dict.fromkeys(notes))), worst)


def _worse(one: int, other: int) -> int:
    """Return the worse of two chain words; one that we do not know is worse than all."""
    unknown: Sequence[int] = [word for word in (one, other) if word not in set(StatusWord)]
    if unknown:
        return unknown[0]
    return int(more_negative(StatusWord(one), StatusWord(other)))
