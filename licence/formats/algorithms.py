"""How a licence is signed: the permanent numbers, the DER that names each, and RSA behind them.

All are RSA with SHA-256. PSS has one set of parameters (MGF1 with SHA-256, a salt of 32 bytes,
nothing left to a default), so that no byte of an identifier is free. SM2 with SM3 has a number and
no code yet: it is refused wherever it shows up.

Standard: RFC 8017, 8.1 and 8.2; RFC 4055, 3.1; RFC 5754, 3.2; GB/T 32918.2.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum, unique
from types import MappingProxyType
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import PublicKeyAlgorithmOID

from licence.errors import AnzhengError, Code
from licence.formats import der, oids

PSS_SALT_BYTES: Final = 32
"""Length of the salt: that of the digest, as RFC 4055 advises."""


@unique
class SignatureAlgorithm(IntEnum):
    """How a licence is signed; a number never changes its meaning."""

    RSA2048_PKCS1_SHA256 = 1
    RSA3072_PSS_SHA256 = 2
    SM2_SM3 = 3
    RSA3072_PKCS1_SHA256 = 4
    RSA2048_PSS_SHA256 = 5


@unique
class SignaturePadding(StrEnum):
    """What the setting `signature_padding` chooses; the size comes from the key."""

    PKCS1 = "pkcs1"
    PSS = "pss"


class Scheme(NamedTuple):
    """What is particular to one algorithm: padding, bits of the key, AlgorithmIdentifier (DER)."""

    padding: SignaturePadding
    bits: int
    identifier: bytes

    @property
    def signature_bytes(self) -> int:
        """Length of a signature value."""
        return self.bits // 8


def pss_identifier(digest: bytes, salt_bytes: int) -> bytes:
    """Return the AlgorithmIdentifier of PSS, with the same hash in MGF1.

    Args:
        digest: AlgorithmIdentifier of the hash, DER.
        salt_bytes: Length of the salt; 20, the default, must not be written (DER).

    Standard: RFC 4055, 3.1 (the trailer field 1 is the default and left out).
    """
    parameters = der.tlv(
        der.SEQUENCE,
        der.tlv(der.CONTEXT_0, digest),
        der.tlv(der.CONTEXT_1, der.tlv(der.SEQUENCE, der.oid(oids.MGF1), digest)),
        der.tlv(der.CONTEXT_2, der.integer(salt_bytes)),
    )
    return der.tlv(der.SEQUENCE, der.oid(oids.RSA_PSS), parameters)


SHA256_IDENTIFIER: Final = der.tlv(der.SEQUENCE, der.oid(oids.SHA256), der.NULL)
"""AlgorithmIdentifier of SHA-256 with its NULL, as we write it everywhere."""

_PKCS1: Final = der.tlv(der.SEQUENCE, der.oid(oids.RSA_SHA256), der.NULL)
_PSS: Final = pss_identifier(SHA256_IDENTIFIER, PSS_SALT_BYTES)

SCHEMES: Final[Mapping[SignatureAlgorithm, Scheme]] = MappingProxyType(
    {
        SignatureAlgorithm.RSA2048_PKCS1_SHA256: Scheme(SignaturePadding.PKCS1, 2048, _PKCS1),
        SignatureAlgorithm.RSA3072_PSS_SHA256: Scheme(SignaturePadding.PSS, 3072, _PSS),
        SignatureAlgorithm.RSA3072_PKCS1_SHA256: Scheme(SignaturePadding.PKCS1, 3072, _PKCS1),
        SignatureAlgorithm.RSA2048_PSS_SHA256: Scheme(SignaturePadding.PSS, 2048, _PSS),
    }
)
"""The algorithms that there is code for; SM2_SM3 is not among them."""

_BY_KEY: Final = {(each.padding, each.bits): number for number, each in SCHEMES.items()}
_BY_SPELLING: Final = {
    (each.identifier, each.signature_bytes): number for number, each in SCHEMES.items()
}
_IDENTIFIERS: Final = frozenset((_PKCS1, _PSS))
_PADDINGS: Final[Mapping[SignaturePadding, PKCS1v15 | PSS]] = MappingProxyType(
    {
        SignaturePadding.PKCS1: PKCS1v15(),
        SignaturePadding.PSS: PSS(mgf=MGF1(SHA256()), salt_length=PSS_SALT_BYTES),
    }
)


def scheme(algorithm: SignatureAlgorithm) -> Scheme:
    """Return what an algorithm is made of.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED, for SM2 with SM3 and for a number that is unknown.
    """
    found = SCHEMES.get(algorithm)
    if found is None:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "no such signature algorithm yet", number=int(algorithm)
        )
    return found


def algorithm_for(padding: SignaturePadding, bits: int) -> SignatureAlgorithm:
    """Return the algorithm of an RSA key with this padding.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED, for a key of another size than 2048 or 3072 bits.
    """
    found = _BY_KEY.get((padding, bits))
    if found is None:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "licences are signed by RSA-2048 or RSA-3072", bits=bits
        )
    return found


def read(identifier: bytes, signature_bytes: int) -> SignatureAlgorithm:
    """Return the algorithm that an AlgorithmIdentifier and the length of a signature value name.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED for another identifier, in whatever byte it differs;
            CMS_SYNTAX for another length.
    """
    if identifier not in _IDENTIFIERS:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "no signature algorithm of ours")
    found = _BY_SPELLING.get((identifier, signature_bytes))
    if found is None:
        raise AnzhengError(Code.CMS_SYNTAX, "a signature value of another length")
    return found


def padding_of(algorithm: SignatureAlgorithm) -> PKCS1v15 | PSS:
    """Return the padding as the library wants it.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED.
    """
    return _PADDINGS[scheme(algorithm).padding]


def rsa_key(certificate: x509.Certificate, algorithm: SignatureAlgorithm) -> RSAPublicKey:
    """Return the key of a certificate, which must be one for this algorithm.

    A key that its own certificate restricts to PSS (id-RSASSA-PSS) is refused: its restrictions
    would be a second place where parameters stand.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED.
    """
    bits = scheme(algorithm).bits
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError) as error:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "a key of an unknown kind") from error
    plain = certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
    if not isinstance(key, RSAPublicKey) or not plain or key.key_size != bits:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "not a key for this algorithm", algorithm=algorithm.name
        )
    return key


def holds(key: RSAPublicKey, signature: bytes, data: bytes, algorithm: SignatureAlgorithm) -> bool:
    """Say whether the signature over `data` is right.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED.
    """
    padding = padding_of(algorithm)
    try:
        key.verify(signature, data, padding, SHA256())
    except InvalidSignature:
        return False
    return True
