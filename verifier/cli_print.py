"""What the command says: JSON lines, every check, or one line a file; errors on one line each."""

import io
import json
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Final

from rich.console import Console
from typing_extensions import override

from licence.error_words import in_both
from licence.errors import AnzhengError, Code
from licence.formats.report import Report, encode
from licence.formats.verdict import EXIT_USAGE, TABLE, Verdict
from verifier.cli_open import Options
from verifier.cli_table import Overview
from verifier.pool import Answer
from verifier.show import printable, show

FEW: Final = 3
"""So many artefacts are shown with every check unless something else is asked for."""


@dataclass(slots=True)
class Printer:
    """Says what was found, in the form that was asked for, and keeps it where that is needed."""

    options: Options
    as_json: bool
    total: int
    kept: list[tuple[str, Report]] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    overview: Overview | None = None

    def __post_init__(self) -> None:
        if self.many and not self.as_json:
            self.overview = Overview(self.console, self.total)

    @property
    def many(self) -> bool:
        """Whether one line a file is wanted."""
        details = self.options.details
        return self.total > FEW if details is None else not details

    def say(self, name: str, answer: Answer) -> None:
        """Print one report; raises STORE_FAILED when that cannot be done."""
        shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
        facts = (("file", shown), *(fact for fact in answer.report.facts if fact[0] != "file"))
        report = replace(answer.report, facts=facts)
        if self.options.csv is not None:
            self.kept.append((shown, report))
        if self.options.report is not None:
            self.answers.append((shown, answer))
        with _Written():
            if self.as_json:
                sys.stdout.write(encode(report).decode("utf-8") + "\n")
            elif self.overview is not None:
                self.overview.add(shown, report)
            else:
                show(self.console, shown, report)
            sys.stdout.flush()

    def unread(self, error: AnzhengError) -> int:
        """Say what could not be read, and return its exit code."""
        if self.overview is not None:
            self.overview.unread += 1
        return fail(error, as_json=self.as_json)

    def end(self) -> None:
        """Print what comes after the last report."""
        if self.overview is not None:
            with _Written():
                self.overview.end()
                sys.stdout.flush()


class _Written(AbstractContextManager[None]):
    """Turn a full disk or a closed pipe into an error of ours."""

    @override
    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            # Nobody was told, so nobody may take the exit code for an answer.
            raise AnzhengError(
                Code.STORE_FAILED, f"the report cannot be written out: {error.strerror}"
            ) from error


def write_anything(*, as_json: bool) -> None:
    """Let no name and no language setting stop a report: JSON is UTF-8, text is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if as_json and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def fail(error: AnzhengError, *, as_json: bool) -> int:
    """Print an error on one line; what could not be checked is undetermined, the rest usage."""
    tell_error(error, as_json=as_json)
    usage = error.code is Code.REQUEST_INVALID
    return EXIT_USAGE if usage else TABLE[Verdict.UNDETERMINED].exit_code


def tell_error(error: AnzhengError, *, as_json: bool) -> None:
    """Print an error of ours."""
    tell(error.code, error.message, as_json=as_json)


def tell(code: Code, message: str, *, as_json: bool) -> None:
    """Print an error on one line of standard error, whatever a path in it contains."""
    line = f"{code.value}: {in_both(code, printable(message))}"
    if as_json:
        # Escaped: a name may hold what is no text, and standard error may be no UTF-8.
        line = json.dumps({"code": code.value, "message": message})
    sys.stderr.write(f"{line}\n")
