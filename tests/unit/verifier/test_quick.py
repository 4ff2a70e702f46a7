"""The quick ways into pyHanko say byte for byte what its own slow ways say."""

import io
from collections.abc import Callable
from typing import BinaryIO

import pytest
from asn1crypto import x509
from hypothesis import example, given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError, PdfStreamError

from verifier.pades import quick


def outcome(read: Callable[[BinaryIO], object], data: bytes) -> tuple[object, int]:
    """What a reader makes of bytes, and where it stops."""
    stream = io.BytesIO(data)
    try:
        return read(stream), stream.tell()
    except (PdfReadError, PdfStreamError) as error:
        return type(error), -1


@given(st.text("0123456789abcdefABCDEF<>% \n()xg\x00", max_size=40))
@example("<>")
@example("<4>")
@example("<41 42>")
@example("<FEFF0041>rest")
@example("<zz>")
@example("<41")
@example("")
def test_hexadecimal_strings_are_read_as_pyhanko_reads_them(text: str) -> None:
    data = b"<" + text.encode()
    assert outcome(generic.read_hex_string_from_stream, data) == outcome(quick.SLOW_HEX, data)


def test_a_string_longer_than_a_block_is_left_to_the_slow_way() -> None:
    data = b"<" + b"41" * 40_000 + b">tail"
    assert outcome(generic.read_hex_string_from_stream, data) == outcome(quick.SLOW_HEX, data)


@given(st.text(max_size=30))
def test_names_are_prepared_as_asn1crypto_prepares_them(text: str) -> None:
    prepare = x509.NameTypeAndValue._ldap_string_prep
    try:
        expected = quick.SLOW_PREPARE(None, text)
    except ValueError:
        with pytest.raises(ValueError, match=r"X\.509"):
            prepare(None, text)
    else:
        assert prepare(None, text) == expected


NAMES = st.lists(st.sampled_from(["辽宁", "Ann", "ann", "A nn", "a  nn", "B"]), max_size=3)


@given(NAMES, NAMES)
@example(["Ann"], ["ann"])
def test_names_are_equal_when_asn1crypto_says_so(one: list[str], other: list[str]) -> None:
    names = [
        x509.Name.build({"common_name": ",".join(parts), "country_name": "CN"}).chosen
        for parts in (one, other)
    ]
    parsed = [x509.RDNSequence.load(name.dump()) for name in names]
    assert (parsed[0] == parsed[1]) is quick.SLOW_EQUAL(parsed[0], parsed[1])
    assert (parsed[0] != parsed[1]) is not quick.SLOW_EQUAL(parsed[0], parsed[1])
    assert parsed[0] == x509.RDNSequence.load(parsed[0].dump())
    assert parsed[0] != "a name"


@given(NAMES)
@example(["Ann", "辽宁"])
def test_a_name_has_the_key_that_asn1crypto_gives_it(parts: list[str]) -> None:
    name = x509.Name.build({"common_name": ",".join(parts), "country_name": "CN"}).chosen
    parsed = x509.RDNSequence.load(name.dump())
    for _ in range(2):
        assert parsed.hashable == name.hashable == quick.SLOW_KEY(name)


def test_the_quick_ways_are_the_ones_in_use() -> None:
    assert x509.RDNSequence.hashable.fget is not quick.SLOW_KEY
    assert generic.read_hex_string_from_stream is not quick.SLOW_HEX
    assert x509.NameTypeAndValue._ldap_string_prep is not quick.SLOW_PREPARE
    assert x509.RDNSequence.__eq__ is not quick.SLOW_EQUAL


def test_what_was_parsed_is_kept_within_bounds() -> None:
    assert quick.certificate(b"0\x00") is quick.certificate(b"0\x00")
    for number in range(quick.MAX_KEPT + 10):
        quick.certificate_list(b"0\x02\x05" + bytes([number % 256]))
    assert quick._PARSED.crl.cache_info().currsize <= quick.MAX_KEPT
