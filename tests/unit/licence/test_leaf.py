"""Leaves: fixed bytes for each kind, written out once more by hand."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from licence.errors import Code
from licence.formats import leaf
from licence.formats.algorithms import SignatureAlgorithm
from licence.formats.leaf import DIGESTS, LeafAlgorithm, LeafKind
from licence.ids import Digest, Leaf
from tests.fakes import proof
from tests.fakes.refusal import refuses

A, B, C, D = (Digest(bytes((each,)) * 32) for each in b"ABCD")
RSA = LeafAlgorithm.SHA256_RSA2048_PKCS1


def _by_hand(kind: int, *digests: bytes) -> bytes:
    data = b"anzheng-leaf/v1" + bytes((kind, 1)) + b"".join(digests)
    return sha256(b"\x00" + data).digest()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda: leaf.licence_leaf(byte_range=A, signature=B, timestamp_token=C, licence_json=D),
            _by_hand(1, A, B, C, D),
        ),
        (
            lambda: leaf.holder_certificate_leaf(certificate_digest=A, licence_leaf=Leaf(B)),
            _by_hand(2, A, B),
        ),
        (lambda: leaf.audit_head_leaf(head=A), _by_hand(3, A)),
        (lambda: leaf.archive_leaf(bundle=A), _by_hand(4, A)),
        (lambda: leaf.renewal_leaf(renewed=Leaf(A), bundle=B), _by_hand(5, A, B)),
    ],
)
def test_leaf_has_the_bytes_of_the_design(make: Callable[[], Leaf], expected: bytes) -> None:
    assert make() == expected


def test_numbers_of_kinds_and_algorithms_never_change() -> None:
    assert {kind.name: kind.value for kind in LeafKind} == {
        "LICENCE": 1,
        "HOLDER_CERTIFICATE": 2,
        "AUDIT_HEAD": 3,
        "ARCHIVE": 4,
        "RENEWAL": 5,
    }
    assert {each.name: each.value for each in LeafAlgorithm} == {
        "SHA256_RSA2048_PKCS1": 1,
        "SHA256_RSA3072_PSS": 2,
        "SM3_SM2": 3,
        "SHA256_RSA3072_PKCS1": 4,
        "SHA256_RSA2048_PSS": 5,
    }
    assert [each.value for each in LeafAlgorithm] == [each.value for each in SignatureAlgorithm]
    assert set(DIGESTS) == set(LeafKind)


@pytest.mark.parametrize("kind", LeafKind)
def test_leaf_data_refuses_other_numbers_of_digests(kind: LeafKind) -> None:
    good = (A,) * DIGESTS[kind]
    assert len(leaf.leaf_data(kind, RSA, good)) == len(leaf.PREFIX) + 2 + 32 * len(good)
    for wrong in ((*good, A), good[1:], (*good[1:], A[1:])):
        with refuses(Code.LEAF_SYNTAX):
            leaf.leaf_data(kind, RSA, wrong)


def test_leaf_of_cms_hashes_signature_token_and_data() -> None:
    parts = proof.cms_parts()
    assert parts.timestamp_token is not None
    expected = leaf.licence_leaf(
        byte_range=A,
        signature=Digest(sha256(parts.signature).digest()),
        timestamp_token=Digest(sha256(parts.timestamp_token).digest()),
        licence_json=parts.licence_digest,
    )
    assert leaf.leaf_of_cms(A, parts) == expected


def test_there_are_no_leaves_of_sm3() -> None:
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        leaf.leaf_data(LeafKind.LICENCE, LeafAlgorithm.SM3_SM2, (A, A, A, A))


def test_the_algorithm_of_the_cms_is_in_the_leaf() -> None:
    parts = proof.cms_parts()
    algorithms = set(SignatureAlgorithm) - {SignatureAlgorithm.SM2_SM3}
    leaves = {leaf.leaf_of_cms(A, replace(parts, algorithm=each)) for each in algorithms}
    assert len(leaves) == len(algorithms)


def test_leaf_does_not_depend_on_the_evidence() -> None:
    parts = proof.cms_parts()
    assert leaf.leaf_of_cms(A, replace(parts, evidence=b"evidence")) == leaf.leaf_of_cms(A, parts)


def test_without_token_there_is_no_leaf() -> None:
    with refuses(Code.TIMESTAMP_MISSING):
        leaf.leaf_of_cms(A, replace(proof.cms_parts(), timestamp_token=None))
