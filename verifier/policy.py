"""What a relying party demands before it acts on a licence.

The policy is printed in the report: whoever reads a verdict sees by which rule it was taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from licence.errors import AnzhengError, Code

MAX_REPORT_AGE_HOURS: Final = 24 * 366
MAX_ACCEPT_STALE_HOURS: Final = 24 * 30
"""Nobody may work from status lists older than this many hours."""


@unique
class Referee(StrEnum):
    """Whether pyHanko is asked for a second opinion about each file."""

    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one relying party.

    Args:
        name: Name of the profile, printed in the report.
        accept_stale_hours: Hours after its end for which an expired status list or trust
            repository still counts. A final status counts for ever.
        referee: Whether to ask pyHanko too.
        sample_every: In a batch, ask the referee about every n-th file only.
        report_max_age_hours: Hours for which another verifier's report still answers.
    """

    name: str = "default"
    accept_stale_hours: int = 0
    referee: Referee = Referee.ALWAYS
    sample_every: int = 100
    report_max_age_hours: int = 24

    def __post_init__(self) -> None:
        if not 0 <= self.accept_stale_hours <= MAX_ACCEPT_STALE_HOURS:
            raise AnzhengError(
                Code.REQUEST_INVALID,
                f"accept_stale_hours must be 0 to {MAX_ACCEPT_STALE_HOURS}",
                value=self.accept_stale_hours,
            )
        if self.sample_every < 1:
            raise AnzhengError(Code.REQUEST_INVALID, "sample_every must be at least 1")
        if not 1 <= self.report_max_age_hours <= MAX_REPORT_AGE_HOURS:
            raise AnzhengError(
                Code.REQUEST_INVALID,
                f"report_max_age_hours must be 1 to {MAX_REPORT_AGE_HOURS}",
                value=self.report_max_age_hours,
            )


STRICT: Final = Policy()
INSPECTOR: Final = Policy(name="inspector", accept_stale_hours=72)
BATCH: Final = Policy(name="batch", referee=Referee.NEVER)

PROFILES: Final[Mapping[str, Policy]] = MappingProxyType(
    {policy.name: policy for policy in (STRICT, INSPECTOR, BATCH)}
)
