"""Who signed: self-made and wrong CAs, certificates for other purposes, expired and revoked ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from licence.errors import Code
from licence.formats import oids
from licence.formats.entitlement import encode_entitlement, make_entitlement
from licence.formats.trust_types import Root, Withdrawn
from licence.ids import AuthorityId, Digest, RegistryId
from signer.authority_ca import CertificateAuthority
from signer.certificates import ORGANISATION_IDENTIFIER, TEST_UNIT, load_certificate
from signer.revocation import Revoked
from tests.bad.case import Ask
from tests.bad.desk import Desk, Seal, dss_of, keys, seal_of
from tests.bad.recipe import FOREIGN, UNDETERMINED, Recipe
from tests.builders import AUTHORITY, INDUSTRIES, NAMES, OTHER_AUTHORITY, SIGNED_AT, TYPES

UNTRUSTED = Code.SIGNER_UNTRUSTED
POLICY = Code.SIGNER_POLICY
NOT_ENTITLED = Code.SIGNER_NOT_ENTITLED
UNKNOWN = Code.SIGNER_REVOCATION_UNKNOWN

USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def certificate(  # noqa: PLR0913 - each is a lie of its own
    key: rsa.RSAPublicKey,
    issuer: x509.Name,
    by: rsa.RSAPrivateKey,
    *,
    identifier: str | None = AUTHORITY,
    usages: Sequence[str] = ("content_commitment",),
    policy: str | None = oids.POLICY_LICENCE_SIGNING,
    is_ca: bool = False,
    starts: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=1_000),
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    name: str = "1121000000TXT10121 licence signing",
    country: str = "CN",
    serial: int = 0x5EA1,
) -> bytes:
    """Return a certificate that says what it is told to say."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, country),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAMES[AUTHORITY]),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_UNIT),
    ]
    if identifier is not None:
        parts.append(x509.NameAttribute(ORGANISATION_IDENTIFIER, identifier))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, name))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(parts))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(SIGNED_AT + starts)
        .not_valid_after(SIGNED_AT + ends)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    )
    if usages:
        usage = x509.KeyUsage(**{each: each in usages for each in USAGES})
        builder = builder.add_extension(usage, critical=True)
    if policy is not None:
        information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
        builder = builder.add_extension(x509.CertificatePolicies([information]), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.DER)


def signer_certificate(
    desk: Desk,
    *,
    key: rsa.RSAPrivateKey | None = None,
    revoked: bool = False,
    intermediates: tuple[bytes, ...] | None = None,
    ca: tuple[bytes, rsa.RSAPrivateKey] | None = None,
    **lies: object,
) -> Seal:
    """Return a seal whose certificate our issuing CA (or another) made, with lies in it."""
    pki = desk.pki
    issuer, by = ca or (pki.issuing.certificate, keys()["ours-issuing"])
    own = key or keys()["spare"]
    made = certificate(own.public_key(), load_certificate(issuer).subject, by, **lies)  # type: ignore[arg-type]
    path = intermediates if intermediates is not None else (issuer,)
    serials = [Revoked(0x5EA1, SIGNED_AT - timedelta(hours=1))] if revoked else []
    authority = CertificateAuthority(by, issuer, entropy=desk.world.entropy)
    crls = (
        pki.root.crl((), now=SIGNED_AT, number=1),
        authority.crl(serials, now=SIGNED_AT, number=2),
    )
    dss = dss_of((made, *path), pki, crls, ())
    return replace(desk.seal, key=own, certificate=made, intermediates=path, dss=dss)


def _sealed(**lies: object) -> Callable[[Desk], bytes]:
    return lambda desk: desk.issue(seal=signer_certificate(desk, **lies))  # type: ignore[arg-type]


def _subject(desk: Desk) -> x509.Name:
    return load_certificate(desk.seal.certificate).subject


def _self_signed(desk: Desk) -> bytes:
    """A certificate of the same words that certifies itself."""
    key = keys()["spare"]
    made = certificate(key.public_key(), _subject(desk), key)
    dss = dss_of((made,), desk.pki, desk.seal.dss.crls, desk.seal.dss.ocsps)
    return desk.issue(seal=replace(desk.seal, key=key, certificate=made, intermediates=(), dss=dss))


def _stranger(desk: Desk) -> bytes:
    return desk.issue(seal=seal_of(desk.stranger))


def _stranger_with_our_root(desk: Desk) -> bytes:
    """A stranger's whole PKI, and our root among its certificates."""
    seal = seal_of(desk.stranger)
    path = (*seal.intermediates, desk.pki.root.certificate)
    return desk.issue(seal=replace(seal, intermediates=path))


def _same_issuer_name(desk: Desk) -> bytes:
    """Issued by a CA with the name of ours and a key of its own."""
    key = keys()["stranger-issuing"]
    return desk.issue(
        seal=signer_certificate(desk, ca=(desk.stranger.pki.issuing.certificate, key))
    )


def _as(name: str, made: Callable[[Desk], bytes]) -> Callable[[Desk], bytes]:
    """Sign with a certificate of ours that is for something else."""

    def make(desk: Desk) -> bytes:
        seal = desk.seal
        path = () if name in {"ours-tsa", "ours-issuing", "ours-root"} else seal.intermediates
        dss = dss_of((made(desk), *path), desk.pki, seal.dss.crls, seal.dss.ocsps)
        changed = replace(
            seal, key=keys()[name], certificate=made(desk), intermediates=path, dss=dss
        )
        return desk.issue(seal=changed)

    return make


def _holder_ca(desk: Desk) -> tuple[bytes, rsa.RSAPrivateKey]:
    return desk.pki.holder_ca.certificate, keys()["ours-holder-ca"]


def _by_holder_ca(desk: Desk) -> bytes:
    return desk.issue(seal=signer_certificate(desk, ca=_holder_ca(desk)))


def _other_authority_signs(desk: Desk) -> bytes:
    """The other authority, pinned as well, signs a licence of this one."""
    key = desk.pki.signer_keys[OTHER_AUTHORITY]
    ocsp = desk.pki.revocation(OTHER_AUTHORITY, now=SIGNED_AT).ocsps
    dss = dss_of((key.certificate, *desk.seal.intermediates), desk.pki, desk.seal.dss.crls, ocsp)
    seal = replace(desk.seal, key=keys()["ours-other-signer"], certificate=key.certificate, dss=dss)
    return desk.issue(seal=seal)


def _below_a_signer(desk: Desk) -> bytes:
    """The signer of a licence certifies another signer."""
    ours = desk.seal
    own = keys()["spare"]
    made = certificate(own.public_key(), _subject(desk), ours.key)
    path = (ours.certificate, *ours.intermediates)
    dss = dss_of((made, *path), desk.pki, ours.dss.crls, ours.dss.ocsps)
    return desk.issue(seal=replace(ours, key=own, certificate=made, intermediates=path, dss=dss))


def _long_path(desk: Desk) -> bytes:
    """A CA below the issuing CA, which may have none (path length 0)."""
    by, own = keys()["ours-issuing"], keys()["spare"]
    name = load_certificate(desk.pki.issuing.certificate).subject
    middle_key = keys()["stranger-signer"]
    usages = ("key_cert_sign", "crl_sign")
    middle = certificate(
        middle_key.public_key(), name, by, is_ca=True, usages=usages, name="middle"
    )
    made = certificate(own.public_key(), load_certificate(middle).subject, middle_key)
    path = (middle, desk.pki.issuing.certificate)
    dss = dss_of((made, *path), desk.pki, desk.seal.dss.crls, ())
    return desk.issue(
        seal=replace(desk.seal, key=own, certificate=made, intermediates=path, dss=dss)
    )


def _with_crls(*crls: Callable[[Desk], bytes]) -> Callable[[Desk], bytes]:
    def make(desk: Desk) -> bytes:
        seal = signer_certificate(desk)
        dss = replace(seal.dss, crls=tuple(crl(desk) for crl in crls))
        return desk.issue(seal=replace(seal, dss=dss))

    return make


def _root_crl(desk: Desk) -> bytes:
    return desk.pki.root.crl((), now=SIGNED_AT, number=1)


def _issuing_crl(desk: Desk) -> bytes:
    return desk.pki.issuing.crl((), now=SIGNED_AT, number=1)


def _old_crl(desk: Desk) -> bytes:
    return desk.pki.issuing.crl((), now=SIGNED_AT - timedelta(days=30), number=1)


def _future_crl(desk: Desk) -> bytes:
    return desk.pki.issuing.crl((), now=SIGNED_AT + timedelta(days=1), number=1)


def _stranger_crl(desk: Desk) -> bytes:
    return desk.stranger.pki.issuing.crl((), now=SIGNED_AT, number=1)


def _revoked_ca(desk: Desk) -> bytes:
    serial = load_certificate(desk.pki.issuing.certificate).serial_number
    gone = [Revoked(serial, SIGNED_AT - timedelta(hours=1))]
    return desk.pki.root.crl(gone, now=SIGNED_AT, number=3)


def _garbage(_desk: Desk) -> bytes:
    return b"\x30\x03\x02\x01\x07"


def _revoked_by_ocsp(desk: Desk) -> bytes:
    """OCSP says revoked, and a CRL besides says that it is not."""
    seal = signer_certificate(desk)
    gone = [Revoked(0x5EA1, SIGNED_AT - timedelta(hours=1))]
    answer = desk.pki.issuing.ocsp_answer(seal.certificate, gone, now=SIGNED_AT)
    return desk.issue(seal=replace(seal, dss=replace(seal.dss, ocsps=(answer,))))


def _not_in_dss(desk: Desk) -> bytes:
    """The certificates of the CMS do not stand in the signed validation data."""
    seal = signer_certificate(desk)
    rest = tuple(each for each in seal.dss.certificates if each != seal.certificate)
    return desk.issue(seal=replace(seal, dss=replace(seal.dss, certificates=rest)))


def _more_in_cms(desk: Desk) -> bytes:
    seal = replace(desk.seal, intermediates=(*desk.seal.intermediates, desk.pki.root.certificate))
    return desk.issue(seal=seal)


def _authority(desk: Desk, **changes: object) -> Ask:
    first, *rest = desk.bundle.authorities
    bundle = replace(desk.bundle, authorities=(replace(first, **changes), *rest))  # type: ignore[arg-type]
    return desk.ask(desk.good().pdf, bundle=bundle)


def _bundle(desk: Desk, **changes: object) -> Ask:
    return desk.ask(desk.good().pdf, bundle=replace(desk.bundle, **changes))  # type: ignore[arg-type]


def _distrusted(which: Callable[[Desk], bytes], after: timedelta) -> Callable[[Desk], Ask]:
    def make(desk: Desk) -> Ask:
        closed = Withdrawn(Digest(sha256(which(desk)).digest()), SIGNED_AT + after)
        return _bundle(desk, withdrawn=(closed,))

    return make


def _entitled(**changes: Sequence[str]) -> Callable[[Desk], bytes]:
    wanted = {"types": TYPES, "industries": INDUSTRIES, **changes}
    entitlement = make_entitlement(AUTHORITY, *wanted.values())  # type: ignore[arg-type]
    extension = x509.UnrecognizedExtension(
        x509.ObjectIdentifier(oids.EXT_ENTITLEMENT), encode_entitlement(entitlement)
    )
    return _sealed(extra=((extension, False),))


def _unknown_critical() -> x509.ExtensionType:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.7"), b"\5\0")


def _other_region(desk: Desk) -> bytes:
    where = [{"type": "REGISTERED", "text": "北京市东城区1号", "region": "110101"}]
    return desk.issue(version=desk.world.version(addresses=where))


def _other_industry(desk: Desk) -> bytes:
    changes = {"industry": "MK", "licence_no": "（辽）MK安许证字〔2024〕0127"}
    return desk.issue(version=desk.world.version(**changes))


ROWS = (
    ("self-signed", "a certificate of the same words that certifies itself", _self_signed, UNTRUSTED),
    ("stranger", "a whole PKI of the same names", _stranger, UNTRUSTED),
    ("stranger-with-our-root", "a stranger's PKI, our root among its certificates", _stranger_with_our_root, UNTRUSTED),
    ("ca-of-the-same-name", "a CA with the name of ours and another key", _same_issuer_name, UNTRUSTED),
    ("tsa-as-signer", "the timestamp authority signs a licence", _as("ours-tsa", lambda desk: desk.pki.tsa_key.certificate), POLICY),
    ("ca-as-signer", "the issuing CA signs a licence", _as("ours-issuing", lambda desk: desk.pki.issuing.certificate), POLICY),
    ("root-as-signer", "the root signs a licence", _as("ours-root", lambda desk: desk.pki.root.certificate), UNTRUSTED),
    ("by-the-holder-ca", "certified by the CA of the holders", _by_holder_ca, POLICY),
    ("other-authority", "another pinned authority signs", _other_authority_signs, Code.SIGNER_AUTHORITY),
    ("below-a-signer", "a signer certifies a signer", _below_a_signer, UNTRUSTED),
    ("path-too-long", "a CA below a CA that may have none", _long_path, UNTRUSTED),
    ("other-policy", "the policy of a holder", _sealed(policy=oids.POLICY_HOLDER), POLICY),
    ("policy-of-a-stranger", "a policy that nobody pinned", _sealed(policy="2.25.99"), POLICY),
    ("any-policy", "any policy", _sealed(policy="2.5.29.32.0"), POLICY),
    ("no-policy", "no policy", _sealed(policy=None), POLICY),
    ("usage-digital-signature", "a key for digital signatures", _sealed(usages=("digital_signature",)), POLICY),
    ("usage-both", "a key for both kinds of signatures", _sealed(usages=("digital_signature", "content_commitment")), POLICY),
    ("usage-certificates", "a key that signs certificates too", _sealed(usages=("content_commitment", "key_cert_sign")), POLICY),
    ("usage-encryption", "a key that encrypts too", _sealed(usages=("content_commitment", "key_encipherment")), POLICY),
    ("usage-missing", "no key usage", _sealed(usages=()), POLICY),
    ("signer-is-a-ca", "the signer calls itself a CA", _sealed(is_ca=True), POLICY),
    ("no-identifier", "the certificate names no organisation code", _sealed(identifier=None), Code.SIGNER_AUTHORITY),
    ("other-identifier", "the code of another organisation", _sealed(identifier=OTHER_AUTHORITY), Code.SIGNER_AUTHORITY),
    ("other-country", "a name that the CA may not certify", _sealed(country="US"), UNTRUSTED),
    ("critical-extension", "a critical extension that nobody knows", _sealed(extra=((_unknown_critical(), True),)), UNTRUSTED),
    ("expired", "the certificate ended a day before the signature", _sealed(starts=timedelta(days=-9), ends=timedelta(days=-1)), UNTRUSTED),
    ("not-yet", "the certificate begins a day after the signature", _sealed(starts=timedelta(days=1)), UNTRUSTED),
    ("revoked", "revoked an hour before the signature, by CRL", _sealed(revoked=True), Code.SIGNER_REVOKED),
    ("revoked-by-ocsp", "OCSP says revoked, a CRL says not", _revoked_by_ocsp, Code.SIGNER_REVOKED),
    ("ca-revoked", "the issuing CA was revoked", _with_crls(_revoked_ca, _issuing_crl), Code.SIGNER_REVOKED),
    ("no-revocation-data", "nothing about revocation", _with_crls(_root_crl), UNKNOWN, UNDETERMINED),
    ("old-list", "a list that ended weeks before the signature", _with_crls(_root_crl, _old_crl), UNKNOWN, UNDETERMINED),
    ("future-list", "a list of the day after", _with_crls(_root_crl, _future_crl), UNKNOWN, UNDETERMINED),
    ("list-of-a-stranger", "a list of a CA of the same name", _with_crls(_root_crl, _stranger_crl), UNKNOWN, UNDETERMINED),
    ("list-of-garbage", "garbage as a list", _with_crls(_root_crl, _garbage), UNKNOWN, UNDETERMINED),
    ("not-in-the-signed-data", "its certificate is not in the signed validation data", _not_in_dss, UNTRUSTED),
    ("certificate-more", "the root among the certificates of the CMS", _more_in_cms, UNTRUSTED),
    ("not-entitled-by-certificate", "the certificate allows no licence of this industry", _entitled(industries=("MK",)), NOT_ENTITLED),
    ("not-entitled-type-by-certificate", "the certificate allows no licence of this type", _entitled(types=("hazchem-trading",)), NOT_ENTITLED),
    ("other-region", "an enterprise in a province of another authority", _other_region, NOT_ENTITLED),
    ("other-industry", "an industry that the authority may not license", _other_industry, NOT_ENTITLED),
    ("type-not-allowed", "the bundle allows the authority another type", lambda desk: _authority(desk, licence_types=("hazchem-trading",)), NOT_ENTITLED),
    ("office-closed", "the authority's time ended before", lambda desk: _authority(desk, valid_to=(SIGNED_AT - timedelta(days=400)).date()), NOT_ENTITLED),
    ("office-not-open", "the authority's time began the day after", lambda desk: _authority(desk, valid_from=(SIGNED_AT + timedelta(days=1)).date()), NOT_ENTITLED),
    ("authority-unknown", "the bundle does not know the authority", lambda desk: _bundle(desk, authorities=desk.bundle.authorities[1:]), Code.TRUST_BUNDLE_OLD, UNDETERMINED),
    ("authority-renamed", "the bundle knows it under another code", lambda desk: _authority(desk, id=AuthorityId("112100000000000000")), Code.TRUST_BUNDLE_OLD, UNDETERMINED),
    ("key-withdrawn", "the signer's key was closed before the block", _distrusted(lambda desk: desk.seal.certificate, timedelta(seconds=20)), Code.SIGNER_DISTRUSTED),
    ("ca-withdrawn", "the CA's key was closed before the signature", _distrusted(lambda desk: desk.pki.issuing.certificate, timedelta(days=-1)), Code.SIGNER_DISTRUSTED),
    ("root-distrusted", "the root is not believed since last week", lambda desk: _bundle(desk, roots=(replace(desk.bundle.roots[0], distrust_from=SIGNED_AT - timedelta(days=7)),)), Code.SIGNER_DISTRUSTED),
    ("root-of-another", "another root is pinned", lambda desk: _bundle(desk, roots=(Root("other", desk.stranger.pki.root.certificate),)), UNTRUSTED),
    ("policy-not-pinned", "another policy is pinned", lambda desk: _bundle(desk, policies=("2.25.5",)), POLICY),
    ("registry-unknown", "the bundle knows another registry", lambda desk: _bundle(desk, registries=(replace(desk.bundle.registries[0], id=RegistryId("another")),)), Code.REGISTRY_UNKNOWN, FOREIGN),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return tuple(Recipe(f"signer/{row[0]}", *row[1:]) for row in ROWS)  # type: ignore[arg-type]
