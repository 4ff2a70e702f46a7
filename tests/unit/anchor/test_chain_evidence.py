"""What a node answers becomes evidence in the one spelling that verifiers read."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from anchor import chain_evidence
from anchor.chain_evidence import make_contract_proof, make_qbft_evidence, make_state_proof
from anchor.chain_ports import RawProof
from anchor.ports import LeafEvidence
from licence.errors import Code
from licence.formats import block_header, evidence, qbft, rlp
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import BatchRecord, QbftEvidence, StateProof, WitnessEvidence
from licence.formats.tree import Tree
from licence.ids import Address, BlockHash, Digest, Leaf
from tests.fakes import proof, qbft_cases, qbft_state
from tests.fakes import qbft as chain
from tests.fakes.qbft import Sealing
from tests.fakes.qbft_cases import n, pinned
from tests.fakes.qbft_state import LEAF
from tests.fakes.refusal import refuses
from verifier.checks.c06_anchor import judge_evidence

STATE = qbft_state.load()
KEYS = chain_evidence.batch_keys(STATE.record)


def answer(sealing: Sealing, *, later: bool = False) -> RawProof:
    raw = STATE.later if later else STATE.own
    return chain.dressed(qbft_state.only(raw, KEYS), sealing)


@pytest.mark.parametrize("count", qbft_cases.SIZES)
@pytest.mark.parametrize("later", [False, True])
def test_what_is_made_is_what_verifiers_take(count: int, *, later: bool) -> None:
    raw = answer(replace(n(count), arrival=True), later=later)
    made = tuple(make_qbft_evidence(STATE.manifest, STATE.record, raw))
    assert [each.leaf for each in made] == [row.leaf for row in STATE.manifest.rows]
    for each in made:
        bundle = pinned(n(count)).bundle()
        judge_evidence(each.evidence, each.leaf, proof.REGISTRY, proof.AUTHORITY, bundle)
    raw_evidence = STATE.later if later else None
    assert made[0].evidence == evidence.encode(qbft_cases.evidence_of(n(count), raw_evidence))


def test_nodes_twice_out_of_order_or_to_no_purpose_are_put_right() -> None:
    raw = answer(n(4), later=True)
    slot = raw.slots[0]
    junk = (b"\xc0", b"\xc2\x20\x01", *slot.nodes)
    messy = replace(
        raw,
        account_nodes=(*raw.account_nodes[::-1], *junk),
        slots=(replace(slot, nodes=(*slot.nodes[::-1], *junk)),),
    )
    good = next(make_qbft_evidence(STATE.manifest, STATE.record, raw))
    assert next(make_qbft_evidence(STATE.manifest, STATE.record, messy)) == good


def test_where_not_all_seals_fit_a_quorum_stands_there() -> None:
    """More validators than any consortium has, and a long header, so that the limit is met."""
    everybody = chain.keys(64)
    raw = answer(Sealing(everybody, sealers=everybody, more=(b"\x07", bytes(900))))
    assert len(rlp.dumps(raw.header)) > 5_000
    found = evidence.decode(next(_with_long_path(raw)).evidence)
    assert isinstance(found, QbftEvidence)
    header = block_header.decode(found.header)
    assert len(qbft.decode_extra(header.extra).seals) == qbft.quorum(64)


def _with_long_path(raw: RawProof) -> Iterator[LeafEvidence]:
    """Return evidence in a batch so large that little room is left."""
    row = STATE.manifest.rows[-1]
    others = tuple(replace(row, leaf=Leaf(proof.digest(f"other {each}"))) for each in range(4_000))
    rows = (*STATE.manifest.rows, *others)
    tree = Tree([each.leaf for each in rows])
    manifest = replace(STATE.manifest, rows=rows, size=tree.size, root=tree.root)
    record = replace(STATE.record, size=tree.size, root=tree.root)
    return make_qbft_evidence(manifest, record, raw)


def test_an_answer_that_is_no_proof_is_refused() -> None:
    raw = answer(n(4))
    other = replace(STATE.manifest, size=STATE.manifest.size + 1)
    for code, manifest, each in (
        (Code.EVIDENCE_SYNTAX, other, raw),
        (Code.TRIE_PROOF, STATE.manifest, replace(raw, account_nodes=())),
        (Code.TRIE_PROOF, STATE.manifest, replace(raw, slots=(replace(raw.slots[0], nodes=()),))),
        (Code.TRIE_PROOF, STATE.manifest, replace(raw, account=Address(bytes(20)))),
        (Code.BLOCK_HEADER, STATE.manifest, qbft_state.only(STATE.own, KEYS)),
    ):
        with refuses(code):
            tuple(make_qbft_evidence(manifest, STATE.record, each))


def test_a_status_proof_of_a_chain_without_seals_is_refused() -> None:
    words = chain_evidence.status_keys(proof.AUTHORITY, (0,))
    with refuses(Code.BLOCK_HEADER):
        make_contract_proof(STATE.record.chain_id, qbft_state.only(STATE.own, words))


# ---------------------------------------------------------------- witness-v1 with the state


def with_state(record: BatchRecord, state: StateProof | None) -> WitnessEvidence:
    """Return witness evidence of a record, in a log of its own."""
    log = Tree([evidence.log_leaf(record)])
    said = Checkpoint(evidence.log_origin(proof.REGISTRY, proof.AUTHORITY), log.size, log.root)
    return WitnessEvidence(
        index=0,
        path=qbft_cases.qbft_path(),
        record=record,
        log_index=0,
        log_path=(),
        checkpoint=proof.signed_checkpoint(said),
        state=state,
    )


def judged(found: WitnessEvidence, code_hash: Digest | None = STATE.code_hash) -> evidence.Anchored:
    data = evidence.encode(found)
    return evidence.check_evidence(
        evidence.decode(data),
        LEAF,
        log_key=proof.log_key(),
        witnesses=[proof.witness_key(name) for name in proof.WITNESSES],
        threshold=2,
        origin=evidence.log_origin(proof.REGISTRY, proof.AUTHORITY),
        code_hash=code_hash,
    )


def _on(sealing: Sealing | None) -> tuple[BatchRecord, StateProof]:
    """Return the record and its state on anvil, or on a QBFT chain."""
    raw = qbft_state.only(STATE.own, KEYS) if sealing is None else answer(sealing)
    record = replace(STATE.record, block_hash=raw.block.hash)
    return record, make_state_proof(record, raw)


@pytest.mark.parametrize("sealing", [None, n(4), n(7, round=3, sealers=chain.keys(7))])
def test_the_state_of_the_records_block_is_proved_on_any_chain(sealing: Sealing | None) -> None:
    record, state = _on(sealing)
    assert judged(with_state(record, state)).record == record
    assert judged(with_state(record, None)).record == record


def test_seals_stand_in_no_header_that_is_only_hashed() -> None:
    _, state = _on(n(4))
    extra = qbft.decode_extra(block_header.decode(state.header).extra)
    assert (extra.seals, extra.round) == ((), 0)


def test_a_state_that_does_not_hold_is_refused_though_the_witnesses_do() -> None:
    record, state = _on(None)
    good = with_state(record, state)
    slot = state.slot_proof
    later = qbft_state.only(STATE.later, KEYS)
    header = rlp.dumps(later.header)
    bad = {
        "node missing": replace(state, slot_proof=slot[:-1]),
        "node too many": replace(state, slot_proof=(*slot, slot[0])),
        "node twice": replace(state, account_proof=(*state.account_proof, slot[0])),
        "other header": replace(state, header=header),
        "no header": replace(state, header=b"\xc0"),
        "byte after it": replace(state, header=state.header + b"\0"),
    }
    for each in bad.values():
        with refuses(Code.ANCHOR_PROOF_MISMATCH):
            judged(replace(good, state=each))
    for code_hash in (None, Digest(bytes(32))):
        with refuses(Code.ANCHOR_CHAIN_MISMATCH):
            judged(good, code_hash)
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        judged(with_state(replace(record, sequence=record.sequence + 1), state))


def test_no_bit_of_the_state_is_free() -> None:
    record, state = _on(None)
    data = evidence.encode(with_state(record, state))
    begin = len(evidence.encode(with_state(record, None)))
    for at in range(begin, len(data), 7):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        with refuses(Code.EVIDENCE_SYNTAX, Code.ANCHOR_PROOF_MISMATCH, Code.ANCHOR_CHAIN_MISMATCH):
            judged_bytes(bytes(changed))


def judged_bytes(data: bytes) -> None:
    found = evidence.decode(data)
    assert isinstance(found, WitnessEvidence)
    judged(found)


def test_a_proof_of_another_block_is_not_made_into_evidence() -> None:
    raw = qbft_state.only(STATE.later, KEYS)
    with refuses(Code.EVIDENCE_SYNTAX):
        make_state_proof(STATE.record, raw)
    lying = replace(raw, block=replace(raw.block, hash=BlockHash(bytes(32))))
    record = replace(STATE.record, block_hash=BlockHash(bytes(32)))
    with refuses(Code.BLOCK_HEADER):
        make_state_proof(record, lying)
