"""COSE_Sign1: our shape, and no other, and another library agrees."""

from collections.abc import Callable
from typing import Any

import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, es256

KEY = ec.derive_private_key(7, ec.SECP256R1())
OTHER = ec.derive_private_key(8, ec.SECP256R1())
PUBLIC = es256.public_key_bytes(KEY.public_key())
KID = es256.key_id(PUBLIC)
KEYS = {KID: PUBLIC}
KIND = "application/test+cbor"


def message(certificate: bytes | None = None, kind: str = KIND) -> bytes:
    return cose.sign1(
        b"payload", content_type=kind, kid=KID, sign=es256.signer(KEY), certificate=certificate
    )


def read(data: bytes) -> cose.Sign1:
    return cose.verify1(data, content_type=KIND, keys=KEYS, max_bytes=10_000)


def test_message_reads_back() -> None:
    assert read(message()) == cose.Sign1(KID, b"payload", None)
    assert read(message(b"certificate")) == cose.Sign1(KID, b"payload", b"certificate")


def test_cwt_library_verifies_our_message_and_refuses_a_twin() -> None:
    numbers = KEY.public_key().public_numbers()
    parameters: dict[int, object] = {
        1: 2,
        -1: 1,
        -2: numbers.x.to_bytes(32, "big"),
        -3: numbers.y.to_bytes(32, "big"),
        3: -7,
        2: KID,
    }
    key = cwt.COSEKey.new(parameters)
    judge = cwt.COSE.new()
    assert judge.decode(message(b"certificate"), key) == b"payload"
    with pytest.raises(cwt.VerifyError):
        judge.decode(message().replace(b"payload", b"paylaod"), key)


def test_we_read_what_the_cwt_library_writes_in_our_shape() -> None:
    private = KEY.private_numbers()
    numbers = private.public_numbers
    parameters: dict[int, object] = {
        1: 2,
        -1: 1,
        -2: numbers.x.to_bytes(32, "big"),
        -3: numbers.y.to_bytes(32, "big"),
        -4: private.private_value.to_bytes(32, "big"),
        3: -7,
        2: KID,
    }
    theirs = cwt.COSE.new(deterministic_header=True).encode(
        b"payload", cwt.COSEKey.new(parameters), protected={1: -7, 4: KID, 16: KIND}
    )
    assert read(theirs) == cose.Sign1(KID, b"payload", None)


def signed_with(
    header: cbor.CborValue, parts: Callable[[list[Any]], Any] = lambda value: value
) -> bytes:
    protected = header if isinstance(header, bytes) else cbor.dumps(header)
    to_sign = cbor.dumps(("Signature1", protected, b"", b"payload"))
    made = parts([protected, {}, b"payload", es256.signer(KEY)(to_sign)])
    return cbor.dumps(cbor.Tag(18, made))


GOOD: dict[Any, Any] = {1: -7, 4: KID, 16: KIND}


def test_hand_made_message_is_the_same() -> None:
    assert signed_with(GOOD) == message()


@pytest.mark.parametrize(
    "bad",
    [
        signed_with({**GOOD, 1: -8}),
        signed_with({**GOOD, 1: None}),
        signed_with({**GOOD, 16: "application/other+cbor"}),
        signed_with({1: -7, 4: KID}),
        signed_with({**GOOD, 2: [99], 99: 1}),
        signed_with({**GOOD, 4: "text"}),
        signed_with({**GOOD, 33: "text"}),
        signed_with({1: -7, 16: KIND}),
        signed_with([1, 2]),
        signed_with(GOOD, lambda parts: parts[:3]),
        signed_with(GOOD, lambda parts: {1: parts[0]}),
        signed_with(GOOD, lambda parts: [parts[0], {4: KID}, *parts[2:]]),
        signed_with(GOOD, lambda parts: [parts[0], None, *parts[2:]]),
        signed_with(GOOD, lambda parts: ["text", *parts[1:]]),
        signed_with(GOOD, lambda parts: [*parts[:2], None, parts[3]]),
        signed_with(GOOD, lambda parts: [*parts[:3], None]),
        cbor.dumps([1, 2, 3, 4]),
    ],
)
def test_other_shapes_are_refused(bad: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        read(bad)
    assert caught.value.code is Code.COSE_SYNTAX


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (message().replace(b"payload", b"paylaod"), Code.COSE_SIGNATURE),
        (signed_with({**GOOD, 4: b"unknown!"}), Code.COSE_SIGNATURE),
        (signed_with({**GOOD, 4: b"k" * 65}), Code.COSE_SIGNATURE),
        (signed_with(GOOD, lambda parts: [*parts[:3], b"short"]), Code.COSE_SIGNATURE),
        (message() + b"\0", Code.CBOR_SYNTAX),
        (b"", Code.CBOR_SYNTAX),
        (bytes(10_001), Code.TOO_LARGE),
        (signed_with(b"\xa1\x18\x01\x26"), Code.CBOR_NOT_DETERMINISTIC),
    ],
)
def test_wrong_bytes_are_refused_with_their_code(bad: bytes, code: Code) -> None:
    with pytest.raises(AnzhengError) as caught:
        read(bad)
    assert caught.value.code is code


def test_key_that_is_not_the_named_one_and_key_that_is_none() -> None:
    wrong = es256.public_key_bytes(OTHER.public_key())
    for keys, code in (
        ({KID: wrong}, Code.COSE_SIGNATURE),
        ({KID: b"no key"}, Code.ALGORITHM_UNSUPPORTED),
        ({}, Code.COSE_SIGNATURE),
    ):
        with pytest.raises(AnzhengError) as caught:
            cose.verify1(message(), content_type=KIND, keys=keys, max_bytes=10_000)
        assert caught.value.code is code


def test_sign1_refuses_a_key_that_gives_no_es256_signature() -> None:
    with pytest.raises(AnzhengError) as caught:
        cose.sign1(b"payload", content_type=KIND, kid=KID, sign=lambda _: b"DER")
    assert caught.value.code is Code.COSE_SIGNATURE


def test_many_small_items_are_refused_before_they_fill_the_memory() -> None:
    count = 100_000
    data = b"\xd2\x9a" + count.to_bytes(4, "big") + b"\x80" * count
    with pytest.raises(AnzhengError) as caught:
        cose.verify1(data, content_type=KIND, keys=KEYS, max_bytes=10**6)
    assert caught.value.code is Code.CBOR_SYNTAX
