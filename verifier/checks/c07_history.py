"""Check 7, for a day in the past: what was published then, beside what the lists say of it now.

The newest lists decide, for they know what was found out later. But what was published as final
stays final, and a suspension that was published and that no list explains any more is a conflict:
an older database was restored, or somebody rewrote the log. It makes nothing better.

Standard: DESIGN 3.3; draft-ietf-oauth-status-list-21, 8.4.
"""

from dataclasses import replace
from typing import Final

from licence.domain.status import StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import status_list
from licence.formats.checks import CheckName, CheckResult, CheckState, failed, indeterminate
from licence.formats.status_shard import ListValue
from licence.formats.trust_types import Authority
from verifier.checks.c07_status import (
    Facts,
    StatusLists,
    StatusQuestion,
    list_name,
    moment_fact,
    rows_of,
)

NUMBER: Final = 7
STANDARD: Final = "draft-ietf-oauth-status-list-21 8.4"


def with_history(
    result: CheckResult,
    question: StatusQuestion,
    lists: StatusLists | None,
    authority: Authority,
    past: bytes | None,
) -> CheckResult:
    """Hold the result against the list that was published on the day asked about.

    Args:
        result: From the newest lists.
        question: What is asked.
        lists: The newest lists, if there are any.
        authority: From the trust bundle; its closed keys are believed for what they signed before.
        past: The list of that day, from anywhere; None if nobody has it.
    """
    if past is None:
        return result
    index = question.ref.index
    try:
        listed = status_list.decode_cwt(
            past, keys=authority.status_keys, expected=list_name(question.ref, authority)
        )
        value = listed.value(index)
    except AnzhengError:
        return _noted(result, Code.STATUS_LIST_REFUSED)
    if shanghai_date(listed.issued_at) != question.on:
        return result
    facts: Facts = (
        *result.facts,
        ("published_then", value.name.lower()),
        ("published_at", moment_fact(listed.issued_at)),
    )
    if value is ListValue.INVALID and result.state is not CheckState.FAILED:
        return failed(CheckName.STATUS, Code.STATUS_FINAL, *facts, standard=STANDARD)
    if (
        value is ListValue.SUSPENDED
        and result.state is CheckState.PASSED
        and not _is_explained(question, lists)
    ):
        return indeterminate(CheckName.STATUS, Code.STATUS_CONFLICT, *facts, standard=STANDARD)
    return replace(result, facts=facts)


def _is_explained(question: StatusQuestion, lists: StatusLists | None) -> bool:
    """Say whether the side list of today knows of a suspension at all, given back since."""
    rows = rows_of(question.ref.index, lists) if lists is not None else ()
    return any(row.word is StatusWord.SUSPENDED for row in rows)


def _noted(result: CheckResult, code: Code) -> CheckResult:
    return replace(result, notes=tuple(dict.fromkeys((*result.notes, code))))
