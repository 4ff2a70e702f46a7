"""The trust repository as it is written; that verifiers accept it stands in their own tests."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, Targets

from anchor import durable
from anchor.trust_repository import KEPT_FOR, KEPT_STATES, TrustRepository
from licence.errors import Code
from licence.formats import trust_bundle
from tests.fakes.refusal import refuses
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY, sample_bundle
from tests.fakes.trust_folder import make_repository, trust_keys

NOW = datetime(2026, 11, 21, 8, 0, 0, 99, tzinfo=UTC)
LIST = f"lists/{REGISTRY}/{AUTHORITY}/0.cwt"
SIDE = f"lists/{REGISTRY}/{AUTHORITY}/0.side"


def test_new_repository_has_root_and_an_empty_state(tmp_path: Path) -> None:
    repository = TrustRepository.create(tmp_path, trust_keys(), now=NOW)
    versions = repository.versions()
    assert (versions.root, versions.timestamp, versions.targets, versions.lists) == (1, 1, 1, 1)
    root = Metadata[Root].from_file(str(tmp_path / "metadata" / "1.root.json")).signed
    assert root.roles["root"].threshold == 2
    assert len(root.roles["root"].keyids) == 3
    assert root.roles["targets"].threshold == 2
    assert root.consistent_snapshot
    assert root.expires == NOW.replace(microsecond=0) + timedelta(days=730)


def test_lists_are_signed_by_the_online_key_alone(tmp_path: Path) -> None:
    make_repository(tmp_path, {LIST: b"list"}, now=NOW)
    targets = Metadata[Targets].from_file(str(tmp_path / "metadata" / "2.targets.json"))
    delegations = targets.signed.delegations
    assert delegations is not None
    assert delegations.roles is not None
    role = delegations.roles["lists"]
    assert (role.threshold, role.terminating, role.paths) == (1, True, ["lists/*/*/*"])
    assert len(targets.signatures) == 2
    lists = Metadata[Targets].from_file(str(tmp_path / "metadata" / "2.lists.json"))
    assert set(lists.signatures) == set(role.keyids)
    assert list(lists.signed.targets) == [LIST]


def test_files_lie_under_their_digest_and_again_under_plain_names(tmp_path: Path) -> None:
    make_repository(tmp_path, {LIST: b"list"}, now=NOW)
    targets = tmp_path / "targets"
    assert (targets / LIST).read_bytes() == b"list"
    assert (targets / "bundle.json").read_bytes() == trust_bundle.encode(sample_bundle())
    stored = {path.name for path in (targets / LIST).parent.iterdir()}
    assert stored == {"0.cwt", f"{sha256(b'list').hexdigest()}.0.cwt"}


def test_timestamp_says_when_it_was_signed_and_ends_after_a_day(tmp_path: Path) -> None:
    make_repository(tmp_path, {}, now=NOW)
    signed = json.loads((tmp_path / "metadata" / "timestamp.json").read_bytes())["signed"]
    assert signed["x-anzheng-issued-at"] == "2026-11-21T08:00:00Z"
    assert signed["expires"] == "2026-11-22T08:00:00Z"


def test_lists_that_are_not_named_stay(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {LIST: b"list", SIDE: b"side"}, now=NOW)
    repository.publish_lists({LIST: b"newer"}, now=NOW + timedelta(hours=1))
    lists = Metadata[Targets].from_file(str(tmp_path / "metadata" / "3.lists.json")).signed
    assert set(lists.targets) == {LIST, SIDE}
    assert lists.targets[SIDE].length == 4
    assert (tmp_path / "targets" / LIST).read_bytes() == b"newer"


def test_bundle_version_must_grow(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {}, now=NOW, version=3)
    for version in (2, 3):
        with refuses(Code.CONFLICT):
            repository.publish_bundle(trust_bundle.encode(sample_bundle(version)), now=NOW)
    assert (
        repository.publish_bundle(trust_bundle.encode(sample_bundle(4)), now=NOW).targets
        == repository.versions().targets
    )


def test_what_is_no_bundle_is_not_published(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {}, now=NOW)
    before = repository.versions()
    with refuses(Code.JSON_SYNTAX):
        repository.publish_bundle(b"no bundle", now=NOW)
    assert repository.versions() == before


def test_path_that_no_list_has_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {}, now=NOW)
    for path in (
        "bundle.json",
        f"lists/{REGISTRY}/{AUTHORITY}/00.cwt",
        f"lists/{REGISTRY}/{AUTHORITY}/0.exe",
        f"lists/../{AUTHORITY}/0.cwt",
        f"lists/{REGISTRY}/../0.cwt",
        f"lists/{REGISTRY}/{AUTHORITY}/../0.cwt",
    ):
        with refuses(Code.REQUEST_INVALID):
            repository.publish_lists({path: b"list"}, now=NOW)


def test_process_with_only_the_online_key_publishes_lists_and_nothing_else(tmp_path: Path) -> None:
    make_repository(tmp_path, {}, now=NOW)
    online = TrustRepository(tmp_path, replace(trust_keys(), root=(), targets=()))
    assert online.publish_lists({LIST: b"list"}, now=NOW).lists == 3
    with refuses(Code.KEY_REFUSED):
        online.publish_bundle(trust_bundle.encode(sample_bundle(2)), now=NOW)
    with refuses(Code.KEY_REFUSED):
        online.rotate(trust_keys("2"), now=NOW)


def test_repository_is_created_once_and_with_enough_keys(tmp_path: Path) -> None:
    for keys in (replace(trust_keys(), root=trust_keys().root[:1]),
                 replace(trust_keys(), targets=())):  # fmt: skip
        with refuses(Code.KEY_REFUSED):
            TrustRepository.create(tmp_path, keys, now=NOW)
    TrustRepository.create(tmp_path, trust_keys(), now=NOW)
    with refuses(Code.CONFLICT):
        TrustRepository.create(tmp_path, trust_keys(), now=NOW)


def test_rotated_root_is_signed_by_old_and_new_keys(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {LIST: b"list"}, now=NOW)
    with refuses(Code.KEY_REFUSED):
        repository.rotate(replace(trust_keys("2"), root=()), now=NOW)
    renewed = repository.rotate(trust_keys("2"), now=NOW)
    assert renewed.versions().root == 2
    first = Metadata[Root].from_file(str(tmp_path / "metadata" / "1.root.json")).signed
    second = Metadata[Root].from_file(str(tmp_path / "metadata" / "2.root.json"))
    for root in (first, second.signed):
        root.verify_delegate("root", second.signed_bytes, second.signatures)
    assert renewed.publish_lists({LIST: b"newer"}, now=NOW).lists == 4


def test_old_states_are_removed_and_the_kept_ones_are_whole(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {LIST: b"list 0"}, now=NOW)
    for number in range(1, 2 * KEPT_STATES):
        repository.publish_lists({LIST: b"list %d" % number}, now=NOW + number * KEPT_FOR)
    names = [path.name for path in (tmp_path / "metadata").iterdir()]
    assert sum(name.endswith(".snapshot.json") for name in names) == KEPT_STATES
    assert sum(name.endswith(".lists.json") for name in names) == KEPT_STATES
    assert sum(name.endswith(".targets.json") for name in names) == 1
    stored = list((tmp_path / "targets" / LIST).parent.iterdir())
    assert len(stored) == KEPT_STATES + 1


def test_states_of_the_last_minutes_stay_for_slow_readers(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {LIST: b"list 0"}, now=NOW)
    for number in range(1, 2 * KEPT_STATES):
        now = NOW + timedelta(seconds=5 * number)
        repository.publish_lists({LIST: b"list %d" % number}, now=now)
    stored = list((tmp_path / "targets" / LIST).parent.glob("*.0.cwt"))
    assert len(stored) == 2 * KEPT_STATES


def test_crash_before_the_timestamp_leaves_the_older_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(tmp_path, {LIST: b"list"}, now=NOW)
    before = repository.versions()
    plain = durable.write_durably

    def crash(path: Path, data: bytes) -> None:
        if path.name == "timestamp.json":
            raise KeyboardInterrupt
        plain(path, data)

    monkeypatch.setattr("anchor.trust_repository.write_durably", crash)
    with pytest.raises(KeyboardInterrupt):
        repository.publish_lists({LIST: b"newer"}, now=NOW)
    monkeypatch.undo()
    assert repository.versions() == before
    assert (tmp_path / "targets" / LIST).read_bytes() == b"list"
    assert repository.publish_lists({LIST: b"newest"}, now=NOW).lists == before.lists + 1


def test_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    repository = TrustRepository(tmp_path, trust_keys())
    with refuses(Code.STORE_FAILED):
        repository.versions()
    make_repository(tmp_path / "there", {}, now=NOW)
    (tmp_path / "there" / "metadata" / "timestamp.json").write_bytes(b"{")
    with refuses(Code.STORE_FAILED):
        TrustRepository(tmp_path / "there", trust_keys()).versions()


def test_lost_bundle_is_noticed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {}, now=NOW)
    for path in (tmp_path / "targets").glob("*.bundle.json"):
        path.unlink()
    with refuses(Code.STORE_FAILED):
        repository.publish_bundle(trust_bundle.encode(sample_bundle(2)), now=NOW)


def test_file_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with refuses(Code.STORE_FAILED):
        durable.write_durably(tmp_path / "file" / "below", b"data")
