"""What the CA remembers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from licence.errors import Code
from signer.certificate_register import CertificateRegister
from signer.certificates import load_certificate
from signer.revocation import Revoked
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, OTHER_AUTHORITY, RELEASED_ON, pki

REASON = x509.ReasonFlags.key_compromise


@pytest.fixture
def register(tmp_path: Path) -> CertificateRegister:
    return CertificateRegister(tmp_path / "register.db")


def _signer() -> bytes:
    return pki().signer_keys[AUTHORITY].certificate


def test_what_was_revoked_stays_with_its_first_date(register: CertificateRegister) -> None:
    register.record(_signer(), now=RELEASED_ON)
    register.record(_signer(), now=RELEASED_ON)
    register.revoke(_signer(), at=RELEASED_ON, reason=REASON)
    register.revoke(
        _signer(), at=RELEASED_ON + timedelta(days=1), reason=x509.ReasonFlags.superseded
    )
    serial = load_certificate(_signer()).serial_number
    assert register.revoked(pki().issuing.certificate) == (Revoked(serial, RELEASED_ON, REASON),)
    assert register.revoked(pki().root.certificate) == ()


def test_only_what_was_issued_can_be_revoked(register: CertificateRegister) -> None:
    with refuses(Code.NOT_FOUND):
        register.revoke(_signer(), at=RELEASED_ON, reason=REASON)


def test_list_numbers_grow_by_ca(register: CertificateRegister) -> None:
    issuing, root = pki().issuing.certificate, pki().root.certificate
    numbers = [register.next_list(ca).number for ca in (issuing, issuing, root, issuing)]
    assert numbers == [1, 2, 1, 3]


def test_threads_that_share_a_register_take_turns(register: CertificateRegister) -> None:
    ca = pki().issuing.certificate
    with ThreadPoolExecutor(8) as pool:
        lists = list(pool.map(lambda _: register.next_list(ca).number, range(200)))
    assert sorted(lists) == list(range(1, 201))


def test_the_register_is_a_file(tmp_path: Path) -> None:
    first = CertificateRegister(tmp_path / "register.db")
    first.record(_signer(), now=RELEASED_ON)
    first.revoke(_signer(), at=RELEASED_ON, reason=REASON)
    first.close()
    again = CertificateRegister(tmp_path / "register.db")
    assert len(again.next_list(pki().issuing.certificate).revoked) == 1


def test_what_is_no_certificate_is_refused(register: CertificateRegister) -> None:
    with refuses(Code.KEY_REFUSED):
        register.record(b"junk", now=RELEASED_ON)


def test_the_list_and_the_answer_agree(register: CertificateRegister) -> None:
    for authority in (AUTHORITY, OTHER_AUTHORITY):
        register.record(pki().signer_keys[authority].certificate, now=RELEASED_ON)
    register.revoke(_signer(), at=RELEASED_ON, reason=REASON)
    listed = register.next_list(pki().issuing.certificate)
    crl = x509.load_der_x509_crl(
        pki().issuing.crl(listed.revoked, now=RELEASED_ON, number=listed.number)
    )
    assert [each.serial_number for each in crl] == [load_certificate(_signer()).serial_number]
