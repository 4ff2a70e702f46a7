"""Token Status Lists: a shard as signed CWT and as signed JWT, for any reader of the standard.

The short form of the status; why and since when stands in the side list. A shard inflates to
exactly 262,144 bytes, and nothing that inflates to anything else is looked at.

Standard: draft-ietf-oauth-status-list-21, 4 (list), 5.1 (JWT), 5.2 (CWT); RFC 1950 (zlib).
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NoReturn

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, jwt
from licence.formats.canonical import JsonValue
from licence.formats.cbor import CborKey, CborValue
from licence.formats.cbor_fields import MAX_SECONDS
from licence.formats.es256 import SignBytes
from licence.formats.status_shard import (
    BITS,
    LIFETIME,
    MAX_LIFETIME,
    SHARD_BYTES,
    SHARD_ENTRIES,
    TTL,
    ListName,
    ListValue,
    StatusList,
    aggregation_uri,
    is_list_path,
    list_uri,
    make_list,
    shard_of,
    value_of,
)
from licence.formats.trust_types import StatusKey

__all__ = [
    "BITS",
    "LIFETIME",
    "MAX_CWT_BYTES",
    "MAX_JWT_BYTES",
    "SHARD_BYTES",
    "SHARD_ENTRIES",
    "TTL",
    "ListName",
    "ListValue",
    "StatusList",
    "aggregation_uri",
    "cwt_claims",
    "decode_cwt",
    "decode_jwt",
    "encode_cwt",
    "encode_jwt",
    "inflate",
    "is_list_path",
    "list_uri",
    "make_list",
    "moment",
    "read_unverified",
    "shard_of",
    "value_of",
]

MAX_CWT_BYTES: Final = 320 * 1024
"""Largest CWT: a shard that cannot be compressed, header and certificate."""
MAX_JWT_BYTES: Final = 640 * 1024
"""Largest JWT: the same, twice in base64."""

CWT_TYPE: Final = "application/statuslist+cwt"
JWT_TYPE: Final = "statuslist+jwt"
_SUBJECT, _EXPIRES, _ISSUED = 2, 4, 6
_STATUS_LIST, _TTL = 65533, 65534
_CWT_CLAIMS = frozenset({_SUBJECT, _EXPIRES, _ISSUED, _STATUS_LIST, _TTL})
_JWT_CLAIMS = frozenset({"sub", "exp", "iat", "status_list", "ttl"})
_LIST_KEYS = frozenset({"bits", "lst", "aggregation_uri"})


# ---------------------------------------------------------------- CWT


def encode_cwt(
    status_list: StatusList, *, kid: bytes, sign: SignBytes, certificate: bytes | None = None
) -> bytes:
    """Return the list as a signed CWT.

    Standard: draft-ietf-oauth-status-list-21, 5.2.
    """
    claims = cwt_claims(
        status_list.name,
        _seconds(status_list.issued_at),
        _seconds(status_list.expires_at),
        status_list.ttl_seconds,
        _compressed(status_list.packed),
    )
    return cose.sign1(
        cbor.dumps(claims), content_type=CWT_TYPE, kid=kid, sign=sign, certificate=certificate
    )


def cwt_claims(
    name: ListName, issued_at: int, expires_at: int, ttl: int, packed: bytes
) -> dict[CborKey, CborValue]:
    """Return the claims of a CWT.

    Args:
        name: Which list.
        issued_at: In seconds since 1970.
        expires_at: The same.
        ttl: In seconds.
        packed: The shard, zlib-compressed.
    """
    return {
        _SUBJECT: name.uri,
        _EXPIRES: expires_at,
        _ISSUED: issued_at,
        _STATUS_LIST: {
            "bits": BITS,
            "lst": packed,
            # The draft says optional; a published reader fails without it.
            "aggregation_uri": name.aggregation_uri,
        },
        _TTL: ttl,
    }


def decode_cwt(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> StatusList:
    """Read and verify a list; how old it is, the caller asks it (`is_stale`).

    Args:
        data: The CWT.
        keys: The authority's status keys from the trust bundle.
        expected: Which list this must be: a genuine list of another shard, authority or registry
            would answer for the wrong licences.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if it is another list, badly timed or not of this
            shape, or signed by a key outside its days; else a code of `cose.verify1`.
    """
    by_kid = {key.kid: key.key for key in keys}
    message = cose.verify1(data, content_type=CWT_TYPE, keys=by_kid, max_bytes=MAX_CWT_BYTES)
    listed = _read_cwt(message.payload, expected)
    return _believed(listed, [key for key in keys if key.kid == message.kid])


def read_unverified(data: bytes, expected: ListName) -> StatusList:
    """Read a CWT whose signature was verified before, or is none of the reader's concern.

    Raises:
        AnzhengError: As `decode_cwt`, but for the signature.
    """
    return _read_cwt(cose.parts(data, max_bytes=MAX_CWT_BYTES).payload, expected)


def _read_cwt(payload: bytes, expected: ListName) -> StatusList:
    claims = cbor.loads(payload, max_bytes=MAX_CWT_BYTES)
    if not isinstance(claims, dict) or claims.keys() != _CWT_CLAIMS:
        _refuse("the claims are not those of a status list")
    inner = claims[_STATUS_LIST]
    packed = inner.get("lst") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(packed, bytes):
        _refuse("there is no list")
    times = (claims[_ISSUED], claims[_EXPIRES], claims[_TTL])
    _check_name(claims[_SUBJECT], inner, expected)
    return _checked(expected, times, packed)


# ---------------------------------------------------------------- JWT


def encode_jwt(
    status_list: StatusList, *, kid: bytes, sign: SignBytes, certificate: bytes | None = None
) -> bytes:
    """Return the list as a signed JWT, for readers that know no CBOR.

    Standard: draft-ietf-oauth-status-list-21, 5.1.
    """
    inner: dict[str, JsonValue] = {
        "bits": BITS,
        "lst": jwt.base64url(_compressed(status_list.packed)),
        "aggregation_uri": status_list.name.aggregation_uri,
    }
    claims: dict[str, JsonValue] = {
        "sub": status_list.name.uri,
        "exp": _seconds(status_list.expires_at),
        "iat": _seconds(status_list.issued_at),
        "status_list": inner,
        "ttl": status_list.ttl_seconds,
    }
    return jwt.sign_compact(
        claims, content_type=JWT_TYPE, kid=kid, sign=sign, certificate=certificate
    )


def decode_jwt(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> StatusList:
    """Read and verify a list; arguments and errors as for `decode_cwt`."""
    by_kid = {key.kid: key.key for key in keys}
    kid, claims = jwt.verify_compact(
        data, content_type=JWT_TYPE, keys=by_kid, max_bytes=MAX_JWT_BYTES
    )
    if claims.keys() != _JWT_CLAIMS:
        _refuse("the claims are not those of a status list")
    inner = claims["status_list"]
    text = inner.get("lst") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(text, str):
        _refuse("there is no list")
    times = (claims["iat"], claims["exp"], claims["ttl"])
    _check_name(claims["sub"], inner, expected)
    listed = _checked(expected, times, jwt.from_base64url(text))
    return _believed(listed, [key for key in keys if key.kid == kid])


# ---------------------------------------------------------------- both


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.STATUS_LIST_REFUSED, message)


def _check_name(subject: object, inner: Mapping[str, object], expected: ListName) -> None:
    if subject != expected.uri:
        _refuse(f"this is not the list {expected.uri}")
    if inner.keys() != _LIST_KEYS or inner["aggregation_uri"] != expected.aggregation_uri:
        _refuse("the list has not the fields that it must have")
    if inner["bits"] != BITS or isinstance(inner["bits"], bool):
        _refuse(f"a list here has {BITS} bits an entry")


def moment(seconds: int) -> datetime:
    """Return a time that stands in a list as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _checked(name: ListName, times: tuple[object, object, object], packed: bytes) -> StatusList:
    issued, expires, ttl = times
    issued_at, expires_at = moment(_whole(issued)), moment(_whole(expires))
    if not issued_at < expires_at <= issued_at + MAX_LIFETIME:
        _refuse("the list ends before it begins, or lives too long")
    if _whole(ttl) > MAX_LIFETIME.total_seconds():
        _refuse("the list wants to be kept too long")
    return StatusList(name, issued_at, expires_at, _whole(ttl), inflate(packed))


def _believed(listed: StatusList, keys: Sequence[StatusKey]) -> StatusList:
    if not any(key.believed_at(listed.issued_at) for key in keys):
        _refuse("the list was signed outside the days of its key")
    return listed


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SECONDS:
        _refuse("a time is not a number of seconds")
    return value


@lru_cache(maxsize=1)
def _compressed(shard: bytes) -> bytes:
    """Return a shard as it stands in CWT and JWT; the two are made one after the other."""
    return zlib.compress(shard, 9)


def inflate(packed: bytes) -> bytes:
    """Return the `SHARD_BYTES` bytes of a shard.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` for more (512 MB of zeros pack into 500 kB), fewer, or
            bytes after the end of the stream.

    Standard: RFC 1950.
    """
    stream = zlib.decompressobj()
    try:
        shard = stream.decompress(packed, SHARD_BYTES + 1)
    except zlib.error as exc:
        raise AnzhengError(Code.STATUS_LIST_REFUSED, "the list does not inflate") from exc
    if len(shard) != SHARD_BYTES or not stream.eof or stream.unused_data:
        _refuse(f"the list does not inflate to exactly {SHARD_BYTES} bytes")
    return shard
