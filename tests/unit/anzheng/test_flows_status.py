"""Step 9 up to the chain: what may be decided, and what the registry's log then says."""

import hashlib
from datetime import date, timedelta

import pytest

from anzheng import keyfiles
from anzheng.flows import status as deciding
from anzheng.flows.prepare import Preparer
from anzheng.flows.status import Order, word_of
from anzheng.keyfiles import KeyKind
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.status import DecisionState
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.decision import Decision
from licence.ids import AuthorityId, Leaf, OfficerId, RegistryId, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, good_row

REGISTRY = RegistryId("r-test")
LEAF = Leaf(hashlib.sha256(b"leaf").digest())
TODAY = date(2026, 11, 21)
KEY = keyfiles.generate(KeyKind.ES256)


@pytest.fixture(autouse=True)
def signed(store: Store, clock: FakeClock) -> None:
    """One signed licence."""
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    preparer.import_roster([good_row()])
    with store.write() as unit:
        (row,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move(
            [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(LEAF)
        )


def order(word: StatusWord, document: str = "(示例)1号", effective: date | None = None) -> Order:
    return Order(LEAF, word, document, "示例", effective_from=effective)


def decided(store: Store, clock: FakeClock, what: Order, *officers: str) -> Decision:
    """Draft, sign and decide."""
    decision = deciding.draft(store, clock, what)
    for officer in officers or ("a",):
        decision = deciding.sign(decision, OfficerId(officer), KEY)
    deciding.decide(store, clock, decision)
    return decision


def word_on(store: Store, day: date) -> StatusWord:
    with store.read() as unit:
        return word_of(unit.status.of_index(REGISTRY, AuthorityId(ISSUER), StatusIndex(0)), day)


def test_nothing_decided_is_none(store: Store) -> None:
    assert word_on(store, TODAY) is StatusWord.NONE


def test_a_decision_counts_from_its_day(store: Store, clock: FakeClock) -> None:
    tomorrow = TODAY + timedelta(days=1)
    decided(store, clock, order(StatusWord.SUSPENDED, effective=tomorrow))
    assert word_on(store, TODAY) is StatusWord.NONE
    assert word_on(store, tomorrow) is StatusWord.SUSPENDED


def test_a_rescission_counts_for_every_day(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.RESCINDED, effective=TODAY + timedelta(days=9)))
    assert word_on(store, TODAY - timedelta(days=999)) is StatusWord.RESCINDED


def test_a_suspension_has_an_end(store: Store, clock: FakeClock) -> None:
    decision = deciding.draft(store, clock, order(StatusWord.SUSPENDED))
    assert decision.until == TODAY + timedelta(days=30)


def test_suspended_and_given_back(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.SUSPENDED))
    decided(store, clock, order(StatusWord.NONE, "(示例)2号"))
    assert word_on(store, TODAY) is StatusWord.NONE


def test_a_final_word_does_not_come_back(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.REVOKED))
    for word in (StatusWord.NONE, StatusWord.SUSPENDED, StatusWord.REVOKED):
        with pytest.raises(AnzhengError) as caught:
            deciding.draft(store, clock, order(word, "(示例)2号"))
        assert caught.value.code is Code.STATUS_TRANSITION


def test_two_drafts_cannot_both_be_decided(store: Store, clock: FakeClock) -> None:
    drafts = [
        deciding.sign(deciding.draft(store, clock, order(word)), OfficerId("a"), KEY)
        for word in (StatusWord.REVOKED, StatusWord.WITHDRAWN)
    ]
    deciding.decide(store, clock, drafts[0])
    with pytest.raises(AnzhengError) as caught:
        deciding.decide(store, clock, drafts[1])
    assert caught.value.code is Code.STATUS_TRANSITION


def test_the_same_decision_twice_is_one_with_more_signatures(
    store: Store, clock: FakeClock
) -> None:
    first = decided(store, clock, order(StatusWord.REVOKED))
    second = deciding.sign(first, OfficerId("b"), KEY)
    assert deciding.decide(store, clock, second).id == deciding.decide(store, clock, first).id
    with store.read() as unit:
        stored = unit.status.decision(decisions.digest(first))
        events = unit.status.of_index(REGISTRY, AuthorityId(ISSUER), StatusIndex(0))
    assert stored is not None
    assert stored.state is DecisionState.DECIDED
    officers = [each.officer for each in decisions.decode(stored.data).signatures]
    assert officers == ["a", "b"]
    assert len(events) == 1


def test_nobody_decides_without_a_signature(store: Store, clock: FakeClock) -> None:
    unsigned = deciding.draft(store, clock, order(StatusWord.REVOKED))
    with pytest.raises(AnzhengError) as caught:
        deciding.decide(store, clock, unsigned)
    assert caught.value.code is Code.DECISION_TWO_OFFICERS


def test_an_unknown_leaf_is_not_decided_about(store: Store, clock: FakeClock) -> None:
    with pytest.raises(AnzhengError) as caught:
        deciding.draft(store, clock, Order(Leaf(bytes(32)), StatusWord.REVOKED, "1", "x"))
    assert caught.value.code is Code.NOT_FOUND


def test_a_decision_asks_for_the_chain_and_for_lists(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.SUSPENDED))
    with store.read() as unit:
        assert set(unit.outbox.waiting()) >= {("status", ISSUER), ("publish", "lists")}


def test_the_start_of_a_day_is_that_of_china() -> None:
    assert deciding.start_of_day(TODAY).isoformat() == "2026-11-21T00:00:00+08:00"
