"""The certificates that are issued, and those that are not."""

from datetime import timedelta
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from licence.domain.model import StatusRef
from licence.errors import Code
from licence.formats import oids
from licence.formats.holder_binding import LicenceBinding, decode_binding
from licence.ids import Leaf, RegistryId, StatusIndex
from signer.authority_ca import MAX_CSR_BYTES, CertificateAuthority, check_csr, create_root
from signer.certificates import (
    ORGANISATION_IDENTIFIER,
    TEST_UNIT,
    Subject,
    is_test_certificate,
    load_certificate,
)
from signer.keys import new_rsa_key
from signer.revocation import LIFETIME, Revoked
from tests.fakes.drafts import good_version
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, NAME, RELEASED_ON, FakeEntropy, pki

LEAF = Leaf(bytes(range(32)))
STATUS = StatusRef(RegistryId("registry.test"), StatusIndex(77))


Kind = TypeVar("Kind", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> x509.Extension[Kind]:
    return certificate.extensions.get_extension_for_class(kind)


def _csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anything")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def _holder(csr: bytes | None = None) -> x509.Certificate:
    request = csr or _csr(ec.generate_private_key(ec.SECP256R1()))
    certificate = pki().holder_ca.issue_holder_certificate(
        request, good_version(), LEAF, STATUS, now=RELEASED_ON
    )
    return load_certificate(certificate)


def test_the_root_and_its_cas_sign_only_certificates_and_lists() -> None:
    for ca, length in ((pki().root, 1), (pki().issuing, 0), (pki().holder_ca, 0)):
        certificate = load_certificate(ca.certificate)
        constraints = _extension(certificate, x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value == x509.BasicConstraints(ca=True, path_length=length)
        usage = _extension(certificate, x509.KeyUsage)
        assert usage.critical
        assert usage.value.key_cert_sign
        assert usage.value.crl_sign


def test_an_issuing_ca_has_one_policy_and_names_of_this_country_only() -> None:
    for ca, policy in (
        (pki().issuing, oids.POLICY_LICENCE_SIGNING),
        (pki().holder_ca, oids.POLICY_HOLDER),
    ):
        certificate = load_certificate(ca.certificate)
        (found,) = _extension(certificate, x509.CertificatePolicies).value
        assert found.policy_identifier.dotted_string == policy
        limits = _extension(certificate, x509.NameConstraints)
        assert limits.critical
        (permitted,) = limits.value.permitted_subtrees or []
        assert permitted.value.rfc4514_string() == "C=CN"


def test_a_signer_certificate_commits_to_content_and_names_its_authority() -> None:
    certificate = load_certificate(pki().signer_keys[AUTHORITY].certificate)
    usage = _extension(certificate, x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.digital_signature
    (identifier,) = certificate.subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
    assert identifier.value == AUTHORITY
    (policy,) = _extension(certificate, x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == oids.POLICY_LICENCE_SIGNING
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert name.value == NAME
    certificate.verify_directly_issued_by(load_certificate(pki().issuing.certificate))


def test_a_tsa_certificate_is_for_timestamps_only() -> None:
    certificate = load_certificate(pki().tsa_key.certificate)
    purpose = _extension(certificate, x509.ExtendedKeyUsage)
    assert purpose.critical
    assert list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    certificate.verify_directly_issued_by(load_certificate(pki().root.certificate))


def test_a_holder_certificate_binds_the_licence_and_ends_with_it() -> None:
    certificate = _holder()
    draft = good_version().draft
    subject = {each.oid: each.value for each in certificate.subject}
    assert subject[NameOID.ORGANIZATION_NAME] == draft.enterprise_name
    assert subject[ORGANISATION_IDENTIFIER] == draft.uscc
    assert subject[NameOID.COMMON_NAME] == draft.licence_no
    (found,) = (
        each.value
        for each in certificate.extensions
        if each.oid.dotted_string == oids.EXT_LICENCE_BINDING
    )
    assert isinstance(found, x509.UnrecognizedExtension)
    assert decode_binding(found.value) == LicenceBinding(LEAF, STATUS.registry, STATUS.index)
    assert certificate.not_valid_after_utc.isoformat() == "2027-03-17T15:59:59+00:00"
    (policy,) = _extension(certificate, x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == oids.POLICY_HOLDER


def test_an_rsa_holder_key_is_accepted_too() -> None:
    assert isinstance(_holder(_csr(new_rsa_key())).public_key(), rsa.RSAPublicKey)


def test_a_request_without_proof_of_possession_is_refused() -> None:
    csr = bytearray(_csr(ec.generate_private_key(ec.SECP256R1())))
    csr[-1] ^= 1
    with refuses(Code.CSR_INVALID):
        check_csr(bytes(csr))


@pytest.mark.parametrize(
    "csr",
    [
        b"",
        b"\x30\x00",
        bytes(MAX_CSR_BYTES + 1),
        _csr(ec.generate_private_key(ec.SECP384R1())),
        _csr(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - refused
    ],
    ids=["empty", "junk", "large", "p384", "rsa1024"],
)
def test_other_requests_are_refused(csr: bytes) -> None:
    with refuses(Code.CSR_INVALID):
        check_csr(csr)


def test_a_version_that_nobody_knows_is_refused() -> None:
    """The library says so by an exception that is no ValueError."""
    csr = _csr(ec.generate_private_key(ec.SECP256R1()))
    with refuses(Code.CSR_INVALID):
        check_csr(_other_version(csr, b"\x02\x01\x00"))
    certificate = _other_version(pki().root.certificate, b"\xa0\x03\x02\x01\x02")
    with refuses(Code.KEY_REFUSED):
        load_certificate(certificate)


def _other_version(der: bytes, version: bytes) -> bytes:
    assert version in der[:16]
    return der.replace(version, version[:-1] + b"\x07", 1)


def test_no_certificate_for_a_licence_that_has_ended() -> None:
    csr = _csr(ec.generate_private_key(ec.SECP256R1()))
    with refuses(Code.EXPIRED):
        pki().holder_ca.issue_holder_certificate(
            csr, good_version(), LEAF, STATUS, now=RELEASED_ON + timedelta(days=200)
        )


def test_every_name_of_the_test_pki_says_so() -> None:
    everybody = (
        pki().root.certificate,
        pki().issuing.certificate,
        pki().holder_ca.certificate,
        pki().tsa_key.certificate,
        *(key.certificate for key in pki().signer_keys.values()),
    )
    assert all(map(is_test_certificate, everybody))
    assert TEST_UNIT in _holder().subject.rfc4514_string()


def test_a_real_name_is_no_test() -> None:
    subject = Subject("Root", "应急管理厅", is_test=False)
    root = create_root(subject, new_rsa_key(), now=RELEASED_ON, entropy=FakeEntropy())
    assert not is_test_certificate(root.certificate)


def test_a_common_name_over_64_characters_is_refused() -> None:
    with refuses(Code.FIELD_LENGTH):
        create_root(Subject("x" * 65, "y"), new_rsa_key(), now=RELEASED_ON, entropy=FakeEntropy())


def test_a_ca_needs_its_own_certificate() -> None:
    key = pki().private_keys["issuing"]
    for certificate in (pki().root.certificate, pki().tsa_key.certificate, b"junk"):
        with refuses(Code.KEY_REFUSED):
            CertificateAuthority(key, certificate, entropy=FakeEntropy())
    with refuses(Code.KEY_REFUSED):
        CertificateAuthority(
            pki().private_keys["tsa"], pki().tsa_key.certificate, entropy=FakeEntropy()
        )


def test_serial_numbers_do_not_repeat() -> None:
    numbers = {_holder().serial_number for _ in range(5)}
    assert len(numbers) == 5
    assert all(0 < number < 2**127 for number in numbers)


def test_a_revocation_list_has_what_was_revoked() -> None:
    certificate = load_certificate(pki().signer_keys[AUTHORITY].certificate)
    revoked = Revoked(certificate.serial_number, RELEASED_ON, x509.ReasonFlags.key_compromise)
    crl = x509.load_der_x509_crl(pki().issuing.crl((revoked,), now=RELEASED_ON, number=7))
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == RELEASED_ON
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert crl.next_update_utc == RELEASED_ON + LIFETIME
    assert crl.is_signature_valid(load_certificate(pki().issuing.certificate).public_key())  # type: ignore[arg-type]


def test_an_unspecified_reason_is_left_out() -> None:
    crl = x509.load_der_x509_crl(
        pki().issuing.crl((Revoked(5, RELEASED_ON),), now=RELEASED_ON, number=1)
    )
    entry = crl.get_revoked_certificate_by_serial_number(5)
    assert entry is not None
    assert len(entry.extensions) == 0


def test_ocsp_says_good_and_revoked() -> None:
    certificate = pki().signer_keys[AUTHORITY].certificate
    serial = load_certificate(certificate).serial_number
    good, revoked = (
        ocsp.load_der_ocsp_response(pki().issuing.ocsp_answer(certificate, listed, now=RELEASED_ON))
        for listed in ((), (Revoked(serial, RELEASED_ON),))
    )
    assert good.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert good.next_update_utc == RELEASED_ON + LIFETIME


def test_ocsp_speaks_only_of_its_own_certificates() -> None:
    with refuses(Code.KEY_REFUSED):
        pki().root.ocsp_answer(pki().signer_keys[AUTHORITY].certificate, (), now=RELEASED_ON)
