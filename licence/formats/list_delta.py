"""What changed between two lists of one shard, signed: a few hundred bytes instead of the list.

    ["anzheng-delta/v1", URI, SHA-256 of the CWT before, SHA-256 of the CWT after,
     iat, exp, ttl, protected header, signature, changes]

Whoever has the list before gets the list after, byte for byte, with the authority's signature over
it; the digest says whether that worked. It does not where the reader's zlib packs in another way:
then the whole list is fetched. A change is one number, LEB128: how many entries were skipped since
the change before, and the new value in the two lowest bits.

Standard: DESIGN 3.3; `docs/formats/status-list.md`.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, NoReturn

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, status_list
from licence.formats.cbor_fields import MAX_SECONDS, Fields
from licence.formats.es256 import SIGNATURE_BYTES, SignBytes
from licence.formats.status_shard import BITS, SHARD_ENTRIES, ListName, ListValue
from licence.formats.trust_types import StatusKey
from licence.ids import Digest

SCHEMA: Final = "anzheng-delta/v1"
CONTENT_TYPE: Final = "application/anzheng-listdelta+cbor"
MAX_DELTA_BYTES: Final = 64 * 1024
"""A larger one is not made: the list itself has about seventeen kilobytes at one percent."""

_PER_BYTE: Final = 8 // BITS
_MASK: Final = (1 << BITS) - 1
_DIGEST: Final = 32
_PARTS: Final = 10
_MAX_ITEMS: Final = 32
_LEAST_BYTES: Final = 400
"""A delta without changes has about as much: two digests and two signatures."""
_MORE: Final = 0x80
_MAX_CHANGE_BYTES: Final = 4
_CHANGED = re.compile(rb"[^\0]")


@dataclass(frozen=True, slots=True)
class ListDelta:
    """The way from one list to a later one of the same shard.

    Args:
        name: Which shard.
        base: SHA-256 of the CWT that the reader must have.
        target: SHA-256 of the CWT that it gets.
        issued_at: Of the target, in seconds since 1970; so the next two.
        expires_at: When it is stale.
        ttl: How long until a newer one should exist, in seconds.
        protected: The target's protected header.
        signature: The target's signature.
        changes: Entries of the shard and their new values, in order.
    """

    name: ListName
    base: Digest
    target: Digest
    issued_at: int
    expires_at: int
    ttl: int
    protected: bytes
    signature: bytes
    changes: tuple[tuple[int, ListValue], ...]


def make(name: ListName, base: bytes, target: bytes) -> ListDelta:
    """Return the way from one CWT of ours to another.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if they are not two lists of this name; codes of `cose`
            and `cbor`.
    """
    before, after = (
        status_list.read_unverified(base, name),
        cose.parts(target, max_bytes=status_list.MAX_CWT_BYTES),
    )
    listed = status_list.read_unverified(target, name)
    return ListDelta(
        name=name,
        base=Digest(sha256(base).digest()),
        target=Digest(sha256(target).digest()),
        issued_at=int(listed.issued_at.timestamp()),
        expires_at=int(listed.expires_at.timestamp()),
        ttl=listed.ttl_seconds,
        protected=after.protected,
        signature=after.signature,
        changes=tuple(_differences(before.packed, listed.packed)),
    )


def _differences(before: bytes, after: bytes) -> Iterator[tuple[int, ListValue]]:
    mixed = int.from_bytes(before, "big") ^ int.from_bytes(after, "big")
    for found in _CHANGED.finditer(mixed.to_bytes(len(before), "big")):
        at = found.start()
        for place in range(_PER_BYTE):
            shift = place * BITS
            value = after[at] >> shift & _MASK
            if value != before[at] >> shift & _MASK:
                yield at * _PER_BYTE + place, ListValue(value)


def encode(delta: ListDelta, *, kid: bytes, sign: SignBytes) -> bytes:
    """Return the delta, signed by the key of the lists."""
    payload = cbor.dumps(
        (
            SCHEMA,
            delta.name.uri,
            delta.base,
            delta.target,
            delta.issued_at,
            delta.expires_at,
            delta.ttl,
            delta.protected,
            delta.signature,
            pack(delta.changes),
        )
    )
    return cose.sign1(payload, content_type=CONTENT_TYPE, kid=kid, sign=sign)


def decode(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> ListDelta:
    """Read and verify a delta; arguments and errors as for `status_list.decode_cwt`."""
    by_kid = {key.kid: key.key for key in keys}
    message = cose.verify1(data, content_type=CONTENT_TYPE, keys=by_kid, max_bytes=MAX_DELTA_BYTES)
    parts = cbor.loads(message.payload, max_bytes=MAX_DELTA_BYTES, max_items=_MAX_ITEMS)
    fields = Fields(parts, _PARTS, Code.STATUS_LIST_REFUSED)
    fields.constant(SCHEMA)
    fields.constant(expected.uri)
    delta = ListDelta(
        name=expected,
        base=Digest(fields.octets(_DIGEST)),
        target=Digest(fields.octets(_DIGEST)),
        issued_at=fields.integer(0, MAX_SECONDS),
        expires_at=fields.integer(0, MAX_SECONDS),
        ttl=fields.integer(0, MAX_SECONDS),
        protected=fields.octets(1, cose.MAX_HEADER_BYTES),
        signature=fields.octets(SIGNATURE_BYTES),
        changes=unpack(fields.octets(0, MAX_DELTA_BYTES)),
    )
    if not any(key.kid == message.kid and key.believed_at(_moment(delta)) for key in keys):
        _refuse("the delta was signed outside the days of its key")
    return delta


def apply(delta: ListDelta, base: bytes) -> bytes:
    """Return the CWT that the delta leads to.

    Args:
        delta: From `decode`.
        base: The CWT that the reader has; its signature was verified when it came.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if it is another base, a change changes nothing, or
            the result is not the list that was promised; then the whole list has to be fetched.
    """
    if sha256(base).digest() != delta.base:
        _refuse("the delta begins at another list")
    packed = bytearray(status_list.read_unverified(base, delta.name).packed)
    for place, value in delta.changes:
        shift = place % _PER_BYTE * BITS
        old = packed[place // _PER_BYTE]
        if old >> shift & _MASK == value:
            _refuse("a change that changes nothing")
        packed[place // _PER_BYTE] = old & ~(_MASK << shift) | value << shift
    claims = status_list.cwt_claims(
        delta.name, delta.issued_at, delta.expires_at, delta.ttl, zlib.compress(bytes(packed), 9)
    )
    made = cose.assemble(delta.protected, cbor.dumps(claims), delta.signature)
    if sha256(made).digest() != delta.target:
        _refuse("the delta does not lead to the list that it names")
    return made


# ---------------------------------------------------------------- the changes


def pack(changes: Sequence[tuple[int, ListValue]]) -> bytes:
    """Return the changes, gap-coded."""
    out, before = bytearray(), -1
    for place, value in changes:
        number = (place - before - 1) << BITS | value
        before = place
        while number >= _MORE:
            out.append(number & (_MORE - 1) | _MORE)
            number >>= 7
        out.append(number)
    return bytes(out)


def unpack(data: bytes) -> tuple[tuple[int, ListValue], ...]:
    """Return gap-coded changes.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` for a number that is cut short or written longer than
            necessary, an entry beyond the shard, and a value that there is not.
    """
    found: list[tuple[int, ListValue]] = []
    place, at = -1, 0
    while at < len(data):
        number, at = _number(data, at)
        place += (number >> BITS) + 1
        if place >= SHARD_ENTRIES or number & _MASK not in _VALUES:
            _refuse("a change beyond the shard, or to a value that there is not")
        found.append((place, ListValue(number & _MASK)))
    return tuple(found)


_VALUES = frozenset(ListValue)


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for size, octet in enumerate(data[at : at + _MAX_CHANGE_BYTES]):
        number |= (octet & (_MORE - 1)) << 7 * size
        if octet < _MORE:
            if size and not octet:
                _refuse("a number is written longer than necessary")
            return number, at + size + 1
    raise AnzhengError(Code.STATUS_LIST_REFUSED, "a number is cut short")


def _moment(delta: ListDelta) -> datetime:
    return status_list.moment(delta.issued_at)


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.STATUS_LIST_REFUSED, message)


def may_be_worthwhile(target: bytes) -> bool:
    """Say whether a list is large enough that a delta to it can save half of it."""
    return len(target) >= 2 * _LEAST_BYTES


def is_worthwhile(delta: bytes, target: bytes) -> bool:
    """Say whether the delta saves at least half of what the list has."""
    return len(delta) <= MAX_DELTA_BYTES and 2 * len(delta) <= len(target)
