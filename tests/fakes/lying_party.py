"""A server that falls silent, breaks, or lies: registry, list host and chain node for verifiers.

    with lying_party() as party:
        party.serve["/v1/evidence/ab"] = data
        party.fault = "drip head"

`fault` says what becomes of answers under `only`; `lies` holds what is said there instead.
"""

import gzip
import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from typing_extensions import override

SILENT: Final = (
    *("hang", "refuse", "reset", "close", "500", "503", "redirect", "truncated"),
    *("huge", "drip head", "drip body", "gzip bomb", "not HTTP"),
)
"""What says nothing, in many ways."""

RUBBISH: Final = ("html", "empty", "garbage", "short")
"""Whole answers that are not what was asked for."""

HARMLESS: Final = ("wrong type",)
"""Strange, and the bytes are right."""

HANG_SECONDS: Final = 600.0
"""Far longer than any client waits; the party's end ends it."""
DRIP_SECONDS: Final = 0.2
DRIPS: Final = 2_000
"""Octets that drip, in all for longer than any client waits."""
HUGE: Final = 34 << 20
_BOMB: Final = gzip.compress(bytes(8 << 20))

Node = Callable[[str, list[object]], object]
"""Returns the result of a JSON-RPC method with its parameters."""


class LyingParty(ThreadingHTTPServer):
    """Serves what it is given, except where it does not.

    Attributes:
        serve: Bodies by path.
        folder: Files that are served too, if any.
        node: Answers JSON-RPC.
        fault: What goes wrong, "" for nothing.
        only: Beginning of the paths of which that holds.
        lies: What is said in place of the truth, by path; None is 404.
        asked: Every path.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.serve: dict[str, bytes] = {}
        self.folder: Path | None = None
        self.node: Node | None = None
        self.fault, self.only = "", "/"
        self.lies: Mapping[str, bytes | None] = {}
        self.asked: list[str] = []
        self.over = Event()
        # Bound and not listening: who connects is refused.
        self._nobody = socket.socket()
        self._nobody.bind(("127.0.0.1", 0))
        self._thread = Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address; nobody's, while it refuses."""
        port = self._nobody.getsockname()[1] if self.fault == "refuse" else self.server_port
        return f"http://127.0.0.1:{port}"

    def behave(
        self, fault: str = "", only: str = "/", lies: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Do this from now on."""
        self.fault, self.only, self.lies = fault, only, lies or {}
        self.asked.clear()

    def truth(self, path: str) -> bytes | None:
        """Return what it should answer, or what it says instead."""
        if path in self.lies:
            return self.lies[path]
        if path in self.serve:
            return self.serve[path]
        place = self.folder / path.lstrip("/") if self.folder is not None else None
        return place.read_bytes() if place is not None and place.is_file() else None

    def close(self) -> None:
        """Stop, and let go of whoever waits."""
        self.over.set()
        self.shutdown()
        self.server_close()
        self._nobody.close()
        self._thread.join()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up on this server on purpose."""


@contextmanager
def lying_party() -> Iterator[LyingParty]:
    """Run one for the length of a block."""
    party = LyingParty()
    try:
        yield party
    finally:
        party.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LyingParty

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_GET(self) -> None:
        """Answer a file."""
        path = self.path.partition("?")[0]
        self._respond(path, self.server.truth(path))

    def do_POST(self) -> None:
        """Answer a question about a chain."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        node = self.server.node
        result = node(str(asked["method"]), asked["params"]) if node is not None else None
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": result}
        self._respond("/rpc", json.dumps(answer).encode())

    def _respond(self, path: str, truth: bytes | None) -> None:
        self.server.asked.append(path)
        fault = self.server.fault if path.startswith(self.server.only) else ""
        self.close_connection = True
        body = truth or b""
        with suppress(OSError):
            if not fault or fault in (*RUBBISH, *HARMLESS):
                self._say(fault, truth)
            elif fault in {"hang", "drip head", "drip body", "not HTTP"}:
                self._be_slow(fault)
            elif fault in {"reset", "close", "truncated"}:
                self._break(fault, body)
            else:
                self._refuse(fault, body)

    def _say(self, fault: str, truth: bytes | None) -> None:
        body = truth if truth is not None else b"{}"
        said = {
            "html": b"<html>Welcome to the hotel WLAN</html>",
            "empty": b"",
            "garbage": sha256(body).digest() * 9,
            "short": body[: len(body) // 2],
        }.get(fault, body)
        kind = "text/html; charset=utf-16" if fault in {"html", "wrong type"} else "text/plain"
        self._whole(404 if truth is None and fault not in RUBBISH else 200, said, kind)

    def _be_slow(self, fault: str) -> None:
        if fault == "hang":
            self.server.over.wait(HANG_SECONDS)
        elif fault == "not HTTP":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        elif fault == "drip head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * DRIPS)
        else:
            self._head(200, DRIPS)
            self._drip(bytes(DRIPS))

    def _drip(self, data: bytes) -> None:
        for octet in data:
            self.wfile.write(bytes((octet,)))
            if self.server.over.wait(DRIP_SECONDS):
                return

    def _break(self, fault: str, body: bytes) -> None:
        if fault != "close":
            self._head(200, len(body) + 1)
            self.wfile.write(body)
        if fault == "reset":
            # RST, not FIN.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _refuse(self, fault: str, body: bytes) -> None:
        if fault == "redirect":
            self._whole(302, body, "text/plain", Location=f"{self.server.url}/elsewhere")
        elif fault == "gzip bomb":
            self._whole(200, _BOMB, "text/plain", **{"Content-Encoding": "gzip"})
        elif fault == "huge":
            self._head(200, HUGE)
            part = bytes(1 << 20)
            for _ in range(HUGE >> 20):
                self.wfile.write(part)
        else:
            self._whole(int(fault), body, "application/problem+json")

    def _whole(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self._head(status, len(body), kind, **headers)
        self.wfile.write(body)

    def _head(self, status: int, length: int, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
