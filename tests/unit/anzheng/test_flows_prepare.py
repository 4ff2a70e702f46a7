"""Step 1: what a roster row becomes, and what it says when it cannot."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from anzheng.flows.prepare import ImportResult, Outcome, Preparer
from anzheng.flows.roster import read_roster
from anzheng.flows.samples import shift_roster
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.model import Environment
from licence.errors import Code
from licence.formats import licence_json
from licence.ids import AuthorityId, RegistryId, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, RARE_OUTLINE, elicence_id, good_row, paged_row

SAMPLES = Path(__file__).parents[3] / "samples"
NUMBER = "（辽）WH安许证字〔2024〕0127"


@pytest.fixture
def preparer(store: Store, clock: FakeClock) -> Preparer:
    return Preparer(store, clock, RegistryId("test-registry"), Environment.TEST, _no_glyph)


def _no_glyph(text: str) -> tuple[int, ...]:
    return tuple(ord(char) for char in text if ord(char) == 0x2B4B6)


def outcomes(result: ImportResult) -> list[Outcome]:
    return [row.outcome for row in result.rows]


def test_the_samples_go_in_whole(preparer: Preparer, store: Store) -> None:
    rows = read_roster((SAMPLES / "roster.json").read_bytes())
    result = preparer.import_roster(rows)
    assert result.problems == ()
    assert result.count(Outcome.NEW) == len(rows) == 12
    with store.read() as unit:
        stored = unit.licences.in_state(FlowState.PREPARED)
    assert [(row.authority, row.status_index) for row in stored].count(
        (AuthorityId("1121000000TXT10121"), StatusIndex(0))
    ) == 1
    for row in stored:
        version = licence_json.decode(row.licence_json)
        assert (version.status.registry, version.status.index) == (row.registry, row.status_index)


@pytest.mark.parametrize("days", [0, 1, 99, 365, 1200])
def test_the_samples_do_not_rot(preparer: Preparer, clock: FakeClock, days: int) -> None:
    clock.advance(timedelta(days=days))
    rows = read_roster((SAMPLES / "roster.json").read_bytes())
    result = preparer.import_roster(shift_roster(rows, clock.now().date()))
    assert result.problems == ()


def test_status_indexes_are_sequential_for_each_authority(preparer: Preparer, store: Store) -> None:
    preparer.import_roster(read_roster((SAMPLES / "roster.json").read_bytes()))
    with store.read() as unit:
        stored = unit.licences.in_state(FlowState.PREPARED)
    by_authority: dict[str, list[int]] = {}
    for row in stored:
        by_authority.setdefault(row.authority, []).append(row.status_index)
    assert len(by_authority) == 4
    for indexes in by_authority.values():
        assert sorted(indexes) == list(range(len(indexes)))


def test_bad_rows_say_row_field_and_code_and_the_good_ones_go_on(
    preparer: Preparer, store: Store
) -> None:
    result = preparer.import_roster(read_roster((SAMPLES / "bad_roster.json").read_bytes()))
    found = {(problem.row, problem.field, problem.code) for problem in result.problems}
    assert {
        (2, "uscc", Code.USCC_CHECK_DIGIT),
        (3, "valid_to", Code.DATE_ORDER),
        (4, "principal", Code.TEXT_CONTROL_CHARACTER),
        (5, "licence_no", Code.LICENCE_NO_TWICE),
        (6, "licence_no", Code.LICENCE_NO_TWICE),
        (7, "enterprise_name", Code.GLYPH_MISSING),
    } <= found
    assert {problem.row for problem in result.problems} == {2, 3, 4, 5, 6, 7}
    assert [row.row for row in result.rows if row.outcome is Outcome.NEW] == [1, 8]
    with store.read() as unit:
        assert unit.licences.counts() == {FlowState.PREPARED: 2}


def test_importing_again_changes_nothing(preparer: Preparer, store: Store) -> None:
    rows = read_roster((SAMPLES / "roster.json").read_bytes())
    preparer.import_roster(rows)
    with store.read() as unit:
        before = unit.licences.in_state(FlowState.PREPARED)
    assert set(outcomes(preparer.import_roster(rows))) == {Outcome.SAME}
    with store.read() as unit:
        assert unit.licences.in_state(FlowState.PREPARED) == before


def test_a_changed_row_shows_its_diff_and_keeps_its_index(preparer: Preparer, store: Store) -> None:
    preparer.import_roster([good_row()])
    (row,) = preparer.import_roster([good_row(principal="李明")]).rows
    assert (row.outcome, row.diff) == (Outcome.REPLACED, ("principal",))
    with store.read() as unit:
        (stored,) = unit.licences.in_state(FlowState.PREPARED)
    assert licence_json.decode(stored.licence_json).draft.principal == "李明"
    assert stored.status_index == 0


def test_a_released_row_cannot_change(preparer: Preparer, store: Store, clock: FakeClock) -> None:
    preparer.import_roster([good_row()])
    with store.write() as unit:
        (stored,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move([stored.id], FlowState.PREPARED, FlowState.RELEASED, clock.now())
    (row,) = preparer.import_roster([good_row(principal="李明")]).rows
    assert row.outcome is Outcome.REFUSED
    assert [problem.code for problem in row.problems] == [Code.ROSTER_CONFLICT]
    assert row.diff == ("principal",)


def test_a_dry_run_says_the_same_and_keeps_nothing(preparer: Preparer, store: Store) -> None:
    rows = read_roster((SAMPLES / "roster.json").read_bytes())
    assert preparer.import_roster(rows, dry_run=True).count(Outcome.NEW) == 12
    with store.read() as unit:
        assert unit.licences.counts() == {}
    preparer.import_roster(rows)
    with store.read() as unit:
        assert unit.licences.version(AuthorityId(ISSUER), NUMBER, 1) is not None


def test_a_predecessor_may_stand_below(preparer: Preparer) -> None:
    rows = list(read_roster((SAMPLES / "roster.json").read_bytes()))
    result = preparer.import_roster(list(reversed(rows)))
    assert result.problems == ()


def test_one_number_for_two_enterprises_is_refused(preparer: Preparer) -> None:
    other = good_row(uscc="91210281MA9TXT025M", version=2, supersedes=1, elicence_id=elicence_id(2))
    result = preparer.import_roster([good_row(), other])
    assert {(p.row, p.code) for p in result.problems} >= {
        (1, Code.LICENCE_NO_TWICE),
        (2, Code.LICENCE_NO_TWICE),
    }
    assert outcomes(result) == [Outcome.REFUSED, Outcome.REFUSED]


def test_a_row_of_another_environment_is_refused(preparer: Preparer) -> None:
    result = preparer.import_roster([good_row(environment="production")])
    assert Code.ENVIRONMENT_MISMATCH in {problem.code for problem in result.problems}


def test_an_unknown_field_is_refused_and_the_number_shown(preparer: Preparer) -> None:
    (row,) = preparer.import_roster([good_row(surprise="x")]).rows
    assert row.licence_no == NUMBER
    assert [problem.code for problem in row.problems] == [Code.FIELD_UNKNOWN]
    assert json.dumps([problem.row for problem in row.problems]) == "[1]"


def test_a_character_without_glyph_needs_an_approved_outline(preparer: Preparer) -> None:
    rare = paged_row()
    rare |= {"version": 1, "elicence_id": elicence_id(1), "supersedes": ...}
    rare = {key: value for key, value in rare.items() if value is not ...}
    bare = {key: value for key, value in rare.items() if key != "glyphs"}
    (row,) = preparer.import_roster([bare]).rows
    assert [(p.field, p.code) for p in row.problems] == [("enterprise_name", Code.GLYPH_MISSING)]
    assert outcomes(preparer.import_roster([rare])) == [Outcome.NEW]


def test_an_outline_of_a_character_that_fonts_have_is_refused(preparer: Preparer) -> None:
    row = good_row(
        template="cn-a4p/2", principal="王一", glyphs=[{"char": "王", "outline": RARE_OUTLINE}]
    )
    (result,) = preparer.import_roster([row]).rows
    assert [(p.field, p.code) for p in result.problems] == [("glyphs[0]", Code.GLYPH_OUTLINE)]


def test_a_row_that_its_template_cannot_print_is_refused(preparer: Preparer) -> None:
    (row,) = preparer.import_roster([good_row(template="cn-a4p/999")]).rows
    assert [(p.field, p.code) for p in row.problems] == [("template", Code.TEMPLATE_UNKNOWN)]
    (row,) = preparer.import_roster([good_row(template="cn-a4p/2", page={"copies": 2})]).rows
    assert [(p.field, p.code) for p in row.problems] == [("page.copies", Code.TEMPLATE_LACKS)]
