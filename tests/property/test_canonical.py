"""Canonical JSON over arbitrary values and arbitrary bytes."""

import json

import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_what_is_written_is_read_back(value: JsonValue) -> None:
    data = canonical.dumps(value)
    assert canonical.loads(data, max_bytes=len(data)) == value
    assert json.loads(data) == value


@given(_VALUES)
@example({"b": '\x00\x1f\x7f\u2028"\\/\b\t\n\f\r', "a": ["\U0001f600", True, -1], "A": None})
@example({"\U0001f600": 1, "\uff21": 2})
def test_the_spelling_is_that_of_rfc_8785(value: JsonValue) -> None:
    assert canonical.dumps(value) == rfc8785.dumps(value)


@given(_VALUES, st.sampled_from([", ", "\n", " "]))
def test_a_second_spelling_is_never_read(value: JsonValue, blank: str) -> None:
    other = (json.dumps(value, ensure_ascii=True) + blank).encode()
    try:
        canonical.loads(other, max_bytes=len(other))
    except AnzhengError as error:
        assert error.code in {Code.JSON_NOT_CANONICAL, Code.JSON_SYNTAX}  # noqa: PT017
    else:
        raise AssertionError(other)


@given(st.binary(max_size=60))
@example(b'{"a":1}')
def test_arbitrary_bytes_are_canonical_or_refused_with_our_error(data: bytes) -> None:
    try:
        value = canonical.loads(data, max_bytes=60)
    except AnzhengError:
        return
    assert canonical.dumps(value) == data
