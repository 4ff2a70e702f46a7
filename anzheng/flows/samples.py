"""Shifts the sample roster to the day of the demo, so that what it shows does not rot.

The samples are written for `REFERENCE`; every date moves by the same number of days. A licence
for three years keeps its last day three years on, whatever leap days come between.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from licence.domain.elicence_id import make_elicence_id, parse_elicence_id
from licence.domain.licence_no import make_licence_no, parse_licence_no

REFERENCE = date(2026, 11, 21)

_DATE_LENGTH = 10


def shift_roster(
    rows: Sequence[Mapping[str, object]], today: date, reference: date = REFERENCE
) -> tuple[dict[str, object], ...]:
    """Return the rows as they would read had they been written for `today`."""
    return tuple(_shift_row(row, today - reference) for row in rows)


def _shift_row(row: Mapping[str, object], by: timedelta) -> dict[str, object]:
    shifted = {key: _shift(value, by) for key, value in row.items()}
    start, end = _date(row.get("valid_from")), _date(row.get("valid_to"))
    if start and end and end == last_day(start, years=3):
        shifted["valid_to"] = last_day(start + by, years=3).isoformat()
    return shifted


def last_day(start: date, *, years: int) -> date:
    """Return the last day of a period that begins on `start`, both days inclusive."""
    try:
        return start.replace(year=start.year + years) - timedelta(days=1)
    except ValueError:
        # 29 February: the period ends on 28 February, the day before 1 March.
        return start.replace(year=start.year + years, day=28)


def _shift(value: object, by: timedelta) -> object:
    if isinstance(value, Mapping):
        return {key: _shift(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shift(inner, by) for inner in value]
    day = _date(value)
    return value if day is None else (day + by).isoformat()


def _date(value: object) -> date | None:
    if not isinstance(value, str) or len(value) != _DATE_LENGTH:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def many_rows(
    count: int, template: Mapping[str, object], *, year: int, first: int = 1000
) -> tuple[dict[str, object], ...]:
    """Return rows like a sample row, each with a number of its own.

    Args:
        count: How many.
        template: A sample row, shifted already.
        year: Year in the numbers; after serial 9999 comes the next year.
        first: Serial of the first number.
    """
    parsed = parse_elicence_id(str(template["elicence_id"]))
    number = parse_licence_no(str(template["licence_no"]))
    rows = []
    for place in range(first, first + count):
        of, serial = year + place // 10_000, f"{place % 10_000:04d}"
        text = make_licence_no(number.type, number.province, number.industry, of, serial)
        elicence = make_elicence_id(parsed.type, parsed.issuer, f"{of}{serial}", 1)
        rows.append({**template, "licence_no": text, "elicence_id": elicence.text, "version": 1})
    return tuple(rows)
