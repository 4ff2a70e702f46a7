"""Dates: how long a licence runs, when it must be renewed, whether it is in force on a day.

All days are days in China (UTC+8, no summer time since 1991), both ends of a period inclusive.

Source: research licence_domain B.4, C.2, D1; DESIGN 4, check 8.
"""

import calendar
from datetime import date, datetime, timedelta, timezone
from typing import Final

from licence.errors import AnzhengError, Code

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
REGULAR_YEARS: Final = 3
RENEWAL_MONTHS: Final = 3
"""A renewal is applied for this long before the end (安全生产许可证条例, article 9)."""

_MONTHS_PER_YEAR = 12


def shanghai_date(moment: datetime) -> date:
    """Return the day that it is in China at a moment.

    Raises:
        AnzhengError: INTERNAL if the moment does not say its zone.
    """
    if moment.utcoffset() is None:
        raise AnzhengError(Code.INTERNAL, "a moment without a time zone names no day")
    return moment.astimezone(CHINA).date()


def regular_ends(valid_from: date) -> tuple[date, date]:
    """Return the two last days that a three-year licence may have: 3 years less a day, or 3 years.

    Both are in use (D16). From 29 February, three years on, that is 28 February and 1 March.
    """
    year = valid_from.year + REGULAR_YEARS
    if (valid_from.month, valid_from.day) == (2, 29):
        same_day = date(year, 3, 1)  # a leap year is never followed by another after three years
    else:
        same_day = valid_from.replace(year=year)
    return same_day - timedelta(days=1), same_day


def renewal_deadline(valid_to: date) -> date:
    """Return the last day on which a renewal is applied for in time: three months before the end.

    Where that month has no such day, its last day counts.
    """
    months = valid_to.year * _MONTHS_PER_YEAR + valid_to.month - 1 - RENEWAL_MONTHS
    year, month = divmod(months, _MONTHS_PER_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(valid_to.day, last))


def period_on(valid_from: date, valid_to: date, on: date) -> Code:
    """Say whether a day lies within a period, both ends included: OK, NOT_YET_VALID or EXPIRED."""
    if on < valid_from:
        return Code.NOT_YET_VALID
    return Code.EXPIRED if on > valid_to else Code.OK
