"""Messages between a pool and its children: a length and that many bytes, over a socket pair.

What a child sends is pickled values, and `values` makes nothing but the values that an answer
consists of: a child that a stranger's file has taken over can lie about that file, and that is all.
"""

import socket
import struct
from time import monotonic
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_INPUT_BYTES
from verifier.pool import values

MAX_MESSAGE_BYTES: Final = MAX_INPUT_BYTES + (32 << 20)

_HEAD: Final = struct.Struct(">Q")
_PART: Final = 1 << 20


def send(channel: socket.socket, data: bytes, *, until: float | None = None) -> None:
    """Send one message.

    Args:
        channel: One end of the pair.
        data: The message.
        until: Monotonic time at which to give up; never unless given.

    Raises:
        TimeoutError: When the other side does not take it in time.
        OSError: When there is no other side any more.
    """
    view = memoryview(_HEAD.pack(len(data)) + data)
    while view:
        _wait_at_most(channel, until)
        view = view[channel.send(view[:_PART]) :]


def receive(channel: socket.socket, *, until: float | None = None) -> bytes:
    """Receive one message.

    Raises:
        EOFError: When the other side is gone.
        TimeoutError: As `send`.
        OSError: As `send`.
    """
    (size,) = _HEAD.unpack(_exactly(channel, _HEAD.size, until))
    if size > MAX_MESSAGE_BYTES:
        raise EOFError("the other side announces more than it may send")
    return _exactly(channel, size, until)


def _exactly(channel: socket.socket, size: int, until: float | None) -> bytes:
    parts, left = [], size
    while left:
        _wait_at_most(channel, until)
        part = channel.recv(min(left, _PART))
        if not part:
            raise EOFError("the other side is gone")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _wait_at_most(channel: socket.socket, until: float | None) -> None:
    if until is None:
        channel.settimeout(None)
        return
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("the time for this file is over")
    channel.settimeout(left)


def read_values(data: bytes) -> object:
    """Read what a child sent.

    Raises:
        AnzhengError: INTERNAL, when it is not made of our values alone.
    """
    try:
        return values.read(data)
    except Exception as error:  # whatever it is, it is no answer
        raise AnzhengError(Code.INTERNAL, "a child answered nonsense") from error
