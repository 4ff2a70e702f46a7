"""Properties of the proof formats: round trips, one spelling, and no free byte."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import (
    cbor,
    checkpoint,
    cms,
    der,
    evidence,
    hole,
    leaf,
    manifest,
    tree,
)
from licence.formats.cbor import CborValue
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import BatchRecord
from licence.formats.leaf import DIGESTS, LeafAlgorithm, LeafKind
from licence.formats.limits import MAX_STATUS_INDEX
from licence.formats.manifest import ManifestDigest, ManifestRow
from licence.formats.tree import Tree
from licence.ids import (
    Address,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    MerkleRoot,
    RegistryId,
    StatusIndex,
)
from tests.fakes import proof

Flip: TypeAlias = tuple[float, int]

digests = st.binary(min_size=32, max_size=32)
flips = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7))


def _flipped(data: bytes, flip: Flip) -> bytes:
    place, bit = flip
    changed = bytearray(data)
    changed[int(place * len(data))] ^= 1 << bit
    return bytes(changed)


# ---------------------------------------------------------------- DER
@given(st.lists(st.binary(max_size=300), max_size=6), st.sampled_from([0x30, 0x31, 0xA0]))
def test_der_children_are_what_was_written(bodies: list[bytes], tag: int) -> None:
    parts = tuple(der.tlv(der.OCTET_STRING, body) for body in bodies)
    assert der.children(der.tlv(tag, *parts), tag) == parts


@given(st.binary(max_size=40))
@example(b"\x30\x82\x00\x01")
def test_der_that_is_read_is_written_the_same(data: bytes) -> None:
    try:
        place = der.read(data)
    except AnzhengError as error:
        assert error.code is Code.DER_SYNTAX  # noqa: PT017 - either outcome is right
        return
    element = data[: place.end]
    assert der.tlv(place.tag, der.value(element, place.tag)) == element


@given(st.integers(0, 2**300))
def test_der_integers_read_back(number: int) -> None:
    assert der.integer_value(der.integer(number)) == number


# ---------------------------------------------------------------- CBOR
scalars = (
    st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=40)
    | st.booleans()
    | st.none()
)
values: st.SearchStrategy[CborValue] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.integers(-300, 300) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(values)
def test_cbor_reads_back_and_cbor2_agrees(value: CborValue) -> None:
    data = cbor.dumps(value)
    assert cbor.loads(data, max_bytes=len(data)) == value
    assert cbor.dumps(cbor2.loads(data)) == data


@given(st.binary(max_size=60))
def test_cbor_that_is_read_has_one_spelling(data: bytes) -> None:
    try:
        value = cbor.loads(data, max_bytes=60, tags=frozenset(range(24)))
    except AnzhengError as error:
        assert error.code in {Code.CBOR_SYNTAX, Code.CBOR_NOT_DETERMINISTIC}  # noqa: PT017
        return
    assert cbor.dumps(value) == data


# ---------------------------------------------------------------- trees
def _changed(nodes: tuple[bytes, ...], flip: Flip) -> tuple[bytes, ...]:
    flat = _flipped(b"".join(nodes), flip)
    return tuple(flat[at : at + 32] for at in range(0, len(flat), 32))


@given(st.integers(1, 200), st.data())
def test_proofs_of_trees_verify_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    leaves = [tree.leaf_hash(bytes((n,))) for n in range(size)]
    grown = Tree(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, proof_of_growth = grown.path(index), grown.consistency(old)
    tree.verify_inclusion(leaves[index], index, size, path, grown.root)
    old_root = Tree(leaves[:old]).root
    tree.verify_consistency(old, size, old_root, grown.root, proof_of_growth)
    flip = data.draw(flips)
    if path:
        with pytest.raises(AnzhengError):
            tree.verify_inclusion(leaves[index], index, size, _changed(path, flip), grown.root)
    if proof_of_growth:
        wrong = _changed(proof_of_growth, flip)
        with pytest.raises(AnzhengError):
            tree.verify_consistency(old, size, old_root, grown.root, wrong)


@given(st.lists(digests, max_size=12), st.integers(0, 12), st.integers(0, 12), digests)
def test_random_paths_prove_nothing(path: list[bytes], index: int, size: int, root: bytes) -> None:
    with pytest.raises(AnzhengError):
        tree.verify_inclusion(tree.leaf_hash(b"x"), index, size, path, root)


# ---------------------------------------------------------------- leaves
kinds_with_digests = st.sampled_from(LeafKind).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.lists(digests, min_size=DIGESTS[kind], max_size=DIGESTS[kind]).map(tuple),
    )
)


@given(kinds_with_digests, kinds_with_digests)
def test_different_things_have_different_leaf_data(
    one: tuple[LeafKind, tuple[bytes, ...]], other: tuple[LeafKind, tuple[bytes, ...]]
) -> None:
    algorithm = LeafAlgorithm.SHA256_RSA2048_PKCS1
    same = leaf.leaf_data(one[0], algorithm, one[1]) == leaf.leaf_data(
        other[0], algorithm, other[1]
    )
    assert same == (one == other)


# ---------------------------------------------------------------- CMS and hole
PDF, PLACE, PARTS = proof.signed_pdf(b"evidence")
CMS = cms.build(PARTS)


@given(flips)
def test_no_bit_of_a_cms_is_free(flip: Flip) -> None:
    try:
        assert cms.parse(_flipped(CMS, flip)) != PARTS
    except AnzhengError as error:
        assert error.code is not Code.DER_SYNTAX  # noqa: PT017


@given(st.binary(max_size=200))
def test_random_bytes_are_no_cms(data: bytes) -> None:
    with pytest.raises(AnzhengError):
        cms.parse(data)


@given(flips, st.sampled_from(["before", "hole", "padding", "after"]))
def test_no_bit_of_a_file_is_free(flip: Flip, part: str) -> None:
    filled = PLACE.start + 1 + 2 * len(CMS)
    cuts = {
        "before": (0, PLACE.start),
        "hole": (PLACE.start, filled),
        "padding": (filled, PLACE.end),
        "after": (PLACE.end, len(PDF)),
    }
    start, end = cuts[part]
    changed = PDF[:start] + _flipped(PDF[start:end], flip) + PDF[end:]
    try:
        place = hole.find(changed)
        found = cms.parse(hole.contents(changed, place))
    except AnzhengError:
        return
    assert part != "padding"
    assert place == PLACE
    assert found != PARTS or hole.byte_range_digest(changed, place) != PARTS.message_digest


@given(st.binary(min_size=1, max_size=50))
def test_appended_bytes_are_always_seen(added: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        hole.find(PDF + added)
    assert caught.value.code is Code.CONTAINER_APPENDED


@given(st.integers(0, len(PDF) - 1))
def test_a_cut_file_is_refused(end: int) -> None:
    with pytest.raises(AnzhengError):
        hole.find(PDF[:end])


# ---------------------------------------------------------------- manifest, checkpoint, evidence
@given(st.sets(digests, min_size=1, max_size=20), st.data())
def test_manifests_read_back(leaves: set[bytes], data: st.DataObject) -> None:
    indices = st.integers(0, MAX_STATUS_INDEX)
    free = data.draw(st.lists(indices, min_size=len(leaves), max_size=len(leaves), unique=True))
    rows = []
    for each, index in zip(sorted(leaves), free, strict=True):
        kind = data.draw(st.sampled_from(LeafKind))
        row = ManifestRow(kind, Leaf(each))
        if kind in {LeafKind.LICENCE, LeafKind.HOLDER_CERTIFICATE}:
            row = replace(row, index=StatusIndex(index))
        if kind is LeafKind.LICENCE:
            hmac = Digest(data.draw(digests))
            version = data.draw(st.integers(1, manifest.MAX_VERSION))
            row = replace(row, number_hmac=hmac, version=version, uscc_hmac=hmac)
        rows.append(row)
    grown = Tree([row.leaf for row in rows])
    made = manifest.Manifest(proof.REGISTRY, proof.AUTHORITY, len(rows), grown.root, tuple(rows))
    assert manifest.decode(manifest.encode(made)) == made


MANIFEST = manifest.encode(proof.batch_manifest(Leaf(proof.digest("licence"))))


@given(flips)
def test_a_changed_manifest_is_refused_or_another_manifest(flip: Flip) -> None:
    changed = _flipped(MANIFEST, flip)
    try:
        found = manifest.decode(changed)
    except AnzhengError as error:
        assert error.code is Code.MANIFEST_SYNTAX  # noqa: PT017
        return
    assert manifest.encode(found) == changed
    assert manifest.digest(changed) != manifest.digest(MANIFEST)


names = st.from_regex(r"\A[!-*,-~]{1,40}\Z")


@given(names, st.integers(0, checkpoint.MAX_LOG_SIZE), digests, st.sets(names, max_size=6))
def test_checkpoints_read_back(origin: str, size: int, root: bytes, witnesses: set[str]) -> None:
    note = proof.signed_checkpoint(Checkpoint(origin, size, MerkleRoot(root)), tuple(witnesses))
    signed = checkpoint.parse(note)
    assert checkpoint.encode(signed) == note
    if witnesses:
        keys = [proof.witness_key(name) for name in witnesses]
        found = checkpoint.verify(signed, proof.log_key(), keys, len(witnesses))
        assert {each.name for each in found} == witnesses


registries = st.from_regex(r"\A[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z").map(RegistryId)
uints = st.integers(0, 2**64 - 1)
records = st.builds(
    BatchRecord,
    registry=registries,
    authority=st.just(proof.AUTHORITY),
    chain_id=st.integers(1, 2**64 - 1).map(ChainId),
    contract=st.binary(min_size=20, max_size=20).map(Address),
    root=digests.map(MerkleRoot),
    size=st.integers(1, 2**32 - 1),
    manifest=digests.map(ManifestDigest),
    sequence=uints,
    block_number=uints,
    block_hash=digests.map(BlockHash),
    block_time=st.integers(1, 7_258_118_399).map(
        lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
)

LEAF = Leaf(proof.digest("licence"))
GOOD = proof.anchored_batch(LEAF).evidence
EVIDENCE = evidence.encode(GOOD)


@given(
    records,
    st.integers(0, 2**32 - 1),
    st.lists(digests, max_size=32).map(tuple),
    st.integers(0, 2**32 - 1),
    st.lists(digests, max_size=32).map(tuple),
)
def test_evidence_reads_back(
    record: BatchRecord,
    index: int,
    path: tuple[bytes, ...],
    log_index: int,
    log_path: tuple[bytes, ...],
) -> None:
    made = replace(
        GOOD, record=record, index=index, path=path, log_index=log_index, log_path=log_path
    )
    data = evidence.encode(made)
    assert len(data) <= evidence.MAX_EVIDENCE_BYTES
    assert evidence.decode(data) == made
    assert evidence.decode_record(evidence.record_bytes(record)) == record


def _judge(data: bytes) -> None:
    evidence.check_evidence(
        evidence.decode(data),
        LEAF,
        log_key=proof.log_key(),
        witnesses=[proof.witness_key(name) for name in proof.WITNESSES],
        threshold=1,
        origin=evidence.log_origin(proof.REGISTRY, proof.AUTHORITY),
    )


@pytest.mark.parametrize("start", range(8))
def test_no_byte_of_evidence_is_free(start: int) -> None:
    """Not one flipped bit leaves evidence that is accepted, although one witness would do."""
    _judge(EVIDENCE)
    for at in range(start, len(EVIDENCE), 8):
        changed = bytearray(EVIDENCE)
        changed[at] ^= 1 << (at // 8 % 8)
        with pytest.raises(AnzhengError):
            _judge(bytes(changed))


@given(flips)
def test_no_bit_of_evidence_is_free(flip: Flip) -> None:
    with pytest.raises(AnzhengError):
        _judge(_flipped(EVIDENCE, flip))


@given(st.binary(max_size=100))
def test_random_bytes_are_no_evidence(data: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        evidence.decode(data)
    assert caught.value.code is Code.EVIDENCE_SYNTAX


@given(st.binary(max_size=100))
def test_random_bytes_are_no_checkpoint(data: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        checkpoint.parse(data)
    assert caught.value.code is Code.CHECKPOINT_SYNTAX
