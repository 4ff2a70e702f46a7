"""A chain of one's own for trying out: anvil as a child process, its state in a file.

Never for production: anybody on this machine can mint balance on it.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from anchor.chain.node import Node, hexed
from licence.errors import AnzhengError, Code
from licence.ids import Address, ChainId

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 90.0
"""A machine that is busy beyond measure; one that does not start ends at once."""

STOP_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.02
SAVE_SECONDS: Final = 1
"""How often the state is written: so much is lost by a kill."""

PORTS: Final = 3
"""So many are tried."""

FIRST_PORT: Final = 10_000
MOST_PORTS: Final = 20_000
PORTS_APART: Final = 97
"""Between the first ports of processes that begin at once."""

_steps = count()

HARDFORK: Final = "london"
"""The oldest rules that the contract is compiled for."""


class Devnet:
    """One anvil.

    Args:
        anvil: The program.
        folder: Where state and log are kept.
        chain_id: EIP-155 id.
        port: TCP port on the loopback; 0 takes a free one at the first start and keeps it.
        automine: Mine every transaction at once; otherwise only `mine` does.
        keeps_state: Write the state once a second, all of it, a tenth of a megabyte a block: a
            chain of thousands of blocks stands still for seconds meanwhile. Without, what is
            stopped is gone.
    """

    test_only: Final = True

    def __init__(
        self,
        anvil: Path,
        folder: Path,
        chain_id: ChainId,
        *,
        port: int = 0,
        automine: bool = True,
        keeps_state: bool = True,
    ) -> None:
        self._anvil = anvil
        self._folder = folder
        self._chain_id = chain_id
        self._port = port
        self._automine = automine
        self._keeps_state = keeps_state
        self._process: subprocess.Popen[bytes] | None = None
        self._node: Node | None = None

    @property
    def url(self) -> str:
        """Address of the node."""
        return f"http://{HOST}:{self._port}"

    @property
    def node(self) -> Node:
        """The node."""
        if self._node is None:
            self._node = Node(self.url)
        return self._node

    @property
    def process_id(self) -> int | None:
        """Id of the running process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, with the state of the last time; return when the node answers.

        Raises:
            AnzhengError: TOOL_MISSING, when there is no anvil; CHAIN_UNAVAILABLE, when it does
                not start.
        """
        if self._process is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keep_one_genesis()
        for left in reversed(range(1 if self._port else PORTS)):
            port = self._port
            self._port = port or _free_port()
            try:
                self._launch()
                self._wait()
            except AnzhengError as error:
                # Somebody may have taken the port between our look and anvil's.
                self._port, self._node = port, None
                if not left or error.code is Code.TOOL_MISSING:
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop in order: the state is written first."""
        self._end(kill=False)

    def kill(self) -> None:
        """Kill, as a power cut does: the last second may be lost.

        anvil writes its state in place. One that was cut short is replaced by that of before: a
        real node survives a power cut, and what is tried here is what we do then.
        """
        end = time.monotonic() + SAVE_SECONDS
        while (kept := self._whole_state()) is None and self._written() and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        self._end(kill=True)
        if kept is not None and self._whole_state() is None:
            self._state.write_bytes(kept)

    def fund(self, account: Address, wei: int = 10**21) -> None:
        """Give an account so much.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        self.node.ask("anvil_setBalance", hexed(account), hex(wei))

    def mine(self, blocks: int = 1) -> None:
        """Mine blocks.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        self.node.ask("anvil_mine", hex(blocks))

    def settle(self) -> None:
        """Wait until all that is mined by now is in the state file: no kill can lose it.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, when the file is not written.
        """
        # The first write may have begun before the call, the second has not.
        for _ in range(2):
            before, end = self._written(), time.monotonic() + STOP_SECONDS
            while self._written() == before:
                if time.monotonic() > end:
                    raise AnzhengError(Code.CHAIN_UNAVAILABLE, "anvil does not write its state")
                time.sleep(POLL_SECONDS)

    def _launch(self) -> None:
        try:
            with (self._folder / "anvil.log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
                )
        except OSError as error:
            raise AnzhengError(
                Code.TOOL_MISSING, "anvil is not there: run `make install`", path=str(self._anvil)
            ) from error

    def _keep_one_genesis(self) -> None:
        """Take the later first blocks out of the state: anvil adds one at each start.

        After some starts it would answer with any of them, and the chain began otherwise.
        """
        state = self._whole_state()
        if state is None:
            return
        value = json.loads(state)
        firsts = [each for each in value["blocks"] if int(each["header"]["number"], 16) == 0]
        if len(firsts) <= 1:
            return
        oldest = min(firsts, key=lambda each: int(each["header"]["timestamp"], 16))
        others = [each for each in value["blocks"] if int(each["header"]["number"], 16) != 0]
        self._state.write_bytes(json.dumps({**value, "blocks": [oldest, *others]}).encode())

    def _whole_state(self) -> bytes | None:
        """Return the state file, when it is there and was written to its end."""
        try:
            data = self._state.read_bytes()
            json.loads(data)
        except (OSError, ValueError):
            return None
        return data

    def _written(self) -> int:
        try:
            return self._state.stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def _state(self) -> Path:
        return self._folder / "anvil-state.json"

    def _command(self) -> list[str]:
        command = [
            str(self._anvil),
            *("--host", HOST, "--port", str(self._port), "--chain-id", str(self._chain_id)),
            *("--hardfork", HARDFORK, "--silent"),
        ]
        if self._keeps_state:
            command += ["--state", str(self._state), "--state-interval", str(SAVE_SECONDS)]
            command += ["--preserve-historical-states"]
        return command if self._automine else [*command, "--no-mining"]

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                found = self.node.quantity("eth_chainId")
            except AnzhengError as error:
                gone = self._process is None or self._process.poll() is not None
                if gone or time.monotonic() > end:
                    self._end(kill=True)
                    raise AnzhengError(Code.CHAIN_UNAVAILABLE, "anvil does not start") from error
                time.sleep(POLL_SECONDS)
                continue
            if found != self._chain_id:
                # Somebody else's node has the port.
                self._end(kill=True)
                raise AnzhengError(Code.CHAIN_WRONG, "another chain answers", found=found)
            return

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if self._node is not None:
            self._node.close()
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running(devnet: Devnet) -> Iterator[Devnet]:
    """Start a chain for the length of a block of code."""
    devnet.start()
    try:
        yield devnet
    finally:
        devnet.stop()


def _free_port() -> int:
    """Return a port on which nobody listens, where the system gives none to whoever calls out.

    Such a client would have it when anvil is stopped and started again.
    """
    for step in _steps:
        port = FIRST_PORT + (os.getpid() * PORTS_APART + step) % MOST_PORTS
        with socket.socket() as probe:
            # As anvil does: what rests of a connection that was closed is in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError
