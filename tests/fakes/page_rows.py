"""What both pages show of the same reports, so that Python and TypeScript can be held against it.

.venv/bin/python -m tests.fakes.page_rows       (a change there is a change of the pages)
"""

import json
import sys
from pathlib import Path
from typing import Final

from licence.formats import report
from verifier.service.page_text import Lang, say
from verifier.service.page_view import ResultView, Row, view_of

TESTS: Final = Path(__file__).resolve().parents[1]
REPORTS: Final = TESTS / "compat" / "v1" / "whole" / "reports"
FILE: Final = TESTS / "assets" / "page_rows.json"
LANGS: Final[tuple[Lang, ...]] = ("zh", "en")


def rows() -> dict[str, dict[str, dict[str, object]]]:
    """Return what is shown of each golden report, in both languages."""
    limits = json.loads(
        (TESTS.parent / "verifier" / "service" / "templates" / "limits.json").read_text("utf-8")
    )
    found: dict[str, dict[str, dict[str, object]]] = {}
    for path in sorted(REPORTS.glob("*.json")):
        said = report.decode(path.read_bytes())
        found[path.stem] = {}
        for lang in LANGS:
            view = view_of(said, lang)
            found[path.stem][lang] = {
                **_shown(view, lang),
                "limits": [each[lang] for each in limits[view.limits]],
            }
    return found


def _shown(view: ResultView, lang: Lang) -> dict[str, object]:
    return {
        "word": say(view.words, lang),
        "meaning": view.meaning,
        "todo": view.todo,
        "other_day": view.other_day,
        "facts": [_row(row) for row in view.facts if row.key not in _ONLY_OF_THE_SERVICE],
        "status": [_row(row) for row in view.status],
        "checks": [
            [check.number, check.name, check.outcome, check.meaning, check.question]
            for check in view.checks
        ],
        "about": [_row(row) for row in view.about if row.key not in _ONLY_OF_THE_SERVICE],
        "passed": [view.passed, view.asked],
    }


_ONLY_OF_THE_SERVICE: Final = frozenset(
    {"fact_validity", "fact_principal", "fact_address", "about_original"}
)
"""Rows that only a file has, or that are put together in the template."""


def _row(row: Row) -> list[object]:
    return [row.key, row.value, list(row.groups)]


def page() -> str:
    """Return the file's text."""
    return json.dumps(rows(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
    sys.stdout.write(f"{FILE}\n")
