"""The verifier with a clock that is behind, ahead, or jumps between two checks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from licence.errors import Code
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.builders import SIGNED_AT
from tests.fakes.lied_to import ALWAYS, files, judge
from verifier.memory import Memory
from verifier.policy import BATCH
from verifier.verify import verify_and_learn

NOW: Final = SIGNED_AT + timedelta(minutes=10)
BACK: Final = {
    "an hour back": NOW - timedelta(hours=1),
    "a day back": NOW - timedelta(days=1),
    "before the licence": datetime(2020, 1, 1, tzinfo=UTC),
    "never set": datetime(1970, 1, 2, tzinfo=UTC),
}
AHEAD: Final = {"two days ahead": timedelta(days=2), "a month ahead": timedelta(days=31)}


def look(
    kind: str, now: datetime, memory: Memory | None = None, *, knows: bool = True
) -> tuple[Report, Memory]:
    """Verify a file of a kind offline, at a time."""
    trust = files().world.trust()
    if not knows:
        trust = replace(trust, lists={})
    return verify_and_learn(files().pdfs[kind], trust, policy=BATCH, now=now, memory=memory)


@pytest.mark.parametrize("clock", BACK)
@pytest.mark.parametrize("knows", [True, False], ids=["lists", "no lists"])
def test_a_clock_that_is_behind_makes_nothing_bad(clock: str, *, knows: bool) -> None:
    """It is suspect; it neither hides a final status nor makes a licence one of the future."""
    open_ = Code.CLOCK_SUSPECT if knows else Code.STATUS_NOT_AVAILABLE
    codes = {
        "good": open_,
        "suspended": open_,
        # Asked about a day before it was revoked: suspect, and still not in force.
        "revoked": Code.STATUS_REVOKED if knows and clock == "an hour back" else open_,
        "forged": Code.SIGNATURE_BROKEN,
    }
    for kind, code in codes.items():
        judge(kind, look(kind, BACK[clock], knows=knows)[0], code)
    report, _ = look("expired", BACK[clock], knows=knows)
    assert report.verdict is not Verdict.VALID
    assert report.code in {Code.EXPIRED, open_}


@pytest.mark.parametrize("clock", AHEAD)
def test_a_clock_that_is_ahead_makes_lists_stale_and_nothing_bad(clock: str) -> None:
    now = NOW + AHEAD[clock]
    stale = Code.STATUS_STALE
    codes = {"good": stale, "suspended": stale, "revoked": Code.STATUS_REVOKED} | ALWAYS
    for kind, code in codes.items():
        judge(kind, look(kind, now)[0], code)


def test_nobody_can_contradict_a_clock_that_is_past_the_last_day() -> None:
    """Known and left so: the report says on which day, and that the lists are stale too."""
    report, _ = look("good", NOW + timedelta(days=400))
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.EXPIRED)
    assert Code.STATUS_STALE in {check.code for check in report.checks}


@pytest.mark.parametrize("jump", [*BACK.values(), *(NOW + each for each in AHEAD.values())])
def test_a_clock_that_jumps_between_two_checks_spoils_nothing_for_good(jump: datetime) -> None:
    """What is remembered are times that somebody signed, not what the clock said."""
    for first, second in ((NOW, jump), (jump, NOW)):
        _, memory = look("good", first)
        report, memory = look("good", second, memory)
        judge("good", report, Code.OK if second == NOW else report.code)
        revoked, memory = look("revoked", second, memory)
        assert revoked.verdict is not Verdict.VALID
        # And when the clock is right again, all is as before.
        judge("good", look("good", NOW, memory)[0], Code.OK)


def test_a_list_seen_at_a_wrong_time_is_still_the_newest_one() -> None:
    """Whoever turns the clock back cannot bring an older list back with it."""
    made = files()
    _, memory = look("good", NOW)
    older = replace(
        made.world.trust(),
        lists=dict.fromkeys(made.world.trust().lists, made.older),
    )
    for now in (NOW, *BACK.values()):
        for kind in ("good", "revoked"):
            report, _ = verify_and_learn(
                made.pdfs[kind], older, policy=BATCH, now=now, memory=memory
            )
            judge(kind, report, Code.STATUS_LIST_REFUSED)
