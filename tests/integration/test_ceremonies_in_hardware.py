"""Ceremonies whose keys are made in a token, that of a CA too; and what production refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from anzheng import keyring as keyrings
from anzheng.flows import keys as ceremonies
from anzheng.flows.key_ceremony import Held
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Wish
from anzheng.licence_signers import licence_signer, signing_key
from licence.domain.model import Environment
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.ceremony import Act, Purpose
from licence.formats.verdict import Verdict
from signer.certificates import load_certificate
from signer.press import PressJob
from tests.builders import AUTHORITY, World, fill, make_evidence, make_world
from tests.fakes.entropy import SeededEntropy
from tests.fakes.key_office import make_key_office, present
from tests.fakes.refusal import refuses
from tests.fakes.softhsm import PINS, soft_hsm
from verifier.policy import STRICT
from verifier.trust import load_trust
from verifier.verify import verify

pytestmark = pytest.mark.tools("softhsm2-util")


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def office(tmp_path: Path, world: World) -> KeyOffice:
    """Return a key office whose settings name module and PINs."""
    hsm = soft_hsm()
    made = make_key_office(tmp_path, world)
    settings = made.settings.model_copy(
        update={
            "pkcs11_module": str(hsm.module),
            "pkcs11_pins": {label: SecretStr(pin) for label, pin in PINS.items()},
        }
    )
    ring = keyrings.open_keyring(settings, SeededEntropy("ring"))
    return replace(made, settings=settings, ring=ring)


def rotate(office: KeyOffice, purpose: Purpose, token: str) -> Held:
    wish = Wish(Act.ROTATE, AUTHORITY, purpose, store=f"pkcs11:token={token}", bits=2048)
    return ceremonies.make(office, wish, present())


def test_an_issuing_ca_and_a_licence_key_in_two_tokens(office: KeyOffice, world: World) -> None:
    ca = rotate(office, Purpose.ISSUING, "five")
    held = rotate(office, Purpose.LICENCE, "four")
    name = held.record.order.key
    assert held.record.order.store == f"pkcs11:token=four;object={name}"
    assert not list(office.ring.folder.glob(f"{name}.pem"))
    certificate = load_certificate(office.ring.certificate(name))
    above = load_certificate(office.ring.certificate(ca.record.order.key))
    certificate.verify_directly_issued_by(above)
    key = signing_key(office, AUTHORITY, world.clock.now())
    assert key is not None
    assert key.name == name
    signer = licence_signer(office, key)
    data = licence_json.encode(world.version())
    prepared = world.press.press(PressJob(data, world.clock.now(), signer.dss()))
    signed = signer.sign(signer.prepare(data, prepared))
    (proof,) = make_evidence([signed.leaf])
    world.publish(authority=AUTHORITY)
    bundle = load_trust(office.settings.data_dir / "trust", now=world.now).bundle
    trust = world.trust(bundle)
    report = verify(fill(signed.pdf, proof), trust, policy=STRICT, now=world.now)
    assert report.verdict is Verdict.VALID


def test_without_the_pin_nothing_is_made_and_the_ceremony_is_finished_later(
    office: KeyOffice,
) -> None:
    poor = replace(office, ring=replace(office.ring, pins={}))
    with refuses(Code.KEY_LOCKED):
        rotate(poor, Purpose.LICENCE, "six")
    assert rotate(office, Purpose.LICENCE, "six").record.order.key.endswith("-2")


def test_production_refuses_a_test_ca(office: KeyOffice) -> None:
    settings = office.settings.model_copy(update={"environment": Environment.PRODUCTION})
    with refuses(Code.SETTINGS_UNSAFE):
        ceremonies.make(replace(office, settings=settings), Wish(Act.ROTATE, AUTHORITY), present())
