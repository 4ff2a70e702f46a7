"""Path validation and revocation: our profile, and what differs from it in one thing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from licence.errors import Code
from tests.builders import SIGNED_AT
from tests.fakes.refusal import refuses
from verifier.chain_of_trust import (
    ANY_POLICY,
    ORGANISATION_IDENTIFIER,
    check_dates,
    check_licence_signer,
    check_policy,
    check_tsa,
    find_path,
    load_certificate,
    organisation_identifier,
)
from verifier.revocation import RevocationData, check_not_revoked

POLICY = "2.25.1.2.3"
CA = ("key_cert_sign", "crl_sign")
USAGES = (
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
Extension = tuple[x509.ExtensionType, bool]


@cache
def _key(name: str, bits: int) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(65537, bits)


def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the key of this name, the same for all tests."""
    return _key(name, bits)


def name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def usage(*wanted: str) -> Extension:
    return x509.KeyUsage(**{each: each in wanted for each in USAGES}), True


def policies(*wanted: str) -> Extension:
    infos = [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in wanted]
    return x509.CertificatePolicies(infos), False


def basic(*, ca: bool, length: int | None = None, critical: bool = True) -> Extension:
    return x509.BasicConstraints(ca, length), critical


def certify(
    subject: str,
    issuer: str,
    *extensions: Extension,
    subject_key: str | None = None,
    issuer_key: str | None = None,
    start: datetime = SIGNED_AT - timedelta(days=100),
    end: datetime = SIGNED_AT + timedelta(days=100),
    bits: int = 2048,
) -> bytes:
    """Return a certificate; each name has a key of its own unless another is lent."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(subject))
        .issuer_name(name_of(issuer))
        .public_key(key(subject_key or subject, bits).public_key())
        .serial_number(sum(subject.encode()) * 7919 + 1)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    signed = builder.sign(key(issuer_key or issuer), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


ROOT = certify("root", "root", basic(ca=True, length=1), usage(*CA))
MIDDLE = certify("middle", "root", basic(ca=True, length=0), usage(*CA), policies(ANY_POLICY))
LEAF = certify("leaf", "middle", basic(ca=False), usage("content_commitment"), policies(POLICY))


def crl(issuer: str, *revoked: bytes, days: int = 7, at: datetime = SIGNED_AT) -> bytes:
    """Return a revocation list."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name_of(issuer))
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=days))
    )
    for each in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(load_certificate(each).serial_number)
            .revocation_date(SIGNED_AT - timedelta(days=1))
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key(issuer), hashes.SHA256()).public_bytes(Encoding.DER)


def answer(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    signer: str = "middle",
    responder: bytes = MIDDLE,
    certificate: bytes = LEAF,
    at: datetime = SIGNED_AT,
    delegate: bool = False,
) -> bytes:
    """Return an OCSP answer."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=load_certificate(certificate),
            issuer=load_certificate(MIDDLE),
            algorithm=hashes.SHA1(),  # noqa: S303 - how most of the world names an issuer
            cert_status=status,
            this_update=at - timedelta(hours=1),
            next_update=at + timedelta(days=7),
            revocation_time=SIGNED_AT if revoked else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, load_certificate(responder))
    )
    if delegate:
        builder = builder.certificates([load_certificate(responder)])
    return builder.sign(key(signer), hashes.SHA256()).public_bytes(Encoding.DER)


def check(leaf: bytes = LEAF, middle: bytes = MIDDLE, root: bytes = ROOT) -> None:
    """Find the path and check everything that a licence signer needs."""
    path = find_path(leaf, [leaf, middle], [root])
    check_licence_signer(path[0])
    check_policy(path, [POLICY])
    check_dates(path, at=SIGNED_AT)


def constrained(limits: x509.NameConstraints) -> bytes:
    """Return the middle with name constraints."""
    return certify(
        "middle", "root", basic(ca=True), usage(*CA), policies(ANY_POLICY), (limits, True)
    )


# ---------------------------------------------------------------- paths


def test_the_profile_passes() -> None:
    check()
    assert organisation_identifier(load_certificate(LEAF)) is None


def test_a_name_that_its_ca_may_certify_passes() -> None:
    check(middle=constrained(x509.NameConstraints([x509.DirectoryName(name_of("leaf"))], None)))


def test_a_leaf_directly_under_the_root_passes() -> None:
    leaf = certify("leaf", "root", basic(ca=False), usage("content_commitment"), policies(POLICY))
    assert len(find_path(leaf, [], [ROOT])) == 2


UNTRUSTED: dict[str, Callable[[], None]] = {
    "a version that nobody knows": lambda: check(
        LEAF.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    ),
    "another root of the same name": lambda: check(
        root=certify("root", "root", basic(ca=True), usage(*CA), subject_key="x", issuer_key="x")
    ),
    "a middle that is no CA": lambda: check(
        middle=certify("middle", "root", basic(ca=False), usage(*CA), policies(ANY_POLICY))
    ),
    "a middle without constraints": lambda: check(
        middle=certify("middle", "root", usage(*CA), policies(ANY_POLICY))
    ),
    "a middle whose constraints are not critical": lambda: check(
        middle=certify(
            "middle", "root", basic(ca=True, critical=False), usage(*CA), policies(ANY_POLICY)
        )
    ),
    "a middle that may not certify": lambda: check(
        middle=certify("middle", "root", basic(ca=True), usage("crl_sign"), policies(ANY_POLICY))
    ),
    "a middle by another key": lambda: check(
        middle=certify(
            "middle", "root", basic(ca=True), usage(*CA), policies(ANY_POLICY), issuer_key="x"
        )
    ),
    "an expired leaf": lambda: check(
        certify(
            "leaf",
            "middle",
            basic(ca=False),
            usage("content_commitment"),
            policies(POLICY),
            end=SIGNED_AT - timedelta(seconds=1),
        )
    ),
    "a leaf from the future": lambda: check(
        certify(
            "leaf",
            "middle",
            basic(ca=False),
            usage("content_commitment"),
            policies(POLICY),
            start=SIGNED_AT + timedelta(seconds=1),
        )
    ),
    "an expired middle": lambda: check(
        middle=certify(
            "middle",
            "root",
            basic(ca=True),
            usage(*CA),
            policies(ANY_POLICY),
            end=SIGNED_AT - timedelta(seconds=1),
        )
    ),
    "a weak key": lambda: check(
        certify(
            "weak",
            "middle",
            basic(ca=False),
            usage("content_commitment"),
            policies(POLICY),
            bits=1024,
        )
    ),
    "an unknown critical extension": lambda: check(
        certify(
            "leaf",
            "middle",
            basic(ca=False),
            usage("content_commitment"),
            policies(POLICY),
            (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.9"), b"\x05\x00"), True),
        )
    ),
    "name constraints of another kind": lambda: check(
        middle=constrained(x509.NameConstraints([x509.DNSName("example")], None))
    ),
    "name constraints that exclude": lambda: check(
        middle=constrained(x509.NameConstraints(None, [x509.DirectoryName(name_of("leaf"))]))
    ),
    "a name that its CA may not certify": lambda: check(
        middle=constrained(x509.NameConstraints([x509.DirectoryName(name_of("lea"))], None))
    ),
    "a root as signer": lambda: check(ROOT),
    "no certificate": lambda: check(b"\x30\x03\x02\x01\x01"),
    "too many": lambda: _discard(find_path(LEAF, [MIDDLE] * 33, [ROOT])),
}


def _discard(_: object) -> None:
    return None


@pytest.mark.parametrize("name", UNTRUSTED)
def test_what_differs_in_one_thing_is_untrusted(name: str) -> None:
    with refuses(Code.SIGNER_UNTRUSTED):
        UNTRUSTED[name]()


def test_a_path_may_not_be_longer_than_its_cas_allow() -> None:
    below = certify("below", "middle", basic(ca=True), usage(*CA), policies(ANY_POLICY))
    leaf = certify("deep", "below", basic(ca=False), usage("content_commitment"), policies(POLICY))
    with refuses(Code.SIGNER_UNTRUSTED):
        find_path(leaf, [below, MIDDLE], [ROOT])


@pytest.mark.parametrize(
    "leaf",
    [
        certify("leaf", "middle", basic(ca=False), usage("content_commitment")),
        certify("leaf", "middle", basic(ca=False), usage("content_commitment"), policies("2.25.7")),
        certify("leaf", "middle", basic(ca=False), policies(POLICY)),
        certify("leaf", "middle", basic(ca=False), usage("digital_signature"), policies(POLICY)),
        certify(
            "leaf",
            "middle",
            basic(ca=False),
            usage("content_commitment", "digital_signature"),
            policies(POLICY),
        ),
        certify("leaf", "middle", basic(ca=True), usage("content_commitment"), policies(POLICY)),
    ],
)
def test_a_certificate_for_something_else_is_refused(leaf: bytes) -> None:
    with refuses(Code.SIGNER_POLICY):
        check(leaf)


def test_a_ca_must_allow_the_policy_too() -> None:
    for middle in (
        certify("middle", "root", basic(ca=True), usage(*CA)),
        certify("middle", "root", basic(ca=True), usage(*CA), policies("2.25.7")),
    ):
        with refuses(Code.SIGNER_POLICY):
            check(middle=middle)


STAMPING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
BOTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])


def test_a_timestamp_certificate_is_for_timestamps_only() -> None:
    signing = usage("digital_signature")
    good = certify("tsa", "root", basic(ca=False), signing, (STAMPING, True))
    check_tsa(load_certificate(good))
    for bad in (
        certify("tsa", "root", basic(ca=False), signing),
        certify("tsa", "root", basic(ca=False), signing, (STAMPING, False)),
        certify("tsa", "root", basic(ca=False), signing, (BOTH, True)),
        certify("tsa", "root", basic(ca=True), signing, (STAMPING, True)),
    ):
        with refuses(Code.SIGNER_POLICY):
            check_tsa(load_certificate(bad))


def test_one_organisation_identifier_names_the_authority() -> None:
    names = [x509.NameAttribute(ORGANISATION_IDENTIFIER, text) for text in ("A", "B")]
    for given, expected in ((names[:1], "A"), (names, None)):
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(given))
            .issuer_name(name_of("root"))
            .public_key(key("leaf").public_key())
            .serial_number(1)
            .not_valid_before(SIGNED_AT)
            .not_valid_after(SIGNED_AT + timedelta(days=1))
            .sign(key("root"), hashes.SHA256())
        )
        assert organisation_identifier(built) == expected


# ---------------------------------------------------------------- revocation


def revocation(*, crls: tuple[bytes, ...] = (), ocsps: tuple[bytes, ...] = ()) -> None:
    path = find_path(LEAF, [MIDDLE], [ROOT])
    check_not_revoked(path, RevocationData(crls, ocsps), at=SIGNED_AT)


RESPONDER = certify(
    "responder",
    "middle",
    basic(ca=False),
    usage("digital_signature"),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), True),
    (x509.OCSPNoCheck(), False),
)


def test_lists_or_answers_prove_that_nothing_was_revoked() -> None:
    revocation(crls=(crl("root"), crl("middle")))
    revocation(crls=(crl("root"),), ocsps=(answer(),))
    revocation(
        crls=(crl("root"),),
        ocsps=(answer(signer="responder", responder=RESPONDER, delegate=True),),
    )


@pytest.mark.parametrize(
    ("crls", "ocsps"),
    [
        ((crl("root"), crl("middle", LEAF)), ()),
        ((crl("root", MIDDLE), crl("middle")), ()),
        ((crl("root"), crl("middle", LEAF)), (answer(),)),
        ((crl("root"), crl("middle")), (answer(ocsp.OCSPCertStatus.REVOKED),)),
    ],
)
def test_revoked_in_any_of_them_is_revoked(
    crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]
) -> None:
    with refuses(Code.SIGNER_REVOKED):
        revocation(crls=crls, ocsps=ocsps)


NOT_A_RESPONDER = certify("responder", "middle", basic(ca=False), usage("digital_signature"))
STRANGER = certify(
    "responder",
    "root",
    basic(ca=False),
    usage("digital_signature"),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), True),
    (x509.OCSPNoCheck(), False),
)


IMPOSTOR = certify("middle", "root", basic(ca=True), usage(*CA), subject_key="x")


@pytest.mark.parametrize(
    "ocsps",
    [
        (),
        (b"junk",),
        (answer(ocsp.OCSPCertStatus.UNKNOWN),),
        (answer(signer="x", responder=IMPOSTOR),),
        (answer(at=SIGNED_AT - timedelta(days=8)),),
        (answer(at=SIGNED_AT + timedelta(days=1)),),
        (answer(certificate=MIDDLE),),
        (answer(signer="responder", responder=NOT_A_RESPONDER, delegate=True),),
        (answer(signer="responder", responder=STRANGER, delegate=True),),
    ],
)
def test_what_proves_nothing_leaves_it_unknown(ocsps: tuple[bytes, ...]) -> None:
    with refuses(Code.SIGNER_REVOCATION_UNKNOWN):
        revocation(crls=(crl("root"),), ocsps=ocsps)


@pytest.mark.parametrize(
    "middle",
    [
        crl("middle", days=0, at=SIGNED_AT - timedelta(days=8)),
        crl("middle", at=SIGNED_AT + timedelta(days=2)),
        b"junk",
    ],
)
def test_a_list_of_another_time_leaves_it_unknown(middle: bytes) -> None:
    with refuses(Code.SIGNER_REVOCATION_UNKNOWN):
        revocation(crls=(crl("root"), middle))


def test_a_partial_list_leaves_it_unknown() -> None:
    point = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=True,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name_of("middle"))
        .last_update(SIGNED_AT - timedelta(hours=1))
        .next_update(SIGNED_AT + timedelta(days=1))
        .add_extension(point, critical=True)
    )
    partial = builder.sign(key("middle"), hashes.SHA256()).public_bytes(Encoding.DER)
    with refuses(Code.SIGNER_REVOCATION_UNKNOWN):
        revocation(crls=(crl("root"), partial))


@pytest.mark.parametrize("name", ["crl", "ocsp"])
def test_broken_lists_and_answers_say_nothing(name: str) -> None:
    """Their fields are parsed on demand: whatever the library then raises stays inside."""
    good = crl("middle") if name == "crl" else answer()
    for at in range(len(good)):
        broken = good[:at] + bytes((good[at] ^ 0x10,)) + good[at + 1 :]
        crls, ocsps = ((broken,), ()) if name == "crl" else ((), (broken,))
        with refuses(Code.SIGNER_REVOCATION_UNKNOWN):
            revocation(crls=(crl("root"), *crls), ocsps=ocsps)
