"""The two things of the outside world that everybody needs: the time and randomness."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; one instance serves the whole process."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class Entropy(Protocol):
    """Gives unpredictable bytes."""

    def bytes(self, count: int) -> bytes:
        """Return `count` bytes from a cryptographically strong source."""
        ...
