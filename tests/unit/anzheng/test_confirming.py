"""The confirmer's process: it reads decisions, believes two officers, and writes only the chain."""

from datetime import timedelta

import pytest

from anchor.confirmer import ConfirmedElsewhere
from anchor.ports import TxState
from anzheng.alarms import StandingAlarms
from anzheng.confirming import AGAIN, Confirming
from anzheng.store.database import Store
from anzheng.store.status import DecisionState
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.unit.anzheng.test_flows_status_chain import AUTHORITY, OFFICERS, Desk, desk

__all__ = ["desk"]


@pytest.fixture
def apart(desk: Desk, clock: FakeClock) -> Confirming:
    """The desk's confirmer in a process of its own; the desk waits for the chain."""
    alarms = StandingAlarms(desk.store, clock)
    confirming = Confirming(desk.store, desk.rows, [(AUTHORITY, desk.confirmer)], clock, alarms)
    desk.confirmer = ConfirmedElsewhere(desk.chain, desk.proposer.address)  # type: ignore[assignment]
    return confirming


def alarm_codes(store: Store) -> list[Code]:
    """Return what stands."""
    with store.read() as unit:
        return [each.code for each in unit.alarms.all()]


def test_a_revocation_is_confirmed_there_and_found_here(desk: Desk, apart: Confirming) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED, "a", "b")
    assert desk.work() is not None
    assert desk.look(revoked).state is DecisionState.WRITTEN
    assert apart.step() == 0
    assert desk.look(revoked).state is DecisionState.WRITTEN
    assert desk.work() is None
    assert desk.look(revoked).state is DecisionState.ON_CHAIN


def test_one_officer_s_decision_is_left_alone(desk: Desk, apart: Confirming) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED)
    desk.work()
    assert apart.step() == 0
    desk.work()
    assert desk.look(revoked).state is DecisionState.WRITTEN
    assert alarm_codes(desk.store) == []


def test_a_suspension_is_none_of_its_business(desk: Desk, apart: Confirming) -> None:
    desk.decide(0, StatusWord.SUSPENDED)
    desk.work()
    assert apart.step() == 0
    assert not desk.rows.in_flight(but="status")


def test_what_is_not_proposed_yet_waits(desk: Desk, apart: Confirming) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED, "a", "b")
    with desk.store.write() as unit:
        unit.status.progress(desk.look(revoked), DecisionState.WRITTEN)
    assert apart.step() == 1
    assert alarm_codes(desk.store) == []


def test_a_signature_that_it_does_not_believe_is_an_alarm(
    desk: Desk, apart: Confirming, clock: FakeClock
) -> None:
    desk.decide(0, StatusWord.REVOKED, "a", "b")
    desk.work()
    ((_, confirmer),) = apart.confirmers
    # Its own pins know only one of them: what the console has put into its list does not count.
    confirmer._officers = OFFICERS[:1]
    assert apart.step() == 0
    assert alarm_codes(desk.store) == [Code.DECISION_OFFICER_UNKNOWN]
    confirmer._officers = OFFICERS
    assert apart.step() == 0
    desk.work()
    assert alarm_codes(desk.store) == [Code.DECISION_OFFICER_UNKNOWN]
    clock.advance(AGAIN + timedelta(seconds=1))
    assert apart.step() == 0
    assert alarm_codes(desk.store) == []


def test_a_chain_that_is_away_is_waited_for(desk: Desk, apart: Confirming) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED, "a", "b")
    desk.work()
    desk.chain.members[apart.confirmers[0][1]._account] = desk.chain.rights(desk.proposer.address)
    with pytest.raises(AnzhengError) as caught:
        apart.step()
    assert caught.value.code is Code.CHAIN_ACCOUNT
    assert desk.look(revoked).state is DecisionState.WRITTEN


def test_nothing_counts_before_it_is_final(desk: Desk) -> None:
    chain = FakeChain(automine=True)
    waiting = ConfirmedElsewhere(chain, desk.proposer.address)
    revoked = desk.decide(0, StatusWord.REVOKED, "a", "b")
    assert waiting.advance(revoked.data).state is TxState.SENT
    waiting.release()
