"""What came of a batch, as a table for people and as JSON for machines.

The table opens in Excel as it is: UTF-8 with a mark, and no cell can be a formula.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Final

from licence.domain.model import LicenceVersion
from licence.errors import Code
from licence.formats import report as reports
from licence.formats.canonical import JsonValue
from licence.formats.fields import moment_text
from licence.formats.report import Report
from licence.formats.verdict import TABLE
from verifier.service.batch import Batch, Row
from verifier.service.desk import Kept
from verifier.words import ADVICE, advice

MARK: Final = "\ufeff"
HEAD: Final = (
    "序号 no.",
    "文件 file",
    "结论 verdict",
    "代码 code",
    "说明 meaning",
    "企业名称 enterprise",
    "统一社会信用代码 USCC",
    "许可证编号 licence no.",
    "有效期至 valid to",
    "查询日期 on",
    "核验时间 checked at",
    "文件摘要 SHA-256",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_json(batch: Batch) -> bytes:
    """Return every report, in the order of the files."""
    value: dict[str, JsonValue] = {
        **batch.summary(),
        "results": [
            {**row.event, "report": json.loads(row.report) if row.report else None}
            for row in batch.rows
        ],
    }
    return json.dumps(value, ensure_ascii=False).encode()


def as_csv(batch: Batch) -> bytes:
    """Return the table."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for row in batch.rows:
        writer.writerow(map(_safe, _cells(row)))
    return (MARK + text.getvalue()).encode()


def named(batch: Batch) -> list[tuple[str, Kept]]:
    """Return names and results, for a report; what was not checked has none."""
    return [
        (row.name, Kept(reports.decode(row.report.encode()), row.report.encode()))
        for row in batch.rows
        if row.report
    ]


def _cells(row: Row) -> Iterator[str]:
    yield str(row.number + 1)
    yield row.name
    if row.verdict is None:
        yield "未核验 not checked"
    else:
        words = TABLE[row.verdict].words
        yield f"{words.zh} {words.en}"
    yield row.code.value
    yield _meaning(row.code)
    report = reports.decode(row.report.encode()) if row.report else None
    yield from _licence_cells(report.licence if report is not None else None)
    yield from _report_cells(report)


def _licence_cells(licence: LicenceVersion | None) -> Iterator[str]:
    if licence is None:
        yield from ("",) * 4
        return
    draft = licence.draft
    yield draft.enterprise_name
    yield draft.uscc
    yield draft.licence_no
    yield draft.valid_to.isoformat()


def _report_cells(report: Report | None) -> Iterator[str]:
    if report is None:
        yield from ("",) * 3
        return
    yield report.on.isoformat()
    yield moment_text(report.checked_at)
    yield report.file_sha256.hex() if report.file_sha256 is not None else ""


def _meaning(code: Code) -> str:
    return advice(code).meaning.zh if code in ADVICE else ""


def _safe(cell: str) -> str:
    """Keep a table program from taking what somebody wrote for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
