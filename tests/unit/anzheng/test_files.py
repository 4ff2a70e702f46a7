"""The file store: content-addressed, checked when read, harmless to write twice."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from anzheng.files import OWNER_ONLY, FolderFileStore, write_durably
from licence.errors import AnzhengError, Code
from licence.ids import Digest


def test_put_returns_sha256_and_get_the_bytes(tmp_path: Path) -> None:
    store = FolderFileStore(tmp_path)
    digest = store.put(b"licence")
    assert digest == hashlib.sha256(b"licence").digest()
    assert store.get(digest) == b"licence"


def test_put_many_keeps_the_order_and_repeats(tmp_path: Path) -> None:
    store = FolderFileStore(tmp_path)
    digests = store.put_many([b"a", b"b", b"a"])
    assert digests[0] == digests[2]
    assert [store.get(digest) for digest in digests] == [b"a", b"b", b"a"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


def test_half_written_file_is_written_again(tmp_path: Path) -> None:
    store = FolderFileStore(tmp_path)
    digest = store.put(b"whole file")
    store.path(digest).write_bytes(b"who")
    store.put(b"whole file")
    assert store.get(digest) == b"whole file"


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        FolderFileStore(tmp_path).get(Digest(bytes(32)))
    assert caught.value.code is Code.STORE_FAILED


def test_changed_file_is_never_returned(tmp_path: Path) -> None:
    store = FolderFileStore(tmp_path)
    digest = store.put(b"abc")
    store.path(digest).write_bytes(b"abd")
    with pytest.raises(AnzhengError) as caught:
        store.get(digest)
    assert caught.value.code is Code.STORE_FAILED


def test_a_store_that_cannot_write_says_so(tmp_path: Path) -> None:
    store = FolderFileStore(tmp_path / "files")
    digest = hashlib.sha256(b"x").hexdigest()
    (tmp_path / "files" / digest[:2]).write_text("a file where the folder should be")
    with pytest.raises(AnzhengError) as caught:
        store.put(b"x")
    assert caught.value.code is Code.STORE_FAILED


def test_write_durably_replaces_the_whole_file(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "file"
    write_durably(place, b"one")
    write_durably(place, b"two")
    assert place.read_bytes() == b"two"
    assert list(place.parent.iterdir()) == [place]


@pytest.fixture
def born(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The mode that each file had when it was still empty, by the end of its name."""
    modes: dict[str, int] = {}
    plain = os.open

    def opened(path: str | Path, flags: int, mode: int = 0o777) -> int:
        handle = plain(path, flags, mode)
        if flags & os.O_CREAT:
            modes[Path(path).suffix] = stat.S_IMODE(os.fstat(handle).st_mode)
        return handle

    monkeypatch.setattr("anzheng.files.os.open", opened)
    return modes


def test_a_secret_is_its_owners_from_the_first_byte(tmp_path: Path, born: dict[str, int]) -> None:
    write_durably(tmp_path / "secret", b"one", mode=OWNER_ONLY)
    assert born == {".part": 0o600}
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_what_a_crash_left_lends_a_secret_no_mode(tmp_path: Path, born: dict[str, int]) -> None:
    place = tmp_path / "secret"
    left: list[Path] = []
    plain = Path.unlink

    def unlinked(path: Path, *, missing_ok: bool = False) -> None:
        path.write_bytes(b"left by a process of the same number")
        path.chmod(0o644)
        left.append(path)
        plain(path, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", unlinked)
        write_durably(place, b"one", mode=OWNER_ONLY)
    assert len(left) == 1
    assert born == {".part": 0o600}
    assert place.read_bytes() == b"one"
