"""Messages between a pool and its children: a length and that many bytes, over a socket pair.

What a child sends is pickled values, and the reader makes nothing but the classes of values that an
answer consists of: a child that a stranger's file has taken over can lie about that file, and that
is all.
"""

import io
import pickle
import socket
import struct
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from sys import modules
from time import monotonic
from typing import Final

from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_INPUT_BYTES

MAX_MESSAGE_BYTES: Final = MAX_INPUT_BYTES + (32 << 20)

_HEAD: Final = struct.Struct(">Q")
_PART: Final = 1 << 20
_MODULES: Final = ("licence.", "verifier.memory", "verifier.pictures", "verifier.pool.types")
_TIMES: Final = {"datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.timezone"}
_TIME_TYPES: Final = {kind.__name__: kind for kind in (date, datetime, timedelta, timezone)}


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
        return _Values(io.BytesIO(data)).load()
    except Exception as error:  # whatever it is, it is no answer
        raise AnzhengError(Code.INTERNAL, "a child answered nonsense") from error


class _Values(pickle.Unpickler):
    """Makes dataclasses and enumerations of ours, and times; calls nothing else."""

    @override
    def find_class(self, module: str, name: str) -> object:
        if f"{module}.{name}" in _TIMES:
            return _TIME_TYPES[name]
        if module.startswith(_MODULES) and "." not in name and module in modules:
            found = getattr(modules[module], name, None)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError("not a value of ours")
