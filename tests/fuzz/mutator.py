"""Changes that leave a format standing, so that more than its first line is looked at.

libFuzzer's own changes nearly always break the frame: a quote, a length, a count. These keep it:
a value in JSON or in lines of text takes the place of another; bytes within DER, RLP or a string
of CBOR are changed, and the lengths around them are made right again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"]*"|-?[0-9]+|true|false|null|[^\s"{}\[\],:]+')
_TEXT: Final = re.compile(rb"[\s\x21-\x7e\x80-\xff]*")
_LOOKED_AT: Final = 256
_VALUES: Final = (
    *(b'""', b'"\\ud800"', b'"\xc2\xa0"', b"null", b"true", b"[]", b"{}", b"1e5"),
    *(b"-1", b"0", b"1", b"255", b"9007199254740992", b"99999999999999999999", b'"a"'),
)
_OCTETS: Final = (b"", b"\0", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff" * 4, bytes(32))
_TEXT_STARTS: Final = b'{["'


@dataclass(frozen=True, slots=True)
class Form:
    """Elements within elements, each behind its length in bytes.

    Attributes:
        head: Returns how long the head of the first element is, and where that element ends.
        frame: Returns an element with the tag of another, and these bytes in it.
        is_list: Whether elements stand in one whose first byte is this.
    """

    head: Callable[[bytes], tuple[int, int]]
    frame: Callable[[int, bytes], bytes]
    is_list: Callable[[int], bool]


class Mutator:
    """Makes one input of another.

    Args:
        seed: Where its numbers begin; the same ones in every run.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def change(self, data: bytes) -> bytes | None:
        """Return another input, or None where this one has no form that is known here."""
        try:
            if data[:1] == b"\x30":
                return self._element(data, DER)
            if _is_text(data):
                return self._text(data)
            if data[0] >= _RLP_LIST and self._below(2):
                return self._element(data, RLP)
            return self._cbor(data)
        except IndexError:
            return None

    def _below(self, limit: int) -> int:
        return int(self._random() * limit)

    def _text(self, data: bytes) -> bytes | None:
        """Put one value in the place of another, change it, double it, or leave it out."""
        found = self._token(data)
        if found is None:
            return None
        (start, end), kind = found, self._below(5)
        before, value, after = data[:start], data[start:end], data[end:]
        if kind == 0:
            first, last = self._token(data) or found
            return before + data[first:last] + after
        if kind == 1:
            return before + _VALUES[self._below(len(_VALUES))] + after
        if kind == 2:
            return before + self._bytes(value) + after
        if value[:1] == b'"':
            return before + b'"' + self._bytes(value[1:-1]) + b'"' + after
        return before + value + b"," + value + after if self._below(2) else before + after

    def _token(self, data: bytes) -> tuple[int, int] | None:
        found = _TOKEN.search(data, self._below(len(data))) or _TOKEN.search(data)
        return None if found is None else found.span()

    def _bytes(self, data: bytes) -> bytes:
        """Change bytes that have no form of their own."""
        kind, at = self._below(6), self._below(len(data))
        if kind == 0 or not data:
            return _OCTETS[self._below(len(_OCTETS))]
        if kind == 1:
            return data[:at]
        if kind == 2:
            return data[: at + 8] + data[at:]
        new = self._below(256) if kind == 3 else data[at] ^ 1 << self._below(8)
        return data[:at] + bytes((new,)) + data[at + 1 :]

    def _element(self, data: bytes, form: Form) -> bytes:
        """Change one element at some depth; those around it get the lengths that fit."""
        begin, end = form.head(data)
        inner, rest = data[begin:end], data[end:]
        if not inner or not form.is_list(data[0]) or not self._below(12):
            return form.frame(data[0], self._bytes(inner)) + rest
        starts = [0]
        while starts[-1] < len(inner):
            starts.append(starts[-1] + form.head(inner[starts[-1] :])[1])
        at, other = self._below(len(starts) - 1), self._below(len(starts) - 1)
        chosen, kind = inner[starts[at] : starts[at + 1]], self._below(16)
        if kind == 0:
            changed = b""
        elif kind == 1:
            changed = chosen * 2
        elif kind == 2:
            changed = inner[starts[other] : starts[other + 1]]
        else:
            changed = self._element(chosen, form)
        return form.frame(data[0], inner[: starts[at]] + changed + inner[starts[at + 1] :]) + rest

    def _cbor(self, data: bytes) -> bytes:
        """Change one item, or put another in its place; the counts of arrays stay right."""
        items: list[tuple[int, int, int]] = []
        _cbor_items(data, 0, items)
        start, begin, end = items[self._below(len(items))]
        if data[start] >> 5 in _CBOR_STRINGS:
            inner = self._bytes(data[begin:end])
            new = _cbor_head(data[start] >> 5, len(inner)) + inner
        else:
            first, _, last = items[self._below(len(items))]
            new = data[first:last]
        return data[:start] + new + data[end:]


def _is_text(data: bytes) -> bool:
    looked_at = data[:_LOOKED_AT]
    found = _TEXT.match(looked_at)
    is_plain = found is not None and found.end() == len(looked_at)
    return bool(data) and is_plain and (data[0] in _TEXT_STARTS or looked_at.isascii())


# ---------------------------------------------------------------- DER

_LONG: Final = 0x80


def _der_head(data: bytes) -> tuple[int, int]:
    size, begin = data[1], 2
    if size > _LONG:
        begin += size - _LONG
        size = int.from_bytes(data[2:begin], "big")
    return begin, max(begin, begin + size)


def _der_frame(tag: int, inner: bytes) -> bytes:
    size = len(inner)
    if size < _LONG:
        return bytes((tag, size)) + inner
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG + len(octets))) + octets + inner


DER: Final = Form(_der_head, _der_frame, lambda tag: bool(tag & 0x20))

# ---------------------------------------------------------------- RLP

_RLP_STRING: Final = 0x80
_RLP_LIST: Final = 0xC0
_RLP_SHORT: Final = 55


def _rlp_head(data: bytes) -> tuple[int, int]:
    if data[0] < _RLP_STRING:
        return 0, 1
    size, begin = data[0] - (_RLP_LIST if data[0] >= _RLP_LIST else _RLP_STRING), 1
    if size > _RLP_SHORT:
        begin += size - _RLP_SHORT
        size = int.from_bytes(data[1:begin], "big")
    return begin, begin + size


def _rlp_frame(tag: int, inner: bytes) -> bytes:
    kind, size = _RLP_LIST if tag >= _RLP_LIST else _RLP_STRING, len(inner)
    if kind == _RLP_STRING and size == 1 and inner[0] < _RLP_STRING:
        return inner
    if size <= _RLP_SHORT:
        return bytes((kind + size,)) + inner
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((kind + _RLP_SHORT + len(octets),)) + octets + inner


RLP: Final = Form(_rlp_head, _rlp_frame, lambda tag: tag >= _RLP_LIST)

# ---------------------------------------------------------------- CBOR

_CBOR_STRINGS: Final = (2, 3)
_CBOR_ARRAY, _CBOR_MAP, _CBOR_TAG = 4, 5, 6
_CBOR_DIRECT: Final = 24
_CBOR_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}


def _cbor_items(data: bytes, at: int, items: list[tuple[int, int, int]]) -> int:
    """Add each item that begins at or within `at`: its start, its content's, and its end."""
    major, number, begin = data[at] >> 5, data[at] & 31, at + 1
    if number >= _CBOR_DIRECT:
        width = _CBOR_WIDTHS.get(number, 0)
        number = int.from_bytes(data[begin : begin + width], "big")
        begin += width
    place, end = len(items), begin
    items.append((at, begin, begin))
    if major in _CBOR_STRINGS:
        end += number
    elif major in {_CBOR_ARRAY, _CBOR_MAP, _CBOR_TAG}:
        count = {_CBOR_ARRAY: number, _CBOR_MAP: 2 * number, _CBOR_TAG: 1}[major]
        for _ in range(count):
            end = _cbor_items(data, end, items)
    items[place] = (at, begin, end)
    return end


def _cbor_head(major: int, number: int) -> bytes:
    if number < _CBOR_DIRECT:
        return bytes((major << 5 | number,))
    code, width = next((c, w) for c, w in _CBOR_WIDTHS.items() if number < 1 << 8 * w)
    return bytes((major << 5 | code,)) + number.to_bytes(width, "big")
