"""Drills: a key leaks. What was anchored before stays valid and says why; what came after does not.

Each drill closes the key in a ceremony, takes the trust bundle that the ceremony published, and
lets the thief go on signing with everything that the key can do.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from anzheng.flows import keys as ceremonies
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Closing, Wish
from anzheng.licence_signers import licence_signer, signing_key
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.ceremony import Act, Purpose
from licence.formats.checks import CheckName
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from signer.keys import FileKey
from signer.press import PressJob
from signer.sign import LicenceSigner, RevocationData, SignerChain
from tests.builders import AUTHORITY, NAMES, SIGNED_AT, World, fill, make_evidence, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.key_office import make_key_office, present
from tests.fakes.refusal import refuses
from verifier.policy import STRICT
from verifier.trust import load_trust
from verifier.verify import verify

LEAKED_AT = SIGNED_AT + timedelta(hours=1)
CLOSED_AT = SIGNED_AT + timedelta(hours=3)
OLD = f"signer-{AUTHORITY}"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def office(tmp_path: Path, world: World) -> KeyOffice:
    return make_key_office(tmp_path, world)


def at(world: World, moment: datetime) -> None:
    world.clock.advance(moment - world.clock.now())


def anchored(world: World, signer: LicenceSigner, index: int = 0) -> bytes:
    """Sign a licence now; its block comes half a minute later."""
    data = licence_json.encode(world.version(index))
    prepared = world.press.press(PressJob(data, world.clock.now(), signer.dss()))
    signed = signer.sign(signer.prepare(data, prepared))
    moment = world.clock.now() + timedelta(seconds=30)
    (proof,) = make_evidence([signed.leaf], block_time=moment)
    return fill(signed.pdf, proof)


def thief(world: World, *, tsa_clock: FakeClock | None = None) -> LicenceSigner:
    """Return a signer with every key of the old PKI and no scruple."""
    pki = world.pki
    key = pki.signer_keys[AUTHORITY]
    return LicenceSigner(
        key,
        chain=SignerChain((pki.issuing.certificate,), pki.root.certificate),
        timestamper=pki.tsa(clock=tsa_clock or world.clock, entropy=world.entropy),
        revocation=pki.revocation(AUTHORITY, now=(tsa_clock or world.clock).now()),
        clock=world.clock,
        environment=world.bundle.environment,
    )


def close(office: KeyOffice, world: World, name: str) -> None:
    at(world, CLOSED_AT)
    ceremonies.close(office, Closing(AUTHORITY, name, "泄露", LEAKED_AT), present())


def rotate(office: KeyOffice, purpose: Purpose) -> None:
    ceremonies.make(office, Wish(Act.ROTATE, AUTHORITY, purpose, bits=2048), present())


def judge(office: KeyOffice, world: World, pdf: bytes) -> Report:
    now = world.clock.now() + timedelta(minutes=10)
    world.publish(authority=AUTHORITY, issued_at=now - timedelta(minutes=1))
    bundle = load_trust(office.settings.data_dir / "trust", now=now).bundle
    return verify(pdf, world.trust(bundle), policy=STRICT, now=now)


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


def notes(report: Report, name: CheckName) -> tuple[Code, ...]:
    result = report.check(name)
    assert result is not None
    return result.notes


@pytest.mark.parametrize(
    ("name", "code", "noted"),
    [
        (OLD, Code.SIGNER_DISTRUSTED, [CheckName.SIGNER]),
        ("issuing", Code.SIGNER_DISTRUSTED, [CheckName.SIGNER]),
        ("tsa", Code.TIMESTAMP_UNTRUSTED, [CheckName.TIMESTAMP]),
        ("root", Code.SIGNER_DISTRUSTED, [CheckName.SIGNER, CheckName.TIMESTAMP]),
    ],
)
def test_before_stays_valid_and_says_why_and_after_does_not(
    office: KeyOffice, world: World, name: str, code: Code, noted: list[CheckName]
) -> None:
    before = anchored(world, thief(world))
    at(world, LEAKED_AT + timedelta(minutes=1))
    after = anchored(world, thief(world), 1)
    assert said(judge(office, world, after)) == (Verdict.VALID, Code.OK)
    close(office, world, name)
    report = judge(office, world, before)
    assert said(report) == (Verdict.VALID, Code.OK)
    for check in (CheckName.SIGNER, CheckName.TIMESTAMP):
        assert (Code.KEY_CLOSED_LATER in notes(report, check)) is (check in noted)
    result = report.check(noted[0])
    assert result is not None
    assert result.fact("key_closed_from") == "2026-11-21T05:00:00Z"
    assert said(judge(office, world, after)) == (Verdict.INVALID, code)


def test_a_thief_who_dates_back_is_caught_by_the_block(office: KeyOffice, world: World) -> None:
    """With the TSA's key any time can be written; no key writes the time of a block."""
    close(office, world, "tsa")
    forged = anchored(world, thief(world, tsa_clock=FakeClock(SIGNED_AT)))
    assert said(judge(office, world, forged)) == (Verdict.INVALID, Code.TIMESTAMP_UNTRUSTED)


def test_a_key_that_the_thief_certifies_with_a_leaked_ca_is_not_believed(
    office: KeyOffice, world: World
) -> None:
    close(office, world, "issuing")
    pki, key = world.pki, world.pki.private_keys["tsa"]
    certificate = pki.issuing.certify_signer(
        AUTHORITY, NAMES[AUTHORITY], key.public_key(), now=SIGNED_AT
    )
    signer = LicenceSigner(
        FileKey(key, certificate),
        chain=SignerChain((pki.issuing.certificate,), pki.root.certificate),
        timestamper=pki.tsa(clock=world.clock, entropy=world.entropy),
        revocation=RevocationData(
            (pki.root.crl((), now=world.clock.now(), number=9),),
            (pki.issuing.ocsp_answer(certificate, (), now=world.clock.now()),),
        ),
        clock=world.clock,
        environment=world.bundle.environment,
    )
    forged = anchored(world, signer)
    assert said(judge(office, world, forged)) == (Verdict.INVALID, Code.SIGNER_DISTRUSTED)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        (OLD, (Purpose.LICENCE,)),
        ("tsa", (Purpose.TSA,)),
        ("issuing", (Purpose.ISSUING, Purpose.LICENCE)),
        ("root", (Purpose.ROOT, Purpose.ISSUING, Purpose.TSA, Purpose.LICENCE)),
    ],
)
def test_keys_that_follow_sign_what_is_valid(
    office: KeyOffice, world: World, name: str, order: tuple[Purpose, ...]
) -> None:
    close(office, world, name)
    for purpose in order:
        rotate(office, purpose)
    at(world, CLOSED_AT + timedelta(minutes=5))
    key = signing_key(office, AUTHORITY, world.clock.now())
    assert key is not None
    pdf = anchored(world, licence_signer(office, key))
    assert said(judge(office, world, pdf)) == (Verdict.VALID, Code.OK)


def test_the_signer_does_not_sign_with_a_key_that_was_revoked(
    office: KeyOffice, world: World
) -> None:
    key = signing_key(office, AUTHORITY, world.clock.now())
    assert key is not None
    close(office, world, OLD)
    assert signing_key(office, AUTHORITY, world.clock.now()) is None
    with refuses(Code.KEY_LOCKED):
        licence_signer(office, key)


def test_after_a_routine_rotation_both_keys_verify_without_a_note(
    office: KeyOffice, world: World
) -> None:
    before = anchored(world, thief(world))
    rotate(office, Purpose.LICENCE)
    ceremonies.close(office, Closing(AUTHORITY, OLD, "例行更换"), present())
    key = signing_key(office, AUTHORITY, world.clock.now())
    assert key is not None
    after = anchored(world, licence_signer(office, key), 1)
    for pdf in (before, after):
        report = judge(office, world, pdf)
        assert said(report) == (Verdict.VALID, Code.OK)
        assert notes(report, CheckName.SIGNER) == ()
