"""The signature of a licence: one CMS template, its writer and its reader.

There is one way to spell a licence's CMS. `build` writes it from its parts, `parse` takes the parts
out and builds it again: whatever differs in one byte is no licence of ours. So no byte of the CMS
is free: certificates are compared with the signed DSS by the verifier, the token is part of the
leaf, the evidence is bound by its own proofs.

Standard: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 3161, ETSI EN 319 122-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Final, NamedTuple

from licence.errors import AnzhengError, Code
from licence.formats import algorithms, der, oids
from licence.formats.algorithms import SHA256_IDENTIFIER, SignatureAlgorithm
from licence.formats.limits import (
    HOLE_BYTES,
    MAX_CERTIFICATES,
    MAX_CMS_BYTES,
    MAX_EVIDENCE_BYTES,
)
from licence.ids import Digest

DIGEST_BYTES: Final = 32


@unique
class SignedKind(StrEnum):
    """What a signature is about: the attribute that holds the digest of its data."""

    LICENCE = oids.ATTR_LICENCE_JSON_DIGEST
    REPORT = oids.ATTR_REPORT_DIGEST


@dataclass(frozen=True, slots=True)
class CmsParts:
    """All that is particular to one licence's CMS; the template supplies the rest.

    Attributes:
        certificates: DER, ascending as a SET OF, each once.
        signer_certificate: One of them.
        message_digest: SHA-256 of the ByteRange bytes.
        licence_digest: SHA-256 of `licence.json`, or of what stands for it in another kind.
        signature: The signature value over the signed attributes.
        timestamp_token: RFC 3161 token over the signature, DER ContentInfo.
        evidence: Anchor evidence, once the licence is anchored.
        algorithm: How it is signed.
        kind: What is signed; a licence's signature is never one of another kind.
    """

    certificates: tuple[bytes, ...]
    signer_certificate: bytes
    message_digest: Digest
    licence_digest: Digest
    signature: bytes
    timestamp_token: bytes | None
    evidence: bytes | None
    algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA2048_PKCS1_SHA256
    kind: SignedKind = SignedKind.LICENCE


def _attribute(kind: str, value: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, der.oid(kind), der.tlv(der.SET, value))


_VERSION_1: Final = der.integer(1)
_SIGNED_DATA: Final = der.oid(oids.ID_SIGNED_DATA)
_HEAD: Final = b"".join(
    (
        _VERSION_1,
        der.tlv(der.SET, SHA256_IDENTIFIER),
        der.tlv(der.SEQUENCE, der.oid(oids.ID_DATA)),
    )
)
_CONTENT_TYPE: Final = _attribute(oids.ATTR_CONTENT_TYPE, der.oid(oids.ID_DATA))


def signed_attributes(
    *,
    message_digest: Digest,
    signer_certificate: bytes,
    licence_digest: Digest,
    kind: SignedKind = SignedKind.LICENCE,
) -> bytes:
    """Return the bytes that the authority's key signs: the DER of the SET OF signed attributes.

    Args:
        message_digest: SHA-256 of the ByteRange bytes.
        signer_certificate: DER.
        licence_digest: SHA-256 of `licence.json`, or of what stands for it in another kind.
        kind: What is signed.

    Raises:
        AnzhengError: CMS_SYNTAX, for a digest of another length or bytes that are no certificate.

    Standard: RFC 5652, 5.4; RFC 5035, 3; ETSI EN 319 142-1, 6.3 (no signing-time in PAdES).
    """
    if len(message_digest) != DIGEST_BYTES or len(licence_digest) != DIGEST_BYTES:
        raise AnzhengError(Code.CMS_SYNTAX, "a SHA-256 digest has 32 bytes")
    attributes = (
        _CONTENT_TYPE,
        _attribute(oids.ATTR_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, message_digest)),
        _certificate_fields(signer_certificate).signing_certificate,
        _attribute(kind.value, der.tlv(der.OCTET_STRING, licence_digest)),
    )
    return der.tlv(der.SET, *sorted(attributes))


def build(parts: CmsParts) -> bytes:
    """Return the CMS of these parts.

    Raises:
        AnzhengError: CMS_SYNTAX for parts that do not fit together, CMS_TOO_LARGE,
            ALGORITHM_UNSUPPORTED.
    """
    _check(parts)
    info = _signer_info(parts)
    unsigned: tuple[bytes, ...] = ()
    if parts.timestamp_token is not None:
        unsigned = (_attribute(oids.ATTR_TIMESTAMP_TOKEN, parts.timestamp_token),)
    built = _assemble(parts, info, unsigned)
    if len(built) > MAX_CMS_BYTES:
        raise AnzhengError(Code.CMS_TOO_LARGE, "the CMS leaves no room", bytes=len(built))
    if parts.evidence is None:
        return built
    evidence = der.tlv(der.OCTET_STRING, parts.evidence)
    return _assemble(parts, info, (*unsigned, _attribute(oids.ATTR_ANCHOR_EVIDENCE, evidence)))


def parse(data: bytes, kind: SignedKind = SignedKind.LICENCE) -> CmsParts:
    """Take a CMS of ours apart; every byte of it must be as `build` would write it.

    Args:
        data: The DER without the padding of the hole.
        kind: What must be signed.

    Raises:
        AnzhengError: CMS_TOO_LARGE, CMS_SYNTAX when it is no DER of that shape,
            ALGORITHM_UNSUPPORTED, CMS_NOT_OUR_TEMPLATE when one byte is not ours.
    """
    if len(data) > HOLE_BYTES:
        raise AnzhengError(Code.CMS_TOO_LARGE, "longer than the hole", bytes=len(data))
    try:
        parts = _parts(data, kind)
    except AnzhengError as error:
        if error.code is Code.DER_SYNTAX:
            raise AnzhengError(Code.CMS_SYNTAX, "the CMS is not our DER") from error
        raise
    if build(parts) != data:
        raise AnzhengError(Code.CMS_NOT_OUR_TEMPLATE, "the CMS is not spelled as ours are")
    return parts


def with_evidence(data: bytes, evidence: bytes | None) -> bytes:
    """Return the CMS with this anchor evidence in place of what it had, or with none.

    Raises:
        AnzhengError: As `parse` and `build`.
    """
    return build(replace(parse(data), evidence=evidence))


def with_revocation_values(token: bytes, crls: Sequence[bytes], ocsps: Sequence[bytes]) -> bytes:
    """Return the timestamp token with CRLs and OCSP answers as an unsigned attribute.

    EU DSS reads no DSS dictionary of the signed revision itself; it does read these. All other
    elements of the token are copied as they are.

    Args:
        token: RFC 3161 TimeStampToken, DER ContentInfo with one SignerInfo.
        crls: CertificateList, DER.
        ocsps: OCSPResponse, DER, successful and basic.

    Raises:
        AnzhengError: CMS_SYNTAX, also when there is nothing to add or the token has the attribute.

    Standard: RFC 5126, 6.3.4 (revocation-values).
    """
    try:
        return _add_revocation_values(token, crls, ocsps)
    except AnzhengError as error:
        raise AnzhengError(Code.CMS_SYNTAX, "token or revocation data: no such DER") from error


def _check(parts: CmsParts) -> None:
    if len(parts.signature) != algorithms.scheme(parts.algorithm).signature_bytes:
        raise AnzhengError(Code.CMS_SYNTAX, "a signature value of another length")
    certificates = parts.certificates
    if len(certificates) > MAX_CERTIFICATES or parts.signer_certificate not in certificates:
        raise AnzhengError(Code.CMS_SYNTAX, "too many certificates, or not the signer's")
    if any(a >= b for a, b in pairwise(certificates)):
        raise AnzhengError(Code.CMS_SYNTAX, "certificates not ascending, or one twice")
    token = parts.timestamp_token
    for element in certificates if token is None else (*certificates, token):
        _require_sequence(element)
    if parts.evidence is not None and not 1 <= len(parts.evidence) <= MAX_EVIDENCE_BYTES:
        raise AnzhengError(Code.CMS_TOO_LARGE, "the evidence is empty or does not fit")


def _require_sequence(element: bytes) -> None:
    try:
        der.value(element, der.SEQUENCE)
    except AnzhengError as error:
        raise AnzhengError(Code.CMS_SYNTAX, "certificate or token: not one SEQUENCE") from error


def _signer_info(parts: CmsParts) -> bytes:
    """Return the body of the SignerInfo up to the signature value."""
    signed = signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
        kind=parts.kind,
    )
    return b"".join(
        (
            _VERSION_1,
            _certificate_fields(parts.signer_certificate).issuer_serial,
            SHA256_IDENTIFIER,
            # RFC 5652, 5.4: signed as a SET OF, written under [0]; only the tag differs.
            bytes((der.CONTEXT_0,)) + signed[1:],
            algorithms.scheme(parts.algorithm).identifier,
            der.tlv(der.OCTET_STRING, parts.signature),
        )
    )


def _assemble(parts: CmsParts, info: bytes, unsigned: tuple[bytes, ...]) -> bytes:
    attributes = (der.tlv(der.CONTEXT_1, *sorted(unsigned)),) if unsigned else ()
    signed_data = der.tlv(
        der.SEQUENCE,
        _HEAD,
        der.tlv(der.CONTEXT_0, *parts.certificates),
        der.tlv(der.SET, der.tlv(der.SEQUENCE, info, *attributes)),
    )
    return der.tlv(der.SEQUENCE, _SIGNED_DATA, der.tlv(der.CONTEXT_0, signed_data))


class _CertificateFields(NamedTuple):
    issuer_serial: bytes
    signing_certificate: bytes


@lru_cache(maxsize=32)
def _certificate_fields(certificate: bytes) -> _CertificateFields:
    """Return IssuerAndSerialNumber and the signing-certificate-v2 attribute of a certificate."""
    try:
        fields = der.children(der.children(certificate)[0])
        first = 1 if fields[0][0] == der.CONTEXT_0 else 0
        serial, _, issuer = fields[first : first + 3]
        der.value(serial, der.INTEGER)
        der.value(issuer, der.SEQUENCE)
    except (AnzhengError, IndexError, ValueError) as error:
        raise AnzhengError(Code.CMS_SYNTAX, "not an X.509 certificate") from error
    names = der.tlv(der.SEQUENCE, der.tlv(der.CONTEXT_4, issuer))
    ess = der.tlv(
        der.SEQUENCE,
        der.tlv(der.OCTET_STRING, sha256(certificate).digest()),
        der.tlv(der.SEQUENCE, names, serial),
    )
    value = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, ess))
    return _CertificateFields(
        der.tlv(der.SEQUENCE, issuer, serial),
        _attribute(oids.ATTR_SIGNING_CERTIFICATE_V2, value),
    )


def _exactly(elements: tuple[bytes, ...], *counts: int) -> tuple[bytes, ...]:
    if len(elements) not in counts:
        raise AnzhengError(Code.CMS_NOT_OUR_TEMPLATE, "elements too many or too few")
    return elements


def _attributes(field: bytes, tag: int, allowed: frozenset[str]) -> dict[str, bytes]:
    """Return the one value of each attribute by type, each on the list and there once at most."""
    names = {der.oid(dotted): dotted for dotted in allowed}
    found: dict[str, bytes] = {}
    for attribute in der.children(field, tag):
        kind, values = _exactly(der.children(attribute), 2)
        dotted = names.pop(kind, None)
        if dotted is None:
            raise AnzhengError(Code.CMS_NOT_OUR_TEMPLATE, "an attribute unknown or there twice")
        found[dotted] = _exactly(der.children(values, der.SET), 1)[0]
    return found


_SIGNED: Final = frozenset(
    (
        oids.ATTR_CONTENT_TYPE,
        oids.ATTR_MESSAGE_DIGEST,
        oids.ATTR_SIGNING_CERTIFICATE_V2,
    )
)
_UNSIGNED: Final = frozenset((oids.ATTR_TIMESTAMP_TOKEN, oids.ATTR_ANCHOR_EVIDENCE))


def _parts(data: bytes, kind: SignedKind) -> CmsParts:
    """Pick the parts out; what is not looked at here is compared after building it again."""
    _, content = _exactly(der.children(data), 2)
    (signed_data,) = _exactly(der.children(content, der.CONTEXT_0), 1)
    _, _, _, certificate_set, infos = _exactly(der.children(signed_data), 5)
    (info,) = _exactly(der.children(infos, der.SET), 1)
    fields = _exactly(der.children(info), 6, 7)
    signature = der.value(fields[5], der.OCTET_STRING)
    if fields[2] != SHA256_IDENTIFIER:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "no digest algorithm of ours")
    algorithm = algorithms.read(fields[4], len(signature))
    wanted = _SIGNED | {kind.value}
    signed = _attributes(fields[3], der.CONTEXT_0, wanted)
    if len(signed) != len(wanted):
        raise AnzhengError(Code.CMS_NOT_OUR_TEMPLATE, "a signed attribute is missing")
    unsigned = _attributes(fields[6], der.CONTEXT_1, _UNSIGNED) if fields[6:] else {}
    evidence = unsigned.get(oids.ATTR_ANCHOR_EVIDENCE)
    certificates = der.children(certificate_set, der.CONTEXT_0)
    digest = der.value(signed[oids.ATTR_MESSAGE_DIGEST], der.OCTET_STRING)
    licence_digest = der.value(signed[kind.value], der.OCTET_STRING)
    return CmsParts(
        certificates=certificates,
        signer_certificate=_signer(certificates, signed[oids.ATTR_SIGNING_CERTIFICATE_V2]),
        message_digest=Digest(digest),
        licence_digest=Digest(licence_digest),
        signature=signature,
        timestamp_token=unsigned.get(oids.ATTR_TIMESTAMP_TOKEN),
        evidence=None if evidence is None else der.value(evidence, der.OCTET_STRING),
        algorithm=algorithm,
        kind=kind,
    )


def _signer(certificates: tuple[bytes, ...], signing_certificate: bytes) -> bytes:
    """Return the certificate whose SHA-256 stands in the signing-certificate-v2 attribute."""
    (ids,) = _exactly(der.children(signing_certificate), 1)
    (identifier,) = _exactly(der.children(ids), 1)
    wanted, _ = _exactly(der.children(identifier), 2)
    digest = der.value(wanted, der.OCTET_STRING)
    for certificate in certificates:
        if sha256(certificate).digest() == digest:
            return certificate
    raise AnzhengError(Code.CMS_NOT_OUR_TEMPLATE, "the signer's certificate is not there")


def _add_revocation_values(token: bytes, crls: Sequence[bytes], ocsps: Sequence[bytes]) -> bytes:
    content_type, content = _exactly(der.children(token), 2)
    (inner,) = _exactly(der.children(content, der.CONTEXT_0), 1)
    signed_data = _exactly(der.children(inner), 4, 5, 6)
    (info,) = _exactly(der.children(signed_data[-1], der.SET), 1)
    fields = list(_exactly(der.children(info), 6, 7))
    unsigned = der.children(fields.pop(), der.CONTEXT_1) if fields[6:] else ()
    kind = der.oid(oids.ATTR_REVOCATION_VALUES)
    if any(der.children(attribute)[:1] == (kind,) for attribute in unsigned):
        raise AnzhengError(Code.CMS_SYNTAX, "the token has revocation-values already")
    attribute = _revocation_values(tuple(crls), tuple(ocsps))
    fields.append(der.tlv(der.CONTEXT_1, *sorted((*unsigned, attribute))))
    changed = der.tlv(der.SET, der.tlv(der.SEQUENCE, *fields))
    body = der.tlv(der.SEQUENCE, *signed_data[:-1], changed)
    return der.tlv(der.SEQUENCE, content_type, der.tlv(der.CONTEXT_0, body))


@lru_cache(maxsize=32)
def _revocation_values(crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]) -> bytes:
    """Return the attribute; a batch has one and the same for all its licences."""
    lists = []
    if crls:
        for crl in crls:
            der.value(crl, der.SEQUENCE)
        lists.append(der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *crls)))
    if ocsps:
        basics = map(_basic_ocsp_response, ocsps)
        lists.append(der.tlv(der.CONTEXT_1, der.tlv(der.SEQUENCE, *basics)))
    if not lists:
        raise AnzhengError(Code.CMS_SYNTAX, "no CRL and no OCSP answer to add")
    return _attribute(oids.ATTR_REVOCATION_VALUES, der.tlv(der.SEQUENCE, *lists))


def _basic_ocsp_response(answer: bytes) -> bytes:
    """Return the BasicOCSPResponse inside an OCSPResponse (RFC 6960, 4.2.1)."""
    _, wrapped = _exactly(der.children(answer), 2)
    (response,) = _exactly(der.children(wrapped, der.CONTEXT_0), 1)
    kind, octets = _exactly(der.children(response), 2)
    if kind != der.oid(oids.ID_OCSP_BASIC):
        raise AnzhengError(Code.CMS_SYNTAX, "an OCSP answer of another type")
    basic = der.value(octets, der.OCTET_STRING)
    der.value(basic, der.SEQUENCE)
    return basic
