"""Work that must happen after a commit: rows that workers lease, with fencing tokens.

A worker that stalls loses its lease; when it wakes up, its fence is too small and `done` refuses.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, insert, or_, select, true, update

from anzheng.store.tables import outbox
from anzheng.store.times import from_text, to_text
from licence.errors import AnzhengError, Code

MAX_BACKOFF_SECONDS = 300

LONGEST = timedelta(hours=1)
"""No row is leased or put off for longer: one that seems to be got its times from a clock that was
wrong, and is free. To look again too early does no harm."""


@dataclass(frozen=True, slots=True)
class Job:
    """A leased row."""

    id: int
    topic: str
    key: str
    attempts: int
    fence: int
    asked: int


@dataclass(frozen=True, slots=True)
class Due:
    """The next row that will be due, and what went wrong with it last time."""

    topic: str
    key: str
    at: datetime
    error: str | None


class Outbox:
    """Repository of work to be done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, topic: str, key: str, now: datetime) -> None:
        """Ask for work; a row that waits already is worked once, but after this moment."""
        asked = self._connection.execute(
            update(outbox)
            .where((outbox.c.topic == topic) & (outbox.c.key == key))
            .values(asked=outbox.c.asked + 1, available_at=to_text(now))
        ).rowcount
        if asked == 0:
            self._connection.execute(
                insert(outbox).values(
                    topic=topic, key=key, created_at=to_text(now), available_at=to_text(now)
                )
            )

    def lease(
        self, owner: str, now: datetime, seconds: int, topics: Collection[str] | None = None
    ) -> Job | None:
        """Lease the oldest row of these topics that is due and free, or return None."""
        moment, beyond = to_text(now), to_text(now + LONGEST)
        asked = true() if topics is None else outbox.c.topic.in_(topics)
        until, at = outbox.c.lease_until, outbox.c.available_at
        free = or_(until.is_(None), until <= moment, until > beyond)
        due = (
            select(outbox.c.id)
            .where(asked & free & or_(at <= moment, at > beyond))
            .order_by(outbox.c.id)
            .limit(1)
            .scalar_subquery()
        )
        row = self._connection.execute(
            update(outbox)
            .where(outbox.c.id == due)
            .values(
                lease_owner=owner,
                lease_until=to_text(now + timedelta(seconds=seconds)),
                fence=outbox.c.fence + 1,
                attempts=outbox.c.attempts + 1,
            )
            .returning(*(outbox.c[name] for name in Job.__dataclass_fields__))
        ).one_or_none()
        return None if row is None else Job(*row)

    def hold(self, job: Job, now: datetime, seconds: int) -> None:
        """Prolong a lease; also the check, inside a transaction, that it is still ours.

        Raises:
            AnzhengError: LEASE_LOST when somebody else has the row now.
        """
        held = self._connection.execute(
            update(outbox)
            .where((outbox.c.id == job.id) & (outbox.c.fence == job.fence))
            .values(lease_until=to_text(now + timedelta(seconds=seconds)))
        ).rowcount
        self._expect(held, job)

    def done(self, job: Job) -> None:
        """Remove a finished row; one that was asked for again meanwhile stays, and is free.

        Raises:
            AnzhengError: LEASE_LOST when somebody else has the row now.
        """
        ours = (outbox.c.id == job.id) & (outbox.c.fence == job.fence)
        gone = self._connection.execute(
            delete(outbox).where(ours & (outbox.c.asked == job.asked))
        ).rowcount
        if gone == 0:
            freed = self._connection.execute(
                update(outbox).where(ours).values(lease_owner=None, lease_until=None, attempts=0)
            ).rowcount
            self._expect(freed, job)

    def failed(self, job: Job, code: Code, now: datetime, most: int = MAX_BACKOFF_SECONDS) -> None:
        """Give a row back, to be tried again after a pause that grows to `most` seconds."""
        pause = min(most, 2 ** min(job.attempts, 16))
        self._give_back(job, now + timedelta(seconds=pause), code.value)

    def again(self, job: Job, at: datetime) -> None:
        """Give a row back that did its share and must come again later; this is no failure."""
        self._give_back(job, at, None)

    def waiting(self) -> tuple[tuple[str, str], ...]:
        """All rows as (topic, key), oldest first."""
        rows = self._connection.execute(select(outbox.c.topic, outbox.c.key).order_by(outbox.c.id))
        return tuple((row[0], row[1]) for row in rows)

    def next_due(self) -> Due | None:
        """The row that is due first."""
        row = self._connection.execute(
            select(outbox.c.topic, outbox.c.key, outbox.c.available_at, outbox.c.last_error)
            .order_by(outbox.c.available_at, outbox.c.id)
            .limit(1)
        ).one_or_none()
        return None if row is None else Due(row[0], row[1], from_text(row[2]), row[3])

    def _give_back(self, job: Job, at: datetime, error: str | None) -> None:
        unasked = outbox.c.asked == job.asked
        values: dict[str, object] = {
            "lease_owner": None,
            "lease_until": None,
            "available_at": case((unasked, to_text(at)), else_=outbox.c.available_at),
            "last_error": error,
        }
        if error is None:
            values["attempts"] = 0
        back = self._connection.execute(
            update(outbox)
            .where((outbox.c.id == job.id) & (outbox.c.fence == job.fence))
            .values(**values)
        ).rowcount
        self._expect(back, job)

    @staticmethod
    def _expect(rows: int, job: Job) -> None:
        if rows != 1:
            raise AnzhengError(
                Code.LEASE_LOST, f"job {job.topic}/{job.key} was taken over by another worker"
            )
