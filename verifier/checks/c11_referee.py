"""Second opinion: pyHanko must agree with a file that our own path found good.

Where they differ the verdict is undetermined and somebody must look: one of the two is wrong.

Standard: ETSI EN 319 102-1, 5.5; DESIGN 4.
"""

from typing import Final

from licence.errors import Code
from licence.formats.checks import CheckName, CheckResult, indeterminate, passed
from verifier.pades.opinion import Opinion

NUMBER: Final = 11
STANDARD: Final = "ETSI EN 319 102-1 5.5"


def check_referee(opinion: Opinion) -> CheckResult:
    """Return whether all three answers are yes."""
    facts = (
        ("ades", opinion.ades),
        ("bottom_line", opinion.bottom_line),
        ("entire_file", opinion.entire_file),
    )
    if opinion.agrees:
        return passed(CheckName.REFEREE, *facts, standard=STANDARD)
    return indeterminate(
        CheckName.REFEREE,
        Code.REFEREE_DISAGREES,
        *facts,
        ("reason", opinion.trouble),
        standard=STANDARD,
    )
