"""The newest metrics of the monitor, in a file and over HTTP."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import final

from typing_extensions import override

from anzheng.files import write_durably
from licence.errors import AnzhengError, Code

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PATH = "/metrics"


@final
class MetricsOut:
    """Where metrics go; `show` replaces what was shown before.

    Args:
        file: A text file, replaced at once, for node_exporter.
        listen: `host:port` to serve `/metrics` at.

    Raises:
        AnzhengError: REQUEST_INVALID, for an address that cannot be listened at.
    """

    def __init__(self, file: Path | None, listen: str) -> None:
        self._file = file
        self._newest = b""
        self._server = _open(listen, lambda: self._newest) if listen else None
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int | None:
        """The port that is listened at."""
        return None if self._server is None else self._server.server_port

    def show(self, text: bytes) -> None:
        """Show these metrics from now on."""
        self._newest = text
        if self._file is not None:
            write_durably(self._file, text)

    def close(self) -> None:
        """Stop to listen."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _open(listen: str, newest: Callable[[], bytes]) -> ThreadingHTTPServer:
    host, _, port = listen.rpartition(":")
    try:
        return _Server((host or "127.0.0.1", int(port)), newest)
    except (ValueError, OSError, OverflowError) as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"cannot listen at {listen}: {error}") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], newest: Callable[[], bytes]) -> None:
        super().__init__(address, _Handler)
        self.newest = newest


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    # Who connects and says nothing holds a thread no longer than this.
    timeout = 10

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_GET(self) -> None:
        found = self.path == PATH
        body = self.server.newest() if found else b""
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
