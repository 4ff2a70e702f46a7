"""RLP, the encoding of Ethereum: one spelling for each value, bounded before it is read.

A value is a byte string or a list of values. What another length prefix would also say, a byte
that stands behind a prefix without need, or bytes after the value are refused.

Standard: Ethereum Yellow Paper, appendix B; EIP-2718 does not apply here.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from licence.errors import AnzhengError, Code

RlpValue: TypeAlias = "bytes | tuple[RlpValue, ...]"

_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT: Final = 55
_SPAN: Final = 0x40


@dataclass(frozen=True, slots=True)
class Limits:
    """What is looked at, at most.

    Attributes:
        size: Bytes.
        depth: Lists within lists; 1 = one list of strings.
        items: Values, counted at all depths.
    """

    size: int
    depth: int
    items: int


def dumps(value: RlpValue) -> bytes:
    """Return the encoding of a value."""
    if isinstance(value, bytes):
        if len(value) == 1 and value[0] < _STRING:
            return value
        return _prefix(_STRING, len(value)) + value
    inner = b"".join(map(dumps, value))
    return _prefix(_LIST, len(inner)) + inner


def loads(data: bytes, limits: Limits) -> RlpValue:
    """Return the value of exactly these bytes; lists become tuples.

    Raises:
        AnzhengError: RLP_SYNTAX, for another spelling than `dumps` has or beyond the limits.
    """
    if len(data) > limits.size:
        raise _refused("too many bytes")
    reader = _Reader(data, limits.items)
    value, end = reader.read(0, len(data), limits.depth)
    if end != len(data):
        raise _refused("bytes after the value")
    return value


def strings(value: RlpValue) -> tuple[bytes, ...]:
    """Return the items of a list that holds byte strings only.

    Raises:
        AnzhengError: RLP_SYNTAX, for anything else.
    """
    if isinstance(value, bytes):
        raise _refused("a string instead of a list")
    found = tuple(item for item in value if isinstance(item, bytes))
    if len(found) != len(value):
        raise _refused("a list instead of a string")
    return found


def scalar(data: bytes, *, most: int) -> int:
    """Return a number of at most `most` bytes; zero is the empty string.

    Raises:
        AnzhengError: RLP_SYNTAX, for a leading zero or a larger number.
    """
    if data[:1] == b"\0" or len(data) > most:
        raise _refused("a number with a leading zero, or too large")
    return int.from_bytes(data, "big")


def from_scalar(number: int) -> bytes:
    """Return a number without leading zeros, as `scalar` reads it."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _prefix(kind: int, length: int) -> bytes:
    if length <= _SHORT:
        return bytes((kind + length,))
    size = from_scalar(length)
    return bytes((kind + _SHORT + len(size),)) + size


class _Reader:
    def __init__(self, data: bytes, items: int) -> None:
        self._data = data
        self._left = items

    def read(self, at: int, end: int, depth: int) -> tuple[RlpValue, int]:
        """Return the value that starts at `at` within `end`, and the offset after it."""
        self._left -= 1
        if at >= end or self._left < 0:
            raise _refused("the value is cut short, or there are too many")
        first = self._data[at]
        if first < _STRING:
            return self._data[at : at + 1], at + 1
        start, stop = self._content(at, end, first)
        if first >= _LIST:
            return self._list(start, stop, depth), stop
        if stop - start == 1 and self._data[start] < _STRING:
            raise _refused("a byte that needs no prefix has one")
        return self._data[start:stop], stop

    def _content(self, at: int, end: int, first: int) -> tuple[int, int]:
        """Return where the content of a value begins and ends."""
        length, start = first % _SPAN, at + 1
        if length > _SHORT:
            start += length - _SHORT
            size = self._data[at + 1 : min(start, end)]
            length = int.from_bytes(size, "big")
            if start > end or size[0] == 0 or length <= _SHORT:
                raise _refused("a length in another spelling")
        if length > end - start:
            raise _refused("the value is cut short")
        return start, start + length

    def _list(self, at: int, end: int, depth: int) -> RlpValue:
        if depth <= 0:
            raise _refused("nested too deep")
        items = []
        while at < end:
            item, at = self.read(at, end, depth - 1)
            items.append(item)
        return tuple(items)


def _refused(message: str) -> AnzhengError:
    return AnzhengError(Code.RLP_SYNTAX, message)
