"""What is signed cannot be signed again: so nothing is signed that no verifier would believe."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from anzheng.flows import keys as ceremonies
from anzheng.flows import trust as trusting
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Closing, Wish
from anzheng.licence_signers import licence_signer, signing_key
from licence.domain.model import Environment
from licence.errors import Code
from licence.formats.ceremony import Act, Purpose
from signer.certificates import load_certificate
from signer.revocation import LIFETIME, Revoked
from tests.builders import AUTHORITY, SIGNED_AT, World, make_world
from tests.fakes.key_office import make_key_office, present
from tests.fakes.refusal import refuses


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def office(tmp_path: Path, world: World) -> KeyOffice:
    return make_key_office(tmp_path, world)


@pytest.mark.parametrize("name", ["issuing", "root"])
def test_a_key_below_a_ca_that_leaked_signs_no_more(office: KeyOffice, name: str) -> None:
    assert signing_key(office, AUTHORITY, SIGNED_AT) is not None
    ceremonies.close(office, Closing(AUTHORITY, name, "泄露", SIGNED_AT), present())
    assert signing_key(office, AUTHORITY, SIGNED_AT) is None
    followers = (Purpose.ROOT, Purpose.ISSUING) if name == "root" else (Purpose.ISSUING,)
    for purpose in (*followers, Purpose.TSA, Purpose.LICENCE):
        ceremonies.make(office, Wish(Act.ROTATE, AUTHORITY, purpose, bits=2048), present())
    key = signing_key(office, AUTHORITY, SIGNED_AT)
    assert key is not None
    assert licence_signer(office, key).authority == AUTHORITY


def test_a_ca_that_is_only_closed_lets_its_keys_sign_on(office: KeyOffice) -> None:
    ceremonies.close(office, Closing(AUTHORITY, "issuing", "例行更换"), present())
    key = signing_key(office, AUTHORITY, SIGNED_AT)
    assert key is not None
    assert licence_signer(office, key).authority == AUTHORITY


def _stale(world: World) -> bytes:
    return world.pki.root.crl((), now=SIGNED_AT - LIFETIME + timedelta(minutes=30), number=1)


def _of_another_ca(world: World) -> bytes:
    return world.pki.issuing.crl((), now=SIGNED_AT, number=1)


def _naming_the_issuing_ca(world: World) -> bytes:
    serial = load_certificate(world.pki.issuing.certificate).serial_number
    return world.pki.root.crl([Revoked(serial, SIGNED_AT)], now=SIGNED_AT, number=1)


@pytest.mark.parametrize(
    "laid_down", [_stale, _of_another_ca, _naming_the_issuing_ca, lambda _world: b"no list"]
)
def test_the_list_of_a_root_that_is_kept_offline_must_say_that_all_is_well(
    office: KeyOffice, world: World, laid_down: Callable[[World], bytes]
) -> None:
    key = signing_key(office, AUTHORITY, SIGNED_AT)
    assert key is not None
    folder = office.ring.folder
    (folder / "root.pem").unlink()
    (folder / "root.crl").write_bytes(world.pki.root.crl((), now=SIGNED_AT, number=1))
    assert licence_signer(office, key).authority == AUTHORITY
    (folder / "root.crl").write_bytes(laid_down(world))
    with refuses(Code.KEY_LOCKED):
        licence_signer(office, key)


def test_no_bundle_of_production_names_a_root_of_a_test_pki(office: KeyOffice) -> None:
    in_earnest = office.settings.model_copy(update={"environment": Environment.PRODUCTION})
    for settings, outcome in (
        (office.settings, nullcontext()),
        (in_earnest, refuses(Code.SETTINGS_UNSAFE)),
    ):
        with outcome:
            trusting.make_bundle(
                settings, office.estate, office.ring, version=2, now=office.clock.now()
            )
