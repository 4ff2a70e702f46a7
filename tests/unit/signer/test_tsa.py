"""Timestamp requests, tokens, and our own responder."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.formats import der, oids
from licence.formats.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    TstInfo,
    attribute,
    certificate_digest,
    decode_answer,
    decode_request,
    encode_rejection,
    encode_request,
    encode_tst_info,
    read_token,
)
from licence.ids import Digest
from signer.tsa import TestTsa
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import FakeEntropy, pki

IMPRINT = Digest(sha256(b"signature").digest())


def _tsa() -> TestTsa:
    return pki().tsa(clock=FakeClock(), entropy=FakeEntropy())


def test_a_token_says_what_was_asked() -> None:
    token = read_token(_tsa().timestamp(IMPRINT))
    assert token.info.imprint == IMPRINT
    assert token.info.gen_time == FakeClock().now()
    assert token.info.policy == der.oid(oids.POLICY_TSA_TEST)
    assert certificate_digest(token) == sha256(pki().tsa_key.certificate).digest()
    assert token.certificates == (pki().tsa_key.certificate,)
    assert _tsa().test_only


def test_a_batch_gets_its_tokens_in_order() -> None:
    imprints = [Digest(bytes([each]) * 32) for each in range(5)]
    tokens = _tsa().timestamp_many(imprints)
    assert [read_token(token).info.imprint for token in tokens] == imprints


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


def _content(*optional: bytes) -> bytes:
    """A TSTInfo with these optional fields after the time."""
    info = TstInfo(der.oid("1.2.3"), IMPRINT, FakeClock().now(), None)
    content = encode_tst_info(info, serial=1, accuracy_seconds=1, authority=b"\x30\x00")
    return der.tlv(der.SEQUENCE, *der.children(content)[:5], *optional)


def _token_of(content: bytes) -> bytes:
    """A token around a content; nothing in it is signed for that."""
    token = _tsa().timestamp(IMPRINT)
    old = read_token(token).content
    kind, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    parts = list(der.children(signed_data))
    octets = der.tlv(der.OCTET_STRING, content)
    parts[2] = der.tlv(der.SEQUENCE, der.oid(oids.ID_TST_INFO), der.tlv(der.CONTEXT_0, octets))
    assert old != content
    return der.tlv(der.SEQUENCE, kind, der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *parts)))


ACCURACY = der.tlv(der.SEQUENCE, der.integer(1))
NAME = der.tlv(der.CONTEXT_0, der.tlv(der.CONTEXT_4, b"\x30\x00"))


def _extensions(*, critical: bool) -> bytes:
    mark = (b"\x01\x01\xff",) if critical else ()
    extension = der.tlv(der.SEQUENCE, der.oid("1.2.3"), *mark, der.tlv(der.OCTET_STRING, b""))
    return der.tlv(der.CONTEXT_1, extension)


@pytest.mark.parametrize(
    "optional",
    [
        (),
        (ACCURACY,),
        (b"\x01\x01\x00",),
        (ACCURACY, b"\x01\x01\xff", der.integer(7), NAME, _extensions(critical=False)),
        (
            der.tlv(
                der.SEQUENCE, der.integer(60), der.tlv(0x80, b"\x05"), der.tlv(0x81, b"\x03\xe7")
            ),
        ),
        (_extensions(critical=False),),
    ],
)
def test_every_optional_field_of_the_standard_is_read(optional: tuple[bytes, ...]) -> None:
    assert read_token(_token_of(_content(*optional))).info.imprint == IMPRINT


@pytest.mark.parametrize(
    "optional",
    [
        (der.integer(7), ACCURACY),
        (NAME, der.integer(7)),
        (ACCURACY, ACCURACY),
        (_extensions(critical=True),),
        (_extensions(critical=False), _extensions(critical=False), b"\x05\x00"),
        (b"\x01\x01\x01",),
        (der.tlv(der.SEQUENCE, der.integer(61)),),
        (der.tlv(der.SEQUENCE, der.integer(1), der.tlv(0x82, b"\x01")),),
        (der.tlv(der.SEQUENCE, der.tlv(0x80, b"\x05\x26\x5c\x00")),),  # a day in thousandths
        (der.tlv(der.SEQUENCE, der.tlv(0x81, b"\x03\xe8")),),
    ],
    ids=[
        *("order", "nonce-late", "twice", "critical", "unknown", "boolean", "inaccurate", "parts"),
        *("a-day-of-millis", "thousand-micros"),
    ],
)
def test_fields_out_of_order_or_critical_are_refused(optional: tuple[bytes, ...]) -> None:
    with refuses(Code.TSA_ANSWER):
        read_token(_token_of(_content(*optional)))
