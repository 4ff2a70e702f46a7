"""What came of a batch, as a table for people and as JSON for machines."""

import json

from licence.errors import Code
from licence.formats import report as reports
from licence.formats.canonical import JsonValue
from licence.formats.report import Report
from verifier.service.batch import Batch, Row
from verifier.service.desk import Kept
from verifier.table import rows_as_csv


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
    """Return the table, with a line for each file."""
    return rows_as_csv([(row.name, _found(row)) for row in batch.rows])


def named(batch: Batch) -> list[tuple[str, Kept]]:
    """Return names and results, for a report; what was not checked has none."""
    return [
        (row.name, Kept(reports.decode(row.report.encode()), row.report.encode()))
        for row in batch.rows
        if row.report
    ]


def _found(row: Row) -> Report | Code:
    return reports.decode(row.report.encode()) if row.report else row.code
