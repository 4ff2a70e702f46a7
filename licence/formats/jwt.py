"""JWS in compact form with ES256, in the one shape that we write: header and claims canonical JSON.

For readers that know no CBOR. As with COSE, the type is an argument and no key in the token is
believed.

Standard: RFC 7515, 7.1; RFC 7518, 3.4; RFC 8725, 3.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from licence.errors import AnzhengError, Code
from licence.formats import canonical, es256
from licence.formats.canonical import JsonObject, JsonValue
from licence.formats.es256 import SignBytes
from licence.formats.fields import base64_text

MAX_HEADER_BYTES = 8 * 1024
_PARTS = 3
_KEY_ID = re.compile(r"(?:[0-9a-f]{2}){1,64}", re.ASCII)


def base64url(data: bytes) -> str:
    """Write bytes in base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Read base64url without padding in its one spelling.

    Raises:
        AnzhengError: `JWT_SYNTAX` for anything else.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise AnzhengError(Code.JWT_SYNTAX, "not base64url") from exc
    if base64url(data) != text:
        raise AnzhengError(Code.JWT_SYNTAX, "base64url in another spelling")
    return data


def sign_compact(
    claims: JsonObject,
    *,
    content_type: str,
    kid: bytes,
    sign: SignBytes,
    certificate: bytes | None = None,
) -> bytes:
    """Return the signed token; arguments as for `cose.sign1`.

    Raises:
        AnzhengError: `COSE_SIGNATURE` if `sign` gives no ES256 signature.
    """
    header: dict[str, JsonValue] = {"alg": "ES256", "kid": kid.hex(), "typ": content_type}
    if certificate is not None:
        header["x5c"] = [base64_text(certificate)]
    parts = (base64url(canonical.dumps(header)), base64url(canonical.dumps(claims)))
    signed = ".".join(parts).encode("ascii")
    signature = sign(signed)
    if len(signature) != es256.SIGNATURE_BYTES:
        raise AnzhengError(Code.COSE_SIGNATURE, "the signing key gave no ES256 signature")
    return signed + b"." + base64url(signature).encode("ascii")


def verify_compact(
    token: bytes, *, content_type: str, keys: Mapping[bytes, bytes], max_bytes: int
) -> tuple[bytes, JsonObject]:
    """Read and verify a token of ours and return its key id and its claims.

    Args:
        token: The token.
        content_type: The `typ` that is expected, such as `statuslist+jwt`.
        keys: Public keys (SubjectPublicKeyInfo DER) by key id.
        max_bytes: Largest token that is looked at.

    Raises:
        AnzhengError: `TOO_LARGE`, `JWT_SYNTAX`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`,
            `COSE_SIGNATURE` (unknown key, wrong signature).
    """
    if len(token) > max_bytes:
        raise AnzhengError(Code.TOO_LARGE, "the token is too large", limit=max_bytes)
    try:
        parts = token.decode("ascii").split(".")
    except UnicodeDecodeError as exc:
        raise AnzhengError(Code.JWT_SYNTAX, "a token is ASCII") from exc
    if len(parts) != _PARTS:
        raise AnzhengError(Code.JWT_SYNTAX, "a compact token has three parts")
    header, claims, signature = (from_base64url(part) for part in parts)
    kid = _kid(header, content_type)
    key = keys.get(kid)
    if key is None:
        raise AnzhengError(Code.COSE_SIGNATURE, "signed by a key that is not believed here")
    signed = ".".join(parts[:2]).encode("ascii")
    es256.verify(key, signed, signature, code=Code.COSE_SIGNATURE)
    return kid, canonical.load_object(claims, max_bytes=max_bytes)


def read_unverified(token: bytes, *, max_bytes: int) -> JsonObject:
    """Return the claims of a token of our own, without asking who signed it.

    Raises:
        AnzhengError: `TOO_LARGE`, `JWT_SYNTAX`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`.
    """
    if len(token) > max_bytes:
        raise AnzhengError(Code.TOO_LARGE, "the token is too large", limit=max_bytes)
    parts = token.split(b".")
    if len(parts) != _PARTS or not token.isascii():
        raise AnzhengError(Code.JWT_SYNTAX, "a compact token has three parts, in ASCII")
    return canonical.load_object(from_base64url(parts[1].decode("ascii")), max_bytes=max_bytes)


def _kid(header_bytes: bytes, content_type: str) -> bytes:
    header = dict(canonical.load_object(header_bytes, max_bytes=MAX_HEADER_BYTES))
    header.pop("x5c", None)
    kid = header.pop("kid", None)
    # What is left must be exactly this: no `crit`, no `jwk`, no `none`, no other type.
    if header != {"alg": "ES256", "typ": content_type} or not isinstance(kid, str):
        raise AnzhengError(Code.JWT_SYNTAX, f"not an ES256 token of type {content_type}")
    if _KEY_ID.fullmatch(kid) is None:
        raise AnzhengError(Code.JWT_SYNTAX, "the key id is not lower-case hex")
    return bytes.fromhex(kid)
