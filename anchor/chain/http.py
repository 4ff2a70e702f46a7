"""One bounded HTTP request at a time: so many bytes, and so much time for the whole of it.

A time limit for each read, as libraries have it, lets a server send a byte now and then for ever.
Nothing is repeated here, no redirect is followed, no proxy is read from the environment.

Standard: RFC 9110, 9112.
"""

import base64
import http.client
import io
import select
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final, final
from urllib.parse import SplitResult, unquote, urlsplit

from typing_extensions import override

from licence.errors import AnzhengError, Code

CHUNK: Final = 1 << 16

_OK: Final = 200


class TooLargeError(ValueError):
    """The answer has more bytes than it may have."""


@final
class Poster:
    """Posts to one address and keeps the connection; one thread at a time.

    Args:
        url: http or https; may carry a path, and a user with password.
        timeout_seconds: Longest time from the first byte sent to the last one received.
        max_bytes: Largest answer.
        ca: Certificate authority of the server, PEM; none = those of the system.
        token: Bearer token; "" = none.

    Raises:
        AnzhengError: SETTINGS_INVALID, for a URL or `ca` that cannot be used.
    """

    def __init__(
        self, url: str, *, timeout_seconds: float, max_bytes: int, ca: Path | None, token: str
    ) -> None:
        parts = _split(url)
        self.host = f"{parts.hostname}:{_port(parts)}"
        self._timeout = timeout_seconds
        self._max_bytes = max_bytes
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = _headers(parts, token)
        self._connection = _connection(parts, timeout_seconds, ca)

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._connection.close()

    def post(self, body: bytes) -> bytes:
        """Return the answer to a JSON text.

        Raises:
            OSError: When the server is not reached, or not in time.
            http.client.HTTPException: When it does not speak HTTP.
            TooLargeError: When it answers too much.
            ValueError: When it answers anything but 200.
        """
        whole = False
        try:
            answer = self._exchange(body)
            whole = True
        finally:
            if not whole:
                self._connection.close()
        return answer

    def _exchange(self, body: bytes) -> bytes:
        end, connection = monotonic() + self._timeout, self._connection
        if connection.sock is not None:
            if _is_closed(connection.sock):
                connection.close()
            else:
                connection.sock.settimeout(self._timeout)
        connection.response_class = _until(end)  # type: ignore[assignment]
        connection.request("POST", self._path, body, self._headers)
        with connection.getresponse() as response:
            return self._body(response)

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        if response.status != _OK:
            raise ValueError(f"HTTP status {response.status}")
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise ValueError("a packed answer")
        # To the end also when it is empty: then the connection can serve again.
        answer = bytearray()
        while part := response.read(CHUNK):
            answer += part
            if len(answer) > self._max_bytes:
                raise TooLargeError("the answer is too large")
        return bytes(answer)


class _Reader(io.RawIOBase):
    """Reads a socket, but not past a moment."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._end = end

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class _Limited:
    """A socket as `HTTPResponse` wants it."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._end = end

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what reads the response."""
        return io.BufferedReader(_Reader(self._sock, self._end))


def _until(end: float) -> Callable[..., http.client.HTTPResponse]:
    def make(sock: socket.socket, method: str | None = None) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Limited(sock, end), method=method)  # type: ignore[arg-type]

    return make


def _is_closed(sock: socket.socket) -> bool:
    """Say whether an idle connection was closed by the server, or has what nobody asked for."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and _port(parts):
            return parts
    except ValueError:
        pass
    raise AnzhengError(Code.SETTINGS_INVALID, "the address of a node is no http(s) URL")


def _port(parts: SplitResult) -> int:
    return parts.port or {"http": 80, "https": 443}[parts.scheme]


def _headers(parts: SplitResult, token: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    elif parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers


def _connection(parts: SplitResult, timeout: float, ca: Path | None) -> http.client.HTTPConnection:
    host, port = str(parts.hostname), _port(parts)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise AnzhengError(
            Code.SETTINGS_INVALID, "the certificate authority of a node cannot be read", ca=str(ca)
        ) from error
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
