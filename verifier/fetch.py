"""One bounded HTTP request: so much time, so many bytes, no other host.

Standard: RFC 9110; research pdfsign 6 (server-side request forgery, unbounded answers).
"""

from dataclasses import dataclass
from time import monotonic
from typing import Final

import httpx

from licence.errors import AnzhengError, Code

TIMEOUT_SECONDS: Final = 10.0
"""Longest silence of a server."""
DEADLINE_SECONDS: Final = 30.0
"""Longest time for a whole answer: a server may not drip one for hours."""
_NOT_FOUND: Final = 404
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and whether the server called it 404."""

    body: bytes
    is_missing: bool

    @property
    def body_or_none(self) -> bytes | None:
        """The body, or None when there is no such thing."""
        return None if self.is_missing else self.body


def open_client(base_url: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client for one server that follows no redirect and reads no proxy settings.

    Raises:
        AnzhengError: REQUEST_INVALID, when `base_url` is not http or https with a host.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise AnzhengError(Code.REQUEST_INVALID, "not a URL", url=base_url[:200]) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise AnzhengError(Code.REQUEST_INVALID, "not an http or https URL", url=base_url[:200])
    return httpx.Client(
        base_url=url,
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        trust_env=False,
        # A packed answer could unpack to any size before it is counted.
        headers={"Accept-Encoding": "identity"},
        transport=transport,
    )


def fetch(client: httpx.Client, request: httpx.Request, *, max_bytes: int) -> Answer:
    """Send a request and return the answer, when it is 200 or 404.

    Args:
        client: From `open_client`.
        request: Built by that client.
        max_bytes: Largest body.

    Raises:
        AnzhengError: NOT_CHECKED, when the server is not reached, answers anything but 200 or
            404, or answers too much.
    """
    try:
        response = client.send(request, stream=True)
        try:
            return _body(response, max_bytes)
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise AnzhengError(Code.NOT_CHECKED, "the server was not reached") from error


def _body(response: httpx.Response, max_bytes: int) -> Answer:
    packed = response.headers.get("Content-Encoding", "identity") != "identity"
    if packed or response.status_code not in {_OK, _NOT_FOUND}:
        raise AnzhengError(
            Code.NOT_CHECKED, "the server did not answer properly", status=response.status_code
        )
    body = bytearray()
    begin = monotonic()
    for part in response.iter_bytes():
        body += part
        if monotonic() - begin > DEADLINE_SECONDS:
            raise AnzhengError(Code.NOT_CHECKED, "the server is too slow")
        if len(body) > max_bytes:
            raise AnzhengError(Code.NOT_CHECKED, "the answer is too large", max_bytes=max_bytes)
    return Answer(bytes(body), is_missing=response.status_code == _NOT_FOUND)
