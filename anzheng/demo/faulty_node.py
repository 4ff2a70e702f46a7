"""A node that cannot be relied on: an HTTP proxy that loses, delays, doubles, garbles and lies.

For demos and tests, on this machine only. What goes wrong is either scripted (`faults`: the next
requests of a method) or drawn from a seed (`chance`), so that every run can be repeated.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from typing_extensions import override

FORWARD_SECONDS: Final = 20.0
DELAY_SECONDS: Final = 0.3

NETWORK: Final = ("lose request", "lose answer", "503", "html", "garbage", "cut", "delay", "double")
"""Faults of the way: what arrives may be lost or damaged, and is never another truth."""

LIES: Final = (
    *("stale", "null", "error", "other hash"),
    *("receipt", "low nonce", "high nonce", "low height"),
)
"""Answers that are well formed and wrong."""

_FORGETS: Final = ("eth_getTransactionReceipt", "eth_getBlockByNumber", "eth_getLogs")
_HASHES: Final = ("hash", "blockHash", "stateRoot")
_HALF: Final = 2


@dataclass(frozen=True, slots=True)
class Chance:
    """What goes wrong by chance.

    Attributes:
        seed: The same seed and the same requests go wrong in the same way.
        percent: How many of a hundred requests do.
        kinds: Which faults there are.
    """

    seed: int
    percent: int
    kinds: Sequence[str] = NETWORK

    def fault(self, number: int) -> str:
        """Return what happens to the request of this number, "" for nothing."""
        drawn = sha256(f"{self.seed} {number}".encode()).digest()
        if int.from_bytes(drawn[:4], "big") % 100 >= self.percent:
            return ""
        return self.kinds[int.from_bytes(drawn[4:8], "big") % len(self.kinds)]


class FaultyNode(ThreadingHTTPServer):
    """Forwards JSON-RPC to a real node, except where it does not.

    Args:
        upstream: Address of the real node.

    Attributes:
        faults: What happens to the next requests of each method, in order.
        chance: What happens to the others.
        away: Whether the node answers nobody.
        delay: How long "delay" takes.
        asked: Every method that was asked, in order.
        done: How often each fault happened.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.faults: dict[str, list[str]] = {}
        self.chance: Chance | None = None
        self.away = False
        self.delay = DELAY_SECONDS
        self.asked: list[str] = []
        self.done: dict[str, int] = {}
        self._drawn = 0
        self._lock = threading.Lock()
        self._before: dict[bytes, list[Any]] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that are killed in the middle are what this is for."""

    def next_fault(self, method: str) -> str:
        """Return what happens to this request, and count it."""
        with self._lock:
            self.asked.append(method)
            fault = "lose request" if self.away else ""
            if not fault and self.faults.get(method):
                fault = self.faults[method].pop(0)
            elif not fault and self.chance is not None:
                self._drawn += 1
                fault = self.chance.fault(self._drawn)
            if fault:
                self.done[fault] = self.done.get(fault, 0) + 1
        return fault

    def forward(self, body: bytes) -> bytes:
        """Return what the real node answers."""
        address = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(
            str(address.hostname), address.port, timeout=FORWARD_SECONDS
        )
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def answer(self, asked: Mapping[str, Any], body: bytes, fault: str) -> bytes:
        """Return the node's answer, or what becomes of it."""
        answer = json.loads(self.forward(body))
        name = json.dumps([asked.get("method"), asked.get("params")]).encode()
        with self._lock:
            # What it said last time, and before that.
            said = self._before.setdefault(name, [])
            said.append(answer.get("result"))
            del said[:-_HALF]
        lie = _TELLS.get(fault)
        if lie is not None:
            lie(self, asked, answer, said)
        return json.dumps(answer).encode()

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Ask the real node."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return json.loads(self.forward(json.dumps(body).encode())).get("result")


@contextmanager
def faulty_node(upstream: str) -> Iterator[FaultyNode]:
    """Run a faulty node for the length of a block of code."""
    node = FaultyNode(upstream)
    try:
        yield node
    finally:
        node.close()


# -- lies: each changes the true answer in place

_Answer = dict[str, Any]
_Lie = Callable[[FaultyNode, Mapping[str, Any], _Answer, Sequence[Any]], None]


def _stale(
    _node: FaultyNode, _asked: Mapping[str, Any], answer: _Answer, said: Sequence[Any]
) -> None:
    """What was true when this was asked the last time."""
    if "result" in answer:
        answer["result"] = said[0]


def _null(
    _node: FaultyNode, asked: Mapping[str, Any], answer: _Answer, _said: Sequence[Any]
) -> None:
    """Nothing known of a receipt, a block or an event."""
    if asked.get("method") in _FORGETS:
        answer["result"] = None


def _error(
    _node: FaultyNode, _asked: Mapping[str, Any], answer: _Answer, _said: Sequence[Any]
) -> None:
    """An error of the node's own, whatever it did."""
    answer.pop("result", None)
    answer["error"] = {"code": -32603, "message": "internal error"}


def _other_hash(
    _node: FaultyNode, _asked: Mapping[str, Any], answer: _Answer, _said: Sequence[Any]
) -> None:
    """Another block than there is."""
    found = answer.get("result")
    if isinstance(found, dict):
        for name in _HASHES:
            if isinstance(found.get(name), str):
                found[name] = "0x" + sha256(found[name].encode()).hexdigest()


def _receipt(
    node: FaultyNode, asked: Mapping[str, Any], answer: _Answer, _said: Sequence[Any]
) -> None:
    """A receipt, with success, for a transaction that is in no block."""
    if asked.get("method") != "eth_getTransactionReceipt" or answer.get("result"):
        return
    newest = node.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON
    answer["result"] = {
        "transactionHash": asked["params"][0],
        "status": "0x1",
        "blockNumber": newest["number"],
        "blockHash": newest["hash"],
        "logs": [],
    }


def _moved(method: str, by: int) -> _Lie:
    def lie(
        _node: FaultyNode, asked: Mapping[str, Any], answer: _Answer, _said: Sequence[Any]
    ) -> None:
        if asked.get("method") == method and isinstance(answer.get("result"), str):
            answer["result"] = hex(max(0, int(answer["result"], 16) + by))

    return lie


_TELLS: Final[Mapping[str, _Lie]] = {
    "stale": _stale,
    "null": _null,
    "error": _error,
    "other hash": _other_hash,
    "receipt": _receipt,
    "low nonce": _moved("eth_getTransactionCount", -1),
    "high nonce": _moved("eth_getTransactionCount", 1),
    "low height": _moved("eth_blockNumber", -10),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet
    server: FaultyNode

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_POST(self) -> None:
        """Answer one request, or not."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parsed = json.loads(body)
        asked = parsed[0] if isinstance(parsed, list) else parsed
        fault = self.server.next_fault(str(asked["method"]))
        whole = {"503": (503, b""), "html": (200, b"<html>maintenance</html>")}
        if fault == "lose request":
            self.close_connection = True
        elif fault in whole:
            self._answer(*whole[fault])
        elif isinstance(parsed, list):
            self._answer(200, self.server.forward(body))
        else:
            self._pass_on(asked, body, fault)

    def _pass_on(self, asked: Mapping[str, Any], body: bytes, fault: str) -> None:
        if fault == "delay":
            time.sleep(self.server.delay)
        if fault == "double":
            self.server.forward(body)
        data = self.server.answer(asked, body, fault)
        if fault == "lose answer":
            self.close_connection = True
        elif fault == "garbage":
            self._answer(200, sha256(data).digest() + data[::-1])
        elif fault == "cut":
            self._answer(200, data[: len(data) // _HALF], said=len(data))
            self.close_connection = True
        else:
            self._answer(200, data)

    def _answer(self, status: int, data: bytes, said: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) if said is None else said))
        self.end_headers()
        self.wfile.write(data)
