"""One growing log under cosigned checkpoints."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anchor.log import AuthorityLog
from anchor.ports import CheckpointWitness
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import SignatureLine, WitnessKey
from licence.formats.evidence import BatchRecord
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, MerkleRoot
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    LOG_KEY,
    REGISTRY,
    ed25519,
    public,
    witness,
)
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

RECORD = BatchRecord(
    registry=REGISTRY,
    authority=AUTHORITY,
    chain_id=ChainId(20260),
    contract=Address(b"\xcc" * 20),
    root=MerkleRoot(b"r" * 32),
    size=3,
    manifest=ManifestDigest(b"m" * 32),
    sequence=1,
    block_number=7,
    block_hash=BlockHash(b"b" * 32),
    block_time=datetime(2026, 11, 21, tzinfo=UTC),
)


class Liar:
    """Answers with a signature of nothing."""

    key = WitnessKey("liar.example", public("liar"))

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> SignatureLine:
        del old_size, proof, note
        return SignatureLine(self.key.name, self.key.key_id(), b"\0" * 7 + b"\1" + b"\0" * 64)


class Absent:
    """Never answers."""

    key = WitnessKey("absent.example", public("absent"))

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> SignatureLine:
        del old_size, proof, note
        raise AnzhengError(Code.WITNESS_REFUSED, "time-out")


def log(
    witnesses: Sequence[CheckpointWitness], threshold: int, store: MemoryAnchorStore | None = None
) -> AuthorityLog:
    store = store or MemoryAnchorStore()
    return AuthorityLog(IDENTITY, ed25519("log").sign, store, witnesses, threshold)


def good(name: str, store: MemoryWitnessStore | None = None) -> CheckpointWitness:
    return witness(name, store or MemoryWitnessStore(), FakeClock())


def test_record_keeps_its_place() -> None:
    one = log([good("w1.example")], 1)
    second = replace(RECORD, sequence=2)
    assert [one.append(record) for record in (RECORD, second, RECORD)] == [0, 1, 0]
    assert len(one.records()) == 2


def test_record_of_another_log_is_refused() -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        log([], 1).append(replace(RECORD, authority=AuthorityId("11210000009876543X")))


def test_checkpoint_has_all_witnesses_that_answered() -> None:
    witnesses = [good("w1.example"), good("w2.example")]
    one = log([*witnesses, Absent()], 2)
    one.append(RECORD)
    signed = checkpoints.parse(one.cosigned_checkpoint())
    keys = [each.key for each in witnesses]
    names = [each.name for each in checkpoints.verify(signed, LOG_KEY, keys, 2)]
    assert names == ["w1.example", "w2.example"]
    assert signed.checkpoint.size == 1


@pytest.mark.parametrize("bad", [Liar(), Absent()], ids=["liar", "absent"])
def test_bad_witness_is_left_out_and_does_not_count(bad: CheckpointWitness) -> None:
    one = log([good("w1.example"), bad], 1)
    one.append(RECORD)
    assert len(checkpoints.parse(one.cosigned_checkpoint()).cosignatures) == 1
    with refuses(Code.WITNESS_REFUSED):
        log([good("w2.example"), bad], 2).cosigned_checkpoint()


def test_log_that_forgot_what_the_witness_saw_asks_again() -> None:
    seen, store = MemoryWitnessStore(), MemoryAnchorStore()
    log([good("w1.example", seen)], 1, store).append(RECORD)
    log([good("w1.example", seen)], 1, store).cosigned_checkpoint()
    fresh = log([good("w1.example", seen)], 1, store)
    fresh.append(replace(RECORD, sequence=2))
    assert checkpoints.parse(fresh.cosigned_checkpoint()).checkpoint.size == 2


def test_log_that_lost_records_gets_no_cosignature() -> None:
    seen, store = MemoryWitnessStore(), MemoryAnchorStore()
    one = log([good("w1.example", seen)], 1, store)
    one.append(RECORD)
    one.append(replace(RECORD, sequence=2))
    one.cosigned_checkpoint()
    store.logs[REGISTRY, AUTHORITY].pop()
    with refuses(Code.WITNESS_REFUSED):
        one.cosigned_checkpoint()
