"""The only place of the verifier that asks the operating system for time and randomness.

For the two programs of the plain install; the application has its own, `anzheng.clock`.
"""

import secrets
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine, in UTC."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class SystemEntropy:
    """Randomness of the operating system."""

    def bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        return secrets.token_bytes(count)
