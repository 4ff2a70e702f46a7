"""Goldens of decisions about a status: one of each shape, some that must be refused."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.domain.status import StatusWord
from licence.formats import canonical, decision
from licence.formats.decision import Decision, DecisionSubject
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.ids import AuthorityId, Leaf, OfficerId, RegistryId, StatusIndex

_OFFICERS = ("officer-1", "officer-2")


def _leaf(number: int) -> Leaf:
    return Leaf(sha256(f"leaf {number}".encode()).digest())


_REVOKED = Decision(
    registry=RegistryId("cn-aqscxkz-test"),
    authority=AuthorityId("11210000001234567X"),
    word=StatusWord.REVOKED,
    subjects=(
        DecisionSubject(StatusIndex(7), _leaf(7)),
        DecisionSubject(StatusIndex(70), _leaf(70)),
    ),
    decided_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
    effective_from=date(2026, 11, 21),
    until=None,
    document_no="辽应急罚〔2026〕12号",
    ground="违反安全生产法",
)
_SUSPENDED = replace(_REVOKED, word=StatusWord.SUSPENDED, until=date(2027, 1, 31))
_SUPERSEDED = replace(
    _REVOKED,
    word=StatusWord.SUPERSEDED,
    subjects=(DecisionSubject(StatusIndex(7), _leaf(7), _leaf(8)),),
    document_no="",
    ground="变更",
)
_REFUSED: Mapping[str, Mapping[str, canonical.JsonValue]] = {
    "schema_unknown": {"schema": "anzheng-decision/v2"},
    "word_unknown": {"word": 7},
    "field_unknown": {"note": "x"},
    "until_not_suspended": {"until": "2027-01-31"},
    "no_subject": {"subjects": []},
}


def _key(officer: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(officer.encode()).digest())


def _signed(unsigned: Decision) -> Decision:
    data = decision.statement_bytes(unsigned)
    signatures = tuple(
        OfficerSignature(OfficerId(name), OfficerAlgorithm.ED25519, _key(name).sign(data))
        for name in _OFFICERS
    )
    return replace(unsigned, signatures=signatures)


def files() -> Mapping[str, bytes]:
    """Return the files by their path."""
    good = {"revoked": _REVOKED, "suspended": _SUSPENDED, "superseded": _SUPERSEDED}
    made = {f"good_{name}": decision.encode(_signed(each)) for name, each in good.items()}
    first = canonical.loads(made["good_revoked"], max_bytes=decision.MAX_DECISION_BYTES)
    assert isinstance(first, dict)
    for name, change in _REFUSED.items():
        made[f"fail_{name}"] = canonical.dumps({**first, **change})
    expected = {
        "digests": {f"good_{name}": decision.digest(each).hex() for name, each in good.items()},
        "keys": {name: _public(name).hex() for name in _OFFICERS},
    }
    text = json.dumps(expected, indent=1, sort_keys=True) + "\n"
    return {
        "decision/expected.json": text.encode(),
        **{f"decision/{name}.json": data for name, data in made.items()},
    }


def _public(officer: str) -> bytes:
    return _key(officer).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
