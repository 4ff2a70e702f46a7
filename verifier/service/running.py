"""Runs the service: until it is told to stop, and then until what is under way is answered."""

import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn
from typing_extensions import override

from licence.errors import AnzhengError, Code
from verifier.service.app import create_service
from verifier.service.opening import Opened

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a proxy keeps an idle connection: it must be the one that closes."""

START_SECONDS: Final = 60.0


class Server(uvicorn.Server):
    """Tells the service at once that it is to stop, so that streams end and none begins."""

    def __init__(self, config: uvicorn.Config, opened: Opened) -> None:
        super().__init__(config)
        self._opened = opened

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._opened.gate.stop_asked.set()
        super().handle_exit(sig, frame)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._opened.gate.stop_asked.set()
        await super().shutdown(sockets)


def make_server(opened: Opened, host: str, port: int) -> Server:
    """Return a server that is ready to run."""
    settings = opened.settings
    config = uvicorn.Config(
        create_service(opened.parts),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    return Server(config, opened)


def run(opened: Opened, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        AnzhengError: CONFLICT when the port is taken.
    """
    leave_no_core()
    listener = listen(host, port)
    # The server raises the signal again when it has ended; by then all is done as it should be.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    opened.log.info("listening", host=host, port=listener.getsockname()[1])
    try:
        make_server(opened, host, port).run(sockets=[listener])
    finally:
        listener.close()
        opened.log.info("ended")


@contextmanager
def serving(opened: Opened, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread and give the address; for tests and measurements."""
    listener = listen(host, port)
    server = make_server(opened, host, port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    pause, waited = threading.Event(), 0.0
    while not server.started and waited < START_SECONDS and thread.is_alive():
        pause.wait(0.02)
        waited += 0.02
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def leave_no_core() -> None:
    """Let the kernel write nothing of this process to a disk: files of strangers are in it."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        AnzhengError: CONFLICT when the port is taken.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as exc:
        raise AnzhengError(Code.CONFLICT, f"port {port} is taken; choose another") from exc
