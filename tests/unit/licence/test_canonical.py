"""Canonical JSON: one spelling, and nothing else is read."""

import pytest

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue

LIMIT = 100_000


def refused(data: bytes) -> Code:
    with pytest.raises(AnzhengError) as caught:
        canonical.loads(data, max_bytes=LIMIT)
    return caught.value.code


def test_keys_are_sorted_by_utf16_code_units() -> None:
    """RFC 8785, 3.2.3: U+1F600 (surrogates D83D…) sorts before U+FB33."""
    value = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
    assert canonical.dumps(value) == (
        '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"😀":5,"\ufb33":3}'.encode()
    )


def test_strings_are_escaped_as_rfc_8785_says() -> None:
    assert canonical.dumps('€$\u000f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


def test_tuples_and_lists_are_written_alike() -> None:
    assert canonical.dumps((1, ("a",), {})) == canonical.dumps([1, ["a"], {}]) == b'[1,["a"],{}]'


def test_round_trip_of_every_kind_of_value() -> None:
    value: JsonValue = {"a": [None, True, False, 0, -5, 2**53 - 1, "辽𬭎", {}, []]}
    assert canonical.loads(canonical.dumps(value), max_bytes=LIMIT) == value


@pytest.mark.parametrize(
    "value", [1.0, [1.5], {"a": float("nan")}, 2**53, -(2**53), "\ud800", {"\udfff": 1}]
)
def test_what_has_no_canonical_spelling_is_not_written(value: object) -> None:
    with pytest.raises(AnzhengError) as caught:
        canonical.dumps(value)  # type: ignore[arg-type]  # floats are what we test
    assert caught.value.code is Code.JSON_SYNTAX


def test_a_key_that_is_no_string_is_not_written() -> None:
    with pytest.raises(AnzhengError) as caught:
        canonical.dumps({1: "a"})  # type: ignore[dict-item]  # on purpose
    assert caught.value.code is Code.JSON_SYNTAX


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"9007199254740992",
        b"1" * 5000,
        b'"\\ud800"',
        b"{} ]",
    ],
)
def test_what_is_not_json_as_we_accept_it_is_refused(data: bytes) -> None:
    assert refused(data) is Code.JSON_SYNTAX


@pytest.mark.parametrize(
    "data",
    [b" {}", b"{}\n", b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u0041"', b"-0", b'"\\/"', b'"\\u000A"'],
)
def test_another_spelling_of_the_same_value_is_refused(data: bytes) -> None:
    assert refused(data) is Code.JSON_NOT_CANONICAL


def test_size_is_checked_before_anything_is_parsed() -> None:
    with pytest.raises(AnzhengError) as caught:
        canonical.loads(b"{" * 11, max_bytes=10)
    assert caught.value.code is Code.TOO_LARGE
    assert caught.value.facts == {"limit": 10}


def test_depth_32_is_read_and_33_is_not() -> None:
    assert canonical.loads(b"[" * 32 + b"]" * 32, max_bytes=LIMIT)
    assert refused(b"[" * 33 + b"]" * 33) is Code.JSON_SYNTAX
    assert refused(b'{"a":' * 33 + b"1" + b"}" * 33) is Code.JSON_SYNTAX
    assert refused(b"[" * 50_000) is Code.JSON_SYNTAX


def test_the_outermost_value_can_be_required_to_be_an_object() -> None:
    assert canonical.load_object(b'{"a":1}', max_bytes=LIMIT) == {"a": 1}
    with pytest.raises(AnzhengError) as caught:
        canonical.load_object(b"[]", max_bytes=LIMIT)
    assert caught.value.code is Code.JSON_SYNTAX
