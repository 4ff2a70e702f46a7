"""Deterministic CBOR: the examples of RFC 8949, appendix A, and everything that it is not."""

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import cbor
from licence.formats.cbor import CborValue, Tag
from tests.fakes.refusal import refuses

# RFC 8949, appendix A: all examples with the types that our formats have.
EXAMPLES: list[tuple[CborValue, str]] = [
    (0, "00"),
    (1, "01"),
    (10, "0a"),
    (23, "17"),
    (24, "1818"),
    (25, "1819"),
    (100, "1864"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-18446744073709551616, "3bffffffffffffffff"),
    (-1, "20"),
    (-10, "29"),
    (-100, "3863"),
    (-1000, "3903e7"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("", "60"),
    ("a", "6161"),
    ("IETF", "6449455446"),
    ('"\\', "62225c"),
    ("\u00fc", "62c3bc"),
    ("\u6c34", "63e6b0b4"),
    ("\U00010151", "64f0908591"),
    ((), "80"),
    ((1, 2, 3), "83010203"),
    ((1, (2, 3), (4, 5)), "8301820203820405"),
    (tuple(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
    ({}, "a0"),
    ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": (2, 3)}, "a26161016162820203"),
    (("a", {"b": "c"}), "826161a161626163"),
]


@pytest.mark.parametrize(("value", "encoded"), EXAMPLES)
def test_examples_of_the_rfc(value: CborValue, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert cbor.dumps(value) == data
    read = cbor.loads(data, max_bytes=100)
    assert read == value
    assert type(read) is type(value)


def test_cbor2_reads_what_we_write() -> None:
    value: CborValue = ("中文", {1: b"\x00", -1: None, 24: True, "key": (1, 2)}, 2**63)
    expected = ["中文", {1: b"\x00", -1: None, 24: True, "key": [1, 2]}, 2**63]
    assert cbor2.loads(cbor.dumps(value)) == expected


def test_maps_are_ordered_by_the_bytes_of_their_keys() -> None:
    """RFC 8949, 4.2.1; the order of RFC 7049 would put -1 before 100."""
    value: CborValue = {"aa": 1, "z": 2, 100: 3, -1: 4, 10: 5}
    assert cbor.dumps(value).hex() == "a5" + "0a05" + "186403" + "2004" + "617a02" + "62616101"


def test_tags_are_read_where_they_are_named() -> None:
    value = Tag(18, (b"", {}))
    data = cbor.dumps(value)
    assert data.hex() == "d28240a0"
    assert cbor.loads(data, max_bytes=4, tags=frozenset((18,))) == value
    with refuses(Code.CBOR_SYNTAX):
        cbor.loads(data, max_bytes=4)


@pytest.mark.parametrize(
    "encoded",
    [
        "",  # nothing
        "0000",  # two values
        "18",  # head cut
        "19ff",
        "4161ff",  # byte left
        "4261",  # string cut
        "61ff",  # not UTF-8
        "62c080",  # overlong UTF-8
        "63eda080",  # surrogate
        "8201",  # array cut
        "9bffffffffffffffff",  # array of 2^64 - 1
        "bbffffffffffffffff",
        "a101",  # map cut
        "a2010101",
        "a201020103",  # key twice
        "a1f500",  # key true
        "a1400000",  # key bytes
        "a18000",  # key array
        "5f4161ff",  # indefinite
        "9fff",
        "bfff",
        "7fff",
        "1c",  # reserved
        "1f",
        "f7",  # undefined
        "f0",  # other simple values
        "f818",
        "f820",
        "f97e00",  # floats
        "fa7f800000",
        "fb3ff199999999999a",
        "ff",  # break
        "c11a514b67b0",  # tag
        "81" * 17 + "00",  # too deep
        "a100" * 17 + "00",
    ],
)
def test_loads_refuses_what_our_formats_do_not_have(encoded: str) -> None:
    with refuses(Code.CBOR_SYNTAX):
        cbor.loads(bytes.fromhex(encoded), max_bytes=1000)


@pytest.mark.parametrize(
    "encoded",
    [
        "1800",
        "1817",
        "190018",
        "1a0000ffff",
        "1b00000000ffffffff",
        "3800",
        "580161",
        "780161",
        "980101",
        "b8010102",
        "a203040102",  # order
        "a22000186400",  # -1 before 100, as RFC 7049 orders
    ],
)
def test_loads_refuses_a_second_spelling(encoded: str) -> None:
    data = bytes.fromhex(encoded)
    with refuses(Code.CBOR_NOT_DETERMINISTIC):
        cbor.loads(data, max_bytes=1000)


def test_loads_looks_at_the_size_first() -> None:
    with refuses(Code.TOO_LARGE):
        cbor.loads(bytes(11), max_bytes=10)


@pytest.mark.parametrize("depth", [16, 17])
def test_depth_is_limited_alike_when_writing(depth: int) -> None:
    value: CborValue = 0
    for _ in range(depth):
        value = (value,)
    if depth <= cbor.MAX_DEPTH:
        assert cbor.loads(cbor.dumps(value), max_bytes=100) == value
    else:
        with refuses(Code.CBOR_SYNTAX):
            cbor.dumps(value)


def test_a_tag_number_has_64_bits() -> None:
    highest = Tag(2**64 - 1, None)
    read = cbor.loads(cbor.dumps(highest), max_bytes=10, tags=frozenset((2**64 - 1,)))
    assert read == highest
    with refuses(Code.CBOR_SYNTAX):
        cbor.dumps(Tag(2**64, None))


@pytest.mark.parametrize(
    "value",
    [2**64, -(2**64) - 1, "\ud800", 1.5, {1}, bytearray(b"x"), {b"key": 1}, {True: 1}, {None: 1}],
)
def test_dumps_refuses_what_our_formats_do_not_have(value: object) -> None:
    with refuses(Code.CBOR_SYNTAX):
        cbor.dumps(value)  # type: ignore[arg-type]


def test_lists_are_written_as_arrays() -> None:
    assert cbor.dumps([1, [2]]) == cbor.dumps((1, (2,)))


def test_items_are_counted_at_all_depths() -> None:
    data = cbor.dumps((1, (2, {3: 4})))
    assert cbor.loads(data, max_bytes=100, max_items=7) == (1, (2, {3: 4}))
    with refuses(Code.CBOR_SYNTAX):
        cbor.loads(data, max_bytes=100, max_items=6)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.binary() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers(-300, 300) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def spelt(data: st.DataObject, value: CborValue) -> bytes:
    """A value in any spelling: heads as long as may be, keys in any order."""
    if value is None or isinstance(value, bool):
        return cbor.dumps(value)
    if isinstance(value, int):
        return head(data, 0 if value >= 0 else 1, value if value >= 0 else -1 - value)
    if isinstance(value, bytes | str):
        encoded = value if isinstance(value, bytes) else value.encode()
        return head(data, 2 if isinstance(value, bytes) else 3, len(encoded)) + encoded
    if isinstance(value, dict):
        entries = data.draw(st.permutations(list(value.items())))
        parts = [spelt(data, each) for entry in entries for each in entry]
        return head(data, 5, len(entries)) + b"".join(parts)
    assert isinstance(value, tuple)
    return head(data, 4, len(value)) + b"".join(spelt(data, each) for each in value)


def head(data: st.DataObject, major: int, argument: int) -> bytes:
    sizes = [size for size in (1, 2, 4, 8) if argument < 1 << 8 * size]
    chosen = data.draw(st.sampled_from([0, *sizes] if argument < 24 else sizes))
    if chosen == 0:
        return bytes((major << 5 | argument,))
    return bytes((major << 5 | 23 + chosen.bit_length(),)) + argument.to_bytes(chosen, "big")


@given(VALUES, st.data())
def test_a_value_has_one_spelling(value: CborValue, data: st.DataObject) -> None:
    encoded = spelt(data, value)
    if encoded == cbor.dumps(value):
        assert cbor.loads(encoded, max_bytes=1 << 20) == value
    else:
        with refuses(Code.CBOR_NOT_DETERMINISTIC):
            cbor.loads(encoded, max_bytes=1 << 20)


@given(st.binary(max_size=40))
@example(bytes.fromhex("a2616200616100"))
@example(bytes.fromhex("a2190100001801f5"))
def test_what_is_read_is_written_alike(data: bytes) -> None:
    try:
        value = cbor.loads(data, max_bytes=100, tags=frozenset(range(1 << 16)))
    except AnzhengError:
        return
    assert cbor.dumps(value) == data
