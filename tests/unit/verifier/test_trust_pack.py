"""Trust on a stick: taken over whole and verified, or refused, and never an older one."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from typer.testing import CliRunner, Result

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.ids import Digest
from tests.builders import World, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from verifier.cli_trust import trust_app
from verifier.memory import load, memory_path
from verifier.trust_pack import import_trust

Pack = Callable[[Path, Path], Path]
Mode = Literal["w:gz", "w:bz2", "w:xz"]
MODES: tuple[Mode, ...] = ("w:xz", "w:bz2", "w:gz")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def as_zip(folder: Path, place: Path) -> Path:
    with zipfile.ZipFile(place.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files(folder).items():
            made.writestr(f"some/trust/{name}", data)
    return place.with_suffix(".zip")


def as_tar(folder: Path, place: Path) -> Path:
    with tarfile.open(place.with_suffix(".tar.gz"), "w:gz") as made:
        made.add(folder, ".")
    return place.with_suffix(".tar.gz")


def as_folder(folder: Path, _: Path) -> Path:
    return folder


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def older(world: World, tmp_path: Path) -> Path:
    world.write_trust(tmp_path / "older")
    return tmp_path / "older"


@pytest.fixture
def newer(world: World, tmp_path: Path) -> Path:
    repository = world.write_trust(tmp_path / "newer")
    moment = world.now - timedelta(minutes=1)
    world.publish({0: StatusWord.SUSPENDED}, issued_at=moment, sequence=2)
    world.write_lists(repository, now=moment)
    return tmp_path / "newer"


@pytest.mark.parametrize("pack", [as_zip, as_tar, as_folder])
def test_a_pack_is_taken_over_whole(world: World, newer: Path, tmp_path: Path, pack: Pack) -> None:
    folder = tmp_path / "trust"
    store = import_trust(pack(newer, tmp_path / "pack"), folder, now=world.now)
    assert files(folder) == files(newer)
    assert store.bundle == world.bundle
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize("remembered", [True, False])
def test_an_older_pack_is_refused(
    world: World, older: Path, newer: Path, tmp_path: Path, *, remembered: bool
) -> None:
    folder = tmp_path / "trust"
    seen = import_trust(newer, folder, now=world.now).memory
    before = files(folder)
    # By what the verifier remembers, and, where that was lost, by the folder itself.
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        import_trust(older, folder, now=world.now, memory=seen if remembered else None)
    assert files(folder) == before
    import_trust(newer, folder, now=world.now, memory=seen)


def test_another_first_root_is_refused(world: World, newer: Path, tmp_path: Path) -> None:
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        import_trust(newer, tmp_path / "trust", now=world.now, first_root=Digest(bytes(32)))
    assert not (tmp_path / "trust").exists()


def test_pinned_reporters_stay(world: World, older: Path, newer: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    import_trust(older, folder, now=world.now)
    (folder / "reporters").mkdir()
    (folder / "reporters" / "bank.crt").write_bytes(b"pinned by hand")
    import_trust(newer, folder, now=world.now)
    assert (folder / "reporters" / "bank.crt").read_bytes() == b"pinned by hand"


@pytest.mark.parametrize("pack", [as_zip, as_tar, as_folder])
@pytest.mark.parametrize("pinned", [True, False])
def test_a_pack_pins_nobody(
    world: World, older: Path, newer: Path, tmp_path: Path, pack: Pack, *, pinned: bool
) -> None:
    folder = tmp_path / "trust"
    import_trust(older, folder, now=world.now)
    if pinned:
        (folder / "reporters").mkdir()
        (folder / "reporters" / "bank.crt").write_bytes(b"pinned by hand")
    (newer / "reporters").mkdir()
    (newer / "reporters" / "forger.crt").write_bytes(b"signed by nobody")
    import_trust(pack(newer, tmp_path / "pack"), folder, now=world.now)
    kept = [name for name in files(folder) if name.startswith("reporters/")]
    assert kept == (["reporters/bank.crt"] if pinned else [])


def test_a_link_in_a_pack_brings_nothing_from_elsewhere(
    world: World, newer: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a private key", "ascii")
    (newer / "targets" / "linked.json").symlink_to(secret)
    folder = tmp_path / "verifier"
    import_trust(newer, folder, now=world.clock.now())
    assert not (folder / "targets" / "linked.json").exists()


def _tar_of(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        made.addfile(info, io.BytesIO())
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        b"PK\x03\x04",
        _tar_of("../metadata/timestamp.json"),
        _tar_of("/metadata/timestamp.json"),
        _tar_of("metadata/timestamp.json", tarfile.SYMTYPE),
        _tar_of("metadata/other.json"),
    ],
    ids=range(7),
)
def test_what_is_no_pack_is_refused(world: World, tmp_path: Path, data: bytes) -> None:
    pack = tmp_path / "pack"
    pack.write_bytes(data)
    with refuses(Code.REQUEST_INVALID):
        import_trust(pack, tmp_path / "trust", now=world.now)
    assert not (tmp_path / "trust").exists()
    assert not (tmp_path / "metadata").exists()


def test_a_pack_with_an_altered_file_is_refused(world: World, newer: Path, tmp_path: Path) -> None:
    place = newer / "metadata" / "timestamp.json"
    place.write_bytes(place.read_bytes().replace(b"version", b"versiom", 1))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        import_trust(as_zip(newer, tmp_path / "pack"), tmp_path / "trust", now=world.now)
    assert not (tmp_path / "trust").exists()


# ---------------------------------------------------------------- the commands


def run(world: World, folder: Path, *arguments: object, later: timedelta = timedelta()) -> Result:
    app = trust_app(FakeClock(world.now + later), default_trust=folder)
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_import_says_how_old_it_is_and_remembers(world: World, newer: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    result = run(world, folder, "import", as_zip(newer, tmp_path / "pack"), "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.output)
    assert (said["bundle_version"], said["stale"]) == (world.bundle.version, False)
    assert 0 <= said["age_seconds"] <= 3_600
    root = sha256((newer / "metadata" / "1.root.json").read_bytes()).hexdigest()
    assert said["first_root"] == root
    assert load(memory_path(folder)).bundle_version == world.bundle.version
    shown = run(world, folder, "show", later=timedelta(days=3))
    assert shown.exit_code == 0, shown.output
    assert "3 天" in shown.output
    assert root in shown.output
    assert "stale: update it" in shown.output


def test_an_older_pack_is_said_to_be_refused(
    world: World, older: Path, newer: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "trust"
    assert run(world, folder, "import", newer).exit_code == 0
    result = run(world, folder, "import", older)
    assert result.exit_code == 1
    assert result.stderr.startswith("TRUST_BUNDLE_REFUSED: ")
    assert run(world, folder, "import", tmp_path / "nothing").exit_code == 3


def test_update_without_a_known_registry_is_a_usage_error(world: World, tmp_path: Path) -> None:
    result = run(world, tmp_path / "trust", "update")
    assert result.exit_code == 3
    assert result.stderr.startswith("REQUEST_INVALID: ")


def test_a_gzip_file_with_a_wrong_sum_is_no_pack(world: World, tmp_path: Path) -> None:
    data = bytearray(gzip.compress(_tar_of("metadata/timestamp.json")[:512]))
    data[-8] ^= 1
    (tmp_path / "pack").write_bytes(data)
    with refuses(Code.REQUEST_INVALID):
        import_trust(tmp_path / "pack", tmp_path / "trust", now=world.now)


def _packed(mode: Mode) -> bytes:
    """A large pack with a damaged place far behind what the library looks at when it opens it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as made:
        for number in range(4):
            info = tarfile.TarInfo(f"metadata/{number}.json")
            text = Random(number).randbytes(400_000).hex().encode()
            info.size = len(text)
            made.addfile(info, io.BytesIO(text))
    data = bytearray(out.getvalue())
    data[len(data) // 2 : len(data) // 2 + 64] = b"\xff" * 64
    return bytes(data)


def _pax(record: bytes) -> bytes:
    """A file of which a record of an extended header says something."""
    line = b"%d %s\n" % (len(record) + 4, record)
    made = tarfile.TarInfo("h")
    made.type, made.size = tarfile.XHDTYPE, len(line)
    file = tarfile.TarInfo("metadata/timestamp.json").tobuf(tarfile.USTAR_FORMAT)
    return made.tobuf(tarfile.USTAR_FORMAT) + line.ljust(512, b"\0") + file + bytes(1_024)


@pytest.mark.parametrize(
    "data",
    [
        *(partial(_packed, mode) for mode in MODES),
        lambda: _pax(b"GNU.sparse.map=a,b,c"),
        lambda: _pax(b"size=-1024"),
    ],
    ids=["xz", "bzip2", "gzip", "sparse", "less than nothing"],
)
def test_a_damaged_pack_is_no_pack(world: World, tmp_path: Path, data: Callable[[], bytes]) -> None:
    (tmp_path / "pack").write_bytes(data())
    with refuses(Code.REQUEST_INVALID):
        import_trust(tmp_path / "pack", tmp_path / "trust", now=world.now)
