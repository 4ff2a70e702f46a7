"""Deterministic CBOR: one spelling for each value, and only the values that our formats have.

Integers of 64 bits, byte and text strings, arrays, maps, true, false, null, and a tag where the
caller names it. No floating point, no indefinite length, no other simple value. The library cbor2
sorts maps as the older RFC 7049 says and decodes tags into objects; the tests compare with it
where both agree.

Standard: RFC 8949, 4.2.1 (core deterministic encoding).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from licence.errors import AnzhengError, Code

MAX_DEPTH: Final = 16
"""Deepest nesting of arrays, maps and tags."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_LIMIT_64: Final = 1 << 64
_SIMPLE_VALUES: Final[dict[int, bool | None]] = {20: False, 21: True, 22: None}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged value (RFC 8949, 3.4)."""

    number: int
    value: "CborValue"


CborValue: TypeAlias = (
    "int | bytes | str | bool | Tag | Sequence[CborValue] | Mapping[CborKey, CborValue] | None"
)
CborKey: TypeAlias = int | str


def dumps(value: CborValue) -> bytes:
    """Return the deterministic encoding of a value.

    Raises:
        AnzhengError: CBOR_SYNTAX, for a value that our formats do not have or too deep a one.
    """
    out = bytearray()
    _write(out, value, 0)
    return bytes(out)


def loads(
    data: bytes,
    *,
    max_bytes: int,
    tags: frozenset[int] = frozenset(),
    max_items: int | None = None,
) -> CborValue:
    """Return the value of exactly these bytes; arrays become tuples.

    Args:
        data: One encoded value, nothing after it.
        max_bytes: Largest size that is looked at, in bytes.
        tags: The tag numbers that are allowed.
        max_items: Most values, counted at all depths; to be given for large foreign bytes, for a
            value of one byte takes fifty in memory.

    Raises:
        AnzhengError: TOO_LARGE; CBOR_SYNTAX; CBOR_NOT_DETERMINISTIC, when the value is right but
            not in its one spelling.
    """
    if len(data) > max_bytes:
        raise AnzhengError(Code.TOO_LARGE, "too many bytes", bytes=len(data), limit=max_bytes)
    reader = _Reader(data, tags, max_items)
    value, end = reader.read(0, 0)
    if end != len(data):
        raise AnzhengError(Code.CBOR_SYNTAX, "bytes after the value", at=end)
    if not reader.is_one_spelling:
        raise AnzhengError(Code.CBOR_NOT_DETERMINISTIC, "not the one spelling of this value")
    return value


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    for code, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 1 << (8 * size):
            return bytes((major << 5 | code,)) + argument.to_bytes(size, "big")
    return bytes((major << 5 | 27,)) + argument.to_bytes(8, "big")


def _write(out: bytearray, value: CborValue, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise AnzhengError(Code.CBOR_SYNTAX, "nested too deep", limit=MAX_DEPTH)
    # None, True and False first: bool is a kind of int in Python.
    if value is None or value is True or value is False:
        out.append(_SIMPLE << 5 | {False: 20, True: 21, None: 22}[value])
    elif isinstance(value, int):
        _write_int(out, value)
    elif isinstance(value, bytes):
        out += _head(_BYTES, len(value))
        out += value
    elif isinstance(value, str):
        _write_text(out, value)
    else:
        _write_nested(out, value, depth)


def _write_int(out: bytearray, value: int) -> None:
    argument = value if value >= 0 else -1 - value
    if argument >= _LIMIT_64:
        raise AnzhengError(Code.CBOR_SYNTAX, "an integer of more than 64 bits")
    out += _head(_UNSIGNED if value >= 0 else _NEGATIVE, argument)


def _write_text(out: bytearray, value: str) -> None:
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AnzhengError(Code.CBOR_SYNTAX, "a lone surrogate has no UTF-8") from error
    out += _head(_TEXT, len(encoded))
    out += encoded


def _write_nested(out: bytearray, value: object, depth: int) -> None:
    if isinstance(value, (tuple, list)):
        out += _head(_ARRAY, len(value))
        for item in value:
            _write(out, item, depth + 1)
    elif isinstance(value, Mapping):
        _write_map(out, value, depth)
    elif isinstance(value, Tag):
        if not 0 <= value.number < _LIMIT_64:
            raise AnzhengError(Code.CBOR_SYNTAX, "no such tag number")
        out += _head(_TAG, value.number)
        _write(out, value.value, depth + 1)
    else:
        raise AnzhengError(Code.CBOR_SYNTAX, "a type that our formats do not have")


def _write_map(out: bytearray, value: Mapping[CborKey, CborValue], depth: int) -> None:
    entries = []
    for key, item in value.items():
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise AnzhengError(Code.CBOR_SYNTAX, "a map key is neither integer nor text")
        encoded = bytearray()
        _write(encoded, item, depth + 1)
        entries.append((dumps(key), encoded))
    out += _head(_MAP, len(entries))
    # RFC 8949, 4.2.1: ascending by the bytes of the encoded keys.
    for encoded_key, encoded in sorted(entries):
        out += encoded_key
        out += encoded


class _Reader:
    """Reads, and notes what `dumps` would write otherwise: a longer head, or keys in disorder.

    Writing the value again to compare it took half the time of each check of a code.
    """

    __slots__ = ("_data", "_left", "_tags", "is_one_spelling")

    def __init__(self, data: bytes, tags: frozenset[int], max_items: int | None) -> None:
        self._data = data
        self._tags = tags
        self._left = len(data) if max_items is None else max_items
        self.is_one_spelling = True

    def read(self, at: int, depth: int) -> tuple[CborValue, int]:
        """Return the value that starts at `at`, and the offset after it."""
        if depth > MAX_DEPTH:
            raise AnzhengError(Code.CBOR_SYNTAX, "nested too deep", limit=MAX_DEPTH)
        self._left -= 1
        if self._left < 0:
            raise AnzhengError(Code.CBOR_SYNTAX, "more items than are allowed here", at=at)
        major, argument, at = self._read_head(at)
        match major:
            case 0 | 1:
                return (argument if major == _UNSIGNED else -1 - argument), at
            case 2 | 3:
                return self._read_string(major, argument, at)
            case 4:
                return self._read_array(argument, at, depth)
            case 5:
                return self._read_map(argument, at, depth)
            case 6:
                return self._read_tag(argument, at, depth)
            case _:
                return _SIMPLE_VALUES[argument], at

    def _read_head(self, at: int) -> tuple[int, int, int]:
        if at >= len(self._data):
            raise AnzhengError(Code.CBOR_SYNTAX, "the value is cut short", at=at)
        first = self._data[at]
        major, argument, at = first >> 5, first & 0x1F, at + 1
        if major == _SIMPLE and argument not in _SIMPLE_VALUES:
            raise AnzhengError(Code.CBOR_SYNTAX, "a float, break or other simple value", at=at)
        if argument < 24:
            return major, argument, at
        if argument > 27:
            raise AnzhengError(Code.CBOR_SYNTAX, "an indefinite length", at=at)
        size = 1 << (argument - 24)
        argument = int.from_bytes(self._take(at, size), "big")
        # What fits into half of the bytes, or into the head itself, is not written so long.
        if argument < (24 if size == 1 else 1 << 4 * size):
            self.is_one_spelling = False
        return major, argument, at + size

    def _take(self, at: int, count: int) -> bytes:
        found = self._data[at : at + count]
        if len(found) != count:
            raise AnzhengError(Code.CBOR_SYNTAX, "the value is cut short", at=at)
        return found

    def _read_string(self, major: int, count: int, at: int) -> tuple[CborValue, int]:
        found = self._take(at, count)
        if major == _BYTES:
            return found, at + count
        try:
            return found.decode("utf-8"), at + count
        except UnicodeDecodeError as error:
            raise AnzhengError(Code.CBOR_SYNTAX, "text that is not UTF-8", at=at) from error

    def _read_array(self, count: int, at: int, depth: int) -> tuple[CborValue, int]:
        self._check_count(count, at)
        items = []
        for _ in range(count):
            item, at = self.read(at, depth + 1)
            items.append(item)
        return tuple(items), at

    def _read_map(self, count: int, at: int, depth: int) -> tuple[CborValue, int]:
        self._check_count(count, at)
        found: dict[CborKey, CborValue] = {}
        before = b""
        for _ in range(count):
            begin = at
            key, at = self.read(at, depth + 1)
            if isinstance(key, bool) or not isinstance(key, (int, str)) or key in found:
                raise AnzhengError(Code.CBOR_SYNTAX, "a map key of another type or twice", at=at)
            encoded = self._data[begin:at]
            if encoded < before:
                self.is_one_spelling = False
            before = encoded
            found[key], at = self.read(at, depth + 1)
        return found, at

    def _read_tag(self, number: int, at: int, depth: int) -> tuple[CborValue, int]:
        if number not in self._tags:
            raise AnzhengError(Code.CBOR_SYNTAX, "a tag that is not allowed here", tag=number)
        value, at = self.read(at, depth + 1)
        return Tag(number, value), at

    def _check_count(self, count: int, at: int) -> None:
        # Each item takes a byte at least: a huge count in a short input ends here, not in memory.
        if count > len(self._data) - at:
            raise AnzhengError(Code.CBOR_SYNTAX, "more items than bytes", at=at)
