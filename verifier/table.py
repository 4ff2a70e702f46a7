"""What came of many verifications as a table, for spreadsheets.

It opens in Excel as it is: UTF-8 with a mark, and no cell can be a formula.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from licence.errors import Code
from licence.formats.fields import moment_text
from licence.formats.report import Report
from licence.formats.verdict import TABLE
from verifier.words import advice, what_to_do
from verifier.words_of_copies import told_of_copy

MARK: Final = "\ufeff"
HEAD: Final = (
    "序号 no.",
    "文件 file",
    "结论 verdict",
    "代码 code",
    "说明 meaning",
    "怎么办 what to do",
    "企业名称 enterprise",
    "统一社会信用代码 USCC",
    "许可证编号 licence no.",
    "有效期至 valid to",
    "查询日期 on",
    "核验时间 checked at",
    "文件摘要 SHA-256",
)
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Of ordinary and of full width, which Excel takes too; no control character stands in a cell."""


def rows_as_csv(rows: Sequence[tuple[str, Report | Code]]) -> bytes:
    """Return the table of names and reports, or of the code why something was not checked."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for number, (name, report) in enumerate(rows, start=1):
        cells = _unchecked(report) if isinstance(report, Code) else _cells(report)
        writer.writerow(map(safe_cell, (str(number), name, *cells)))
    return (MARK + text.getvalue()).encode("utf-8", "backslashreplace")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    plain = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA) else plain


def _unchecked(code: Code) -> Iterator[str]:
    told = advice(code)
    yield "未核验 not checked"
    yield code.value
    yield f"{told.zh} {told.en}"
    yield f"{told.todo.zh} {told.todo.en}"
    yield from ("",) * (len(HEAD) - 6)


def _cells(report: Report) -> Iterator[str]:
    words, told = TABLE[report.verdict].words, advice(report.code)
    yield f"{words.zh} {words.en}"
    yield report.code.value
    copied = told_of_copy(report)
    limits = f"; {copied.zh} {copied.en}" if copied is not None else ""
    yield f"{told.zh} {told.en}{limits}"
    todo = what_to_do(report.verdict, report.code, report.assurance)
    yield f"{todo.zh} {todo.en}"
    draft = report.licence.draft if report.licence is not None else None
    facts = dict(report.facts)
    yield draft.enterprise_name if draft else str(facts.get("enterprise_name") or "")
    yield draft.uscc if draft else str(facts.get("uscc") or "")
    yield draft.licence_no if draft else str(facts.get("licence_no") or "")
    yield draft.valid_to.isoformat() if draft else str(facts.get("valid_to") or "")
    yield report.on.isoformat()
    yield moment_text(report.checked_at)
    yield report.file_sha256.hex() if report.file_sha256 is not None else ""
