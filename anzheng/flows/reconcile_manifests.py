"""The manifests of an authority's batches: looked through once, then opened one at a time.

An authority has millions of rows in them; what is kept in memory is the manifests that the database
does not have, and of the rows only what holders' certificates are compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from anzheng.flows.found_certificates import FoundCertificate
from anzheng.flows.reconcile_case import Case
from anzheng.store.database import Unit
from licence.errors import AnzhengError, Code
from licence.formats import manifest as manifests
from licence.formats.evidence import BatchRecord
from licence.formats.manifest import Manifest, ManifestDigest
from licence.ids import BatchId, Leaf, StatusIndex

_OPEN = 2
"""Manifests that are kept taken apart: many rows of one are asked for after each other."""


class Manifests:
    """The manifest of each batch: ours, or the published one.

    Args:
        case: Whose.
        unit: The database.
        records: The batches.

    Attributes:
        missing: Digests of manifests that are nowhere.
        highest: The highest status index in any of them; -1 for none.

    Raises:
        AnzhengError: MANIFEST_SYNTAX, for what is no manifest of its batch.
    """

    def __init__(self, case: Case, unit: Unit, records: Sequence[BatchRecord]) -> None:
        self._case = case
        self._unit = unit
        self._here = (case.registry, case.authority)
        self._ids = unit.recovery.batch_ids(*self._here)
        self._found: dict[ManifestDigest, bytes | None] = {}
        self._owners: dict[StatusIndex, Leaf] = {}
        self._leaves: set[Leaf] = set()
        self._taken_apart = lru_cache(_OPEN)(self._open)
        self.missing: list[bytes] = []
        self.highest = -1
        wanted = {each.binding.index for each in case.certificates}
        licences = {each.binding.leaf for each in case.certificates}
        for record in records:
            self._look(record, wanted, licences)

    def __contains__(self, digest: ManifestDigest) -> bool:
        """Say whether a manifest was found."""
        return digest in self._found

    def batch_id(self, digest: ManifestDigest) -> BatchId | None:
        """Return the batch of the database that has this manifest."""
        return self._ids.get(digest)

    def next_batch_id(self, digest: ManifestDigest) -> BatchId:
        """Give the batch of this manifest a name of its own, and remember it."""
        made = BatchId(f"{'-'.join(self._here)}-{len(self._ids) + 1:08d}")
        self._ids[digest] = made
        return made

    def data(self, digest: ManifestDigest) -> bytes:
        """Return the bytes of a manifest that was found."""
        data = self._found[digest]
        return self._unit.anchors.manifest(self._ids[digest]) if data is None else data

    def all_data(self) -> Iterator[bytes]:
        """Yield the bytes of each manifest that was found."""
        return map(self.data, self._found)

    def get(self, digest: ManifestDigest) -> Manifest:
        """Return a manifest that was found."""
        return self._taken_apart(digest)[0]

    def place(self, digest: ManifestDigest, leaf: Leaf) -> int:
        """Return which of the rows of a manifest that was found has this leaf."""
        return self._taken_apart(digest)[1][leaf]

    def owns(self, each: FoundCertificate) -> bool:
        """Say whether nobody else has the status index of a certificate."""
        return self._owners.get(each.binding.index, each.leaf) == each.leaf

    def licenses(self, each: FoundCertificate) -> bool:
        """Say whether the licence of a certificate is anchored here."""
        return each.binding.leaf in self._leaves

    def _look(self, record: BatchRecord, wanted: set[StatusIndex], licences: set[Leaf]) -> None:
        known, published = self._ids.get(record.manifest), None
        if known is None:
            published = self._case.public.manifest(*self._here, record.manifest)
        data = published if known is None else self._unit.anchors.manifest(known)
        if data is None:
            self.missing.append(bytes(record.manifest))
            return
        manifest = manifests.decode(data)
        if (manifest.root, manifest.size) != (record.root, record.size):
            raise AnzhengError(Code.MANIFEST_SYNTAX, "the manifest of another batch")
        self._found[record.manifest] = published
        for row in manifest.rows:
            if row.index is None:
                continue
            self.highest = max(self.highest, row.index)
            if row.index in wanted:
                self._owners[row.index] = row.leaf
            if row.leaf in licences:
                self._leaves.add(row.leaf)

    def _open(self, digest: ManifestDigest) -> tuple[Manifest, Mapping[Leaf, int]]:
        manifest = manifests.decode(self.data(digest))
        return manifest, {row.leaf: place for place, row in enumerate(manifest.rows)}
