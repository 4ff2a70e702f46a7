"""Verification reports of the first release: every later release must still read them the same."""

import pytest

from licence.formats import report
from tests.compat.generate_report_file import CASES, HERE, Case, ask

MAX_BYTES = 550 * 1024
"""Of all files here; they are in every clone."""

EXPECTED = {
    "valid": "valid OK",
    "valid_a_day_later": "undetermined REPORT_STALE",
    "several": "invalid REPORTED_INVALID",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_judged_as_it_was(case: Case) -> None:
    then = report.decode((HERE / f"{case.name}.json").read_bytes())
    now = ask(case)
    assert f"{now.verdict} {now.code}" == f"{then.verdict} {then.code}" == EXPECTED[case.name]
    judged = [[(each.name, each.state, each.code) for each in one.checks] for one in (now, then)]
    assert judged[0] == judged[1]
    assert sorted(now.facts) == sorted(then.facts)


def test_they_are_few() -> None:
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) <= MAX_BYTES
