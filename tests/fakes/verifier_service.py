"""A verifier's service in this process: the real application, checked in a thread, fake clock."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI

from licence.domain.model import Environment
from licence.errors import Code
from licence.formats.checks import CheckName, indeterminate
from licence.formats.report import make_report
from licence.formats.verdict import Assurance
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.thread_engine import ThreadEngine
from verifier.artefacts import Artefact, Ask
from verifier.memory import Memory
from verifier.pictures import Picture
from verifier.pool import Answer
from verifier.service.app import create_service
from verifier.service.engine import Engine
from verifier.service.logs import open_log
from verifier.service.opening import Opened, open_service
from verifier.service.settings import load
from verifier.service.tracing import Tracing
from verifier.trust import load_trust

GOLDEN = Path(__file__).parents[1] / "compat" / "v1" / "whole"
NOW = datetime.fromisoformat("2026-11-21T04:10:00+00:00")
"""When the golden licences were judged."""

DOT = Picture(b"RIFF picture", "image/webp", 1, 1)


@dataclass(slots=True)
class RunningService:
    """A service with its clock and its log."""

    opened: Opened
    app: FastAPI
    clock: FakeClock
    lines: io.StringIO

    @property
    def logged(self) -> list[dict[str, object]]:
        """What was logged."""
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]


class QuickEngine:
    """Says at once that nothing could be checked; for what is not about verdicts.

    Args:
        workers: How many it says to have.
    """

    lost = 0

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers
        self.seen: list[Artefact] = []

    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        """Answer."""
        self.seen.append(artefact)
        report = make_report(
            [indeterminate(CheckName.CONTAINER, Code.NOT_CHECKED)],
            assurance=Assurance.FULL,
            required=(CheckName.CONTAINER,),
            checked_at=ask.now,
            on=ask.day,
            environment=Environment.TEST,
        )
        return Answer(report, Memory(), DOT if picture else None)

    async def close(self) -> None:
        """Do nothing."""


@contextmanager
def service(
    state: Path | None,
    engine: Engine | None = None,
    tracing: Tracing | None = None,
    **settings: object,
) -> Iterator[RunningService]:
    """Open a service on the golden trust folder.

    Args:
        state: Folder for what it keeps; one that is gone afterwards unless given.
        engine: Where checks are made; a thread unless given.
        tracing: Where spans go.
        settings: That differ.
    """
    clock, lines = FakeClock(NOW), io.StringIO()
    engine = engine or ThreadEngine(load_trust(GOLDEN / "trust", now=NOW))
    with ExitStack() as stack:
        # Never beside the golden trust folder, where its memory would lie.
        folder = state or Path(stack.enter_context(TemporaryDirectory()))
        read = load(None, trust_folder=GOLDEN / "trust", state_dir=folder, **settings)
        opened = stack.enter_context(
            open_service(
                read,
                clock,
                SeededEntropy("service"),
                log=open_log(lines),
                engine=engine,
                tracing=tracing,
            )
        )
        yield RunningService(opened, create_service(opened.parts), clock, lines)


def golden(name: str) -> bytes:
    """Return a golden file."""
    return (GOLDEN / name).read_bytes()


def form(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, dict[str, str]]:
    """Return a form and its header; each part has a name, perhaps a file name, and bytes."""
    boundary = "----anzheng-test"
    body = b""
    for name, file, data in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
        body += head.encode() + data + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


DAY = timedelta(days=1)
