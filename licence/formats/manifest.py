"""The manifest of an anchor batch: a row for each leaf, without names or numbers.

Numbers and enterprise codes stand as HMACs under a key of the authority, so that a number that
is live twice shows, and nobody can try all numbers. The authority tells each enterprise its own.
Size and root are those of the rows; a manifest that says otherwise is none.

Standard: RFC 8949, 4.2.1; RFC 2104; `docs/formats/manifest.cddl`.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NewType

from licence.errors import AnzhengError, Code
from licence.formats import cbor
from licence.formats.cbor_fields import Fields, is_authority, is_registry
from licence.formats.leaf import LeafKind
from licence.formats.limits import MAX_STATUS_INDEX
from licence.formats.tree import Tree
from licence.ids import AuthorityId, Digest, Leaf, LicenceNo, MerkleRoot, RegistryId, StatusIndex

ManifestDigest = NewType("ManifestDigest", bytes)
"""SHA-256 of an encoded manifest, 32 bytes; it is part of what the chain stores."""

SCHEMA: Final = "anzheng-manifest/v1"

MAX_ROWS: Final = 65_536
"""Most rows; a batch is frozen at 10,000."""

MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest manifest, in bytes; a row has about 115."""

MIN_KEY_BYTES: Final = 32
"""Shortest HMAC key, in bytes."""

MAX_VERSION: Final = 2**32 - 1
"""Largest licence version."""

_NUMBER: Final = b"anzheng-manifest/v1 number\x00"
_USCC: Final = b"anzheng-manifest/v1 uscc\x00"
_ROW_ITEMS: Final = 6
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One leaf of the batch.

    A licence has all fields, a holder certificate its status index only, other kinds none.
    """

    kind: LeafKind
    leaf: Leaf
    index: StatusIndex | None = None
    number_hmac: Digest | None = None
    version: int | None = None
    uscc_hmac: Digest | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A batch: whose it is, its tree, and its rows in the order of the tree's leaves."""

    registry: RegistryId
    authority: AuthorityId
    size: int
    root: MerkleRoot
    rows: tuple[ManifestRow, ...]


def encode(manifest: Manifest) -> bytes:
    """Return the deterministic CBOR of a manifest.

    Raises:
        AnzhengError: MANIFEST_SYNTAX, for a manifest that `decode` would refuse.
    """
    _check(manifest)
    rows = tuple(
        (row.kind.value, row.leaf, row.index, row.number_hmac, row.version, row.uscc_hmac)
        for row in manifest.rows
    )
    head = (SCHEMA, manifest.registry, manifest.authority, manifest.size, manifest.root)
    return cbor.dumps((*head, rows))


def decode(data: bytes) -> Manifest:
    """Return the manifest of these bytes; its rows make its root.

    Raises:
        AnzhengError: TOO_LARGE, MANIFEST_SYNTAX.
    """
    if len(data) > MAX_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no manifest is that large", limit=MAX_BYTES)
    try:
        value = cbor.loads(data, max_bytes=MAX_BYTES)
    except AnzhengError as error:
        raise AnzhengError(Code.MANIFEST_SYNTAX, "not deterministic CBOR") from error
    fields = Fields(value, 6, Code.MANIFEST_SYNTAX)
    fields.constant(SCHEMA)
    manifest = Manifest(
        registry=fields.registry(),
        authority=fields.authority(),
        size=fields.integer(1, MAX_ROWS),
        root=MerkleRoot(fields.octets(_HASH)),
        rows=tuple(_row(row) for row in fields.array(MAX_ROWS)),
    )
    _check(manifest)
    return manifest


def digest(data: bytes) -> ManifestDigest:
    """Return the digest of an encoded manifest: SHA-256 of the file, nothing else."""
    return ManifestDigest(sha256(data).digest())


def number_hmac(key: bytes, number: LicenceNo) -> Digest:
    """Return what stands in a row for a licence number in canonical form.

    Raises:
        AnzhengError: MANIFEST_SYNTAX, for a key that is too short.
    """
    return _hmac(key, _NUMBER, number)


def uscc_hmac(key: bytes, uscc: str) -> Digest:
    """Return what stands in a row for an enterprise's canonical code.

    Raises:
        AnzhengError: MANIFEST_SYNTAX, for a key that is too short.
    """
    return _hmac(key, _USCC, uscc)


def _hmac(key: bytes, prefix: bytes, text: str) -> Digest:
    if len(key) < MIN_KEY_BYTES:
        raise AnzhengError(Code.MANIFEST_SYNTAX, "the HMAC key is too short", least=MIN_KEY_BYTES)
    return Digest(hmac.digest(key, prefix + text.encode("utf-8"), "sha256"))


def _row(value: cbor.CborValue) -> ManifestRow:
    fields = Fields(value, _ROW_ITEMS, Code.MANIFEST_SYNTAX)
    return ManifestRow(
        kind=LeafKind(fields.integer(min(LeafKind), max(LeafKind))),
        leaf=Leaf(fields.octets(_HASH)),
        index=None if fields.is_null() else StatusIndex(fields.integer(0, MAX_STATUS_INDEX)),
        number_hmac=None if fields.is_null() else Digest(fields.octets(_HASH)),
        version=None if fields.is_null() else fields.integer(1, MAX_VERSION),
        uscc_hmac=None if fields.is_null() else Digest(fields.octets(_HASH)),
    )


def _check(manifest: Manifest) -> None:
    rows = manifest.rows
    if not is_registry(manifest.registry) or not is_authority(manifest.authority):
        raise AnzhengError(Code.MANIFEST_SYNTAX, "no registry or no authority has that name")
    if not 1 <= len(rows) <= MAX_ROWS or manifest.size != len(rows):
        raise AnzhengError(Code.MANIFEST_SYNTAX, "no rows, too many, or not `size` of them")
    for at, row in enumerate(rows):
        _check_row(row, at)
    leaves = [row.leaf for row in rows]
    indices = [row.index for row in rows if row.index is not None]
    if len(set(leaves)) != len(leaves) or len(set(indices)) != len(indices):
        raise AnzhengError(Code.MANIFEST_SYNTAX, "a leaf or a status index stands there twice")
    if Tree(leaves).root != manifest.root:
        raise AnzhengError(Code.MANIFEST_SYNTAX, "the rows do not make the root")


def _check_row(row: ManifestRow, at: int) -> None:
    given = tuple(
        field is not None for field in (row.index, row.number_hmac, row.version, row.uscc_hmac)
    )
    digests = (row.leaf, row.number_hmac, row.uscc_hmac)
    fits = (
        given == _GIVEN[row.kind]
        and all(each is None or len(each) == _HASH for each in digests)
        and (row.index is None or 0 <= row.index <= MAX_STATUS_INDEX)
        and (row.version is None or 1 <= row.version <= MAX_VERSION)
    )
    if not fits:
        raise AnzhengError(Code.MANIFEST_SYNTAX, "a row that its kind does not have", row=at)


_NOTHING: Final = (False, False, False, False)
_GIVEN: Final = {
    LeafKind.LICENCE: (True, True, True, True),
    LeafKind.HOLDER_CERTIFICATE: (True, False, False, False),
    LeafKind.AUDIT_HEAD: _NOTHING,
    LeafKind.ARCHIVE: _NOTHING,
    LeafKind.RENEWAL: _NOTHING,
}
"""Which of index, number, version and enterprise a row of each kind has."""
