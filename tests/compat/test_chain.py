"""Evidence and status proofs of the first release that rest on the chain, judged as then."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from licence.domain.model import StatusRef
from licence.formats import evidence, trust_bundle
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.trust_bundle import TrustBundle
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.c07_chain_proof import read_chain_proof

FOLDER = Path(__file__).parent / "v1" / "chain"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
LEAF = Leaf(bytes.fromhex(EXPECTED["leaf"]))
REGISTRY, AUTHORITY = RegistryId(EXPECTED["registry"]), AuthorityId(EXPECTED["authority"])


def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def _bundle(name: str) -> TrustBundle:
    bundle = trust_bundle.decode(_read(name))
    assert trust_bundle.encode(bundle) == _read(name)
    return bundle


@pytest.mark.parametrize(
    ("name", "bundle", "seals"),
    [("evidence_qbft.cbor", "bundle_7.json", 5), ("evidence_qbft_later.cbor", "bundle_4.json", 3)],
)
def test_evidence_on_seals_proves_the_leaf(name: str, bundle: str, seals: int) -> None:
    found = judge_evidence(_read(name), LEAF, REGISTRY, AUTHORITY, _bundle(bundle))
    assert found.block_time == datetime.fromisoformat(EXPECTED["block_time"])
    assert (found.sequence, len(found.sealed)) == (EXPECTED["sequence"], seals)
    assert evidence.encode(evidence.decode(_read(name))) == _read(name)


def test_evidence_with_witnesses_and_state_proves_the_leaf() -> None:
    proofs = json.loads((FOLDER.parent / "proof" / "expected.json").read_text())
    found = evidence.check_evidence(
        evidence.decode(_read("evidence_witness_state.cbor")),
        LEAF,
        log_key=LogKey(proofs["log_key"]["name"], bytes.fromhex(proofs["log_key"]["public"])),
        witnesses=[
            WitnessKey(name, bytes.fromhex(public)) for name, public in proofs["witnesses"].items()
        ],
        threshold=3,
        origin=evidence.log_origin(REGISTRY, AUTHORITY),
        code_hash=Digest(bytes.fromhex(EXPECTED["code_hash"])),
    )
    assert found.sequence == EXPECTED["sequence"]


def test_the_status_proof_says_what_it_said() -> None:
    bundle, said = _bundle("bundle_4.json"), {}
    for index in EXPECTED["statuses"]:
        ref = StatusRef(REGISTRY, StatusIndex(int(index)))
        found = read_chain_proof(_read("status.proof"), ref, AUTHORITY, bundle)
        assert found.as_of == datetime.fromisoformat(EXPECTED["as_of"])
        assert found.speaks_of_today
        said[index] = found.status
    assert said == EXPECTED["statuses"]
