"""HTTP exchanges that end in time: one deadline for connecting, TLS, headers and body together.

HTTP libraries offer a time-out for each read, which a server that drips one byte a second never
meets. Here every wait for the network is cut to what is left of the whole exchange.

Standard: RFC 9110; RFC 9112.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import httpcore
from httpcore import SOCKET_OPTION
from typing_extensions import override

from licence.errors import AnzhengError, Code

SCHEMES: Final = frozenset({b"http", b"https"})

_FAULTS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    ssl.SSLError,
)
_HUNG_UP: Final = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
_OPENED: Final[ContextVar[list[None]]] = ContextVar("opened")
"""Gets an entry for each connection that the request under way opens."""
_DEADLINE: Final[ContextVar[float]] = ContextVar("deadline")
"""Of the exchange that this thread is in; a connection serves one exchange at a time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes:
        status: HTTP status.
        kind: Media type without parameters, lower case.
        body: Everything, not decoded.
    """

    status: int
    kind: str
    body: bytes


class DeadlineHttp:
    """Keeps connections open and ends every exchange in time; any number of threads may use it.

    It follows no redirect, reads no proxy settings and unpacks nothing.

    Args:
        connections: Most that are open at once.
    """

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=connections,
            network_backend=_Network(),
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        content: bytes = b"",
        kind: str | None = None,
    ) -> Answer:
        """Send a request and return the whole answer.

        Args:
            method: `GET` or `POST`.
            url: http or https.
            seconds: For the whole exchange; the name look-up alone may take longer.
            max_bytes: Largest body.
            content: What is sent.
            kind: Media type of what is sent.

        Raises:
            AnzhengError: NOT_CHECKED, when there is no whole answer in time; TOO_LARGE;
                SETTINGS_INVALID for what is no such URL.
        """
        target = parse_url(url)
        headers = [(b"Accept-Encoding", b"identity")]
        if kind is not None:
            headers.append((b"Content-Type", kind.encode("ascii")))
        sent = content if method == "POST" else None
        limits = {"timeout": {"pool": seconds}}
        try:
            with _until(monotonic() + seconds):
                return self._exchange(
                    lambda: self._pool.stream(
                        method, target, headers=headers, content=sent, extensions=limits
                    ),
                    max_bytes,
                )
        except _FAULTS as error:
            fault = type(error).__name__
            raise AnzhengError(Code.NOT_CHECKED, "no answer in time", fault=fault) from error

    def _exchange(
        self, send: Callable[[], AbstractContextManager[httpcore.Response]], max_bytes: int
    ) -> Answer:
        # A server may close a kept connection while we take it up again: that is no answer, and
        # says nothing about the server. Each such connection is gone then, so there is an end.
        for _ in range(self._connections + 1):
            opened: list[None] = []
            token = _OPENED.set(opened)
            with ExitStack() as stack:
                try:
                    answer = stack.enter_context(send())
                except _HUNG_UP:
                    if opened:
                        raise
                    continue
                finally:
                    _OPENED.reset(token)
                return Answer(answer.status, _kind(answer.headers), _body(answer, max_bytes))
        raise httpcore.RemoteProtocolError("each kept connection was closed")


def parse_url(url: str) -> httpcore.URL:
    """Return an http or https URL taken apart.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    try:
        parsed = httpcore.URL(url)
    except (ValueError, UnicodeEncodeError) as error:
        raise AnzhengError(Code.SETTINGS_INVALID, "not a URL", url=url[:200]) from error
    if parsed.scheme not in SCHEMES or not parsed.host:
        raise AnzhengError(Code.SETTINGS_INVALID, "not an http or https URL", url=url[:200])
    return parsed


@contextmanager
def _until(deadline: float) -> Iterator[None]:
    token = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def _left(error: type[httpcore.TimeoutException]) -> float:
    left = _DEADLINE.get() - monotonic()
    if left <= 0:
        raise error("the time for the whole exchange is over")
    return left


def _body(answer: httpcore.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for part in answer.iter_stream():
        body += part
        if len(body) > max_bytes:
            raise AnzhengError(Code.TOO_LARGE, "the answer is too large", limit=max_bytes)
    return bytes(body)


def _kind(headers: Iterable[tuple[bytes, bytes]]) -> str:
    found = [value for name, value in headers if name.lower() == b"content-type"]
    return found[0].decode("latin-1").split(";")[0].strip().lower() if found else ""


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the exchange that uses it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(httpcore.WriteTimeout))

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
        left = _left(httpcore.ConnectTimeout)
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
        left = _left(httpcore.ConnectTimeout)
        _OPENED.get().append(None)
        return _Stream(
            self._plain.connect_tcp(host, port, left, local_address, socket_options or ())
        )
