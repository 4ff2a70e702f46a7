"""Compact JWS: our shape, and no other."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from licence.errors import AnzhengError, Code
from licence.formats import es256, jwt

KEY = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = es256.public_key_bytes(KEY.public_key())
KID = es256.key_id(PUBLIC)
KEYS = {KID: PUBLIC}
KIND = "statuslist+jwt"
HEADER: dict[str, Any] = {"alg": "ES256", "kid": KID.hex(), "typ": KIND}


def token(certificate: bytes | None = None) -> bytes:
    return jwt.sign_compact(
        {"sub": "x"}, content_type=KIND, kid=KID, sign=es256.signer(KEY), certificate=certificate
    )


def read(data: bytes) -> object:
    return jwt.verify_compact(data, content_type=KIND, keys=KEYS, max_bytes=10_000)


def signed_with(header: object, claims: bytes = b'{"sub":"x"}') -> bytes:
    encoded = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    signed = f"{jwt.base64url(encoded)}.{jwt.base64url(claims)}".encode()
    return signed + b"." + jwt.base64url(es256.signer(KEY)(signed)).encode()


def test_token_reads_back() -> None:
    assert read(token()) == (KID, {"sub": "x"})
    assert read(token(b"certificate")) == (KID, {"sub": "x"})
    assert signed_with(HEADER) == token()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (signed_with({**HEADER, "alg": "none"}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "typ": "JWT"}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "crit": ["b64"]}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "jwk": {}}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "kid": 7}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "kid": KID.hex().upper() + "AA"}), Code.JWT_SYNTAX),
        (signed_with({**HEADER, "kid": "00"}), Code.COSE_SIGNATURE),
        (signed_with(["ES256"]), Code.JSON_SYNTAX),
        (signed_with(HEADER, b"[]"), Code.JSON_SYNTAX),
        (signed_with(HEADER, b'{"sub": "x"}'), Code.JSON_NOT_CANONICAL),
        (token()[:-2], Code.COSE_SIGNATURE),
        (token()[:-1] + b"=", Code.JWT_SYNTAX),
        (token() + b".", Code.JWT_SYNTAX),
        (token().replace(b".", b""), Code.JWT_SYNTAX),
        ("中".encode(), Code.JWT_SYNTAX),
        (b"a.b.c", Code.JWT_SYNTAX),
        (b"+A==.AAAA.AAAA", Code.JWT_SYNTAX),
        (b"AB.AAAA.AAAA", Code.JWT_SYNTAX),
        (bytes(10_001), Code.TOO_LARGE),
    ],
)
def test_other_tokens_are_refused(bad: bytes, code: Code) -> None:
    with pytest.raises(AnzhengError) as caught:
        read(bad)
    assert caught.value.code is code


def test_changed_claims_are_refused() -> None:
    head, _, signature = token().split(b".")
    changed = b".".join((head, jwt.base64url(b'{"sub":"y"}').encode(), signature))
    with pytest.raises(AnzhengError) as caught:
        read(changed)
    assert caught.value.code is Code.COSE_SIGNATURE


def test_sign_refuses_a_key_that_gives_no_es256_signature() -> None:
    with pytest.raises(AnzhengError) as caught:
        jwt.sign_compact({}, content_type=KIND, kid=KID, sign=lambda _: b"DER")
    assert caught.value.code is Code.COSE_SIGNATURE
