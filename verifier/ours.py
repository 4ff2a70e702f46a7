"""Tell a damaged or forged licence from a file that never was one of ours.

Runs only when a file was refused, and never with a PDF library: the bytes are a stranger's. It
looks for our signed attribute in the hexadecimal digits of a signature, and inflates the streams
of the file, with a budget, to find a `licence.json` that names a registry we know. A file that was
cut off before its data is told by the catalog that announces the data.

Standard: DESIGN 4 (a known registry with an unpinned signer or no signature is a forgery).
"""

import json
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Final

from licence.formats import der, oids
from licence.formats.licence_json import MAX_BYTES, SCHEMA
from licence.formats.limits import MAX_PDF_BYTES
from licence.formats.trust_types import TrustBundle

MAX_STREAMS: Final = 2_000
MAX_CANDIDATES: Final = 16
MAX_INFLATED_BYTES: Final = 16 << 20
"""Budget of inflated bytes for one whole file."""
MAX_PACKED_BYTES: Final = 64 << 20
"""Budget of packed bytes that are looked at, for streams may overlap and inflate to nothing."""

_STREAM: Final = re.compile(rb"stream\r?\n")
# A forger need not write canonical JSON: blanks around the colon are JSON too.
_SCHEMA: Final = re.compile(rb'"schema"\s{0,64}:\s{0,64}"' + re.escape(SCHEMA.encode()) + b'"')
_ATTRIBUTE: Final = der.oid(oids.ATTR_LICENCE_JSON_DIGEST).hex().encode()
_END: Final = b"startxref"
_END_WIDTH: Final = 1_024
_ANNOUNCED: Final = (b"(licence.json)", b"/AFRelationship /Data", b"/DocMDP", b"/DSS")
_ZLIB_HEADER: Final = 2


def is_ours(pdf: bytes, bundle: TrustBundle) -> bool:
    """Say whether a refused file claims to be a licence of a registry that the bundle knows."""
    data = pdf[:MAX_PDF_BYTES]
    if _ATTRIBUTE in data.lower():
        return True
    streams = list(_streams(data))
    return any(
        _names_known_registry(found, bundle) for found in _candidates(data, streams)
    ) or _cut_off_before_data(data, streams)


def _candidates(data: bytes, streams: list[bytes]) -> list[bytes]:
    """Return what may be a `licence.json`: plain or inflated text with our schema in it."""
    plain = islice(_SCHEMA.finditer(data), MAX_CANDIDATES)
    found = [_around(data, match.start()) for match in plain]
    found += [inflated for inflated in streams if _SCHEMA.search(inflated)]
    return found[:MAX_CANDIDATES]


def _around(data: bytes, at: int) -> bytes:
    """Return the plain text around our schema, from the stream that it stands in."""
    begin = max(data.rfind(b"stream", 0, at), at - MAX_BYTES, 0)
    brace = data.find(b"{", begin, at)
    return data[max(brace, begin) : at + MAX_BYTES]


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield the beginnings of deflated streams, as long as the budgets last."""
    inflated_left, packed_left = MAX_INFLATED_BYTES, MAX_PACKED_BYTES
    view = memoryview(data)
    for match in islice(_STREAM.finditer(data), MAX_STREAMS):
        if inflated_left <= 0 or packed_left <= 0:
            return
        raw = view[match.end() : match.end() + MAX_BYTES]
        inflated, used = _inflate(raw, min(inflated_left, MAX_BYTES))
        inflated_left -= len(inflated)
        packed_left -= used
        yield inflated


def _inflate(raw: memoryview, limit: int) -> tuple[bytes, int]:
    """Return the beginning of a stream, and how many packed bytes that took."""
    if len(raw) < _ZLIB_HEADER or int.from_bytes(raw[:_ZLIB_HEADER], "big") % 31:
        return b"", 0
    unpacker = zlib.decompressobj()
    try:
        inflated = unpacker.decompress(raw, limit)
    except zlib.error:
        return b"", len(raw)
    return inflated, len(raw) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)


def _names_known_registry(text: bytes, bundle: TrustBundle) -> bool:
    """Read the registry leniently: a forger need not write canonical JSON."""
    match = _SCHEMA.search(text)
    start = max(text.rfind(b"{", 0, match.start()), 0) if match is not None else 0
    for begin in (0, start):
        try:
            value, _ = json.JSONDecoder().raw_decode(text[begin:].decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            continue
        status = value.get("status") if isinstance(value, dict) else None
        registry = status.get("registry") if isinstance(status, dict) else None
        if isinstance(registry, str):
            return bundle.registry(registry) is not None
    # Our schema in a broken text: damaged, not foreign.
    return True


def _cut_off_before_data(data: bytes, streams: list[bytes]) -> bool:
    """Say whether the end of the file is gone, and its catalog announces what we attach."""
    if _END in data[-_END_WIDTH:]:
        return False
    return any(all(word in stream for word in _ANNOUNCED) for stream in streams)
