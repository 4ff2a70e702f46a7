"""A block header as it is hashed: RLP, the fifteen fields of the beginning and what forks added.

Only what proofs need is taken out; the rest is kept as it stands, so that a fork that appends a
field changes nothing here.

Standard: Ethereum Yellow Paper, 4.4; EIP-1559, 4895, 4844, 4788, 7685 (fields that were appended).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import rlp
from licence.formats.cbor_fields import MAX_SECONDS
from licence.formats.keccak import keccak256
from licence.formats.rlp import Limits
from licence.ids import Address, BlockHash

MAX_HEADER_BYTES: Final = 8_192
"""Largest header; one with the seals of 21 validators has about 2,400."""

UNCLES: Final = 1
COINBASE: Final = 2
STATE_ROOT: Final = 3
DIFFICULTY: Final = 7
NUMBER: Final = 8
TIMESTAMP: Final = 11
EXTRA: Final = 12
MIX: Final = 13
NONCE: Final = 14

LEAST_FIELDS: Final = 15
MOST_FIELDS: Final = 25
"""Twenty-one by 2026; the rest is room for forks."""

_HASH, _ADDRESS, _BLOOM, _NONCE = 32, 20, 256, 8
_LENGTHS: Final = {
    0: _HASH,
    UNCLES: _HASH,
    COINBASE: _ADDRESS,
    STATE_ROOT: _HASH,
    4: _HASH,
    5: _HASH,
    6: _BLOOM,
    MIX: _HASH,
    NONCE: _NONCE,
}
_SCALARS: Final = {DIFFICULTY: 32, NUMBER: 8, 9: 8, 10: 8, TIMESTAMP: 8}
_LIMITS: Final = Limits(size=MAX_HEADER_BYTES, depth=1, items=MOST_FIELDS + 1)


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The fields of a header, in order, and those that proofs need."""

    fields: tuple[bytes, ...]
    number: int
    time: datetime

    @property
    def state_root(self) -> bytes:
        """Root of the chain's state after the block."""
        return self.fields[STATE_ROOT]

    @property
    def coinbase(self) -> Address:
        """Who made the block."""
        return Address(self.fields[COINBASE])

    @property
    def extra(self) -> bytes:
        """What the consensus added."""
        return self.fields[EXTRA]

    def with_extra(self, extra: bytes) -> "BlockHeader":
        """Return the header with other extra data."""
        fields = (*self.fields[:EXTRA], extra, *self.fields[EXTRA + 1 :])
        return BlockHeader(fields, self.number, self.time)

    def encode(self) -> bytes:
        """Return the RLP."""
        return rlp.dumps(self.fields)

    def digest(self) -> BlockHash:
        """Return the Keccak-256 of the RLP; the block hash, where the consensus hides nothing."""
        return BlockHash(keccak256(self.encode()))


def decode(data: bytes) -> BlockHeader:
    """Read a header.

    Raises:
        AnzhengError: BLOCK_HEADER, for what is no header or not spelled as one.
    """
    try:
        fields = rlp.strings(rlp.loads(data, _LIMITS))
        if not LEAST_FIELDS <= len(fields) <= MOST_FIELDS:
            raise _refused("another number of fields")
        if any(len(fields[place]) != length for place, length in _LENGTHS.items()):
            raise _refused("a field of another length")
        numbers = {place: rlp.scalar(fields[place], most=most) for place, most in _SCALARS.items()}
    except AnzhengError as error:
        raise AnzhengError(Code.BLOCK_HEADER, "not a block header") from error
    seconds = numbers[TIMESTAMP]
    if not 1 <= seconds <= MAX_SECONDS:
        raise _refused("no block has such a time")
    return BlockHeader(fields, numbers[NUMBER], datetime.fromtimestamp(seconds, UTC))


def _refused(message: str) -> AnzhengError:
    return AnzhengError(Code.BLOCK_HEADER, message)
