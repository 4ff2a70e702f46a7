"""The DER writer and reader; vectors from X.690 and from `asn1crypto`."""

import pytest
from asn1crypto import core

from licence.errors import Code
from licence.formats import der
from tests.fakes.refusal import refuses


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "0400"),
        (127, "047f"),
        (128, "048180"),
        (255, "0481ff"),
        (256, "04820100"),
        (65_535, "0482ffff"),
        (65_536, "0483010000"),
    ],
)
def test_length_has_its_shortest_form(size: int, header: str) -> None:
    element = der.tlv(der.OCTET_STRING, b"x" * size)
    assert element.hex().startswith(header)
    assert len(element) == len(header) // 2 + size
    place = der.read(element)
    assert place == (der.OCTET_STRING, len(header) // 2, size, len(element))


def test_tlv_joins_its_parts() -> None:
    assert der.tlv(der.SEQUENCE, b"\x05\x00", b"\x02\x01\x01") == bytes.fromhex("30050500020101")


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("2.100.3", "0603813403"),  # X.690, 8.19.5
        ("2.999.3", "0603883703"),
        ("1.2.840.113549.1.7.2", "06092a864886f70d010702"),
        ("0.39", "060127"),
        ("1.0", "060128"),
    ],
)
def test_oid_has_the_bytes_of_the_standard(dotted: str, encoded: str) -> None:
    assert der.oid(dotted).hex() == encoded


def test_oid_agrees_with_asn1crypto_on_an_arc_of_128_bits() -> None:
    dotted = f"2.25.{2**128 - 1}.1"
    assert core.ObjectIdentifier.load(der.oid(dotted)).native == dotted


@pytest.mark.parametrize(
    "dotted",
    ["", "1", "1.", ".1", "1.02", "3.1", "0.40", "1.40", "1.2.x", "1.-2", "1.٢", "2." + "1" * 128],
)
def test_oid_refuses_what_is_no_identifier(dotted: str) -> None:
    with refuses(Code.DER_SYNTAX):
        der.oid(dotted)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "020100"), (1, "020101"), (127, "02017f"), (128, "02020080"), (256, "02020100")],
)
def test_integer_reads_back(number: int, encoded: str) -> None:
    assert der.integer(number).hex() == encoded
    assert der.integer_value(bytes.fromhex(encoded)) == number


def test_integer_refuses_a_negative_number() -> None:
    with refuses(Code.DER_SYNTAX):
        der.integer(-1)


@pytest.mark.parametrize("encoded", ["0200", "0201ff", "02020001", "040101", "02010100"])
def test_integer_value_refuses_other_spellings(encoded: str) -> None:
    with refuses(Code.DER_SYNTAX):
        der.integer_value(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    "encoded",
    [
        "",  # nothing
        "30",  # no length
        "3001",  # body missing
        "308000",  # indefinite
        "30810100",  # long form for 1
        "30817f" + "00" * 127,  # long form for 127
        "3082",  # length cut
        "308200ff" + "00" * 255,  # leading zero in the length
        "30850000000001" + "00",  # length of five bytes
        "000100",  # end of contents
        "1f0100",  # tag of several bytes
        "bf0100",
    ],
)
def test_read_refuses_a_header_that_is_not_der(encoded: str) -> None:
    with refuses(Code.DER_SYNTAX):
        der.read(bytes.fromhex(encoded))


@pytest.mark.parametrize("at", [-1, 2, 3])
def test_read_refuses_an_offset_outside(at: int) -> None:
    with refuses(Code.DER_SYNTAX):
        der.read(b"\x05\x00", at)


def test_read_starts_where_it_is_told() -> None:
    assert der.read(b"\x05\x00\x04\x01x", 2) == (der.OCTET_STRING, 2, 1, 5)


def test_value_refuses_another_tag_and_bytes_after_the_element() -> None:
    assert der.value(b"\x04\x01x", der.OCTET_STRING) == b"x"
    with refuses(Code.DER_SYNTAX):
        der.value(b"\x04\x01x", der.UTF8_STRING)
    with refuses(Code.DER_SYNTAX):
        der.value(b"\x04\x01x\x00", der.OCTET_STRING)


def test_children_are_the_elements_byte_for_byte() -> None:
    parts = (der.integer(1), der.NULL, der.tlv(der.OCTET_STRING, b"x" * 200))
    assert der.children(der.tlv(der.SEQUENCE, *parts)) == parts
    assert der.children(der.tlv(der.SET, *parts), der.SET) == parts
    assert der.children(der.tlv(der.SEQUENCE)) == ()


def test_children_refuse_a_primitive_tag_and_a_cut_child() -> None:
    with refuses(Code.DER_SYNTAX):
        der.children(b"\x04\x02\x05\x00", der.OCTET_STRING)
    with refuses(Code.DER_SYNTAX):
        der.children(b"\x30\x02\x04\x01")
