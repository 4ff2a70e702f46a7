"""The transparency folder: written by the log, read by everybody."""

from dataclasses import replace
from pathlib import Path

import pytest

from anchor import tiles
from anchor.log import AuthorityLog
from anchor.public_log import LogFolder, read_log
from licence.errors import Code
from licence.formats import checkpoint as checkpoints
from licence.formats import evidence as evidences
from licence.formats import manifest as manifests
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.manifest import ManifestDigest
from licence.ids import BatchId
from tests.fakes.anchor_store import Crash, MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    LOG_KEY,
    REGISTRY,
    Anchoring,
    add_batch,
    ed25519,
    public,
    witness,
)
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.unit.anchor.test_log import RECORD

W1 = WitnessKey("w1.example", public("w1.example"))


class World:
    """One log, one witness, one folder."""

    def __init__(self, root: Path) -> None:
        self.store = MemoryAnchorStore()
        self.folder = LogFolder(root)
        self.one = witness("w1.example", MemoryWitnessStore(), FakeClock())
        self.log = AuthorityLog(
            IDENTITY, ed25519("log").sign, self.store, [self.one], 1, public=self.folder
        )

    def grow(self, size: int) -> bytes:
        """Let the log have so many records, and publish it."""
        for number in range(len(self.log.records()), size):
            self.log.append(replace(RECORD, sequence=number + 1))
        return self.log.cosigned_checkpoint()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "log")


@pytest.mark.parametrize("sizes", [(1, 2), (255, 256, 257), (3, 520)])
def test_what_the_log_publishes_is_what_everybody_reads(
    world: World, sizes: tuple[int, ...]
) -> None:
    for size in sizes:
        note = world.grow(size)
        assert world.folder.reader.checkpoint(IDENTITY.origin) == note
        view = read_log(world.folder.reader, IDENTITY.origin, LOG_KEY, witnesses=[W1], threshold=1)
        assert view is not None
        assert view.entries == world.log.records()
        assert view.checkpoint == checkpoints.parse(note).checkpoint
        middle = world.folder.reader.entries(IDENTITY.origin, size, start=size // 2)
        assert middle == view.entries[size // 2 :]


def test_partial_files_go_when_the_full_one_is_there(world: World, tmp_path: Path) -> None:
    world.grow(255)
    world.grow(256)
    folder = tmp_path / "log" / tiles.folder_of_origin(IDENTITY.origin) / "tile"
    assert (folder / "entries" / "000").is_file()
    assert not (folder / "entries" / "000.p").exists()
    # A reader with the older checkpoint finds its entries in the full bundle.
    assert len(world.folder.reader.entries(IDENTITY.origin, 255)) == 255


def test_nothing_published_is_nothing_to_read(world: World) -> None:
    assert read_log(world.folder.reader, IDENTITY.origin, LOG_KEY) is None
    assert world.folder.reader.manifest(REGISTRY, AUTHORITY, ManifestDigest(b"m" * 32)) is None
    with refuses(Code.NOT_FOUND):
        world.folder.reader.entries(IDENTITY.origin, 1)


def test_entries_that_were_altered_do_not_make_the_root(world: World, tmp_path: Path) -> None:
    world.grow(2)
    place = tmp_path / "log" / tiles.folder_of_origin(IDENTITY.origin) / tiles.bundle_path(0, 2)
    place.write_bytes(place.read_bytes()[:-1] + b"\xff")
    with refuses(Code.ANCHOR_PROOF_MISMATCH):
        read_log(world.folder.reader, IDENTITY.origin, LOG_KEY)
    place.write_bytes(place.read_bytes()[:-1])
    with refuses(Code.EVIDENCE_SYNTAX):
        read_log(world.folder.reader, IDENTITY.origin, LOG_KEY)


def test_checkpoint_of_another_key_is_refused(world: World) -> None:
    world.grow(1)
    other = LogKey(LOG_KEY.name, public("other"))
    with refuses(Code.ANCHOR_WITNESS):
        read_log(world.folder.reader, IDENTITY.origin, other)
    with refuses(Code.ANCHOR_WITNESS):
        read_log(world.folder.reader, IDENTITY.origin, LOG_KEY, witnesses=[], threshold=1)


def test_older_database_cannot_put_the_public_log_back(world: World) -> None:
    """A restored store has fewer records, or goes on with others."""
    world.grow(3)
    world.store.logs[(REGISTRY, AUTHORITY)] = list(world.log.records()[:2])
    with refuses(Code.RECONCILE_NEEDED):
        world.log.cosigned_checkpoint()


def test_manifest_is_public_before_the_first_send(tmp_path: Path) -> None:
    """Whoever is killed at the first durable step of sending has published the manifest."""
    anchoring, folder = Anchoring(), LogFolder(tmp_path)
    batch = add_batch(anchoring.store, "b1")
    anchoring.log._public = folder

    def crash() -> None:
        raise Crash

    anchoring.store.on_write = crash
    with pytest.raises(Crash):
        anchoring.anchorer.advance(BatchId("b1"))
    found = folder.reader.manifest(REGISTRY, AUTHORITY, batch.manifest)
    assert found == anchoring.store.manifests[BatchId("b1")]
    assert manifests.decode(found).root == batch.root


def test_manifest_in_place_of_another_is_refused(world: World, tmp_path: Path) -> None:
    batch = add_batch(world.store, "b1")
    world.log.keep_manifest(world.store.manifests[batch.id])
    place = tmp_path / "log" / REGISTRY / AUTHORITY / tiles.manifest_path(batch.manifest)
    place.write_bytes(b"other")
    with refuses(Code.MANIFEST_SYNTAX):
        world.folder.reader.manifest(REGISTRY, AUTHORITY, batch.manifest)
    world.log.keep_manifest(world.store.manifests[batch.id])
    assert world.folder.reader.manifest(REGISTRY, AUTHORITY, batch.manifest) is not None


def test_entries_are_batch_records(world: World) -> None:
    world.grow(1)
    entry = world.folder.reader.entries(IDENTITY.origin, 1)[0]
    assert evidences.decode_record(entry).sequence == 1
