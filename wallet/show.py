"""What the wallet's commands print: a licence in words, in JSON, and errors on one line."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import typer

from licence.domain.model import Environment
from licence.error_words import in_both
from licence.errors import AnzhengError
from licence.formats.fields import moment_text
from licence.formats.report import NOTICE
from wallet.entry import PDF, Kept

EXIT_FAILED: Final = 1
SCAN_TO_CHECK: Final = "以核验结果为准 What holds is what a verification says"


@dataclass(frozen=True, slots=True)
class Out:
    """Prints what a command has to say, once."""

    as_json: bool

    def say(self, value: object, lines: Sequence[str]) -> None:
        """Print `value` as JSON, or `lines` as text."""
        text = json.dumps(value, ensure_ascii=False, indent=2) if self.as_json else "\n".join(lines)
        sys.stdout.write(text + "\n")

    def fail(self, error: AnzhengError) -> NoReturn:
        """Print an error on one line, and leave."""
        if self.as_json:
            value = {"code": error.code.value, "message": error.message, "facts": error.facts}
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(f"{error.code.value}: {in_both(error.code, error.message)}\n")
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def answering(as_json: bool) -> Iterator[Out]:  # noqa: FBT001 - the flag of the command
    """Run a command's body; an error of ours becomes one line and exit code 1."""
    out = Out(as_json)
    try:
        yield out
    except AnzhengError as error:
        out.fail(error)


def describe(kept: Kept, folder: Path) -> dict[str, object]:
    """Return what is known of a licence, as JSON."""
    draft = kept.version.draft
    return {
        "leaf": kept.leaf.hex(),
        "licence_no": draft.licence_no,
        "version": draft.version,
        "enterprise_name": draft.enterprise_name,
        "uscc": draft.uscc,
        "issuer": draft.issuer,
        "valid_from": draft.valid_from.isoformat(),
        "valid_to": draft.valid_to.isoformat(),
        "environment": draft.environment.value,
        "notice": _notice(kept),
        "claimed_at": moment_text(kept.claimed_at),
        "certificate_ends": moment_text(kept.own.not_after),
        "certificate_leaf": kept.certificate_leaf.hex(),
        "anchored": kept.evidence is not None,
        "certificate_anchored": kept.certificate_evidence is not None,
        "file": str(folder / PDF),
    }


def lines_of(kept: Kept) -> list[str]:
    """Return a licence as lines for people; never a verdict."""
    draft = kept.version.draft
    period = f"{draft.valid_from.isoformat()} - {draft.valid_to.isoformat()}"
    anchored = "已锚定 anchored" if kept.evidence is not None else "待锚定 not anchored yet"
    notice = _notice(kept)
    return [
        f"{draft.licence_no}  {draft.enterprise_name}",
        f"  {draft.issuer}  {period}  {anchored}",
        f"  {kept.leaf.hex()}",
        f"  {SCAN_TO_CHECK}" + (f"  {notice}" if notice is not None else ""),
    ]


def _notice(kept: Kept) -> str | None:
    """Return what must stand beside a licence of the test environment."""
    return NOTICE if kept.version.draft.environment is Environment.TEST else None
