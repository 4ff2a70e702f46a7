"""The verifier's service under load: whole licences over TCP, the second opinion asked each time.

One service process with a child for each core; the load generator runs beside it, on the same
machine. Every answer is read: it must say "valid".
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builders import NAMES, World, make_world
from tools.bench.document import PAGE
from tools.bench.load import Target, family_cpu, family_rss, hammer, post
from tools.bench.measures import Measure

FILES = 16
CONNECTIONS = 6
SECONDS = 60.0
LATEST_MS = 300.0
PER_SECOND = 50.0
CPU_MS = 38.0
"""Of two cores' 40 ms a file at 50 files a second, the generator takes some."""
WAIT_SECONDS = 180
GOOD = b'"verdict":"valid"'


@dataclass(frozen=True, slots=True)
class Running:
    """A service of its own process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def memory(self) -> int:
        """Bytes that it and its children hold."""
        return family_rss(self.process.pid)


def measures(seconds: float = SECONDS) -> list[Measure]:
    """Measure files per second, and how late the latest answers are."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        target_of = prepare(home)
        with running(home) as service:
            target = target_of(service.port)
            hammer(target, CONNECTIONS, min(5.0, seconds))
            before, cpu = service.memory, family_cpu(service.process.pid)
            load = hammer(target, CONNECTIONS, seconds)
            after, cpu = service.memory, family_cpu(service.process.pid) - cpu
    each_ms = cpu / len(load.times) * 1000
    note = (
        f"{len(load.times):,} one-page licences in {load.seconds:.0f} s, "
        f"{CONNECTIONS} connections, second opinion each time; p50 {load.at_ms(0.5):.0f} ms; "
        f"{each_ms:.1f} ms of the service's CPU each; "
        f"{load.wrong} wrong; memory {before >> 20} MiB before, {after >> 20} MiB after"
    )
    return [
        _measure("service_pdf_per_s", load.per_second, "/s", PER_SECOND, note, at_least=True),
        _measure("service_p99_ms", load.at_ms(0.99), "ms", LATEST_MS, note, at_least=False),
        _measure("service_cpu_ms", each_ms, "ms", CPU_MS, note, at_least=False),
    ]


def prepare(home: Path, files: int = FILES) -> Callable[[int], Target]:
    """Issue licences and write a trust folder of today; return what makes a target of a port."""
    world = make_world("service")
    issued = world.issue_all([world.version(index, **PAGE) for index in range(files)])
    write_trust(world, home / "trust")
    requests = [post("/v1/verifications", each.pdf, "application/pdf") for each in issued]
    return lambda port: Target(port, requests, GOOD)


def write_trust(world: World, folder: Path) -> None:
    """Write a trust folder whose lists are of this moment."""
    repository, now = world.write_trust(folder), datetime.now(UTC).replace(microsecond=0)
    for authority in NAMES:
        world.publish(authority=authority, issued_at=now)
    world.write_lists(repository, now=now)


@contextmanager
def running(home: Path, **settings: object) -> Iterator[Running]:
    """Run a service on a trust folder; limits of callers are out of the way."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"address_per_minute": 10_000_000, "address_per_day": 1_000_000_000, **settings}
    environment = {f"ANZHENG_VERIFIER_{key.upper()}": str(value) for key, value in given.items()}
    command = [sys.executable, "-m", "verifier.service", "run"]
    words = ["--trust", str(home / "trust"), "--port", str(port)]
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *words],
            env={**os.environ, "ANZHENG_VERIFIER_STATE_DIR": str(home / "state"), **environment},
            stderr=log,
        )
    try:
        _wait(port)
        yield Running(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(WAIT_SECONDS * 20):
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the service does not answer")


def _measure(
    name: str, value: float, unit: str, limit: float, note: str, *, at_least: bool
) -> Measure:
    return Measure(name, value, unit, limit, limit, at_least=at_least, peer=None, note=note)


if __name__ == "__main__":
    for each in measures(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        sys.stdout.write(f"{each.name} {each.value:.1f} {each.unit}: {each.note}\n")
