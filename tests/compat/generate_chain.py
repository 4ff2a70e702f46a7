"""Goldens that rest on the chain: evidence on seals and with state, a status proof, bundles."""

import json
from collections.abc import Mapping
from dataclasses import replace

from anchor.chain_evidence import batch_keys, make_state_proof
from licence.formats import chain_proof, evidence, trust_bundle
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import WitnessEvidence
from licence.formats.tree import Tree
from tests.fakes import proof, qbft_state
from tests.fakes.qbft_cases import evidence_of, n, pinned, qbft_path
from tests.fakes.qbft_state import LEAF, REVOKED, SUSPENDED
from tests.fakes.status_proof_cases import proof_of


def files() -> Mapping[str, bytes]:
    """Return the files by name."""
    state = qbft_state.load()
    made = {
        "evidence_qbft.cbor": evidence.encode(evidence_of(n(7, round=1))),
        "evidence_qbft_later.cbor": evidence.encode(evidence_of(n(4), state.later, with_head=True)),
        "evidence_witness_state.cbor": evidence.encode(_witnessed()),
        "status.proof": chain_proof.encode(proof_of(n(4), (0, 1, 5))),
        "bundle_4.json": trust_bundle.encode(pinned(n(4)).bundle()),
        "bundle_7.json": trust_bundle.encode(pinned(n(7)).bundle()),
    }
    expected = {
        "leaf": LEAF.hex(),
        "registry": proof.REGISTRY,
        "authority": proof.AUTHORITY,
        "code_hash": state.code_hash.hex(),
        "block_time": state.own.block.time.isoformat(),
        "sequence": state.record.sequence,
        "statuses": {str(REVOKED): 2, str(SUSPENDED): 1, "6": 0, "321": 0},
        "as_of": state.later.block.time.isoformat(),
    }
    made["expected.json"] = (json.dumps(expected, indent=2, sort_keys=True) + "\n").encode()
    return {f"chain/{name}": data for name, data in made.items()}


def _witnessed() -> WitnessEvidence:
    state = qbft_state.load()
    raw = qbft_state.only(state.own, batch_keys(state.record))
    record = replace(state.record, block_hash=raw.block.hash)
    log = Tree([evidence.log_leaf(record)])
    said = Checkpoint(evidence.log_origin(proof.REGISTRY, proof.AUTHORITY), log.size, log.root)
    note, shown = proof.signed_checkpoint(said), make_state_proof(record, raw)
    return WitnessEvidence(0, qbft_path(), record, 0, (), note, shown)
