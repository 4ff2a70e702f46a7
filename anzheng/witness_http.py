"""A witness behind HTTP: the log's side, and a small server for whoever runs one.

The server has one question (`POST <prefix>/add-checkpoint`) and, for people, its key at `/`. Its
bodies, silences and connections are bounded; TLS is for the proxy in front (docs/witness.md).

Standard: C2SP tlog-witness.
"""

import io
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Final

import httpx
import structlog
from typing_extensions import Buffer, override

from anchor import witness_wire as wire
from anchor.witness import Refusal, Witness
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import MAX_CHECKPOINT_BYTES, SignatureLine, WitnessKey
from licence.formats.verifier_key import encode_witness_key

log = structlog.get_logger()

TIMEOUT_SECONDS: Final = 5.0
"""Longest time for a whole answer of a witness."""

IDLE_SECONDS: Final = 15.0
"""A connection that is silent for so long is closed."""

QUESTION_SECONDS: Final = 30.0
"""A whole question must have come within this time, however it drips in."""

MAX_CONNECTIONS: Final = 64
TEXT: Final = "text/plain; charset=utf-8"
_MAX_DIGITS: Final = 10

_STATUS: Final = {
    Refusal.ORIGIN: HTTPStatus.NOT_FOUND,
    Refusal.KEY: HTTPStatus.FORBIDDEN,
    Refusal.SIZES: HTTPStatus.BAD_REQUEST,
    Refusal.OLD_SIZE: HTTPStatus.CONFLICT,
    Refusal.ROOT: HTTPStatus.CONFLICT,
    Refusal.PROOF: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_OTHER: Final = {
    Code.REQUEST_INVALID: HTTPStatus.BAD_REQUEST,
    Code.CHECKPOINT_SYNTAX: HTTPStatus.BAD_REQUEST,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

# -- the log's side


@dataclass(frozen=True, slots=True)
class HttpWitness:
    """Somebody else's witness; conforms to `anchor.ports.CheckpointWitness`.

    Nothing that it answers is believed: the log verifies the cosignature.

    Args:
        key: Its name and pinned public key.
        url: Its submission prefix.
        timeout_seconds: Longest time for a whole answer.
        transport: Another way to it, for tests.
    """

    key: WitnessKey
    url: str
    timeout_seconds: float = TIMEOUT_SECONDS
    transport: httpx.BaseTransport | None = None

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> SignatureLine:
        """Ask for a cosignature.

        Raises:
            AnzhengError: WITNESS_REFUSED, also when it is not reached or answers nonsense; fact
                `known_size` when it remembers another size.
        """
        body = wire.encode_question(old_size, proof, note)
        status, kind, answer = self._post(body)
        if status == HTTPStatus.CONFLICT and kind == wire.SIZE_TYPE:
            known = wire.read_size(answer)
            raise self._refused("another size was seen last", status, known_size=known)
        if status != HTTPStatus.OK:
            raise self._refused("the witness refused", status)
        try:
            lines = checkpoints.read_lines(answer)
        except AnzhengError as error:
            raise self._refused("not signature lines", status) from error
        mine = (self.key.name, self.key.key_id())
        for line in lines:
            if (line.name, line.key_id) == mine:
                return line
        raise self._refused("no signature of the pinned key", status)

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        """Ask on a connection of its own: one question a batch keeps none open."""
        begin, answer = monotonic(), bytearray()
        try:
            with (
                httpx.Client(
                    timeout=self.timeout_seconds,
                    follow_redirects=False,
                    trust_env=False,
                    headers={"Accept-Encoding": "identity"},
                    transport=self.transport,
                ) as client,
                client.stream(
                    "POST",
                    self.url.rstrip("/") + wire.PATH,
                    content=body,
                    headers={"Content-Type": TEXT},
                ) as response,
            ):
                if "Content-Encoding" in response.headers:
                    raise self._refused("a packed answer", response.status_code)
                for part in response.iter_bytes():
                    answer += part
                    late = monotonic() - begin > self.timeout_seconds
                    if late or len(answer) > MAX_CHECKPOINT_BYTES:
                        raise self._refused("too slow or too long an answer", None)
                kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
                return response.status_code, kind, bytes(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._refused("the witness was not reached", None) from error

    def _refused(
        self, message: str, status: int | None, *, known_size: int | None = None
    ) -> AnzhengError:
        facts = {} if known_size is None else {"known_size": known_size}
        return AnzhengError(
            Code.WITNESS_REFUSED, message, witness=self.key.name, status=status, **facts
        )


# -- the witness's side


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: HTTPStatus
    kind: str
    body: bytes


def answer(witness: Witness, body: bytes) -> Answer:
    """Answer one question; nothing but the standard's statuses leaves here."""
    try:
        asked = wire.read_question(body)
        line = witness.add_checkpoint(asked.old_size, asked.proof, asked.note)
    except AnzhengError as error:
        known = error.facts.get("known_size")
        refusal = error.facts.get("refusal")
        log.warning("witness_refused", code=error.code.value, refusal=refusal)
        if isinstance(known, int):
            return Answer(HTTPStatus.CONFLICT, wire.SIZE_TYPE, wire.encode_size(known))
        if error.code is Code.WITNESS_REFUSED and isinstance(refusal, str):
            return _said(_STATUS[Refusal(refusal)], error)
        # What is wrong with our own memory or disk is nothing that the asker can cure.
        return _said(_OTHER.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR), error)
    log.info("witness_cosigned", old_size=asked.old_size)
    return Answer(HTTPStatus.OK, TEXT, checkpoints.encode_lines([line]))


def _said(status: HTTPStatus, error: AnzhengError) -> Answer:
    return Answer(status, TEXT, f"{error.code.value}: {error.message}\n".encode())


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness, with a thread a connection and a limit of both.

    Args:
        address: Host and port; port 0 takes a free one.
        witness: Who answers.
        prefix: What the path begins with.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], witness: Witness, prefix: str = "") -> None:
        self.witness = witness
        self.path = prefix.rstrip("/") + wire.PATH
        self.free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The submission prefix."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}{self.path.removesuffix(wire.PATH)}"

    @override
    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as socketserver has it
        if not self.free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    @override
    def process_request_thread(self, request, client_address) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the same
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        log.info("connection_broken")


class _Bounded(io.RawIOBase):
    """What comes in over a connection, up to a moment."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self.end = 0.0

    @override
    def readable(self) -> bool:
        """Say yes."""
        return True

    @override
    def readinto(self, buffer: Buffer) -> int:
        """Read what is there, if it is there in time."""
        left = self.end - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(IDLE_SECONDS, left))
        return self._connection.recv_into(memoryview(buffer))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "anzheng-witness"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: WitnessServer

    @override
    def setup(self) -> None:
        super().setup()
        self._bounded = _Bounded(self.connection)
        self.rfile = io.BufferedReader(self._bounded)

    @override
    def handle_one_request(self) -> None:
        self._bounded.end = monotonic() + QUESTION_SECONDS
        super().handle_one_request()

    def do_POST(self) -> None:
        """Answer a question."""
        length = self.headers.get("Content-Length", "")
        if self.path != self.server.path:
            self._close(HTTPStatus.NOT_FOUND)
        elif not length.isascii() or not length.isdigit():
            self._close(HTTPStatus.LENGTH_REQUIRED)
        # Zeros in front may make any number as long as they like.
        elif len(length) > _MAX_DIGITS or int(length) > wire.MAX_QUESTION_BYTES:
            self._close(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                self._send(answer(self.server.witness, body))
            else:
                self.close_connection = True

    def do_GET(self) -> None:
        """Tell people who this is."""
        if self.path not in {"/", self.server.path.removesuffix(wire.PATH) or "/"}:
            self._close(HTTPStatus.NOT_FOUND)
            return
        key = self.server.witness.key
        value = {"witness": key.name, "verifier_key": encode_witness_key(key)}
        self._send(Answer(HTTPStatus.OK, "application/json", json.dumps(value).encode()))

    def _close(self, status: HTTPStatus) -> None:
        """Refuse without reading a body: the connection is of no more use."""
        self.close_connection = True
        self._send(Answer(status, TEXT, f"{status.phrase}\n".encode()))

    def _send(self, said: Answer) -> None:
        self.send_response(said.status)
        self.send_header("Content-Type", said.kind)
        self.send_header("Content-Length", str(len(said.body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(said.body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is asked is logged where it is answered."""


@contextmanager
def serving(server: WitnessServer) -> Iterator[WitnessServer]:
    """Serve in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
