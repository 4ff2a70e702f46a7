"""Tells the authority, through the log, what it must look into; never what a licence says."""

from collections.abc import Iterable

import structlog

from licence.errors import Code
from licence.formats.report import Report
from licence.formats.verdict import is_alarm
from licence.ids import Leaf

log = structlog.get_logger()


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
