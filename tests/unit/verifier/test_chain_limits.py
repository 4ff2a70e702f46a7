"""How much memory and time the largest inputs may take: what docs/formats says of it."""

import tracemalloc
from collections.abc import Callable
from time import process_time

import pytest

from licence.domain.model import StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import cbor, chain_proof, evidence, evidence_check, rlp
from licence.formats.chain_proof import MAX_PROOF_BYTES
from licence.formats.evidence import MAX_EVIDENCE_BYTES
from licence.ids import StatusIndex
from tests.fakes import proof, qbft_state
from tests.fakes.qbft_cases import evidence_of, n, pinned
from tests.fakes.status_proof_cases import proof_of
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.c07_chain_proof import read_chain_proof

BUNDLE = pinned(n(4)).bundle()
MIB = 1 << 20


def peak(work: Callable[[], object]) -> int:
    """Return the most memory that a call had at a time; what it raises of ours is an answer."""
    tracemalloc.start()
    try:
        work()
    except AnzhengError:
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


def judge(data: bytes) -> None:
    judge_evidence(data, qbft_state.LEAF, proof.REGISTRY, proof.AUTHORITY, BUNDLE)


def read(data: bytes) -> None:
    ref = StatusRef(proof.REGISTRY, StatusIndex(0))
    read_chain_proof(data, ref, proof.AUTHORITY, BUNDLE)


def _evidences() -> list[bytes]:
    """Return what takes most: many items, deep ones, long lists of nodes, one huge header."""
    found = evidence.encode(evidence_of(n(4)))
    record = cbor.loads(found, max_bytes=len(found))
    assert isinstance(record, tuple)
    empties: cbor.CborValue = ("qbft-v1", *(((),) * 2_000 for _ in range(4)))
    nodes = tuple(rlp.dumps((b"",) * 17) for _ in range(65))
    header = rlp.dumps(tuple(bytes(500) for _ in range(14)))
    return [
        cbor.dumps(empties),
        cbor.dumps((*record[:4], header[:6_000], (), ())),
        cbor.dumps((*record[:5], nodes, nodes)),
        b"\x81" * MAX_EVIDENCE_BYTES,
        b"\x9a\xff\xff\xff\xff" + bytes(MAX_EVIDENCE_BYTES - 5),
        b"\x99\x1f\xfd" + bytes(MAX_EVIDENCE_BYTES - 3),
        bytes(MAX_EVIDENCE_BYTES + 1),
    ]


@pytest.mark.parametrize("data", _evidences(), ids=range(7))
def test_evidence_takes_less_than_four_mebibytes(data: bytes) -> None:
    assert peak(lambda: judge(data)) < 4 * MIB


def test_good_evidence_takes_less_than_four_mebibytes() -> None:
    data = evidence.encode(evidence_of(n(21)))
    evidence_check.forget()
    assert peak(lambda: judge(data)) < 4 * MIB


def _proofs() -> list[bytes]:
    found = proof_of(n(4))
    nodes = found.parts[0].storage_proof
    junk = tuple(rlp.dumps((b"",) * 17) for _ in range(900))
    part = found.parts[0]
    head: tuple[cbor.CborValue, ...] = (
        chain_proof.SCHEMA, proof.REGISTRY, proof.AUTHORITY, (0, 1)
    )  # fmt: skip
    long: cbor.CborValue = (
        part.chain_id,
        part.contract,
        part.header,
        part.account_proof,
        tuple(nodes[0] for _ in range(900)),
    )
    many: cbor.CborValue = (part.chain_id, part.contract, part.header, junk, junk)
    return [
        cbor.dumps((*head, (long,))),
        cbor.dumps((*head, (many,))),
        b"\x9a\x00\x07\xff\xf0" + bytes(MAX_PROOF_BYTES - 5),
        b"\x81" * MAX_PROOF_BYTES,
        bytes(MAX_PROOF_BYTES + 1),
    ]


@pytest.mark.parametrize("data", _proofs(), ids=range(5))
def test_a_status_proof_takes_less_than_sixteen_mebibytes_and_a_second(data: bytes) -> None:
    before = process_time()
    with pytest.raises(AnzhengError):
        read(data)
    assert process_time() - before < 1
    assert peak(lambda: read(data)) < 16 * MIB


def test_a_proof_with_more_items_than_any_has_is_refused_before_it_is_built() -> None:
    data = cbor.dumps((chain_proof.SCHEMA, *(((),) * 2_000 for _ in range(4))))
    with pytest.raises(AnzhengError) as caught:
        chain_proof.decode(data)
    assert caught.value.code is Code.CHAIN_PROOF_SYNTAX
