"""The release statement: which exact licences two officers let go out.

The officers sign `statement_bytes`: a domain prefix and the canonical JSON of everything but the
signatures, so over the ordered SHA-256 of each `licence.json`. A statement travels with its
signatures; who the officers are and that they are two is decided by the signer, which has their
keys pinned.

Standard: DESIGN 3.5; W3C Web Authentication Level 2, 7.2 (webauthn-es256).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from licence.errors import AnzhengError, Code
from licence.formats import canonical, es256
from licence.formats.canonical import JsonValue
from licence.formats.cbor_fields import is_authority
from licence.formats.fields import Fields, base64_text, moment_text
from licence.formats.webauthn import Assertion, Site, verify_assertion
from licence.ids import AuthorityId, BatchId, Digest, OfficerId

SCHEMA: Final = "anzheng-release/v1"
PREFIX: Final = b"anzheng-release/v1\x00"
"""Stands before what is signed, so that the signature fits nothing else."""
MAX_RELEASE_BYTES: Final = 8 * 1024 * 1024
MAX_LICENCES: Final = 50_000
"""Most licences in one release."""
MAX_SIGNATURES: Final = 8
MAX_SIGNATURE_BYTES: Final = 256
MAX_WEBAUTHN_BYTES: Final = 2_048
MAX_NAME: Final = 100
_HEX_DIGEST = re.compile("[0-9a-f]{64}")


@unique
class ReleaseAlgorithm(StrEnum):
    """How an officer signs: with a file or token (ES256, Ed25519), or a passkey."""

    ES256 = "es256"
    ED25519 = "ed25519"
    WEBAUTHN_ES256 = "webauthn-es256"


@dataclass(frozen=True, slots=True)
class ReleaseSignature:
    """One officer's signature.

    Args:
        officer: Whose.
        algorithm: How `value` is made; es256 is r || s, 64 bytes, as ed25519.
        value: The signature.
        assertion: What a passkey signed around the challenge; for webauthn-es256 only.
    """

    officer: OfficerId
    algorithm: ReleaseAlgorithm
    value: bytes
    assertion: Assertion | None = None


@dataclass(frozen=True, slots=True)
class ReleaseStatement:
    """What is released.

    Args:
        authority: The issuing authority of every licence in it.
        batch_id: Name of the release; one name is one statement.
        released_on: When, whole seconds.
        digests: SHA-256 of each `licence.json`, in the order in which they are signed.
        signatures: The officers' signatures.
    """

    authority: AuthorityId
    batch_id: BatchId
    released_on: datetime
    digests: tuple[Digest, ...]
    signatures: tuple[ReleaseSignature, ...] = ()


def statement_bytes(statement: ReleaseStatement) -> bytes:
    """Return what the officers sign; the signatures are not part of it.

    Raises:
        AnzhengError: `RELEASE_SYNTAX` for a statement that `decode` would refuse.
    """
    data = canonical.dumps(_statement_value(statement))
    _read(canonical.loads(data, max_bytes=MAX_RELEASE_BYTES), signed=False)
    return PREFIX + data


def encode(statement: ReleaseStatement) -> bytes:
    """Return the statement with its signatures as canonical JSON.

    Raises:
        AnzhengError: `RELEASE_SYNTAX` for a statement that `decode` would refuse.
    """
    value = _statement_value(statement)
    value["signatures"] = [signature_value(one) for one in statement.signatures]
    data = canonical.dumps(value)
    if decode(data) != statement:
        raise AnzhengError(Code.RELEASE_SYNTAX, "the statement does not read back as itself")
    return data


def decode(data: bytes) -> ReleaseStatement:
    """Read a statement; its signatures are not verified.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`,
            `RELEASE_SYNTAX` (a field missing, unknown, twice or out of limits).
    """
    return _read(canonical.loads(data, max_bytes=MAX_RELEASE_BYTES), signed=True)


def verify_signature(
    signature: ReleaseSignature,
    signed: bytes,
    public_key: bytes,
    *,
    sites: Sequence[Site] = (),
) -> None:
    """Do nothing if the officer's signature is good.

    Args:
        signature: The signature.
        signed: `statement_bytes` of what the caller itself holds, never bytes that came along.
        public_key: The officer's pinned key, SubjectPublicKeyInfo DER.
        sites: Our pages on which passkeys are used; with none, no passkey is believed.

    Raises:
        AnzhengError: `RELEASE_SIGNATURE`, or `ALGORITHM_UNSUPPORTED` if the pinned key is not of
            the kind that the signature names.
    """
    if signature.algorithm is ReleaseAlgorithm.ED25519:
        _verify_ed25519(public_key, signed, signature.value)
    elif signature.algorithm is ReleaseAlgorithm.ES256:
        es256.verify(public_key, signed, signature.value, code=Code.RELEASE_SIGNATURE)
    elif signature.assertion is None:
        raise AnzhengError(Code.RELEASE_SIGNATURE, "a passkey's signature without its assertion")
    else:
        verify_assertion(signature.assertion, signature.value, signed, public_key, sites=sites)


def _verify_ed25519(public_key: bytes, signed: bytes, value: bytes) -> None:
    try:
        key = serialization.load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "not a public key") from exc
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "not an Ed25519 public key")
    try:
        key.verify(value, signed)
    except InvalidSignature as exc:
        raise AnzhengError(
            Code.RELEASE_SIGNATURE, "the signature is not by this key over these bytes"
        ) from exc


# ---------------------------------------------------------------- canonical JSON


def _statement_value(statement: ReleaseStatement) -> dict[str, JsonValue]:
    return {
        "schema": SCHEMA,
        "authority": statement.authority,
        "batch_id": statement.batch_id,
        "released_on": moment_text(statement.released_on),
        "digests": [digest.hex() for digest in statement.digests],
    }


def signature_value(signature: ReleaseSignature) -> JsonValue:
    """Return an officer's signature as JSON, as releases and decisions carry it."""
    value: dict[str, JsonValue] = {
        "officer": signature.officer,
        "algorithm": signature.algorithm.value,
        "value": base64_text(signature.value),
    }
    if signature.assertion is not None:
        value["authenticator_data"] = base64_text(signature.assertion.authenticator_data)
        value["client_data"] = base64_text(signature.assertion.client_data)
    return value


def _read(value: JsonValue, *, signed: bool) -> ReleaseStatement:
    fields = Fields(value, where="release", code=Code.RELEASE_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    statement = ReleaseStatement(
        authority=AuthorityId(fields.text("authority", max_chars=MAX_NAME)),
        batch_id=BatchId(fields.text("batch_id", max_chars=MAX_NAME)),
        released_on=fields.moment("released_on"),
        digests=tuple(
            Digest(bytes.fromhex(text))
            for text in fields.texts(
                "digests", max_items=MAX_LICENCES, min_items=1, pattern=_HEX_DIGEST
            )
        ),
        signatures=(
            fields.objects("signatures", read_signature, max_items=MAX_SIGNATURES) if signed else ()
        ),
    )
    fields.end()
    if not is_authority(statement.authority):
        raise AnzhengError(Code.RELEASE_SYNTAX, "the authority is no code of an authority")
    # Whether two signatures are by two officers is the signer's question; one officer twice is
    # never an honest statement.
    officers = {one.officer for one in statement.signatures}
    if len(officers) != len(statement.signatures):
        raise AnzhengError(Code.RELEASE_SYNTAX, "an officer signed twice")
    return statement


def read_signature(fields: Fields) -> ReleaseSignature:
    """Read what `signature_value` wrote; the caller ends the fields.

    Raises:
        AnzhengError: With the code of the format that is being read.
    """
    algorithm = fields.choice("algorithm", ReleaseAlgorithm)
    assertion = None
    if algorithm is ReleaseAlgorithm.WEBAUTHN_ES256:
        assertion = Assertion(
            authenticator_data=fields.base64("authenticator_data", max_bytes=MAX_WEBAUTHN_BYTES),
            client_data=fields.base64("client_data", max_bytes=MAX_WEBAUTHN_BYTES),
        )
    return ReleaseSignature(
        officer=OfficerId(fields.text("officer", max_chars=MAX_NAME)),
        algorithm=algorithm,
        value=fields.base64("value", max_bytes=MAX_SIGNATURE_BYTES),
        assertion=assertion,
    )
