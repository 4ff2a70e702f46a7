"""A load generator: so many connections, each with one request under way, for so long.

Answers are looked at, so that a service that is quick because it is wrong is found out.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter


@dataclass(slots=True)
class Load:
    """What a run came to.

    Attributes:
        seconds: How long it took.
        times: Seconds of each answer that was as expected.
        statuses: Answers by status.
        wrong: Answers with status 200 that were not as expected, and connections that broke.
        refused_without_word: Answers 429 and 503 without `Retry-After`.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    refused_without_word: int = 0

    @property
    def per_second(self) -> float:
        """Good answers in a second."""
        return len(self.times) / self.seconds

    def at_ms(self, share: float) -> float:
        """Return in how many milliseconds such a share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, again and again.

    Attributes:
        port: On this machine.
        requests: Each whole, as it goes over the line; taken in turn.
        expected: What a good answer's body contains.
    """

    port: int
    requests: Sequence[bytes]
    expected: bytes


def hammer(target: Target, connections: int, seconds: float) -> Load:
    """Ask for some time over so many connections."""
    return asyncio.run(_all(target, connections, seconds))


async def _all(target: Target, connections: int, seconds: float) -> Load:
    load, begin = Load(), perf_counter()
    await asyncio.gather(
        *(
            _connection(target, first, connections, begin + seconds, load)
            for first in range(connections)
        )
    )
    load.seconds = perf_counter() - begin
    return load


async def _connection(target: Target, first: int, step: int, until: float, load: Load) -> None:
    place = first
    while perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        except OSError:
            load.wrong += 1
            await asyncio.sleep(0.05)
            continue
        try:
            while perf_counter() < until:
                begin = perf_counter()
                writer.write(target.requests[place % len(target.requests)])
                place += step
                status, head, body = await _answer(reader)
                _note(load, target, status, head, body, perf_counter() - begin)
                if b"connection: close" in head:
                    break
        except (OSError, asyncio.IncompleteReadError):
            load.wrong += 1
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    body = await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), head, body


def _note(
    load: Load, target: Target, status: int, head: bytes, body: bytes, seconds: float
) -> None:
    load.statuses[status] += 1
    if status in {429, 503}:
        load.refused_without_word += b"\r\nretry-after:" not in head
    elif status == 200 and target.expected in body:  # noqa: PLR2004 - HTTP
        load.times.append(seconds)
    else:
        load.wrong += 1


def post(path: str, body: bytes, media_type: str, *headers: str) -> bytes:
    """Return a POST as it goes over the line."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def family_rss(pid: int) -> int:
    """Return the bytes of memory that a process and its descendants hold, each page once."""
    total = 0
    for each in (pid, *_descendants(pid)):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += 1024 * int(text.partition("Pss:")[2].split(maxsplit=1)[0])
    return total


def family_cpu(pid: int) -> float:
    """Return the seconds of processor time of a process and its descendants, ended ones too."""
    total = 0
    for each in (pid, *_descendants(pid)):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(each) for each in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found
