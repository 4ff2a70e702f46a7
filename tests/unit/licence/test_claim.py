"""Claiming: the request is bound to key and code; the answer reads back as itself."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.formats import claim, es256
from licence.formats.claim import (
    ClaimAnswer,
    check_claim,
    decode_answer,
    encode_answer,
    normal_code,
)
from licence.formats.holder import MAX_CSR_BYTES, ClaimRequest
from tests.fakes.refusal import refuses

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "holder.schema.json"
CODE = "K7Q25XMD44TB"
KEY = ec.derive_private_key(31, ec.SECP256R1())
ANSWER = ClaimAnswer(b"{}", b"%PDF", (b"holder", b"issuer"), b"evidence")


def csr(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = KEY,
    challenge: bytes | None = claim.challenge(CODE),
    algorithm: hashes.SHA256 | hashes.SHA384 | None = None,
) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if challenge is not None:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, challenge)
    return builder.sign(key, algorithm or hashes.SHA256()).public_bytes(Encoding.DER)


def test_request_bound_to_key_and_code_gives_the_key() -> None:
    assert check_claim(ClaimRequest(CODE, csr())) == es256.public_key_bytes(KEY.public_key())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("k7q2-5xmd-44tb", CODE),
        (" K7Q2 5XMD\t44TB\n", CODE),
        (CODE, CODE),
        ("018A-018A", "OIBAOIBA"),
    ],
)
def test_code_is_taken_as_people_type_it(typed: str, code: str) -> None:
    assert normal_code(typed) == code
    assert normal_code(code) == code


@pytest.mark.parametrize("typed", ["", "K7Q2", "K7Q2-5XMD-44T中", "A" * 65, "K7Q25XM/", "K7Q29XMD"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with refuses(Code.CLAIM_CODE):
        normal_code(typed)


def test_code_is_not_in_the_request() -> None:
    assert CODE.encode() not in csr()


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _exchanged_key() -> bytes:
    """Put another key into a request that its own key has signed."""
    other = es256.public_key_bytes(ec.derive_private_key(32, ec.SECP256R1()).public_key())
    return csr().replace(es256.public_key_bytes(KEY.public_key()), other)


@pytest.mark.parametrize(
    "request_der",
    [
        b"",
        b"no request",
        bytes(MAX_CSR_BYTES + 1),
        csr(challenge=None),
        csr(challenge=claim.challenge("K7Q25XMD44TC")),
        csr(challenge=CODE.encode()),
        csr(key=ec.derive_private_key(31, ec.SECP384R1())),
        csr(key=rsa.generate_private_key(65537, 2048)),
        csr(algorithm=hashes.SHA384()),
        _flipped(csr()),
        _exchanged_key(),
    ],
    ids=[
        "empty",
        "garbage",
        "too large",
        "not bound",
        "other code",
        "code itself",
        "P-384",
        "RSA",
        "SHA-384",
        "signature",
        "other key",
    ],
)
def test_other_requests_are_refused(request_der: bytes) -> None:
    with refuses(Code.CSR_INVALID):
        check_claim(ClaimRequest(CODE, request_der))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_request_is_free(place: int, change: int) -> None:
    changed = bytearray(csr())
    changed[place % len(changed)] ^= change
    with refuses(Code.CSR_INVALID):
        check_claim(ClaimRequest(CODE, bytes(changed)))


def test_answer_reads_back() -> None:
    assert decode_answer(encode_answer(ANSWER)) == ANSWER
    pending = replace(ANSWER, evidence=None)
    assert decode_answer(encode_answer(pending)) == pending


def test_schema_accepts_answers_and_refuses_twins() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    for answer in (ANSWER, replace(ANSWER, evidence=None)):
        value = json.loads(encode_answer(answer))
        jsonschema.validate(value, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**value, "extra": 1}, schema)


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, certificates=()),
        replace(ANSWER, pdf=b""),
        replace(ANSWER, certificates=(b"c",) * 5),
        replace(ANSWER, evidence=bytes(9_000)),
    ],
)
def test_answers_out_of_their_limits_are_not_written(answer: ClaimAnswer) -> None:
    with refuses(Code.CLAIM_ANSWER):
        encode_answer(answer)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.JSON_SYNTAX),
        (b"<html>", Code.JSON_SYNTAX),
        (encode_answer(ANSWER) + b"\n", Code.JSON_NOT_CANONICAL),
        (encode_answer(ANSWER).replace(b"answer/v1", b"answer/v2"), Code.SCHEMA_UNKNOWN),
        (encode_answer(ANSWER).replace(b'"pdf"', b'"pdg"'), Code.CLAIM_ANSWER),
    ],
)
def test_other_answers_are_refused(data: bytes, code: Code) -> None:
    with refuses(code):
        decode_answer(data)


def test_long_answer_is_not_parsed() -> None:
    with refuses(Code.TOO_LARGE):
        decode_answer(bytes(claim.MAX_ANSWER_BYTES + 1))
