"""Answers already given, so that a repeated request gets the same answer and no second effect."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from anzheng.store.tables import idempotency
from anzheng.store.times import to_text
from licence.errors import AnzhengError, Code
from licence.ids import Digest

RESERVED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that was given before."""

    status: int
    body: bytes


class Idempotency:
    """Repository of answers by (scope, key)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, scope: str, key: str, request: Digest, now: datetime) -> Answer | None:
        """Reserve a key, or return the answer given before.

        A reservation whose process died without an answer is free again after
        `RESERVED_SECONDS`; what it had done by then must be harmless to repeat.

        Raises:
            AnzhengError: IDEMPOTENCY_MISMATCH for the same key with another request, CONFLICT
                while the first request is still at work.
        """
        where = (idempotency.c.scope == scope) & (idempotency.c.key == key)
        row = self._connection.execute(
            select(
                idempotency.c.request_sha256,
                idempotency.c.status,
                idempotency.c.body,
                idempotency.c.created_at,
            ).where(where)
        ).one_or_none()
        if row is None:
            self._connection.execute(
                insert(idempotency).values(
                    scope=scope, key=key, request_sha256=request, created_at=to_text(now)
                )
            )
            return None
        if row[0] != request:
            raise AnzhengError(
                Code.IDEMPOTENCY_MISMATCH,
                "this Idempotency-Key was used for another request; take a new key",
            )
        if row[1] is None and row[3] < to_text(now - timedelta(seconds=RESERVED_SECONDS)):
            self._connection.execute(
                update(idempotency).where(where).values(created_at=to_text(now))
            )
            return None
        if row[1] is None:
            raise AnzhengError(
                Code.CONFLICT, "the first request with this Idempotency-Key is still at work"
            )
        return Answer(row[1], row[2])

    def finish(self, scope: str, key: str, answer: Answer) -> None:
        """Keep the answer of a reserved key."""
        self._connection.execute(
            update(idempotency)
            .where((idempotency.c.scope == scope) & (idempotency.c.key == key))
            .values(status=answer.status, body=answer.body)
        )

    def forget(self, scope: str, key: str) -> None:
        """Free a key whose request failed before it had any effect."""
        self._connection.execute(
            delete(idempotency).where((idempotency.c.scope == scope) & (idempotency.c.key == key))
        )

    def expire(self, before: datetime) -> int:
        """Delete keys older than `before`; return how many."""
        return self._connection.execute(
            delete(idempotency).where(idempotency.c.created_at < to_text(before))
        ).rowcount
