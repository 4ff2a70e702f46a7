"""One anvil for all processes of a trial: the first starts it, the others find it.

A lock on a file decides who is first; address and process id stand beside it. A process that is
killed leaves its anvil behind; the next one takes that over instead of starting a second one on the
same state.
"""

import fcntl
import os
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from anchor.chain.devnet import Devnet
from anchor.chain.node import Node
from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from licence.ids import ChainId

ANVIL = Path(__file__).resolve().parents[1] / "contracts" / "node_modules" / ".bin" / "anvil"
"""Where `make install` puts the program."""

STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Running:
    """An anvil that somebody started."""

    url: str
    process_id: int


class DevChain:
    """The chain of a trial.

    Args:
        folder: Where its state lies.
        chain_id: EIP-155 id.
        anvil: The program.
    """

    def __init__(self, folder: Path, chain_id: ChainId, anvil: Path = ANVIL) -> None:
        self._folder = folder
        self._chain_id = chain_id
        # Resolved: a signal must reach the program, not a link to it.
        self.devnet = Devnet(anvil.resolve(), folder, chain_id)
        self._lock: int | None = None
        self._adopted: _Running | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Address of the node.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE before it was started.
        """
        if self._url is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the trial chain is not started")
        return self._url

    def start(self) -> None:
        """Start the chain, or find the one that runs for this trial already.

        Raises:
            AnzhengError: TOOL_MISSING, CHAIN_UNAVAILABLE.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        running = self._running()
        self._lock = self._take_lock()
        if self._lock is None:
            if running is None:
                raise AnzhengError(
                    Code.CHAIN_UNAVAILABLE, "another process is just starting the trial chain"
                )
            self._url = running.url
        elif running is not None:
            self._adopted, self._url = running, running.url
        else:
            self.devnet.start()
            self._url = self.devnet.url
            self._note()

    def stop(self) -> None:
        """Stop the chain if it is ours; its state stays."""
        if self._lock is not None:
            if self._adopted is None:
                self.devnet.stop()
            else:
                _end(self._adopted.process_id)
            (self._folder / "running").unlink(missing_ok=True)
            os.close(self._lock)
        self._lock = self._adopted = self._url = None

    def _take_lock(self) -> int | None:
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def _note(self) -> None:
        line = f"{self._url} {self.devnet.process_id}"
        write_durably(self._folder / "running", line.encode("ascii"))

    def _running(self) -> _Running | None:
        """Return the anvil that the note names, if it still answers for this chain."""
        try:
            url, process_id = (self._folder / "running").read_text("ascii").split()
            with closing(Node(url, timeout_seconds=PROBE_SECONDS)) as node:
                if node.quantity("eth_chainId") != self._chain_id:
                    return None
            return _Running(url, int(process_id))
        except (OSError, ValueError, AnzhengError):
            return None


def _end(process_id: int) -> None:
    """Let an adopted anvil write its state and end."""
    try:
        os.kill(process_id, signal.SIGTERM)
        for _ in range(int(STOP_SECONDS / POLL_SECONDS)):
            time.sleep(POLL_SECONDS)
            os.kill(process_id, 0)
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return
