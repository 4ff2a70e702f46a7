"""Runs the HTTP API: in the foreground for `anzheng serve`, in a thread for the demo and tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from licence.errors import AnzhengError, Code

START_SECONDS = 20.0
STOP_SECONDS = 10.0

KEEP_ALIVE_SECONDS = 75
"""Longer than a proxy keeps an idle connection: it must be the one that closes."""


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until interrupted."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


@contextmanager
def serving(app: FastAPI, host: str, port: int) -> Iterator[str]:
    """Serve in a thread and give the address; port 0 takes a free one.

    Raises:
        AnzhengError: CONFLICT when the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise AnzhengError(Code.CONFLICT, f"port {port} is taken; choose another") from exc
    found = listener.getsockname()[1]
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    pause = threading.Event()
    waited = 0.0
    while not server.started and waited < START_SECONDS:
        pause.wait(0.02)
        waited += 0.02
    try:
        yield f"http://{host}:{found}"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listener.close()
