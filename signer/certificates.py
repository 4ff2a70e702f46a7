"""The certificate profiles: what each certificate that we issue says, and nothing more.

One function builds them all from a small description, so that the profiles can be read side by
side in `PROFILES`.

Standard: RFC 5280; ETSI EN 319 412-2 and -3 (organizationIdentifier); RFC 3161, 2.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from licence.errors import AnzhengError, Code
from licence.formats import oids
from licence.ports import Entropy

TEST_UNIT: Final = "示例 TEST ONLY"
"""Organizational unit in every name of a test PKI; a production setting refuses such keys."""

ORGANISATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")
SERIAL_BYTES: Final = 16
COUNTRY: Final = "CN"
"""First part of every name that we certify."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_SIGNING_USAGES: Final = ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign")
ANY_POLICY: Final = "2.5.29.32.0"

_UNREADABLE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@unique
class Profile(StrEnum):
    """What a certificate is for."""

    ROOT = "root"
    ISSUING_CA = "issuing-ca"
    HOLDER_CA = "holder-ca"
    LICENCE_SIGNER = "licence-signer"
    TSA = "tsa"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Rules:
    """One profile.

    Attributes:
        usages: Key usages.
        extended: The one extended key usage.
        policy: The one policy.
        path_length: How many CAs may stand below.
        country: The only country whose names may stand below (name constraint).
    """

    usages: tuple[str, ...]
    extended: x509.ObjectIdentifier | None = None
    policy: str | None = None
    path_length: int | None = None
    country: str | None = None

    @property
    def is_ca(self) -> bool:
        """Whether certificates of this profile sign certificates."""
        return "key_cert_sign" in self.usages


_CA: Final = ("key_cert_sign", "crl_sign", "digital_signature")
PROFILES: Final[Mapping[Profile, Rules]] = MappingProxyType(
    {
        Profile.ROOT: Rules(_CA, path_length=1),
        # An issuing CA has the policy of what it issues and no other: a leaked holder CA makes no
        # licence signer, whatever it writes.
        Profile.ISSUING_CA: Rules(
            _CA, policy=oids.POLICY_LICENCE_SIGNING, path_length=0, country=COUNTRY
        ),
        Profile.HOLDER_CA: Rules(_CA, policy=oids.POLICY_HOLDER, path_length=0, country=COUNTRY),
        # Content commitment only: the key makes licences and cannot be used for anything else.
        Profile.LICENCE_SIGNER: Rules(("content_commitment",), policy=oids.POLICY_LICENCE_SIGNING),
        Profile.TSA: Rules(("digital_signature",), extended=ExtendedKeyUsageOID.TIME_STAMPING),
        Profile.HOLDER: Rules(("digital_signature",), policy=oids.POLICY_HOLDER),
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is about.

    Attributes:
        common_name: At most 64 characters.
        organisation: Full name.
        identifier: Unified social credit code, as organizationIdentifier.
        is_test: Whether the name must carry the mark of a test PKI.
    """

    common_name: str
    organisation: str
    identifier: str | None = None
    is_test: bool = True


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when, both inclusive, aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """The CA that signs: its name, its public key, its key, and where it publishes."""

    name: x509.Name
    public_key: rsa.RSAPublicKey
    key: rsa.RSAPrivateKey
    base_url: str | None


def subject_name(subject: Subject) -> x509.Name:
    """Return the distinguished name of a subject.

    Raises:
        AnzhengError: FIELD_LENGTH, when a part does not fit.
    """
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, COUNTRY)]
    try:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation))
        if subject.is_test:
            parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_UNIT))
        if subject.identifier is not None:
            parts.append(x509.NameAttribute(ORGANISATION_IDENTIFIER, subject.identifier))
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name))
    except ValueError as error:
        raise AnzhengError(Code.FIELD_LENGTH, "a name does not fit a certificate") from error
    return x509.Name(parts)


def make_certificate(
    profile: Profile,
    name: x509.Name,
    public_key: PublicKey,
    *,
    issuer: Issuer,
    validity: Validity,
    entropy: Entropy,
    extra: tuple[x509.UnrecognizedExtension, ...] = (),
) -> bytes:
    """Make a certificate of a profile.

    Args:
        profile: What it is for.
        name: Of the subject.
        public_key: Of the subject.
        issuer: Who signs.
        validity: From when until when.
        entropy: For the serial number, 127 random bits.
        extra: Extensions of our own, not critical.

    Returns:
        DER.

    Raises:
        AnzhengError: FIELD_VALUE, when the library refuses what it was given.
    """
    rules = PROFILES[profile]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.name)
        .public_key(public_key)
        .serial_number(new_serial(entropy))
    )
    try:
        builder = builder.not_valid_before(validity.start).not_valid_after(validity.end)
        builder = _with_purposes(builder, rules)
        builder = _with_places(builder, public_key, issuer, profile)
        for extension in extra:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)
    except (ValueError, TypeError) as error:
        raise AnzhengError(Code.FIELD_VALUE, "no certificate can say this") from error


def new_serial(entropy: Entropy) -> int:
    """Return a serial number: positive, 127 random bits (RFC 5280, 4.1.2.2)."""
    return (int.from_bytes(entropy.bytes(SERIAL_BYTES), "big") >> 1) | 1


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a certificate.

    Raises:
        AnzhengError: KEY_REFUSED.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Parsed on demand: what is broken in them, or there twice, must be found here.
        _ = certificate.extensions
    except _UNREADABLE as error:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate cannot be read") from error
    return certificate


def is_made_for(certificate: bytes, profile: Profile) -> bool:
    """Say whether verifiers take a certificate, whoever made it, for one of this profile.

    Raises:
        AnzhengError: KEY_REFUSED.
    """
    rules, extensions = PROFILES[profile], load_certificate(certificate).extensions
    try:
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        policies = {rules.policy} if rules.policy is None else _policies(extensions)
    except x509.ExtensionNotFound:
        return False
    if is_ca is not rules.is_ca or not policies & {rules.policy, ANY_POLICY if is_ca else None}:
        return False
    if is_ca:
        return usage.key_cert_sign and usage.crl_sign
    # One use, and no second.
    return all(getattr(usage, each) is (each in rules.usages) for each in _SIGNING_USAGES)


def _policies(extensions: x509.Extensions) -> set[str | None]:
    policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    return {each.policy_identifier.dotted_string for each in policies}


def is_test_certificate(der: bytes) -> bool:
    """Say whether a certificate, or the CA that issued it, belongs to a test PKI.

    Raises:
        AnzhengError: KEY_REFUSED.
    """
    certificate = load_certificate(der)
    return any(
        unit.value == TEST_UNIT
        for name in (certificate.subject, certificate.issuer)
        for unit in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    )


def _with_purposes(builder: x509.CertificateBuilder, rules: Rules) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(**{name: name in rules.usages for name in _USAGES})
    length = rules.path_length if rules.is_ca else None
    builder = builder.add_extension(x509.BasicConstraints(rules.is_ca, length), critical=True)
    builder = builder.add_extension(usage, critical=True)
    if rules.extended is not None:
        # RFC 3161, 2.3: timeStamping is the only purpose, and critical.
        builder = builder.add_extension(x509.ExtendedKeyUsage([rules.extended]), critical=True)
    if rules.policy is not None:
        policy = x509.PolicyInformation(x509.ObjectIdentifier(rules.policy), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    if rules.country is not None:
        country = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, rules.country)])
        # RFC 5280, 4.2.1.10: always critical.
        names = x509.NameConstraints([x509.DirectoryName(country)], None)
        builder = builder.add_extension(names, critical=True)
    return builder


def _with_places(
    builder: x509.CertificateBuilder, public_key: PublicKey, issuer: Issuer, profile: Profile
) -> x509.CertificateBuilder:
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False
    ).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key), critical=False
    )
    if issuer.base_url is None or profile is Profile.ROOT:
        return builder
    crl = x509.DistributionPoint([_uri(issuer, ".crl")], None, None, None)
    access = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(issuer, "/ocsp")),
        x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _uri(issuer, ".crt")),
    ]
    return builder.add_extension(x509.CRLDistributionPoints([crl]), critical=False).add_extension(
        x509.AuthorityInformationAccess(access), critical=False
    )


def _uri(issuer: Issuer, suffix: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(f"{issuer.base_url}{suffix}")
