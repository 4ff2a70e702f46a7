"""The embedded queue: the outbox table itself, polled by workers in any number of processes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from anzheng.store.database import Store
from anzheng.store.outbox import LONGEST, MAX_BACKOFF_SECONDS, Job
from licence.errors import Code
from licence.ports import Clock

NO_PAUSES: Final[Mapping[str, int]] = MappingProxyType({})


class OutboxQueue:
    """Leases rows of the outbox for one worker.

    Args:
        store: The database.
        clock: Tells the time.
        owner: Name of the worker.
        lease_seconds: How long a job may go without a sign of life.
        topics: Which topics it works; all unless given.
        most_pause: Longest pause after failures in a row, in seconds, by topic.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        owner: str,
        lease_seconds: int,
        topics: Collection[str] | None = None,
        most_pause: Mapping[str, int] = NO_PAUSES,
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._topics = topics
        self._most_pause = most_pause

    def take(self) -> Job | None:
        """Lease the next job that is due, or return None."""
        with self._store.write() as unit:
            return unit.outbox.lease(
                self._owner, self._clock.now(), self._lease_seconds, self._topics
            )

    def hold(self, job: Job) -> None:
        """Prolong the lease; LEASE_LOST when somebody else has the job."""
        with self._store.write() as unit:
            unit.outbox.hold(job, self._clock.now(), self._lease_seconds)

    def done(self, job: Job) -> None:
        """Finish a job."""
        with self._store.write() as unit:
            unit.outbox.done(job)

    def again(self, job: Job, at: datetime) -> None:
        """Finish this round of a job that must come again."""
        with self._store.write() as unit:
            unit.outbox.again(job, min(at, self._clock.now() + LONGEST))

    def failed(self, job: Job, code: Code) -> None:
        """Give a job back to be tried later."""
        with self._store.write() as unit:
            most = self._most_pause.get(job.topic, MAX_BACKOFF_SECONDS)
            unit.outbox.failed(job, code, self._clock.now(), most)
