"""What a child of the pool believes, for tests: children that die, hang, swell and lie on demand.

The purpose of the ask says what the child does; any other purpose is checked in earnest.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from typing_extensions import override

from tests.builders import FakeTrust
from verifier.memory import Memory
from verifier.pool import child
from verifier.pool.context import Trusting
from verifier.pool.types import Answer, Job
from verifier.ports import Online, TrustView

ASLEEP: Final = 3_600.0


@dataclass(frozen=True)
class Touch:
    """A pickle that leaves a file behind where it is read without care."""

    path: str

    @override
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (self.path,)


@dataclass(frozen=True)
class Moody:
    """Conforms to `verifier.pool.Context`.

    Args:
        trust: What is believed.
        mark: Folder that a lying child tries to make its parent create.
    """

    trust: FakeTrust
    mark: Path

    def __call__(self) -> "Moody":
        real = child.answer

        def moody(job: Job, trusting: Trusting) -> Answer | Touch:
            return self._do(job.ask.purpose or "") or real(job, trusting)

        child.answer = moody  # type: ignore[assignment]  # in the nursery only
        return self

    def _do(self, mood: str) -> Touch | None:
        if mood == "abort":
            os.abort()
        if mood == "exit":
            os._exit(3)
        if mood == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if mood == "sleep":
            time.sleep(ASLEEP)
        while mood == "spin":
            pass
        if mood == "swell":
            list(iter(lambda: bytearray(64 << 20), None))
        return Touch(str(self.mark)) if mood == "lie" else None

    def view(self, now: datetime, memory: Memory) -> tuple[TrustView, Memory]:  # noqa: ARG002
        return self.trust, memory

    def online(self) -> Online | None:
        return None
