"""Fonts that are damaged are refused in our own words, also when a glyph is asked for."""

from licence.errors import Code
from tests.fakes.refusal import refuses
from verifier.pades.glyph_programs import _TrueType, read_cff

ROS = b"\x8b\x8b\x8b\x0c\x1e"
FD_ARRAY_AT_1E999 = b"\x1e\x1b\x99\x9f\x0c\x24"


def _index(entry: bytes) -> bytes:
    return b"\0\1\1\1" + bytes((len(entry) + 1,)) + entry


def test_a_number_without_end_is_no_place_in_a_font() -> None:
    data = b"\1\0\4\1" + _index(b"A") + _index(ROS + FD_ARRAY_AT_1E999) + bytes(4)
    with refuses(Code.DATA_PAGE_MISMATCH):
        read_cff(data)


def test_a_glyph_of_others_that_breaks_off_is_refused() -> None:
    for shape in (b"\xff", b"\xff\xff", b"\xff\xff" + bytes(9)):
        font = _TrueType(1_000, b"", (0, len(shape)), (0,), shape)
        with refuses(Code.DATA_PAGE_MISMATCH):
            font.of(0)
