"""Foreign or forged: what claims to be one of ours, found without a PDF library."""

import time
import zlib

import pytest

from licence.formats import hole
from tests.builders import make_world
from verifier.recognise import is_ours

JSON = b'{"schema":"anzheng-licence/v1","status":{"index":0,"registry":"cn-aqscxkz-test"}}'


@pytest.mark.parametrize(
    "data",
    [
        b"stream\n" + JSON + b"\nendstream",
        b"stream\r\n" + zlib.compress(JSON) + b"\nendstream",
        b"stream\n" + zlib.compress(JSON[:-20]) + b"\nendstream",
        b'stream\n{"a":[{"b":1}],' + JSON[1:],
        b"%PDF-1.4\n" + JSON,
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


def test_bombs_are_not_unpacked() -> None:
    bomb = zlib.compress(bytes(50 << 20), 9)
    data = (b"stream\n" + bomb + b"\nendstream\n") * 100
    begin = time.perf_counter()
    assert not is_ours(data, make_world().bundle)
    assert time.perf_counter() - begin < 10


def test_our_words_a_hundred_thousand_times_over_do_not_take_for_ever() -> None:
    data = JSON.replace(b"cn-aqscxkz-test", b"elsewhere") * 60_000
    begin = time.perf_counter()
    assert not is_ours(data, make_world().bundle)
    assert time.perf_counter() - begin < 10
