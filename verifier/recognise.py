"""Tell a damaged or forged licence from a file that never was one of ours.

Runs only when a file was refused, and never with a PDF library: the bytes are a stranger's. It
looks for our signed attribute in the hexadecimal digits of a signature, and inflates the streams
of the file, with a budget, to find a `licence.json` that names a registry we know.

Standard: DESIGN 4 (a known registry with an unpinned signer or no signature is a forgery).
"""

import json
import re
import zlib
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

_STREAM: Final = re.compile(rb"stream\r?\n")
_SCHEMA: Final = f'"schema":"{SCHEMA}"'.encode()
_PLAIN: Final = re.compile(re.escape(_SCHEMA))
_ATTRIBUTE: Final = der.oid(oids.ATTR_LICENCE_JSON_DIGEST).hex().encode()


def is_ours(pdf: bytes, bundle: TrustBundle) -> bool:
    """Say whether a refused file claims to be a licence of a registry that the bundle knows."""
    data = pdf[:MAX_PDF_BYTES]
    return _ATTRIBUTE in data.lower() or any(
        _names_known_registry(found, bundle) for found in _candidates(data)
    )


def _candidates(data: bytes) -> list[bytes]:
    """Return what may be a `licence.json`: plain or deflated streams with our schema in them."""
    plain = islice(_PLAIN.finditer(data), MAX_CANDIDATES)
    found = [_around(data, match.start()) for match in plain]
    budget = MAX_INFLATED_BYTES
    for count, match in enumerate(_STREAM.finditer(data)):
        if count >= MAX_STREAMS or budget <= 0:
            break
        inflated = _inflate(memoryview(data)[match.end() :], min(budget, MAX_BYTES))
        budget -= len(inflated)
        if _SCHEMA in inflated:
            found.append(inflated)
    return found[:MAX_CANDIDATES]


def _around(data: bytes, at: int) -> bytes:
    """Return the plain text around our schema, from the stream that it stands in."""
    start = max(data.rfind(b"stream", 0, at), 0)
    start = max(data.find(b"{", start, at), 0)
    return data[start : start + MAX_BYTES]


def _inflate(raw: memoryview, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(raw, limit)
    except zlib.error:
        return b""


def _names_known_registry(text: bytes, bundle: TrustBundle) -> bool:
    """Read the registry leniently: a forger need not write canonical JSON."""
    start = max(text.rfind(b"{", 0, text.index(_SCHEMA)), 0)
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
