"""Check 8: the day asked about lies within the dates of the licence, and it is no sample.

Days are days in China, the last one included. Where the licence stands in time is known only after
the status check has found the clock plausible.

Standard: 安全生产许可证条例, article 9; DESIGN 4, check 8.
"""

from datetime import date
from typing import Final

from licence.domain.model import Kind
from licence.domain.validity import period_on, renewal_deadline
from licence.errors import Code, Fact
from licence.formats.checks import CheckName, CheckResult, failed, passed

NUMBER: Final = 8
STANDARD: Final = "安全生产许可证条例 9"


def check_period(kind: Kind, valid_from: date, valid_to: date, on: date) -> CheckResult:
    """Decide whether a version of this kind, with these first and last days, runs on that day."""
    facts: tuple[tuple[str, Fact], ...] = (
        ("on", on.isoformat()),
        ("valid_from", valid_from.isoformat()),
        ("valid_to", valid_to.isoformat()),
        ("kind", kind.value),
    )
    if kind is Kind.SAMPLE:
        return failed(CheckName.VALIDITY, Code.SAMPLE_LICENCE, *facts, standard=STANDARD)
    code = period_on(valid_from, valid_to, on)
    if code is not Code.OK:
        return failed(CheckName.VALIDITY, code, *facts, standard=STANDARD)
    return passed(
        CheckName.VALIDITY,
        *facts,
        ("renew_by", renewal_deadline(valid_to).isoformat()),
        standard=STANDARD,
    )
