"""Updating a trust folder, by the TUF client over a fetcher that reads a folder.

The client judges expiry by the machine's clock, so these repositories are signed now.
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anchor.trust_repository import TrustRepository
from licence.errors import Code
from licence.formats import trust_bundle
from tests.fakes.refusal import refuses
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY, sample_bundle
from tests.fakes.trust_folder import FolderFetcher, make_repository, trust_keys
from verifier.memory import Memory
from verifier.trust import TrustStore, load_trust
from verifier.trust_update import Source, update_trust

LIST = f"lists/{REGISTRY}/{AUTHORITY}/0.cwt"
SIDE = f"lists/{REGISTRY}/{AUTHORITY}/0.side"
FIRST_LISTS = {LIST: b"list", SIDE: b"side"}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def repository(tmp_path: Path, now: datetime) -> TrustRepository:
    return make_repository(tmp_path / "repository", FIRST_LISTS, now=now)


def first_root(repository: TrustRepository) -> bytes:
    return (repository.folder / "metadata" / "1.root.json").read_bytes()


def source_of(
    repository: TrustRepository, altered: Mapping[str, bytes] | None = None
) -> tuple[Source, FolderFetcher]:
    fetcher = FolderFetcher(repository.folder, altered)
    return Source("http://repository", first_root(repository), fetcher), fetcher


def update(
    folder: Path, repository: TrustRepository, now: datetime, memory: Memory | None = None
) -> TrustStore:
    return update_trust(folder, source_of(repository)[0], now=now, memory=memory)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_new_folder_is_filled_and_loads_offline(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    store = update(tmp_path / "trust", repository, now)
    assert store.bundle == sample_bundle()
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"list"
    assert store.metadata_expired_at is None
    again = load_trust(tmp_path / "trust", now=now, memory=store.memory)
    assert again.side_list(REGISTRY, AUTHORITY, 0) == b"side"
    # Nothing lies in the folder that no verifier reads.
    assert names(tmp_path / "trust") == set(again.files)


def test_update_fetches_only_what_is_new_and_keeps_two_states(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    folder = tmp_path / "trust"
    memory = update(folder, repository, now).memory
    for number in range(3):
        repository.publish_lists({LIST: b"list %d" % number}, now=now)
        source, fetcher = source_of(repository)
        store = update_trust(folder, source, now=now, memory=memory)
        memory = store.memory
        assert store.status_list(REGISTRY, AUTHORITY, 0) == b"list %d" % number
        fetched = [path for path in fetcher.asked if path.startswith("targets/")]
        assert len(fetched) == 1
        assert "metadata/2.targets.json" not in fetcher.asked
    kept = names(folder)
    assert sum(name.endswith(".snapshot.json") for name in kept) == 2
    assert sum(name.endswith(".0.cwt") for name in kept) == 2
    assert not [name for name in kept if ".update-" in name or name.endswith(".new")]


def test_new_bundle_and_rotated_keys_are_followed(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    folder = tmp_path / "trust"
    memory = update(folder, repository, now).memory
    source, _ = source_of(repository)
    renewed = repository.rotate(trust_keys("2"), now=now)
    renewed.publish_bundle(trust_bundle.encode(sample_bundle(2)), now=now)
    store = update_trust(folder, source, now=now, memory=memory)
    assert store.bundle.version == 2
    assert store.memory.role_version("root") == 2


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "lists"])
@pytest.mark.parametrize("twin", ["1.root", "sha512", "junk"])
def test_a_role_of_another_kind_or_digest_is_repaired(
    tmp_path: Path, repository: TrustRepository, now: datetime, role: str, twin: str
) -> None:
    """Whatever lies under the name of a role: a role of another kind, other digests, no JSON."""
    folder = tmp_path / "trust"
    update(folder, repository, now)
    found = max((folder / "metadata").glob(f"*{role}.json"))
    if twin == "junk":
        found.write_bytes(b"junk")
    elif twin == "sha512":
        found.write_bytes(found.read_bytes().replace(b'"sha256"', b'"sha512"'))
    else:
        shutil.copyfile(folder / "metadata" / "1.root.json", found)
    store = update(folder, repository, now)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"list"


def test_wanted_lists_only(tmp_path: Path, repository: TrustRepository, now: datetime) -> None:
    source, _ = source_of(repository)
    store = update_trust(
        tmp_path / "trust", source, now=now, wanted=lambda path: path.endswith(".side")
    )
    assert store.status_list(REGISTRY, AUTHORITY, 0) is None
    assert store.side_list(REGISTRY, AUTHORITY, 0) == b"side"


def test_server_that_goes_back_is_refused_and_the_folder_stays(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    folder = tmp_path / "trust"
    older = tmp_path / "older"
    shutil.copytree(repository.folder, older)
    repository.publish_lists({LIST: b"newer"}, now=now)
    memory = update(folder, repository, now).memory
    before = names(folder)
    replaying = Source("http://repository", first_root(repository), FolderFetcher(older))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update_trust(folder, replaying, now=now, memory=memory)
    assert names(folder) == before
    store = load_trust(folder, now=now, memory=memory)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"newer"


def test_altered_target_is_refused(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    (stored,) = (repository.folder / "targets" / LIST).parent.glob("*.0.cwt")
    path = stored.relative_to(repository.folder).as_posix()
    source, _ = source_of(repository, {path: b"lies"})
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update_trust(tmp_path / "trust", source, now=now)


def test_expired_repository_is_refused_online(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    repository.publish_lists({}, now=now - timedelta(days=2))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update(tmp_path / "trust", repository, now)


def test_server_that_is_away_is_unavailable(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    folder = tmp_path / "trust"
    update(folder, repository, now)
    away = Source("http://repository", None, FolderFetcher(tmp_path / "nowhere"))
    with refuses(Code.TRUST_UNAVAILABLE):
        update_trust(folder, away, now=now)
    assert load_trust(folder, now=now).bundle.version == 1


def test_new_folder_needs_a_first_root(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    source = Source("http://repository", None, FolderFetcher(repository.folder))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update_trust(tmp_path / "trust", source, now=now)
    update(tmp_path / "trust", repository, now)
    assert update_trust(tmp_path / "trust", source, now=now).bundle.version == 1


def test_server_of_somebody_else_is_refused(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    other = TrustRepository.create(tmp_path / "other", trust_keys("other"), now=now)
    source = Source("http://repository", first_root(repository), FolderFetcher(other.folder))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update_trust(tmp_path / "trust", source, now=now)


def test_damaged_folder_is_repaired(
    tmp_path: Path, repository: TrustRepository, now: datetime
) -> None:
    folder = tmp_path / "trust"
    update(folder, repository, now)
    for path in (folder / "targets").rglob("*.0.cwt"):
        path.write_bytes(b"junk")
    (folder / "metadata" / "3.snapshot.json").write_bytes(b"{")
    assert update(folder, repository, now).status_list(REGISTRY, AUTHORITY, 0) == b"list"


@pytest.mark.parametrize("role", ["2.targets", "2.lists"])
@pytest.mark.parametrize("junk", [b"", b"{", b'{"signed":{"_type":"targets"},"signatures":[]}'])
def test_damaged_roles_are_repaired(
    tmp_path: Path, repository: TrustRepository, now: datetime, role: str, junk: bytes
) -> None:
    folder = tmp_path / "trust"
    update(folder, repository, now)
    (folder / "metadata" / f"{role}.json").write_bytes(junk)
    assert update(folder, repository, now).status_list(REGISTRY, AUTHORITY, 0) == b"list"


@pytest.mark.parametrize("name", ["2.targets.json", "3.snapshot.json", "timestamp.json"])
def test_a_folder_in_the_place_of_a_file_is_refused(
    tmp_path: Path, repository: TrustRepository, now: datetime, name: str
) -> None:
    folder = tmp_path / "trust"
    update(folder, repository, now)
    (folder / "metadata" / name).unlink()
    (folder / "metadata" / name).mkdir()
    with refuses(Code.TRUST_UNAVAILABLE):
        update(folder, repository, now)


def test_server_without_a_bundle_is_refused(tmp_path: Path, now: datetime) -> None:
    begun = TrustRepository.create(tmp_path / "repository", trust_keys(), now=now)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        update(tmp_path / "trust", begun, now)
