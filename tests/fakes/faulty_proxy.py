"""An HTTP proxy between us and a node that loses requests and answers, on this machine only."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from typing_extensions import override

JSON = {"Content-Type": "application/json"}


class FaultyProxy(ThreadingHTTPServer):
    """Forwards JSON-RPC; `faults[method]` lists what happens to the next requests."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.faults: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def forward(self, body: bytes) -> bytes:
        return httpx.post(self.upstream, content=body, headers=JSON, timeout=20).content

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyProxy

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        method = str(json.loads(body)["method"])
        self.server.asked.append(method)
        waiting = self.server.faults.get(method, [])
        fault = waiting.pop(0) if waiting else ""
        if fault == "503":
            self._answer(503, b"")
        elif fault == "html":
            self._answer(200, b"<html>maintenance</html>")
        elif fault == "lose request":
            self.close_connection = True
        elif fault == "lose answer":
            self.server.forward(body)
            self.close_connection = True
        else:
            self._answer(200, self.server.forward(body))

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
