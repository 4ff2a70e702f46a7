"""How much of the look-up code may be lost: 12 % in one blot, 25 % in scattered scratches.

Level H corrects 8 of the 25 code words of each of the 4 blocks of version 4. A finder pattern must
not be lost, for without it nothing is found: that is why the code is printed twice.
"""

from collections.abc import Iterator
from functools import cache
from random import Random

import pytest
import zxingcpp

from signer.qr import QUIET_MODULES, make_qr

PAYLOAD = "HTTPS://V.EXAMPLE/L/0123456789ABCDEFG"
SIDE = 33
"""Modules a side of version 4."""
CODE_WORDS = 100
FINDER = 8
"""Modules a side of a finder pattern with its white edge."""

Rows = list[list[bool]]


@cache
def _rows() -> tuple[tuple[bool, ...], ...]:
    rows = make_qr("HTTPS://V.EXAMPLE/L/", "0123456789ABCDEFG").rows
    assert len(rows) == SIDE
    return rows


def _reads(rows: Rows, scale: int = 4) -> bool:
    edge = QUIET_MODULES * scale
    side = SIDE * scale + 2 * edge
    white = bytes([255]) * side
    lines = [white] * edge
    for row in rows:
        line = b"".join((b"\0" if dark else b"\xff") * scale for dark in row)
        lines += [white[:edge] + line + white[:edge]] * scale
    picture = memoryview(b"".join([*lines, *[white] * edge])).cast("B", (side, side))
    return any(each.text == PAYLOAD for each in zxingcpp.read_barcodes(picture))


def _in_finder(x: float, y: float, around: float) -> bool:
    far = SIDE - FINDER - around
    near = FINDER + around
    return (x < near and (y < near or y > far)) or (x > far and y < near)


def _blot(share: float, chance: Random) -> Rows:
    """A round blot, black or white, that touches no finder pattern."""
    radius = (share * SIDE * SIDE / 3.1416) ** 0.5
    while True:
        x, y = (chance.uniform(radius, SIDE - radius) for _ in range(2))
        if not _in_finder(x, y, radius):
            break
    rows = [list(row) for row in _rows()]
    ink = chance.random() < 0.5
    for down in range(SIDE):
        for right in range(SIDE):
            if (right + 0.5 - x) ** 2 + (down + 0.5 - y) ** 2 < radius**2:
                rows[down][right] = ink
    return rows


def _data_modules() -> Iterator[tuple[int, int]]:
    """Modules in the order of the bits (ISO/IEC 18004, 7.7.3)."""
    up = True
    for right in (*range(SIDE - 1, 6, -2), 5, 3, 1):
        for step in range(SIDE):
            y = SIDE - 1 - step if up else step
            yield from ((x, y) for x in (right, right - 1) if not _is_function(x, y))
        up = not up


def _is_function(x: int, y: int) -> bool:
    corner = (x <= 8 and (y <= 8 or y >= SIDE - 8)) or (x >= SIDE - 8 and y <= 8)
    alignment = abs(x - 26) <= 2 and abs(y - 26) <= 2
    return corner or alignment or 6 in (x, y)


def _without(code_words: set[int]) -> Rows:
    """Every module of these code words inverted."""
    modules = list(_data_modules())
    assert len(modules) == 8 * CODE_WORDS + 7
    rows = [list(row) for row in _rows()]
    for word in code_words:
        for x, y in modules[8 * word : 8 * word + 8]:
            rows[y][x] = not rows[y][x]
    return rows


@pytest.mark.parametrize("seed", range(30))
def test_one_blot_of_12_percent_anywhere_between_the_finder_patterns(seed: int) -> None:
    assert _reads(_blot(0.12, Random(seed)))


@pytest.mark.parametrize("seed", range(30))
def test_scratches_over_25_percent_of_the_code_words(seed: int) -> None:
    """A scratch takes four neighbours, one of each block: that is what interleaving is for."""
    starts = Random(seed).sample(range(0, CODE_WORDS, 4), CODE_WORDS // 16)
    lost = {start + next_ for start in starts for next_ in range(4)}
    assert len(lost) == 24
    assert _reads(_without({*lost, (max(lost) + 1) % CODE_WORDS}))


def test_one_code_word_in_five_at_random_is_nearly_always_read() -> None:
    chance = Random(1)
    read = [_reads(_without(set(chance.sample(range(CODE_WORDS), 20)))) for _ in range(40)]
    assert sum(read) >= 36


def test_more_than_level_h_corrects_is_not_read_as_something_else() -> None:
    assert not _reads(_without(set(range(40))))
    assert not _reads(_blot(0.3, Random(1)))
