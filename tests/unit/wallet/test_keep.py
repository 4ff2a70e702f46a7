"""The wallet's folder: whole licences, damaged ones named, the right one found."""

from datetime import timedelta
from pathlib import Path

import pytest

from licence.errors import Code
from licence.ids import Leaf
from tests.builders import Issued, World, fill, make_evidence
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.refusal import refuses
from tests.fakes.wallets import CODE, PASSWORD, claim_one
from wallet import entry
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.keys import make_key

Desk = FakeClaimDesk


@pytest.fixture
def kept(world: World, desk: Desk, folder: WalletFolder) -> Kept:
    return claim_one(desk, folder, world.now).kept


@pytest.fixture(scope="module")
def others(world: World) -> tuple[Issued, ...]:
    """Return the next version of the licence, and a licence with another number."""
    number = "（辽）WH安许证字〔2025〕0200"
    return world.issue_all(
        [world.version(1, version=2, supersedes=1), world.version(2, licence_no=number)]
    )


def test_empty_wallet_is_no_error(folder: WalletFolder) -> None:
    assert folder.contents().kept == ()
    with refuses(Code.NOT_FOUND):
        folder.find(None)


def test_kept_licence_reads_back(folder: WalletFolder, kept: Kept) -> None:
    contents = folder.contents()
    assert contents.kept == (kept,)
    assert contents.damaged == ()
    names = {path.name for path in folder.folder(kept).iterdir()}
    assert names == {
        "licence.pdf",
        "licence.pdf.evidence",
        "licence.json",
        "certificate.pem",
        "key.pem",
        "entry.json",
    }


def test_no_file_of_the_wallet_is_for_others(folder: WalletFolder, kept: Kept) -> None:
    place = folder.folder(kept)
    for path in (place, place.parent, *place.iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def test_the_key_opens_with_the_password_only(folder: WalletFolder, kept: Kept) -> None:
    assert folder.open_key(kept, PASSWORD).public_key == kept.own.public_key
    with refuses(Code.KEY_LOCKED):
        folder.open_key(kept, b"another password")


def test_another_key_in_the_folder_is_refused(folder: WalletFolder, kept: Kept) -> None:
    path = folder.folder(kept) / entry.KEY
    path.unlink()
    make_key(path, PASSWORD)
    with refuses(Code.HOLDER_CERTIFICATE):
        folder.open_key(kept, PASSWORD)


def test_keeping_needs_the_key_of_the_claim(folder: WalletFolder, kept: Kept) -> None:
    with refuses(Code.NOT_FOUND):
        folder.keep(kept, "AAAABBBBCCCC")


def _altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (entry.PDF, Code.SIGNATURE_BROKEN),
        (entry.DATA, None),
        (entry.CERTIFICATE, None),
        (entry.EVIDENCE, Code.ANCHOR_PROOF_MISMATCH),
        (entry.ENTRY, None),
    ],
)
def test_a_changed_file_is_found_and_named(
    folder: WalletFolder, kept: Kept, name: str, reason: Code | None
) -> None:
    _altered(folder.folder(kept) / name)
    contents = folder.contents()
    assert contents.kept == ()
    (damaged,) = contents.damaged
    assert (damaged.folder, damaged.error.code) == (kept.name, Code.STORE_FAILED)
    assert reason is None or damaged.error.facts["reason"] == reason


def test_evidence_changed_in_the_file_is_found(folder: WalletFolder, kept: Kept) -> None:
    another = make_evidence([Leaf(bytes(32))])[0]
    (folder.folder(kept) / entry.PDF).write_bytes(fill(kept.pdf, another))
    (damaged,) = folder.contents().damaged
    assert damaged.error.facts["reason"] == Code.ANCHOR_PROOF_MISMATCH


def test_a_file_that_was_not_filled_yet_is_filled_by_its_sidecar(
    issued: Issued, folder: WalletFolder, kept: Kept
) -> None:
    """A crash between the two files of a refill."""
    (folder.folder(kept) / entry.PDF).write_bytes(issued.bare)
    assert folder.contents().kept == (kept,)


@pytest.mark.parametrize("name", [entry.PDF, entry.DATA, entry.CERTIFICATE, entry.ENTRY])
def test_a_missing_file_is_found(folder: WalletFolder, kept: Kept, name: str) -> None:
    (folder.folder(kept) / name).unlink()
    (damaged,) = folder.contents().damaged
    assert damaged.error.facts["reason"] == Code.NOT_FOUND


def test_certificates_that_are_no_pem_are_found(folder: WalletFolder, kept: Kept) -> None:
    (folder.folder(kept) / entry.CERTIFICATE).write_bytes(b"no certificate")
    (damaged,) = folder.contents().damaged
    assert damaged.error.facts["reason"] == Code.HOLDER_CERTIFICATE


def test_a_folder_under_another_name_is_no_entry(folder: WalletFolder, kept: Kept) -> None:
    place = folder.folder(kept)
    place.rename(place.with_name("copy"))
    (damaged,) = folder.contents().damaged
    assert damaged.error.facts["reason"] == Code.CONFLICT


def test_a_missing_sidecar_is_taken_from_the_file(folder: WalletFolder, kept: Kept) -> None:
    (folder.folder(kept) / entry.EVIDENCE).unlink()
    assert folder.contents().kept == (kept,)


def test_a_damaged_folder_hides_no_other(
    world: World, desk: Desk, folder: WalletFolder, kept: Kept, others: tuple[Issued, ...]
) -> None:
    desk.codes["OTHERCODE"] = others[1]
    other = claim_one(desk, folder, world.now, code="OTHERCODE").kept
    _altered(folder.folder(kept) / entry.PDF)
    assert folder.contents().kept == (other,)
    assert folder.find(None) == other


def test_a_licence_is_found_by_number_or_leaf(
    world: World, desk: Desk, folder: WalletFolder, kept: Kept, others: tuple[Issued, ...]
) -> None:
    desk.codes |= {"SECONDCODE": others[0], "THIRDCODE": others[1]}
    second = claim_one(desk, folder, world.now, code="SECONDCODE").kept
    third = claim_one(desk, folder, world.now, code="THIRDCODE").kept
    assert folder.contents().kept == (kept, second, third)
    number = kept.version.draft.licence_no
    assert folder.find(number) == second, "the newest version of a number is meant"
    assert folder.find(number.replace("（", "(").replace("）", ")")) == second
    assert folder.find(kept.leaf.hex()[:8].upper()) == kept
    assert folder.find(third.version.draft.licence_no) == third
    with refuses(Code.REQUEST_INVALID):
        folder.find(None)
    for unknown in ("0" * 64, "（辽）WH安许证字〔2025〕9999", "nonsense", kept.leaf.hex()[:5]):
        with refuses(Code.NOT_FOUND):
            folder.find(unknown)


def test_a_licence_claimed_again_counts_with_its_newest_certificate(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder, kept: Kept
) -> None:
    desk.codes["AGAINCODE"] = issued
    again = claim_one(desk, folder, world.now + timedelta(days=1), code="AGAINCODE").kept
    assert again.leaf == kept.leaf
    assert again.own.public_key != kept.own.public_key
    assert folder.contents().kept == (again,)
    assert folder.folder(kept).exists(), "the older key is not thrown away"


def test_a_wallet_that_cannot_be_read_says_so(folder: WalletFolder, kept: Kept) -> None:
    place = folder.folder(kept).parent
    assert place.is_dir()

    def refuse(_path: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch, refuses(Code.STORE_FAILED):
        patch.setattr(Path, "iterdir", refuse)
        folder.contents()


def test_a_full_disk_keeps_the_key_of_the_claim(
    world: World, desk: Desk, folder: WalletFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_paths: Path) -> Path:
        raise OSError(28, "No space left on device")

    key = folder.claim_key(CODE, PASSWORD)
    with monkeypatch.context() as patch, refuses(Code.STORE_FAILED):
        patch.setattr(Path, "rename", full)
        claim_one(desk, folder, world.now)
    assert folder.claim_key(CODE, PASSWORD).public_key == key.public_key


def test_a_key_that_cannot_be_removed_is_said_and_the_licence_kept(
    world: World, desk: Desk, folder: WalletFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    folder.claim_key(CODE, PASSWORD)
    real = Path.rename

    def rename_and_lock(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "unlink", refuse)
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename_and_lock)
    with refuses(Code.STORE_FAILED):
        claim_one(desk, folder, world.now)
    monkeypatch.undo()
    assert len(folder.contents().kept) == 1
    assert len(list((tmp_path / "wallet" / "claims").iterdir())) == 1
