"""Foreign or forged: what claims to be one of ours, found without a PDF library."""

import struct
import time
import zlib

import pytest

from licence.formats import hole
from tests.builders import make_world
from verifier.ours import is_ours

JSON = b'{"schema":"anzheng-licence/v1","status":{"index":0,"registry":"cn-aqscxkz-test"}}'


@pytest.mark.parametrize(
    "data",
    [
        b"stream\n" + JSON + b"\nendstream",
        b"stream\r\n" + zlib.compress(JSON) + b"\nendstream",
        b"stream\n" + zlib.compress(JSON[:-20]) + b"\nendstream",
        b'stream\n{"a":[{"b":1}],' + JSON[1:],
        b"%PDF-1.4\n" + JSON,
        b"%PDF-1.4\n" + JSON.replace(b":", b" : ").replace(b",", b",\n  "),
        b"stream\n" + zlib.compress(JSON.replace(b":", b": ")) + b"\nendstream",
    ],
)
def test_data_of_a_known_registry_is_ours(data: bytes) -> None:
    assert is_ours(data, make_world().bundle)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"stream\n" + JSON.replace(b"cn-aqscxkz-test", b"elsewhere"),
        b"stream\n" + zlib.compress(JSON.replace(b"anzheng-licence", b"other")),
        b"stream\n\xff\xfe" * 50,
    ],
)
def test_what_names_no_registry_of_ours_is_not(data: bytes) -> None:
    assert not is_ours(data, make_world().bundle)


def test_a_licence_with_its_data_cut_out_is_known_by_its_signature() -> None:
    world = make_world()
    pdf = world.sign(world.version()).pdf
    place = hole.find(pdf)
    assert is_ours(b"%PDF-1.7\n" + pdf[place.start : place.end], world.bundle)


def test_a_licence_that_was_cut_off_before_its_data_is_known_by_its_catalog() -> None:
    world = make_world()
    pdf = world.sign(world.version()).pdf
    before_data = pdf[: pdf.index(b"/Type /EmbeddedFile")]
    for size in (len(before_data), len(before_data) // 2):
        assert is_ours(pdf[:size], world.bundle)
    # The same catalog in a whole file without data: somebody else's attachment, not ours.
    assert not is_ours(before_data + b"\nstartxref\n9\n%%EOF\n", world.bundle)


def test_a_brace_far_from_our_words_breaks_nothing() -> None:
    data = b"stream\n" + b"{" * 4_000_000 + b'"schema":"anzheng-licence/v1"'
    assert is_ours(data, make_world().bundle)


def test_streams_that_overlap_and_inflate_to_nothing_do_not_take_for_ever() -> None:
    chunk = b"stream\n\x78\x01"
    nested = b"\x00" + struct.pack("<HH", len(chunk), 0xFFFF ^ len(chunk)) + chunk
    data = chunk + nested * 2_000 + b"\x00\x00\x00\xff\xff" * 1_500_000
    begin = time.process_time()
    assert not is_ours(data, make_world().bundle)
    assert time.process_time() - begin < 15


def test_bombs_are_not_unpacked() -> None:
    bomb = zlib.compress(bytes(50 << 20), 9)
    data = (b"stream\n" + bomb + b"\nendstream\n") * 100
    begin = time.process_time()
    assert not is_ours(data, make_world().bundle)
    assert time.process_time() - begin < 30


def test_our_words_a_hundred_thousand_times_over_do_not_take_for_ever() -> None:
    data = JSON.replace(b"cn-aqscxkz-test", b"elsewhere") * 60_000
    begin = time.process_time()
    assert not is_ours(data, make_world().bundle)
    assert time.process_time() - begin < 30
