"""Makes a key and its certificate for a ceremony; done again, it finds what it made before."""

from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from anzheng import key_book
from anzheng.estate import Estate
from anzheng.files import write_durably
from anzheng.key_book import ISSUED_BY, KeyBook
from anzheng.keyfiles import KeyKind
from anzheng.keyring import FILE, KeyRing
from anzheng.settings import Settings
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding, algorithm_for
from licence.formats.ceremony import KeyFacts, Order, Purpose
from licence.formats.entitlement import entitlement_of
from licence.ids import AuthorityId, Digest
from licence.ports import Clock, Entropy
from signer.authority_ca import CertificateAuthority, create_root
from signer.certificate_register import CertificateRegister
from signer.certificates import (
    ORGANISATION_IDENTIFIER,
    Profile,
    Subject,
    is_made_for,
    is_test_certificate,
    load_certificate,
)
from signer.keys.file import check_belongs
from signer.test_pki import CA_BITS, ORGANISATION, SIGNER_BITS

CA_SIZES = frozenset({2048, 3072, 4096})
"""Bits of RSA keys of CAs and timestamp authorities; those of licence signers are an algorithm."""

PROFILE_OF = {
    Purpose.LICENCE: Profile.LICENCE_SIGNER,
    Purpose.ISSUING: Profile.ISSUING_CA,
    Purpose.HOLDER_CA: Profile.HOLDER_CA,
    Purpose.TSA: Profile.TSA,
    Purpose.ROOT: Profile.ROOT,
}

TITLES = {
    Purpose.ROOT: "根证书",
    Purpose.ISSUING: "签发 CA",
    Purpose.HOLDER_CA: "持证 CA",
    Purpose.TSA: "时间戳",
}


@dataclass(frozen=True, slots=True)
class KeyOffice:
    """What ceremonies work on.

    Attributes:
        settings: Where everything lies.
        estate: Authorities and their officers.
        ring: Where keys lie.
        register: What the CAs issued and revoked.
        clock: Tells the time.
        entropy: For serial numbers and names of ceremonies.
    """

    settings: Settings
    estate: Estate
    ring: KeyRing
    register: CertificateRegister
    clock: Clock
    entropy: Entropy

    def book(self) -> KeyBook:
        """Read the key book."""
        authorities = [entry.id for entry in self.estate.authorities]
        return key_book.read(self.settings.data_dir, authorities, self.ring)

    def open_ca(self, name: str) -> CertificateAuthority:
        """Open a CA by the name of its key."""
        return CertificateAuthority(
            self.ring.private_key(name),
            self.ring.certificate(name),
            entropy=self.entropy,
            base_url=f"{self.settings.public_url}/pki/{name}",
        )

    @property
    def is_test(self) -> bool:
        """Whether what is made here is marked as a test's."""
        return self.settings.environment is not Environment.PRODUCTION


def default_bits(purpose: Purpose) -> int:
    """Return the size of a key for which nobody asked for another."""
    return SIGNER_BITS if purpose in {Purpose.LICENCE, Purpose.TSA} else CA_BITS


def check_size(purpose: Purpose, bits: int) -> None:
    """Refuse a size of which no signature would be believed.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED.
    """
    if purpose is Purpose.LICENCE:
        algorithm_for(SignaturePadding.PKCS1, bits)
    elif bits not in CA_SIZES:
        raise AnzhengError(
            Code.ALGORITHM_UNSUPPORTED, "CAs and timestamps: RSA-2048, -3072 or -4096", bits=bits
        )


def check_store(office: KeyOffice, purpose: Purpose, store: str) -> None:
    """Refuse a place in which the key cannot be made; a token must be there, and take its PIN.

    Raises:
        AnzhengError: KEY_URI, KEY_LOCKED, TOOL_MISSING.
    """
    if purpose is Purpose.QR and store != FILE:
        raise AnzhengError(Code.KEY_URI, "a QR key lies in a file")
    office.ring.check_store(store)


def make_key(office: KeyOffice, order: Order, bits: int, certified: bytes | None) -> KeyFacts:
    """Make the key of an order, and its certificate.

    Args:
        office: Where.
        order: What.
        bits: Size of an RSA key.
        certified: The certificate, from a CA whose key is not here.

    Raises:
        AnzhengError: KEY_URI with fact `request` while a CA elsewhere has to certify the key;
            KEY_LOCKED, KEY_REFUSED, SETTINGS_UNSAFE for a test CA in production.
    """
    if order.purpose is Purpose.QR:
        if not office.ring.has(order.key):
            office.ring.make(order.key, KeyKind.ES256)
        return KeyFacts("ES256", _digest(office.ring.open(order.key).public_der))
    check_size(order.purpose, bits)
    key = office.ring.make_rsa(order.key, order.store, bits)
    if not office.ring.has_certificate(order.key):
        certificate = certified or _certify(office, order, key)
        _check(office, order, key.public_key(), certificate)
        # Before it is used: a certificate that is noted but never used is harmless.
        office.register.record(certificate, now=office.clock.now())
        office.ring.keep_certificate(order.key, certificate)
    return facts_of(office, order.key, order.purpose)


def facts_of(office: KeyOffice, name: str, purpose: Purpose) -> KeyFacts:
    """Return what a key is, from what lies in the ring."""
    if purpose is Purpose.QR:
        return KeyFacts("ES256", _digest(office.ring.open(name).public_der))
    certificate = office.ring.certificate(name)
    public = load_certificate(certificate).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise AnzhengError(Code.KEY_REFUSED, "not an RSA certificate", key=name)
    above = _above(office, certificate, purpose)
    return KeyFacts(
        f"RSA-{public.key_size}",
        _digest(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        _digest(certificate),
        None if above is None else _digest(above),
    )


def _above(office: KeyOffice, certificate: bytes, purpose: Purpose) -> bytes | None:
    """Return the certificate above, None of a root or where it is not here."""
    if purpose is Purpose.ROOT:
        return None
    for candidate in office.book().of(ISSUED_BY[purpose]):
        above = office.ring.certificate(candidate.name)
        if key_book.is_above(above, certificate):
            return above
    return None


def _certify(office: KeyOffice, order: Order, key: rsa.RSAPrivateKey) -> bytes:
    now, public = office.clock.now(), key.public_key()
    if order.purpose is Purpose.ROOT:
        url = f"{office.settings.public_url}/pki/{order.key}"
        subject = _subject(office, order)
        root = create_root(subject, key, now=now, entropy=office.entropy, base_url=url)
        return root.certificate
    above = office.book().active(ISSUED_BY[order.purpose], None, now)
    if not office.ring.has(above.name):
        raise _asks_elsewhere(office, order, key, above.name)
    ca = office.open_ca(above.name)
    if order.purpose is Purpose.LICENCE:
        entry = office.estate.authority(order.authority)
        return ca.certify_signer(
            entry.id,
            entry.name,
            public,
            now=now,
            is_test=office.is_test,
            entitlement=entry.entitlement,
        )
    subject = _subject(office, order)
    if order.purpose is Purpose.TSA:
        return ca.certify_tsa(subject, public, now=now)
    profile = Profile.ISSUING_CA if order.purpose is Purpose.ISSUING else Profile.HOLDER_CA
    return ca.certify_ca(subject, public, now=now, profile=profile)


def _subject(office: KeyOffice, order: Order) -> Subject:
    """Return the name of a CA or timestamp authority: that of the one before, with its number."""
    organisation = ORGANISATION
    if order.previous is not None and office.ring.has_certificate(order.previous):
        name = load_certificate(office.ring.certificate(order.previous)).subject
        found = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        organisation = str(found[0].value) if found else organisation
    number = order.key.rpartition("-")[2]
    count = f" {number}" if number.isdigit() else ""
    title = f"{organisation} {TITLES[order.purpose]}{count}"
    return Subject(title, organisation, is_test=office.is_test)


def _asks_elsewhere(
    office: KeyOffice, order: Order, key: rsa.RSAPrivateKey, above: str
) -> AnzhengError:
    """Leave a certification request for a CA whose key is not here."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, order.key[:64])])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    place = office.settings.data_dir / key_book.FOLDER / order.id / key_book.REQUEST
    write_durably(place, request.public_bytes(Encoding.DER))
    return AnzhengError(
        Code.KEY_URI,
        f"the key of {above} is not here: have {place} certified, then run this again with "
        "--certificate",
        request=str(place),
    )


def _check(office: KeyOffice, order: Order, public: rsa.RSAPublicKey, certificate: bytes) -> None:
    """Refuse a certificate that is not this key's, not this authority's, or a test's."""
    check_belongs(certificate, public)
    if not office.is_test and is_test_certificate(certificate):
        raise AnzhengError(Code.SETTINGS_UNSAFE, "a certificate of a test PKI in production")
    if not is_made_for(certificate, PROFILE_OF[order.purpose]):
        raise AnzhengError(Code.KEY_REFUSED, "the certificate is for another purpose")
    if order.purpose is Purpose.LICENCE and _identifier(certificate) != order.authority:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate names another authority")
    if order.purpose is Purpose.LICENCE:
        _check_entitlement(order, certificate)
    if order.purpose is not Purpose.ROOT and _above(office, certificate, order.purpose) is None:
        raise AnzhengError(Code.KEY_REFUSED, "no CA of ours is above this certificate")


def _check_entitlement(order: Order, certificate: bytes) -> None:
    """Refuse an entitlement of another authority, or one that verifiers cannot read."""
    entitlement = entitlement_of(load_certificate(certificate))
    if entitlement is not None and entitlement.authority != order.authority:
        raise AnzhengError(Code.KEY_REFUSED, "the certificate entitles another authority")


def _identifier(certificate: bytes) -> AuthorityId | None:
    names = load_certificate(certificate).subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
    return AuthorityId(str(names[0].value)) if len(names) == 1 else None


def _digest(data: bytes) -> Digest:
    return Digest(sha256(data).digest())
