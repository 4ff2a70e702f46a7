"""Bombs: files that try to use up the one who reads them are judged, quickly and within bounds."""

import struct
import zlib
from collections.abc import Callable, Iterator

import pytest

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.builders import World, make_world
from verifier.artefacts import Ask, recognise
from verifier.policy import BATCH
from verifier.pool import GivenContext, Job, Limits, Pool

BOUNDS = Limits(memory_bytes=512 << 20, cpu_seconds=20, wall_seconds=120.0)
SCHEMA = b'"schema":"anzheng-licence/v1"'


def _packed(data: bytes, count: int = 1) -> bytes:
    return b"%PDF-1.7\n" + (b"stream\n" + zlib.compress(data, 9) + b"\nendstream\n") * count


def _overlapping() -> bytes:
    chunk = b"stream\n\x78\x01"
    nested = b"\x00" + struct.pack("<HH", len(chunk), 0xFFFF ^ len(chunk)) + chunk
    return b"%PDF-1.7\n" + chunk + nested * 2_000 + b"\x00\x00\x00\xff\xff" * 1_000_000


BOMBS: dict[str, Callable[[], bytes]] = {
    "inflates to two gigabytes": lambda: _packed(bytes(50 << 20), 40),
    "ten thousand streams": lambda: _packed(SCHEMA * 100, 10_000),
    "streams over each other": _overlapping,
    "nested arrays": lambda: b"%PDF-1.7\n" + b"[" * 5_000_000,
    "nested dictionaries": lambda: b"%PDF-1.7\n" + b"<</A" * 1_000_000 + SCHEMA,
    "braces": lambda: b"%PDF-1.7\nstream\n" + b"{" * 5_000_000 + SCHEMA,
    "a deep copy": lambda: b'{"a":' + b"[" * 900_000 + b'"anzheng-copy/v1"',
    "hexadecimal digits": lambda: b"%PDF-1.7\n/Contents <" + b"30" * 20_000_000 + b">",
    "byte ranges": lambda: b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]" * 500_000,
    "ends of files": lambda: b"%PDF-1.7\n" + b"startxref\n0\n%%EOF\n" * 1_000_000,
    "a long code": lambda: b"HTTPS://EXAMPLE.CN/V#P1" + b"A" * 8_000,
    "a code that inflates": lambda: b"HTTPS://EXAMPLE.CN/V#P1" + b"PDNA" * 1_000,
}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def pool(world: World) -> Iterator[Pool]:
    with Pool(1, BOUNDS, GivenContext(world.trust())) as made:
        yield made


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_judged_and_costs_no_child(world: World, pool: Pool, name: str) -> None:
    lost = pool.state.lost
    answer = pool.submit(Job(recognise(BOMBS[name]()), Ask(BATCH, world.now))).result(300)
    assert answer.report.verdict is not Verdict.VALID
    assert answer.report.code not in {
        Code.INTERNAL,
        Code.CHECK_CRASHED,
        Code.CHECK_TIMED_OUT,
        Code.CHECK_OUT_OF_MEMORY,
    }, answer.report
    assert pool.state.lost == lost
