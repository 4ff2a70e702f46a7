"""One thing that is wrong with a row or a draft."""

from dataclasses import dataclass

from licence.errors import Code


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where; a row may have many.

    Args:
        field: Path of the field, such as `addresses[1].text`; empty for the row as a whole.
        code: Permanent code, for machines.
        message: For people: what is wrong and what to do. Never repeats the value itself.
        row: Number of the roster row, when it came from one.
    """

    field: str
    code: Code
    message: str
    row: int | None = None
