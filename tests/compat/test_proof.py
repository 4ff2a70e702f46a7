"""The proof files of the first release are read and judged as on the first day."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from licence.formats import checkpoint, cms, evidence, hole, leaf, manifest
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.ids import Digest, Leaf

FOLDER = Path(__file__).parent / "v1" / "proof"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", ["pending", "anchored"])
def test_file_gives_its_cms_and_its_leaf(name: str) -> None:
    pdf = _read(f"{name}.pdf")
    place = hole.find(pdf)
    assert hole.contents(pdf, place) == _read(f"{name}.cms.der")
    parts = cms.parse(hole.contents(pdf, place))
    digest = hole.byte_range_digest(pdf, place)
    assert digest == parts.message_digest
    assert leaf.leaf_of_cms(digest, parts).hex() == EXPECTED["leaf"]
    assert parts.evidence == (None if name == "pending" else _read("evidence.cbor"))


def test_evidence_proves_the_leaf() -> None:
    found = evidence.check_evidence(
        evidence.decode(_read("evidence.cbor")),
        Leaf(bytes.fromhex(EXPECTED["leaf"])),
        log_key=LogKey(EXPECTED["log_key"]["name"], bytes.fromhex(EXPECTED["log_key"]["public"])),
        witnesses=[
            WitnessKey(name, bytes.fromhex(public))
            for name, public in EXPECTED["witnesses"].items()
        ],
        threshold=3,
        origin=EXPECTED["origin"],
    )
    assert found.block_time == datetime.fromisoformat(EXPECTED["block_time"])
    assert evidence.record_bytes(found.record) == _read("record.cbor")
    assert evidence.log_leaf(found.record).hex() == EXPECTED["log_leaf"]


def test_manifest_checkpoint_and_record_belong_together() -> None:
    data = _read("manifest.cbor")
    rows = manifest.decode(data)
    record = evidence.decode_record(_read("record.cbor"))
    assert (rows.root, rows.size, manifest.digest(data)) == (
        record.root,
        record.size,
        record.manifest,
    )
    assert rows.root.hex() == EXPECTED["batch_root"]
    assert manifest.digest(data).hex() == EXPECTED["manifest_digest"]
    assert rows.rows[0].leaf.hex() == EXPECTED["leaf"]
    said = checkpoint.parse(_read("checkpoint.txt")).checkpoint
    assert said.root.hex() == EXPECTED["log_root"]


def test_leaves_of_the_other_kinds() -> None:
    first = Leaf(bytes.fromhex(EXPECTED["leaf"]))
    bundle = Digest(sha256(b"bundle").digest())
    made = {
        "holder_certificate": leaf.holder_certificate_leaf(
            certificate_digest=Digest(sha256(b"certificate").digest()), licence_leaf=first
        ),
        "audit_head": leaf.audit_head_leaf(head=Digest(sha256(b"audit head").digest())),
        "archive": leaf.archive_leaf(bundle=bundle),
        "renewal": leaf.renewal_leaf(renewed=first, bundle=bundle),
    }
    assert {name: each.hex() for name, each in made.items()} == EXPECTED["other_leaves"]
