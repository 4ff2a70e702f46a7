"""Timestamp requests, tokens, the responder, and the client that believes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.formats import der, oids
from licence.ids import Digest
from signer.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    TstInfo,
    attribute,
    certificate_digest,
    decode_answer,
    decode_request,
    encode_answer,
    encode_rejection,
    encode_request,
    encode_tst_info,
    read_token,
)
from signer.tsa import TestTsa
from signer.tsa_client import HttpTimestamper, TsaTrust
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, FakeEntropy, pki

IMPRINT = Digest(sha256(b"signature").digest())
URL = "http://tsa.example/"
Handler = Callable[[httpx.Request], httpx.Response]


def _tsa(clock: FakeClock | None = None) -> TestTsa:
    return pki().tsa(clock=clock or FakeClock(), entropy=FakeEntropy())


def _answering(handler: Handler, **changes: object) -> HttpTimestamper:
    arguments: dict[str, object] = {
        "client": httpx.Client(transport=httpx.MockTransport(handler)),
        "tsa_certificate": pki().tsa_key.certificate,
        "trust": TsaTrust((pki().root.certificate,), oids.POLICY_TSA_TEST),
        "clock": FakeClock(),
        "entropy": FakeEntropy(b"client"),
    }
    return HttpTimestamper(URL, **(arguments | changes))  # type: ignore[arg-type]


def _reply(body: bytes, kind: str = "application/timestamp-reply") -> httpx.Response:
    return httpx.Response(200, content=body, headers={"Content-Type": kind})


def _honest(request: httpx.Request) -> httpx.Response:
    return _reply(_tsa().respond(request.content))


def test_a_token_says_what_was_asked() -> None:
    token = read_token(_tsa().timestamp(IMPRINT))
    assert token.info.imprint == IMPRINT
    assert token.info.gen_time == FakeClock().now()
    assert token.info.policy == der.oid(oids.POLICY_TSA_TEST)
    assert certificate_digest(token) == sha256(pki().tsa_key.certificate).digest()
    assert token.certificates == (pki().tsa_key.certificate,)
    assert _tsa().test_only


def test_tokens_have_different_serial_numbers() -> None:
    tsa = _tsa()
    assert tsa.timestamp(IMPRINT) != tsa.timestamp(IMPRINT)


@pytest.mark.parametrize(
    ("microsecond", "written"),
    [(0, b"20261121040000Z"), (120_000, b"20261121040000.12Z"), (7_999, b"20261121040000.007Z")],
)
def test_the_time_is_der(microsecond: int, written: bytes) -> None:
    moment = datetime(2026, 11, 21, 4, 0, 0, microsecond, tzinfo=UTC)
    info = TstInfo(der.oid("1.2.3"), IMPRINT, moment, None)
    content = encode_tst_info(info, serial=1, accuracy_seconds=1, authority=b"\x30\x00")
    assert der.tlv(0x18, written) in content


@given(nonce=st.integers(min_value=0, max_value=2**128), wants=st.booleans())
def test_requests_read_back(nonce: int, *, wants: bool) -> None:
    request = TimestampRequest(IMPRINT, nonce, "1.2.3.4", wants)
    assert decode_request(encode_request(request)) == (IMPRINT, der.oid("1.2.3.4"), nonce)


def test_a_request_needs_neither_policy_nor_nonce() -> None:
    request = TimestampRequest(IMPRINT, None, None)
    assert decode_request(encode_request(request)) == (IMPRINT, None, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        bytes(5000),
        encode_request(TimestampRequest(IMPRINT, 1, None)) + b"\x00",
        encode_request(TimestampRequest(Digest(b"short"), 1, None)),
        encode_request(TimestampRequest(IMPRINT, 2**300, None)),
        encode_request(TimestampRequest(IMPRINT, 1, None)).replace(
            b"\x02\x01\x01", b"\x02\x01\x02", 1
        ),
        der.tlv(
            0x30, *der.children(encode_request(TimestampRequest(IMPRINT, 1, None))), b"\x05\x00"
        ),
        encode_request(TimestampRequest(IMPRINT, 1, None)).replace(
            der.oid(oids.SHA256), der.oid("2.16.840.1.101.3.4.2.2")
        ),
    ],
)
def test_bad_requests_are_rejected_not_answered(data: bytes) -> None:
    with refuses(Code.TSA_ANSWER):
        decode_request(data)
    assert _tsa().respond(data) == encode_rejection()


def test_another_policy_is_rejected() -> None:
    request = encode_request(TimestampRequest(IMPRINT, 1, "1.2.3"))
    assert _tsa().respond(request) == encode_rejection()


def test_the_client_believes_an_honest_authority() -> None:
    client = _answering(_honest)
    token = read_token(client.timestamp(IMPRINT))
    assert token.info.imprint == IMPRINT
    assert token.info.nonce is not None
    assert client.certificates == (pki().tsa_key.certificate, pki().root.certificate)
    assert client.test_only


def _replayed() -> Handler:
    first = _tsa().respond(encode_request(TimestampRequest(IMPRINT, 5, None)))
    return lambda _: _reply(first)


def _with_other_imprint(request: httpx.Request) -> httpx.Response:
    _, _, nonce = decode_request(request.content)
    other = TimestampRequest(Digest(bytes(32)), nonce, None)
    return _reply(_tsa().respond(encode_request(other)))


def _late(request: httpx.Request) -> httpx.Response:
    clock = FakeClock()
    clock.advance(timedelta(minutes=6))
    return _reply(_tsa(clock).respond(request.content))


def _with_other_policy(request: httpx.Request) -> httpx.Response:
    imprint, _, nonce = decode_request(request.content)
    other = TestTsa(
        pki().tsa_key, chain=(), clock=FakeClock(), entropy=FakeEntropy(), policy="1.2.3"
    )
    return _reply(other.respond(encode_request(TimestampRequest(imprint, nonce, None))))


def _by_another_key(request: httpx.Request) -> httpx.Response:
    key = pki().signer_keys[AUTHORITY]
    other = TestTsa(key, chain=(), clock=FakeClock(), entropy=FakeEntropy())
    return _reply(other.respond(request.content))


def _broken(request: httpx.Request) -> httpx.Response:
    answer = bytearray(_tsa().respond(request.content))
    answer[-1] ^= 1
    return _reply(bytes(answer))


def _other_content(request: httpx.Request) -> httpx.Response:
    answer = _tsa().respond(request.content)
    accuracy = der.tlv(0x30, der.integer(1))
    assert answer.count(accuracy) == 1
    return _reply(answer.replace(accuracy, der.tlv(0x30, der.integer(2))))


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
        "rejection",
        "empty",
        "html",
        "no-token",
        "large",
    ],
)
def test_an_answer_that_proves_nothing_is_refused(handler: Handler) -> None:
    with refuses(Code.TSA_ANSWER):
        _answering(handler).timestamp(IMPRINT)


def _no_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("too slow", request=request)


@pytest.mark.parametrize(
    "handler",
    [
        _no_connection,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(302, headers={"Location": "http://elsewhere.example/"}),
        lambda _: _reply(b"busy", "text/html"),
    ],
    ids=["timeout", "500", "redirect", "html"],
)
def test_no_answer_is_unavailable(handler: Handler) -> None:
    with refuses(Code.TSA_UNAVAILABLE):
        _answering(handler).timestamp(IMPRINT)


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
    ],
    ids=["purpose", "other-ca", "no-ca", "root"],
)
def test_only_a_certified_authority_is_asked(
    certificate: Callable[[], bytes], chain: Callable[[], tuple[bytes, ...]]
) -> None:
    with refuses(Code.KEY_REFUSED):
        _answering(
            _honest, tsa_certificate=certificate(), trust=TsaTrust(chain(), oids.POLICY_TSA_TEST)
        )


def test_an_expired_authority_is_refused() -> None:
    clock = FakeClock()
    clock.advance(timedelta(days=13 * 365))
    with refuses(Code.TSA_ANSWER):
        _answering(lambda r: _reply(_tsa(clock).respond(r.content)), clock=clock).timestamp(IMPRINT)


def test_a_missing_attribute_is_refused() -> None:
    token = read_token(_tsa().timestamp(IMPRINT))
    with refuses(Code.TSA_ANSWER):
        attribute(token, "1.2.3")


@pytest.mark.parametrize("data", [b"", b"\x30\x00", bytes(MAX_ANSWER_BYTES + 1)])
def test_what_is_no_token_is_refused(data: bytes) -> None:
    with refuses(Code.TSA_ANSWER):
        read_token(data)
    with refuses(Code.TSA_ANSWER):
        decode_answer(data)
