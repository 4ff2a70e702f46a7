"""Check 10: a limited copy is as its holder signed it, and is used within its limits.

Standard: DESIGN 2 (8) and 4, check 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from licence.domain.text import reads_alike
from licence.errors import AnzhengError, Code, Fact
from licence.formats import holder_key
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.copy_file import LimitedCopy, copy_bytes
from licence.formats.fields import moment_text
from licence.formats.holder import CLOCK_SKEW
from verifier.checks.outcome import not_passed

NUMBER: Final = 10
STANDARD: Final = "anzheng-copy/v1"


@dataclass(frozen=True, slots=True)
class CopyUse:
    """How a copy is being used.

    Attributes:
        now: The time.
        on: The day asked about.
        recipient: Who uses it; None when nobody said.
        purpose: What for; None when nobody said.
    """

    now: datetime
    on: date
    recipient: str | None = None
    purpose: str | None = None


def check_copy_limits(copy: LimitedCopy, public_key: bytes, use: CopyUse) -> CheckResult:
    """Decide whether a copy may be used so.

    Args:
        copy: The copy.
        public_key: Of the holder, from the certificate whose path was checked.
        use: By whom, for what and when.
    """
    try:
        _check_signature(copy, public_key)
    except AnzhengError as error:
        # For whom it says it was made, nobody signed: it is not shown.
        return not_passed(CheckName.COPY, error, standard=STANDARD)
    facts = limits_of(copy)
    try:
        if copy.made_at > use.now + CLOCK_SKEW:
            raise AnzhengError(Code.HOLDER_TIME, "the copy was made in the future")
        if use.on > copy.ends_on:
            raise AnzhengError(Code.COPY_EXPIRED, "the copy is past its last day")
        if use.recipient is not None and not reads_alike(use.recipient, copy.recipient):
            raise AnzhengError(Code.COPY_RECIPIENT, "the copy was made for another recipient")
        if use.purpose is not None and not reads_alike(use.purpose, copy.purpose):
            raise AnzhengError(Code.COPY_PURPOSE, "the copy was made for another purpose")
    except AnzhengError as error:
        return not_passed(CheckName.COPY, error, *facts, standard=STANDARD)
    return passed(CheckName.COPY, *facts, *_compared(use), standard=STANDARD)


def limits_of(copy: LimitedCopy) -> tuple[tuple[str, Fact], ...]:
    """Return for whom, for what and how long a copy was made."""
    return (
        ("copy_no", copy.copy_no),
        ("recipient", copy.recipient),
        ("purpose", copy.purpose),
        ("made_at", moment_text(copy.made_at)),
        ("ends_on", copy.ends_on.isoformat()),
    )


def _check_signature(copy: LimitedCopy, public_key: bytes) -> None:
    try:
        holder_key.verify(public_key, copy_bytes(copy), copy.signature)
    except AnzhengError as error:
        raise AnzhengError(
            Code.COPY_BROKEN, "the copy was changed, or is not signed by the licence's holder"
        ) from error


def _compared(use: CopyUse) -> Sequence[tuple[str, Fact]]:
    return (
        ("recipient_compared", use.recipient is not None),
        ("purpose_compared", use.purpose is not None),
    )
