"""The child of a pool: takes a job, checks it within its limits, answers, and waits for the next.

It has no thread, no terminal and no signal handler. What it cannot survive, it does not try to.
"""

import os
import pickle
import resource
import signal
import socket
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.report import Report
from verifier.artefacts import PdfFile
from verifier.fetch import within
from verifier.memory import Memory
from verifier.offline import no_network
from verifier.pades.picture import draw_first_page, mark_differences
from verifier.pictures import Mark, Picture
from verifier.pool import wire
from verifier.pool.context import Trusting
from verifier.pool.types import Answer, Job, Limits, Want
from verifier.unchecked import Believed, unchecked
from verifier.verify import verify_artefact

PASSED: Final = CheckState.PASSED
FAILED: Final = CheckState.FAILED
WAITING_SHARE: Final = 0.5
"""Of the time for one file, after which nobody is asked any more."""
EXIT_MEMORY: Final = 77
"""Exit code of a child that had no memory left even to say so."""


def serve(channel: socket.socket, trusting: Trusting, limits: Limits) -> int:
    """Answer jobs until the parent closes the channel; returns the exit code."""
    _confine(limits)
    try:
        while True:
            try:
                job = pickle.loads(wire.receive(channel))  # noqa: S301 - from the parent
            except (EOFError, OSError):
                return 0
            _allow_seconds(limits.cpu_seconds)
            # A registry that is slow takes its share of the time, and the file its own.
            with within(limits.wall_seconds * WAITING_SHARE):
                answered = answer(job, trusting)
            data = pickle.dumps(answered, pickle.HIGHEST_PROTOCOL)
            wire.send(channel, data)
    except MemoryError:
        return EXIT_MEMORY
    except OSError:
        # The parent is gone, and with it whoever wanted to know.
        return 0


def answer(job: Job, trusting: Trusting) -> Answer:
    """Verify one artefact with what this process believes."""
    believed = Believed()
    try:
        trust, memory = trusting.view(job.ask.now, job.ask.memory)
    except AnzhengError as error:
        facts = (("reason", error.message),)
        return Answer(unchecked(job.artefact, job.ask, error.code, believed, *facts), Memory())
    believed = Believed.of(trust.bundle)
    online = None if job.offline else trusting.online()
    ask = replace(job.ask, memory=memory, online=online)
    guard: AbstractContextManager[None] = no_network() if online is None else nullcontext()
    try:
        with guard:
            report, learned = verify_artefact(job.artefact, trust, ask)
    except MemoryError:
        report = unchecked(job.artefact, ask, Code.CHECK_OUT_OF_MEMORY, believed)
        return Answer(report, memory)
    if Want.PICTURE not in job.want or not isinstance(job.artefact, PdfFile):
        return Answer(report, learned)
    return Answer(report, learned, *_drawn(job.artefact.data, report))


def _drawn(pdf: bytes, report: Report) -> tuple[Picture | None, tuple[Mark, ...]]:
    """Draw page one, if the gate let the file through, and mark what is not what the data says."""
    gate = (report.check(CheckName.CONTAINER), report.check(CheckName.SIGNATURE))
    # The leaf is known once the signer's path and the parsed objects are those of a licence.
    if report.leaf is None or any(one is None or one.state is not PASSED for one in gate):
        return None, ()
    differs = report.check(CheckName.DATA)
    marks: tuple[Mark, ...] = ()
    try:
        picture = draw_first_page(pdf)
        if report.licence is not None and differs is not None and differs.state is FAILED:
            marks = mark_differences(pdf, report.licence)
    except AnzhengError:
        # A report without a picture is a whole report.
        return None, ()
    return picture, marks


def _confine(limits: Limits) -> None:
    """Bound what this process may take; what it has already is not counted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    most = _address_space() + limits.memory_bytes
    for kind, value in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY or value < hard:
            resource.setrlimit(kind, (value, hard))


def _allow_seconds(seconds: int) -> None:
    """Let this process use so many more seconds of the processor; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _address_space() -> int:
    """Return the size of this process's address space in bytes; 0 where the system tells none."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - no need of a Path here
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
