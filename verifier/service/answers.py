"""How public bytes are answered: strong ETags, conditional requests, cache rules, gzip.

An ETag is the SHA-256 of what is sent, so that every process and a static copy agree on it. Bytes
that are signed may be kept as long as they help: their own dates say what they are worth. What is
only our word is kept for seconds.

Standard: RFC 9110, 8.8.3, 12.5.3, 13.1.2; RFC 9111, 5.2.2; RFC 5861; RFC 8246.
"""

import gzip
import json
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from typing import Final

from fastapi import Request
from fastapi.responses import Response

JSON: Final = "application/json"
CBOR: Final = "application/cbor"
OCTETS: Final = "application/octet-stream"
TEXT: Final = "text/plain; charset=utf-8"

MIN_PACKED_BYTES: Final = 1024
"""Below this gzip saves no packet."""

GZIP_LEVEL: Final = 6

_PACKABLE: Final = ("application/json", "text/", "application/statuslist+jwt")
"""Lists as CWT, evidence and certificates are compressed already, or as good as random."""


@unique
class Caching(StrEnum):
    """For how long an answer may be kept."""

    IMMUTABLE = "public, max-age=31536000, immutable"
    """Its address is its digest."""
    VERSIONED = "public, max-age=3600"
    """Its address is a version; a restored backup could give one twice."""
    SIGNED = "public, max-age=30, stale-if-error=86400"
    """Signed, and says itself how old it is."""
    HEAD = "public, max-age=5"
    """The newest checkpoint of a log."""
    WORD = "public, max-age=10"
    """Our word at this moment, which nobody signed."""
    CERTIFICATES = "public, max-age=300, no-transform, must-revalidate"
    """Certificates, revocation lists and OCSP answers (RFC 5019, 6.2)."""
    ASK = "no-cache"
    """May be kept, but each time it is asked whether there is a newer one."""
    NEVER = "no-store"


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes with their type and tag."""

    data: bytes
    media_type: str
    tag: str

    @property
    def is_packable(self) -> bool:
        """Whether gzip makes it smaller."""
        return len(self.data) >= MIN_PACKED_BYTES and self.media_type.startswith(_PACKABLE)


def body_of(data: bytes, media_type: str) -> Body:
    """Return bytes as a body."""
    return Body(data, media_type, sha256(data).hexdigest())


def encoded(value: object) -> bytes:
    """Return a value as the JSON that is sent, the same from every process."""
    return json.dumps(value, ensure_ascii=False).encode()


def json_body(value: object) -> Body:
    """Return a value as a body."""
    return body_of(encoded(value), JSON)


def answer(
    request: Request, body: Body, caching: Caching, *, vary: tuple[str, ...] = ()
) -> Response:
    """Answer with a body, or with 304 when the asker has it.

    Args:
        request: Whose conditions and encodings count.
        body: What to send.
        caching: For how long it may be kept.
        vary: Request headers on which the choice of this body depended.
    """
    packed = body.is_packable and _takes_gzip(request.headers.get("accept-encoding", ""))
    if body.is_packable:
        vary = (*vary, "Accept-Encoding")
    tag = f'"{body.tag}-gzip"' if packed else f'"{body.tag}"'
    headers = {"ETag": tag, "Cache-Control": caching.value}
    if vary:
        headers["Vary"] = ", ".join(vary)
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    if not packed:
        return Response(body.data, media_type=body.media_type, headers=headers)
    headers["Content-Encoding"] = "gzip"
    # Without a time inside, every process packs to the same bytes.
    data = gzip.compress(body.data, GZIP_LEVEL, mtime=0)
    return Response(data, media_type=body.media_type, headers=headers)


def _matches(condition: str | None, tag: str) -> bool:
    """Compare weakly, as RFC 9110, 13.1.2 demands."""
    if condition is None:
        return False
    tags = {one.strip().removeprefix("W/") for one in condition.split(",")}
    return "*" in tags or tag in tags


def _takes_gzip(accepted: str) -> bool:
    return quality(accepted, "gzip") > 0


def quality(header: str, wanted: str, *ranges: str) -> float:
    """Return how much a list such as `a;q=0.5, */*;q=0.1` likes something; 0 is not at all.

    Args:
        header: `Accept` or `Accept-Encoding`.
        wanted: The exact name.
        ranges: Wider names that count when the exact one is not there, the closest first.
    """
    likes: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        likes[name] = _weight(parameters)
    return next((likes[name] for name in (wanted, *ranges) if name in likes), 0.0)


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
