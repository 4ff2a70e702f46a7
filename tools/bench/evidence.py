"""How large anchor evidence is, and how long a verifier takes to judge it.

The case is a hard one: a batch of 10,000 leaves, a chain of 21 validators that all sealed, a
contract with 2,000 batches, a state with 2,000 accounts. The tries are built by another library.
"""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Final

from anchor.chain_evidence import batch_keys, make_qbft_evidence
from anchor.chain_ports import Block, RawProof, RawSlot
from licence.formats import evidence_check, registry_state
from licence.formats import manifest as manifests
from licence.formats.batch_record import BatchRecord
from licence.formats.leaf import LeafKind
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.manifest import Manifest, ManifestRow
from licence.formats.tree import Tree
from licence.formats.trust_types import Contract, TrustBundle, ValidatorSet
from licence.ids import Address, BlockHash, ChainId, Digest, Leaf
from tests.builders import make_evidence
from tests.fakes import proof, qbft
from tests.fakes.qbft import Sealing
from tests.fakes.qbft_cases import Pinned
from tests.fakes.tries import state_of
from tools.bench.measures import Measure, Peer, milliseconds
from verifier.checks.c06_anchor import judge_evidence

LEAVES: Final = 10_000
BATCHES: Final = 2_000
ACCOUNTS: Final = 2_000
VALIDATORS: Final = 21
TIMES: Final = 50
CONTRACT: Final = Address(sha256(b"contract").digest()[:20])
CODE: Final = Digest(sha256(b"code").digest())
CHAIN: Final = ChainId(20260)


@dataclass(frozen=True, slots=True)
class Hard:
    """Evidence of the first leaf of the case, and the bundle that believes it."""

    leaf: Leaf
    evidence: bytes
    bundle: TrustBundle


def evidence_measures() -> tuple[Measure, ...]:
    """Measure size and time."""
    hard = hard_case()
    leaves = tuple(Leaf(sha256(b"%d" % each).digest()) for each in range(LEAVES))
    witnessed = make_evidence(leaves[:-2])[0]
    return (
        Measure(
            name="evidence_bytes",
            value=len(hard.evidence),
            unit="B",
            limit=MAX_EVIDENCE_BYTES,
            target=MAX_EVIDENCE_BYTES,
            at_least=False,
            peer=Peer("witness-v1 of the same batch with two witnesses", len(witnessed)),
            note=f"qbft-v1: {LEAVES:,} leaves, {VALIDATORS} validators with all seals, "
            f"{BATCHES:,} batches, {ACCOUNTS:,} accounts",
        ),
        Measure(
            name="evidence_judge_ms",
            value=milliseconds(lambda: judge(hard), TIMES),
            unit="ms",
            limit=20,
            target=20,
            at_least=False,
            peer=None,
            note="the same evidence judged against the trust bundle, the first of its batch",
        ),
    )


def judge(hard: Hard) -> None:
    """Judge as the first leaf of a batch is judged, with nothing remembered."""
    evidence_check.forget()
    judge_evidence(hard.evidence, hard.leaf, proof.REGISTRY, proof.AUTHORITY, hard.bundle)


@cache
def hard_case() -> Hard:
    """Build the case."""
    rows = tuple(
        ManifestRow(LeafKind.AUDIT_HEAD, Leaf(sha256(b"%d" % each).digest()))
        for each in range(LEAVES)
    )
    root = Tree([row.leaf for row in rows]).root
    manifest = Manifest(proof.REGISTRY, proof.AUTHORITY, LEAVES, root, rows)
    record = replace(
        proof.batch_record(manifest),
        chain_id=CHAIN,
        contract=CONTRACT,
        manifest=manifests.digest(manifests.encode(manifest)),
    )
    validators = qbft.keys(VALIDATORS)
    raw = qbft.dressed(_answer(record), Sealing(validators, sealers=validators))
    made = next(make_qbft_evidence(manifest, record, raw))
    pins = Pinned(
        Contract(CHAIN, CONTRACT, CODE, from_block=1, test_chain=True),
        (ValidatorSet(CHAIN, 0, qbft.addresses(validators)),),
    )
    return Hard(made.leaf, made.evidence, pins.bundle())


def _answer(record: BatchRecord) -> RawProof:
    """Return what a node would answer about the batch among many."""
    seconds = int(record.block_time.timestamp())
    slots = {
        int.from_bytes(sha256(b"slot %d" % each).digest(), "big"): (each << 64) + seconds
        for each in range(BATCHES)
    }
    slots[registry_state.batch_slot(record)] = (record.sequence << 64) + seconds
    state = state_of(CONTRACT, CODE, slots, ACCOUNTS)
    time = record.block_time
    (key,) = batch_keys(record)
    return RawProof(
        block=Block(record.block_number, BlockHash(bytes(32)), time),
        header=qbft.plain_header(state.root, record.block_number, time),
        account=CONTRACT,
        account_nodes=state.account_nodes,
        nonce=1,
        balance=0,
        storage_hash=state.storage_root,
        code_hash=CODE,
        slots=(RawSlot(key, 0, state.slot_nodes(key)),),
    )
