"""Evidence: decoded strictly, and proved only when every part of it verifies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from licence.errors import Code
from licence.formats import cbor, evidence
from licence.formats.checkpoint import MAX_CHECKPOINT_BYTES, Checkpoint
from licence.formats.evidence import (
    MAX_EVIDENCE_BYTES,
    Anchored,
    BatchRecord,
    Evidence,
    WitnessEvidence,
)
from licence.formats.tree import Tree, leaf_hash
from licence.ids import Address, AuthorityId, BlockHash, ChainId, Leaf, MerkleRoot, RegistryId
from tests.fakes import proof
from tests.fakes.refusal import refuses

LEAF = Leaf(proof.digest("licence"))
BATCH = proof.anchored_batch(LEAF)
GOOD = BATCH.evidence
RECORD = BATCH.record
WITNESSES = tuple(proof.witness_key(name) for name in proof.WITNESSES)
ORIGIN = evidence.log_origin(proof.REGISTRY, proof.AUTHORITY)
OTHER = proof.digest("other")


def _check(found: Evidence, leaf: Leaf = LEAF, threshold: int = 3) -> Anchored:
    return evidence.check_evidence(
        found,
        leaf,
        log_key=proof.log_key(),
        witnesses=WITNESSES,
        threshold=threshold,
        origin=ORIGIN,
    )


def test_evidence_survives_encoding() -> None:
    data = evidence.encode(GOOD)
    assert len(data) < 1200
    assert evidence.decode(data) == GOOD


def test_origin_names_registry_and_authority() -> None:
    assert ORIGIN == "anzheng/cn-aqscxkz-test/11210000001234567X"


def test_good_evidence_proves_the_block() -> None:
    found = _check(evidence.decode(evidence.encode(GOOD)))
    assert found.block_time == proof.NOW
    assert found.block_number == 7_528
    assert found.block_hash == RECORD.block_hash
    assert found.sequence == 5
    assert found.record == RECORD
    assert [each.name for each in found.cosigned] == list(proof.WITNESSES)


def _logged(record: BatchRecord) -> WitnessEvidence:
    """Return evidence whose log really has this record, signed by everybody."""
    log = Tree([evidence.log_leaf(record)])
    said = Checkpoint(ORIGIN, 1, log.root)
    note = proof.signed_checkpoint(said)
    return replace(GOOD, record=record, log_index=0, log_path=(), checkpoint=note)


def _note(origin: str, size: int, root: bytes) -> bytes:
    return proof.signed_checkpoint(Checkpoint(origin, size, MerkleRoot(root)))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, index=1),
        replace(GOOD, index=6),
        replace(GOOD, path=GOOD.path[1:]),
        replace(GOOD, path=(*GOOD.path, OTHER)),
        replace(GOOD, path=(OTHER, *GOOD.path[1:])),
        replace(GOOD, log_index=5),
        replace(GOOD, log_path=GOOD.log_path[:-1]),
        replace(GOOD, log_path=(*GOOD.log_path, OTHER)),
        replace(GOOD, record=replace(RECORD, sequence=6)),
        replace(GOOD, record=replace(RECORD, size=5)),
        replace(GOOD, record=replace(RECORD, chain_id=ChainId(1))),
        replace(GOOD, record=replace(RECORD, block_time=RECORD.block_time + timedelta(seconds=1))),
        replace(GOOD, checkpoint=_note(ORIGIN, 8, BATCH.log.root)),
        replace(GOOD, checkpoint=_note("anzheng/other/log", 11, BATCH.log.root)),
        _logged(replace(RECORD, root=MerkleRoot(OTHER))),
        _logged(replace(RECORD, registry=RegistryId("other"))),
        _logged(replace(RECORD, authority=AuthorityId("112200000012345678"))),
    ],
)
def test_evidence_with_one_wrong_part_proves_nothing(wrong: WitnessEvidence) -> None:
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        _check(evidence.decode(evidence.encode(wrong)))


def test_evidence_of_another_licence_proves_nothing() -> None:
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        _check(GOOD, Leaf(OTHER))
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        _check(GOOD, Leaf(b"short"))


def test_a_wrong_or_missing_cosignature_is_the_witnesses_matter() -> None:
    too_few = proof.anchored_batch(LEAF, proof.WITNESSES[:1]).evidence
    with refuses(Code.ANCHOR_WITNESS):
        _check(too_few, threshold=2)
    stranger = proof.anchored_batch(LEAF, (*proof.WITNESSES, "zoo.example")).evidence
    with refuses(Code.ANCHOR_WITNESS):
        _check(stranger)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, index=-1),
        replace(GOOD, index=2**32),
        replace(GOOD, index=True),
        replace(GOOD, path=(b"short",)),
        replace(GOOD, path=(OTHER,) * 33),
        replace(GOOD, log_index=-1),
        replace(GOOD, log_path=(OTHER,) * 33),
        replace(GOOD, checkpoint=b""),
        replace(GOOD, checkpoint=b"junk"),
        replace(GOOD, checkpoint=bytes(4097)),
        replace(GOOD, record=replace(RECORD, registry=RegistryId("A"))),
        replace(GOOD, record=replace(RECORD, authority=AuthorityId("A"))),
        replace(GOOD, record=replace(RECORD, chain_id=ChainId(0))),
        replace(GOOD, record=replace(RECORD, contract=Address(b"short"))),
        replace(GOOD, record=replace(RECORD, root=MerkleRoot(b"short"))),
        replace(GOOD, record=replace(RECORD, size=0)),
        replace(GOOD, record=replace(RECORD, size=2**32)),
        replace(GOOD, record=replace(RECORD, sequence=-1)),
        replace(GOOD, record=replace(RECORD, block_number=2**64)),
        replace(GOOD, record=replace(RECORD, block_hash=BlockHash(b"short"))),
        replace(GOOD, record=replace(RECORD, block_time=datetime(1969, 1, 1, tzinfo=UTC))),
        replace(GOOD, record=replace(RECORD, block_time=RECORD.block_time.replace(tzinfo=None))),
        replace(GOOD, record=replace(RECORD, block_time=RECORD.block_time.replace(microsecond=1))),
    ],
)
def test_encode_refuses_what_decode_would_refuse(wrong: WitnessEvidence) -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        evidence.encode(wrong)


def test_encode_refuses_a_value_that_would_read_back_as_another() -> None:
    as_list: tuple[bytes, ...] = [*GOOD.path]  # type: ignore[assignment]
    with refuses(Code.EVIDENCE_SYNTAX):
        evidence.encode(replace(GOOD, path=as_list))


def test_block_time_in_another_zone_is_the_same_record() -> None:
    zone = datetime.fromisoformat("2026-11-21T09:02:03+08:00")
    assert evidence.record_bytes(replace(RECORD, block_time=zone)) == evidence.record_bytes(RECORD)


def test_the_limits_of_the_parts_keep_the_whole_under_its_limit() -> None:
    largest = replace(
        RECORD,
        registry=RegistryId("x" * 63),
        chain_id=ChainId(2**64 - 1),
        size=2**32 - 1,
        sequence=2**64 - 1,
        block_number=2**64 - 1,
        block_time=datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    path = (OTHER,) * evidence.MAX_PATH_NODES
    indices = 2 * len(cbor.dumps(2**32 - 1))
    parts = (*path, *path, bytes(MAX_CHECKPOINT_BYTES), evidence.record_bytes(largest))
    heads = len(cbor.dumps(evidence.WITNESS)) + 3 * 3 + indices
    assert heads + sum(len(cbor.dumps(part)) for part in parts) < MAX_EVIDENCE_BYTES


def test_a_record_is_an_entry_of_the_log() -> None:
    data = evidence.record_bytes(RECORD)
    assert evidence.decode_record(data) == RECORD
    assert evidence.log_leaf(RECORD) == leaf_hash(data)
    with refuses(Code.EVIDENCE_SYNTAX):
        evidence.decode_record(data + b"\x00")
    with refuses(Code.TOO_LARGE):
        evidence.decode_record(bytes(MAX_EVIDENCE_BYTES + 1))


def test_decode_looks_at_the_size_first() -> None:
    with refuses(Code.TOO_LARGE):
        evidence.decode(bytes(MAX_EVIDENCE_BYTES + 1))


@pytest.mark.parametrize("later", ["qbft-v2", "witness-v2", "witness-v10", "ots-v1"])
def test_a_type_of_a_later_release_is_not_called_broken(later: str) -> None:
    with refuses(Code.EVIDENCE_TYPE_UNSUPPORTED):
        evidence.decode(cbor.dumps((later, 1, 2, 3, 4, 5, 6)))


def test_decode_knows_no_other_type() -> None:
    values: tuple[cbor.CborValue, ...] = (
        ("qbft-v1", b"header"),
        ("witness-v1", b"header"),
        ("witness-v0", 1, 2, 3, 4, 5, 6),
        ("other-v1",),
        (),
        "qbft-v1",
        {0: "witness-v1"},
    )
    for value in values:
        with refuses(Code.EVIDENCE_SYNTAX):
            evidence.decode(cbor.dumps(value))


@pytest.mark.parametrize("data", [b"", b"\xff", evidence.encode(GOOD) + b"\x00"])
def test_decode_refuses_what_is_not_deterministic_cbor(data: bytes) -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        evidence.decode(data)


def test_a_record_of_another_type_is_refused() -> None:
    value = list(_items(evidence.encode(GOOD)))
    value[3] = ("anzheng-batch/v2", *_items(evidence.record_bytes(RECORD))[1:])
    with refuses(Code.EVIDENCE_SYNTAX):
        evidence.decode(cbor.dumps(value))


def _items(data: bytes) -> tuple[cbor.CborValue, ...]:
    value = cbor.loads(data, max_bytes=MAX_EVIDENCE_BYTES)
    assert isinstance(value, tuple)
    return value
