"""The licence's own certificate 每份许可证独立数字证书: each clause of what it is to be."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AttributeOID

from anzheng.files import FolderFileStore
from anzheng.flows.claim import ClaimDesk
from anzheng.flows.prepare import Preparer, new_licence
from anzheng.flows.publish import KEY, REPLACED, TOPIC, RegistrySource
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import es256, oids
from licence.formats.checks import CheckName, CheckState
from licence.formats.claim import challenge, normal_code
from licence.formats.holder import ClaimRequest, PresentationRequest, present
from licence.formats.holder_binding import decode_binding
from licence.formats.leaf import holder_certificate_leaf
from licence.ids import Digest, StatusIndex
from signer.certificate_register import CertificateRegister
from signer.certificates import is_test_certificate, load_certificate
from signer.ocsp_responder import OcspResponder
from tests.builders import AUTHORITY, REGISTRY, Issued, World, make_world, side_row
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.refusal import refuses
from verifier.checks.c09_holder import Presented
from verifier.policy import BATCH
from verifier.verify import verify

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
P256 = ec.derive_private_key(0xA11CE, ec.SECP256R1())
LOST = ec.derive_private_key(0x10057, ec.SECP256R1())


@dataclass(slots=True)
class Office:
    """A claim desk with one finished licence."""

    desk: ClaimDesk
    world: World
    issued: Issued

    def request(self, key: Key = P256) -> ClaimRequest:
        """Return a claim with a code of its own."""
        code = normal_code(self.desk.make_code(self.issued.leaf))
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        bound = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, challenge(code))
        return ClaimRequest(code, bound.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))

    def claim(self, key: Key = P256) -> bytes:
        """Claim, and return the certificate."""
        return self.desk.claim(self.request(key)).certificates[0]

    def ocsp_status(self, certificate: bytes) -> ocsp.OCSPCertStatus:
        """Ask the responder of the holder CA."""
        ca = self.world.pki.holder_ca.certificate
        key = self.world.pki.private_keys["holder-ca"]
        asked = ocsp.OCSPRequestBuilder().add_certificate(
            load_certificate(certificate), load_certificate(ca), hashes.SHA256()
        )
        data = asked.build().public_bytes(Encoding.DER)
        answer = OcspResponder(key, ca, self.desk.register).answer(data, now=self.world.now)
        return ocsp.load_der_ocsp_response(answer).certificate_status


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def office(store: Store, clock: FakeClock, tmp_path: Path) -> Office:
    world = make_world()
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    issued = _issued()
    files = FolderFileStore(tmp_path / "files")
    _finished(store, clock, files, preparer, issued)
    desk = ClaimDesk(
        store=store,
        files=files,
        clock=clock,
        entropy=SeededEntropy("codes"),
        holder_ca=world.pki.holder_ca,
        register=CertificateRegister(tmp_path / "certificates.sqlite3"),
        code_hours=24,
    )
    return Office(desk, world, issued)


def _finished(
    store: Store, clock: FakeClock, files: FolderFileStore, preparer: Preparer, issued: Issued
) -> None:
    """Put a licence into the database as one that went all the way."""
    place = files.put(issued.pdf)
    with store.write() as unit:
        index = unit.licences.allocate_index(preparer.registry, AUTHORITY)
        assert index == issued.version.status.index
        row = unit.licences.add(new_licence(issued.version), clock.now())
        columns = {"leaf": issued.leaf, "signed_pdf": place, "final_pdf": place}
        unit.licences.move([row], FlowState.PREPARED, FlowState.FILLED, clock.now(), **columns)


# ---------------------------------------------------------------- issued on a request


def test_it_is_of_the_licence_and_of_the_key_that_was_proved(office: Office) -> None:
    certificate = load_certificate(office.claim())
    draft = office.issued.version.draft
    assert certificate.public_key() == P256.public_key()
    assert draft.uscc in certificate.subject.rfc4514_string()
    assert draft.enterprise_name in certificate.subject.rfc4514_string()
    certificate.verify_directly_issued_by(load_certificate(office.world.pki.holder_ca.certificate))


def test_without_proof_of_possession_there_is_none_and_the_code_stays_good(office: Office) -> None:
    request = office.request()
    broken = replace(request, csr=request.csr[:-1] + bytes([request.csr[-1] ^ 1]))
    with refuses(Code.CSR_INVALID):
        office.desk.claim(broken)
    assert office.desk.claim(request).certificates


def test_the_same_request_again_is_given_the_same_certificate(office: Office) -> None:
    request = office.request()
    first = office.desk.claim(request)
    assert office.desk.claim(request) == first
    other = office.request(LOST)
    with refuses(Code.CLAIM_USED, Code.CSR_INVALID):
        office.desk.claim(replace(other, code=request.code))


def test_a_real_licence_has_a_certificate_that_is_no_test(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_test_certificate(office.claim())
    seen: list[bool] = []

    def issue(*_: object, is_test: bool, **__: object) -> bytes:
        seen.append(is_test)
        return b""

    monkeypatch.setattr(office.desk.holder_ca, "issue_holder_certificate", issue)
    draft = office.issued.version.draft
    production = replace(
        office.issued.version, draft=replace(draft, environment=Environment.PRODUCTION)
    )
    monkeypatch.setattr("licence.formats.licence_json.decode", lambda _data: production)
    monkeypatch.setattr(office.desk.register, "record", lambda *_, **__: None)
    office.claim(LOST)
    assert seen == [False]


# ---------------------------------------------------------------- extension, leaf, lists


def test_it_names_leaf_and_a_status_index_of_its_own(office: Office) -> None:
    extension = load_certificate(office.claim()).extensions.get_extension_for_oid(
        x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING)
    )
    binding = decode_binding(extension.value.public_bytes())
    assert binding.leaf == office.issued.leaf
    assert binding.registry == REGISTRY
    assert binding.index == office.issued.version.status.index + 1


def test_it_waits_for_its_anchor_as_a_leaf_of_its_own_kind(office: Office) -> None:
    certificate = office.claim()
    with office.desk.store.write() as unit:
        (waiting,) = unit.claims.unanchored(AUTHORITY)
        jobs = unit.outbox.waiting()
    digest = Digest(sha256(certificate).digest())
    leaf = holder_certificate_leaf(certificate_digest=digest, licence_leaf=office.issued.leaf)
    assert waiting.leaf == leaf != office.issued.leaf
    assert (ANCHOR_TOPIC, AUTHORITY) in jobs


def test_the_holder_ca_answers_for_it(office: Office) -> None:
    certificate = load_certificate(office.claim())
    assert office.ocsp_status(certificate.public_bytes(Encoding.DER)) is ocsp.OCSPCertStatus.GOOD
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name[0].value.endswith("/pki/holder-ca.crl")


def test_a_lost_key_is_closed_with_the_next_certificate(office: Office) -> None:
    lost, new = office.claim(LOST), office.claim(P256)
    assert office.ocsp_status(lost) is ocsp.OCSPCertStatus.REVOKED
    assert office.ocsp_status(new) is ocsp.OCSPCertStatus.GOOD
    ca = office.world.pki.holder_ca
    revoked = office.desk.register.revoked(ca.certificate)
    crl = x509.load_der_x509_crl(ca.crl(revoked, now=office.world.now, number=1))
    serials = [load_certificate(each).serial_number for each in (lost, new)]
    found = [crl.get_revoked_certificate_by_serial_number(each) is None for each in serials]
    assert found == [False, True]
    source = RegistrySource(office.desk.store, ())
    events = source.events(REGISTRY, AUTHORITY, range(9))
    assert source.count(REGISTRY, AUTHORITY, range(9)) == len(events)
    assert source.count(REGISTRY, AUTHORITY, range(2, 9)) == 0
    (event,) = events
    assert (event.ref.index, event.new, event.ground) == (1, StatusWord.SUPERSEDED, REPLACED)
    with office.desk.store.read() as unit:
        assert (TOPIC, KEY) in unit.outbox.waiting()


# ---------------------------------------------------------------- presented


def _present(office: Office, key: Key, certificate: bytes) -> CheckState:
    now = office.world.now
    request = PresentationRequest(
        bytes(16), "招标中心(示例)", "投标", now - timedelta(minutes=1), now + timedelta(minutes=5)
    )

    def sign(data: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, PKCS1v15(), hashes.SHA256())
        return es256.signer(key)(data)

    answer = present(
        request,
        leaf=office.issued.leaf,
        certificates=(certificate,),
        presented_at=now,
        sign=sign,
    )
    report = verify(
        office.issued.pdf,
        office.world.trust(),
        policy=BATCH,
        now=now,
        presentation=Presented(request, answer),
    )
    result = report.check(CheckName.HOLDER)
    assert result is not None
    return result.state


def test_after_a_key_was_lost_only_the_new_one_presents(office: Office) -> None:
    lost, new = office.claim(LOST), office.claim(P256)
    (event,) = RegistrySource(office.desk.store, ()).events(REGISTRY, AUTHORITY, range(9))
    row = replace(
        side_row(1, StatusWord.SUPERSEDED, event.effective_from), successor=event.successor
    )
    office.world.publish({StatusIndex(1): StatusWord.SUPERSEDED}, [row])
    assert _present(office, LOST, lost) is CheckState.FAILED
    assert _present(office, P256, new) is CheckState.PASSED


def test_an_rsa_key_is_taken_by_setting_only_and_presents(office: Office) -> None:
    key = office.world.pki.private_keys["tsa"]
    with refuses(Code.CSR_INVALID):
        office.claim(key)
    office.desk = replace(office.desk, allow_rsa=True)
    certificate = office.claim(key)
    assert _present(office, key, certificate) is CheckState.PASSED
    other = office.world.pki.private_keys["issuing"]
    assert _present(office, other, certificate) is CheckState.FAILED
    with refuses(Code.CSR_INVALID):
        office.claim(rsa.generate_private_key(65537, 1024))  # noqa: S505 - refused
