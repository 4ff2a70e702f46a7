"""What a decision on the status of a licence must say."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.status_rules import check_event
from licence.errors import Code
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex
from tests.fakes.drafts import ISSUER, good_draft

DRAFT = good_draft()
SUSPENSION = StatusEvent(
    leaf=Leaf(b"\x01" * 32),
    ref=StatusRef(RegistryId("registry.test"), StatusIndex(3)),
    authority=AuthorityId(ISSUER),
    old=StatusWord.NONE,
    new=StatusWord.SUSPENDED,
    decided_at=datetime(2026, 3, 1, 17, tzinfo=UTC),  # 2 March in China
    effective_from=date(2026, 3, 2),
    until=date(2026, 4, 15),
    document_no="(示例)辽应急暂〔2026〕7号",
    ground="发生一般生产安全事故",
    successor=None,
)
REVOCATION = replace(SUSPENSION, new=StatusWord.REVOKED, until=None)
RESCISSION = replace(
    REVOCATION,
    new=StatusWord.RESCINDED,
    effective_from=DRAFT.valid_from,
    ground="以欺骗、贿赂等不正当手段取得：虚假验收报告",
)
CANCELLATION = replace(REVOCATION, new=StatusWord.CANCELLED, ground="企业依法终止")
SUPERSESSION = replace(
    REVOCATION,
    new=StatusWord.SUPERSEDED,
    document_no="",
    ground="换发",
    successor=Leaf(b"\x02" * 32),
)
GIVEN_BACK = replace(REVOCATION, old=StatusWord.SUSPENDED, new=StatusWord.NONE, ground="整改合格")


@pytest.mark.parametrize(
    "event",
    [
        SUSPENSION,
        REVOCATION,
        RESCISSION,
        CANCELLATION,
        SUPERSESSION,
        GIVEN_BACK,
        replace(REVOCATION, new=StatusWord.WITHDRAWN),
        replace(CANCELLATION, old=StatusWord.SUPERSEDED),
        replace(REVOCATION, effective_from=date(2027, 1, 1)),
        replace(SUPERSESSION, effective_from=date(2026, 4, 1)),
        replace(SUPERSESSION, document_no="换〔2026〕1号"),
        replace(SUSPENSION, until=date(2026, 3, 2)),
        replace(SUSPENSION, until=date(2026, 8, 28)),
    ],
)
def test_a_decision_that_says_all_it_must_may_stand(event: StatusEvent) -> None:
    assert check_event(event, DRAFT) == ()


@pytest.mark.parametrize(
    ("event", "field", "code"),
    [
        (replace(SUSPENSION, old=StatusWord.REVOKED), "new", Code.STATUS_TRANSITION),
        (replace(REVOCATION, old=StatusWord.REVOKED), "new", Code.STATUS_TRANSITION),
        (replace(REVOCATION, successor=Leaf(b"\x02" * 32)), "successor", Code.FIELD_VALUE),
        (replace(SUPERSESSION, successor=None), "successor", Code.FIELD_VALUE),
        (replace(SUPERSESSION, successor=SUPERSESSION.leaf), "successor", Code.FIELD_VALUE),
        (replace(SUSPENSION, until=None), "until", Code.FIELD_VALUE),
        (replace(REVOCATION, until=date(2026, 4, 15)), "until", Code.FIELD_VALUE),
        (replace(SUSPENSION, until=date(2026, 3, 1)), "until", Code.DATE_ORDER),
        (replace(SUSPENSION, until=date(2026, 8, 29)), "until", Code.DATE_ORDER),
        (replace(REVOCATION, effective_from=date(2026, 3, 1)), "effective_from", Code.DATE_ORDER),
        (replace(RESCISSION, effective_from=date(2026, 3, 2)), "effective_from", Code.DATE_ORDER),
        (replace(SUPERSESSION, effective_from=date(2026, 4, 2)), "effective_from", Code.DATE_ORDER),
        (replace(REVOCATION, document_no=""), "document_no", Code.FIELD_LENGTH),
        (replace(REVOCATION, document_no="a\nb"), "document_no", Code.TEXT_CONTROL_CHARACTER),
        (replace(SUPERSESSION, ground=""), "ground", Code.FIELD_LENGTH),
        (replace(RESCISSION, ground="其他"), "ground", Code.FIELD_VALUE),
        (replace(CANCELLATION, ground="企业依法终止吗"), "ground", Code.FIELD_VALUE),
    ],
)
def test_a_decision_that_does_not_is_refused(event: StatusEvent, field: str, code: Code) -> None:
    assert [(problem.field, problem.code) for problem in check_event(event, DRAFT)] == [
        (field, code)
    ]
