"""What a worker needs from whoever carries jobs, and what a job handler looks like."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from anzheng.store.outbox import Job
from licence.errors import Code

Handler = Callable[[str], datetime | None]
"""Does the work that a key names; may be called again for the same key at any time.

Returns None when the work is done, or the moment at which it wants to be called again.
"""


class Queue(Protocol):
    """Hands out leased jobs; the outbox rows stay the truth."""

    def take(self) -> Job | None:
        """Lease the next job that is due, or return None."""
        ...

    def hold(self, job: Job) -> None:
        """Prolong the lease; LEASE_LOST when somebody else has the job."""
        ...

    def done(self, job: Job) -> None:
        """Finish a job."""
        ...

    def again(self, job: Job, at: datetime) -> None:
        """Finish this round of a job that must come again."""
        ...

    def failed(self, job: Job, code: Code) -> None:
        """Give a job back to be tried later."""
        ...
