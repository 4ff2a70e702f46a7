"""The memory of a witness: kept before it answers, and not to be put back unseen."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from anzheng.files import write_durably
from anzheng.witnesses import MARK, MEMORY, FileWitnessStore
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.checkpoint import Checkpoint
from licence.ids import MerkleRoot
from tests.fakes.refusal import refuses

FIRST = Checkpoint("anzheng/a/b", 1, MerkleRoot(b"1" * 32))
SECOND = replace(FIRST, size=2, root=MerkleRoot(b"2" * 32))
OTHER = replace(FIRST, origin="anzheng/a/c")


@pytest.fixture
def store(tmp_path: Path) -> FileWitnessStore:
    made = FileWitnessStore(tmp_path / "w", tmp_path / "guard")
    made.begin()
    made.remember(FIRST, instead_of=None)
    return made


def reopen(tmp_path: Path) -> FileWitnessStore:
    return FileWitnessStore(tmp_path / "w", tmp_path / "guard")


def test_what_was_remembered_is_there_for_the_next_process(
    store: FileWitnessStore, tmp_path: Path
) -> None:
    store.remember(OTHER, instead_of=None)
    store.remember(SECOND, instead_of=FIRST)
    again = reopen(tmp_path)
    assert again.all() == (SECOND, OTHER)
    assert again.seen("anzheng/x/y") is None
    with refuses(Code.CONFLICT):
        again.remember(SECOND, instead_of=FIRST)


def test_a_memory_is_begun_once(store: FileWitnessStore) -> None:
    with refuses(Code.CONFLICT):
        store.begin()


@pytest.mark.parametrize("back", [MEMORY, MARK], ids=["memory", "mark"])
def test_one_of_the_files_put_back_is_found_out(
    store: FileWitnessStore, tmp_path: Path, back: str
) -> None:
    place = tmp_path / ("w" if back == MEMORY else "guard") / back
    shutil.copy(place, tmp_path / "backup")
    store.remember(SECOND, instead_of=FIRST)
    store.remember(replace(SECOND, size=3), instead_of=SECOND)
    shutil.copy(tmp_path / "backup", place)
    with refuses(Code.WITNESS_MEMORY):
        store.seen(FIRST.origin)
    with refuses(Code.WITNESS_MEMORY):
        reopen(tmp_path).remember(OTHER, instead_of=None)


def test_folder_put_back_is_found_out_by_a_guard_elsewhere(
    store: FileWitnessStore, tmp_path: Path
) -> None:
    shutil.copytree(tmp_path / "w", tmp_path / "backup")
    store.remember(SECOND, instead_of=FIRST)
    shutil.rmtree(tmp_path / "w")
    shutil.copytree(tmp_path / "backup", tmp_path / "w")
    # One step back may be a crash between the two files, so it is judged by content.
    with refuses(Code.WITNESS_MEMORY):
        reopen(tmp_path).seen(FIRST.origin)


@pytest.mark.parametrize("gone", [MEMORY, MARK])
def test_missing_file_is_no_fresh_start(store: FileWitnessStore, tmp_path: Path, gone: str) -> None:
    (tmp_path / ("w" if gone == MEMORY else "guard") / gone).unlink()
    with refuses(Code.WITNESS_MEMORY):
        store.seen(FIRST.origin)


@pytest.mark.parametrize("junk", [b"", b"{}", b'{"count":1,"logs":[{"origin":1}]}'])
def test_damaged_memory_signs_nothing(store: FileWitnessStore, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "w" / MEMORY).write_bytes(junk)
    with refuses(Code.WITNESS_MEMORY):
        store.seen(FIRST.origin)


def test_killed_between_the_two_files_it_goes_on(
    store: FileWitnessStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [0]

    def killed(place: Path, data: bytes) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise AnzhengError(Code.INTERNAL, "killed")
        write_durably(place, data)

    monkeypatch.setattr("anzheng.witnesses.write_durably", killed)
    with refuses(Code.INTERNAL):
        store.remember(SECOND, instead_of=FIRST)
    monkeypatch.undo()
    assert reopen(tmp_path).seen(FIRST.origin) == SECOND
    reopen(tmp_path).remember(replace(SECOND, size=3), instead_of=SECOND)


@pytest.mark.parametrize("last", [0, 1, 2])
@pytest.mark.parametrize("begun", [False, True])
def test_killed_while_the_first_memory_is_written_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int, *, begun: bool
) -> None:
    calls = [0]

    def killed(place: Path, data: bytes) -> None:
        if calls[0] == last:
            raise AnzhengError(Code.INTERNAL, "killed")
        calls[0] += 1
        write_durably(place, data)

    for folder in (tmp_path / "guard", tmp_path / "w"):
        again = FileWitnessStore(tmp_path / "w", folder)
        shutil.rmtree(tmp_path / "w", ignore_errors=True)
        with monkeypatch.context() as patch:
            calls[0] = 0
            patch.setattr("anzheng.witnesses.write_durably", killed)
            with refuses(Code.INTERNAL):
                again.begin() if begun else again.remember(FIRST, instead_of=None)
        seen = FileWitnessStore(tmp_path / "w", folder).seen(FIRST.origin)
        assert seen == (FIRST if last == 2 and not begun else None)
        again.remember(SECOND, instead_of=seen)
        assert again.seen(FIRST.origin) == SECOND


def test_disk_that_is_full_is_no_answer(
    store: FileWitnessStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_place: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("anzheng.witnesses.write_durably", full)
    with refuses(Code.STORE_FAILED):
        store.remember(SECOND, instead_of=FIRST)


def test_memory_of_the_first_release_is_taken_over(tmp_path: Path) -> None:
    value: canonical.JsonValue = {"origin": FIRST.origin, "size": 1, "root": FIRST.root.hex()}
    (tmp_path / "abc.json").write_bytes(canonical.dumps(value))
    store = FileWitnessStore(tmp_path)
    assert store.seen(FIRST.origin) == FIRST
    store.remember(SECOND, instead_of=FIRST)
    assert FileWitnessStore(tmp_path).all() == (SECOND,)
