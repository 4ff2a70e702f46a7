"""Step 9 up to the chain: what may be decided, and what the registry's log then says."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from anzheng import keyfiles
from anzheng.flows import status as deciding
from anzheng.flows.prepare import Preparer
from anzheng.flows.samples import many_rows
from anzheng.flows.status import Order
from anzheng.keyfiles import KeyKind
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.status import DecisionState
from licence.domain.model import Environment
from licence.domain.status import StatusWord, word_on
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.decision import Decision
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId, Leaf, OfficerId, RegistryId, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, good_row

REGISTRY = RegistryId("r-test")
LEAF = Leaf(hashlib.sha256(b"leaf").digest())
TODAY = date(2026, 11, 21)
KEYS = {name: keyfiles.generate(KeyKind.ES256) for name in ("a", "b")}
OFFICERS = tuple(
    PinnedOfficer(OfficerId(name), AuthorityId(ISSUER), key.public_der)
    for name, key in KEYS.items()
)
GROUNDS = {
    StatusWord.RESCINDED: "违反法定程序作出准予许可决定",
    StatusWord.CANCELLED: "企业依法终止：示例",
}


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
    return Order(LEAF, word, document, GROUNDS.get(word, "示例"), effective_from=effective)


def signed_by(decision: Decision, *officers: str) -> Decision:
    for officer in officers:
        decision = deciding.sign(decision, OfficerId(officer), KEYS[officer])
    return decision


def decided(store: Store, clock: FakeClock, what: Order, *officers: str) -> Decision:
    """Draft, sign and decide."""
    decision = signed_by(deciding.draft(store, clock, what), *(officers or ("a",)))
    deciding.decide(store, clock, decision, OFFICERS)
    return decision


def word_at(store: Store, day: date) -> StatusWord:
    with store.read() as unit:
        return word_on(unit.status.of_index(REGISTRY, AuthorityId(ISSUER), StatusIndex(0)), day)


def test_nothing_decided_is_none(store: Store) -> None:
    assert word_at(store, TODAY) is StatusWord.NONE


def test_a_decision_counts_from_its_day(store: Store, clock: FakeClock) -> None:
    tomorrow = TODAY + timedelta(days=1)
    decided(store, clock, order(StatusWord.SUSPENDED, effective=tomorrow))
    assert word_at(store, TODAY) is StatusWord.NONE
    assert word_at(store, tomorrow) is StatusWord.SUSPENDED


def test_a_rescission_counts_for_every_day(store: Store, clock: FakeClock) -> None:
    decision = decided(store, clock, order(StatusWord.RESCINDED))
    assert decision.effective_from == date.fromisoformat(str(good_row()["valid_from"]))
    assert word_at(store, TODAY - timedelta(days=999)) is StatusWord.RESCINDED


def test_a_suspension_has_an_end(store: Store, clock: FakeClock) -> None:
    decision = deciding.draft(store, clock, order(StatusWord.SUSPENDED))
    assert decision.until == TODAY + timedelta(days=30)


def test_suspended_and_given_back(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.SUSPENDED))
    decided(store, clock, order(StatusWord.NONE, "(示例)2号"))
    assert word_at(store, TODAY) is StatusWord.NONE


def test_a_final_word_does_not_come_back(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.REVOKED))
    for word in (StatusWord.NONE, StatusWord.SUSPENDED, StatusWord.REVOKED):
        with pytest.raises(AnzhengError) as caught:
            deciding.draft(store, clock, order(word, "(示例)2号"))
        assert caught.value.code is Code.STATUS_TRANSITION


def test_two_drafts_cannot_both_be_decided(store: Store, clock: FakeClock) -> None:
    drafts = [
        signed_by(deciding.draft(store, clock, order(word)), "a")
        for word in (StatusWord.REVOKED, StatusWord.WITHDRAWN)
    ]
    deciding.decide(store, clock, drafts[0], OFFICERS)
    with pytest.raises(AnzhengError) as caught:
        deciding.decide(store, clock, drafts[1], OFFICERS)
    assert caught.value.code is Code.STATUS_TRANSITION


def test_the_same_decision_twice_is_one_with_more_signatures(
    store: Store, clock: FakeClock
) -> None:
    first = decided(store, clock, order(StatusWord.REVOKED))
    second = signed_by(first, "b")
    ids = {deciding.decide(store, clock, each, OFFICERS).id for each in (second, first)}
    assert len(ids) == 1
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
        deciding.decide(store, clock, unsigned, OFFICERS)
    assert caught.value.code is Code.DECISION_TWO_OFFICERS


def test_an_unknown_leaf_is_not_decided_about(store: Store, clock: FakeClock) -> None:
    with pytest.raises(AnzhengError) as caught:
        deciding.draft(store, clock, Order(Leaf(bytes(32)), StatusWord.REVOKED, "1", "x"))
    assert caught.value.code is Code.NOT_FOUND


def test_a_decision_asks_for_the_chain_and_for_lists(store: Store, clock: FakeClock) -> None:
    decided(store, clock, order(StatusWord.SUSPENDED))
    with store.read() as unit:
        assert set(unit.outbox.waiting()) >= {("status", ISSUER), ("publish", "lists")}


def test_a_stranger_or_a_wrong_signature_decides_nothing(store: Store, clock: FakeClock) -> None:
    drafted = deciding.draft(store, clock, order(StatusWord.SUSPENDED))
    stranger = deciding.sign(drafted, OfficerId("c"), KEYS["a"])
    wrong = deciding.sign(drafted, OfficerId("b"), KEYS["a"])
    for decision, code in (
        (stranger, Code.DECISION_OFFICER_UNKNOWN),
        (wrong, Code.DECISION_SIGNATURE),
    ):
        with pytest.raises(AnzhengError) as caught:
            deciding.decide(store, clock, decision, OFFICERS)
        assert caught.value.code is code
    assert word_at(store, TODAY) is StatusWord.NONE


SUSPENDED = order(StatusWord.SUSPENDED)
REFUSED = [
    (replace(SUSPENDED, effective_from=TODAY - timedelta(days=1)), "effective_from", "DATE_ORDER"),
    (replace(SUSPENDED, until=TODAY + timedelta(days=180)), "until", "DATE_ORDER"),
    (replace(SUSPENDED, until=TODAY - timedelta(days=1)), "until", "DATE_ORDER"),
    (replace(SUSPENDED, document_no=""), "document_no", "FIELD_LENGTH"),
    (replace(SUSPENDED, ground=""), "ground", "FIELD_LENGTH"),
    (replace(order(StatusWord.REVOKED), until=TODAY), "until", "FIELD_VALUE"),
    (replace(order(StatusWord.RESCINDED), effective_from=TODAY), "effective_from", "DATE_ORDER"),
    (replace(order(StatusWord.RESCINDED), ground="示例"), "ground", "FIELD_VALUE"),
    (replace(order(StatusWord.CANCELLED), ground="示例"), "ground", "FIELD_VALUE"),
    (order(StatusWord.SUPERSEDED), "successor", "FIELD_VALUE"),
    (replace(order(StatusWord.SUPERSEDED), successor=LEAF), "successor", "FIELD_VALUE"),
    (replace(order(StatusWord.REVOKED), successor=Leaf(bytes(32))), "successor", "FIELD_VALUE"),
]


@pytest.mark.parametrize(("what", "field", "code"), REFUSED)
def test_what_the_rules_refuse_is_neither_drafted_nor_stored(
    store: Store, clock: FakeClock, what: Order, field: str, code: str
) -> None:
    with pytest.raises(AnzhengError) as caught:
        deciding.draft(store, clock, what)
    assert (caught.value.code, caught.value.facts["field"]) == (code, field)


def test_what_officers_signed_elsewhere_meets_the_same_rules(
    store: Store, clock: FakeClock
) -> None:
    drafted = deciding.draft(store, clock, order(StatusWord.REVOKED))
    yesterday = replace(drafted, effective_from=TODAY - timedelta(days=1))
    with pytest.raises(AnzhengError) as caught:
        deciding.decide(store, clock, signed_by(yesterday, "a", "b"), OFFICERS)
    assert caught.value.code is Code.DATE_ORDER
    with store.read() as unit:
        assert unit.status.decision(decisions.digest(yesterday)) is None
        assert unit.outbox.waiting() == ()


def at(clock: FakeClock, days: float) -> datetime:
    return clock.now() + timedelta(days=days)


@pytest.mark.parametrize("days", [1, -4000])
def test_a_decision_is_neither_of_tomorrow_nor_older_than_the_licence(
    store: Store, clock: FakeClock, days: float
) -> None:
    with pytest.raises(AnzhengError) as caught:
        deciding.draft(store, clock, replace(order(StatusWord.REVOKED), decided_at=at(clock, days)))
    assert (caught.value.code, caught.value.facts["field"]) == (Code.DATE_ORDER, "decided_at")


def test_what_is_entered_late_needs_two_officers(store: Store, clock: FakeClock) -> None:
    late = replace(SUSPENDED, decided_at=at(clock, -20))
    with pytest.raises(AnzhengError) as caught:
        decided(store, clock, late)
    assert caught.value.code is Code.DECISION_TWO_OFFICERS
    decided(store, clock, late, "a", "b")
    assert word_at(store, TODAY - timedelta(days=20)) is StatusWord.SUSPENDED


def test_an_older_suspension_does_not_come_in_after_a_newer_decision(
    store: Store, clock: FakeClock
) -> None:
    """It would seem to be given back already; what is final counts whenever it comes in."""
    older = at(clock, -1)
    decided(store, clock, SUSPENDED)
    decided(store, clock, order(StatusWord.NONE, "(示例)2号"))
    with pytest.raises(AnzhengError) as caught:
        decided(store, clock, replace(SUSPENDED, decided_at=older, document_no="(示例)3号"))
    assert (caught.value.code, caught.value.facts["field"]) == (Code.DATE_ORDER, "decided_at")
    decided(store, clock, replace(order(StatusWord.REVOKED, "(示例)4号"), decided_at=older))
    assert word_at(store, TODAY) is StatusWord.REVOKED


def test_only_a_later_version_of_the_same_licence_supersedes(
    store: Store, clock: FakeClock
) -> None:
    other = Leaf(hashlib.sha256(b"other").digest())
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    preparer.import_roster(many_rows(1, good_row(), year=2026))
    with store.write() as unit:
        (row,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move(
            [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(other)
        )
    with pytest.raises(AnzhengError) as caught:
        deciding.draft(store, clock, replace(order(StatusWord.SUPERSEDED), successor=other))
    assert (caught.value.code, caught.value.facts["field"]) == (Code.FIELD_VALUE, "successor")
