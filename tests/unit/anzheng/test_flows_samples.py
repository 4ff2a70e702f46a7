"""The samples move with the day: periods keep their length, order and meaning."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from anzheng.flows.samples import REFERENCE, last_day, shift_roster

ROW: dict[str, object] = {
    "licence_no": "（辽）WH安许证字〔2024〕0127",
    "valid_from": "2024-03-18",
    "valid_to": "2027-03-17",
    "issued_on": "2024-03-18",
    "annual_reviews": [{"year": 2025, "on": "2025-03-01"}],
    "version": 1,
}


def test_nothing_moves_on_the_reference_day() -> None:
    assert shift_roster([ROW], REFERENCE) == (ROW,)


def test_dates_move_at_every_depth_and_nothing_else() -> None:
    (row,) = shift_roster([ROW], REFERENCE + timedelta(days=1))
    assert row["issued_on"] == "2024-03-19"
    assert row["annual_reviews"] == [{"year": 2025, "on": "2025-03-02"}]
    assert row["licence_no"] == ROW["licence_no"]
    assert row["version"] == 1


def test_three_years_stay_three_years_over_a_leap_day() -> None:
    assert last_day(date(2024, 2, 29), years=3) == date(2027, 2, 28)
    assert last_day(date(2024, 3, 1), years=3) == date(2027, 2, 28)
    assert last_day(date(2025, 3, 1), years=3) == date(2028, 2, 29)


@given(st.dates(date(2026, 1, 1), date(2060, 1, 1)))
def test_a_licence_for_three_years_stays_one_on_any_day(today: date) -> None:
    (row,) = shift_roster([ROW], today)
    start = date.fromisoformat(str(row["valid_from"]))
    assert row["valid_to"] == last_day(start, years=3).isoformat()


@given(st.dates(date(2026, 1, 1), date(2060, 1, 1)))
def test_a_short_period_keeps_its_days(today: date) -> None:
    short: dict[str, object] = {"valid_from": "2026-08-12", "valid_to": "2026-09-10"}
    (row,) = shift_roster([short], today)
    start, end = (date.fromisoformat(str(row[key])) for key in ("valid_from", "valid_to"))
    assert end - start == timedelta(days=29)
