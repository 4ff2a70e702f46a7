"""Officers, and what they sign with: releases and decisions carry the same signatures.

Whoever acts on a statement has the officers' keys pinned, verifies every signature in it, and
counts the officers by their keys.

Standard: DESIGN 3.5, 5; W3C Web Authentication Level 2, 7.2 (webauthn-es256).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from licence.errors import AnzhengError, Code
from licence.formats import es256
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, base64_text
from licence.formats.webauthn import Assertion, Site, verify_assertion
from licence.ids import AuthorityId, OfficerId

OFFICERS_NEEDED: Final = 2
"""How many officers must sign a release, or a final change of status."""
MAX_SIGNATURES: Final = 8
MAX_SIGNATURE_BYTES: Final = 256
MAX_WEBAUTHN_BYTES: Final = 2_048
MAX_NAME: Final = 100


@unique
class OfficerAlgorithm(StrEnum):
    """How an officer signs: with a file or token (ES256, Ed25519), or a passkey."""

    ES256 = "es256"
    ED25519 = "ed25519"
    WEBAUTHN_ES256 = "webauthn-es256"


@dataclass(frozen=True, slots=True)
class OfficerSignature:
    """One officer's signature.

    Args:
        officer: Whose.
        algorithm: How `value` is made; es256 is r || s, 64 bytes, as ed25519.
        value: The signature.
        assertion: What a passkey signed around the challenge; for webauthn-es256 only.
    """

    officer: OfficerId
    algorithm: OfficerAlgorithm
    value: bytes
    assertion: Assertion | None = None


@dataclass(frozen=True, slots=True)
class PinnedOfficer:
    """An officer whose key is known beforehand.

    Args:
        officer: Name in the statement.
        authority: For whose licences the officer may speak.
        public_key: SubjectPublicKeyInfo, DER.
    """

    officer: OfficerId
    authority: AuthorityId
    public_key: bytes


@dataclass(frozen=True, slots=True)
class OfficerCodes:
    """How a refusal is called.

    Args:
        unknown: Somebody signed who is no officer of the authority.
        too_few: More officers must sign.
        signature: A signature is not good; None leaves the codes of `verify_signature`.
    """

    unknown: Code
    too_few: Code
    signature: Code | None = None


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """What officers signed.

    Args:
        authority: Whose officers must have signed.
        data: The bytes, made by whoever checks; never bytes that came along.
        signatures: The signatures that came with it.
    """

    authority: AuthorityId
    data: bytes
    signatures: Sequence[OfficerSignature]


def check_officers(
    statement: SignedStatement,
    officers: Sequence[PinnedOfficer],
    codes: OfficerCodes,
    *,
    least: int = OFFICERS_NEEDED,
    sites: Sequence[Site] = (),
) -> None:
    """Do nothing if enough officers of the authority signed, and nobody else.

    Args:
        statement: What was signed, and by whom.
        officers: Pinned officers; those of other authorities are not asked.
        codes: How a refusal is called.
        least: How many officers must have signed.
        sites: Our pages on which passkeys are used; with none, no passkey is believed.

    Raises:
        AnzhengError: One of `codes`.
    """
    pinned = {each.officer: each for each in officers if each.authority == statement.authority}
    keys = set()
    for signature in statement.signatures:
        officer = pinned.get(signature.officer)
        if officer is None:
            raise AnzhengError(
                codes.unknown,
                "signed by somebody who is no officer of the authority",
                officer=signature.officer,
            )
        try:
            verify_signature(signature, statement.data, officer.public_key, sites=sites)
        except AnzhengError as error:
            if codes.signature is None:
                raise
            raise AnzhengError(
                codes.signature, "an officer's signature is wrong", officer=officer.officer
            ) from error
        # Two names with one key are one person.
        keys.add(officer.public_key)
    if len(keys) < least:
        raise AnzhengError(codes.too_few, "more officers must sign", signed=len(keys), needed=least)


def verify_signature(
    signature: OfficerSignature,
    signed: bytes,
    public_key: bytes,
    *,
    sites: Sequence[Site] = (),
) -> None:
    """Do nothing if the officer's signature is good.

    Args:
        signature: The signature.
        signed: The statement bytes of what the caller itself holds, never bytes that came along.
        public_key: The officer's pinned key, SubjectPublicKeyInfo DER.
        sites: Our pages on which passkeys are used; with none, no passkey is believed.

    Raises:
        AnzhengError: `RELEASE_SIGNATURE`, or `ALGORITHM_UNSUPPORTED` if the pinned key is not of
            the kind that the signature names.
    """
    if signature.algorithm is OfficerAlgorithm.ED25519:
        _verify_ed25519(public_key, signed, signature.value)
    elif signature.algorithm is OfficerAlgorithm.ES256:
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


def signature_value(signature: OfficerSignature) -> JsonValue:
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


def read_signature(fields: Fields) -> OfficerSignature:
    """Read what `signature_value` wrote; the caller ends the fields.

    Raises:
        AnzhengError: With the code of the format that is being read.
    """
    algorithm = fields.choice("algorithm", OfficerAlgorithm)
    assertion = None
    if algorithm is OfficerAlgorithm.WEBAUTHN_ES256:
        assertion = Assertion(
            authenticator_data=fields.base64("authenticator_data", max_bytes=MAX_WEBAUTHN_BYTES),
            client_data=fields.base64("client_data", max_bytes=MAX_WEBAUTHN_BYTES),
        )
    return OfficerSignature(
        officer=OfficerId(fields.text("officer", max_chars=MAX_NAME)),
        algorithm=algorithm,
        value=fields.base64("value", max_bytes=MAX_SIGNATURE_BYTES),
        assertion=assertion,
    )
