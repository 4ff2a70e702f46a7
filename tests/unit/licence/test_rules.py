"""Rules between fields, and with the clock."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from licence.domain.model import (
    Address,
    AddressType,
    AnnualReview,
    Attachment,
    Draft,
    Industry,
    Kind,
    ReviewResult,
    ScopeItem,
)
from licence.domain.rules import KnownVersions, check_draft, timeless_problems
from licence.errors import Code
from licence.ids import AuthorityId, Digest, LicenceNo
from tests.fakes.drafts import OTHER_ISSUER, draft_of, elicence_id, full_row, good_draft

TODAY = date(2026, 11, 21)
GOOD = good_draft()
FULL = draft_of(full_row())
REGISTERED = GOOD.addresses[0]
ITEM = ScopeItem("盐酸")
EMERGENCY = replace(
    GOOD,
    kind=Kind.EMERGENCY_TEMPORARY,
    issued_on=date(2026, 8, 12),
    valid_from=date(2026, 8, 12),
    valid_to=date(2026, 9, 10),
)


def found(draft: Draft, known: KnownVersions | None = None) -> list[tuple[str, Code]]:
    return [(p.field, p.code) for p in check_draft(draft, today=TODAY, known=known)]


@pytest.mark.parametrize(
    "draft",
    [
        GOOD,
        FULL,
        EMERGENCY,
        replace(GOOD, valid_to=date(2027, 3, 18)),
        replace(GOOD, issued_on=GOOD.valid_from + timedelta(days=90)),
        replace(GOOD, issued_on=GOOD.valid_from - timedelta(days=90)),
        replace(GOOD, kind=Kind.SAMPLE, valid_to=date(2024, 3, 18)),
        replace(GOOD, kind=Kind.DIGITISED, issued_on=date(2026, 1, 1)),
        replace(GOOD, kind=Kind.DIGITISED, version=4, elicence_id=elicence_id(4)),
        replace(GOOD, kind=Kind.DIGITISED, valid_to=date(2025, 6, 30)),
        replace(EMERGENCY, version=2, elicence_id=elicence_id(2)),
    ],
)
def test_drafts_that_keep_every_rule(draft: Draft) -> None:
    assert found(draft) == []


REVIEW = AnnualReview(2022, ReviewResult.PASS, date(2022, 12, 1), "甲")


@pytest.mark.parametrize(
    ("draft", "field", "code"),
    [
        (replace(GOOD, industry=Industry.COAL), "licence_no", Code.LICENCE_NO_INDUSTRY),
        (replace(GOOD, elicence_id=elicence_id(2)), "elicence_id", Code.ELICENCE_ID_VERSION),
        (
            replace(GOOD, elicence_id=elicence_id(1, OTHER_ISSUER)),
            "elicence_id",
            Code.ELICENCE_ID_ISSUER,
        ),
        (
            replace(GOOD, addresses=(Address(AddressType.MINE, "甲"),)),
            "addresses",
            Code.ADDRESS_REGISTERED,
        ),
        (
            replace(GOOD, addresses=(REGISTERED, REGISTERED)),
            "addresses",
            Code.ADDRESS_REGISTERED,
        ),
        (replace(GOOD, scope=(ITEM, replace(ITEM, unit="吨"))), "scope[1]", Code.FIELD_VALUE),
        (replace(GOOD, scope=(replace(ITEM, capacity="1"),)), "scope[0]", Code.FIELD_VALUE),
        (
            replace(GOOD, scope=(ScopeItem("甲" * 199, category="乙乙"),)),
            "scope[0]",
            Code.FIELD_LENGTH,
        ),
        (replace(GOOD, first_issued=date(2024, 3, 19)), "first_issued", Code.DATE_ORDER),
        (
            replace(GOOD, valid_from=GOOD.valid_to, valid_to=GOOD.valid_from),
            "valid_to",
            Code.DATE_ORDER,
        ),
        (
            replace(GOOD, issued_on=GOOD.valid_from + timedelta(days=91)),
            "issued_on",
            Code.DATE_ISSUE_WINDOW,
        ),
        (
            replace(GOOD, issued_on=GOOD.valid_from - timedelta(days=91)),
            "issued_on",
            Code.DATE_ISSUE_WINDOW,
        ),
        (
            replace(GOOD, kind=Kind.DIGITISED, issued_on=date(2026, 11, 22)),
            "issued_on",
            Code.DATE_IN_FUTURE,
        ),
        (
            replace(EMERGENCY, issued_on=date(2026, 9, 11)),
            "issued_on",
            Code.DATE_ORDER,
        ),
        (replace(GOOD, valid_to=date(2027, 3, 16)), "valid_to", Code.VALIDITY_LENGTH),
        (replace(GOOD, valid_to=date(2027, 3, 19)), "valid_to", Code.VALIDITY_LENGTH),
        (replace(EMERGENCY, valid_to=date(2026, 9, 11)), "valid_to", Code.VALIDITY_LENGTH),
        (replace(FULL, supersedes=2), "supersedes", Code.VERSION_CHAIN),
        (replace(FULL, supersedes=3), "supersedes", Code.VERSION_CHAIN),
        (replace(FULL, supersedes=None), "kind", Code.KIND_RULE),
        (replace(FULL, kind=Kind.SAMPLE), "kind", Code.KIND_RULE),
        (
            replace(GOOD, delegated_by=AuthorityId(GOOD.issuer_code)),
            "delegated_by",
            Code.FIELD_VALUE,
        ),
        (
            replace(GOOD, annual_reviews=(REVIEW, REVIEW)),
            "annual_reviews",
            Code.FIELD_VALUE,
        ),
        (
            replace(GOOD, annual_reviews=(replace(REVIEW, by=None),)),
            "annual_reviews[0]",
            Code.FIELD_MISSING,
        ),
        (
            replace(GOOD, annual_reviews=(replace(REVIEW, on=None),)),
            "annual_reviews[0]",
            Code.FIELD_MISSING,
        ),
        (
            replace(GOOD, annual_reviews=(replace(REVIEW, on=date(2024, 3, 19)),)),
            "annual_reviews[0]",
            Code.DATE_ORDER,
        ),
        (
            replace(GOOD, annual_reviews=(replace(REVIEW, year=2017),)),
            "annual_reviews[0]",
            Code.FIELD_VALUE,
        ),
        (
            replace(GOOD, annual_reviews=(replace(REVIEW, year=2025),)),
            "annual_reviews[0]",
            Code.FIELD_VALUE,
        ),
        (replace(FULL, addresses=FULL.addresses[:1]), "translation.addresses", Code.FIELD_VALUE),
        (replace(FULL, scope=FULL.scope[:1]), "translation.scope", Code.FIELD_VALUE),
        (
            replace(GOOD, attachments=(Attachment("𬭎" * 100, Digest(b"\0" * 32)),) * 500),
            "",
            Code.TOO_LARGE,
        ),
    ],
)
def test_each_broken_rule_is_one_problem(draft: Draft, field: str, code: Code) -> None:
    assert found(draft) == [(field, code)]


def test_a_pending_review_needs_neither_day_nor_reviewer() -> None:
    review = AnnualReview(2023, ReviewResult.PENDING, None, None)
    assert found(replace(GOOD, annual_reviews=(review,))) == []


def test_rules_about_unread_fields_are_not_asked() -> None:
    broken = replace(GOOD, valid_from=GOOD.valid_to, valid_to=GOOD.valid_from)
    assert list(timeless_problems(broken, unread={"valid_to"})) == []
    assert list(timeless_problems(broken))


def test_rules_never_parse_what_could_not_be_read() -> None:
    blank = replace(GOOD, licence_no=LicenceNo(""), elicence_id="")
    assert list(timeless_problems(blank, unread={"licence_no", "elicence_id"})) == []
