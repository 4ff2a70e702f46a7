"""Typed reading of decoded arrays."""

from collections.abc import Callable

import pytest

from licence.errors import Code
from licence.formats.cbor import CborValue
from licence.formats.cbor_fields import Fields, is_authority, is_registry
from tests.fakes.refusal import refuses


def _fields(*items: CborValue) -> Fields:
    return Fields(items, len(items), Code.MANIFEST_SYNTAX)


def test_items_are_taken_in_order() -> None:
    fields = _fields("tag", 5, b"ab", "reg", "11210000001234567X", (1, 2), None, 7)
    fields.constant("tag")
    assert fields.integer(5, 5) == 5
    assert fields.octets(2) == b"ab"
    assert fields.registry() == "reg"
    assert fields.authority() == "11210000001234567X"
    assert fields.array(2) == (1, 2)
    assert fields.is_null()
    assert not fields.is_null()
    assert fields.integer(0, 9) == 7


@pytest.mark.parametrize("value", [(), (1, 2), {1: 2}, "a", None])
def test_another_number_of_items_or_no_array_is_refused(value: CborValue) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        Fields(value, 1, Code.MANIFEST_SYNTAX)


@pytest.mark.parametrize(
    ("item", "take"),
    [
        ("other", lambda fields: fields.constant("tag")),
        (1, lambda fields: fields.constant("1")),
        (4, lambda fields: fields.integer(5, 6)),
        (7, lambda fields: fields.integer(5, 6)),
        (True, lambda fields: fields.integer(0, 1)),
        (None, lambda fields: fields.integer(0, 1)),
        (b"a", lambda fields: fields.octets(2)),
        (b"abc", lambda fields: fields.octets(2)),
        (b"abcd", lambda fields: fields.octets(2, 3)),
        ("ab", lambda fields: fields.octets(2)),
        (b"reg", lambda fields: fields.registry()),
        ("Reg", lambda fields: fields.registry()),
        (1, lambda fields: fields.authority()),
        ("1121000000123456", lambda fields: fields.authority()),
        ((1, 2, 3), lambda fields: fields.array(2)),
        ("ab", lambda fields: fields.array(2)),
    ],
)
def test_an_item_of_another_type_or_size_is_refused(
    item: CborValue, take: Callable[[Fields], object]
) -> None:
    with refuses(Code.MANIFEST_SYNTAX):
        take(_fields(item))


def test_octets_may_have_a_range_of_lengths() -> None:
    assert _fields(b"abc").octets(2, 3) == b"abc"


@pytest.mark.parametrize("name", ["a", "cn-aqscxkz", "a.b-c.9", "x" * 63])
def test_registry_names_are_like_host_names(name: str) -> None:
    assert is_registry(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a/b", "a\n", "中", "x" * 64])
def test_other_registry_names_are_refused(name: str) -> None:
    assert not is_registry(name)


@pytest.mark.parametrize("code", ["11210000001234567I", "1121000000123456７X", "", "1" * 19])
def test_other_authority_codes_are_refused(code: str) -> None:
    assert not is_authority(code)
