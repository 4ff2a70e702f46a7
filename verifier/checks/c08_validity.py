"""Check 8: the day asked about lies within the dates of the licence, and it is no sample.

Days are days in China, the last one included. Where the licence stands in time is known only after
the status check has found the clock plausible.

Standard: 安全生产许可证条例, article 9; DESIGN 4, check 8.
"""

from datetime import date
from typing import Final

from licence.domain.model import Kind, LicenceVersion
from licence.domain.validity import renewal_deadline, validity_on
from licence.errors import Code, Fact
from licence.formats.checks import CheckName, CheckResult, failed, passed

STANDARD: Final = "安全生产许可证条例 9"


def check_validity(licence: LicenceVersion, on: date) -> CheckResult:
    """Decide whether the licence runs on that day."""
    draft = licence.draft
    facts: tuple[tuple[str, Fact], ...] = (
        ("on", on.isoformat()),
        ("valid_from", draft.valid_from.isoformat()),
        ("valid_to", draft.valid_to.isoformat()),
        ("kind", draft.kind.value),
    )
    if draft.kind is Kind.SAMPLE:
        return failed(CheckName.VALIDITY, Code.SAMPLE_LICENCE, *facts, standard=STANDARD)
    code = validity_on(licence, on)
    if code is not Code.OK:
        return failed(CheckName.VALIDITY, code, *facts, standard=STANDARD)
    return passed(
        CheckName.VALIDITY,
        *facts,
        ("renew_by", renewal_deadline(draft.valid_to).isoformat()),
        standard=STANDARD,
    )
