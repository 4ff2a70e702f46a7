"""Bytes as the difference from others, so that hundreds of altered files take little room.

    delta = zlib( op* )        op = 0x00 length bytes      these bytes
                                    0x01 at length         so many bytes of the base from there
                                    0x02 length byte       one byte, so many times

Numbers are unsigned LEB128. `python -m tools.make_bad --out FOLDER` writes the files themselves.
"""

import zlib
from itertools import groupby
from typing import Final

BLOCK: Final = 24
"""Bytes that must be equal before a part of the base is looked for."""
RUN: Final = 256
"""Equal bytes that are worth an op of their own."""
MAX_BYTES: Final = 128 << 20

_LITERAL, _COPY, _REPEAT = 0, 1, 2


def make(base: bytes, data: bytes) -> bytes:
    """Return the delta from which `apply` makes `data` again."""
    places: dict[bytes, int] = {}
    for at in range(0, len(base) - BLOCK + 1, BLOCK):
        places.setdefault(base[at : at + BLOCK], at)
    out = bytearray()
    literal = bytearray()
    at = guess = 0
    while at < len(data):
        found = _match(base, data, at, guess, places)
        if found is None:
            literal.append(data[at])
            at += 1
            guess += 1
            continue
        start, length = found
        _flush(out, literal)
        out += bytes((_COPY,)) + _number(start) + _number(length)
        at += length
        guess = start + length
    _flush(out, literal)
    return zlib.compress(bytes(out), 9)


def apply(base: bytes, delta: bytes) -> bytes:
    """Return the bytes that a delta describes."""
    ops = zlib.decompress(delta)
    out = bytearray()
    at = 0
    while at < len(ops):
        kind = ops[at]
        first, at = _read(ops, at + 1)
        if kind == _LITERAL:
            out += ops[at : at + first]
            at += first
        elif kind == _REPEAT:
            out += ops[at : at + 1] * first
            at += 1
        else:
            length, at = _read(ops, at)
            out += base[first : first + length]
        if len(out) > MAX_BYTES:
            raise ValueError("a delta of too many bytes")
    return bytes(out)


def _match(
    base: bytes, data: bytes, at: int, guess: int, places: dict[bytes, int]
) -> tuple[int, int] | None:
    block = data[at : at + BLOCK]
    if len(block) < BLOCK:
        return None
    start = guess if base[guess : guess + BLOCK] == block else places.get(block)
    if start is None:
        return None
    length, step = BLOCK, 1 << 16
    while step:
        while (
            base[start + length : start + length + step] == data[at + length : at + length + step]
        ):
            if len(base) - start - length < step or len(data) - at - length < step:
                break
            length += step
        step >>= 1
    return start, length


def _flush(out: bytearray, literal: bytearray) -> None:
    plain = bytearray()
    for byte, group in groupby(literal):
        count = sum(1 for _ in group)
        if count < RUN:
            plain += bytes((byte,)) * count
            continue
        _plain(out, plain)
        plain = bytearray()
        out += bytes((_REPEAT,)) + _number(count) + bytes((byte,))
    _plain(out, plain)
    literal.clear()


def _plain(out: bytearray, plain: bytearray) -> None:
    if plain:
        out += bytes((_LITERAL,)) + _number(len(plain)) + plain


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1
