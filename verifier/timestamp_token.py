"""Read and verify an RFC 3161 timestamp token.

The leaf hashes the token whole, so its spelling need not be ours; what is used of it is read
strictly.

Standard: RFC 3161, 2.4.2; RFC 5652, 5.4; RFC 5816; RFC 4055, 3.1; ETSI EN 319 422.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash, HashAlgorithm

from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.formats.algorithms import SHA256_IDENTIFIER, pss_identifier
from licence.formats.timestamp import read_optional
from verifier.chain_of_trust import LIBRARY_ERRORS, PKCS1, load_certificate, verify_signature

MAX_TOKEN_BYTES: Final = 16 << 10
MAX_TOKEN_CERTIFICATES: Final = 8

_GENERALIZED_TIME: Final = 0x18
_VERSION_1: Final = der.integer(1)
_TIME: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,5}[1-9]))?Z")

_DIGESTS: Final[Mapping[bytes, HashAlgorithm]] = MappingProxyType(
    {
        der.oid("2.16.840.1.101.3.4.2.1"): SHA256(),
        der.oid("2.16.840.1.101.3.4.2.2"): SHA384(),
        der.oid("2.16.840.1.101.3.4.2.3"): SHA512(),
    }
)
_SIGNATURES: Final[Mapping[bytes, tuple[type, HashAlgorithm | None]]] = MappingProxyType(
    {
        der.oid("1.2.840.113549.1.1.1"): (rsa.RSAPublicKey, None),
        der.oid("1.2.840.113549.1.1.11"): (rsa.RSAPublicKey, SHA256()),
        der.oid("1.2.840.113549.1.1.12"): (rsa.RSAPublicKey, SHA384()),
        der.oid("1.2.840.113549.1.1.13"): (rsa.RSAPublicKey, SHA512()),
        der.oid("1.2.840.10045.4.3.2"): (ec.EllipticCurvePublicKey, SHA256()),
        der.oid("1.2.840.10045.4.3.3"): (ec.EllipticCurvePublicKey, SHA384()),
        der.oid("1.2.840.10045.4.3.4"): (ec.EllipticCurvePublicKey, SHA512()),
    }
)
# With and without the NULL after each hash: RFC 4055, 2.1 wants both understood.
_PSS: Final[Mapping[bytes, HashAlgorithm]] = MappingProxyType(
    {
        pss_identifier(der.tlv(der.SEQUENCE, name, *null), hasher.digest_size): hasher
        for name, hasher in _DIGESTS.items()
        for null in ((der.NULL,), ())
    }
)

_SHA256_WRITTEN: Final = (SHA256_IDENTIFIER, der.tlv(der.SEQUENCE, der.oid(oids.SHA256)))
"""AlgorithmIdentifier of SHA-256, with the NULL and without."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature holds; whether its signer is trusted is asked elsewhere."""

    gen_time: datetime
    policy: str
    serial: int
    certificate: bytes
    certificates: tuple[bytes, ...]


def verify_token(token: bytes, stamped: bytes, pool: Sequence[bytes] = ()) -> Token:
    """Check a token over `stamped` against the certificate that it names.

    Args:
        token: DER ContentInfo.
        stamped: What was timestamped: the signature value.
        pool: Certificates among which the TSA's may be, besides those of the token.

    Raises:
        AnzhengError: TIMESTAMP_BROKEN.

    Standard: RFC 3161, 2.4.2; RFC 5652, 5.4 and 5.6.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise _broken("the token is too large")
    try:
        return _verify(token, stamped, pool)
    except AnzhengError as error:
        if error.code is Code.TIMESTAMP_BROKEN:
            raise
        raise _broken("the token cannot be read") from error
    except (*LIBRARY_ERRORS, IndexError) as error:
        raise _broken("the token cannot be read") from error


def _verify(token: bytes, stamped: bytes, pool: Sequence[bytes]) -> Token:
    kind, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    _expect(kind, der.oid(oids.ID_SIGNED_DATA), "not signed data")
    version, _, encapsulated, *rest = der.children(signed_data)
    _expect(version, der.integer(3), "not a token of version 3")
    content_type, content = der.children(encapsulated)
    _expect(content_type, der.oid(oids.ID_TST_INFO), "not a timestamp")
    (octets,) = der.children(content, der.CONTEXT_0)
    info = der.value(octets, der.OCTET_STRING)
    certificates = _certificates(rest)
    (signer_info,) = der.children(rest[-1], der.SET)
    certificate = _check_signer(signer_info, info, (*certificates, *pool))
    policy, serial, gen_time = _read_info(info, stamped)
    return Token(gen_time, policy, serial, certificate, certificates)


def _certificates(fields: Sequence[bytes]) -> tuple[bytes, ...]:
    if not 1 <= len(fields) <= 3 or fields[-1][0] != der.SET:  # noqa: PLR2004
        raise _broken("unknown fields in the token")
    if fields[0][0] != der.CONTEXT_0:
        return ()
    found = der.children(fields[0], der.CONTEXT_0)
    if len(found) > MAX_TOKEN_CERTIFICATES:
        raise _broken("too many certificates in the token")
    return found


def _check_signer(signer_info: bytes, info: bytes, pool: Sequence[bytes]) -> bytes:
    version, identity, digest, attributes, algorithm, value, *_ = der.children(signer_info)
    _expect(version, _VERSION_1, "not a signer of version 1")
    hasher = _DIGESTS.get(der.children(digest)[0])
    if hasher is None:
        raise _broken("a hash that we do not take")
    named = _attributes(attributes)
    _expect(named.get(oids.ATTR_CONTENT_TYPE), der.oid(oids.ID_TST_INFO), "no content type")
    context = Hash(hasher)
    context.update(info)
    message_digest = der.tlv(der.OCTET_STRING, context.finalize())
    _expect(named.get(oids.ATTR_MESSAGE_DIGEST), message_digest, "another message digest")
    certificate = _named_certificate(named.get(oids.ATTR_SIGNING_CERTIFICATE_V2), identity, pool)
    signed = bytes((der.SET,)) + attributes[1:]
    _check_value(certificate, algorithm, hasher, der.value(value, der.OCTET_STRING), signed)
    return certificate


def _attributes(attributes: bytes) -> dict[str, bytes]:
    """Return the single value of each signed attribute that we know, by its identifier."""
    known = {
        der.oid(name): name
        for name in (
            oids.ATTR_CONTENT_TYPE,
            oids.ATTR_MESSAGE_DIGEST,
            oids.ATTR_SIGNING_CERTIFICATE_V2,
        )
    }
    found: dict[str, bytes] = {}
    for attribute in der.children(attributes, der.CONTEXT_0):
        kind, values = der.children(attribute)
        name = known.get(kind)
        if name is None:
            continue
        if name in found:
            raise _broken("an attribute twice")
        (found[name],) = der.children(values, der.SET)
    return found


def _named_certificate(attribute: bytes | None, identity: bytes, pool: Sequence[bytes]) -> bytes:
    """Return the certificate that both the signed attribute and the signer's name mean.

    Standard: RFC 5035, 4 (the first ESSCertIDv2; SHA-256 is its default, and yet written by some).
    """
    if attribute is None:
        raise _broken("the token does not name its certificate")
    first = der.children(der.children(der.children(attribute)[0])[0])
    named = first[1] if first[0] in _SHA256_WRITTEN else first[0]
    if named[0] != der.OCTET_STRING:
        raise _broken("the certificate is named by another hash than SHA-256")
    wanted = der.value(named, der.OCTET_STRING)
    for certificate in pool:
        if hmac.compare_digest(sha256(certificate).digest(), wanted):
            loaded = load_certificate(certificate)
            issuer = loaded.issuer.public_bytes()
            if der.tlv(der.SEQUENCE, issuer, der.integer(loaded.serial_number)) == identity:
                return certificate
    raise _broken("the certificate of the token is missing")


def _check_value(
    certificate: bytes, algorithm: bytes, hasher: HashAlgorithm, value: bytes, signed: bytes
) -> None:
    key = load_certificate(certificate).public_key()
    kind, fixed, padding = _scheme(algorithm)
    if kind is None or not isinstance(key, kind):
        raise _broken("a signature algorithm that we do not take")
    if fixed is not None and fixed.name != hasher.name:
        raise _broken("two different hashes")
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not verify_signature(
        key, value, signed, hasher, padding
    ):
        raise _broken("the signature of the token is wrong")


def _scheme(algorithm: bytes) -> tuple[type | None, HashAlgorithm | None, PKCS1v15 | PSS]:
    """Return kind of key, hash if it is fixed, and RSA padding of an AlgorithmIdentifier."""
    hasher = _PSS.get(algorithm)
    if hasher is not None:
        return rsa.RSAPublicKey, hasher, PSS(MGF1(hasher), hasher.digest_size)
    kind, fixed = _SIGNATURES.get(der.children(algorithm)[0], (None, None))
    return kind, fixed, PKCS1


def _read_info(info: bytes, stamped: bytes) -> tuple[str, int, datetime]:
    version, policy, imprint, serial, moment, *optional = der.children(info)
    _expect(version, _VERSION_1, "not a timestamp of version 1")
    algorithm, hashed = der.children(imprint)
    if der.children(algorithm)[0] != der.oid(oids.SHA256):
        raise _broken("the imprint is not SHA-256")
    if der.value(hashed, der.OCTET_STRING) != sha256(stamped).digest():
        raise _broken("the timestamp belongs to another signature")
    read_optional(optional)
    return _dotted(policy), der.integer_value(serial), _moment(moment)


def _moment(element: bytes) -> datetime:
    match = _TIME.fullmatch(der.value(element, _GENERALIZED_TIME))
    if match is None:
        raise _broken("the time is not written as DER demands")
    moment = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")))


def _dotted(element: bytes) -> str:
    body = der.value(element, der.OBJECT_IDENTIFIER)
    arcs, arc = [], 0
    for octet in body:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    dotted = ".".join(str(each) for each in (first, arcs[0] - 40 * first, *arcs[1:]))
    _expect(der.oid(dotted), element, "an object identifier that is not in its shortest form")
    return dotted


def _expect(found: bytes | None, wanted: bytes, message: str) -> None:
    if found != wanted:
        raise _broken(message)


def _broken(message: str) -> AnzhengError:
    return AnzhengError(Code.TIMESTAMP_BROKEN, f"timestamp: {message}")
