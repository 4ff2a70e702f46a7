"""The one order of the log, and what public log and chain must agree about."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.public_log import BothLogs, LogFolder
from anzheng.flows.reconcile_read import ChainTruth, order, read_log_order, together
from anzheng.store.recovery import ChainMark
from licence.errors import Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import BatchRecord, record_bytes
from licence.formats.tree import Tree, leaf_hash
from licence.ids import Digest
from tests.fakes.anchoring import AUTHORITY, IDENTITY, LOG_KEY, REGISTRY, ed25519
from tests.fakes.refusal import refuses
from tests.unit.anchor.test_log import RECORD

RECORDS = tuple(replace(RECORD, sequence=number, block_number=number) for number in range(1, 8))
BYTES = tuple(map(record_bytes, RECORDS))


def truth(*records: BatchRecord, final: int = 100) -> ChainTruth:
    mark = ChainMark(REGISTRY, AUTHORITY, RECORD.contract, final, len(records), Digest(bytes(32)))
    return ChainTruth(tuple(records), (), (mark,))


def publish(folder: LogFolder, entries: tuple[bytes, ...], size: int) -> None:
    """Publish entries, under a checkpoint over the first so many of them."""
    folder.keep_entries(IDENTITY.origin, entries[:size])
    tree = Tree([leaf_hash(entry) for entry in entries[:size]])
    said = Checkpoint(IDENTITY.origin, size, tree.root)
    note = checkpoints.encode(checkpoints.sign(said, LOG_KEY, ed25519("log").sign))
    folder.keep_checkpoint(IDENTITY.origin, note)
    folder.keep_entries(IDENTITY.origin, entries)


@given(st.permutations(BYTES), st.integers(0, 7), st.integers(0, 7))
def test_what_is_published_or_stored_keeps_its_place(
    history: list[bytes], published: int, own: int
) -> None:
    found = [
        record_bytes(each) for each in order(truth(*RECORDS), history[:published], history[:own])
    ]
    longer = max(published, own)
    assert found[:longer] == history[:longer]
    # What nobody had comes in the order of the chain, and nothing comes twice.
    rest = [BYTES.index(each) for each in found[longer:]]
    assert rest == sorted(rest)
    assert sorted(found) == sorted(BYTES)


def test_two_histories_are_for_a_person() -> None:
    with refuses(Code.CONFLICT):
        order(truth(*RECORDS), BYTES[:3], (BYTES[1], BYTES[0]))


def test_entries_that_a_witness_may_have_seen_are_found_without_a_checkpoint(
    tmp_path: Path,
) -> None:
    folder = LogFolder(tmp_path)
    # Kept in the log's own order, which is not that of the chain.
    publish(folder, (BYTES[0], BYTES[2], BYTES[1]), 1)
    found = read_log_order(truth(*RECORDS), folder.reader, IDENTITY.origin, LOG_KEY)
    assert found == (BYTES[0], BYTES[2], BYTES[1])


def test_entry_that_the_chain_does_not_have_is_no_history(tmp_path: Path) -> None:
    folder = LogFolder(tmp_path)
    publish(folder, BYTES[:2], 2)
    with refuses(Code.ANCHOR_CHAIN_MISMATCH):
        read_log_order(truth(RECORDS[0]), folder.reader, IDENTITY.origin, LOG_KEY)
    # Its block may not be final yet, or the contract is one that is not read.
    early = truth(RECORDS[0], final=1)
    assert len(read_log_order(early, folder.reader, IDENTITY.origin, LOG_KEY)) == 2


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    reader = LogFolder(tmp_path).reader
    assert read_log_order(truth(*RECORDS), reader, IDENTITY.origin, LOG_KEY) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_two_copies_of_the_log_complete_each_other(tmp_path: Path, *, turned: bool) -> None:
    old, new = LogFolder(tmp_path / "old"), LogFolder(tmp_path / "new")
    publish(old, BYTES[:2], 2)
    publish(new, BYTES[:5], 5)
    readers = (new.reader, old.reader) if turned else (old.reader, new.reader)
    both = BothLogs(*readers)
    assert read_log_order(truth(*RECORDS), both, IDENTITY.origin, LOG_KEY) == BYTES[:5]


def test_contracts_together_are_in_the_order_of_the_chain() -> None:
    late = replace(RECORD, sequence=1, block_number=50)
    merged = together([truth(RECORDS[0], late), truth(RECORDS[1], RECORDS[2])])
    assert merged.batches == (*RECORDS[:3], late)
    assert len(merged.marks) == 2
