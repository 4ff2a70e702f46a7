"""How much work is taken on: beyond it a request is sent away at once, and told when to come."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from licence.errors import AnzhengError, Code

SMOOTHING: Final = 0.1
"""Weight of the newest verification in the average."""

MAX_RETRY_SECONDS: Final = 60
FIRST_GUESS_SECONDS: Final = 0.1


@dataclass(slots=True)
class Gate:
    """Counts what is under way.

    Args:
        workers: How many verifications are made at once.
        waiting: How many may wait for one of them.
    """

    workers: int
    waiting: int
    inside: int = 0
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)
    _seconds: float = FIRST_GUESS_SECONDS

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end."""
        return self.stop_asked.is_set()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place until the block ends.

        Raises:
            AnzhengError: OVERLOADED, with `retry_after`.
        """
        self.refuse_full()
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def refuse_full(self) -> None:
        """Refuse what there is no room for, before it is sent.

        Raises:
            AnzhengError: OVERLOADED, with `retry_after`.
        """
        if self.stopping:
            raise AnzhengError(Code.OVERLOADED, "this process is about to stop", retry_after=1)
        if self.inside >= self.workers + self.waiting:
            raise AnzhengError(
                Code.OVERLOADED,
                "as many verifications wait as may wait; nothing was checked",
                retry_after=self.wait_seconds,
            )

    def took(self, seconds: float) -> None:
        """Learn how long one verification took, the waiting for its turn included."""
        turns = max(1.0, self.inside / self.workers)
        self._seconds += SMOOTHING * (seconds / turns - self._seconds)

    @property
    def wait_seconds(self) -> int:
        """In how many seconds half of those who are inside will have been served."""
        guess = self.inside * self._seconds / self.workers / 2
        return min(MAX_RETRY_SECONDS, max(1, math.ceil(guess)))
