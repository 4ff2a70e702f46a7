"""The manifest of a batch: rows by kind, root recomputed, nothing twice."""

import hmac
from dataclasses import replace
from hashlib import sha256

import pytest

from licence.errors import Code
from licence.formats import cbor, manifest
from licence.formats.leaf import LeafKind
from licence.formats.manifest import MAX_BYTES, MAX_ROWS, Manifest, ManifestRow
from licence.formats.tree import Tree
from licence.ids import (
    AuthorityId,
    Digest,
    Leaf,
    LicenceNo,
    MerkleRoot,
    RegistryId,
    StatusIndex,
)
from tests.fakes import proof
from tests.fakes.refusal import refuses

NUMBER = LicenceNo("（辽）WH安许证字〔2026〕0001")


def _manifest() -> Manifest:
    return proof.batch_manifest(Leaf(proof.digest("licence")))


def _with_rows(*rows: ManifestRow) -> Manifest:
    tree = Tree([row.leaf for row in rows])
    return Manifest(proof.REGISTRY, proof.AUTHORITY, tree.size, tree.root, rows)


def test_manifest_survives_encoding() -> None:
    data = manifest.encode(_manifest())
    assert manifest.decode(data) == _manifest()
    assert manifest.digest(data) == sha256(data).digest()


def test_hmacs_have_a_prefix_of_their_own() -> None:
    key = proof.HMAC_KEY
    by_hand = hmac.new(key, b"anzheng-manifest/v1 number\x00" + NUMBER.encode(), "sha256")
    assert manifest.number_hmac(key, NUMBER) == by_hand.digest()
    by_hand = hmac.new(key, b"anzheng-manifest/v1 uscc\x0091210211MA0UK3L77C", "sha256")
    assert manifest.uscc_hmac(key, "91210211MA0UK3L77C") == by_hand.digest()


def test_a_short_hmac_key_is_refused() -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        manifest.number_hmac(proof.HMAC_KEY[1:], NUMBER)


def test_every_kind_has_its_fields() -> None:
    leaf = Leaf(proof.digest("x"))
    for kind in (LeafKind.AUDIT_HEAD, LeafKind.ARCHIVE, LeafKind.RENEWAL):
        one = _with_rows(ManifestRow(kind, leaf))
        assert manifest.decode(manifest.encode(one)) == one
        with refuses(Code.MANIFEST_SYNTAX):
            manifest.encode(_with_rows(ManifestRow(kind, leaf, StatusIndex(1))))


def _rows(change: ManifestRow) -> Manifest:
    first, *others = _manifest().rows
    assert first.kind is LeafKind.LICENCE
    return _with_rows(change, *others)


FIRST = _manifest().rows[0]


@pytest.mark.parametrize(
    "row",
    [
        replace(FIRST, index=None),
        replace(FIRST, number_hmac=None),
        replace(FIRST, version=None),
        replace(FIRST, uscc_hmac=None),
        replace(FIRST, kind=LeafKind.HOLDER_CERTIFICATE),
        replace(FIRST, index=StatusIndex(-1)),
        replace(FIRST, index=StatusIndex(2**32)),
        replace(FIRST, index=StatusIndex(1)),  # that of the next row
        replace(FIRST, version=0),
        replace(FIRST, version=2**32),
        replace(FIRST, number_hmac=Digest(b"short")),
        replace(FIRST, uscc_hmac=Digest(b"short")),
        replace(FIRST, leaf=_manifest().rows[1].leaf),
    ],
)
def test_a_row_that_its_kind_does_not_have_is_refused(row: ManifestRow) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        manifest.encode(_rows(row))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(_manifest(), registry=RegistryId("Registry")),
        replace(_manifest(), authority=AuthorityId("short")),
        replace(_manifest(), size=5),
        replace(_manifest(), root=MerkleRoot(proof.digest("other"))),
        replace(_manifest(), rows=_manifest().rows[::-1]),
        replace(_manifest(), rows=(), size=0),
        replace(_manifest(), rows=_manifest().rows[:1] * (MAX_ROWS + 1), size=MAX_ROWS + 1),
        replace(_manifest(), rows=(replace(FIRST, leaf=Leaf(b"short")), *_manifest().rows[1:])),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(wrong: Manifest) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        manifest.encode(wrong)


def test_decode_looks_at_the_size_first() -> None:
    with refuses(Code.TOO_LARGE):
        manifest.decode(bytes(MAX_BYTES + 1))


def _value() -> list[cbor.CborValue]:
    value = cbor.loads(manifest.encode(_manifest()), max_bytes=MAX_BYTES)
    assert isinstance(value, tuple)
    return list(value)


@pytest.mark.parametrize(
    ("place", "item"),
    [
        (0, "anzheng-manifest/v2"),
        (1, "Registry"),
        (2, "short"),
        (3, 5),
        (3, True),
        (4, b"short"),
        (4, proof.digest("other")),
        (5, ()),
        (5, ((1, 2),)),
        (5, ((9, proof.digest("x"), None, None, None, None),)),
        (5, ((3, proof.digest("x"), 1, None, None, None),)),
    ],
)
def test_decode_refuses_other_values(place: int, item: cbor.CborValue) -> None:
    value = _value()
    value[place] = item
    with refuses(Code.MANIFEST_SYNTAX):
        manifest.decode(cbor.dumps(value))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x18\x00", manifest.encode(_manifest()) + b"\0"])
def test_decode_refuses_what_is_not_deterministic_cbor(data: bytes) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        manifest.decode(data)
