"""The extension of a holder's certificate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import der
from licence.formats.holder_binding import (
    LicenceBinding,
    decode_binding,
    encode_binding,
)
from licence.formats.limits import MAX_STATUS_INDEX
from licence.ids import Leaf, RegistryId, StatusIndex

BINDING = LicenceBinding(Leaf(b"\x07" * 32), RegistryId("cn-test"), StatusIndex(300))
DATA = encode_binding(BINDING)


def test_binding_has_its_one_spelling() -> None:
    assert DATA.hex() == "302f" + "0420" + "07" * 32 + "0c07" + b"cn-test".hex() + "0202012c"
    assert decode_binding(DATA) == BINDING


@given(st.binary(min_size=32, max_size=32), st.integers(0, MAX_STATUS_INDEX))
def test_binding_reads_back(leaf: bytes, index: int) -> None:
    binding = LicenceBinding(Leaf(leaf), RegistryId("r.1"), StatusIndex(index))
    assert decode_binding(encode_binding(binding)) == binding


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_changed_byte_is_refused_or_is_another_binding(place: int, mask: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= mask
    try:
        binding = decode_binding(bytes(changed))
    except AnzhengError:
        return
    assert binding != BINDING
    assert encode_binding(binding) == bytes(changed)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA + b"\0",
        DATA[:-1],
        der.tlv(der.SEQUENCE, *der.children(DATA)[:2]),
        der.tlv(der.SEQUENCE, *der.children(DATA), der.NULL),
        DATA.replace(b"cn-test", b"cn\xfftes"),
        DATA.replace(b"cn-test", b"CN-TEST"),
        DATA.replace(b"\x0c\x07", b"\x13\x07"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        decode_binding(data)
    assert caught.value.code is Code.HOLDER_CERTIFICATE


def test_binding_out_of_limits_is_not_written() -> None:
    for bad in (
        replace(BINDING, leaf=Leaf(b"short")),
        replace(BINDING, registry=RegistryId("")),
        replace(BINDING, index=StatusIndex(-1)),
        replace(BINDING, index=StatusIndex(MAX_STATUS_INDEX + 1)),
    ):
        with pytest.raises(AnzhengError) as caught:
            encode_binding(bad)
        assert caught.value.code is Code.HOLDER_CERTIFICATE
