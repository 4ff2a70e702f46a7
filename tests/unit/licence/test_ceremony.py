"""The record of a key ceremony: one spelling, and nothing in it that no honest ceremony says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats.ceremony import (
    PREFIX,
    Act,
    Ceremony,
    KeyFacts,
    Order,
    Purpose,
    decode,
    decode_order,
    digest,
    encode,
    encode_order,
    statement_bytes,
)
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.ids import AuthorityId, Digest, OfficerId
from tests.fakes.drafts import ISSUER
from tests.fakes.refusal import refuses

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "ceremony.schema.json"
HELD_AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ROTATED = Order(
    id="c20261122-030000-ab12cd34",
    act=Act.ROTATE,
    authority=AuthorityId(ISSUER),
    purpose=Purpose.LICENCE,
    key=f"signer-{ISSUER}-2",
    store="pkcs11:token=licence%20keys;object=signer",
    officers=(OfficerId("王审批"), OfficerId("李复核")),
    place="一号机房",
    held_at=HELD_AT,
    previous=f"signer-{ISSUER}",
    signs_from=HELD_AT,
)
CLOSED = replace(
    ROTATED, act=Act.CLOSE, previous=None, signs_from=None, reason="泄露", compromised_since=HELD_AT
)
FACTS = KeyFacts("RSA-2048", Digest(bytes(32)), Digest(b"\1" * 32), Digest(b"\2" * 32))


def signed(order: Order) -> Ceremony:
    signatures = tuple(
        OfficerSignature(name, OfficerAlgorithm.ES256, b"\5" * 64) for name in order.officers
    )
    return Ceremony(order, FACTS, signatures)


DATA = encode(signed(ROTATED))


@pytest.mark.parametrize("order", [ROTATED, CLOSED])
def test_it_reads_back(order: Order) -> None:
    assert decode(encode(signed(order))) == signed(order)
    assert decode_order(encode_order(order)) == order


@given(st.text(max_size=50), st.integers(0, 10**9))
def test_any_reason_and_moment_read_back_or_are_refused(reason: str, seconds: int) -> None:
    since = HELD_AT - timedelta(seconds=seconds)
    order = replace(CLOSED, reason=reason, compromised_since=since)
    try:
        data = encode_order(order)
    except AnzhengError:
        return
    assert decode_order(data) == order


def test_an_officer_is_text_and_no_number() -> None:
    data = encode_order(replace(ROTATED, officers=(OfficerId("7"), OfficerId("8"))))
    with refuses(Code.CEREMONY_SYNTAX):
        decode_order(data.replace(b'"7"', b"7"))


def test_what_is_signed_is_everything_but_the_signatures() -> None:
    held = signed(ROTATED)
    assert statement_bytes(held) == statement_bytes(replace(held, signatures=()))
    assert statement_bytes(held).startswith(PREFIX)
    assert digest(held) == sha256(statement_bytes(held)).digest()
    other = replace(held, key=replace(FACTS, certificate=None))
    assert statement_bytes(other) != statement_bytes(held)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_record(place: int, mask: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= mask
    try:
        found = decode(bytes(changed))
    except AnzhengError:
        return
    assert found != signed(ROTATED)


@pytest.mark.parametrize(
    "order",
    [
        replace(ROTATED, officers=ROTATED.officers[:1]),
        replace(ROTATED, officers=(ROTATED.officers[0],) * 2),
        replace(ROTATED, authority=AuthorityId("nobody")),
        replace(ROTATED, previous=None),
        replace(ROTATED, act=Act.INIT),
        replace(ROTATED, signs_from=None),
        replace(ROTATED, reason="no"),
        replace(ROTATED, compromised_since=HELD_AT),
        replace(CLOSED, reason=None),
        replace(CLOSED, compromised_since=HELD_AT + timedelta(seconds=1)),
        replace(ROTATED, store="/keys/a.pem"),
        replace(ROTATED, key="../key"),
        replace(ROTATED, place=""),
    ],
)
def test_what_no_honest_order_says_is_refused(order: Order) -> None:
    with refuses(Code.CEREMONY_SYNTAX):
        encode_order(order)


def test_others_than_those_who_took_part_do_not_sign() -> None:
    held = signed(ROTATED)
    for signatures in (held.signatures[:1], held.signatures[::-1], ()):
        with refuses(Code.CEREMONY_SYNTAX):
            encode(replace(held, signatures=signatures))


def test_an_unknown_schema_is_told_apart() -> None:
    with refuses(Code.SCHEMA_UNKNOWN):
        decode(DATA.replace(b"anzheng-ceremony/v1", b"anzheng-ceremony/v2"))


@pytest.mark.parametrize("order", [ROTATED, CLOSED])
def test_the_schema_takes_what_is_written(order: Order) -> None:
    jsonschema.validate(json.loads(encode(signed(order))), json.loads(SCHEMA_FILE.read_text()))
