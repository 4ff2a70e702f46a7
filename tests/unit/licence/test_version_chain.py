"""Versions of one licence follow each other."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from licence.domain.elicence_id import make_elicence_id
from licence.domain.model import Draft, Kind
from licence.domain.rules import check_draft
from licence.errors import Code
from tests.fakes.drafts import ISSUER, TYPE_CODE, elicence_id, good_draft

OTHER_HOLDER = "91210281MA9TXT025M"
TODAY = date(2027, 11, 21)
FIRST = good_draft()
CHANGE = replace(
    FIRST,
    version=2,
    elicence_id=elicence_id(2),
    supersedes=1,
    change_no=1,
    enterprise_name="大连洁宏化工有限公司",
    issued_on=date(2025, 9, 1),  # long after valid_from: a change keeps the period
)
RENEWAL = replace(
    CHANGE,
    version=3,
    elicence_id=elicence_id(3),
    supersedes=2,
    renewal_no=1,
    issued_on=date(2027, 3, 1),
    valid_from=date(2027, 3, 18),
    valid_to=date(2030, 3, 17),
)
EMERGENCY = replace(
    CHANGE,
    kind=Kind.EMERGENCY_TEMPORARY,
    supersedes=None,
    valid_from=date(2025, 9, 1),
    valid_to=date(2025, 9, 30),
)
PAPER = replace(FIRST, kind=Kind.DIGITISED, valid_to=date(2026, 6, 30))


def found(draft: Draft, *known: Draft) -> list[tuple[str, Code]]:
    return [(p.field, p.code) for p in check_draft(draft, today=TODAY, known=known)]


def moved(draft: Draft, days: int) -> Draft:
    """Return a renewal whose period begins so many days later."""
    start = draft.valid_from + timedelta(days=days)
    end = start.replace(year=start.year + 3) - timedelta(days=1)
    return replace(draft, valid_from=start, valid_to=end, issued_on=start)


@pytest.mark.parametrize(
    ("draft", "known"),
    [
        (FIRST, ()),
        (FIRST, (FIRST,)),
        (CHANGE, (FIRST,)),
        (CHANGE, (CHANGE, FIRST)),
        (RENEWAL, (FIRST, CHANGE)),
        (moved(RENEWAL, 90), (FIRST, CHANGE)),
        (moved(RENEWAL, -60), (FIRST, CHANGE)),
        (replace(CHANGE, change_no=0, reissue_no=1), (FIRST,)),
        # A correction 更正 mends the dates without being a renewal.
        (replace(moved(CHANGE, 10), change_no=0), (FIRST,)),
        (EMERGENCY, (FIRST,)),
        (EMERGENCY, ()),
        (replace(EMERGENCY, supersedes=1), (FIRST,)),
        # The regular version after an emergency licence supersedes the one before it, or that one.
        (replace(RENEWAL, supersedes=1), (FIRST, EMERGENCY)),
        (RENEWAL, (FIRST, EMERGENCY)),
        (replace(RENEWAL, supersedes=1), (replace(FIRST, kind=Kind.DIGITISED), EMERGENCY)),
        (replace(CHANGE, kind=Kind.DIGITISED, valid_to=PAPER.valid_to), (PAPER,)),
        (replace(CHANGE, kind=Kind.DIGITISED, supersedes=None), ()),
        (
            replace(CHANGE, kind=Kind.DIGITISED, supersedes=None),
            (replace(FIRST, kind=Kind.SAMPLE),),
        ),
    ],
)
def test_versions_that_follow(draft: Draft, known: tuple[Draft, ...]) -> None:
    assert found(draft, *known) == []


@pytest.mark.parametrize(
    ("draft", "known", "expected"),
    [
        (CHANGE, (), ("supersedes", Code.VERSION_CHAIN)),
        (FIRST, (FIRST, CHANGE), ("version", Code.VERSION_CHAIN)),
        (replace(RENEWAL, supersedes=1), (FIRST,), ("version", Code.VERSION_CHAIN)),
        (replace(RENEWAL, supersedes=1), (FIRST, CHANGE), ("supersedes", Code.VERSION_CHAIN)),
        (replace(CHANGE, uscc=OTHER_HOLDER), (FIRST,), ("licence_no", Code.LICENCE_NO_TWICE)),
        (
            replace(CHANGE, elicence_id=make_elicence_id(TYPE_CODE, ISSUER, "X1", 2).text),
            (FIRST,),
            ("elicence_id", Code.VERSION_CHAIN),
        ),
        (replace(CHANGE, change_no=2), (FIRST,), ("change_no", Code.VERSION_CHAIN)),
        (replace(CHANGE, reissue_no=2), (FIRST,), ("reissue_no", Code.VERSION_CHAIN)),
        (replace(RENEWAL, change_no=0), (FIRST, CHANGE), ("change_no", Code.VERSION_CHAIN)),
        (replace(RENEWAL, renewal_no=2), (FIRST, CHANGE), ("renewal_no", Code.VERSION_CHAIN)),
        (replace(CHANGE, issued_on=date(2024, 3, 17)), (FIRST,), ("issued_on", Code.DATE_ORDER)),
        (moved(RENEWAL, 91), (FIRST, CHANGE), ("valid_from", Code.VERSION_CHAIN)),
        (
            replace(CHANGE, renewal_no=1, change_no=0),
            (FIRST,),
            ("valid_from", Code.VERSION_CHAIN),
        ),
        (
            replace(RENEWAL, issued_on=date(2026, 12, 17)),
            (FIRST, CHANGE),
            ("issued_on", Code.DATE_ISSUE_WINDOW),
        ),
        (
            replace(CHANGE, kind=Kind.DIGITISED),
            (FIRST,),
            ("kind", Code.KIND_RULE),
        ),
        (
            replace(CHANGE, kind=Kind.DIGITISED, supersedes=None),
            (PAPER,),
            ("supersedes", Code.KIND_RULE),
        ),
        (CHANGE, (replace(FIRST, kind=Kind.SAMPLE),), ("supersedes", Code.KIND_RULE)),
    ],
)  # fmt: skip
def test_each_break_in_the_chain_is_one_problem(
    draft: Draft, known: tuple[Draft, ...], expected: tuple[str, Code]
) -> None:
    assert found(draft, *known) == [expected]


def test_nothing_is_asked_about_the_chain_where_it_cannot_be_known() -> None:
    assert check_draft(RENEWAL, today=TODAY, known=None) == ()
