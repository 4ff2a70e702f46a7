"""A certificate authority: it certifies CAs, licence signers, timestamp authorities and holders.

Two levels are enough: an offline root, and under it one issuing CA for those who sign licences and
one for those who hold them. The timestamp authority stands directly under the root.

Standard: RFC 5280; RFC 2986 (certification requests); RFC 3161, 2.3.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from licence.domain.model import LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import oids
from licence.formats.entitlement import Entitlement, encode_entitlement
from licence.formats.holder_binding import LicenceBinding, encode_binding
from licence.ids import AuthorityId, Leaf
from licence.ports import Entropy
from signer.certificates import (
    Issuer,
    Profile,
    PublicKey,
    Subject,
    Validity,
    load_certificate,
    make_certificate,
    subject_name,
)
from signer.revocation import Revoked, make_crl, make_ocsp_answer

MAX_CSR_BYTES: Final = 8 * 1024
MIN_HOLDER_RSA_BITS: Final = 2048

ROOT_YEARS: Final = 20
CA_YEARS: Final = 12
TSA_YEARS: Final = 12
SIGNER_YEARS: Final = 3

_EARLIER: Final = timedelta(minutes=10)
"""A certificate begins a little earlier than it is made: clocks differ."""

_YEAR: Final = timedelta(days=365)
_SHANGHAI: Final = timezone(timedelta(hours=8))
_COMMON_NAME_CHARACTERS: Final = 64


class CertificateAuthority:
    """One CA with its key.

    Args:
        key: Its private key.
        certificate: Its certificate, DER.
        entropy: For serial numbers.
        base_url: Under which CRL, OCSP and certificate are published; None for tests.

    Raises:
        AnzhengError: KEY_REFUSED, when the certificate is not a CA's or not this key's.
    """

    def __init__(
        self,
        key: rsa.RSAPrivateKey,
        certificate: bytes,
        *,
        entropy: Entropy,
        base_url: str | None = None,
    ) -> None:
        parsed = load_certificate(certificate)
        if parsed.public_key() != key.public_key():
            raise AnzhengError(Code.KEY_REFUSED, "key and certificate do not belong together")
        if not _is_ca(parsed):
            raise AnzhengError(Code.KEY_REFUSED, "not the certificate of a CA")
        self._issuer = Issuer(parsed.subject, key.public_key(), key, base_url)
        self._entropy = entropy
        self.certificate: Final = certificate

    def certify_ca(
        self,
        subject: Subject,
        public_key: rsa.RSAPublicKey,
        *,
        now: datetime,
        profile: Profile = Profile.ISSUING_CA,
    ) -> bytes:
        """Return the certificate of an issuing CA under this root, DER.

        Args:
            subject: Its name.
            public_key: Its key.
            now: When it is made.
            profile: Whether it certifies licence signers or holders.
        """
        return self._certify(profile, subject, public_key, _years(now, CA_YEARS))

    def certify_signer(
        self,
        authority: AuthorityId,
        name: str,
        public_key: rsa.RSAPublicKey,
        *,
        now: datetime,
        is_test: bool = True,
        entitlement: Entitlement | None = None,
    ) -> bytes:
        """Return the licence-signing certificate of an issuing authority, DER.

        Args:
            authority: Its code, written as organizationIdentifier; licences must name the same.
            name: Its full name.
            public_key: RSA, from 2048 bits.
            now: When it is made.
            is_test: Whether the name is marked as a test's.
            entitlement: What the key may sign; without one the trust bundle alone limits it.

        Raises:
            AnzhengError: SIGNER_NOT_ENTITLED, for an entitlement that cannot be written.
        """
        subject = Subject(f"{authority} licence signing", name, authority, is_test)
        validity = _years(now, SIGNER_YEARS)
        extra = () if entitlement is None else (_entitled(entitlement),)
        return self._certify(Profile.LICENCE_SIGNER, subject, public_key, validity, *extra)

    def certify_tsa(
        self, subject: Subject, public_key: rsa.RSAPublicKey, *, now: datetime
    ) -> bytes:
        """Return the certificate of a timestamp authority, DER."""
        return self._certify(Profile.TSA, subject, public_key, _years(now, TSA_YEARS))

    def issue_holder_certificate(
        self,
        csr: bytes,
        version: LicenceVersion,
        leaf: Leaf,
        status: StatusRef,
        *,
        now: datetime,
        is_test: bool = True,
    ) -> bytes:
        """Return a licence's own certificate 每份许可证独立数字证书, DER.

        Args:
            csr: Certification request, DER; its signature proves possession of the key. What it
                says about names is not looked at: the names come from the licence.
            version: The licence; the certificate ends with its last day.
            leaf: Of the licence.
            status: The certificate's own place in the status lists.
            now: When it is made.
            is_test: Whether the name is marked as a test's.

        Raises:
            AnzhengError: CSR_INVALID; EXPIRED, when the licence has ended.
        """
        public_key = check_csr(csr)
        draft = version.draft
        last_second = datetime.combine(draft.valid_to, time(23, 59, 59), tzinfo=_SHANGHAI)
        if last_second <= now:
            raise AnzhengError(Code.EXPIRED, "the licence has ended: no certificate for it")
        common_name = draft.licence_no[:_COMMON_NAME_CHARACTERS]
        subject = Subject(common_name, draft.enterprise_name, draft.uscc, is_test)
        binding = LicenceBinding(leaf, status.registry, status.index)
        extension = x509.UnrecognizedExtension(
            x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING), encode_binding(binding)
        )
        validity = Validity(now - _EARLIER, last_second)
        return self._certify(Profile.HOLDER, subject, public_key, validity, extension)

    def crl(self, revoked: Sequence[Revoked], *, now: datetime, number: int) -> bytes:
        """Return this CA's revocation list, DER."""
        return make_crl(self._issuer, revoked, now=now, number=number)

    def ocsp_answer(
        self, certificate: bytes, revoked: Sequence[Revoked], *, now: datetime
    ) -> bytes:
        """Return this CA's answer about a certificate that it issued, DER.

        Raises:
            AnzhengError: KEY_REFUSED, when it did not issue it.
        """
        asked, own = load_certificate(certificate), load_certificate(self.certificate)
        try:
            asked.verify_directly_issued_by(own)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise AnzhengError(Code.KEY_REFUSED, "another CA issued this certificate") from error
        return make_ocsp_answer(certificate, self._issuer, self.certificate, revoked, now=now)

    def _certify(
        self,
        profile: Profile,
        subject: Subject,
        public_key: PublicKey,
        validity: Validity,
        *extra: x509.UnrecognizedExtension,
    ) -> bytes:
        return make_certificate(
            profile,
            subject_name(subject),
            public_key,
            issuer=self._issuer,
            validity=validity,
            entropy=self._entropy,
            extra=extra,
        )


def create_root(
    subject: Subject,
    key: rsa.RSAPrivateKey,
    *,
    now: datetime,
    entropy: Entropy,
    base_url: str | None = None,
) -> CertificateAuthority:
    """Make a root: a CA that certifies itself.

    Raises:
        AnzhengError: FIELD_LENGTH, FIELD_VALUE.
    """
    name = subject_name(subject)
    certificate = make_certificate(
        Profile.ROOT,
        name,
        key.public_key(),
        issuer=Issuer(name, key.public_key(), key, None),
        validity=_years(now, ROOT_YEARS),
        entropy=entropy,
    )
    return CertificateAuthority(key, certificate, entropy=entropy, base_url=base_url)


def check_csr(csr: bytes) -> PublicKey:
    """Return the key of a certification request, once its signature proves possession.

    Args:
        csr: PKCS#10, DER.

    Raises:
        AnzhengError: CSR_INVALID, also for a key that is neither P-256 nor RSA from 2048 bits.
    """
    if len(csr) > MAX_CSR_BYTES:
        raise AnzhengError(Code.CSR_INVALID, "the request is too large", bytes=len(csr))
    try:
        request = x509.load_der_x509_csr(csr)
        key = request.public_key()
        proved = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise AnzhengError(Code.CSR_INVALID, "the request cannot be read") from error
    if not proved:
        raise AnzhengError(Code.CSR_INVALID, "the request is not signed by its own key")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_HOLDER_RSA_BITS:
        return key
    raise AnzhengError(Code.CSR_INVALID, "holder keys are P-256, or RSA from 2048 bits")


def _entitled(entitlement: Entitlement) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(
        x509.ObjectIdentifier(oids.EXT_ENTITLEMENT), encode_entitlement(entitlement)
    )


def _years(now: datetime, years: int) -> Validity:
    start = now - _EARLIER
    return Validity(start, start + years * _YEAR)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return constraints.value.ca
