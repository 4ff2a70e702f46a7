"""Evidence for every leaf."""

from dataclasses import replace

import pytest

from anchor.evidence import make_evidence
from anchor.ports import LeafEvidence
from licence.errors import Code
from licence.formats import manifest as manifests
from licence.formats.evidence import MAX_EVIDENCE_BYTES, BatchRecord, decode_record
from licence.formats.manifest import Manifest
from licence.ids import BatchId
from tests.fakes.anchoring import AUTHORITY, REGISTRY, Anchoring, add_batch, leaf
from tests.fakes.refusal import refuses


class Done:
    """One batch that is cosigned, and its parts."""

    def __init__(self, count: int) -> None:
        self.anchoring = Anchoring()
        add_batch(self.anchoring.store, "b", count)
        self.anchoring.anchorer.advance(BatchId("b"))
        self.anchoring.chain.mine(3)
        batch = self.anchoring.anchorer.advance(BatchId("b"))
        assert batch.record is not None
        assert batch.checkpoint is not None
        self.note: bytes = batch.checkpoint
        self.record: BatchRecord = decode_record(batch.record)
        self.records = self.anchoring.store.log_records(REGISTRY, AUTHORITY)
        self.manifest: Manifest = manifests.decode(self.anchoring.store.manifest(batch.id))

    def make(self) -> tuple[LeafEvidence, ...]:
        return tuple(make_evidence(self.manifest, self.record, self.records, 0, self.note))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_each_leaf_has_evidence_that_proves_it_alone(count: int) -> None:
    done = Done(count)
    made = done.make()
    assert [item.leaf for item in made] == [leaf(number) for number in range(count)]
    for item in made:
        assert len(item.evidence) <= MAX_EVIDENCE_BYTES
        done.anchoring.judge.accept(item.leaf, item.evidence)
        with refuses(Code.ANCHOR_PROOF_MISMATCH):
            done.anchoring.judge.accept(leaf(99), item.evidence)


def test_parts_of_different_batches_do_not_fit() -> None:
    done = Done(3)
    done.record = replace(done.record, size=4)
    with refuses(Code.EVIDENCE_SYNTAX):
        done.make()


def test_log_shorter_than_its_checkpoint_does_not_fit() -> None:
    done = Done(3)
    done.records = ()
    with refuses(Code.EVIDENCE_SYNTAX):
        done.make()
