"""What certificates point to, as files: answers signed ahead, and a relay."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi import FastAPI

from anzheng.flows import publish_pki
from anzheng.flows.publish_pki import RENEWED_AFTER, CertificatePublisher
from anzheng.ocsp_relay import AT_ONCE, open_relay
from anzheng.pki import LIST_AGE, CertificateDesk
from anzheng.published_pki import PublishedDesk
from anzheng.routes import pki as routes
from licence.errors import Code
from tests.fakes.clock import FakeClock
from tests.fakes.pki_desk import make_desk, signer_certificate
from tests.fakes.refusal import refuses
from tests.fakes.signing import pki
from tests.fakes.web import AppClient
from verifier.fetch import open_client
from verifier.service import problems

GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock) -> Iterator[CertificateDesk]:
    """The authority's side, which has the keys."""
    (tmp_path / "office").mkdir()
    made = make_desk(tmp_path / "office", clock)
    yield made
    made.register.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CertificateDesk, Path]]:
    """An office and what it published; no test changes either."""
    home, clock = tmp_path_factory.mktemp("pki"), FakeClock()
    (home / "office").mkdir()
    made = make_desk(home / "office", clock)
    CertificatePublisher(made, home / "public", clock).publish()
    yield made, home / "public"
    made.register.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "public"


@pytest.fixture
def publisher(desk: CertificateDesk, folder: Path, clock: FakeClock) -> CertificatePublisher:
    made = CertificatePublisher(desk, folder, clock)
    made.publish()
    return made


def request(
    algorithm: SHA1 | SHA256 | SHA384 | None = None,
    nonce: bytes | None = None,
    serial: int | None = None,
    issuer: bytes | None = None,
) -> bytes:
    """Return a request about the signer's certificate, or about one of another number."""
    above = x509.load_der_x509_certificate(issuer or pki().issuing.certificate)
    certificate = x509.load_der_x509_certificate(signer_certificate())
    way = algorithm or SHA1()  # noqa: S303 - an identifier; what most clients send
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, above, way)
    if serial is not None:
        plain = ocsp.load_der_ocsp_request(builder.build().public_bytes(Encoding.DER))
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            plain.issuer_name_hash, plain.issuer_key_hash, serial, way
        )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def status(answer: bytes) -> ocsp.OCSPCertStatus | ocsp.OCSPResponseStatus:
    """Return what an answer says, or why it says nothing."""
    read = ocsp.load_der_ocsp_response(answer)
    if read.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return read.response_status
    return read.certificate_status


@pytest.mark.parametrize("name", ["root", "issuing", "holder-ca"])
def test_certificates_and_lists_are_those_of_the_office(
    published: tuple[CertificateDesk, Path], name: str
) -> None:
    desk, folder = published
    assert PublishedDesk(folder).certificate(name) == desk.certificate(name)
    assert PublishedDesk(folder).crl(name) == desk.crl(name)


def test_no_key_is_published(published: tuple[CertificateDesk, Path]) -> None:
    files = [place for place in published[1].rglob("*") if place.is_file()]
    assert files
    for place in files:
        assert b"PRIVATE" not in place.read_bytes()


@pytest.mark.parametrize("algorithm", [SHA1(), SHA256()])  # noqa: S303
@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_answers_were_signed_ahead_for_both_ways_to_ask(
    published: tuple[CertificateDesk, Path], algorithm: SHA1 | SHA256, nonce: bytes | None
) -> None:
    answer = PublishedDesk(published[1]).ocsp("issuing", request(algorithm, nonce))
    assert status(answer) is GOOD
    read = ocsp.load_der_ocsp_response(answer)
    assert isinstance(read.hash_algorithm, type(algorithm))
    key = x509.load_der_x509_certificate(pki().issuing.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(read.signature, read.tbs_response_bytes, PKCS1v15(), SHA256())


def test_what_was_not_signed_ahead_is_never_good(published: tuple[CertificateDesk, Path]) -> None:
    desk, unauthorized = PublishedDesk(published[1]), ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert status(desk.ocsp("issuing", request(serial=12345))) is unauthorized
    assert status(desk.ocsp("issuing", request(SHA384()))) is unauthorized
    other = request(issuer=pki().root.certificate)
    assert status(desk.ocsp("issuing", other)) is unauthorized
    malformed = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert status(desk.ocsp("issuing", b"\x30\x00")) is malformed
    with refuses(Code.TOO_LARGE):
        desk.ocsp("issuing", bytes(3000))
    for name in ("tsa", "../keys/root", "", "issuing/x"):
        with refuses(Code.NOT_FOUND):
            desk.ocsp(name, request())


def test_a_revocation_shows_at_the_next_publication(
    desk: CertificateDesk, publisher: CertificatePublisher, folder: Path, clock: FakeClock
) -> None:
    published = PublishedDesk(folder)
    desk.register.revoke(
        signer_certificate(), at=clock.now(), reason=x509.ReasonFlags.key_compromise
    )
    assert status(published.ocsp("issuing", request())) is GOOD
    publisher.publish()
    assert status(published.ocsp("issuing", request())) is REVOKED
    assert status(published.ocsp("issuing", request(SHA256()))) is REVOKED
    assert len(x509.load_der_x509_crl(published.crl("issuing"))) == 1


def test_nothing_is_signed_without_need(
    publisher: CertificatePublisher, folder: Path, clock: FakeClock
) -> None:
    def seen() -> dict[Path, int]:
        return {place: place.stat().st_mtime_ns for place in folder.rglob("*") if place.is_file()}

    first = seen()
    publisher.publish()
    assert seen() == first
    clock.advance(LIST_AGE + timedelta(seconds=1))
    publisher.publish()
    changed = {place.suffix for place, at in seen().items() if first[place] != at}
    assert changed == {".crl"}, "lists are renewed hourly, answers stay"
    clock.advance(RENEWED_AFTER)
    publisher.publish()
    assert all(seen()[place] != at for place, at in first.items() if "ocsp" in place.parts)


def test_a_new_certificate_gets_its_answer(
    desk: CertificateDesk, publisher: CertificatePublisher, folder: Path, clock: FakeClock
) -> None:
    before = set(folder.rglob("*"))
    desk.register.record(_another_certificate(clock), now=clock.now())
    publisher.publish()
    new = [each for each in folder.rglob("*") if each.is_file() and each not in before]
    assert len(new) == 2, "one for each way to ask"
    assert {status(each.read_bytes()) for each in new} == {GOOD}


def _another_certificate(clock: FakeClock) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.load_der_x509_certificate(pki().issuing.certificate).subject)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(clock.now())
        .not_valid_after(clock.now() + timedelta(days=1))
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


def test_a_ca_of_very_many_answers_when_asked(
    desk: CertificateDesk, folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_pki, "MOST_AHEAD", 0)
    CertificatePublisher(desk, folder, clock).publish()
    assert not (folder / "issuing" / "ocsp").exists()
    relayed = PublishedDesk(folder, desk.ocsp)
    assert status(relayed.ocsp("issuing", request())) is GOOD


def test_a_root_kept_offline_has_its_list_and_no_answers(
    desk: CertificateDesk, tmp_path: Path, clock: FakeClock
) -> None:
    crl = desk.crl("root")
    (desk.ring.folder / "root.pem").unlink()
    place = tmp_path / "other"
    CertificatePublisher(desk, place, clock).publish()
    assert not (place / "root.crl").exists()
    (desk.ring.folder / "root.crl").write_bytes(crl)
    CertificatePublisher(desk, place, clock).publish()
    assert (place / "root.crl").read_bytes() == crl
    assert not (place / "root").exists()


# ---------------------------------------------------------------- over HTTP


def test_a_plain_server_finds_what_a_client_asks_for_by_get(
    published: tuple[CertificateDesk, Path],
) -> None:
    folder = published[1]
    text = quote(base64.b64encode(request(SHA256())).decode(), safe="")
    path = unquote(f"/issuing/ocsp/{text}")
    assert status((folder / path.lstrip("/")).read_bytes()) is GOOD
    app = FastAPI()
    problems.add_handlers(app)
    app.include_router(routes.router(PublishedDesk(folder)))
    found = AppClient(app).get(f"/pki/issuing/ocsp/{text}")
    assert status(found.content) is GOOD
    assert found.headers["cache-control"].startswith("public, max-age=")
    assert status(AppClient(app).post("/pki/issuing/ocsp", content=request()).content) is GOOD


def test_the_relay_asks_one_address_and_believes_no_error(
    published: tuple[CertificateDesk, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = published[0]
    asked: list[str] = []

    def serve(given: httpx.Request) -> httpx.Response:
        asked.append(str(given.url))
        if "root" in given.url.path:
            return httpx.Response(500, content=b"oops")
        return httpx.Response(200, content=desk.ocsp("issuing", given.content))

    transport = httpx.MockTransport(serve)
    monkeypatch.setattr("verifier.fetch.open_client", lambda url: open_client(url, transport))
    with open_relay("http://ca.example") as relay:
        answer = relay("issuing", request())
        assert answer is not None
        assert status(answer) is GOOD
        assert relay("root", request()) is None
    assert asked == ["http://ca.example/pki/issuing/ocsp", "http://ca.example/pki/root/ocsp"]
    with open_relay("") as relay:
        assert relay("issuing", request()) is None


def test_a_hanging_ca_does_not_hold_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, asked = threading.Event(), threading.Semaphore(0)

    def hang(_given: httpx.Request) -> httpx.Response:
        asked.release()
        hangs.wait(300)
        return httpx.Response(200, content=b"answer")

    transport = httpx.MockTransport(hang)
    monkeypatch.setattr("verifier.fetch.open_client", lambda url: open_client(url, transport))
    with open_relay("http://ca.example") as relay, ThreadPoolExecutor(AT_ONCE + 1) as pool:
        waiting = [pool.submit(relay, "issuing", request()) for _ in range(AT_ONCE)]
        assert all(asked.acquire(timeout=60) for _ in waiting)
        refused = pool.submit(relay, "issuing", request())
        try:
            assert refused.result(timeout=60) is None
        finally:
            hangs.set()
        assert [each.result() for each in waiting] == [b"answer"] * AT_ONCE
        assert relay("issuing", request()) == b"answer"
