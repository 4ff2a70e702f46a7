"""A log as static files, C2SP tlog-tiles."""

from hashlib import sha256

import pytest

from anchor import tiles
from licence.errors import Code
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import Tree, leaf_hash
from licence.ids import AuthorityId, RegistryId
from tests.fakes.anchoring import AUTHORITY, REGISTRY
from tests.fakes.refusal import refuses


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tiles.tile_path(0, 0, 5), "tile/0/000.p/5"),
        (tiles.tile_path(2, 67), "tile/2/067"),
        (tiles.tile_path(0, 1_234_067), "tile/0/x001/x234/067"),
        (tiles.bundle_path(1_000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_are_those_of_the_standard(path: str, expected: str) -> None:
    assert path == expected


def test_seventy_thousand_entries_have_the_tiles_of_the_standards_example() -> None:
    names = [path for path, _ in tiles.files_of([b""] * 70_000)]
    levels = [[name for name in names if name.startswith(f"tile/{level}/")] for level in range(4)]
    assert [len(level) for level in levels] == [274, 2, 1, 0]
    assert [level[-1] for level in levels[:3]] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_tiles_hold_the_hashes_of_the_tree(size: int) -> None:
    entries = [str(number).encode() for number in range(size)]
    hashes = [leaf_hash(entry) for entry in entries]
    files = dict(tiles.files_of(entries))
    bottom = b"".join(files[tiles.tile_path(0, *piece)] for piece in tiles.pieces(size))
    assert bottom == b"".join(hashes)
    full = size // tiles.WIDTH
    above = b"".join(Tree(hashes[at * 256 : at * 256 + 256]).root for at in range(full))
    found = files.get(tiles.tile_path(1, 0, full), b"") if full else b""
    assert found == above
    bundles = [files[tiles.bundle_path(*piece)] for piece in tiles.pieces(size)]
    assert [entry for data in bundles for entry in tiles.read_bundle(data)] == entries


@pytest.mark.parametrize("broken", [b"\0", b"\0\2a", b"\0\0" * 257], ids=["half", "short", "many"])
def test_broken_bundle_is_refused(broken: bytes) -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        tiles.read_bundle(broken)


def test_entry_that_is_too_long_is_refused() -> None:
    with refuses(Code.TOO_LARGE):
        tiles.bundle([b"x" * 65_536])


@pytest.mark.parametrize(
    "origin", ["", "anzheng", "other/a/b", "anzheng/../x", f"anzheng/{REGISTRY}/{AUTHORITY}/x"]
)
def test_origin_that_is_no_log_of_ours_names_no_folder(origin: str) -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        tiles.folder_of_origin(origin)


def test_names_that_lead_elsewhere_name_no_folder() -> None:
    with refuses(Code.EVIDENCE_SYNTAX):
        tiles.folder_of(RegistryId(".."), AuthorityId(AUTHORITY))


def test_manifest_lies_under_its_digest() -> None:
    digest = ManifestDigest(sha256(b"m").digest())
    assert tiles.manifest_path(digest) == f"manifests/{sha256(b'm').hexdigest()}.cbor"
