"""One anvil for all processes of a trial: the first starts it, the others find it.

A lock on a file decides who is first; the address stands beside it.
"""

import fcntl
import os
from pathlib import Path

from anchor.chain.devnet import Devnet
from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from licence.ids import ChainId

ANVIL = Path(__file__).resolve().parents[1] / "contracts" / "node_modules" / ".bin" / "anvil"
"""Where `make install` puts the program."""


class DevChain:
    """The chain of a trial.

    Args:
        folder: Where its state lies.
        chain_id: EIP-155 id.
        anvil: The program.
    """

    def __init__(self, folder: Path, chain_id: ChainId, anvil: Path = ANVIL) -> None:
        self._folder = folder
        # `Path.resolve`: a signal must reach the program, not a link to a script.
        self.devnet = Devnet(anvil.resolve(), folder, chain_id)
        self._lock: int | None = None
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

    @property
    def is_ours(self) -> bool:
        """Whether this process runs it."""
        return self._lock is not None

    def start(self) -> None:
        """Start the chain, or find the one that another process of this trial runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            self._url = self._found()
            return
        self._lock = lock
        self.devnet.start()
        self._url = self.devnet.url
        write_durably(self._folder / "url", self._url.encode())

    def stop(self) -> None:
        """Stop the chain if it is ours; its state stays."""
        if self._lock is not None:
            self.devnet.stop()
            os.close(self._lock)
            self._lock = None
        self._url = None

    def _found(self) -> str:
        try:
            return (self._folder / "url").read_text()
        except OSError as exc:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE, "another process is just starting the trial chain"
            ) from exc
