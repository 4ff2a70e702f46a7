"""Check 7: a status proof beside signed lists that say otherwise, or blocks of several ages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import status_list
from licence.formats.report import Report
from licence.formats.status_shard import ListName, make_list
from licence.formats.verdict import Verdict
from licence.ids import StatusIndex
from tests.builders import (
    AUTHORITY,
    BASE_URI,
    REGISTRY,
    SIGNED_AT,
    FakeTrust,
    World,
    make_world,
    side_row,
)
from tests.fakes.status_keys import KID, SIGN
from tests.unit.verifier.test_chain_proof import (
    FRESH,
    INDEX,
    OLD_CONTRACT,
    TODAY,
    VALID,
    YESTERDAY,
    ask,
    issued,
    part,
    pinned,
    proof,
    said,
    says,
    without_lists,
)
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.verify import verify

OPEN = (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
SUSPENDED = (Verdict.INVALID, Code.STATUS_SUSPENDED)


@pytest.fixture
def world() -> World:
    made = make_world()
    made.bundle = pinned(made.bundle)
    return made


# ---------------------------------------------------------------- none is never better


def announced(world: World) -> tuple[bytes, bytes]:
    """Publish what was decided for today and is not on the chain yet."""
    row = side_row(INDEX, StatusWord.REVOKED, TODAY)
    return world.publish({}, [], [row], issued_at=SIGNED_AT + timedelta(minutes=4))


def online(world: World, trust: FakeTrust, cwt: bytes) -> Report:
    """Ask a registry that gives its newest list, and holds back what stands beside it."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/status-lists/"):
            return httpx.Response(200, content=cwt)
        return httpx.Response(404)

    registry = HttpRegistry("https://registry.example", transport=httpx.MockTransport(answer))
    report = verify(
        issued().pdf,
        trust,
        policy=BATCH,
        now=world.now,
        online=registry,
        chain_proof=says(StatusWord.NONE),
    )
    registry.close()
    return report


def test_what_a_stored_side_list_announces_is_not_passed_over(world: World) -> None:
    """The registry gives a newer list and holds its side list back."""
    announced(world)
    trust = world.trust()
    newer, _ = world.publish(issued_at=SIGNED_AT + timedelta(minutes=6))
    assert said(online(world, trust, newer)) == OPEN
    unmarked = replace(trust, lists={})
    assert said(online(world, unmarked, newer)) == VALID


def test_a_side_list_of_before_beside_a_list_of_today_still_speaks_against(world: World) -> None:
    _, side = announced(world)
    newer, _ = world.publish(issued_at=SIGNED_AT + timedelta(minutes=6))
    trust = replace(world.trust(), lists={(REGISTRY, AUTHORITY, 0): (newer, side)})
    assert said(ask(world, says(StatusWord.NONE), trust)) == OPEN
    damaged = replace(trust, lists={(REGISTRY, AUTHORITY, 0): (newer, side[:-1])})
    assert said(ask(world, says(StatusWord.NONE), damaged)) == VALID


@pytest.mark.parametrize(
    ("word", "expected"), [(StatusWord.SUSPENDED, OPEN), (StatusWord.NONE, VALID)]
)
def test_what_was_published_on_the_day_is_not_made_better(
    world: World, word: StatusWord, expected: object
) -> None:
    """Asked after midnight about the day before: a list of its evening, a block of its evening."""
    evening = datetime(2026, 11, 21, 15, 50, tzinfo=UTC)
    name = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
    listed = make_list(name, {StatusIndex(INDEX): word}, issued_at=evening)
    past = status_list.encode_cwt(listed, kid=KID, sign=SIGN)
    trust = without_lists(world, past={(REGISTRY, AUTHORITY, 0, TODAY): past})
    report = ask(world, says(StatusWord.NONE), trust, now=evening + timedelta(minutes=30), on=TODAY)
    assert said(report) == expected


# ---------------------------------------------------------------- blocks of several ages


def test_an_old_block_of_another_contract_makes_no_suspension_stale(world: World) -> None:
    world.bundle = pinned(world.bundle, more=(OLD_CONTRACT,))
    old = part(
        StatusWord.NONE, contract=OLD_CONTRACT.address, time=FRESH - timedelta(days=3), height=700
    )
    both = proof(part(StatusWord.SUSPENDED), old)
    for trust in (world.trust(), without_lists(world)):
        assert said(ask(world, both, trust)) == SUSPENDED
    stale = proof(part(StatusWord.SUSPENDED, time=FRESH - timedelta(days=3)), old)
    assert said(ask(world, stale)) == VALID


def test_suspended_anew_is_not_what_was_given_back_before(world: World) -> None:
    """The older block of the other contract stands at the time of the first suspension."""
    world.bundle = pinned(world.bundle, more=(OLD_CONTRACT,))
    back = SIGNED_AT + timedelta(minutes=3)
    rows = [
        side_row(INDEX, StatusWord.SUSPENDED, TODAY),
        side_row(INDEX, StatusWord.NONE, TODAY, decided_at=back),
    ]
    world.publish({}, rows)
    old = part(
        StatusWord.NONE,
        contract=OLD_CONTRACT.address,
        time=SIGNED_AT + timedelta(minutes=1),
        height=700,
    )
    assert said(ask(world, proof(part(StatusWord.SUSPENDED), old))) == SUSPENDED
    first = part(StatusWord.SUSPENDED, time=back - timedelta(minutes=1))
    assert said(ask(world, proof(first, old))) == VALID


def test_a_worse_event_of_later_does_not_explain_one_that_lists_do_not_know(world: World) -> None:
    world.publish({INDEX: StatusWord.REVOKED}, [side_row(INDEX, StatusWord.REVOKED, TODAY)])
    assert said(ask(world, says(StatusWord.SUSPENDED), on=YESTERDAY)) == SUSPENDED
    today = ask(world, says(StatusWord.SUSPENDED))
    assert said(today) == (Verdict.INVALID, Code.STATUS_REVOKED)
