"""One node's answers are bounded in size, depth and time, and taken in one shape only."""

import gzip
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from anchor.chain import node as nodes
from anchor.chain.node import Node, parse
from licence.errors import AnzhengError, Code
from tests.fakes.refusal import refuses

Speak = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Server(threading.Thread):
    """Answers every request on every connection by the same bytes, or however it is told to."""

    def __init__(self, speak: Speak, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(daemon=True)
        self.speak = speak
        self.tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.start()

    @override
    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), self.secured(accepted) as connection:
            stream = connection.makefile("rb")
            head = b""
            while line := stream.readline():
                head += line
                if line == b"\r\n":
                    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
                    self.requests.append(head + stream.read(length))
                    self.speak(connection)
                    head = b""

    def secured(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        with connection:
            return self.tls.wrap_socket(connection, server_side=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"


@contextmanager
def serving(speak: Speak, timeout: float = 2.0) -> Iterator[tuple[Server, Node]]:
    server = Server(speak)
    node = Node(server.url, timeout_seconds=timeout)
    try:
        yield server, node
    finally:
        node.close()
        server.listener.close()


def saying(body: bytes, head: bytes = HEAD) -> Speak:
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return lambda connection: connection.sendall(whole)


def result(value: object, number: int = 1) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": value}).encode()


def test_answers_come_over_one_connection() -> None:
    numbers = iter(range(1, 10))

    def speak(connection: socket.socket) -> None:
        saying(result("0x5", next(numbers)))(connection)

    with serving(speak) as (server, node):
        assert [node.quantity("eth_blockNumber") for _ in range(3)] == [5, 5, 5]
        assert server.connections == 1


def test_a_connection_that_the_server_closed_is_opened_anew() -> None:
    numbers = iter(range(1, 10))

    def speak(connection: socket.socket) -> None:
        saying(result("0x5", next(numbers)))(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(speak) as (server, node):
        assert node.quantity("eth_blockNumber") == 5
        # Until its end has come here: nothing else comes unasked.
        select.select([node._poster._connection.sock], [], [], 30)
        assert node.quantity("eth_blockNumber") == 5
        assert server.connections == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>maintenance</html>",
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":2,"result":"0x5"}',
        b'{"jsonrpc":"2.0","id":1,"result":NaN}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x5"',
        b'\xff{"id":1}',
        b'{"id":1,"result":' + b"9" * 5_000 + b"}",
        b'{"id":1,"error":"no"}',
        b'{"id":1,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(12),
)
def test_what_is_no_answer_is_unavailable(body: bytes) -> None:
    with serving(saying(body)) as (server, node), refuses(Code.CHAIN_UNAVAILABLE):
        node.ask("eth_blockNumber")
    assert len(server.requests) == 1, "nothing is asked again"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 503 Busy\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n",
        b"HTTP/1.1 404 Not Found\r\n",
        b"SMTP ready\r\n",
    ],
    ids=range(4),
)
def test_only_200_is_an_answer_and_nothing_is_followed(head: bytes) -> None:
    with serving(saying(result("0x5"), head)) as (_, node), refuses(Code.CHAIN_UNAVAILABLE):
        node.ask("eth_blockNumber")


def test_packed_answers_are_refused() -> None:
    packed = saying(gzip.compress(result("0x5")), HEAD + b"Content-Encoding: gzip\r\n")
    with serving(packed) as (_, node), refuses(Code.CHAIN_UNAVAILABLE):
        node.ask("eth_blockNumber")


def test_answers_that_are_too_large_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MAX_ANSWER_BYTES", 100_000)

    def speak(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(b" " * 65_536)

    with serving(speak) as (_, node), pytest.raises(AnzhengError) as caught:
        node.ask("eth_getLogs")
    assert caught.value.code is Code.CHAIN_UNAVAILABLE
    assert caught.value.facts["too_large"] is True


def drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize(
    "begin",
    [b"", b"HTTP/1.1 200 OK\r\nX-A: ", HEAD + b"Content-Length: 100\r\n\r\n"],
    ids=["status", "header", "body"],
)
def test_a_node_that_drips_its_answer_is_not_waited_for(begin: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(begin)
        drip(connection, b"HTTP/1.1 200 OK" + b"a" * 200)

    began = time.monotonic()
    with serving(speak, timeout=0.3) as (_, node), refuses(Code.CHAIN_UNAVAILABLE):
        node.ask("eth_blockNumber")
    assert time.monotonic() - began < 6, "all of it would take ten seconds"


def test_what_a_node_says_is_kept_short_and_printable() -> None:
    error = {"code": -32000, "message": "\x1b[31mno\n" + "x" * 10_000}
    body = json.dumps({"id": 1, "error": error}).encode()
    with serving(saying(body)) as (_, node), pytest.raises(AnzhengError) as caught:
        node.ask("eth_call")
    message = str(caught.value.facts["rpc_message"])
    assert message.isprintable()
    assert len(message) <= 200
    assert caught.value.facts["rpc_code"] == -32000


def test_reverted_calls_carry_the_reason() -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0xdeadbeef" + "00" * 32}
    body = json.dumps({"id": 1, "error": error}).encode()
    with serving(saying(body)) as (_, node), pytest.raises(AnzhengError) as caught:
        node.ask("eth_estimateGas")
    assert caught.value.code is Code.CHAIN_REVERTED
    assert caught.value.facts["revert"] == "0xdeadbeef"


def test_credentials_are_sent_and_never_shown() -> None:
    with serving(saying(result("0x5"))) as (server, _):
        port = server.url.rpartition(":")[2]
        for node, sent in (
            (Node(f"http://us%65r:pass@127.0.0.1:{port}/rpc?k=1"), b"Basic dXNlcjpwYXNz"),
            (Node(server.url, token="secret"), b"Bearer secret"),
        ):
            node.ask("eth_blockNumber")
            assert sent in server.requests[-1]
            assert node.name == f"127.0.0.1:{port}"
            node.close()
        assert b"POST /rpc?k=1 HTTP/1.1" in server.requests[0]


def certificate(name: x509.GeneralName, folder: Path) -> Path:
    """Write a key and a certificate that signs itself, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), 1, begin, begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "node.pem"
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("address", "known", "answers"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False)],
    ids=["pinned", "unknown authority", "another address"],
)
def test_a_node_behind_tls_must_have_the_certificate_that_is_expected(
    tmp_path: Path,
    address: str,
    known: bool,  # noqa: FBT001
    answers: bool,  # noqa: FBT001
) -> None:
    file = certificate(x509.IPAddress(ip_address(address)), tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    server = Server(saying(result("0x5")), context)
    url = server.url.replace("http://", "https://")
    node = Node(url, timeout_seconds=2, ca=file if known else None)
    if answers:
        assert node.quantity("eth_blockNumber") == 5
    else:
        with refuses(Code.CHAIN_UNAVAILABLE):
            node.quantity("eth_blockNumber")
        assert not server.requests, "not even the question is sent"
    node.close()
    server.listener.close()


@pytest.mark.parametrize(
    "url", ["", "node.example:8545", "ftp://node/", "http://", "http://a:99999/", "file:///etc"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with refuses(Code.SETTINGS_INVALID):
        Node(url)


def test_a_certificate_authority_that_is_none_is_named(tmp_path: Path) -> None:
    with refuses(Code.SETTINGS_INVALID):
        Node("https://node.example/", ca=tmp_path / "none.pem")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=30,
    )
)
def test_depth_is_counted_as_the_parser_sees_it(value: object) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    deep = depth(value)
    if deep > nodes.MAX_DEPTH:
        with pytest.raises(ValueError, match="deep"):
            parse(data)
    else:
        assert parse(data) == value
    wrapped = b"[" * 30 + data + b"]" * 30
    with pytest.raises(ValueError, match="deep"):
        parse(wrapped)


def depth(value: object) -> int:
    inner: list[object] = []
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    else:
        return 0
    return 1 + max((depth(each) for each in inner), default=0)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused_at_once(data: bytes) -> None:
    with suppress(ValueError):
        parse(data)
