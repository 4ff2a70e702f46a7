"""Where certificates point to: `.crt`, `.crl` and the OCSP responder."""

import base64
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anzheng.pki import LIST_AGE, CertificateDesk
from anzheng.published_pki import MAX_REQUEST_BYTES
from anzheng.routes import pki as routes
from licence.errors import Code
from licence.formats import der
from signer.test_pki import BASE_URL
from tests.fakes.clock import FakeClock
from tests.fakes.pki_desk import make_desk, signer_certificate
from tests.fakes.refusal import refuses
from tests.fakes.signing import pki
from tests.fakes.web import AppClient
from verifier.service import problems

SUCCESS = ocsp.OCSPResponseStatus.SUCCESSFUL
Hash = SHA1 | SHA256 | SHA384 | SHA512


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock) -> CertificateDesk:
    return make_desk(tmp_path, clock)


@pytest.fixture
def client(desk: CertificateDesk) -> AppClient:
    app = FastAPI()
    problems.add_handlers(app)
    app.include_router(routes.router(desk))
    return AppClient(app)


def request(
    certificate: bytes | None = None,
    issuer: bytes | None = None,
    algorithm: Hash | None = None,
    nonce: bytes | None = None,
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(certificate or signer_certificate()),
        x509.load_der_x509_certificate(issuer or pki().issuing.certificate),
        algorithm or SHA1(),  # noqa: S303 - an identifier; what most clients send
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def revoke(desk: CertificateDesk) -> None:
    desk.register.revoke(
        signer_certificate(), at=desk.clock.now(), reason=x509.ReasonFlags.key_compromise
    )


@pytest.mark.parametrize("name", ["root", "issuing", "holder-ca"])
def test_certificates_and_lists_are_served(client: AppClient, name: str) -> None:
    found = client.get(f"/pki/{name}.crt")
    assert found.headers["content-type"] == "application/pkix-cert"
    authority = x509.load_der_x509_certificate(found.content)
    listed = client.get(f"/pki/{name}.crl")
    assert listed.headers["content-type"] == "application/pkix-crl"
    crl = x509.load_der_x509_crl(listed.content)
    assert crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    assert len(crl) == 0


@pytest.mark.parametrize("path", ["/pki/tsa.crt", "/pki/other.crl", "/pki/..%2Fkeys.crt"])
def test_only_the_authorities_are_served(client: AppClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_every_url_in_a_certificate_is_served(client: AppClient) -> None:
    signer = x509.load_der_x509_certificate(signer_certificate())
    access = signer.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = signer.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    urls = [each.access_location.value for each in access]
    urls += [name.value for point in points for name in point.full_name or ()]
    assert len(urls) == 3
    for url in urls:
        path = "/pki" + url.removeprefix(BASE_URL)
        if path.endswith("/ocsp"):
            assert client.post(path, content=request()).status_code == 200
        else:
            assert client.get(path).status_code == 200


def test_a_list_is_signed_anew_when_it_grew_or_is_old(
    desk: CertificateDesk, clock: FakeClock
) -> None:
    first = desk.crl("issuing")
    assert desk.crl("issuing") == first, "asking makes no CA sign"
    revoke(desk)
    second = x509.load_der_x509_crl(desk.crl("issuing"))
    serial = x509.load_der_x509_certificate(signer_certificate()).serial_number
    assert second.get_revoked_certificate_by_serial_number(serial) is not None
    clock.advance(LIST_AGE + timedelta(seconds=1))
    third = x509.load_der_x509_crl(desk.crl("issuing"))
    numbers = [
        each.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for each in (x509.load_der_x509_crl(first), second, third)
    ]
    assert numbers == [1, 2, 3]
    assert third.last_update_utc == clock.now()


@pytest.mark.parametrize("algorithm", [SHA1(), SHA256(), SHA384(), SHA512()])  # noqa: S303
def test_what_is_good_is_good(desk: CertificateDesk, clock: FakeClock, algorithm: Hash) -> None:
    nonce = b"n" * 32
    asked = request(algorithm=algorithm, nonce=nonce)
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", asked))
    assert answer.response_status is SUCCESS
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert isinstance(answer.hash_algorithm, type(algorithm))
    assert answer.this_update_utc == clock.now()
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_what_is_revoked_says_when_and_why(desk: CertificateDesk, clock: FakeClock) -> None:
    revoke(desk)
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", request()))
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == clock.now()
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise


def test_what_nobody_issued_is_not_good(desk: CertificateDesk) -> None:
    # Named as if the issuing CA had made it.
    stranger = ocsp.load_der_ocsp_request(request())
    asked = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(
            stranger.issuer_name_hash, stranger.issuer_key_hash, 12345, stranger.hash_algorithm
        )
        .build()
        .public_bytes(Encoding.DER)
    )
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", asked))
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_another_cas_certificate_is_not_answered_for(desk: CertificateDesk) -> None:
    answer = ocsp.load_der_ocsp_response(desk.ocsp("holder-ca", request()))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def negative() -> bytes:
    """Return a request about a serial number below zero, which no certificate has."""
    serial = x509.load_der_x509_certificate(signer_certificate()).serial_number
    digits = serial.to_bytes((serial.bit_length() + 8) // 8, "big")
    return request().replace(digits, b"\xff" + digits[1:])


@pytest.mark.parametrize(
    "asked",
    [b"", b"\x30\x00", b"x" * 100, request(nonce=b"n" * 129), negative()],
    ids=["empty", "no request", "text", "long nonce", "negative"],
)
def test_what_cannot_be_read_is_said_to_be_malformed(desk: CertificateDesk, asked: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", asked))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_request_with_two_nonces_is_malformed(desk: CertificateDesk) -> None:
    (asked,) = der.children(request(nonce=b"n" * 16))
    certificates, wrapped = der.children(asked)
    (listed,) = der.children(wrapped, wrapped[0])
    (nonce,) = der.children(listed)
    twice = der.tlv(wrapped[0], der.tlv(der.SEQUENCE, nonce, nonce))
    made = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, certificates, twice))
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", made))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_what_we_cannot_sign_is_our_fault_and_not_the_clients(
    desk: CertificateDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("the store of the key is broken")

    monkeypatch.setattr("signer.ocsp_responder.OcspResponder._status", refuse)
    answer = ocsp.load_der_ocsp_response(desk.ocsp("issuing", request()))
    assert answer.response_status is ocsp.OCSPResponseStatus.INTERNAL_ERROR


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.integers(0, 200), value=st.integers(0, 255))
def test_a_changed_request_is_answered_or_refused(
    desk: CertificateDesk, place: int, value: int
) -> None:
    changed = bytearray(request(nonce=b"n" * 16))
    changed[place % len(changed)] = value
    ocsp.load_der_ocsp_response(desk.ocsp("issuing", bytes(changed)))


def test_a_request_comes_by_post_or_in_the_path(client: AppClient) -> None:
    asked = request()
    text = base64.b64encode(asked).decode()
    answers = [
        client.post("/pki/issuing/ocsp", content=asked),
        client.get(f"/pki/issuing/ocsp/{quote(text, safe='')}"),
        client.get(f"/pki/issuing/ocsp/{text}"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/ocsp-response"
        read = ocsp.load_der_ocsp_response(answer.content)
        assert read.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_requests_have_limits(client: AppClient, desk: CertificateDesk) -> None:
    too_long = b"x" * (MAX_REQUEST_BYTES + 1)
    assert client.post("/pki/issuing/ocsp", content=too_long).status_code == 413
    path = "A" * (routes.MAX_PATH_CHARS + 4)
    assert client.get(f"/pki/issuing/ocsp/{path}").status_code == 413
    answer = client.get("/pki/issuing/ocsp/no*base64")
    assert (answer.status_code, answer.json()["code"]) == (400, "REQUEST_INVALID")
    assert client.post("/pki/other/ocsp", content=request()).status_code == 404
    with refuses(Code.TOO_LARGE):
        desk.ocsp("issuing", too_long)


def test_an_offline_ca_serves_the_list_that_was_put_there(desk: CertificateDesk) -> None:
    laid_down = desk.crl("root")
    (desk.ring.folder / "root.pem").unlink()
    with refuses(Code.NOT_FOUND):
        desk.crl("root")
    (desk.ring.folder / "root.crl").write_bytes(laid_down)
    assert desk.crl("root") == laid_down
    answer = ocsp.load_der_ocsp_response(desk.ocsp("root", request()))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
