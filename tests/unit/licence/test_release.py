"""Release statements: what officers sign, by key file and by passkey."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from licence.errors import AnzhengError, Code
from licence.formats import canonical, es256, release
from licence.formats.jwt import base64url
from licence.formats.officers import OfficerAlgorithm, OfficerSignature, verify_signature
from licence.formats.release import (
    ReleaseStatement,
    decode,
    encode,
    statement_bytes,
)
from licence.formats.webauthn import Assertion, Site, challenge
from licence.ids import AuthorityId, BatchId, Digest, OfficerId

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "release.schema.json"
P256 = ec.derive_private_key(11, ec.SECP256R1())
P256_PUBLIC = es256.public_key_bytes(P256.public_key())
ED = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
ED_PUBLIC = ED.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
SITE = Site("https://console.example.cn", "example.cn")
STATEMENT = ReleaseStatement(
    AuthorityId("1121000000TXT10121"),
    BatchId("2026-11-21/1"),
    datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC),
    (Digest(b"\x02" * 32), Digest(b"\x01" * 32)),
)
SIGNED = statement_bytes(STATEMENT)


def by_key_file() -> OfficerSignature:
    return OfficerSignature(
        OfficerId("officer-1"), OfficerAlgorithm.ES256, es256.signer(P256)(SIGNED)
    )


def by_ed25519() -> OfficerSignature:
    return OfficerSignature(OfficerId("officer-2"), OfficerAlgorithm.ED25519, ED.sign(SIGNED))


def by_passkey(
    *, data: dict[str, Any] | bytes | None = None, rp_id: str = SITE.rp_id, flags: int = 0x05
) -> OfficerSignature:
    client: dict[str, Any] = {
        "type": "webauthn.get",
        "challenge": base64url(challenge(SIGNED)),
        "origin": SITE.origin,
        "crossOrigin": False,
    }
    client_data = (
        data if isinstance(data, bytes) else json.dumps({**client, **(data or {})}).encode()
    )
    authenticator = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)
    to_sign = authenticator + hashlib.sha256(client_data).digest()
    value = P256.sign(to_sign, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return OfficerSignature(
        OfficerId("officer-3"),
        OfficerAlgorithm.WEBAUTHN_ES256,
        value,
        Assertion(authenticator, client_data),
    )


def full() -> ReleaseStatement:
    return replace(STATEMENT, signatures=(by_key_file(), by_ed25519(), by_passkey()))


def test_statement_reads_back_with_its_signatures() -> None:
    assert decode(encode(full())) == full()
    assert decode(encode(STATEMENT)) == STATEMENT


def test_signed_bytes_have_the_prefix_and_not_the_signatures() -> None:
    assert SIGNED.startswith(b"anzheng-release/v1\x00{")
    assert statement_bytes(full()) == SIGNED
    assert statement_bytes(replace(STATEMENT, digests=STATEMENT.digests[::-1])) != SIGNED


def test_schema_accepts_statements_and_refuses_a_twin() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(encode(full()))
    jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**value, "digests": ["00"]}, schema)


def test_every_kind_of_signature_verifies() -> None:
    verify_signature(by_key_file(), SIGNED, P256_PUBLIC)
    verify_signature(by_ed25519(), SIGNED, ED_PUBLIC)
    verify_signature(by_passkey(), SIGNED, P256_PUBLIC, sites=[SITE])


OTHER = es256.public_key_bytes(ec.derive_private_key(12, ec.SECP256R1()).public_key())
SHORT = Assertion(b"short", b"{}")


@pytest.mark.parametrize(
    ("signature", "key", "code"),
    [
        (by_key_file(), OTHER, Code.RELEASE_SIGNATURE),
        (by_key_file(), ED_PUBLIC, Code.ALGORITHM_UNSUPPORTED),
        (by_ed25519(), P256_PUBLIC, Code.ALGORITHM_UNSUPPORTED),
        (by_ed25519(), b"no key", Code.ALGORITHM_UNSUPPORTED),
        (replace(by_ed25519(), value=bytes(64)), ED_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(), OTHER, Code.RELEASE_SIGNATURE),
        (replace(by_passkey(), assertion=None), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (replace(by_passkey(), value=b"no DER"), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data={"type": "webauthn.create"}), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data={"challenge": "AAAA"}), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data={"origin": "https://evil.cn"}), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data={"crossOrigin": True}), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data=b"[]"), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(data=b"\xff"), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(rp_id="evil.cn"), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(flags=0x01), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (by_passkey(flags=0x04), P256_PUBLIC, Code.RELEASE_SIGNATURE),
        (
            replace(
                by_passkey(),
                assertion=replace(SHORT, client_data=by_passkey().assertion.client_data),  # type: ignore[union-attr]
            ),
            P256_PUBLIC,
            Code.RELEASE_SIGNATURE,
        ),
    ],
)
def test_wrong_signature_is_refused(signature: OfficerSignature, key: bytes, code: Code) -> None:
    with pytest.raises(AnzhengError) as caught:
        verify_signature(signature, SIGNED, key, sites=[SITE])
    assert caught.value.code is code


def test_no_passkey_is_believed_without_a_site() -> None:
    with pytest.raises(AnzhengError) as caught:
        verify_signature(by_passkey(), SIGNED, P256_PUBLIC)
    assert caught.value.code is Code.RELEASE_SIGNATURE


def test_signature_over_another_statement_is_refused() -> None:
    altered = statement_bytes(replace(STATEMENT, digests=STATEMENT.digests[:1]))
    for signature, key in (
        (by_key_file(), P256_PUBLIC),
        (by_ed25519(), ED_PUBLIC),
        (by_passkey(), P256_PUBLIC),
    ):
        with pytest.raises(AnzhengError) as caught:
            verify_signature(signature, altered, key, sites=[SITE])
        assert caught.value.code is Code.RELEASE_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.pop("authority"),
        lambda v: v.update(authority="other"),
        lambda v: v.update(extra=1),
        lambda v: v.update(digests=[]),
        lambda v: v.update(digests=["00"]),
        lambda v: v.update(digests=v["digests"] * 2),
        lambda v: v.update(released_on="today"),
        lambda v: v.update(batch_id="a\nb"),
        lambda v: v.update(batch_id=7),
        lambda v: v["signatures"].append(v["signatures"][0]),
        lambda v: v["signatures"][0].update(algorithm="rsa"),
        lambda v: v["signatures"][0].update(client_data="AAAA"),
        lambda v: v["signatures"][2].pop("client_data"),
    ],
)
def test_decode_refuses(change: Callable[[Any], object]) -> None:
    value = json.loads(encode(full()))
    change(value)
    with pytest.raises(AnzhengError) as caught:
        decode(canonical.dumps(value))
    assert caught.value.code is Code.RELEASE_SYNTAX


def test_other_version_and_too_much_are_refused() -> None:
    other = encode(full()).replace(b"anzheng-release/v1", b"anzheng-release/v2")
    for bad, code in (
        (other, Code.SCHEMA_UNKNOWN),
        (bytes(release.MAX_RELEASE_BYTES + 1), Code.TOO_LARGE),
        (b"[]", Code.RELEASE_SYNTAX),
    ):
        with pytest.raises(AnzhengError) as caught:
            decode(bad)
        assert caught.value.code is code


def test_statement_that_would_be_refused_is_not_written() -> None:
    with pytest.raises(AnzhengError) as caught:
        statement_bytes(replace(STATEMENT, digests=()))
    assert caught.value.code is Code.RELEASE_SYNTAX
    late = STATEMENT.released_on + timedelta(microseconds=1)
    with pytest.raises(AnzhengError) as caught:
        encode(replace(STATEMENT, released_on=late))
    assert caught.value.code is Code.RELEASE_SYNTAX
