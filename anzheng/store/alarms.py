"""What must be looked into, from when it began until it is over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from anzheng.store.tables import alarms
from anzheng.store.times import from_text, to_text
from licence.errors import Code


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong.

    Attributes:
        key: What it is about: one alarm a key.
        code: What is wrong.
        message: The same for people.
        since: When it began.
    """

    key: str
    code: Code
    message: str
    since: datetime


class AlarmBook:
    """Repository of alarms that last."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rise(self, alarm: Alarm) -> bool:
        """Note an alarm; return whether it is news. One that lasts keeps its beginning."""
        code = self._connection.execute(
            select(alarms.c.code).where(alarms.c.key == alarm.key)
        ).scalar_one_or_none()
        if code == alarm.code.value:
            return False
        values = {"code": alarm.code.value, "message": alarm.message, "since": to_text(alarm.since)}
        if code is None:
            self._connection.execute(insert(alarms).values(key=alarm.key, **values))
        else:
            self._connection.execute(
                update(alarms).where(alarms.c.key == alarm.key).values(**values)
            )
        return True

    def clear(self, key: str) -> Alarm | None:
        """Remove what is over; return what it was."""
        row = self._connection.execute(
            delete(alarms)
            .where(alarms.c.key == key)
            .returning(alarms.c.key, alarms.c.code, alarms.c.message, alarms.c.since)
        ).one_or_none()
        return None if row is None else Alarm(row[0], Code(row[1]), row[2], from_text(row[3]))

    def all(self) -> tuple[Alarm, ...]:
        """Everything that is wrong now, oldest first."""
        rows = self._connection.execute(
            select(alarms.c.key, alarms.c.code, alarms.c.message, alarms.c.since).order_by(
                alarms.c.since, alarms.c.key
            )
        )
        return tuple(Alarm(row[0], Code(row[1]), row[2], from_text(row[3])) for row in rows)
