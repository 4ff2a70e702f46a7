"""Whole licences of the first release: every later release must still judge the same."""

import json
from datetime import date

import pytest

from licence.formats import report
from licence.formats.checks import CheckResult
from licence.formats.report import Report
from tests.compat.generate_whole import CASES, HERE, Case, ask

MAX_BYTES = 1536 * 1024
"""Of all files here; they are in every clone."""

Judged = tuple[object, ...]


def judged(check: CheckResult) -> Judged:
    return check.name, check.state, check.code, check.notes


def expected(case: Case) -> Report:
    return report.decode((HERE / "reports" / f"{case.name}.json").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_judged_as_it_was(case: Case) -> None:
    then, now = expected(case), ask(case)
    assert (now.verdict, now.code) == (then.verdict, then.code)
    assert [judged(check) for check in now.checks] == [judged(check) for check in then.checks]
    assert (now.checked_at, now.on) == (then.checked_at, then.on)
    assert (now.leaf, now.licence) == (then.leaf, then.licence)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("good", "valid OK"),
        ("good_with_referee", "valid OK"),
        ("good_bare", "undetermined ANCHOR_PENDING"),
        ("good_bare_with_sidecar", "valid OK"),
        ("good_with_stale_list", "undetermined STATUS_STALE"),
        ("good_expired", "invalid EXPIRED"),
        ("good_appended", "invalid CONTAINER_APPENDED"),
        ("good_flipped_in_text", "invalid SIGNATURE_BROKEN"),
        ("suspended", "invalid STATUS_SUSPENDED"),
        ("revoked", "invalid STATUS_REVOKED"),
        ("foreign", "foreign NOT_A_LICENCE"),
    ],
)
def test_what_was_said_is_what_people_expect(name: str, verdict: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    said = expected(case)
    assert f"{said.verdict} {said.code}" == verdict


def test_a_file_keeps_its_identity() -> None:
    leaves = json.loads((HERE / "leaves.json").read_text())
    for name, leaf in leaves.items():
        (case,) = (case for case in CASES if case.name == name)
        found = ask(case).leaf
        assert found is not None
        assert found.hex() == leaf


def test_the_bare_twin_is_the_same_licence() -> None:
    filled, bare = ((HERE / name).read_bytes() for name in ("good.pdf", "good.bare.pdf"))
    assert filled != bare
    assert len(filled) == len(bare)
    assert (HERE / "good.pdf.evidence").read_bytes().hex().encode() in filled
    names = ("good", "good_bare", "good_bare_with_sidecar")
    assert len({expected(case).leaf for case in CASES if case.name in names}) == 1


def test_no_report_is_forgotten() -> None:
    names = {path.stem for path in (HERE / "reports").iterdir()}
    assert names == {case.name for case in CASES}
    assert {expected(case).checked_at.date() for case in CASES} == {
        date(2026, 11, 21),
        date(2026, 11, 22),
    }


def test_it_stays_small() -> None:
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) < MAX_BYTES
