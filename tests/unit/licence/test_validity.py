"""Dates of a licence."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from licence.domain.validity import (
    period_on,
    regular_ends,
    renewal_deadline,
    shanghai_date,
)
from licence.errors import AnzhengError, Code


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 16, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))), date(2026, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_china(moment: datetime, day: date) -> None:
    assert shanghai_date(moment) == day


def test_a_moment_without_zone_names_no_day() -> None:
    with pytest.raises(AnzhengError) as caught:
        shanghai_date(datetime(2026, 11, 21))  # noqa: DTZ001 what we test
    assert caught.value.code is Code.INTERNAL


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        (date(2024, 3, 18), (date(2027, 3, 17), date(2027, 3, 18))),
        (date(2025, 3, 1), (date(2028, 2, 29), date(2028, 3, 1))),
        (date(2024, 2, 29), (date(2027, 2, 28), date(2027, 3, 1))),
        (date(2026, 1, 1), (date(2028, 12, 31), date(2029, 1, 1))),
    ],
)
def test_a_regular_licence_ends_three_years_on(start: date, ends: tuple[date, date]) -> None:
    assert regular_ends(start) == ends


@pytest.mark.parametrize(
    ("end", "deadline"),
    [
        (date(2027, 3, 17), date(2026, 12, 17)),
        (date(2027, 5, 31), date(2027, 2, 28)),
        (date(2028, 5, 30), date(2028, 2, 29)),
        (date(2027, 1, 15), date(2026, 10, 15)),
        (date(2027, 12, 31), date(2027, 9, 30)),
    ],
)
def test_renewal_is_due_three_calendar_months_before_the_end(end: date, deadline: date) -> None:
    assert renewal_deadline(end) == deadline


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2024, 3, 17), Code.NOT_YET_VALID),
        (date(2024, 3, 18), Code.OK),
        (date(2027, 3, 17), Code.OK),
        (date(2027, 3, 18), Code.EXPIRED),
    ],
)
def test_both_ends_of_the_period_are_in_force(on: date, code: Code) -> None:
    assert period_on(date(2024, 3, 18), date(2027, 3, 17), on) is code
