"""The verdict table: its order is the promise of DESIGN 4."""

import pytest

from licence.errors import AnzhengError, Code
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    indeterminate,
    passed,
    skipped,
)
from licence.formats.verdict import (
    ALARMS,
    ASSURANCE_WORDS,
    REQUIRED,
    TABLE,
    Assurance,
    CodeClass,
    Verdict,
    class_of,
    is_alarm,
    take_verdict,
    worst_exit,
)

FULL = REQUIRED[Assurance.FULL]


def all_passed(*but: CheckResult) -> list[CheckResult]:
    names = {check.name for check in but}
    return [passed(name) for name in FULL if name not in names] + list(but)


def test_all_required_passed_is_valid() -> None:
    assert take_verdict(all_passed(), FULL) == (Verdict.VALID, Code.OK)


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (failed(CheckName.CONTAINER, Code.NOT_A_LICENCE), Verdict.FOREIGN),
        (failed(CheckName.DATA, Code.REGISTRY_UNKNOWN), Verdict.FOREIGN),
        (failed(CheckName.DATA, Code.DATA_MISSING), Verdict.FOREIGN),
        (failed(CheckName.CONTAINER, Code.CONTAINER_APPENDED), Verdict.INVALID),
        (failed(CheckName.SIGNATURE, Code.SIGNATURE_MISSING), Verdict.INVALID),
        (failed(CheckName.SIGNER, Code.SIGNER_UNTRUSTED), Verdict.INVALID),
        (failed(CheckName.TIMESTAMP, Code.TIMESTAMP_BROKEN), Verdict.INVALID),
        (failed(CheckName.STATUS, Code.STATUS_REVOKED), Verdict.INVALID),
        (failed(CheckName.STATUS, Code.STATUS_SUSPENDED), Verdict.INVALID),
        (failed(CheckName.VALIDITY, Code.EXPIRED), Verdict.INVALID),
        (failed(CheckName.VALIDITY, Code.SAMPLE_LICENCE), Verdict.INVALID),
        (failed(CheckName.HOLDER, Code.HOLDER_NONCE), Verdict.INVALID),
        (failed(CheckName.ANCHOR, Code.ANCHOR_PROOF_MISMATCH), Verdict.UNDETERMINED),
        (indeterminate(CheckName.ANCHOR, Code.ANCHOR_ABSENT), Verdict.UNDETERMINED),
        (indeterminate(CheckName.STATUS, Code.STATUS_STALE), Verdict.UNDETERMINED),
        (skipped(CheckName.STATUS), Verdict.UNDETERMINED),
        (failed(CheckName.REFEREE, Code.REFEREE_DISAGREES), Verdict.UNDETERMINED),
        (failed(CheckName.STATUS, Code.STATUS_LIST_REFUSED), Verdict.UNDETERMINED),
        (failed(CheckName.STATUS, Code.INTERNAL), Verdict.UNDETERMINED),
    ],
)
def test_one_check_that_did_not_pass_decides(check: CheckResult, verdict: Verdict) -> None:
    assert take_verdict(all_passed(check), FULL) == (verdict, check.code)


def test_forgery_that_points_at_revoked_index_reads_forged() -> None:
    checks = all_passed(
        failed(CheckName.STATUS, Code.STATUS_REVOKED),
        failed(CheckName.SIGNATURE, Code.SIGNATURE_BROKEN),
    )
    assert take_verdict(checks, FULL) == (Verdict.INVALID, Code.SIGNATURE_BROKEN)


def test_each_class_is_stronger_than_all_that_follow() -> None:
    by_strength = [
        failed(CheckName.DATA, Code.REGISTRY_UNKNOWN),
        failed(CheckName.SIGNER, Code.SIGNER_UNTRUSTED),
        failed(CheckName.STATUS, Code.STATUS_RESCINDED),
        failed(CheckName.VALIDITY, Code.EXPIRED),
        indeterminate(CheckName.ANCHOR, Code.ANCHOR_ABSENT),
    ]
    for place, check in enumerate(by_strength):
        assert take_verdict(by_strength[place:][::-1], FULL)[1] is check.code


def test_expired_wins_over_stale_status_and_final_over_expired() -> None:
    stale = indeterminate(CheckName.STATUS, Code.STATUS_STALE)
    expired = failed(CheckName.VALIDITY, Code.EXPIRED)
    cancelled = failed(CheckName.STATUS, Code.STATUS_CANCELLED)
    assert take_verdict(all_passed(stale, expired), FULL) == (Verdict.INVALID, Code.EXPIRED)
    assert take_verdict(all_passed(cancelled, expired), FULL)[1] is Code.STATUS_CANCELLED


def test_indeterminate_is_never_bad_even_with_a_bad_code() -> None:
    check = indeterminate(CheckName.SIGNER, Code.SIGNER_REVOKED)
    assert take_verdict(all_passed(check), FULL) == (Verdict.UNDETERMINED, Code.SIGNER_REVOKED)


def test_same_class_takes_the_earliest_check() -> None:
    checks = all_passed(
        failed(CheckName.DATA, Code.DATA_INVALID),
        failed(CheckName.CONTAINER, Code.CONTAINER_STRUCTURE),
    )
    assert take_verdict(checks, FULL)[1] is Code.CONTAINER_STRUCTURE


def test_absent_required_check_and_empty_policy_are_undetermined() -> None:
    expected = (Verdict.UNDETERMINED, Code.NOT_CHECKED)
    assert take_verdict(all_passed()[1:], FULL) == expected
    assert take_verdict(all_passed(), ()) == expected
    assert take_verdict([], ()) == expected


def test_skipped_check_that_is_not_required_does_no_harm() -> None:
    assert take_verdict(all_passed(skipped(CheckName.HOLDER)), FULL)[0] is Verdict.VALID


def test_second_result_of_a_required_check_counts_too() -> None:
    checks = [*all_passed(), skipped(CheckName.STATUS)]
    assert take_verdict(checks, FULL) == (Verdict.UNDETERMINED, Code.NOT_CHECKED)


def test_only_ok_makes_valid_whatever_the_code() -> None:
    for code in Code:
        if code is not Code.OK:
            for state in (CheckState.FAILED, CheckState.INDETERMINATE, CheckState.SKIPPED):
                check = CheckResult(CheckName.STATUS, state, code)
                assert take_verdict(all_passed(check), FULL)[0] is not Verdict.VALID


def test_check_result_refuses_a_code_that_does_not_go_with_the_state() -> None:
    for state, code in (
        (CheckState.PASSED, Code.EXPIRED),
        (CheckState.FAILED, Code.OK),
        (CheckState.SKIPPED, Code.OK),
    ):
        with pytest.raises(AnzhengError) as caught:
            CheckResult(CheckName.DATA, state, code)
        assert caught.value.code is Code.INTERNAL


def test_check_result_gives_its_facts_by_key() -> None:
    check = passed(CheckName.ANCHOR, ("block", 7), notes=(Code.TIMESTAMP_GAP,))
    assert check.fact("block") == 7
    assert check.fact("colour") is None


def test_worst_exit_orders_1_2_4_0_and_usage_wins() -> None:
    assert worst_exit([0, 4, 2, 1]) == 1
    assert worst_exit([0, 4, 2]) == 2
    assert worst_exit([0, 4]) == 4
    assert worst_exit([0, 0]) == 0
    assert worst_exit([]) == 3
    assert worst_exit([0, 3]) == 3
    assert worst_exit([0, 77]) == 3


def test_table_is_complete_and_distinct() -> None:
    assert set(TABLE) == set(Verdict)
    assert set(ASSURANCE_WORDS) == set(Assurance) == set(REQUIRED)
    assert len({row.exit_code for row in TABLE.values()} | {3}) == 5
    assert len({row.colour for row in TABLE.values()}) == 4
    assert [TABLE[verdict].exit_code for verdict in Verdict] == [0, 1, 2, 4]


def test_unlisted_code_means_missing_and_alarms_are_known() -> None:
    assert class_of(Code.IDEMPOTENCY_MISMATCH) is CodeClass.MISSING
    assert is_alarm(Code.STATUS_CONFLICT)
    assert not is_alarm(Code.STATUS_STALE)
    assert all(class_of(code) is CodeClass.MISSING for code in ALARMS)
