"""The revocation lists of a timestamp authority: fetched, checked, renewed in time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import AnzhengError, Code
from signer.certificates import load_certificate
from signer.revocation import LIFETIME, Revoked
from signer.tsa_crl import MAX_CRL_BYTES, RENEW_BEFORE, CrlKeeper
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import pki

NOW = FakeClock().now()
PLACE = "https://tsa.example/ca.crl"


def _list(now: datetime = NOW, revoked: tuple[Revoked, ...] = ()) -> bytes:
    return pki().root.crl(revoked, now=now, number=1)


class Web:
    """Serves one list, counts how often it is asked."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked = 0
        self.down = False

    def read(self, place: str) -> bytes:
        assert place == PLACE
        self.asked += 1
        if self.down:
            raise AnzhengError(Code.TSA_UNAVAILABLE, "down")
        return self.body


def _keeper(web: Web) -> CrlKeeper:
    chain = (pki().tsa_key.certificate, pki().root.certificate)
    return CrlKeeper((PLACE,), chain, web.read)


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


def test_a_good_list_is_read_once_and_kept() -> None:
    web = Web(_list())
    keeper = _keeper(web)
    assert keeper.current(NOW) == keeper.current(NOW) == (_list(),)
    assert web.asked == 1


def test_a_list_in_pem_is_kept_as_der() -> None:
    assert _keeper(Web(_pem(_list()))).current(NOW) == (_list(),)


def test_a_list_that_ends_soon_is_fetched_anew() -> None:
    web = Web(_list())
    keeper = _keeper(web)
    keeper.current(NOW)
    later = NOW + LIFETIME - RENEW_BEFORE + timedelta(seconds=1)
    web.body = _list(later)
    assert keeper.current(later) == (web.body,)


def test_the_old_list_serves_to_its_end_when_there_is_no_new_one() -> None:
    web = Web(_list())
    keeper = _keeper(web)
    keeper.current(NOW)
    web.down = True
    assert keeper.current(NOW + LIFETIME) == (_list(),)
    with refuses(Code.TSA_UNAVAILABLE):
        keeper.current(NOW + LIFETIME + timedelta(seconds=1))


def test_an_authority_that_was_revoked_is_refused_even_while_the_old_list_lasts() -> None:
    web = Web(_list())
    keeper = _keeper(web)
    keeper.current(NOW)
    serial = load_certificate(pki().tsa_key.certificate).serial_number
    later = NOW + LIFETIME - timedelta(minutes=1)
    web.body = _list(later, (Revoked(serial, later),))
    with refuses(Code.KEY_REFUSED):
        keeper.current(later)


@pytest.mark.parametrize(
    "body",
    [
        lambda: b"",
        lambda: b"<html>",
        lambda: b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        lambda: bytes(MAX_CRL_BYTES + 1),
        lambda: _list(NOW - LIFETIME - timedelta(seconds=1)),
        lambda: _list(NOW + timedelta(minutes=6)),
        lambda: pki().issuing.crl((), now=NOW, number=1),
    ],
    ids=["empty", "html", "pem", "large", "stale", "future", "other-ca"],
)
def test_what_says_nothing_about_the_authority_now_is_refused(body: Callable[[], bytes]) -> None:
    with refuses(Code.TSA_UNAVAILABLE):
        _keeper(Web(body())).current(NOW)


def test_a_list_signed_by_another_key_is_refused() -> None:
    broken = bytearray(_list())
    broken[-1] ^= 1
    with refuses(Code.TSA_UNAVAILABLE):
        _keeper(Web(bytes(broken))).current(NOW)


def test_without_places_nothing_is_said() -> None:
    chain = (pki().tsa_key.certificate, pki().root.certificate)
    assert CrlKeeper((), chain, Web(b"").read).current(NOW) == ()


def test_a_list_that_verifiers_do_not_believe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library signs no SHA-1 any more; a list of an old CA may be so."""
    monkeypatch.setattr("signer.tsa_crl.SHA256", SHA384)
    with refuses(Code.TSA_UNAVAILABLE):
        _keeper(Web(_list())).current(NOW)


def _changed(old: bytes, new: bytes) -> bytes:
    data = _list()
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    "body",
    [
        lambda: _changed(b"\x02\x01\x01", b"\x02\x01\x07"),
        # An extension that is there twice.
        lambda: _changed(b"\x06\x03\x55\x1d\x23", b"\x06\x03\x55\x1d\x14"),
    ],
    ids=["version", "twice"],
)
def test_a_list_of_which_a_part_is_broken_is_refused(body: Callable[[], bytes]) -> None:
    with refuses(Code.TSA_UNAVAILABLE):
        _keeper(Web(body())).current(NOW)
