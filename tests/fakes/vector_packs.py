"""The cases of `trust_pack.json` (TUF folders) and of `evidence.json` (anchors)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from licence.errors import Code
from licence.formats import checkpoint, evidence, trust_bundle
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import WitnessEvidence
from licence.formats.fields import moment_text
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, ChainId, Leaf, MerkleRoot
from tests.builders import (
    AUTHORITY,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    WITNESSES,
    World,
    ed25519,
    log_key,
    make_evidence,
    witness_key,
)
from tests.fakes.qr_world import SHOWN_AT
from tests.fakes.vectors import Json, b64

DAY = timedelta(days=1)
Pack = Mapping[str, bytes]


# ---------------------------------------------------------------- trust folders


def packs(world: World, folder: Path) -> dict[str, Pack]:
    """Return trust folders by name: an older one, the newest, and spoilt ones."""
    repository = world.write_trust(folder)
    older = _read(folder)
    later = replace(world.bundle, version=2)
    moment = SIGNED_AT + timedelta(minutes=6)
    repository.publish_bundle(trust_bundle.encode(later), now=moment)
    world.write_lists(repository, now=moment)
    usual = _read(folder)
    bundle = next(name for name in usual if name.endswith(".bundle.json") and name not in older)
    return {
        "usual": usual,
        "older": older,
        "timestamp_altered": _flipped(usual, "metadata/timestamp.json"),
        "snapshot_altered": _flipped(usual, _newest(usual, "snapshot")),
        "targets_altered": _flipped(usual, _newest(usual, "targets")),
        "root_altered": _flipped(usual, "metadata/1.root.json"),
        "bundle_altered": _flipped(usual, bundle),
        "bundle_missing": {name: data for name, data in usual.items() if name != bundle},
        "timestamp_missing": _without(usual, "metadata/timestamp.json"),
        "timestamp_of_the_older": usual
        | {"metadata/timestamp.json": older["metadata/timestamp.json"]},
        "targets_with_one_signature": _one_signature(usual, _newest(usual, "targets")),
    }


def pack_cases() -> Iterator[Json]:
    """Yield all cases: `pack`, `now`, `memory`, `first_root`; `expect`."""
    good: Json = {"bundle_version": 2, "expired": False}
    refused: Json = {"code": Code.TRUST_BUNDLE_REFUSED.value}
    yield _pack("usual", "usual", good)
    yield _pack("older_first_seen", "older", good | {"bundle_version": 1})
    seen = {"bundle_version": 2}
    yield _pack("newest_after_itself", "usual", good, memory=seen)
    yield _pack("bundle_rolled_back", "older", refused, memory=seen)
    roles = {"roles": [{"name": "timestamp", "version": 100}]}
    yield _pack("timestamp_rolled_back", "usual", refused, memory=roles)
    for name in ("snapshot", "targets", "lists", "root"):
        rolled = {"roles": [{"name": name, "version": 100}]}
        yield _pack(f"{name}_rolled_back", "usual", refused, memory=rolled)
    far = SHOWN_AT + 4_000 * DAY
    yield _pack("expired_is_a_fact_and_no_refusal", "usual", good | {"expired": True}, now=far)
    yield _pack("another_first_root", "usual", refused, first_root=bytes(32).hex())
    for name in (
        "timestamp_altered",
        "snapshot_altered",
        "targets_altered",
        "root_altered",
        "bundle_altered",
        "bundle_missing",
        "timestamp_missing",
        "targets_with_one_signature",
    ):
        yield _pack(name, name, refused)


def _pack(
    name: str,
    pack: str,
    expect: Json,
    *,
    now: datetime = SHOWN_AT,
    memory: Json | None = None,
    first_root: str | None = None,
) -> Json:
    return {
        "name": name,
        "pack": pack,
        "ask": {"now": moment_text(now)},
        "memory": memory or {},
        "first_root": first_root,
        "expect": expect,
    }


def _read(folder: Path) -> dict[str, bytes]:
    """Return what verifiers read: metadata, bundle, and lists as CWT with their side lists."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".jwt")
    }


def _newest(pack: Pack, role: str) -> str:
    names = [name for name in pack if name.endswith(f".{role}.json")]
    return max(names, key=lambda name: int(Path(name).name.partition(".")[0]))


def _flipped(pack: Pack, name: str) -> Pack:
    data = pack[name]
    place = data.index(b'"version":') + len(b'"version":') if b'"version":' in data else 10
    return {**pack, name: data[:place] + b"9" + data[place + 1 :]}


def _without(pack: Pack, name: str) -> Pack:
    return {each: data for each, data in pack.items() if each != name}


def _one_signature(pack: Pack, name: str) -> Pack:
    value = json.loads(pack[name])
    value["signatures"] = value["signatures"][:1]
    return {**pack, name: json.dumps(value).encode()}


# ---------------------------------------------------------------- evidence


def evidence_cases() -> Iterator[Json]:
    """Yield all cases: `input {leaf, registry, authority, evidence}`, `expect`."""
    leaves = [Leaf(sha256(b"licence %d" % n).digest()) for n in range(3)]
    good = make_evidence(leaves)
    mismatch, witness = Code.ANCHOR_PROOF_MISMATCH, Code.ANCHOR_WITNESS
    for place, leaf in enumerate(leaves):
        yield _anchor(f"good_{place}", leaf, good[place], None)
    one, leaf = good[0], leaves[0]
    yield _anchor("of_another_leaf", leaves[1], one, mismatch)
    yield _anchor("a_node_for_a_leaf", Leaf(bytes(32)), one, mismatch)
    yield _anchor("empty", leaf, b"", mismatch)
    yield _anchor("cut_short", leaf, one[:-1], mismatch)
    yield _anchor("bytes_after_the_end", leaf, one + b"\x00", mismatch)
    yield _anchor("too_large", leaf, bytes(9_000), mismatch)
    for name, changed in _changed(one):
        yield _anchor(name, leaf, evidence.encode(changed), mismatch)
    yield _anchor(
        "one_witness_of_two", leaf, make_evidence([leaf], witnesses=WITNESSES[:1])[0], witness
    )
    unknown = make_evidence([leaf], witnesses=(*WITNESSES, "stranger.example"))[0]
    yield _anchor("a_strangers_seal_besides", leaf, unknown, witness)
    read = evidence.decode(one)
    assert isinstance(read, WitnessEvidence)
    note = read.checkpoint.replace(b"press.example", b"other.example")
    yield _anchor("witness_renamed", leaf, evidence.encode(replace(read, checkpoint=note)), witness)
    chain = Code.ANCHOR_CHAIN_MISMATCH
    for name, changes, code in (
        ("another_chain", {"chain_id": ChainId(1)}, chain),
        ("another_contract", {"contract": Address(bytes(20))}, chain),
        ("block_before_the_contract", {"block_number": 0}, chain),
        ("another_authority", {"authority": OTHER_AUTHORITY}, mismatch),
    ):
        yield _anchor(name, leaf, make_evidence([leaf], **changes)[0], code)
    of_other = make_evidence([leaf], OTHER_AUTHORITY)[0]
    yield _anchor("of_another_authority", leaf, of_other, mismatch)
    yield _anchor("right_for_the_other", leaf, of_other, None, authority=OTHER_AUTHORITY)
    yield _anchor("signed_by_a_strangers_log", leaf, _forged_log(read), witness)


def _changed(data: bytes) -> Iterator[tuple[str, WitnessEvidence]]:
    read = evidence.decode(data)
    assert isinstance(read, WitnessEvidence)
    record = read.record
    yield "another_index", replace(read, index=read.index + 1)
    yield "path_too_short", replace(read, path=read.path[:-1])
    yield "path_too_long", replace(read, path=(*read.path, read.path[0]))
    yield "path_swapped", replace(read, path=tuple(reversed(read.path)))
    yield "another_log_index", replace(read, log_index=0)
    yield "another_root", replace(read, record=replace(record, root=MerkleRoot(bytes(32))))
    yield "another_size", replace(read, record=replace(record, size=record.size + 1))
    later = record.block_time + timedelta(seconds=1)
    yield "another_time", replace(read, record=replace(record, block_time=later))
    yield (
        "another_manifest",
        replace(read, record=replace(record, manifest=ManifestDigest(bytes(32)))),
    )
    yield "another_block", replace(read, record=replace(record, block_hash=BlockHash(bytes(32))))


def _forged_log(read: WitnessEvidence) -> bytes:
    """Sign the same tree with a log key of one's own, and with the right witnesses' names."""
    entry = evidence.log_leaf(read.record)
    key = log_key(AUTHORITY)
    said = Checkpoint(evidence.log_origin(REGISTRY, AUTHORITY), 1, MerkleRoot(entry))
    signed = checkpoint.sign(said, key, ed25519("stranger").sign)
    lines = [
        checkpoint.cosign(said, witness_key(name), read.record.block_time, ed25519("thief").sign)
        for name in WITNESSES
    ]
    note = checkpoint.encode(checkpoint.with_cosignatures(signed, lines))
    return evidence.encode(replace(read, log_index=0, log_path=(), checkpoint=note))


def _anchor(
    name: str,
    leaf: Leaf,
    data: bytes,
    code: Code | None,
    *,
    authority: AuthorityId = AUTHORITY,
) -> Json:
    expect: Json = {"code": code.value} if code is not None else {"block_number": 1_000}
    return {
        "name": name,
        "input": {
            "leaf": leaf.hex(),
            "registry": REGISTRY,
            "authority": authority,
            "evidence": b64(data),
        },
        "expect": expect,
    }
