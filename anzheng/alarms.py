"""Tells the authority, through the log, what it must look into; never what a licence says."""

from collections.abc import Iterable, Mapping

import structlog

from anzheng.store.alarms import Alarm
from anzheng.store.database import Store
from licence.errors import Code
from licence.formats.report import Report
from licence.formats.verdict import is_alarm
from licence.ids import Leaf
from licence.ports import Clock

log = structlog.get_logger()


class StandingAlarms:
    """Alarms about what lasts: one line when it begins, one when it is over, none between.

    They are kept in the database, so that a new process neither repeats nor forgets one.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def standing(self) -> Mapping[str, Code]:
        """Code of each alarm that is not over, by its key."""
        with self._store.read() as unit:
            return {alarm.key: alarm.code for alarm in unit.alarms.all()}

    def rise(self, key: str, code: Code, message: str) -> None:
        """Say that something is wrong, unless it was said; another code is news.

        Args:
            key: What it is about, as `chain` or `node:<url>`.
            code: What is wrong.
            message: The same for people.
        """
        alarm = Alarm(key, code, message, self._clock.now())
        with self._store.write() as unit:
            news = unit.alarms.rise(alarm)
        if news:
            log.warning("alarm", about=key, code=code.value, message=message)

    def clear(self, key: str) -> None:
        """Say that it is over, if it was wrong."""
        with self._store.read() as unit:
            if all(alarm.key != key for alarm in unit.alarms.all()):
                return
        with self._store.write() as unit:
            over = unit.alarms.clear(key)
        if over is not None:
            lasted = self._clock.now() - over.since
            log.warning("alarm_over", about=key, code=over.code.value, lasted=str(lasted))


def sound(codes: Iterable[Code], leaf: Leaf | None) -> None:
    """Log each code that is an alarm, once.

    Args:
        codes: What was found.
        leaf: Identity of the licence, if it is known.
    """
    for code in dict.fromkeys(codes):
        if is_alarm(code):
            log.warning("alarm", code=code.value, leaf=leaf.hex() if leaf else None)


def sound_report(report: Report) -> None:
    """Log the alarms of a report, also of checks that did not decide."""
    sound((code for check in report.checks for code in (check.code, *check.notes)), report.leaf)
