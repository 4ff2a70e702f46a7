"""Check 7 on whole files: what the lists say, how old they are, and whose they are."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

import pytest

from licence.domain.status import StatusWord, is_final
from licence.errors import Code
from licence.formats import status_list
from licence.formats.checks import CheckName
from licence.formats.report import Report
from licence.formats.status_shard import ListName, make_list
from licence.formats.verdict import Verdict
from tests.builders import (
    AUTHORITY,
    BASE_URI,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    FakeTrust,
    Issued,
    World,
    make_world,
    side_row,
)
from tests.fakes.status_keys import KID, SIGN
from verifier.memory import Memory
from verifier.policy import BATCH, INSPECTOR, Policy
from verifier.verify import verify, verify_and_learn

TODAY = date(2026, 11, 21)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
FINAL = [word for word in StatusWord if is_final(word)]


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version(3))


@pytest.fixture
def world() -> World:
    """A world with its own lists."""
    return make_world()


def ask(
    world: World,
    trust: FakeTrust | None = None,
    policy: Policy = BATCH,
    *,
    now: datetime | None = None,
    on: date | None = None,
    memory: Memory | None = None,
) -> Report:
    """Verify the one licence, whose index is 3."""
    return verify(
        _issued().pdf,
        trust or world.trust(),
        policy=policy,
        now=now or world.now,
        on=on,
        memory=memory,
    )


def said(report: Report) -> tuple[Verdict, Code]:
    """Return verdict and deciding code."""
    return report.verdict, report.code


VALID = (Verdict.VALID, Code.OK)


# ---------------------------------------------------------------- what the lists say


@pytest.mark.parametrize("word", FINAL)
def test_a_final_status_is_invalid_with_its_reasons(world: World, word: StatusWord) -> None:
    world.publish({3: word}, [side_row(3, word, YESTERDAY)])
    report = ask(world)
    assert said(report) == (Verdict.INVALID, Code[f"STATUS_{word.name}"])
    status = report.check(CheckName.STATUS)
    assert status is not None
    assert status.fact("document_no") == "示例罚字〔2026〕1号"
    assert status.fact("effective_from") == YESTERDAY.isoformat()


def test_a_suspension_is_invalid_until_it_is_given_back(world: World) -> None:
    suspended = side_row(3, StatusWord.SUSPENDED, YESTERDAY, until=YESTERDAY)
    world.publish({3: StatusWord.SUSPENDED}, [suspended])
    assert said(ask(world)) == (Verdict.INVALID, Code.STATUS_SUSPENDED)
    back = side_row(3, StatusWord.NONE, TODAY, decided_at=SIGNED_AT + timedelta(minutes=1))
    world.publish({}, [suspended, back])
    assert said(ask(world)) == VALID
    assert said(ask(world, on=YESTERDAY)) == (Verdict.INVALID, Code.STATUS_SUSPENDED)
    assert said(ask(world, on=YESTERDAY - timedelta(days=1))) == VALID


@pytest.mark.parametrize("word", FINAL)
def test_the_day_asked_about_rules(world: World, word: StatusWord) -> None:
    """Rescinded counts for every day, the rest from its effective day."""
    world.publish({3: word}, [side_row(3, word, TODAY)])
    before = ask(world, on=YESTERDAY)
    if word is StatusWord.RESCINDED:
        assert said(before) == (Verdict.INVALID, Code.STATUS_RESCINDED)
    else:
        assert said(before) == VALID
    assert ask(world, on=TODAY).verdict is Verdict.INVALID


def test_an_announced_event_counts_from_its_day(world: World) -> None:
    announced = side_row(3, StatusWord.REVOKED, TOMORROW)
    world.publish({}, [], [announced])
    assert said(ask(world)) == VALID
    assert said(ask(world, on=TOMORROW)) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_an_announced_event_of_today_counts_before_the_list_has_it(world: World) -> None:
    world.publish({}, [], [side_row(3, StatusWord.REVOKED, TODAY)])
    assert said(ask(world)) == (Verdict.INVALID, Code.STATUS_REVOKED)


@pytest.mark.parametrize("on", [None, YESTERDAY, date(2024, 6, 1)])
def test_a_list_more_negative_than_its_reasons_counts_for_every_day(
    world: World, on: date | None
) -> None:
    world.publish({3: StatusWord.REVOKED})
    assert said(ask(world, on=on)) == (Verdict.INVALID, Code.STATUS_FINAL)
    world.publish({3: StatusWord.SUSPENDED})
    assert said(ask(world, on=on)) == (Verdict.INVALID, Code.STATUS_SUSPENDED)


def test_reasons_more_negative_than_the_list_count_too(world: World) -> None:
    world.publish({}, [side_row(3, StatusWord.CANCELLED, YESTERDAY)])
    assert said(ask(world)) == (Verdict.INVALID, Code.STATUS_CANCELLED)


def test_events_of_others_do_not_count(world: World) -> None:
    world.publish(
        {2: StatusWord.REVOKED, 4: StatusWord.SUSPENDED},
        [side_row(2, StatusWord.REVOKED, YESTERDAY)],
    )
    assert said(ask(world)) == VALID


# ---------------------------------------------------------------- missing or strange lists


def test_without_a_list_the_status_is_not_known(world: World) -> None:
    trust = replace(world.trust(), lists={})
    assert said(ask(world, trust)) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_without_a_side_list_nothing_is_valid_and_final_stays_final(world: World) -> None:
    token, _ = world.publish({})
    world.lists[REGISTRY, AUTHORITY, 0] = (token, None)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
    token, _ = world.publish({3: StatusWord.WITHDRAWN})
    world.lists[REGISTRY, AUTHORITY, 0] = (token, None)
    assert said(ask(world)) == (Verdict.INVALID, Code.STATUS_FINAL)


def test_an_older_side_list_does_not_speak_for_a_newer_list(world: World) -> None:
    _, old = world.publish({}, issued_at=SIGNED_AT + timedelta(minutes=1))
    token, _ = world.publish({}, issued_at=SIGNED_AT + timedelta(minutes=5))
    world.lists[REGISTRY, AUTHORITY, 0] = (token, old)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


@pytest.mark.parametrize("bad", [b"", b"<html>500</html>", b"\xd2\x84", bytes(1 << 20)])
def test_an_error_page_is_no_list(world: World, bad: bytes) -> None:
    _, side = world.publish({})
    world.lists[REGISTRY, AUTHORITY, 0] = (bad, side)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_LIST_REFUSED)


def test_a_list_of_another_authority_is_refused(world: World) -> None:
    """Signed by the same key: only its name tells."""
    world.lists[REGISTRY, AUTHORITY, 0] = world.publish({}, authority=OTHER_AUTHORITY)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_LIST_REFUSED)


def test_a_list_of_another_shard_is_refused(world: World) -> None:
    world.lists[REGISTRY, AUTHORITY, 0] = world.publish({}, shard=1)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_LIST_REFUSED)


def test_a_value_that_must_not_occur_is_never_valid(world: World) -> None:
    """Value 3, which a published reader takes for valid, in a list signed by the right key."""
    name = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
    made = make_list(name, {}, issued_at=SIGNED_AT + timedelta(minutes=5))
    strange = replace(made, packed=b"\xff" * len(made.packed))
    _, side = world.publish({})
    token = status_list.encode_cwt(strange, kid=KID, sign=SIGN)
    world.lists[REGISTRY, AUTHORITY, 0] = (token, side)
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_UNKNOWN_VALUE)


def test_a_side_list_that_is_none_is_missing(world: World) -> None:
    token, _ = world.publish({})
    world.lists[REGISTRY, AUTHORITY, 0] = (token, b"<html>")
    assert said(ask(world)) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_a_list_by_a_key_that_is_not_pinned_is_refused(world: World) -> None:
    key = world.bundle.authorities[0].status_keys[0]
    closed = replace(key, valid_to=SIGNED_AT)
    authority = replace(world.bundle.authorities[0], status_keys=(closed,))
    bundle = replace(world.bundle, authorities=(authority, world.bundle.authorities[1]))
    report = ask(world, world.trust(bundle))
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_LIST_REFUSED)


def test_an_index_beyond_the_published_shards_is_not_known(world: World) -> None:
    issued = world.issue(world.version(1 << 20))
    report = verify(issued.pdf, world.trust(), policy=BATCH, now=world.now)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


# ---------------------------------------------------------------- old lists, and clocks


def _at(hours: float) -> datetime:
    """Return the moment so many hours after the list was issued."""
    return SIGNED_AT + timedelta(minutes=5, hours=hours)


def test_between_ttl_and_end_a_list_is_good_with_a_note(world: World) -> None:
    report = ask(world, now=_at(23.9))
    assert said(report) == VALID
    status = report.check(CheckName.STATUS)
    assert status is not None
    assert status.notes == (Code.STATUS_AGEING,)


@pytest.mark.parametrize(
    ("hours", "policy", "verdict"),
    [
        (24.0, BATCH, Verdict.VALID),
        (24.1, BATCH, Verdict.UNDETERMINED),
        (24.1, INSPECTOR, Verdict.VALID),
        (95.9, INSPECTOR, Verdict.VALID),
        (96.1, INSPECTOR, Verdict.UNDETERMINED),
    ],
)
def test_a_stale_list_is_undetermined_unless_the_policy_allows_it(
    world: World, hours: float, policy: Policy, verdict: Verdict
) -> None:
    report = ask(world, policy=replace(policy, referee=BATCH.referee), now=_at(hours))
    expected = Code.STATUS_STALE if verdict is Verdict.UNDETERMINED else Code.OK
    assert said(report) == (verdict, expected)


def test_a_stale_suspension_is_undetermined(world: World) -> None:
    world.publish({3: StatusWord.SUSPENDED}, [side_row(3, StatusWord.SUSPENDED, YESTERDAY)])
    assert said(ask(world, now=_at(25))) == (Verdict.UNDETERMINED, Code.STATUS_STALE)


def test_a_stale_final_status_is_still_invalid(world: World) -> None:
    world.publish({3: StatusWord.REVOKED}, [side_row(3, StatusWord.REVOKED, YESTERDAY)])
    report = ask(world, now=SIGNED_AT + timedelta(days=300), on=TODAY)
    assert said(report) == (Verdict.INVALID, Code.STATUS_REVOKED)


@pytest.mark.parametrize("hours", [-1, -24, -24 * 300])
def test_a_clock_behind_the_newest_signed_time_is_suspect(world: World, hours: int) -> None:
    now = SIGNED_AT + timedelta(hours=hours)
    assert said(ask(world, now=now, on=TODAY)) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)


def test_a_suspect_clock_makes_no_licence_one_of_the_future(world: World) -> None:
    now = SIGNED_AT - timedelta(days=3000)
    assert said(ask(world, now=now)) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)
    # A day that somebody asks about is that day, whatever the clock says.
    asked = ask(world, now=now, on=TODAY - timedelta(days=4000))
    assert said(asked) == (Verdict.INVALID, Code.NOT_YET_VALID)


def test_a_clock_behind_what_was_once_seen_is_suspect(world: World) -> None:
    memory = Memory().saw_time(world.now + timedelta(days=1))
    assert said(ask(world, memory=memory)) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)
    trust = replace(world.trust(), newest_signed_time=world.now + timedelta(minutes=2))
    assert said(ask(world, trust)) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)


def test_a_clock_a_minute_behind_is_an_honest_clock(world: World) -> None:
    memory = Memory().saw_time(world.now + timedelta(seconds=60))
    assert said(ask(world, memory=memory)) == VALID


def test_an_old_list_played_again_is_refused(world: World) -> None:
    """The verifier has seen the revocation's list; the day before is offered again."""
    world.publish({}, issued_at=SIGNED_AT + timedelta(minutes=1))
    old = dict(world.lists)
    world.publish({3: StatusWord.REVOKED}, issued_at=SIGNED_AT + timedelta(minutes=2))
    report, memory = verify_and_learn(_issued().pdf, world.trust(), policy=BATCH, now=world.now)
    assert said(report) == (Verdict.INVALID, Code.STATUS_FINAL)
    world.lists = old
    report = ask(world, memory=memory)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_LIST_REFUSED)


def test_what_is_learned_from_a_forgery_is_nothing_about_the_time(world: World) -> None:
    stranger = make_world("stranger")
    stranger.clock.advance(timedelta(days=300))
    forged = stranger.sign(stranger.version())
    _, memory = verify_and_learn(forged.pdf, world.trust(), policy=BATCH, now=world.now)
    assert memory == Memory()


def test_a_stale_trust_repository_is_undetermined(world: World) -> None:
    trust = world.trust(metadata_expired_at=world.now - timedelta(hours=1))
    assert said(ask(world, trust)) == (Verdict.UNDETERMINED, Code.TRUST_BUNDLE_OLD)
    policy = replace(INSPECTOR, referee=BATCH.referee)
    assert said(ask(world, trust, policy)) == VALID
