"""Key ceremonies: what they make and end, who must be there, and what an interruption leaves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from anzheng import key_book
from anzheng.flows import keys as ceremonies
from anzheng.flows.key_ceremony import Attendance, Held, not_signed
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Closing, Wish
from licence.errors import AnzhengError, Code
from licence.formats import ceremony
from licence.formats.ceremony import Act, Purpose
from licence.formats.entitlement import entitlement_of
from licence.formats.trust_types import Authority, TrustBundle
from licence.ids import AuthorityId
from signer.certificates import load_certificate
from tests.builders import AUTHORITY, OTHER_AUTHORITY, SIGNED_AT, World, make_world
from tests.fakes.key_office import again, make_key_office, present
from tests.fakes.refusal import refuses
from verifier.trust import load_trust

OLD = f"signer-{AUTHORITY}"
NEW = f"signer-{AUTHORITY}-2"
STEPS = ("begun", "signed", "written", "logged", "published")


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def office(tmp_path: Path, world: World) -> KeyOffice:
    return make_key_office(tmp_path, world)


def rotate(office: KeyOffice, purpose: Purpose = Purpose.LICENCE, **more: object) -> Held:
    wish = Wish(Act.ROTATE, AUTHORITY, purpose, **more)  # type: ignore[arg-type]
    return ceremonies.make(office, wish, present())


def close(office: KeyOffice, key: str = OLD, *, leaked: timedelta | None = None) -> Held:
    since = None if leaked is None else SIGNED_AT + leaked
    return ceremonies.close(office, Closing(AUTHORITY, key, "例行更换", since), present())


def active(office: KeyOffice, purpose: Purpose = Purpose.LICENCE) -> str:
    return office.book().active(purpose, AUTHORITY, office.clock.now()).name


def bundle_of(office: KeyOffice) -> TrustBundle:
    return load_trust(office.settings.data_dir / "trust", now=office.clock.now()).bundle


def authority_of(office: KeyOffice) -> Authority:
    authority = bundle_of(office).authority(AUTHORITY)
    assert authority is not None
    return authority


# ---------------------------------------------------------------- make and rotate


def test_the_keys_of_the_set_up_sign_without_a_ceremony(office: KeyOffice) -> None:
    assert active(office) == OLD
    assert [key.name for key in office.book().of(Purpose.ROOT)] == ["root"]


def test_the_next_key_signs_at_once_and_the_old_one_stays_open(office: KeyOffice) -> None:
    held = rotate(office)
    assert active(office) == NEW
    assert office.book().key(OLD).closed_at is None
    order = held.record.order
    assert (order.previous, order.key, order.store) == (OLD, NEW, "file:")
    certificate = load_certificate(office.ring.certificate(NEW))
    certificate.verify_directly_issued_by(load_certificate(office.ring.certificate("issuing")))
    assert entitlement_of(certificate) == office.estate.authority(AUTHORITY).entitlement
    assert office.ring.signing_key(NEW).sign(b"x")


def test_the_next_key_signs_when_its_time_has_come(office: KeyOffice, world: World) -> None:
    rotate(office, signs_from=SIGNED_AT + timedelta(days=1))
    assert active(office) == OLD
    world.clock.advance(timedelta(days=1))
    assert active(office) == NEW


def test_the_first_qr_key_is_in_the_trust_bundle(office: KeyOffice) -> None:
    held = ceremonies.make(office, Wish(Act.INIT, AUTHORITY, Purpose.QR), present())
    assert held.bundle == 2
    authority = authority_of(office)
    (key,) = authority.qr_keys
    assert (key.valid_from, key.valid_to) == (SIGNED_AT, None)
    assert sha256(key.key).digest() == held.record.key.public_key
    with refuses(Code.CONFLICT):
        ceremonies.make(office, Wish(Act.INIT, AUTHORITY, Purpose.QR), present())


def test_the_first_key_of_a_purpose_is_made_once(office: KeyOffice) -> None:
    with refuses(Code.CONFLICT):
        ceremonies.make(office, Wish(Act.INIT, AUTHORITY), present())
    with refuses(Code.NOT_FOUND):
        rotate(office, Purpose.QR)


@pytest.mark.parametrize("purpose", [Purpose.TSA, Purpose.ISSUING, Purpose.ROOT])
def test_keys_of_the_installation_are_followed_too(office: KeyOffice, purpose: Purpose) -> None:
    rotate(office, purpose, bits=2048)
    name = active(office, purpose)
    assert name == f"{purpose.value}-2"
    above = "root-2" if purpose is Purpose.ROOT else "root"
    certificate = load_certificate(office.ring.certificate(name))
    certificate.verify_directly_issued_by(load_certificate(office.ring.certificate(above)))
    names = [root.name for root in bundle_of(office).roots]
    assert names == (["root", "root-2"] if purpose is Purpose.ROOT else ["root"])


# ---------------------------------------------------------------- close


def test_a_routine_end_only_stops_signing(office: KeyOffice) -> None:
    rotate(office)
    held = close(office)
    assert held.bundle == 1
    assert bundle_of(office).withdrawn == ()
    assert office.register.revoked(office.ring.certificate("issuing")) == ()
    assert active(office) == NEW
    close(office, NEW)
    with refuses(Code.KEY_LOCKED):
        active(office)


def test_a_leaked_key_is_revoked_and_not_believed(office: KeyOffice) -> None:
    held = close(office, leaked=timedelta(hours=-1))
    (withdrawn,) = bundle_of(office).withdrawn
    assert withdrawn.sha256 == held.record.key.certificate
    assert withdrawn.distrust_from == SIGNED_AT - timedelta(hours=1)
    (revoked,) = office.register.revoked(office.ring.certificate("issuing"))
    assert revoked.reason is x509.ReasonFlags.key_compromise
    assert revoked.at == SIGNED_AT - timedelta(hours=1)
    crl = office.open_ca("issuing").crl((revoked,), now=SIGNED_AT, number=2)
    serial = load_certificate(office.ring.certificate(OLD)).serial_number
    assert x509.load_der_x509_crl(crl).get_revoked_certificate_by_serial_number(serial) is not None


def test_that_a_closed_key_leaked_may_come_out_later(office: KeyOffice) -> None:
    rotate(office)
    close(office)
    close(office, leaked=timedelta(0))
    assert len(bundle_of(office).withdrawn) == 1
    # And the same again changes nothing.
    again_held = close(office, leaked=timedelta(0))
    assert again_held.bundle == bundle_of(office).version
    assert len(key_book.records(office.settings.data_dir)) == 3


def test_a_leaked_qr_key_ends_when_it_leaked(office: KeyOffice, world: World) -> None:
    ceremonies.make(office, Wish(Act.INIT, AUTHORITY, Purpose.QR), present())
    world.clock.advance(timedelta(days=2))
    close(office, f"qr-{AUTHORITY}", leaked=timedelta(days=1))
    (key,) = authority_of(office).qr_keys
    assert key.valid_to == SIGNED_AT + timedelta(days=1)
    assert key.believed_at(SIGNED_AT + timedelta(hours=23))
    assert not key.believed_at(SIGNED_AT + timedelta(days=1))


def test_a_leaked_root_is_closed_in_the_bundle(office: KeyOffice) -> None:
    close(office, "root", leaked=timedelta(0))
    bundle = bundle_of(office)
    assert bundle.roots[0].distrust_from == bundle.tsa_roots[0].distrust_from == SIGNED_AT


def test_a_key_of_another_authority_is_not_ours_to_close(office: KeyOffice) -> None:
    with refuses(Code.NOT_FOUND):
        close(office, f"signer-{OTHER_AUTHORITY}")
    with refuses(Code.CEREMONY_SYNTAX):
        close(office, leaked=timedelta(hours=1))


def test_status_keys_are_believed_from_the_beginning_whenever_a_bundle_is_made(
    office: KeyOffice, world: World
) -> None:
    before = authority_of(office).status_keys
    world.clock.advance(timedelta(days=3))
    close(office, leaked=timedelta(0))
    assert authority_of(office).status_keys == before


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(
    ("attendance", "code"),
    [
        (present(1), Code.CEREMONY_TWO_OFFICERS),
        (present(1, 9), Code.CEREMONY_OFFICER_UNKNOWN),
        (present(1, 2, authority=OTHER_AUTHORITY), Code.CEREMONY_OFFICER_UNKNOWN),
    ],
)
def test_nothing_is_made_without_two_officers(
    office: KeyOffice, attendance: Attendance, code: Code
) -> None:
    with refuses(code):
        ceremonies.make(office, Wish(Act.ROTATE, AUTHORITY), attendance)
    assert not office.ring.has(NEW)
    assert not key_book.unfinished(office.settings.data_dir)


def test_a_borrowed_name_is_found_out(office: KeyOffice) -> None:
    keys = dict(zip(present(1, 2).officers, present(3, 2).officers.values(), strict=True))
    with refuses(Code.CEREMONY_SIGNATURE):
        ceremonies.make(office, Wish(Act.ROTATE, AUTHORITY), Attendance(keys, "anywhere"))


# ---------------------------------------------------------------- the record


def test_the_record_says_who_when_where_and_what(office: KeyOffice) -> None:
    held = rotate(office)
    stored = ceremony.decode((held.folder / key_book.RECORD).read_bytes())
    assert stored == held.record
    assert stored.order.place == present().place
    assert stored.key.algorithm == "RSA-2048"
    assert stored.key.certificate == sha256(office.ring.certificate(NEW)).digest()
    assert stored.key.issuer == sha256(office.ring.certificate("issuing")).digest()
    assert (held.folder / key_book.RECORD_PDF).read_bytes().startswith(b"%PDF-1.7")


def test_an_altered_record_or_log_is_found_out(office: KeyOffice) -> None:
    held = rotate(office)
    close(office)
    record = held.folder / key_book.RECORD
    good = record.read_bytes()
    record.write_bytes(good.replace(b'"rotate"', b'"rotatE"'))
    with refuses(Code.CEREMONY_SYNTAX):
        office.book()
    record.write_bytes(good)
    log = office.settings.data_dir / key_book.FOLDER / key_book.LOG
    first, second = log.read_bytes().splitlines(keepends=True)
    for altered in (second, second + first, first + first):
        log.write_bytes(altered)
        with refuses(Code.CEREMONY_SYNTAX):
            office.book()
    log.write_bytes(first + second)
    assert active(office) == NEW


def test_a_ceremony_that_no_officer_of_today_signed_is_named(office: KeyOffice) -> None:
    held = rotate(office)
    assert not_signed(office) == ()
    first, *others = office.estate.authorities
    left = replace(first, officers=first.officers[1:])
    later = replace(office, estate=replace(office.estate, authorities=(left, *others)))
    assert not_signed(later) == (held.record.order.id,)


# ---------------------------------------------------------------- interruptions


def _kill_after(step: str) -> Callable[[str], None]:
    def on_step(done: str) -> None:
        if done == step:
            raise Killed

    return on_step


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_that_was_killed_is_finished_by_asking_again(
    office: KeyOffice, step: str
) -> None:
    wish = Wish(Act.ROTATE, AUTHORITY)
    with pytest.raises(Killed):
        ceremonies.make(office, wish, present(), _kill_after(step))
    after = again(office)
    if step in {"begun", "signed", "written"}:
        assert active(after) == OLD
        with refuses(Code.CEREMONY_UNFINISHED):
            close(after)
        with refuses(Code.CEREMONY_UNFINISHED):
            ceremonies.make(after, wish, present(1, 3))
        held = ceremonies.make(after, wish, present())
        assert held.record.order.key == NEW
    assert active(after) == NEW
    assert not key_book.unfinished(after.settings.data_dir)
    assert len(key_book.records(after.settings.data_dir)) == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_leak_whose_ceremony_was_killed_ends_up_in_the_bundle(
    office: KeyOffice, step: str
) -> None:
    closing = Closing(AUTHORITY, OLD, "泄露", SIGNED_AT)
    with pytest.raises(Killed):
        ceremonies.close(office, closing, present(), _kill_after(step))
    after = again(office)
    held = ceremonies.close(after, closing, present())
    assert held.bundle == 2
    assert len(bundle_of(after).withdrawn) == 1
    assert len(office.register.revoked(office.ring.certificate("issuing"))) == 1
    assert len(key_book.records(after.settings.data_dir)) == 1


def test_half_a_line_in_the_log_does_not_count(office: KeyOffice) -> None:
    rotate(office)
    log = office.settings.data_dir / key_book.FOLDER / key_book.LOG
    whole = log.read_bytes()
    with log.open("ab") as file:
        file.write(whole[:40])
    assert active(office) == NEW
    close(office)
    assert log.read_bytes().startswith(whole + b"{")
    assert len(key_book.records(office.settings.data_dir)) == 2


def test_half_a_key_file_is_made_anew(office: KeyOffice) -> None:
    (office.ring.folder / f"{NEW}.part").write_bytes(b"-----BEGIN ENC")
    rotate(office)
    assert office.ring.signing_key(NEW).sign(b"x")


# ---------------------------------------------------------------- a CA elsewhere


def test_a_ca_elsewhere_certifies_a_request(office: KeyOffice) -> None:
    issuing = office.open_ca("issuing")
    (office.ring.folder / "issuing.pem").rename(office.ring.folder / "away")
    with pytest.raises(AnzhengError) as caught:
        rotate(office)
    assert caught.value.code is Code.KEY_URI
    request = x509.load_der_x509_csr(Path(str(caught.value.facts["request"])).read_bytes())
    assert request.is_signature_valid

    def certified(authority: AuthorityId) -> bytes:
        public = request.public_key()
        return issuing.certify_signer(authority, "x", public, now=SIGNED_AT)  # type: ignore[arg-type]

    with refuses(Code.KEY_REFUSED):
        rotate(office, certificate=certified(OTHER_AUTHORITY))
    with refuses(Code.KEY_REFUSED):
        rotate(office, certificate=office.ring.certificate(OLD))
    assert rotate(office, certificate=certified(AUTHORITY)).record.order.key == NEW
