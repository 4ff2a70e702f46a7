"""Timestamp requests, answers and tokens: the little of RFC 3161 that client and responder share.

Standard: RFC 3161, 2.4; RFC 5816 (ESSCertIDv2); ETSI EN 319 422.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.formats.algorithms import SHA256_IDENTIFIER
from licence.ids import Digest

MAX_REQUEST_BYTES: Final = 4 * 1024
MAX_ANSWER_BYTES: Final = 16 * 1024
MAX_NONCE_BYTES: Final = 32
MAX_ACCURACY_SECONDS: Final = 60
"""A clock that may be further off tells no time of signing."""

BOOLEAN_TRUE: Final = b"\x01\x01\xff"
BOOLEAN_FALSE: Final = b"\x01\x01\x00"
GENERALIZED_TIME: Final = 0x18
# Some clients and authorities leave the NULL out; RFC 5754, 2 wants both understood.
_SHA256_WITHOUT_NULL: Final = der.tlv(der.SEQUENCE, der.oid(oids.SHA256))
_VERSION_1: Final = der.integer(1)
_VERSION_3: Final = der.integer(3)
_GRANTED: Final = (der.integer(0), der.integer(1))
_MILLIS: Final = 0x80
_MICROS: Final = 0x81
_PARTS: Final = 1_000
_TIME: Final = re.compile(
    rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{0,5}[1-9]))?Z"
)
_MICROSECONDS: Final = 6


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What a client asks.

    Attributes:
        imprint: SHA-256 of what is to be timestamped.
        nonce: Random number that the answer must repeat.
        policy: Policy asked for.
        wants_certificate: Whether the token must carry the authority's certificate.
    """

    imprint: Digest
    nonce: int | None
    policy: str | None
    wants_certificate: bool = True


@dataclass(frozen=True, slots=True)
class TstInfo:
    """What a token says.

    Attributes:
        policy: DER of its policy identifier.
        imprint: SHA-256 of what was timestamped.
        gen_time: When, UTC.
        nonce: As asked.
        authority: DER of the name that the authority gives itself, a GeneralName, if any.
    """

    policy: bytes
    imprint: Digest
    gen_time: datetime
    nonce: int | None
    authority: bytes | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; all bytes but those of the signature value are DER.

    Attributes:
        info: What it says.
        content: The TSTInfo, as it was signed.
        certificates: Those that it carries.
        signer: IssuerAndSerialNumber of the certificate that signed.
        digest_algorithm: Identifier of the hash, without parameters.
        signature_algorithm: AlgorithmIdentifier, with its parameters.
        signed_attributes: The SET OF that was signed.
        signature: The signature value.
    """

    info: TstInfo
    content: bytes
    certificates: tuple[bytes, ...]
    signer: bytes
    digest_algorithm: bytes
    signature_algorithm: bytes
    signed_attributes: bytes
    signature: bytes


def encode_request(request: TimestampRequest) -> bytes:
    """Return the TimeStampReq, DER."""
    parts = [_VERSION_1, _imprint(request.imprint)]
    if request.policy is not None:
        parts.append(der.oid(request.policy))
    if request.nonce is not None:
        parts.append(der.integer(request.nonce))
    if request.wants_certificate:
        parts.append(BOOLEAN_TRUE)
    return der.tlv(der.SEQUENCE, *parts)


def decode_request(data: bytes) -> tuple[Digest, bytes | None, int | None]:
    """Return imprint, policy (DER) and nonce of a TimeStampReq.

    Raises:
        AnzhengError: TSA_ANSWER for a request that this responder does not understand.
    """
    _limit(data, MAX_REQUEST_BYTES)
    try:
        version, imprint, *rest = der.children(data)
        if version != _VERSION_1:
            raise _bad("a request of another version")
        policy = rest.pop(0) if rest and rest[0][0] == der.OBJECT_IDENTIFIER else None
        nonce = _nonce(rest.pop(0)) if rest and rest[0][0] == der.INTEGER else None
        if rest not in ([], [BOOLEAN_TRUE]):
            raise _bad("a request with unknown parts")
        return _read_imprint(imprint), policy, nonce
    except (AnzhengError, ValueError) as error:
        raise _bad("the request cannot be read") from error


def encode_answer(token: bytes) -> bytes:
    """Return the TimeStampResp that grants this token, DER."""
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(0)), token)


def encode_rejection() -> bytes:
    """Return the TimeStampResp that rejects a request, DER."""
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(2)))


def decode_answer(data: bytes) -> bytes:
    """Return the token of a TimeStampResp.

    Raises:
        AnzhengError: TSA_ANSWER, when it is none or the request was not granted.
    """
    _limit(data, MAX_ANSWER_BYTES)
    try:
        status, *token = der.children(data)
        granted = der.children(status)[0] in _GRANTED
    except (AnzhengError, ValueError, IndexError) as error:
        raise _bad("the answer cannot be read") from error
    if not granted or len(token) != 1:
        raise _bad("the timestamp authority did not grant the request")
    return token[0]


def encode_tst_info(
    info: TstInfo, *, serial: int, accuracy_seconds: int, authority: bytes
) -> bytes:
    """Return the TSTInfo, DER.

    Args:
        info: What it says.
        serial: Unique number of the token.
        accuracy_seconds: How far the clock may be off.
        authority: Distinguished name of the authority, DER.
    """
    nonce = b"" if info.nonce is None else der.integer(info.nonce)
    return der.tlv(
        der.SEQUENCE,
        _VERSION_1,
        info.policy,
        _imprint(info.imprint),
        der.integer(serial),
        der.tlv(GENERALIZED_TIME, _time(info.gen_time)),
        der.tlv(der.SEQUENCE, der.integer(accuracy_seconds)),
        nonce,
        der.tlv(der.CONTEXT_0, der.tlv(der.CONTEXT_4, authority)),
    )


def read_token(token: bytes) -> Token:
    """Take a TimeStampToken apart, without verifying it.

    Raises:
        AnzhengError: TSA_ANSWER.

    Standard: RFC 3161, 2.4.2; RFC 5652, 5.
    """
    _limit(token, MAX_ANSWER_BYTES)
    try:
        return _token(token)
    except (AnzhengError, ValueError, IndexError) as error:
        raise _bad("the token cannot be read") from error


def _token(token: bytes) -> Token:
    content_type, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    version, _, encapsulated, *optional, infos = der.children(signed_data)
    kind, octets = der.children(encapsulated)
    (info,) = der.children(infos, der.SET)
    fields = der.children(info)
    info_version, signer, digest_algorithm, attributes, signature_algorithm, signature = fields[:6]
    if content_type != der.oid(oids.ID_SIGNED_DATA) or kind != der.oid(oids.ID_TST_INFO):
        raise _bad("not a timestamp token")
    if (version, info_version) != (_VERSION_3, _VERSION_1):
        raise _bad("a token of another version")
    content = der.value(der.children(octets, der.CONTEXT_0)[0], der.OCTET_STRING)
    certificates = [
        certificate
        for field in optional
        if field[0] == der.CONTEXT_0
        for certificate in der.children(field, der.CONTEXT_0)
    ]
    der.value(attributes, der.CONTEXT_0)
    return Token(
        info=_tst_info(content),
        content=content,
        certificates=tuple(certificates),
        signer=signer,
        digest_algorithm=der.children(digest_algorithm)[0],
        signature_algorithm=signature_algorithm,
        signed_attributes=bytes((der.SET,)) + attributes[1:],
        signature=der.value(signature, der.OCTET_STRING),
    )


def _tst_info(content: bytes) -> TstInfo:
    version, policy, imprint, _, moment, *optional = der.children(content)
    if version != _VERSION_1:
        raise _bad("a token of another version")
    nonce, authority = read_optional(optional)
    return TstInfo(policy, _read_imprint(imprint), _read_time(moment), nonce, authority)


def read_optional(fields: Sequence[bytes]) -> tuple[int | None, bytes | None]:
    """Return nonce and name of the authority from what follows the time in a TSTInfo.

    Raises:
        AnzhengError: TSA_ANSWER or DER_SYNTAX for unknown or critical parts, and for an accuracy
            of more than `MAX_ACCURACY_SECONDS`.

    Standard: RFC 3161, 2.4.2.
    """
    optional = list(fields)
    if optional and optional[0][0] == der.SEQUENCE:
        _check_accuracy(optional.pop(0))
    if optional and optional[0] in (BOOLEAN_TRUE, BOOLEAN_FALSE):
        del optional[0]  # ordering
    nonce = _nonce(optional.pop(0)) if optional and optional[0][0] == der.INTEGER else None
    authority = None
    if optional and optional[0][0] == der.CONTEXT_0:
        (authority,) = der.children(optional.pop(0), der.CONTEXT_0)
    if len(optional) > 1:
        raise _bad("unknown fields in the token")
    for field in optional:
        _check_extensions(field)
    return nonce, authority


def _check_accuracy(accuracy: bytes) -> None:
    parts = list(der.children(accuracy))
    seconds = 0
    if parts and parts[0][0] == der.INTEGER:
        seconds = der.integer_value(parts.pop(0))
    tags = [part[0] for part in parts]
    if tags not in ([], [_MILLIS], [_MICROS], [_MILLIS, _MICROS]):
        raise _bad("an accuracy with unknown parts")
    # Thousandths, and thousandths of those: else days could be written as parts of a second.
    for part, tag in zip(parts, tags, strict=True):
        if der.integer_value(der.tlv(der.INTEGER, der.value(part, tag))) >= _PARTS:
            raise _bad("an accuracy with parts that make more than the whole")
    if seconds > MAX_ACCURACY_SECONDS:
        raise _bad("the clock of the authority may be off by more than a minute")


def _check_extensions(field: bytes) -> None:
    """Take extensions that may be overlooked, such as ETSI's `qtstStatement`, and no other."""
    for extension in der.children(field, der.CONTEXT_1):
        if BOOLEAN_TRUE in der.children(extension):
            raise _bad("a critical extension in the token")


def attribute(token: Token, kind: str) -> bytes:
    """Return the one value of a signed attribute.

    Raises:
        AnzhengError: TSA_ANSWER, when it is missing or there twice.
    """
    try:
        found = [
            der.children(der.children(each)[1], der.SET)
            for each in der.children(token.signed_attributes, der.SET)
            if der.children(each)[0] == der.oid(kind)
        ]
    except (AnzhengError, IndexError) as error:
        raise _bad("the token cannot be read") from error
    if len(found) != 1 or len(found[0]) != 1:
        raise _bad("a signed attribute of the token is missing, or there twice")
    return found[0][0]


def certificate_digest(token: Token) -> bytes:
    """Return the SHA-256 of the certificate that the token names as its signer's (ESSCertIDv2).

    Raises:
        AnzhengError: TSA_ANSWER, also when it names it by another hash.
    """
    try:
        value = attribute(token, oids.ATTR_SIGNING_CERTIFICATE_V2)
        identifier = der.children(der.children(der.children(value)[0])[0])
        digest = identifier[0]
        if digest in (SHA256_IDENTIFIER, _SHA256_WITHOUT_NULL):
            digest = identifier[1]
        return der.value(digest, der.OCTET_STRING)
    except (AnzhengError, IndexError) as error:
        raise _bad("the token does not name its certificate by SHA-256") from error


def _imprint(digest: Digest) -> bytes:
    return der.tlv(der.SEQUENCE, SHA256_IDENTIFIER, der.tlv(der.OCTET_STRING, digest))


def _read_imprint(imprint: bytes) -> Digest:
    algorithm, digest = der.children(imprint)
    value = der.value(digest, der.OCTET_STRING)
    if algorithm not in (SHA256_IDENTIFIER, _SHA256_WITHOUT_NULL):
        raise _bad("only SHA-256 is timestamped")
    if len(value) != sha256().digest_size:
        raise _bad("an imprint of another length")
    return Digest(value)


def _nonce(field: bytes) -> int:
    if len(field) > MAX_NONCE_BYTES:
        raise _bad("a nonce that is too long")
    return der.integer_value(field)


def _time(moment: datetime) -> bytes:
    """UTC; a fraction without trailing zeros, as DER wants it (RFC 3161, 2.4.2)."""
    utc = moment.astimezone(UTC)
    fraction = f"{utc.microsecond // 1000:03d}".rstrip("0")
    return f"{utc:%Y%m%d%H%M%S}{'.' + fraction if fraction else ''}Z".encode("ascii")


def _read_time(field: bytes) -> datetime:
    found = _TIME.fullmatch(der.value(field, GENERALIZED_TIME))
    if found is None:
        raise _bad("the time of the token is not in UTC")
    year, month, day, hour, minute, second = map(int, found.groups()[:-1])
    microsecond = int((found[7] or b"").ljust(_MICROSECONDS, b"0"))
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def _limit(data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise _bad("too large")


def _bad(message: str) -> AnzhengError:
    return AnzhengError(Code.TSA_ANSWER, message)
