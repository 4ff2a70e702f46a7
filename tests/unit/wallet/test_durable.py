"""Files whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from licence.errors import Code
from tests.fakes.refusal import refuses
from wallet.durable import make_folder, read_file, write_file, write_new_file


def test_files_read_back_and_leave_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"one")
    write_file(path, b"two")
    assert read_file(path, 3) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_gives_way_to_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_new_file(path, b"one")
    assert not write_new_file(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_left_over_part_does_not_hinder(tmp_path: Path) -> None:
    (tmp_path / f".file.{os.getpid()}.part").write_bytes(b"half")
    write_file(tmp_path / "file", b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_crash_before_the_end_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")

    def crash(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", crash)
    with refuses(Code.STORE_FAILED):
        write_file(path, b"new")
    with refuses(Code.STORE_FAILED):
        write_new_file(tmp_path / "other", b"new")
    assert path.read_bytes() == b"old"
    assert not (tmp_path / "other").exists()


def test_folders_are_the_owners_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_what_the_disk_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with refuses(Code.STORE_FAILED):
        make_folder(tmp_path / "file" / "folder")
    with refuses(Code.STORE_FAILED):
        write_file(tmp_path / "nowhere" / "file", b"x")
    with refuses(Code.STORE_FAILED):
        read_file(tmp_path, 10)


def test_reading_is_limited(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    with refuses(Code.TOO_LARGE):
        read_file(tmp_path / "file", 4)
    with refuses(Code.NOT_FOUND):
        read_file(tmp_path / "other", 4)
