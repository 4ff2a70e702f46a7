"""Goldens of the proof formats: file with hole, CMS, leaves, manifest, record, note, evidence."""

import json
from collections.abc import Mapping

from licence.formats import cms, evidence, hole, leaf, manifest
from licence.ids import Leaf
from tests.fakes import proof


def files() -> Mapping[str, bytes]:
    """Return the files by name."""
    pdf, place, parts = proof.signed_pdf()
    first = leaf.leaf_of_cms(parts.message_digest, parts)
    batch = proof.anchored_batch(first)
    found = evidence.encode(batch.evidence)
    filled = cms.with_evidence(cms.build(parts), found)
    made = {
        "pending.pdf": pdf,
        "anchored.pdf": hole.fill(pdf, place, filled),
        "pending.cms.der": cms.build(parts),
        "anchored.cms.der": filled,
        "manifest.cbor": manifest.encode(batch.manifest),
        "record.cbor": evidence.record_bytes(batch.record),
        "checkpoint.txt": batch.evidence.checkpoint,
        "evidence.cbor": found,
        "expected.json": _expected(first, batch),
    }
    return {f"proof/{name}": data for name, data in made.items()}


def _expected(first: bytes, batch: proof.AnchoredBatch) -> bytes:
    data = manifest.encode(batch.manifest)
    digest = proof.digest
    other = {
        "holder_certificate": leaf.holder_certificate_leaf(
            certificate_digest=digest("certificate"), licence_leaf=Leaf(first)
        ),
        "audit_head": leaf.audit_head_leaf(head=digest("audit head")),
        "archive": leaf.archive_leaf(bundle=digest("bundle")),
        "renewal": leaf.renewal_leaf(renewed=Leaf(first), bundle=digest("bundle")),
    }
    expected = {
        "leaf": first.hex(),
        "other_leaves": {name: each.hex() for name, each in other.items()},
        "manifest_digest": manifest.digest(data).hex(),
        "batch_root": batch.manifest.root.hex(),
        "log_leaf": evidence.log_leaf(batch.record).hex(),
        "log_root": batch.log.root.hex(),
        "origin": evidence.log_origin(proof.REGISTRY, proof.AUTHORITY),
        "log_key": {"name": proof.log_key().name, "public": proof.log_key().public.hex()},
        "witnesses": {name: proof.witness_key(name).public.hex() for name in proof.WITNESSES},
        "block_time": proof.NOW.isoformat(),
    }
    return (json.dumps(expected, indent=2, sort_keys=True) + "\n").encode()
