"""What atheris throws bytes at: the chain's formats and their judges; all others in `decoders`.

A decoder may raise our own error and nothing else. Where bytes are read, writing them again must
give the same bytes: one spelling.
"""

from collections.abc import Callable
from typing import Final

from licence.domain.model import StatusRef
from licence.formats import (
    block_header,
    cbor,
    chain_proof,
    checkpoint,
    evidence,
    qbft,
    rlp,
    trust_bundle,
)
from licence.formats.keccak import keccak256
from licence.formats.patricia import ProofNodes, look_up
from licence.formats.rlp import Limits
from tests.fakes import proof, qbft_state
from tests.fakes.qbft_cases import n, pinned
from tests.fuzz.decoders import DECODERS
from tests.fuzz.foreign import FOREIGN
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.c07_chain_proof import read_chain_proof

_LIMITS: Final = Limits(size=4_096, depth=8, items=512)
_BUNDLE: Final = pinned(n(4)).bundle()
_REF: Final = StatusRef(proof.REGISTRY, qbft_state.REVOKED)


def _rlp(data: bytes) -> None:
    assert rlp.dumps(rlp.loads(data, _LIMITS)) == data


def _patricia(data: bytes) -> None:
    """Bytes are a list of nodes in RLP; the root is the hash of the first."""
    nodes = rlp.strings(rlp.loads(data, _LIMITS))
    if nodes:
        proof_nodes = ProofNodes(nodes)
        look_up(keccak256(nodes[0]), keccak256(data[:8]), proof_nodes)
        proof_nodes.end()


def _header(data: bytes) -> None:
    assert block_header.decode(data).encode() == data


def _extra(data: bytes) -> None:
    assert qbft.decode_extra(data).encode() == data


def _seals(data: bytes) -> None:
    qbft.check_shown(data, _BUNDLE.registries[0].validators[0].addresses)


def _normalise(data: bytes) -> None:
    qbft.normalise(data)


def _cbor(data: bytes) -> None:
    assert cbor.dumps(cbor.loads(data, max_bytes=4_096)) == data


def _checkpoint(data: bytes) -> None:
    assert checkpoint.encode(checkpoint.parse(data)) == data


def _evidence(data: bytes) -> None:
    assert evidence.encode(evidence.decode(data)) == data


def _judge(data: bytes) -> None:
    judge_evidence(data, qbft_state.LEAF, proof.REGISTRY, proof.AUTHORITY, _BUNDLE)


def _status_proof(data: bytes) -> None:
    assert chain_proof.encode(chain_proof.decode(data)) == data


def _status(data: bytes) -> None:
    read_chain_proof(data, _REF, proof.AUTHORITY, _BUNDLE)


def _bundle(data: bytes) -> None:
    assert trust_bundle.encode(trust_bundle.decode(data)) == data


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "rlp": _rlp,
    "patricia": _patricia,
    "header": _header,
    "extra": _extra,
    "seals": _seals,
    "normalise": _normalise,
    "cbor": _cbor,
    "checkpoint": _checkpoint,
    "evidence": _evidence,
    "judge": _judge,
    "status_proof": _status_proof,
    "status": _status,
    "bundle": _bundle,
    **DECODERS,
    **FOREIGN,
}
