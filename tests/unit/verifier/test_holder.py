"""Check 9: who presents a licence holds the key of its own certificate."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import StatusRef
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import es256
from licence.formats.checks import CheckName
from licence.formats.holder import Presentation, PresentationRequest, present
from licence.formats.leaf import holder_certificate_leaf
from licence.formats.report import Report
from licence.formats.trust_types import Withdrawn
from licence.formats.verdict import Verdict
from licence.ids import Digest, Leaf, RegistryId, StatusIndex
from tests.builders import REGISTRY, SIGNED_AT, Issued, World, make_evidence, make_world, side_row
from verifier.checks.c09_holder import Presented
from verifier.policy import BATCH
from verifier.verify import verify

KEY = ec.derive_private_key(0xA11CE, ec.SECP256R1())
OTHER = ec.derive_private_key(0xB0B, ec.SECP256R1())
ASKED_AT = SIGNED_AT + timedelta(minutes=8)
REQUEST = PresentationRequest(
    bytes(range(16)), "大连市招标中心(示例)", "投标", ASKED_AT, ASKED_AT + timedelta(minutes=5)
)


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


def csr(key: ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Holder:
    """What a wallet holds."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey = KEY

    def answer(
        self, request: PresentationRequest = REQUEST, leaf: Leaf | None = None
    ) -> Presentation:
        return present(
            request,
            leaf=leaf or _issued().leaf,
            certificates=(self.certificate,),
            presented_at=ASKED_AT + timedelta(seconds=30),
            sign=es256.signer(self.key),
        )


def holder(
    world: World, leaf: Leaf | None = None, registry: RegistryId = REGISTRY, **changes: object
) -> Holder:
    """Return a holder whose certificate has index 100."""
    certificate = world.pki.holder_ca.issue_holder_certificate(
        csr(KEY),
        world.version(**changes) if changes else _issued().version,  # type: ignore[arg-type]
        leaf or _issued().leaf,
        StatusRef(registry, StatusIndex(100)),
        now=SIGNED_AT,
    )
    return Holder(certificate)


@pytest.fixture
def world() -> World:
    return make_world()


def ask(world: World, answer: Presentation, request: PresentationRequest = REQUEST) -> Report:
    return verify(
        _issued().pdf,
        world.trust(),
        policy=BATCH,
        now=world.now,
        presentation=Presented(request, answer),
    )


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


def test_the_holder_of_the_key_is_proved(world: World) -> None:
    report = ask(world, holder(world).answer())
    assert said(report) == (Verdict.VALID, Code.OK)
    assert CheckName.HOLDER in report.required


def test_anchored_certificates_are_checked_when_evidence_comes(world: World) -> None:
    mine = holder(world)
    leaf = holder_certificate_leaf(
        certificate_digest=Digest(sha256(mine.certificate).digest()), licence_leaf=_issued().leaf
    )
    good = replace(mine.answer(), evidence=make_evidence([leaf])[0])
    assert said(ask(world, good)) == (Verdict.VALID, Code.OK)
    bad = replace(mine.answer(), evidence=_issued().evidence)
    assert said(ask(world, bad)) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_another_key_nonce_audience_or_time_is_refused(world: World) -> None:
    mine = holder(world)
    thief = replace(mine, key=OTHER)
    assert said(ask(world, thief.answer())) == (Verdict.INVALID, Code.HOLDER_KEY)
    other = replace(REQUEST, nonce=bytes(16))
    assert said(ask(world, mine.answer(other))) == (Verdict.INVALID, Code.HOLDER_NONCE)
    elsewhere = replace(REQUEST, audience="别处")
    assert said(ask(world, mine.answer(elsewhere))) == (Verdict.INVALID, Code.HOLDER_AUDIENCE)
    old = replace(
        REQUEST, issued_at=SIGNED_AT - timedelta(hours=2), expires_at=SIGNED_AT - timedelta(hours=1)
    )
    assert said(ask(world, mine.answer(), old)) == (Verdict.INVALID, Code.HOLDER_TIME)


def test_a_certificate_of_another_licence_enterprise_or_ca_is_refused(world: World) -> None:
    refused = (Verdict.INVALID, Code.HOLDER_CERTIFICATE)
    other = Leaf(bytes(32))
    assert said(ask(world, holder(world, leaf=other).answer())) == refused
    assert said(ask(world, holder(world).answer(leaf=other))) == refused
    assert said(ask(world, holder(world, uscc="91210281MA9TXT025M").answer())) == refused
    assert said(ask(world, holder(world, registry=RegistryId("another")).answer())) == refused
    stranger = make_world("stranger")
    assert said(ask(world, holder(stranger).answer())) == refused


def test_a_licence_signer_is_no_holder(world: World) -> None:
    authority = world.bundle.authorities[0].id
    certificate = world.pki.signer_keys[authority].certificate
    answer = holder(world).answer()
    report = ask(world, replace(answer, certificates=(certificate,)))
    assert said(report) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


@pytest.mark.parametrize("word", [StatusWord.SUSPENDED, StatusWord.CANCELLED])
def test_a_closed_certificate_is_refused(world: World, word: StatusWord) -> None:
    """The key was lost and bound anew; the finder of the old one is turned away."""
    world.publish({100: word}, [side_row(100, word, date(2026, 11, 20))])
    report = ask(world, holder(world).answer())
    assert said(report) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_a_withdrawn_certificate_is_refused(world: World) -> None:
    mine = holder(world)
    digest = Digest(sha256(mine.certificate).digest())
    world.bundle = replace(world.bundle, withdrawn=(Withdrawn(digest, SIGNED_AT),))
    report = ask(world, mine.answer())
    assert said(report) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_a_revoked_licence_stays_revoked_whoever_presents_it(world: World) -> None:
    world.publish({0: StatusWord.REVOKED}, [side_row(0, StatusWord.REVOKED, date(2026, 11, 20))])
    report = ask(world, holder(world).answer())
    assert said(report) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_a_clock_that_is_behind_is_ours_and_not_the_holders(world: World) -> None:
    report = verify(
        _issued().pdf,
        world.trust(),
        policy=BATCH,
        now=SIGNED_AT - timedelta(minutes=15),
        presentation=Presented(REQUEST, holder(world).answer()),
    )
    assert said(report) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)
