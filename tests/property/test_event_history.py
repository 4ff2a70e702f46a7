"""Properties of the contract's events: nothing in an entry is free, and words follow from them."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from anchor.calls import Change, changes_of
from anchor.events import (
    NO_HEAD,
    Anchored,
    Entry,
    Place,
    StatusChanged,
    next_head,
    packed_change,
    unpacked_change,
)
from anchor.replay import Replay
from licence.domain.status import StatusWord
from licence.formats.keccak import keccak256
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, Digest, MerkleRoot, StatusIndex

AUTHORITY = AuthorityId("11210000001234567X")
START = datetime(2026, 11, 21, tzinfo=UTC)
HASHES = st.binary(min_size=32, max_size=32)
INDICES = st.sets(st.integers(0, 300).map(StatusIndex), min_size=1, max_size=20)


def place(block: int) -> Place:
    return Place(
        block, BlockHash(bytes(32)), START + timedelta(seconds=block), Digest(bytes(32)), 0
    )


def changed(sequence: int, status: StatusWord, indices: set[StatusIndex]) -> StatusChanged:
    return StatusChanged(
        at=place(sequence),
        sequence=sequence,
        account=Address(b"\1" * 20),
        authority=AUTHORITY,
        status=int(status),
        changes=changes_of(indices),
        decision=Digest(bytes(32)),
    )


@given(INDICES)
def test_changes_read_back_from_what_the_contract_takes(indices: set[StatusIndex]) -> None:
    changes = changes_of(indices)
    assert tuple(unpacked_change(packed_change(each)) for each in changes) == changes


@given(st.integers(0, 2**26 - 1), st.integers(1, 2**64 - 1))
def test_every_bit_is_a_licence(word: int, bits: int) -> None:
    change = unpacked_change(word << 64 | bits)
    assert change.word == word
    assert f"{change.mask:064x}".count("f") == bits.bit_count()
    assert packed_change(change) == word << 64 | bits


@given(st.lists(st.tuples(st.sampled_from(StatusWord), INDICES), max_size=8))
def test_words_are_those_of_the_last_change(
    steps: list[tuple[StatusWord, set[StatusIndex]]],
) -> None:
    replay, expected = Replay(keccak256), dict[StatusIndex, StatusWord]()
    for at, (status, indices) in enumerate(steps):
        replay.apply(changed(at + 1, status, indices))
        expected |= dict.fromkeys(indices, status)
    for index, status in expected.items():
        assert replay.status_of(AUTHORITY, index) is status
    assert all(replay.words.values()), "a word without statuses is not kept"


@given(HASHES, HASHES, st.integers(1, 2**32 - 1), st.integers(1, 2**40), st.data())
def test_no_part_of_an_anchored_entry_is_free(
    root: bytes, manifest: bytes, size: int, sequence: int, data: st.DataObject
) -> None:
    entry: Entry = Anchored(
        at=place(7),
        sequence=sequence,
        account=Address(b"\1" * 20),
        authority=AUTHORITY,
        root=MerkleRoot(root),
        size=size,
        manifest=ManifestDigest(manifest),
    )
    name = data.draw(st.sampled_from([each.name for each in fields(entry)]))
    other: dict[str, Any] = {
        "at": place(8),
        "sequence": sequence + 1,
        "account": Address(b"\2" * 20),
        "authority": AuthorityId("11210000009876543X"),
        "root": MerkleRoot(bytes(each ^ 1 for each in root)),
        "size": size % (2**32 - 1) + 1,
        "manifest": ManifestDigest(bytes(each ^ 1 for each in manifest)),
    }
    if other[name] != getattr(entry, name):
        lie = replace(entry, **{name: other[name]})
        assert next_head(NO_HEAD, lie, keccak256) != next_head(NO_HEAD, entry, keccak256)


def test_change_of_no_licence_is_none() -> None:
    assert unpacked_change(3 << 64) == Change(3, 0)
