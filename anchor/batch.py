"""Freezing a batch: an ordered list of leaves becomes a tree and a manifest. Pure.

Standard: RFC 9162, 2.1; DESIGN 2 (5) and 3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from anchor.ports import AnchorBatch
from licence.errors import AnzhengError, Code
from licence.formats import manifest as manifests
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest, ManifestRow
from licence.formats.tree import Tree
from licence.ids import AuthorityId, BatchId, Leaf, LicenceNo, RegistryId, StatusIndex

MAX_LEAVES: Final = 10_000
"""Most leaves of a batch; more make a second batch."""


@dataclass(frozen=True, slots=True)
class AnchorItem:
    """One thing that is to be anchored.

    A licence has all fields, a holder certificate its index only, other kinds none.
    """

    kind: LeafKind
    leaf: Leaf
    index: StatusIndex | None = None
    licence_no: LicenceNo | None = None
    version: int | None = None
    uscc: str | None = None


@dataclass(frozen=True, slots=True)
class FrozenBatch:
    """A batch whose leaves and order never change, with its manifest."""

    batch: AnchorBatch
    manifest: bytes


def freeze(
    batch_id: BatchId,
    registry: RegistryId,
    authority: AuthorityId,
    items: Sequence[AnchorItem],
    *,
    hmac_key: bytes,
) -> FrozenBatch:
    """Freeze items, in this order, into a batch.

    Args:
        batch_id: Name of the batch.
        registry: Registry that their licences name.
        authority: Whose they are.
        items: One to `MAX_LEAVES`.
        hmac_key: The authority's key for numbers and enterprises, 32 bytes at least.

    Raises:
        AnzhengError: MANIFEST_SYNTAX, for no items, too many, one twice, or one whose fields its
            kind does not have.
    """
    if not 1 <= len(items) <= MAX_LEAVES:
        raise AnzhengError(
            Code.MANIFEST_SYNTAX, "not that many leaves in a batch", leaves=len(items)
        )
    rows = tuple(_row(item, hmac_key) for item in items)
    root = Tree([row.leaf for row in rows]).root
    data = manifests.encode(Manifest(registry, authority, len(rows), root, rows))
    batch = AnchorBatch(
        id=batch_id,
        registry=registry,
        authority=authority,
        root=root,
        size=len(rows),
        manifest=manifests.digest(data),
    )
    return FrozenBatch(batch, data)


def _row(item: AnchorItem, key: bytes) -> ManifestRow:
    return ManifestRow(
        kind=item.kind,
        leaf=item.leaf,
        index=item.index,
        number_hmac=None
        if item.licence_no is None
        else manifests.number_hmac(key, item.licence_no),
        version=item.version,
        uscc_hmac=None if item.uscc is None else manifests.uscc_hmac(key, item.uscc),
    )
