"""The only place that reads the time of day and randomness from the operating system."""

import secrets
from datetime import UTC, datetime, timedelta

from licence.ports import Clock


class SystemClock:
    """The clock of this machine, in UTC."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class ShiftedClock:
    """Another clock moved by a fixed span, so that the demo can let a status list grow stale."""

    def __init__(self, base: Clock, shift: timedelta) -> None:
        self._base = base
        self._shift = shift

    def now(self) -> datetime:
        """Return the moment of the base clock, shifted."""
        return self._base.now() + self._shift


class SystemEntropy:
    """Randomness of the operating system."""

    def bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        return secrets.token_bytes(count)
