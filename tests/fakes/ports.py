"""Ports that stay free until a test serves them."""

import os
import socket
from contextlib import closing
from itertools import count
from typing import Final

FIRST: Final = 12_000
ROOM: Final = 20_000
"""All below 32768: from there on the system hands ports out to whoever asks."""
APART: Final = 97
"""Between the first ports of processes whose ids follow each other, as those of xdist do."""

_steps = count()


def free_port() -> int:
    """Return a port on which nobody listens, and that no other test takes before it is used."""
    for step in _steps:
        port = FIRST + (os.getpid() * APART + step) % ROOM
        with closing(socket.socket()) as free:
            # As servers do: what rests from a connection that was closed is in nobody's way.
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError
