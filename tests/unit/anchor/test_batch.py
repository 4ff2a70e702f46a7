"""Freezing."""

from dataclasses import replace

import pytest

from anchor.batch import MAX_LEAVES, AnchorItem, freeze
from anchor.ports import BatchState
from licence.errors import Code
from licence.formats import manifest as manifests
from licence.formats.leaf import LeafKind
from licence.formats.tree import Tree
from licence.ids import BatchId
from tests.fakes.anchor_store import MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, HMAC_KEY, REGISTRY, items, leaf
from tests.fakes.refusal import refuses


def test_order_and_manifest_are_fixed() -> None:
    frozen = freeze(BatchId("b"), REGISTRY, AUTHORITY, items(5), hmac_key=HMAC_KEY)
    manifest = manifests.decode(frozen.manifest)
    assert [row.leaf for row in manifest.rows] == [leaf(number) for number in range(5)]
    assert frozen.batch.root == Tree([leaf(number) for number in range(5)]).root
    assert frozen.batch.manifest == manifests.digest(frozen.manifest)
    assert (frozen.batch.size, frozen.batch.state) == (5, BatchState.BATCHED)
    assert len({row.number_hmac for row in manifest.rows}) == 5
    assert len({row.uscc_hmac for row in manifest.rows}) == 1


def test_other_kinds_have_no_number() -> None:
    item = AnchorItem(kind=LeafKind.AUDIT_HEAD, leaf=leaf(9))
    frozen = freeze(BatchId("b"), REGISTRY, AUTHORITY, (item,), hmac_key=HMAC_KEY)
    assert manifests.decode(frozen.manifest).rows[0].number_hmac is None


@pytest.mark.parametrize("count", [0, MAX_LEAVES + 1])
def test_empty_and_too_large_batches_are_refused(count: int) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        freeze(BatchId("b"), REGISTRY, AUTHORITY, items(count), hmac_key=HMAC_KEY)


def test_leaf_twice_is_refused() -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        freeze(BatchId("b"), REGISTRY, AUTHORITY, items(1) * 2, hmac_key=HMAC_KEY)


def test_batch_is_added_once() -> None:
    store = MemoryAnchorStore()
    frozen = freeze(BatchId("b"), REGISTRY, AUTHORITY, items(2), hmac_key=HMAC_KEY)
    added = store.add_batch(frozen.batch, frozen.manifest)
    assert store.add_batch(frozen.batch, frozen.manifest) == added
    with refuses(Code.CONFLICT):
        store.add_batch(replace(frozen.batch, size=3), frozen.manifest)
