"""For whom, what for and until when a limited copy 加注件 was made, as a person is told it.

A copy in the hands of somebody else is worth nothing, and no verifier knows who is looking: so it
stands next to the verdict, with the question that only the reader can answer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.formats.checks import CheckName, CheckState
from licence.formats.report import Report
from licence.formats.verdict import Words

LABELS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "recipient": Words("加注件仅供", "copy only for"),
        "purpose": Words("用途", "purpose"),
        "ends_on": Words("加注件用至", "until"),
    }
)
"""The limits of a copy, and how each is called."""

OPEN: Final = "open"
PURPOSE_OPEN: Final = "purpose_open"
AGREED: Final = "agreed"
COMPARE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        OPEN: Words(
            "未比对使用者:请核对您就是该使用者、用途也相同,否则不要采信。",
            "The recipient was not compared: rely on it only if that is you, for that purpose.",
        ),
        PURPOSE_OPEN: Words(
            "使用者已比对相符;请再核对用途,不同的不要采信。",
            "The recipient agrees; rely on it only for that purpose.",
        ),
        AGREED: Words("使用者和用途均已比对相符。", "Recipient and purpose agree."),
    }
)
"""What the reader has still to compare."""


def limits_of_copy(report: Report) -> Mapping[str, str]:
    """Return recipient, purpose and last day of a copy, where its holder's signature holds."""
    check = report.check(CheckName.COPY)
    if check is None:
        return {}
    found = {name: check.fact(name) for name in LABELS}
    return {name: str(value) for name, value in found.items() if value is not None}


def left_to_compare(report: Report) -> str | None:
    """Return which sentence of COMPARE tells what is left to the reader; None for no good copy."""
    check = report.check(CheckName.COPY)
    if check is None or check.state is not CheckState.PASSED:
        return None
    if check.fact("recipient_compared") is not True:
        return OPEN
    return AGREED if check.fact("purpose_compared") is True else PURPOSE_OPEN


def told_of_copy(report: Report) -> Words | None:
    """Return all of it in one sentence; None for what is no copy, or one that nobody signed."""
    said = limits_of_copy(report)
    if set(said) != set(LABELS):
        return None
    left = left_to_compare(report)
    compare = COMPARE[left] if left is not None else Words("", "")
    recipient, purpose, day = (said[name] for name in LABELS)
    return Words(
        f"加注件,仅供“{recipient}”用于“{purpose}”,至 {day}。{compare.zh}",
        f'Limited copy, only for "{recipient}", for "{purpose}", until {day}. {compare.en}'.strip(),
    )
