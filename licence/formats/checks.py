"""What one check of a verification says: its name, state, permanent code and facts.

Standard: DESIGN 4; the states follow ETSI EN 319 102-1 (passed, failed, indeterminate).
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from licence.errors import AnzhengError, Code, Fact


@unique
class CheckState(StrEnum):
    """What came out of a check; "could not check" is a state of its own, never good, never bad."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    SKIPPED = "skipped"


@unique
class CheckName(StrEnum):
    """The checks in the order in which they are made and reported."""

    CONTAINER = "container"
    SIGNATURE = "signature"
    SIGNER = "signer"
    TIMESTAMP = "timestamp"
    DATA = "data"
    ANCHOR = "anchor"
    STATUS = "status"
    VALIDITY = "validity"
    HOLDER = "holder"
    COPY = "copy"
    REFEREE = "referee"
    REPORTED = "reported"


CHECK_ORDER = {name: place for place, name in enumerate(CheckName)}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    Args:
        name: Which check.
        state: What came out.
        code: `OK` when passed, otherwise why not.
        facts: What the check found out, in the order in which to show it.
        notes: Codes worth telling that do not change the verdict.
        standard: The clause that the check follows.

    Raises:
        AnzhengError: `INTERNAL` if the code does not go with the state.
    """

    name: CheckName
    state: CheckState
    code: Code = Code.OK
    facts: tuple[tuple[str, Fact], ...] = ()
    notes: tuple[Code, ...] = ()
    standard: str = ""

    def __post_init__(self) -> None:
        if (self.state is CheckState.PASSED) is not (self.code is Code.OK):
            raise AnzhengError(
                Code.INTERNAL,
                f"check {self.name}: state {self.state} does not go with code {self.code}; "
                "passed goes with OK, every other state with its reason",
            )

    def fact(self, key: str) -> Fact:
        """Return the fact with this key, or None."""
        return next((value for name, value in self.facts if name == key), None)


def passed(
    name: CheckName,
    *facts: tuple[str, Fact],
    notes: tuple[Code, ...] = (),
    standard: str = "",
) -> CheckResult:
    """Return a passed check."""
    return CheckResult(name, CheckState.PASSED, Code.OK, facts, notes, standard)


def failed(
    name: CheckName,
    code: Code,
    *facts: tuple[str, Fact],
    notes: tuple[Code, ...] = (),
    standard: str = "",
) -> CheckResult:
    """Return a check that found something wrong."""
    return CheckResult(name, CheckState.FAILED, code, facts, notes, standard)


def indeterminate(
    name: CheckName,
    code: Code,
    *facts: tuple[str, Fact],
    notes: tuple[Code, ...] = (),
    standard: str = "",
) -> CheckResult:
    """Return a check that could not be carried to an end."""
    return CheckResult(name, CheckState.INDETERMINATE, code, facts, notes, standard)


def skipped(name: CheckName, code: Code = Code.NOT_CHECKED, *, standard: str = "") -> CheckResult:
    """Return a check that was not made: nothing to check, or an earlier check ended it."""
    return CheckResult(name, CheckState.SKIPPED, code, (), (), standard)
