"""Offline means that no socket can be opened, by anybody."""

import socket
import threading

import pytest

from licence.errors import AnzhengError
from verifier.offline import no_network


@pytest.mark.enable_socket
def test_no_socket_opens_inside_the_block() -> None:
    with no_network(), pytest.raises(AnzhengError):
        socket.socket()
    with no_network(), pytest.raises(AnzhengError):
        socket.getaddrinfo("127.0.0.1", 80)
    socket.socket().close()


@pytest.mark.enable_socket
def test_other_threads_are_left_alone() -> None:
    opened: list[bool] = []

    def elsewhere() -> None:
        socket.socket().close()
        opened.append(True)

    with no_network():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert opened == [True]
