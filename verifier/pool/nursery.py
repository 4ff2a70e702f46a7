"""The nursery: one process without threads that loads everything once and forks the children.

Started by exec, with one end of a control socket:

    F + a socket   fork a child that serves it; answers its number
    R + a number   wait for that child's end; answers its wait status

When the control socket ends, so do all children.
"""

import gc
import json
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from time import monotonic, sleep
from typing import Final, final

from verifier.pool import child, wire
from verifier.pool.context import Context, Trusting
from verifier.pool.types import Limits

FORK: Final = b"F"
REAP: Final = b"R"
REAP_SECONDS: Final = 2.0
"""How long a child that has ended its conversation may take to end."""

_ORDER: Final = struct.Struct(">cQ")
_PAUSE: Final = 0.005
_LOST: Final = -1
_START: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from verifier.pool.nursery import main
main(int(sys.argv[2]))
"""


# ---------------------------------------------------------------- in the parent


@final
class Nursery:
    """A running nursery, as its parent sees it. Not for several threads at once.

    Args:
        make_context: What the children believe.
        limits: What each of them may take.

    Raises:
        OSError: When no process can be started.
    """

    def __init__(self, make_context: Context, limits: Limits) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # By exec: a fork of a program with threads may stand still for ever.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._control = ours
        wire.send(ours, pickle.dumps((make_context, limits)))

    def fork(self) -> tuple[int, socket.socket]:
        """Return a new child: its number, and our end of its socket.

        Raises:
            OSError: When the nursery is gone.
            EOFError: The same.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [_ORDER.pack(FORK, 0)], [theirs.fileno()])
            (pid,) = struct.unpack(">q", wire.receive(self._control))
        except BaseException:
            ours.close()
            raise
        return pid, ours

    def reap(self, pid: int) -> int | None:
        """Return the wait status of a child that has ended; None if nobody knows.

        Raises:
            OSError: When the nursery is gone.
            EOFError: The same.
        """
        self._control.sendall(_ORDER.pack(REAP, pid))
        (status,) = struct.unpack(">q", wire.receive(self._control))
        return None if status == _LOST else int(status)

    def close(self) -> None:
        """End the nursery and all its children."""
        self._control.close()
        try:
            self._process.wait(REAP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# ---------------------------------------------------------------- in the nursery


def main(descriptor: int) -> None:
    """Run the nursery on this control socket."""
    # Ctrl-C is for the parent, which then closes the control socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as control:
        make_context, limits = pickle.loads(wire.receive(control))  # noqa: S301 - from the parent
        trusting = make_context()
        gc.collect()
        gc.freeze()
        _serve(control, trusting, limits)


def _serve(control: socket.socket, trusting: Trusting, limits: Limits) -> None:
    children: set[int] = set()
    try:
        while True:
            data, descriptors, _, _ = socket.recv_fds(control, _ORDER.size, 1, socket.MSG_WAITALL)
            if len(data) < _ORDER.size:
                return
            order, number = _ORDER.unpack(data)
            if order == FORK:
                pid = _fork(control, descriptors[0], trusting, limits)
                children.add(pid)
                wire.send(control, struct.pack(">q", pid))
            else:
                children.discard(number)
                wire.send(control, struct.pack(">q", _wait_for(number)))
    except OSError:
        return
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, descriptor: int, trusting: Trusting, limits: Limits) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    code = 1
    try:
        control.close()
        # What libraries print about strangers' files is nobody's to read.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        with socket.socket(fileno=descriptor) as channel:
            code = child.serve(channel, trusting, limits)
    finally:
        # Nothing of the nursery is to be run in its child: no cleanup, no flush.
        os._exit(code)


def _wait_for(pid: int) -> int:
    """Return the wait status of a child, and end it if it does not end."""
    until = monotonic() + REAP_SECONDS
    try:
        while monotonic() < until:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return status
            sleep(_PAUSE)
        os.kill(pid, signal.SIGKILL)
        return os.waitpid(pid, 0)[1]
    except (ChildProcessError, ProcessLookupError):
        return _LOST
