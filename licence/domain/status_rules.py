"""The rules about a decision on the status of a licence.

Who must sign (two officers), and when the word goes on chain, is for the flows; here stands what a
decision must say.

Source: research licence_domain C.4, B.4; 行政许可法 articles 69 and 70.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from licence.domain.model import Draft
from licence.domain.problem import Problem
from licence.domain.status import StatusEvent, StatusWord, may_change
from licence.domain.text import check_text
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code

MAX_SUSPENSION_DAYS: Final = 180
MAX_TRANSITION_DAYS: Final = 30
"""How long an old version may be shown beside its successor (D31)."""

MAX_DOCUMENT_NO: Final = 60
MAX_GROUND: Final = 200

LEGAL_GROUNDS: Final = {
    StatusWord.RESCINDED: (
        "以欺骗、贿赂等不正当手段取得",
        "滥用职权、玩忽职守作出准予许可决定",
        "超越法定职权作出准予许可决定",
        "违反法定程序作出准予许可决定",
        "申请人不具备申请资格或者不符合法定条件",
        "依法可以撤销的其他情形",
    ),
    StatusWord.CANCELLED: (
        "有效期届满未延续",
        "企业依法终止",
        "许可依法被撤销、撤回，或者许可证依法被吊销",
        "因不可抗力导致许可事项无法实施",
        "法律、法规规定的其他情形",
    ),
}
"""Grounds of which the law has a closed list; particulars may follow after `：`."""


def check_event(event: StatusEvent, draft: Draft | None) -> tuple[Problem, ...]:
    """Judge a decision about the version that `draft` describes; empty means that it may stand.

    Without a draft (its file is lost) nothing is said about the licence's own dates.
    """
    return (
        *_transition(event),
        *_suspension(event),
        *_effective(event, draft),
        *_reasons(event),
    )


def _transition(event: StatusEvent) -> Iterator[Problem]:
    if not may_change(event.old, event.new):
        yield Problem(
            "new",
            Code.STATUS_TRANSITION,
            f"{event.new.name} may not follow {event.old.name}; a wrong decision is cured by a "
            "new version",
        )
    if (event.successor is not None) is not (event.new is StatusWord.SUPERSEDED):
        yield Problem(
            "successor", Code.FIELD_VALUE, "successor belongs to SUPERSEDED, and only to it"
        )
    if event.successor == event.leaf:
        yield Problem("successor", Code.FIELD_VALUE, "successor must be another version")


def _suspension(event: StatusEvent) -> Iterator[Problem]:
    if (event.until is not None) is not (event.new is StatusWord.SUSPENDED):
        yield Problem("until", Code.FIELD_VALUE, "until belongs to SUSPENDED, and only to it")
    elif event.until is not None:
        days = (event.until - event.effective_from).days + 1
        if not 1 <= days <= MAX_SUSPENSION_DAYS:
            yield Problem(
                "until", Code.DATE_ORDER, f"a suspension has 1 to {MAX_SUSPENSION_DAYS} days"
            )


def _effective(event: StatusEvent, draft: Draft | None) -> Iterator[Problem]:
    decided, effective = shanghai_date(event.decided_at), event.effective_from
    if event.new is StatusWord.RESCINDED:
        if draft is not None and effective != draft.valid_from:
            yield Problem(
                "effective_from", Code.DATE_ORDER, "RESCINDED counts from valid_from of the licence"
            )
    elif effective < decided:
        yield Problem("effective_from", Code.DATE_ORDER, "no decision counts before it was taken")
    if event.new is StatusWord.SUPERSEDED and effective > decided + timedelta(
        days=MAX_TRANSITION_DAYS
    ):
        yield Problem(
            "effective_from",
            Code.DATE_ORDER,
            f"the old version may stay for {MAX_TRANSITION_DAYS} days beside the new one",
        )


def _reasons(event: StatusEvent) -> Iterator[Problem]:
    # A change of version is no decision against the holder, so it may have no document.
    if event.document_no or event.new is not StatusWord.SUPERSEDED:
        yield from _text("document_no", event.document_no, MAX_DOCUMENT_NO)
    yield from _text("ground", event.ground, MAX_GROUND)
    allowed = LEGAL_GROUNDS.get(event.new)
    if allowed is not None and event.ground.partition("：")[0] not in allowed:
        yield Problem(
            "ground",
            Code.FIELD_VALUE,
            f"ground of {event.new.name} must be one of: {'; '.join(allowed)}",
        )


def _text(field: str, value: str, max_chars: int) -> Iterator[Problem]:
    try:
        check_text(value, field, max_chars=max_chars)
    except AnzhengError as error:
        yield Problem(field, error.code, error.message)
