"""One bounded HTTP request: so much time, so many bytes, no other host.

An HTTP library limits each wait for the network, which a server that drips a byte a second never
exceeds. Here every wait is cut to what is left of the whole exchange, its headers included.
`signer.deadline_http` does the same for the signer: the two folders do not know each other.

Standard: RFC 9110; research pdfsign 6 (server-side request forgery, unbounded answers).
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import httpcore
import httpx
from httpcore import SOCKET_OPTION
from typing_extensions import override

from licence.errors import AnzhengError, Code

TIMEOUT_SECONDS: Final = 10.0
"""Longest silence of a server."""
DEADLINE_SECONDS: Final = 30.0
"""Longest time for a whole answer: a server may not drip one for hours."""
_IDLE_SECONDS: Final = 5.0
"""A connection that was not used for so long is not used again."""
_NOT_FOUND: Final = 404
_OK: Final = 200
_NEVER: Final = float("inf")
_UNTIL: Final[ContextVar[float]] = ContextVar("until", default=_NEVER)
"""When the time of what this thread is at is over."""


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
        transport=transport or _Transport(),
    )


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give everything in this block that is fetched so much time together, or what is left."""
    token = _UNTIL.set(min(_UNTIL.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _UNTIL.reset(token)


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
        with within(DEADLINE_SECONDS):
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
    for part in response.iter_bytes():
        body += part
        if monotonic() > _UNTIL.get():
            raise AnzhengError(Code.NOT_CHECKED, "the server is too slow")
        if len(body) > max_bytes:
            raise AnzhengError(Code.NOT_CHECKED, "the answer is too large", max_bytes=max_bytes)
    return Answer(bytes(body), is_missing=response.status_code == _NOT_FOUND)


class _Transport(httpx.HTTPTransport):
    """httpx's own, over connections whose every wait ends in time."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Network(),
        )


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    if (until := _UNTIL.get()) == _NEVER:
        return timeout
    left = until - monotonic()
    if left <= 0:
        raise error("the time for the whole exchange is over")
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the exchange that uses it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Opens such connections."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(
            self._plain.connect_tcp(host, port, left, local_address, socket_options or ())
        )
