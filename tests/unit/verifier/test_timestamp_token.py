"""RFC 3161 tokens: the one of our responder, and tokens that differ in one byte."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import cms, der, oids
from licence.formats.timestamp import certificate_digest, read_token
from licence.ids import Digest
from tests.builders import SIGNED_AT, make_world
from tests.fakes.refusal import refuses
from verifier.timestamp_token import MAX_TOKEN_BYTES, _dotted, _moment, verify_token

STAMPED = b"signature value"


@cache
def token() -> bytes:
    world = make_world()
    tsa = world.pki.tsa(clock=world.clock, entropy=world.entropy)
    made = tsa.timestamp(Digest(sha256(STAMPED).digest()))
    return cms.with_revocation_values(made, [world.pki.root.crl((), now=SIGNED_AT, number=1)], [])


def test_a_token_says_when_and_by_whom() -> None:
    read = verify_token(token(), STAMPED)
    assert read.gen_time == SIGNED_AT
    assert read.certificate == make_world().pki.tsa_key.certificate
    assert read.serial > 0


@pytest.mark.parametrize("null", [b"", der.NULL])
def test_a_token_may_write_that_its_certificate_is_named_by_sha256(null: bytes) -> None:
    """Many authorities write the default hash; the signer takes them, so verifiers must too."""
    world = make_world()
    tsa = world.pki.tsa(clock=world.clock, entropy=world.entropy)
    hashed = der.tlv(der.OCTET_STRING, sha256(tsa.certificates[0]).digest())
    written = der.tlv(der.SEQUENCE, der.oid(oids.SHA256), null)
    ids = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, written, hashed))
    named = der.tlv(der.SET, der.tlv(der.SEQUENCE, ids))
    tsa._names_certificate = der.tlv(der.SEQUENCE, der.oid(oids.ATTR_SIGNING_CERTIFICATE_V2), named)
    made = tsa.timestamp(Digest(sha256(STAMPED).digest()))
    assert certificate_digest(read_token(made)) == sha256(tsa.certificates[0]).digest()
    assert verify_token(made, STAMPED).certificate == tsa.certificates[0]


def test_a_token_over_something_else_is_broken() -> None:
    with refuses(Code.TIMESTAMP_BROKEN):
        verify_token(token(), b"another value")


@given(st.integers(0, 1 << 16), st.integers(1, 255))
def test_no_byte_changes_the_time(where: int, flip: int) -> None:
    """The leaf binds every byte of the token; here it is enough that its words stay true."""
    changed = bytearray(token())
    changed[where % len(changed)] ^= flip
    read = None
    with suppress(AnzhengError):
        read = verify_token(bytes(changed), STAMPED)
    assert read is None or read.gen_time == SIGNED_AT
    assert read is None or read.certificate == make_world().pki.tsa_key.certificate


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with refuses(Code.TIMESTAMP_BROKEN):
        verify_token(data, STAMPED)


def test_a_token_has_a_limit() -> None:
    with refuses(Code.TIMESTAMP_BROKEN):
        verify_token(bytes(MAX_TOKEN_BYTES + 1), STAMPED)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"20261121040000Z", datetime(2026, 11, 21, 4, tzinfo=UTC)),
        (b"20261121040000.5Z", datetime(2026, 11, 21, 4, 0, 0, 500_000, tzinfo=UTC)),
        (b"20261121040000.000001Z", datetime(2026, 11, 21, 4, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_der_writes_them(text: bytes, moment: datetime) -> None:
    assert _moment(der.tlv(0x18, text)) == moment


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"20261121040000",
        b"20261121040000+0800",
        b"20261121040000.Z",
        b"20261121040000.50Z",
        b"202611210400Z",
        b" 20261121040000Z",
        "２０２６1121040000Z".encode(),
    ],
)
def test_other_spellings_of_a_time_are_broken(text: bytes) -> None:
    with refuses(Code.TIMESTAMP_BROKEN):
        _moment(der.tlv(0x18, text))


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.1.11", "2.25.5", "2.999.1", "0.4.0.127"])
def test_identifiers_are_read_as_they_are_written(dotted: str) -> None:
    assert _dotted(der.oid(dotted)) == dotted


def test_an_identifier_with_a_padded_arc_is_broken() -> None:
    with refuses(Code.TIMESTAMP_BROKEN):
        _dotted(der.tlv(der.OBJECT_IDENTIFIER, b"\x2a\x80\x01"))
