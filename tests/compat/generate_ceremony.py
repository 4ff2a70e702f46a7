"""Goldens of key ceremonies and of what a certificate entitles to: good ones, some refused."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.formats import canonical, ceremony
from licence.formats.ceremony import Act, Ceremony, KeyFacts, Order, Purpose
from licence.formats.entitlement import encode_entitlement, make_entitlement
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.ids import AuthorityId, Digest, OfficerId

_AUTHORITY = AuthorityId("1121000000TXT10121")
_HELD_AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
_ROTATED = Order(
    id="c20261122-030000-ab12cd34",
    act=Act.ROTATE,
    authority=_AUTHORITY,
    purpose=Purpose.LICENCE,
    key="signer-1121000000TXT10121-2",
    store="pkcs11:token=licence%20keys;object=signer-1121000000TXT10121-2",
    officers=(OfficerId("officer-1"), OfficerId("officer-2")),
    place="一号机房(示例)",
    held_at=_HELD_AT,
    previous="signer-1121000000TXT10121",
    signs_from=_HELD_AT,
)
_ORDERS = {
    "init": replace(_ROTATED, act=Act.INIT, purpose=Purpose.QR, store="file:", previous=None),
    "rotate": _ROTATED,
    "close": replace(
        _ROTATED,
        act=Act.CLOSE,
        previous=None,
        signs_from=None,
        reason="泄露",
        compromised_since=datetime(2026, 11, 21, 16, 0, tzinfo=UTC),
    ),
}
_REFUSED: Mapping[str, Mapping[str, canonical.JsonValue]] = {
    "schema_unknown": {"schema": "anzheng-ceremony/v2"},
    "field_unknown": {"pin": "1234"},
    "one_officer": {"officers": ["officer-1"]},
    "rotate_without_previous": {"act": "init"},
    "other_signers": {"officers": ["officer-2", "officer-1"]},
}


def _key(officer: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(officer.encode()).digest())


def _held(order: Order) -> Ceremony:
    def digest(text: str) -> Digest:
        return Digest(sha256(text.encode()).digest())

    if order.purpose is Purpose.QR:
        facts = KeyFacts("ES256", digest("public key"))
    else:
        facts = KeyFacts("RSA-2048", digest("public key"), digest("own"), digest("issuer"))
    unsigned = Ceremony(order, facts)
    data = ceremony.statement_bytes(unsigned)
    signatures = tuple(
        OfficerSignature(name, OfficerAlgorithm.ED25519, _key(name).sign(data))
        for name in order.officers
    )
    return replace(unsigned, signatures=signatures)


def files() -> Mapping[str, bytes]:
    """Return the files by their path."""
    held = {name: _held(order) for name, order in _ORDERS.items()}
    made = {f"good_{name}.json": ceremony.encode(each) for name, each in held.items()}
    first = canonical.loads(made["good_rotate.json"], max_bytes=ceremony.MAX_CEREMONY_BYTES)
    assert isinstance(first, dict)
    for name, change in _REFUSED.items():
        made[f"fail_{name}.json"] = canonical.dumps({**first, **change})
    made["good_entitlement.der"] = encode_entitlement(
        make_entitlement(_AUTHORITY, ["safety-production"], ["WH", "FM"], ["21"])
    )
    expected = {
        "digests": {f"good_{name}": ceremony.digest(each).hex() for name, each in held.items()},
        "keys": {
            name: _key(name)
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            .hex()
            for name in _ROTATED.officers
        },
    }
    made["expected.json"] = (json.dumps(expected, indent=1, sort_keys=True) + "\n").encode()
    return {f"ceremony/{name}": data for name, data in made.items()}
