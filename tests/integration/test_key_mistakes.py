"""Ceremonies that were asked for wrongly, or for another thing than was begun, or while one waits.

None may keep the next one from beginning, and none may take back that a key leaked.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from anzheng import key_book
from anzheng.flows import keys as ceremonies
from anzheng.flows.key_ceremony import Held
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Closing, Wish
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Act, Purpose
from signer.certificates import Profile, Subject, Validity
from tests.builders import AUTHORITY, SIGNED_AT, World, make_world
from tests.fakes.key_office import again, make_key_office, present
from tests.fakes.refusal import refuses
from verifier.trust import load_trust

OLD = f"signer-{AUTHORITY}"
QR = f"qr-{AUTHORITY}"
HOUR = timedelta(hours=1)
PIN = "which-nobody-may-keep"
"""Nothing that random digits happen to be."""


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def office(tmp_path: Path, world: World) -> KeyOffice:
    return make_key_office(tmp_path, world)


def closing(leaked: timedelta | None = None, key: str = OLD) -> Closing:
    return Closing(AUTHORITY, key, "示例", None if leaked is None else SIGNED_AT + leaked)


def close(office: KeyOffice, leaked: timedelta | None = None, key: str = OLD) -> Held:
    return ceremonies.close(office, closing(leaked, key), present())


def killed_at_once(call: Callable[[Callable[[str], None]], object]) -> None:
    def on_step(_step: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        call(on_step)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(Act.ROTATE, AUTHORITY, store=f"pkcs11:token=x?pin-value={PIN}"), Code.KEY_URI),
        (Wish(Act.ROTATE, AUTHORITY, store="pkcs11:token=x?module-path=/m.so"), Code.KEY_URI),
        (Wish(Act.ROTATE, AUTHORITY, store="ftp:x"), Code.KEY_URI),
        (Wish(Act.INIT, AUTHORITY, Purpose.QR, store="pkcs11:token=x"), Code.KEY_URI),
        (Wish(Act.ROTATE, AUTHORITY, bits=1024), Code.ALGORITHM_UNSUPPORTED),
        (Wish(Act.ROTATE, AUTHORITY, bits=4096), Code.ALGORITHM_UNSUPPORTED),
        (Wish(Act.ROTATE, AUTHORITY, Purpose.ROOT, bits=1024), Code.ALGORITHM_UNSUPPORTED),
    ],
)
def test_what_could_never_be_carried_out_is_refused_before_it_is_begun(
    office: KeyOffice, wish: Wish, code: Code
) -> None:
    with refuses(code):
        ceremonies.make(office, wish, present())
    assert not key_book.unfinished(office.settings.data_dir)
    written = [each for each in office.settings.data_dir.rglob("*") if each.is_file()]
    assert written
    assert not any(PIN.encode() in each.read_bytes() for each in written)


def test_a_leak_turns_out_to_be_older(office: KeyOffice) -> None:
    close(office, -HOUR)
    held = close(office, -3 * HOUR)
    assert office.book().key(OLD).distrust_from == SIGNED_AT - 3 * HOUR
    (withdrawn,) = load_trust(
        office.settings.data_dir / "trust", now=office.clock.now()
    ).bundle.withdrawn
    assert withdrawn.distrust_from == SIGNED_AT - 3 * HOUR
    # A later moment, or none, takes nothing back.
    for later in (-HOUR, None):
        assert close(office, later).record == held.record
    assert office.book().key(OLD).distrust_from == SIGNED_AT - 3 * HOUR


def test_a_leak_after_its_end_gives_a_qr_key_no_day_more(office: KeyOffice, world: World) -> None:
    ceremonies.make(office, Wish(Act.INIT, AUTHORITY, Purpose.QR), present())
    world.clock.advance(2 * HOUR)
    close(office, key=QR)
    world.clock.advance(24 * HOUR)
    close(office, 20 * HOUR, key=QR)
    bundle = load_trust(office.settings.data_dir / "trust", now=office.clock.now()).bundle
    authority = bundle.authority(AUTHORITY)
    assert authority is not None
    assert authority.qr_keys[0].valid_to == SIGNED_AT + 2 * HOUR


def test_a_leak_is_not_mistaken_for_the_end_that_was_begun(office: KeyOffice) -> None:
    killed_at_once(lambda step: ceremonies.close(office, closing(), present(), step))
    after = again(office)
    held = close(after, -HOUR)
    assert held.record.order.compromised_since == SIGNED_AT - HOUR
    assert after.book().key(OLD).distrust_from == SIGNED_AT - HOUR
    # The one that was begun can still be finished, and takes nothing back.
    assert key_book.unfinished(after.settings.data_dir)
    close(after)
    assert not key_book.unfinished(after.settings.data_dir)
    assert after.book().key(OLD).distrust_from == SIGNED_AT - HOUR
    assert ceremonies.make(after, Wish(Act.ROTATE, AUTHORITY), present()).bundle is not None


def test_a_leak_does_not_wait_for_a_key_that_is_being_made(office: KeyOffice) -> None:
    wish = Wish(Act.ROTATE, AUTHORITY)
    killed_at_once(lambda step: ceremonies.make(office, wish, present(), step))
    after = again(office)
    with refuses(Code.CEREMONY_UNFINISHED):
        close(after)
    close(after, -HOUR)
    assert after.book().key(OLD).distrust_from == SIGNED_AT - HOUR
    ceremonies.make(after, wish, present())
    assert not key_book.unfinished(after.settings.data_dir)


def test_another_wish_does_not_finish_what_was_begun(office: KeyOffice) -> None:
    wish = Wish(Act.ROTATE, AUTHORITY, signs_from=SIGNED_AT + HOUR)
    killed_at_once(lambda step: ceremonies.make(office, wish, present(), step))
    after = again(office)
    with refuses(Code.CEREMONY_UNFINISHED):
        ceremonies.make(after, Wish(Act.ROTATE, AUTHORITY), present())
    held = ceremonies.make(after, wish, present())
    assert held.record.order.signs_from == SIGNED_AT + HOUR


@pytest.mark.parametrize("profile", [Profile.HOLDER, Profile.TSA, Profile.HOLDER_CA])
def test_a_certificate_that_no_verifier_takes_is_refused(
    office: KeyOffice, profile: Profile
) -> None:
    wish = Wish(Act.ROTATE, AUTHORITY)
    issuing = office.open_ca("issuing")
    (office.ring.folder / "issuing.pem").rename(office.ring.folder / "away")
    with pytest.raises(AnzhengError) as caught:
        ceremonies.make(office, wish, present())
    request = x509.load_der_x509_csr(Path(str(caught.value.facts["request"])).read_bytes())
    public = request.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    subject = Subject("x", "x", AUTHORITY)
    validity = Validity(SIGNED_AT, SIGNED_AT + 24 * HOUR)
    certificate = issuing._certify(profile, subject, public, validity)
    with refuses(Code.KEY_REFUSED):
        ceremonies.make(office, replace(wish, certificate=certificate), present())
