"""A timestamp authority on this machine that misbehaves as it is told."""

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from typing_extensions import override

from licence.formats.timestamp import decode_request
from licence.ids import Digest

REPLY = "application/timestamp-reply"
SILENT_SECONDS = 300
"""Far longer than any client waits; the server's end ends it."""
DRIP_SECONDS = 0.1
"""Between two of a thousand octets."""
Responder = Callable[[bytes], bytes]

_ANSWERS = {
    "500": (500, "text/plain", b"busy"),
    "redirect": (302, "text/plain", b"elsewhere"),
    "html": (200, "text/html", b"<html>maintenance</html>"),
    "huge": (200, REPLY, bytes(4 << 20)),
}


class FaultyTsa(ThreadingHTTPServer):
    """Answers by `respond`; `fault` happens to all requests, `faults` to the first for a digest.

    Faults: "silent", "drip head", "drip body", "500", "html", "huge", "cut", "reset", "redirect".
    """

    daemon_threads = True

    def __init__(self, respond: Responder, fault: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.fault = fault
        self.faults: dict[Digest, str] = {}
        self.asked = 0
        self.connections = 0
        self.lock = Lock()
        self.over = Event()
        self._thread = Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/tsr"

    def next_fault(self, body: bytes) -> str:
        with self.lock:
            self.asked += 1
            if not self.faults:
                return self.fault
            return self.faults.pop(decode_request(body)[0], self.fault)

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up on this server on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultyTsa

    @override
    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.server.next_fault(body)
        self.close_connection = bool(fault)
        if fault in ("silent", "drip head", "drip body"):
            self._be_slow(fault)
        elif fault in ("cut", "reset"):
            self._stop_midway(fault)
        else:
            status, kind, answer = _ANSWERS.get(fault, (200, REPLY, b""))
            self._answer(status, kind, answer or self.server.respond(body))

    def _be_slow(self, fault: str) -> None:
        if fault == "silent":
            self.server.over.wait(SILENT_SECONDS)
        elif fault == "drip head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000)
        else:
            self._head(200, REPLY, 1000)
            self._drip(bytes(1000))

    def _stop_midway(self, fault: str) -> None:
        self._head(200, REPLY, 1000)
        self.wfile.write(bytes(500))
        if fault == "reset":
            # RST, not FIN.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _drip(self, data: bytes) -> None:
        for octet in data:
            self.wfile.write(bytes((octet,)))
            if self.server.over.wait(DRIP_SECONDS):
                return

    def _head(self, status: int, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self._head(status, kind, len(body))
        self.wfile.write(body)
