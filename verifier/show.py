"""A report as text for people: Chinese first, then English, every check with its facts.

All words come from `licence.formats.verdict` and `verifier.words`.
"""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

from licence.errors import Code, Fact
from licence.formats.checks import CheckName, CheckResult, CheckState
from licence.formats.report import Report
from licence.formats.verdict import ASSURANCE_WORDS, TABLE, Verdict
from verifier.words import CHECKS, STATES, advice, what_to_do
from verifier.words_of_copies import told_of_copy

MARKS: Final[Mapping[CheckState, tuple[str, str]]] = {
    CheckState.PASSED: ("✓", "green"),
    CheckState.FAILED: ("✗", "red"),
    CheckState.INDETERMINATE: ("?", "yellow"),
    CheckState.SKIPPED: ("-", "bright_black"),
}
"""Mark and colour of each state."""


COLOURS: Final[Mapping[str, str]] = {"amber": "yellow", "grey": "bright_black"}
"""Colours of the verdict table that a terminal calls otherwise."""

_LIMITS: Final = (("audience", "出示给 shown to"), ("purpose", "用途 purpose"))
"""What holders limit their presentation to, and how it is called."""


def show(console: Console, name: str, report: Report) -> None:
    """Print one report.

    Args:
        console: Where.
        name: What the file is called.
        report: What was found.
    """
    row = TABLE[report.verdict]
    colour = COLOURS.get(row.colour, row.colour)
    console.print(Text(printable(name), style="bold"))
    console.print(Text(f"{row.words.zh}  {row.words.en}", style=f"bold {colour}"))
    copied = told_of_copy(report)
    if copied is not None:
        console.print(Text(f"  {printable(copied.zh)}", style="bold"))
        console.print(Text(f"  {printable(copied.en)}", style="bold"))
    console.print(Text(f"  {_reason(report)}"))
    console.print(Text(f"  {_todo(report)}"))
    if report.notice is not None:
        console.print(Text(f"  {report.notice}", style="magenta"))
    for line in _licence(report):
        console.print(Text(f"  {line}"))
    for check in report.checks:
        _check(console, check)
    policy = ", ".join(f"{key}={printable(value)}" for key, value in report.policy)
    console.print(Text(f"  核验规则 policy: {policy}; 日期 on: {report.on.isoformat()}"))
    console.print()


def _reason(report: Report) -> str:
    if report.verdict is Verdict.VALID:
        words = ASSURANCE_WORDS[report.assurance]
    else:
        words = advice(report.code).meaning
    return f"{words.zh}  {words.en}  [{report.code.value}]"


def _todo(report: Report) -> str:
    todo = what_to_do(report.verdict, report.code, report.assurance)
    return f"{todo.zh}  {todo.en}"


def _licence(report: Report) -> list[str]:
    """Return what is to be compared with the paper, and for whom and what it was shown."""
    shown = {key: printable(value) for key, value in report.facts}
    if report.licence is not None:
        draft = report.licence.draft
        shown |= {
            "enterprise_name": draft.enterprise_name,
            "uscc": draft.uscc,
            "licence_no": draft.licence_no,
            "version": str(draft.version),
            "issuer": draft.issuer,
        }
    if "licence_no" not in shown:
        return []
    lines = [
        f"企业名称 enterprise: {shown['enterprise_name']}  {shown['uscc']}",
        f"编号 number: {shown['licence_no']}  (v{shown['version']})",
    ]
    if "issuer" in shown:
        lines.append(f"发证机关 issuer: {shown['issuer']}")
    return [*lines, *_limits(report)]


def _limits(report: Report) -> list[str]:
    """Return for whom and what for, where the holder said so."""
    check = report.check(CheckName.HOLDER)
    said = {key: printable(value) for key, value in check.facts} if check is not None else {}
    return [f"{label}: {said[key]}" for key, label in _LIMITS if key in said]


def _check(console: Console, check: CheckResult) -> None:
    (mark, colour), words, name = MARKS[check.state], STATES[check.state], CHECKS[check.name]
    code = "" if check.code is Code.OK else f"  {check.code.value}"
    line = Text(f"  {mark} {name.zh} {name.en}: {words.zh} {words.en}{code}", style=colour)
    console.print(line)
    facts = [f"{key}={printable(value)}" for key, value in check.facts if value is not None]
    if facts:
        console.print(Text(f"      {'; '.join(facts)}", style="bright_black"))
    for note in check.notes:
        told = advice(note).meaning
        console.print(Text(f"      注意 note: {told.zh} {told.en} [{note.value}]", style="yellow"))


def printable(value: Fact) -> str:
    """Return a fact as text without control characters: it may come from a stranger's file."""
    return "".join(char if char.isprintable() else "\ufffd" for char in str(value))
