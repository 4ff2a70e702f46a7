"""The trust store: accepts what the repository wrote, and nothing altered, mixed or older."""

import json
import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Root

from anchor.trust_repository import TrustRepository
from licence.errors import AnzhengError, Code
from licence.formats import trust_bundle
from licence.ids import AuthorityId, Digest, RegistryId
from tests.fakes.refusal import refuses
from tests.fakes.trust_bundles import AUTHORITY, ISSUED_AT, REGISTRY, sample_bundle
from tests.fakes.trust_folder import make_repository, trust_keys
from verifier import trust as module
from verifier.memory import Memory
from verifier.ports import TrustView
from verifier.trust import TrustStore, load_trust

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
LIST = f"lists/{REGISTRY}/{AUTHORITY}/0.cwt"
SIDE = f"lists/{REGISTRY}/{AUTHORITY}/0.side"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_repository(tmp_path / "trust", {LIST: b"list", SIDE: b"side"}, now=NOW)
    return tmp_path / "trust"


def load(folder: Path, memory: Memory | None = None, *, now: datetime = NOW) -> TrustStore:
    return load_trust(folder, now=now, memory=memory)


def test_store_shows_bundle_and_lists(folder: Path) -> None:
    store: TrustView = load(folder)
    assert store.bundle == sample_bundle()
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"list"
    assert store.side_list(REGISTRY, AUTHORITY, 0) == b"side"
    assert store.newest_signed_time == max(ISSUED_AT, NOW)


def test_list_that_is_not_there_is_none(folder: Path) -> None:
    store = load(folder)
    assert store.status_list(REGISTRY, AUTHORITY, 1) is None
    assert store.status_list(RegistryId("other"), AUTHORITY, 0) is None
    assert store.status_list(REGISTRY, AuthorityId("2" * 18), 0) is None
    for path in (folder / "targets" / LIST).parent.glob("*.0.cwt"):
        path.unlink()
    assert load(folder).status_list(REGISTRY, AUTHORITY, 0) is None


def test_altered_list_is_refused_not_absent(folder: Path) -> None:
    for path in (folder / "targets" / LIST).parent.glob("*.0.cwt"):
        path.write_bytes(b"lost")
    with refuses(Code.STATUS_LIST_REFUSED):
        load(folder).status_list(REGISTRY, AUTHORITY, 0)
    assert load(folder).side_list(REGISTRY, AUTHORITY, 0) == b"side"


def test_expiry_is_a_fact_not_a_refusal(folder: Path) -> None:
    ends = NOW + timedelta(hours=24)
    fresh, stale = load(folder, now=ends), load(folder, now=ends + timedelta(seconds=1))
    assert fresh.metadata_expired_at is None
    assert fresh.metadata_expires_at == ends
    assert stale.metadata_expired_at == ends
    assert stale.status_list(REGISTRY, AUTHORITY, 0) == b"list"


def test_memory_of_the_newer_refuses_the_older(folder: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(folder, older)
    repository = TrustRepository(folder, trust_keys())
    repository.publish_lists({LIST: b"newer"}, now=NOW + timedelta(hours=1))
    newer = load(folder)
    assert load(older).status_list(REGISTRY, AUTHORITY, 0) == b"list"
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(older, newer.memory)
    assert load(folder, newer.memory).memory == newer.memory
    assert newer.memory.newest_signed_time == NOW + timedelta(hours=1)


def test_older_bundle_is_refused(folder: Path) -> None:
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder, Memory(bundle_version=2))


def test_a_root_with_one_wrong_signature_is_refused_though_enough_are_right(folder: Path) -> None:
    path = folder / "metadata" / "1.root.json"
    good = path.read_bytes()
    value = json.loads(good)
    assert len(value["signatures"]) > value["signed"]["roles"]["root"]["threshold"]
    for field in ("sig", "keyid"):
        value = json.loads(good)
        first = value["signatures"][0][field]
        value["signatures"][0][field] = ("1" if first[0] == "0" else "0") + first[1:]
        path.write_bytes(json.dumps(value).encode())
        with refuses(Code.TRUST_BUNDLE_REFUSED):
            load(folder)


def test_one_key_under_two_ids_does_not_count_twice(folder: Path) -> None:
    path = folder / "metadata" / "1.root.json"
    metadata = Metadata[Root].from_file(str(path))
    online = metadata.signed.keys[metadata.signed.roles["timestamp"].keyids[0]]
    written = {"public": online.keyval["public"].upper()}
    again = SSlibKey("0" * 64, online.keytype, online.scheme, written)
    metadata.signed.add_key(again, "timestamp")
    metadata.signatures.clear()
    for each in trust_keys().root:
        metadata.sign(CryptoSigner(each), append=True)
    metadata.to_file(str(path))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_another_first_root_is_refused(folder: Path, tmp_path: Path) -> None:
    remembered = load(folder).memory
    pinned = Digest(sha256((folder / "metadata" / "1.root.json").read_bytes()).digest())
    assert remembered.first_root == pinned
    other = tmp_path / "other"
    TrustRepository.create(other, trust_keys("other"), now=NOW).publish_bundle(
        trust_bundle.encode(sample_bundle(9)), now=NOW
    )
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(other, remembered)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load_trust(other, now=NOW, first_root=pinned)
    assert load_trust(folder, now=NOW, first_root=pinned).bundle.version == 1
    assert load(other).bundle.version == 9


def test_rotated_keys_are_followed(folder: Path) -> None:
    repository = TrustRepository(folder, trust_keys()).rotate(trust_keys("2"), now=NOW)
    repository.publish_lists({LIST: b"newer"}, now=NOW)
    store = load(folder)
    assert store.status_list(REGISTRY, AUTHORITY, 0) == b"newer"
    assert store.memory.role_version("root") == 2


def test_root_that_the_old_keys_did_not_sign_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    begun = TrustRepository.create(other, trust_keys("other"), now=NOW)
    begun.rotate(trust_keys("2"), now=NOW)
    shutil.copy(other / "metadata" / "2.root.json", folder / "metadata" / "2.root.json")
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_root_under_another_number_is_refused(folder: Path) -> None:
    metadata = folder / "metadata"
    shutil.copy(metadata / "1.root.json", metadata / "2.root.json")
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_endless_chain_of_roots_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROOT_VERSIONS", 2)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_role_of_another_version_than_it_is_named_with_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_more(version: int, data: bytes, _: list[str]) -> MetaFile:
        return MetaFile(version + 1, len(data), {"sha256": sha256(data).hexdigest()})

    monkeypatch.setattr("anchor.trust_repository.MetaFile.from_data", one_more)
    with refuses(Code.STORE_FAILED):
        resign(folder, lambda r: r.publish_lists({}, now=NOW))
    metadata = folder / "metadata"
    shutil.copy(metadata / "4.snapshot.json", metadata / "5.snapshot.json")
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


FILES = ["1.root.json", "timestamp.json", "3.snapshot.json", "2.targets.json", "2.lists.json"]


@pytest.mark.parametrize("name", FILES)
def test_altered_missing_or_oversized_metadata_is_refused(folder: Path, name: str) -> None:
    path = folder / "metadata" / name
    data = path.read_bytes()
    value = json.loads(data)
    value["signed"]["expires"] = "2099-01-01T00:00:00Z"
    for bad in (
        json.dumps(value).encode(),
        data.replace(b'"sig":"', b'"sig":"0'),
        b"{}",
        b"[",
        b" " * (17 * 1024 * 1024),
    ):
        path.write_bytes(bad)
        with refuses(Code.TRUST_BUNDLE_REFUSED):
            load(folder)
    path.unlink()
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


@pytest.mark.parametrize("name", FILES)
def test_metadata_of_another_kind_is_refused(folder: Path, name: str) -> None:
    other = "timestamp.json" if name != "timestamp.json" else "3.snapshot.json"
    shutil.copy(folder / "metadata" / other, folder / "metadata" / name)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_altered_or_missing_bundle_is_refused(folder: Path) -> None:
    (path,) = (folder / "targets").glob("*.bundle.json")
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)
    path.unlink()
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_repository_without_a_bundle_is_refused(tmp_path: Path) -> None:
    TrustRepository.create(tmp_path, trust_keys(), now=NOW)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(tmp_path)


def resign(folder: Path, change: Callable[[TrustRepository], object]) -> None:
    """Let somebody with all keys write something odd."""
    change(TrustRepository(folder, trust_keys()))


def test_online_key_cannot_name_anything_but_lists(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anchor.trust_repository.is_list_path", lambda _: True)
    odd = ["lists/../../x", "bundle.json", f"lists/{REGISTRY}/{AUTHORITY}/deep/0.cwt"]
    resign(folder, lambda r: r.publish_lists(dict.fromkeys(odd, b"odd"), now=NOW))
    assert set(load(folder).lists) == {LIST, SIDE}
    assert load(folder).bundle == sample_bundle()


def test_list_beyond_its_limit_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licence.formats.status_list.MAX_CWT_BYTES", 3)
    assert load(folder).status_list(REGISTRY, AUTHORITY, 0) is None


def test_state_without_delegation_or_digests_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "anchor.trust_repository.MetaFile.from_data",
        lambda version, *_: MetaFile(version),
    )
    resign(folder, lambda r: r.publish_lists({}, now=NOW))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_timestamp_without_our_field_still_loads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anchor.trust_repository.ISSUED_AT", "x-other")
    resign(folder, lambda r: r.publish_lists({}, now=NOW))
    assert load(folder).newest_signed_time == ISSUED_AT
    monkeypatch.setattr("anchor.trust_repository.moment_text", lambda _: "yesterday")
    monkeypatch.setattr("anchor.trust_repository.ISSUED_AT", module.ISSUED_AT)
    resign(folder, lambda r: r.publish_lists({}, now=NOW))
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_bundle_of_another_schema_is_refused_with_its_own_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = trust_bundle.encode(sample_bundle(2)).replace(b"trust/v1", b"trust/v2")
    monkeypatch.setattr("licence.formats.trust_bundle.decode", lambda _: sample_bundle(2))
    monkeypatch.setattr(TrustRepository, "_present_bundle_version", lambda *_: 1)
    resign(folder, lambda r: r.publish_bundle(data, now=NOW))
    monkeypatch.undo()
    with refuses(Code.SCHEMA_UNKNOWN):
        load(folder)


def test_bundle_beyond_its_limit_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licence.formats.trust_bundle.MAX_BUNDLE_BYTES", 3)
    with refuses(Code.TRUST_BUNDLE_REFUSED):
        load(folder)


def test_memory_of_an_unused_role_does_no_harm(folder: Path) -> None:
    memory = replace(load(folder).memory, roles=(("mirror", 7),))
    assert load(folder, memory).memory.role_version("mirror") == 7


def read_all(folder: Path) -> None:
    store = load(folder)
    for name in store.lists:
        registry, authority, _ = name.removeprefix("lists/").split("/")
        store.status_list(RegistryId(registry), AuthorityId(authority), 0)
        store.side_list(RegistryId(registry), AuthorityId(authority), 0)


def pem_of_root() -> bytes:
    return ssl.DER_cert_to_PEM_cert(sample_bundle().roots[0].certificate).encode("ascii")


def test_root_beside_the_repository_must_be_one_of_its_bundle(folder: Path) -> None:
    (folder / "root.crt").write_bytes(pem_of_root())
    assert "root.crt" in load(folder).files
    for bad in (b"", pem_of_root() + b"\n", pem_of_root().replace(b"A", b"B", 1), b"x" * 70_000):
        (folder / "root.crt").write_bytes(bad)
        with refuses(Code.TRUST_BUNDLE_REFUSED):
            load(folder)


def test_the_files_of_a_store_are_enough_and_none_has_a_free_byte(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "root.crt").write_bytes(pem_of_root())
    store = load(folder)
    copy = tmp_path / "copy"
    for name in store.files:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, copy / name)
    assert load(copy).files == store.files
    assert store.files[-1] == "metadata/timestamp.json"
    for name in store.files:
        good = (copy / name).read_bytes()
        (copy / name).write_bytes(bytes((good[0] ^ 1,)) + good[1:])
        with pytest.raises(AnzhengError) as refused:
            read_all(copy)
        assert refused.value.code in {Code.TRUST_BUNDLE_REFUSED, Code.STATUS_LIST_REFUSED}, name
        (copy / name).write_bytes(good)
