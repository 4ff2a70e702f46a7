"""An installation taken apart: each process its own OS process, with its own folder and keys."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from anzheng.devchain import DevChain
from licence.ids import ChainId
from tests.fakes.ports import free_port
from tests.fakes.postgresql import READER, Server

ROOT: Final = Path(__file__).parents[2]
ANZHENG: Final = (sys.executable, "-c", "from anzheng.cli import main; main()")
CHAIN_ID: Final = ChainId(31337)
CEREMONY_PASSWORD: Final = "of the ceremony"
NOWHERE: Final = "http://127.0.0.1:9"
"""Where nothing listens: a process that must not need the chain gets this."""

START_SECONDS: Final = 180.0
WAIT_SECONDS: Final = 180.0


def clean_environment() -> dict[str, str]:
    """Return an environment without anything of ours in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANZHENG_")}


def until(what: str, found: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is waited for
    """Wait until something is there, and return it."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        with_value = found()
        if with_value:
            return with_value
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


@dataclass(slots=True)
class Apart:
    """The folders, addresses and running processes.

    Attributes:
        home: One folder for each process in it.
        database: The server of PostgreSQL.
        name: The database on it.
        chain: The node that all speak to who may.
    """

    home: Path
    database: Server
    name: str
    chain: DevChain
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self, who: str) -> str:
        """Return where a process listens."""
        if who not in self.ports:
            self.ports[who] = free_port()
        return f"http://127.0.0.1:{self.ports[who]}"

    def environment(self, who: str, password: str | None = None) -> dict[str, str]:
        """Return the environment of a process: what its container would get, and no more."""
        reads_only = who in {"confirmer", "registry", "console-server"}
        user = READER if reads_only else "anzheng"
        common = {
            "ANZHENG_DATA_DIR": str(self.home / who.removesuffix("-server")),
            "ANZHENG_CHAIN_DEVNET": "false",
            "ANZHENG_CHAIN_RPC_URL": self.chain.url if who in {"anchor", "confirmer"} else NOWHERE,
            "ANZHENG_ANCHOR_BATCH_SECONDS": "1",
            "ANZHENG_WORKER_POLL_SECONDS": "0.2",
            "ANZHENG_PUBLIC_URL": self.url("registry"),
        }
        if who != "wallet":
            common["ANZHENG_DATABASE_URL"] = self.database.url(self.name, user)
        if who in {"console", "wallet"}:
            common["ANZHENG_SIGNER_URL"] = self.url("signer")
        if who == "registry":
            common["ANZHENG_REGISTRY_CA_URL"] = self.url("signer")
        if who == "signer":
            common["ANZHENG_DESK_PORT"] = self.url("signer").rpartition(":")[2]
        secret = password or (f"of the {who}" if who in {"signer", "anchor", "confirmer"} else None)
        if secret is not None:
            common["ANZHENG_KEY_PASSWORD"] = secret
        return clean_environment() | common

    def run(self, who: str, *arguments: str, password: str | None = None, good: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run a command in the name of a process and return what it says."""
        ended = subprocess.run(
            [*ANZHENG, *arguments, "--json"],
            cwd=ROOT,
            env=self.environment(who, password),
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        assert ended.returncode == good, (arguments, ended.stdout, ended.stderr)
        return json.loads(ended.stdout)

    def start(
        self, who: str, *arguments: str, health: str | None, more: Mapping[str, str] | None = None
    ) -> None:
        """Start a process and wait until it answers, where it does answer."""
        with (self.home / f"{who}.log").open("wb") as log:
            process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=self.environment(who) | dict(more or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running[who] = process
        end = time.monotonic() + START_SECONDS
        while health is not None:
            assert process.poll() is None, self.log(who)
            assert time.monotonic() < end, self.log(who)
            try:
                if httpx.get(health, timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)

    def log(self, who: str) -> str:
        """Return what a process has printed."""
        return (self.home / f"{who}.log").read_text("utf-8", "replace")

    def stop(self) -> None:
        """End everything that was started."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)

    def share(self, who: str, what: str, owner: str) -> None:
        """Let a process see a folder of another one, as a volume that both mount."""
        source, place = self.home / owner / what, self.home / who / what
        source.mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)


def ceremony(home: Path, database: str, public_url: str, roster: Path) -> None:
    """Set everything up in one place, with all keys; the chain's state stays there."""
    environment = clean_environment() | {
        "ANZHENG_DATA_DIR": str(home / "ceremony"),
        "ANZHENG_DATABASE_URL": database,
        "ANZHENG_KEY_PASSWORD": CEREMONY_PASSWORD,
        "ANZHENG_PUBLIC_URL": public_url,
    }

    def run(*arguments: str) -> None:
        ended = subprocess.run(
            [*ANZHENG, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert ended.returncode == 0, (arguments, ended.stdout, ended.stderr)

    run("authority", "create", str(roster))
    for who in ("signer", "anchor", "confirmer", "console"):
        password = home / f"{who}.password"
        password.write_text(f"of the {who}\n")
        run(
            *("authority", "keys", "deal", who, str(home / who)),
            *(() if who == "console" else ("--password-file", str(password))),
        )


@contextmanager
def taken_apart(home: Path, server: Server, roster: Path) -> Iterator[Apart]:
    """Hold the ceremony, deal the keys, and give what starts the processes."""
    with ExitStack() as stack:
        name = f"apart_{os.getpid()}"
        chain = DevChain(home / "ceremony" / "chain", CHAIN_ID)
        apart = Apart(home, server, name, chain)
        ceremony(home, server.make(name), apart.url("registry"), roster)
        chain.start()
        stack.callback(chain.stop)
        stack.callback(apart.stop)
        # What would be volumes: files of licences, the public log, certificates, the trust folder.
        apart.share("anchor", "files", "signer")
        apart.share("signer", "public/log", "anchor")
        for who in ("registry", "console"):
            apart.share(who, "public/log", "anchor")
        apart.share("registry", "public/pki", "signer")
        apart.share("registry", "trust", "anchor")
        shutil.copytree(home / "anchor" / "trust", home / "verifier" / "trust")
        yield apart
