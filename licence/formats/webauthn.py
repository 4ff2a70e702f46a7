"""What a passkey signs: authenticator data and client data around our challenge.

The challenge is SHA-256 of the bytes that the officer means to sign, so a signature by a passkey
says as much as one by a key file, and also that the officer touched and unlocked it.

Standard: W3C Web Authentication Level 2, 6.1 (authenticator data), 7.2 (verifying an assertion).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import es256
from licence.formats.jwt import base64url

MAX_DER_SIGNATURE_BYTES: Final = 80
_RP_ID_HASH = slice(0, 32)
_FLAGS = 32
_MIN_AUTHENTICATOR_DATA = 37
_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the browser gave beside the signature."""

    authenticator_data: bytes
    client_data: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """One of our pages: its origin, and the relying party id under which passkeys were made.

    Args:
        origin: Such as `https://console.example.gov`.
        rp_id: Such as `example.gov`.
    """

    origin: str
    rp_id: str


def challenge(signed: bytes) -> bytes:
    """Return the challenge to hand to the browser for these bytes."""
    return hashlib.sha256(signed).digest()


def verify_assertion(
    assertion: Assertion,
    signature: bytes,
    signed: bytes,
    public_key: bytes,
    *,
    sites: Sequence[Site],
) -> None:
    """Do nothing if the passkey with this key signed for `signed`, on one of our pages, unlocked.

    Args:
        assertion: What the browser gave.
        signature: The passkey's signature, DER as the browser gives it.
        signed: The bytes whose `challenge` it must be.
        public_key: The officer's pinned key, SubjectPublicKeyInfo DER.
        sites: Our pages on which passkeys are used.

    Raises:
        AnzhengError: `RELEASE_SIGNATURE`, or `ALGORITHM_UNSUPPORTED` if the key is not P-256.

    Standard: W3C Web Authentication Level 2, 7.2, steps 11 to 20.
    """
    site = _check_client_data(assertion.client_data, challenge(signed), sites)
    _check_authenticator_data(assertion.authenticator_data, site)
    to_verify = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        raw = es256.raw_signature(signature[: MAX_DER_SIGNATURE_BYTES + 1])
    except AnzhengError as exc:
        raise _refusal("the passkey's signature is no ECDSA signature") from exc
    es256.verify(public_key, to_verify, raw, code=Code.RELEASE_SIGNATURE)


def _refusal(message: str) -> AnzhengError:
    return AnzhengError(Code.RELEASE_SIGNATURE, message)


def _check_client_data(client_data: bytes, expected: bytes, sites: Sequence[Site]) -> Site:
    # The browser writes this JSON, so it need not be canonical; its hash is what is signed.
    try:
        value = json.loads(client_data.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise _refusal("the client data is no JSON") from exc
    if not isinstance(value, dict) or value.get("type") != "webauthn.get":
        raise _refusal("the client data is not of a signature")
    if value.get("challenge") != base64url(expected):
        raise _refusal("the passkey signed for something else")
    site = next((one for one in sites if one.origin == value.get("origin")), None)
    if site is None or value.get("crossOrigin", False) is not False:
        raise _refusal("the passkey was used on a page that is not ours")
    return site


def _check_authenticator_data(data: bytes, site: Site) -> None:
    if len(data) < _MIN_AUTHENTICATOR_DATA:
        raise _refusal("the authenticator data is cut short")
    if data[_RP_ID_HASH] != hashlib.sha256(site.rp_id.encode("utf-8")).digest():
        raise _refusal("the passkey is of another site")
    needed = _USER_PRESENT | _USER_VERIFIED
    if data[_FLAGS] & needed != needed:
        raise _refusal("the officer was not present, or did not unlock the passkey")
