"""Keccak-256 as Ethereum uses it (padding 0x01), which Python's hashlib does not have.

Used only for what an RPC node is asked: selectors, batch keys and code hashes. Nothing that is
signed or anchored is hashed with it.

Standard: The Keccak reference, version 3.0 (2011).
"""

from functools import lru_cache
from typing import Final

from licence.ids import Digest

_RATE: Final = 136
_MASK: Final = (1 << 64) - 1
_ROUNDS: Final = 24


def _rotations() -> tuple[int, ...]:
    """Return the offsets of rho, lane (x, y) at x + 5y."""
    offsets = [0] * 25
    x, y = 1, 0
    for step in range(24):
        offsets[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(offsets)


def _constants() -> tuple[int, ...]:
    """Return the constants of iota, from the linear feedback shift register of the standard."""
    constants, register = [], 1
    for _ in range(_ROUNDS):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


_ROTATIONS: Final = _rotations()
_CONSTANTS: Final = _constants()


def keccak256(data: bytes) -> Digest:
    """Return the Keccak-256 digest of `data`."""
    padded = bytearray(data + b"\x01")
    padded.extend(bytes(-len(padded) % _RATE))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        _permute(lanes)
    return Digest(b"".join(lane.to_bytes(8, "little") for lane in lanes[:4]))


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK


def _permute(a: list[int]) -> None:
    for constant in _CONSTANTS:
        parity = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        mixed = [parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for x in range(5):
            for y in range(5):
                lane = x + 5 * y
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = _rotate(a[lane] ^ mixed[x], _ROTATIONS[lane])
        for y in range(0, 25, 5):
            for x in range(5):
                a[y + x] = moved[y + x] ^ (~moved[y + (x + 1) % 5] & moved[y + (x + 2) % 5] & _MASK)
        a[0] ^= constant


@lru_cache(maxsize=32)
def selector(signature: str) -> bytes:
    """Return the four bytes by which a contract knows a function, such as `f(bytes18,uint32)`."""
    return keccak256(signature.encode())[:4]
