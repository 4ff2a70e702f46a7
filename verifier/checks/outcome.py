"""How an error of a check becomes its result."""

from licence.errors import AnzhengError, Code, Fact
from licence.formats.checks import CheckName, CheckResult, failed, indeterminate
from licence.formats.verdict import CodeClass, class_of


def not_passed(
    name: CheckName, error: AnzhengError, *facts: tuple[str, Fact], standard: str = ""
) -> CheckResult:
    """Return the result of a check that ended with `error`.

    A code that the verdict table does not call bad means that something could not be checked.
    """
    return ended(name, error.code, *facts, ("reason", error.message), standard=standard)


def ended(name: CheckName, code: Code, *facts: tuple[str, Fact], standard: str = "") -> CheckResult:
    """Return the result of a check that ended with `code`: failed, or indeterminate."""
    make = indeterminate if class_of(code) is CodeClass.MISSING else failed
    return make(name, code, *facts, standard=standard)
