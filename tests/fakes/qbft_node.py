"""A node of a QBFT network: anvil behind a proxy that dresses its blocks as Besu's.

State, receipts and proofs are anvil's; header, seals and block hash are those of a chain with four
validators. What anvil does not have, `qbft_getValidatorsByBlockNumber`, is answered here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.request import Request, urlopen

from typing_extensions import override

from anchor.chain.proof import read_header
from licence.formats import block_header, qbft, rlp
from licence.formats.block_header import COINBASE, DIFFICULTY, EXTRA, MIX, NONCE, UNCLES
from tests.fakes import qbft as chain
from tests.fakes.qbft import Sealing

VALIDATORS = chain.keys(4)
_FIELDS = {
    "sha3Uncles": UNCLES,
    "miner": COINBASE,
    "difficulty": DIFFICULTY,
    "extraData": EXTRA,
    "mixHash": MIX,
    "nonce": NONCE,
}


class QbftNode:
    """Answers for an anvil.

    Args:
        upstream: Address of the anvil.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.sets = [(0, Sealing(VALIDATORS))]
        """Who seals from which block on."""
        self.oldest_state = 0
        self.refused: list[str] = []
        self._hashes: dict[str, str] = {}
        self._upstreams: dict[str, str] = {}
        self._lock = Lock()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one JSON-RPC question."""
        method, params = question["method"], list(question.get("params", []))
        if method in self.refused:
            return self._says(question, error={"code": -32601, "message": "Method not found"})
        if method == "qbft_getValidatorsByBlockNumber":
            who = chain.addresses(self._sealing(_number(params[0])).validators)
            return self._says(question, result=[_hexed(one) for one in who])
        if method == "eth_getProof" and _number(params[2]) < self.oldest_state:
            fault = {"code": -32000, "message": "World state unavailable"}
            return self._says(question, error=fault)
        found = self._ask({**question, "params": self._undressed(method, params)})
        result = found.get("result")
        if method.startswith("eth_getBlockBy") and isinstance(result, dict):
            return {**found, "result": self._dressed(result)}
        if method == "eth_getTransactionReceipt" and isinstance(result, dict):
            logs = [self._renamed(log) for log in result.get("logs", [])]
            return {**found, "result": {**self._renamed(result), "logs": logs}}
        if method == "eth_getLogs" and isinstance(result, list):
            return {**found, "result": [self._renamed(log) for log in result]}
        return found

    def _undressed(self, method: str, params: list[Any]) -> list[Any]:
        """Return the parameters with the anvil's name of a block in place of ours."""
        if method == "eth_getBlockByHash":
            return [self._upstreams.get(params[0], params[0]), *params[1:]]
        if method == "eth_getLogs" and "blockHash" in params[0]:
            name = params[0]["blockHash"]
            return [{**params[0], "blockHash": self._upstreams.get(name, name)}]
        return params

    def _sealing(self, block: int) -> Sealing:
        return next(sealing for begins, sealing in reversed(self.sets) if begins <= block)

    def _dressed(self, block: dict[str, Any]) -> dict[str, Any]:
        number = _number(block["number"])
        if number == 0:
            return block
        fields = chain.header_fields(read_header(block), self._sealing(number))
        header = block_header.decode(rlp.dumps(fields))
        name = _hexed(qbft.hashed_form(header, qbft.decode_extra(header.extra)).digest())
        with self._lock:
            self._hashes[block["hash"]] = name
            self._upstreams[name] = block["hash"]
        changed = {key: _hexed(fields[place]) for key, place in _FIELDS.items()}
        return {**block, **changed, "difficulty": "0x1", "hash": name}

    def _renamed(self, item: dict[str, Any]) -> dict[str, Any]:
        there = item.get("blockHash")
        if there is None:
            return item
        if there not in self._hashes:
            question = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByHash"}
            self._dressed(self._ask({**question, "params": [there, False]})["result"])
        return {**item, "blockHash": self._hashes.get(there, there)}

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        request = Request(  # noqa: S310 - the loopback
            self.upstream, json.dumps(question).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=120) as answer:  # noqa: S310 - the loopback
            found: dict[str, Any] = json.load(answer)
        return found

    def _says(self, question: dict[str, Any], **said: object) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": question.get("id"), **said}


@contextmanager
def serving(node: QbftNode) -> Iterator[str]:
    """Serve a node on the loopback and return its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            question = json.loads(body)
            many = isinstance(question, list)
            said: object = [node.answer(each) for each in question] if many else None
            data = json.dumps(said if many else node.answer(question)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _hexed(data: bytes) -> str:
    return "0x" + data.hex()


def _number(text: str) -> int:
    return int(text, 16)
