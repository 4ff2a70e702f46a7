"""The CMS in the hole: other attributes, other encodings, weak algorithms, second signers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha1

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15

from licence.errors import Code
from licence.formats import cms, der, hole, oids
from licence.formats.algorithms import SHA256_IDENTIFIER
from tests.bad.desk import Desk, good, keys
from tests.bad.group_signer import signer_certificate
from tests.bad.recipe import Recipe

OTHERS = Code.CMS_NOT_OUR_TEMPLATE
SYNTAX = Code.CMS_SYNTAX
BROKEN = Code.SIGNATURE_BROKEN
ALGORITHM = Code.ALGORITHM_UNSUPPORTED

SHA1_IDENTIFIER = der.tlv(der.SEQUENCE, der.oid("1.3.14.3.2.26"), der.NULL)
MD5_IDENTIFIER = der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.2.5"), der.NULL)
CONTENT_TYPE, DIGEST = oids.ATTR_CONTENT_TYPE, oids.ATTR_MESSAGE_DIGEST
ESS = oids.ATTR_SIGNING_CERTIFICATE_V2
SIGNING_TIME = "1.2.840.113549.1.9.5"
COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"

Parts = list[bytes]


def attribute(kind: str, *values: bytes) -> bytes:
    """Return an attribute with so many values."""
    return der.tlv(der.SEQUENCE, der.oid(kind), der.tlv(der.SET, *values))


def put(built: bytes) -> bytes:
    """Put bytes as CMS into the good file, whatever they are."""
    pdf = good(0).pdf
    place = hole.find(pdf)
    digits = built.hex().encode().ljust(2 * hole.HOLE_BYTES, b"0")
    return pdf[: place.start + 1] + digits + pdf[place.end - 1 :]


def _taken_apart() -> tuple[Parts, Parts]:
    """Return the five fields of SignedData and the seven of SignerInfo, of the good file."""
    built = cms.build(replace(good(0).parts, evidence=good(0).evidence))
    _, content = der.children(built)
    (signed,) = der.children(content, der.CONTEXT_0)
    fields = list(der.children(signed))
    (info,) = der.children(fields[4], der.SET)
    return fields, list(der.children(info))


def _together(fields: Parts, *infos: Parts) -> bytes:
    fields[4] = der.tlv(der.SET, *(der.tlv(der.SEQUENCE, *info) for info in infos))
    signed = der.tlv(der.SEQUENCE, *fields)
    return der.tlv(der.SEQUENCE, der.oid(oids.ID_SIGNED_DATA), der.tlv(der.CONTEXT_0, signed))


def _changed(change: Callable[[Parts, Parts], object]) -> bytes:
    fields, info = _taken_apart()
    change(fields, info)
    return put(_together(fields, info))


def _signed_with(
    attributes: Sequence[bytes],
    *,
    digest: bytes = SHA256_IDENTIFIER,
    algorithm: hashes.HashAlgorithm | None = None,
    key: str = "ours-signer",
    ordered: bool = True,
) -> bytes:
    """Sign other attributes with the authority's own key."""
    fields, info = _taken_apart()
    listed = sorted(attributes) if ordered else list(attributes)
    signature = keys()[key].sign(
        der.tlv(der.SET, *listed), PKCS1v15(), algorithm or hashes.SHA256()
    )
    info[2], info[3] = digest, der.tlv(der.CONTEXT_0, *listed)
    info[5] = der.tlv(der.OCTET_STRING, signature)
    return put(_together(fields, info))


def _attributes(**instead: bytes | None) -> Parts:
    """Return the four signed attributes, some of them otherwise; None leaves one out."""
    _, info = _taken_apart()
    found = {}
    for each in der.children(info[3], der.CONTEXT_0):
        name = next(n for n, kind in _KINDS.items() if der.children(each)[0] == der.oid(kind))
        found[name] = each
    merged: dict[str, bytes | None] = {**found, **instead}
    return [each for each in merged.values() if each is not None]


_KINDS = {
    "content_type": CONTENT_TYPE,
    "digest": DIGEST,
    "ess": ESS,
    "data": oids.ATTR_LICENCE_JSON_DIGEST,
}


def _octets(data: bytes) -> bytes:
    return der.tlv(der.OCTET_STRING, data)


def _message() -> bytes:
    pdf = good(0).pdf
    place = hole.find(pdf)
    return pdf[: place.start] + pdf[place.end :]


def _no_attributes(_desk: Desk) -> bytes:
    """The value is over the file itself, without signed attributes (RFC 5652 allows it)."""
    fields, info = _taken_apart()
    signature = keys()["ours-signer"].sign(_message(), PKCS1v15(), hashes.SHA256())
    del info[3]
    info[4] = _octets(signature)
    return put(_together(fields, info))


def _unsigned(*more: bytes, keep: bool = True) -> bytes:
    fields, info = _taken_apart()
    old = der.children(info[6], der.CONTEXT_1) if keep else ()
    info[6] = der.tlv(der.CONTEXT_1, *sorted((*old, *more)))
    return put(_together(fields, info))


def _old_unsigned() -> tuple[bytes, ...]:
    return der.children(_taken_apart()[1][6], der.CONTEXT_1)


def _anchor_twice(_desk: Desk) -> bytes:
    return _unsigned(attribute(oids.ATTR_ANCHOR_EVIDENCE, _octets(good(5).evidence)))


def _anchor_of_two_values(_desk: Desk) -> bytes:
    token = next(
        each for each in _old_unsigned() if der.oid(oids.ATTR_TIMESTAMP_TOKEN) in each[:24]
    )
    two = attribute(oids.ATTR_ANCHOR_EVIDENCE, _octets(good(0).evidence), _octets(b"evil"))
    return _unsigned(token, two, keep=False)


def _second_signer(_desk: Desk) -> bytes:
    fields, info = _taken_apart()
    return put(_together(fields, info, info))


def _stranger_beside(desk: Desk) -> bytes:
    fields, info = _taken_apart()
    other = list(info)
    other[5] = _octets(keys()["stranger-signer"].sign(b"x", PKCS1v15(), hashes.SHA256()))
    del desk
    return put(_together(fields, info, other))


def _with_content(fields: Parts, _info: Parts) -> None:
    fields[2] = der.tlv(
        der.SEQUENCE, der.oid(oids.ID_DATA), der.tlv(der.CONTEXT_0, _octets(b"evil"))
    )


def _other_content_type(fields: Parts, _info: Parts) -> None:
    fields[2] = der.tlv(der.SEQUENCE, der.oid(oids.ID_TST_INFO))


def _with_crls(fields: Parts, _info: Parts) -> None:
    fields.insert(4, der.tlv(0xA1, der.tlv(der.SEQUENCE)))


def _version(fields: Parts, _info: Parts) -> None:
    fields[0] = der.integer(3)


def _info_version(_fields: Parts, info: Parts) -> None:
    info[0] = der.integer(3)


def _by_key_identifier(_fields: Parts, info: Parts) -> None:
    info[0], info[1] = der.integer(3), der.tlv(0x80, bytes(20))


def _other_serial(_fields: Parts, info: Parts) -> None:
    issuer, _ = der.children(info[1])
    info[1] = der.tlv(der.SEQUENCE, issuer, der.integer(1))


def _two_digest_algorithms(fields: Parts, _info: Parts) -> None:
    fields[1] = der.tlv(der.SET, SHA1_IDENTIFIER, SHA256_IDENTIFIER)


def _sha1_digest(_fields: Parts, info: Parts) -> None:
    info[2] = SHA1_IDENTIFIER


def _rsa_without_null(_fields: Parts, info: Parts) -> None:
    info[4] = der.tlv(der.SEQUENCE, der.oid(oids.RSA_SHA256))


def _rsa_sha1(_fields: Parts, info: Parts) -> None:
    info[4] = der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.1.5"), der.NULL)


def _ecdsa(_fields: Parts, info: Parts) -> None:
    info[4] = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))


def _sm2(_fields: Parts, info: Parts) -> None:
    info[4] = der.tlv(der.SEQUENCE, der.oid("1.2.156.10197.1.501"))


def _empty_unsigned(_fields: Parts, info: Parts) -> None:
    info[6] = der.tlv(der.CONTEXT_1)


def _flipped_value(_fields: Parts, info: Parts) -> None:
    value = der.value(info[5], der.OCTET_STRING)
    info[5] = _octets(value[:-1] + bytes((value[-1] ^ 1,)))


def _zero_value(_fields: Parts, info: Parts) -> None:
    info[5] = _octets(bytes(256))


def _one_value(_fields: Parts, info: Parts) -> None:
    info[5] = _octets(bytes(255) + b"\1")


def _short_value(_fields: Parts, info: Parts) -> None:
    info[5] = _octets(der.value(info[5], der.OCTET_STRING)[1:])


def _pss_by_pkcs1_key(_desk: Desk) -> bytes:
    """A PSS value under the identifier of PKCS 1."""
    fields, info = _taken_apart()
    signed = b"\x31" + info[3][1:]
    value = keys()["ours-signer"].sign(signed, PSS(MGF1(hashes.SHA256()), 32), hashes.SHA256())
    info[5] = _octets(value)
    return put(_together(fields, info))


def _certificates(change: Callable[[Parts], Parts]) -> Callable[[Parts, Parts], None]:
    def changed(fields: Parts, _info: Parts) -> None:
        fields[3] = der.tlv(der.CONTEXT_0, *change(list(der.children(fields[3], der.CONTEXT_0))))

    return changed


def _flipped(certificates: Parts) -> Parts:
    """One bit of the CA's certificate, in its own signature."""
    first = bytearray(certificates[0])
    first[-1] ^= 1
    return [bytes(first), *certificates[1:]]


def _broken_name(certificates: Parts) -> Parts:
    """The issuer's name in the CA's certificate is no name; libraries read names when asked."""
    first = bytearray(certificates[0])
    fields = der.children(der.children(certificates[0])[0])
    first[first.index(fields[3]) + 2] = 0xA3
    return sorted((bytes(first), *certificates[1:]))


def _broken_date(certificates: Parts) -> Parts:
    """A day of the CA's certificate is no day."""
    first = bytearray(certificates[0])
    fields = der.children(der.children(certificates[0])[0])
    first[first.index(fields[4]) + 6] = 0x39
    return sorted((bytes(first), *certificates[1:]))


def _indefinite(_desk: Desk) -> bytes:
    """BER: the outer length is left open."""
    built = cms.build(good(0).parts)
    body = b"".join(der.children(built))
    return put(b"\x30\x80" + body + b"\0\0")


def _long_length(_desk: Desk) -> bytes:
    """BER: the outer length in one byte more than it needs."""
    built = cms.build(good(0).parts)
    return put(b"\x30\x83\0" + built[2:4] + built[4:])


def _constructed(_fields: Parts, info: Parts) -> None:
    """BER: the value as an OCTET STRING in two pieces."""
    value = der.value(info[5], der.OCTET_STRING)
    info[5] = der.tlv(0x24, _octets(value[:128]), _octets(value[128:]))


def _nested(_desk: Desk) -> bytes:
    inner = b""
    for _ in range(900):
        inner = der.tlv(der.SEQUENCE, inner)
    return put(inner)


def _bit_string(_desk: Desk) -> bytes:
    return put(der.tlv(der.SEQUENCE, der.tlv(0x03, bytes(9000))))


def _huge_length(_desk: Desk) -> bytes:
    return put(b"\x30\x84\x7f\xff\xff\xff" + bytes(64))


def _huge_oid(_desk: Desk) -> bytes:
    return put(der.tlv(der.SEQUENCE, der.tlv(0x06, b"\xff" * 8000 + b"\x01")))


def _large(_desk: Desk) -> bytes:
    """An authority that puts a CMS of more than 8,000 bytes into the hole."""
    fields, info = _taken_apart()
    filler = der.tlv(der.SEQUENCE, _octets(bytes(7000)))
    fields[3] = der.tlv(der.CONTEXT_0, *sorted((*der.children(fields[3], der.CONTEXT_0), filler)))
    return put(_together(fields, info))


@dataclass(frozen=True)
class _Padded:
    """A key whose values are brought to the length of ours by zeros before them."""

    key: rsa.RSAPrivateKey

    def public_key(self) -> rsa.RSAPublicKey:
        """Return its public half."""
        return self.key.public_key()

    def sign(self, *how: object) -> bytes:
        """Sign."""
        return self.key.sign(*how).rjust(256, b"\0")  # type: ignore[call-overload,no-any-return]


def _weak_key(name: str) -> Callable[[Desk], bytes]:
    def make(desk: Desk) -> bytes:
        key = _Padded(keys()[name])
        return desk.issue(seal=signer_certificate(desk, key=key))  # type: ignore[arg-type]

    return make


def _cut(_desk: Desk) -> bytes:
    built = cms.build(good(0).parts)
    return put(built[: len(built) // 2])


def _apart(change: Callable[[Parts, Parts], object]) -> Callable[[Desk], bytes]:
    return lambda _desk: _changed(change)


def _signed(attributes: Callable[[], Parts], **more: object) -> Callable[[Desk], bytes]:
    return lambda _desk: _signed_with(attributes(), **more)  # type: ignore[arg-type]


def _of(kind: str, value: bytes) -> bytes:
    return attribute(kind, value)


ROWS: tuple[tuple[str, str, Callable[[Desk], bytes], Code], ...] = (
    ("value-flipped", "one bit of the signature value", _apart(_flipped_value), BROKEN),
    ("value-zero", "a value of zeros", _apart(_zero_value), BROKEN),
    ("value-one", "the value 1", _apart(_one_value), BROKEN),
    ("value-short", "a value of 255 bytes", _apart(_short_value), SYNTAX),
    ("value-pss", "a PSS value under the name of PKCS 1", _pss_by_pkcs1_key, BROKEN),
    ("two-signers", "the SignerInfo twice", _second_signer, OTHERS),
    ("stranger-beside", "a stranger's SignerInfo besides", _stranger_beside, OTHERS),
    ("encapsulated-content", "content inside the CMS", _apart(_with_content), OTHERS),
    ("content-type", "content of another type", _apart(_other_content_type), OTHERS),
    ("crls-inside", "revocation lists inside the CMS", _apart(_with_crls), OTHERS),
    ("version-3", "SignedData of version 3", _apart(_version), OTHERS),
    ("info-version-3", "SignerInfo of version 3", _apart(_info_version), OTHERS),
    ("by-key-identifier", "the signer named by key identifier", _apart(_by_key_identifier), OTHERS),
    ("other-serial", "the signer named by another serial number", _apart(_other_serial), OTHERS),
    ("two-digest-algorithms", "SHA-1 besides SHA-256", _apart(_two_digest_algorithms), OTHERS),
    ("digest-sha-1", "the digest algorithm is SHA-1", _apart(_sha1_digest), ALGORITHM),
    ("rsa-without-null", "RSA without its NULL", _apart(_rsa_without_null), ALGORITHM),
    ("rsa-sha-1", "RSA with SHA-1", _apart(_rsa_sha1), ALGORITHM),
    ("ecdsa", "the value is said to be ECDSA", _apart(_ecdsa), ALGORITHM),
    ("sm2", "the value is said to be SM2", _apart(_sm2), ALGORITHM),
    ("unsigned-empty", "an empty set of unsigned attributes", _apart(_empty_unsigned), OTHERS),
    ("anchor-twice", "two anchor attributes", _anchor_twice, OTHERS),
    ("anchor-of-two-values", "an anchor attribute of two values", _anchor_of_two_values, OTHERS),
    ("unknown-unsigned", "an unsigned attribute of a stranger", lambda _desk: _unsigned(attribute("2.25.1", _octets(b"evil"))), OTHERS),
    ("counter-signature", "a counter-signature", lambda _desk: _unsigned(attribute(COUNTER_SIGNATURE, der.tlv(der.SEQUENCE))), OTHERS),
    ("certificate-flipped", "one bit of the CA's certificate", _apart(_certificates(_flipped)), Code.SIGNER_UNTRUSTED),
    ("certificate-name-broken", "the issuer's name in the CA's certificate is no name", _apart(_certificates(_broken_name)), Code.SIGNER_UNTRUSTED),
    ("certificate-date-broken", "a day in the CA's certificate is no day", _apart(_certificates(_broken_date)), Code.SIGNER_UNTRUSTED),
    ("certificates-turned-round", "the certificates in another order", _apart(_certificates(lambda found: found[::-1])), SYNTAX),
    ("certificate-twice", "a certificate twice", _apart(_certificates(lambda found: [*found, found[-1]])), SYNTAX),
    ("certificates-none", "no certificates", _apart(_certificates(lambda _found: [])), OTHERS),
    ("certificates-many", "nine certificates more", _apart(_certificates(lambda found: sorted((*found, *(der.tlv(der.SEQUENCE, bytes((n,))) for n in range(9)))))), SYNTAX),
    ("no-signed-attributes", "no signed attributes at all", _no_attributes, SYNTAX),
    ("no-message-digest", "message-digest is missing", _signed(lambda: _attributes(digest=None)), OTHERS),
    ("no-content-type", "content-type is missing", _signed(lambda: _attributes(content_type=None)), OTHERS),
    ("no-signing-certificate", "signing-certificate is missing", _signed(lambda: _attributes(ess=None)), OTHERS),
    ("no-data-digest", "the digest of licence.json is missing", _signed(lambda: _attributes(data=None)), OTHERS),
    ("signing-time", "a signing time among the signed attributes", _signed(lambda: [*_attributes(), _of(SIGNING_TIME, der.tlv(0x17, b"200101000000Z"))]), OTHERS),
    ("message-digest-twice", "two message digests", _signed(lambda: [*_attributes(), _of(DIGEST, _octets(bytes(32)))]), OTHERS),
    ("message-digest-two-values", "a message digest of two values", _signed(lambda: _attributes(digest=attribute(DIGEST, _octets(bytes(32)), _octets(good(0).parts.message_digest)))), OTHERS),
    ("message-digest-sha-1", "a message digest of 20 bytes", _signed(lambda: _attributes(digest=_of(DIGEST, _octets(sha1(_message()).digest())))), SYNTAX),
    ("digest-sha-1-signed", "digest and signature by SHA-1", _signed(lambda: _attributes(digest=_of(DIGEST, _octets(sha1(_message()).digest()))), digest=SHA1_IDENTIFIER), ALGORITHM),
    ("digest-md5", "the digest algorithm is MD5", _signed(_attributes, digest=MD5_IDENTIFIER), ALGORITHM),
    ("content-type-other", "content-type names another type", _signed(lambda: _attributes(content_type=_of(CONTENT_TYPE, der.oid(oids.ID_TST_INFO)))), OTHERS),
    ("certificate-of-another", "signing-certificate names another certificate", _signed(lambda: _attributes(ess=_ess(bytes(32)))), OTHERS),
    ("data-digest-short", "a digest of licence.json of 31 bytes", _signed(lambda: _attributes(data=_of(oids.ATTR_LICENCE_JSON_DIGEST, _octets(bytes(31))))), SYNTAX),
    ("data-digest-zero", "a signed digest of licence.json of zeros", _signed(lambda: _attributes(data=_of(oids.ATTR_LICENCE_JSON_DIGEST, _octets(bytes(32))))), Code.TIMESTAMP_BROKEN),
    ("attributes-unordered", "the signed attributes in another order", _signed(lambda: sorted(_attributes(), reverse=True), ordered=False), OTHERS),
    ("signed-by-another-key", "the same attributes signed by another key", _signed(_attributes, key="stranger-signer"), BROKEN),
    ("indefinite-length", "BER with an open length", _indefinite, Code.CONTAINER_STRUCTURE),
    ("long-length", "BER with a length of one byte too many", _long_length, Code.CONTAINER_STRUCTURE),
    ("constructed-string", "BER with a value in two pieces", _apart(_constructed), SYNTAX),
    ("nested", "nine hundred sequences in each other", _nested, OTHERS),
    ("bit-string", "nine thousand bytes of zeros", _bit_string, OTHERS),
    ("huge-length", "a length of two gigabytes", _huge_length, Code.CONTAINER_STRUCTURE),
    ("huge-oid", "an object identifier of eight thousand bytes", _huge_oid, OTHERS),
    ("large", "a CMS of more than 8,000 bytes", _large, Code.CMS_TOO_LARGE),
    ("cut", "half a CMS", _cut, SYNTAX),
    ("signed-by-1024-bits", "the attributes signed by a key of 1024 bits", _signed(_attributes, key="weak-1024"), SYNTAX),
    ("weak-rsa-1024", "RSA of 1024 bits, certified by our CA", _weak_key("weak-1024"), ALGORITHM),
    ("weak-exponent", "RSA with the exponent 3, certified by our CA", _weak_key("weak-e3"), Code.SIGNER_UNTRUSTED),
)  # fmt: skip


def _ess(digest: bytes) -> bytes:
    identifier = der.tlv(der.SEQUENCE, _octets(digest), der.tlv(der.SEQUENCE))
    return _of(ESS, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, identifier)))


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return tuple(Recipe(f"cms/{name}", what, make, code) for name, what, make, code in ROWS)
