"""Look-ups by the code of a printed QR code, of one `anzheng serve registry`, over TCP.

The server reads a database of 100,000 signed licences, one in a hundred of them with a decision;
every request asks for another one. The generator runs beside it, on the same machine.
"""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from anzheng.store.migrate import migrate
from licence.domain.status import StatusWord
from licence.formats.short_code import short_code
from tests.fakes.clock import FakeClock
from tests.fakes.registry import FakeRegistry
from tools.bench.measures import Measure

LICENCES = 100_000
SECONDS = 60.0
CONNECTIONS = 32
LATEST_MS = 50.0
PER_SECOND = 2_000.0
WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Load:
    """What a run came to."""

    count: int
    per_second: float
    p50_ms: float
    p99_ms: float
    server_us: float


def measures(seconds: float = SECONDS) -> list[Measure]:
    """Measure look-ups."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        codes = _fill(home)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with _serving(home, port) as process:
            _wait(port)
            _run(port, process.pid, codes, 1.0)
            found = _run(port, process.pid, codes, seconds)
            process.send_signal(signal.SIGTERM)
    note = (
        f"{found.count:,} look-ups by short code in {seconds:.0f} s among {LICENCES:,} licences, "
        f"{CONNECTIONS} connections, one server process; p50 {found.p50_ms:.1f} ms; "
        f"{found.server_us:.0f} us of the server's CPU each"
    )
    return [
        Measure(
            "lookup_per_s",
            found.per_second,
            "/s",
            PER_SECOND,
            PER_SECOND,
            at_least=True,
            peer=None,
            note=note,
        ),
        Measure(
            "lookup_p99_ms",
            found.p99_ms,
            "ms",
            LATEST_MS,
            LATEST_MS,
            at_least=False,
            peer=None,
            note=note,
        ),
    ]


def _serving(home: Path, port: int) -> subprocess.Popen[bytes]:
    command = "from anzheng.cli import main; main()"
    words = ["--data-dir", str(home), "serve", "registry", "--port", str(port)]
    return subprocess.Popen([sys.executable, "-c", command, *words], stdout=subprocess.DEVNULL)


def _wait(port: int) -> None:
    for _ in range(WAIT_SECONDS * 20):
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the registry does not answer")


def _fill(home: Path) -> list[str]:
    """Make the database; return a short code of each licence."""
    url = f"sqlite:///{home / 'anzheng.sqlite3'}"
    migrate(url)
    registry = FakeRegistry(home, url, FakeClock())
    registry.prepare()
    registry.sign()
    registry.anchor()
    registry.decide(StatusWord.SUSPENDED)
    registry.close()
    with closing(sqlite3.connect(home / "anzheng.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM licence").fetchone())
        event = dict(database.execute("SELECT * FROM status_event").fetchone())
        data = bytes(row["licence_json"])
        codes, rows, events = [], [], []
        for number in range(1, LICENCES):
            # Data of its own: the code is a digest of it. Nobody reads the rest here.
            own = data.replace(b"0127", f"{number:06d}".encode())
            digest = sha256(own).digest()
            codes.append(short_code(own))
            rows.append(
                row
                | {
                    "id": number + 1,
                    "licence_no": f"n{number}",
                    "folded_no": f"n{number}",
                    "elicence_id": f"e{number}",
                    "status_index": number,
                    "licence_json": own,
                    "licence_digest": digest,
                    "short_code": digest[:10].hex(),
                    "leaf": sha256(digest).digest(),
                    "batch_place": number,
                }
            )
            if number % 100 == 0:
                leaf = sha256(digest).digest()
                events.append(event | {"id": number + 1, "status_index": number, "leaf": leaf})
        _insert(database, "licence", rows)
        _insert(database, "status_event", events)
        database.commit()
    return codes


def _insert(database: sqlite3.Connection, table: str, rows: list[dict[str, object]]) -> None:
    names = ", ".join(rows[0])
    marks = ", ".join(f":{name}" for name in rows[0])
    database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


def _run(port: int, pid: int, codes: list[str], seconds: float) -> Load:
    before, begin = _cpu_seconds(pid), time.perf_counter()
    times = asyncio.run(_ask(port, codes, begin + seconds))
    took, used = time.perf_counter() - begin, _cpu_seconds(pid) - before
    times.sort()
    return Load(
        count=len(times),
        per_second=len(times) / took,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[len(times) * 99 // 100] * 1000,
        server_us=used / len(times) * 1e6,
    )


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _ask(port: int, codes: list[str], until: float) -> list[float]:
    """Ask for one code after another, each connection for its share; return what each took."""
    times: list[float] = []
    await asyncio.gather(
        *(
            _connection(port, codes[first::CONNECTIONS], until, times)
            for first in range(CONNECTIONS)
        )
    )
    return times


async def _connection(port: int, codes: list[str], until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for code in cycle(codes):
        begin = time.perf_counter()
        if begin > until:
            break
        writer.write(f"GET /v1/licences/short-code/{code} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        times.append(time.perf_counter() - begin)
        if not head.startswith(b"http/1.1 200") or b'"leaf": "' not in body:
            raise ValueError("a look-up found nothing")
    writer.close()


if __name__ == "__main__":
    for each in measures(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        sys.stdout.write(f"{each.name} {each.value:.1f} {each.unit}: {each.note}\n")
