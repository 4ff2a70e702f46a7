"""Claiming and presenting: one answer serves one question."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from licence.errors import AnzhengError, Code
from licence.formats import canonical, es256, holder
from licence.formats.holder import (
    ClaimRequest,
    Presentation,
    PresentationRequest,
    check_presentation,
    decode_claim,
    decode_presentation,
    decode_request,
    encode_claim,
    encode_presentation,
    encode_request,
    present,
)
from licence.ids import Leaf
from tests.fakes.refusal import refuses

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "holder.schema.json"
KEY = ec.derive_private_key(21, ec.SECP256R1())
PUBLIC = es256.public_key_bytes(KEY.public_key())
OTHER = es256.public_key_bytes(ec.derive_private_key(22, ec.SECP256R1()).public_key())
NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
REQUEST = PresentationRequest(
    b"\x01" * 16, "大连市应急管理局(示例)", "现场检查", NOW, NOW + timedelta(minutes=5)
)
LEAF = Leaf(b"\x02" * 32)
CLAIM = ClaimRequest("K7Q2-9XMD-44TB", b"request in DER")


def answer(**changes: Any) -> Presentation:  # noqa: ANN401 - fields of any type
    made = present(
        REQUEST,
        leaf=LEAF,
        certificates=(b"holder certificate", b"issuer certificate"),
        presented_at=NOW + timedelta(seconds=30),
        sign=es256.signer(KEY),
        evidence=b"evidence",
    )
    return replace(made, **changes)


def test_messages_read_back() -> None:
    assert decode_request(encode_request(REQUEST)) == REQUEST
    assert decode_presentation(encode_presentation(answer())) == answer()
    without = answer(evidence=None)
    assert decode_presentation(encode_presentation(without)) == without
    assert decode_claim(encode_claim(CLAIM)) == CLAIM


def test_schema_accepts_messages_and_refuses_twins() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for data in (encode_request(REQUEST), encode_presentation(answer()), encode_claim(CLAIM)):
        value = json.loads(data)
        jsonschema.validate(value, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**value, "extra": 1}, schema)


def check(made: Presentation, *, key: bytes = PUBLIC, now: datetime = NOW) -> None:
    check_presentation(made, REQUEST, public_key=key, now=now)


def test_good_answer_passes_also_when_judged_at_the_end() -> None:
    check(answer())
    check(answer(), now=REQUEST.expires_at + timedelta(seconds=90))
    check(answer(evidence=None))


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (answer(nonce=b"\x09" * 16), Code.HOLDER_NONCE),
        (answer(audience="somebody else"), Code.HOLDER_AUDIENCE),
        (answer(purpose="something else"), Code.HOLDER_AUDIENCE),
        (answer(presented_at=NOW - timedelta(seconds=91)), Code.HOLDER_TIME),
        (answer(presented_at=NOW + timedelta(seconds=391)), Code.HOLDER_TIME),
        (answer(leaf=Leaf(b"\x03" * 32)), Code.HOLDER_KEY),
        (answer(certificates=(b"another certificate",)), Code.HOLDER_KEY),
        (answer(presented_at=NOW), Code.HOLDER_KEY),
        (answer(signature=bytes(64)), Code.HOLDER_KEY),
    ],
)
def test_other_answer_is_refused(made: Presentation, code: Code) -> None:
    with pytest.raises(AnzhengError) as caught:
        check(made)
    assert caught.value.code is code


def test_other_key_and_late_judgement_are_refused() -> None:
    late = REQUEST.expires_at + timedelta(seconds=91)
    for key, now, code in (
        (OTHER, NOW, Code.HOLDER_KEY),
        (b"no key", NOW, Code.ALGORITHM_UNSUPPORTED),
        (PUBLIC, late, Code.HOLDER_TIME),
    ):
        with pytest.raises(AnzhengError) as caught:
            check(answer(), key=key, now=now)
        assert caught.value.code is code


Change = Callable[[Any], object]


@pytest.mark.parametrize(
    ("data", "decode", "change"),
    [
        (encode_request(REQUEST), decode_request, lambda v: v.update(nonce="00")),
        (encode_request(REQUEST), decode_request, lambda v: v.update(audience="")),
        (encode_request(REQUEST), decode_request, lambda v: v.update(audience=7)),
        (encode_request(REQUEST), decode_request, lambda v: v.update(purpose="x" * 201)),
        (encode_request(REQUEST), decode_request, lambda v: v.update(extra=1)),
        (
            encode_request(REQUEST),
            decode_request,
            lambda v: v.update(expires_at="2026-11-22T08:00:01Z"),
        ),
        (encode_request(REQUEST), decode_request, lambda v: v.update(expires_at=v["issued_at"])),
        (encode_presentation(answer()), decode_presentation, lambda v: v.pop("signature")),
        (encode_presentation(answer()), decode_presentation, lambda v: v.update(certificates=[])),
        (encode_presentation(answer()), decode_presentation, lambda v: v.update(certificates=[7])),
        (
            encode_presentation(answer()),
            decode_presentation,
            lambda v: v.update(certificates=["AAAA"] * 5),
        ),
        (encode_presentation(answer()), decode_presentation, lambda v: v.update(evidence=None)),
        (encode_presentation(answer()), decode_presentation, lambda v: v.update(extra=1)),
        (encode_claim(CLAIM), decode_claim, lambda v: v.update(code="short")),
        (encode_claim(CLAIM), decode_claim, lambda v: v.update(code=7)),
        (encode_claim(CLAIM), decode_claim, lambda v: v.update(csr="")),
        (encode_claim(CLAIM), decode_claim, lambda v: v.update(extra=1)),
    ],
)
def test_decode_refuses(data: bytes, decode: Callable[[bytes], object], change: Change) -> None:
    value = json.loads(data)
    change(value)
    with pytest.raises(AnzhengError) as caught:
        decode(canonical.dumps(value))
    assert caught.value.code is Code.HOLDER_SYNTAX


def test_message_of_another_kind_and_too_much_are_refused() -> None:
    for data, code in (
        (encode_claim(CLAIM), Code.SCHEMA_UNKNOWN),
        (bytes(holder.MAX_MESSAGE_BYTES + 1), Code.TOO_LARGE),
    ):
        with pytest.raises(AnzhengError) as caught:
            decode_request(data)
        assert caught.value.code is code


def test_encode_refuses_what_decode_would_refuse_or_read_otherwise() -> None:
    fraction = timedelta(microseconds=1)
    for request in (replace(REQUEST, nonce=b"short"), replace(REQUEST, issued_at=NOW - fraction)):
        with refuses(Code.HOLDER_SYNTAX):
            encode_request(request)
    for made in (answer(presented_at=NOW + fraction), answer(signature=b"")):
        with refuses(Code.HOLDER_SYNTAX):
            encode_presentation(made)
    with refuses(Code.HOLDER_SYNTAX):
        encode_claim(replace(CLAIM, code="lower"))


@pytest.mark.parametrize("year", ["0001", "1949", "2200", "9999"])
def test_times_at_the_ends_of_the_calendar_are_refused(year: str) -> None:
    """A reader that adds a day to them would break instead of refusing."""
    data = encode_request(REQUEST).replace(b"2026-", f"{year}-".encode())
    with refuses(Code.HOLDER_SYNTAX):
        decode_request(data)
