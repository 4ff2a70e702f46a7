"""The client of one timestamp authority: it believes what is proved and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.formats.algorithms import SignaturePadding
from licence.formats.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    decode_request,
    encode_answer,
    encode_rejection,
    encode_request,
    read_token,
)
from licence.ids import Digest
from signer.deadline_http import Answer
from signer.keys.file import FileKey
from signer.tsa import TestTsa
from signer.tsa_client import HttpTsa, TsaTrust
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, FakeEntropy, pki

IMPRINT = Digest(sha256(b"signature").digest())
URL = "http://tsa.example/"
REPLY = "application/timestamp-reply"
Handler = Callable[[bytes], Answer]


class FakeHttp:
    """Answers in this process."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def exchange(self, method: str, url: str, **given: object) -> Answer:
        """Return what the handler answers."""
        assert (method, url, given["kind"]) == ("POST", URL, "application/timestamp-query")
        content, limit = given["content"], given["max_bytes"]
        assert isinstance(content, bytes)
        answer = self._handler(content)
        if isinstance(limit, int) and len(answer.body) > limit:
            raise AnzhengError(Code.TOO_LARGE, "too large")
        return answer


def _tsa(clock: FakeClock | None = None) -> TestTsa:
    return pki().tsa(clock=clock or FakeClock(), entropy=FakeEntropy())


def _client(handler: Handler, *, clock: FakeClock | None = None, **trust: object) -> HttpTsa:
    believed = {
        "certificate": pki().tsa_key.certificate,
        "chain": (pki().root.certificate,),
        "policy": oids.POLICY_TSA_TEST,
    } | trust
    return HttpTsa(
        URL,
        http=FakeHttp(handler),
        trust=TsaTrust(**believed),  # type: ignore[arg-type]
        clock=clock or FakeClock(),
        entropy=FakeEntropy(b"client"),
    )


def _ask(handler: Handler, **given: object) -> bytes:
    return _client(handler, **given).timestamp(IMPRINT, seconds=1)  # type: ignore[arg-type]


def _reply(body: bytes) -> Answer:
    return Answer(200, REPLY, body)


def _honest(request: bytes) -> Answer:
    return _reply(_tsa().respond(request))


def test_the_client_believes_an_honest_authority() -> None:
    client = _client(_honest)
    token = read_token(client.timestamp(IMPRINT, seconds=1))
    assert token.info.imprint == IMPRINT
    assert token.info.nonce is not None
    assert client.certificates == (pki().tsa_key.certificate, pki().root.certificate)
    assert client.test_only


def test_an_authority_that_signs_by_pss_is_believed() -> None:
    key = FileKey(
        pki().private_keys["tsa"], pki().tsa_key.certificate, padding=SignaturePadding.PSS
    )
    tsa = TestTsa(key, chain=(), clock=FakeClock(), entropy=FakeEntropy())
    token = read_token(_ask(lambda request: _reply(tsa.respond(request))))
    assert token.signature_algorithm != der.tlv(der.SEQUENCE, der.oid(oids.RSA_SHA256), der.NULL)


def test_the_authority_tells_the_time_however_late_ours_is() -> None:
    late = FakeClock()
    late.advance(-timedelta(hours=9))
    assert _client(_honest, clock=late).time(seconds=1) == FakeClock().now()


def test_a_time_that_is_not_proved_is_none() -> None:
    with refuses(Code.TSA_ANSWER):
        _client(_replayed()).time(seconds=1)


def _replayed() -> Handler:
    first = _tsa().respond(encode_request(TimestampRequest(IMPRINT, 5, None)))
    return lambda _: _reply(first)


def _with_other_imprint(request: bytes) -> Answer:
    _, _, nonce = decode_request(request)
    other = TimestampRequest(Digest(bytes(32)), nonce, None)
    return _reply(_tsa().respond(encode_request(other)))


def _late(request: bytes) -> Answer:
    clock = FakeClock()
    clock.advance(timedelta(minutes=6))
    return _reply(_tsa(clock).respond(request))


def _with_other_policy(request: bytes) -> Answer:
    imprint, _, nonce = decode_request(request)
    other = TestTsa(
        pki().tsa_key, chain=(), clock=FakeClock(), entropy=FakeEntropy(), policy="1.2.3"
    )
    return _reply(other.respond(encode_request(TimestampRequest(imprint, nonce, None))))


def _by_another_key(request: bytes) -> Answer:
    key = pki().signer_keys[AUTHORITY]
    other = TestTsa(key, chain=(), clock=FakeClock(), entropy=FakeEntropy())
    return _reply(other.respond(request))


def _broken(request: bytes) -> Answer:
    answer = bytearray(_tsa().respond(request))
    answer[-1] ^= 1
    return _reply(bytes(answer))


def _other_content(request: bytes) -> Answer:
    answer = _tsa().respond(request)
    accuracy = der.tlv(0x30, der.integer(1))
    assert answer.count(accuracy) == 1
    return _reply(answer.replace(accuracy, der.tlv(0x30, der.integer(2))))


def _without_certificate(request: bytes) -> Answer:
    token = der.children(_tsa().respond(request))[1]
    kind, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    parts = [each for each in der.children(signed_data) if each[0] != der.CONTEXT_0]
    content = der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *parts))
    return _reply(encode_answer(der.tlv(der.SEQUENCE, kind, content)))


def _by_no_algorithm(request: bytes) -> Answer:
    """What names the algorithm is not signed: anybody on the way may empty it."""
    named = der.tlv(der.SEQUENCE, der.oid(oids.RSA_SHA256), der.NULL)
    status, token = der.children(_tsa().respond(request))
    kind, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    *parts, infos = der.children(signed_data)
    (info,) = der.children(infos, der.SET)
    fields = [der.tlv(der.SEQUENCE) if each == named else each for each in der.children(info)]
    emptied = der.tlv(der.SET, der.tlv(der.SEQUENCE, *fields))
    content = der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *parts, emptied))
    return _reply(der.tlv(der.SEQUENCE, status, der.tlv(der.SEQUENCE, kind, content)))


def _of_another_hash(request: bytes) -> Answer:
    answer = _tsa().respond(request)
    sha256_null = der.tlv(der.SEQUENCE, der.oid(oids.SHA256), der.NULL)
    at = answer.rindex(sha256_null)
    other = sha256_null.replace(der.oid(oids.SHA256), der.oid("2.16.840.1.101.3.4.2.4"))
    return _reply(answer[:at] + other + answer[at + len(other) :])


@pytest.mark.parametrize(
    "handler",
    [
        _replayed(),
        _with_other_imprint,
        _late,
        _with_other_policy,
        _by_another_key,
        _broken,
        _other_content,
        _without_certificate,
        _of_another_hash,
        _by_no_algorithm,
        lambda _: _reply(encode_rejection()),
        lambda _: _reply(b""),
        lambda _: _reply(b"<html>"),
        lambda _: _reply(encode_answer(b"\x30\x00")),
        lambda _: _reply(bytes(MAX_ANSWER_BYTES + 1)),
    ],
    ids=[
        "replay",
        "imprint",
        "clock",
        "policy",
        "key",
        "signature",
        "content",
        "certificate",
        "hash",
        "algorithm",
        "rejection",
        "empty",
        "html",
        "no-token",
        "large",
    ],
)
def test_an_answer_that_proves_nothing_is_refused(handler: Handler) -> None:
    with refuses(Code.TSA_ANSWER):
        _ask(handler)


def _no_connection(request: bytes) -> Answer:
    raise AnzhengError(Code.NOT_CHECKED, "too slow", bytes=len(request))


@pytest.mark.parametrize(
    "handler",
    [
        _no_connection,
        lambda _: Answer(500, "", b""),
        lambda _: Answer(302, "", b""),
        lambda _: Answer(200, "text/html", b"busy"),
    ],
    ids=["timeout", "500", "redirect", "html"],
)
def test_no_answer_is_unavailable(handler: Handler) -> None:
    with refuses(Code.TSA_UNAVAILABLE):
        _ask(handler)


def _certificate(
    *,
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    is_ca: bool = False,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = None,
    unknown: bool = False,
) -> bytes:
    """A certificate under the root of the test PKI, wrong in one thing."""
    root = x509.load_der_x509_certificate(pki().root.certificate)
    usage = x509.KeyUsage(True, False, False, False, False, is_ca, False, False, False)  # noqa: FBT003
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TSA 示例 TEST ONLY")]))
        .issuer_name(root.subject)
        .public_key(key or pki().private_keys["tsa"].public_key())
        .serial_number(7)
        .not_valid_before(FakeClock().now())
        .not_valid_after(FakeClock().now() + timedelta(days=1))
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    )
    if unknown:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")
        builder = builder.add_extension(extension, critical=True)
    private = pki().private_keys["root"]
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)


def test_such_a_certificate_without_fault_is_taken() -> None:
    _client(_honest, certificate=_certificate())


@pytest.mark.parametrize(
    "certificate",
    [
        lambda: _certificate(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        lambda: _certificate(
            purposes=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)
        ),
        lambda: _certificate(critical=False),
        lambda: _certificate(is_ca=True),
        lambda: _certificate(key=rsa.generate_private_key(65537, 1024).public_key()),  # noqa: S505
        lambda: _certificate(key=ec.generate_private_key(ec.SECP192R1()).public_key()),
        lambda: _certificate(key=rsa.generate_private_key(3, 2048).public_key()),
        lambda: _certificate(unknown=True),
        lambda: b"no certificate",
    ],
    ids=[
        "purpose",
        "two-purposes",
        "not-critical",
        "ca",
        "rsa-1024",
        "p-192",
        "e-3",
        "new",
        "none",
    ],
)
def test_a_certificate_that_may_not_timestamp_is_refused(certificate: Callable[[], bytes]) -> None:
    with refuses(Code.KEY_REFUSED):
        _client(_honest, certificate=certificate())


@pytest.mark.parametrize(
    ("certificate", "chain"),
    [
        (
            lambda: pki().signer_keys[AUTHORITY].certificate,
            lambda: (pki().issuing.certificate, pki().root.certificate),
        ),
        (lambda: pki().tsa_key.certificate, lambda: (pki().issuing.certificate,)),
        (lambda: pki().tsa_key.certificate, lambda: ()),
        (lambda: pki().root.certificate, lambda: ()),
        (
            lambda: pki().tsa_key.certificate,
            lambda: (pki().root.certificate, pki().tsa_key.certificate),
        ),
    ],
    ids=["purpose", "other-ca", "no-ca", "root", "beyond-the-root"],
)
def test_only_a_certified_authority_is_asked(
    certificate: Callable[[], bytes], chain: Callable[[], tuple[bytes, ...]]
) -> None:
    with refuses(Code.KEY_REFUSED):
        _client(_honest, certificate=certificate(), chain=chain())


@pytest.mark.parametrize("policy", ["", "policy", "1", "9.9"])
def test_a_policy_is_an_identifier(policy: str) -> None:
    with refuses(Code.SETTINGS_INVALID):
        _client(_honest, policy=policy)


@pytest.mark.parametrize("years", [-1, 13, 21])
def test_an_authority_not_yet_or_no_longer_certified_is_refused(years: int) -> None:
    clock = FakeClock()
    clock.advance(timedelta(days=years * 366))
    with refuses(Code.TSA_ANSWER):
        _ask(lambda r: _reply(_tsa(clock).respond(r)), clock=clock)


def test_the_name_in_the_token_is_the_authority_s() -> None:
    """RFC 3161, 2.4.2: the tsa field must match a name of the certificate that signed."""
    own = x509.load_der_x509_certificate(pki().tsa_key.certificate).subject.public_bytes()
    client = _client(_honest)
    token = read_token(client.timestamp(IMPRINT, seconds=1))
    assert token.info.authority == der.tlv(der.CONTEXT_4, own)

    def renamed(request: bytes) -> Answer:
        other = pki().tsa(clock=FakeClock(), entropy=FakeEntropy())
        other._name = own.replace(b"TEST", b"PEST")
        return _reply(other.respond(request))

    with refuses(Code.TSA_ANSWER):
        _ask(renamed)
