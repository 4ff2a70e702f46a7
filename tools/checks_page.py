"""Write docs/checks.md: the checks by number, and every code with meaning, verdict and advice."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from licence.errors import Code
from licence.formats.checks import CheckName
from licence.formats.verdict import ASSURANCE_WORDS, REQUIRED, TABLE, CodeClass, Verdict, class_of
from verifier.checks.register import ANY_CHECK, REGISTER, NumberedCheck
from verifier.words import CHECKS, QUESTIONS, STATES, advice

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checks.md"

VERDICTS = {
    CodeClass.FOREIGN: Verdict.FOREIGN,
    CodeClass.FORGERY: Verdict.INVALID,
    CodeClass.FINAL: Verdict.INVALID,
    CodeClass.UNUSABLE: Verdict.INVALID,
    CodeClass.MISSING: Verdict.UNDETERMINED,
}
HEAD = """# Checks 核验项目

Made by `make errors` from `verifier/checks/register.py` and `verifier/words.py`; do not edit.

A verification is a row of numbered checks. Each ends in a state, with a permanent code that says
why, and the verdict follows from the states and codes alone (`licence/formats/verdict.py`). The
column *verdict* says what a **failed** check with this code makes of the whole. A check that could
not be carried to its end makes *undetermined*, whatever its code: could not check is never bad, and
never good. Clients key on the codes; the sentences may be worded better in any release.
"""
COLUMNS = "| code | verdict | meaning 含义 | what to do 怎么办 |\n| --- | --- | --- | --- |"


def page() -> str:
    """Return the text of docs/checks.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    yield "| verdict | 中文 | English | exit code |\n| --- | --- | --- | --- |"
    for verdict, row in TABLE.items():
        yield f"| `{verdict}` | {row.words.zh} | {row.words.en} | {row.exit_code} |"
    yield "\n| state | 中文 | English |\n| --- | --- | --- |"
    for state, words in STATES.items():
        yield f"| `{state}` | {words.zh} | {words.en} |"
    yield from _artefacts()
    for name in CheckName:
        yield from _check(REGISTER[name])
    yield "\n## Any check 各项均可能\n"
    yield "Said by a check that was not made, or not carried to its end.\n"
    yield from _table(ANY_CHECK)
    yield "\n`OK`: " + _both(advice(Code.OK).todo.zh, advice(Code.OK).todo.en)


def _artefacts() -> Iterator[str]:
    yield "\n## What must pass for *valid* 判为有效须通过的项目\n"
    yield "| assurance | 中文 | English | checks |\n| --- | --- | --- | --- |"
    for assurance, words in ASSURANCE_WORDS.items():
        numbers = ", ".join(str(REGISTER[name].number) for name in REQUIRED[assurance])
        yield f"| `{assurance}` | {words.zh} | {words.en} | {numbers} |"


def _check(check: NumberedCheck) -> Iterator[str]:
    words, question = CHECKS[check.name], QUESTIONS[check.name]
    yield f"\n## {check.number} {words.zh} {words.en}\n"
    yield f"{question.zh} {question.en}\n"
    yield f"`{check.name}` in reports; `{check.module}`; {check.standard}.\n"
    yield from _table(check.codes)
    if check.notes:
        yield "\nNotes, which do not change the verdict 提示,不影响结论:\n"
        yield "| code | meaning 含义 |\n| --- | --- |"
        for code in check.notes:
            yield f"| `{code}` | {_both(advice(code).zh, advice(code).en)} |"


def _table(codes: Iterable[Code]) -> Iterator[str]:
    yield COLUMNS
    for code in codes:
        told = advice(code)
        verdict = VERDICTS[class_of(code)]
        meaning, todo = _both(told.zh, told.en), _both(told.todo.zh, told.todo.en)
        yield f"| `{code}` | {verdict} | {meaning} | {todo} |"


def _both(zh: str, en: str) -> str:
    return f"{zh}<br>{en}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")
    print(f"checks: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
