"""Step 9 on the chain: how far decisions come, and which of them wait for a person."""

import hashlib
from datetime import date, datetime, timedelta

import pytest
import structlog

from anchor.confirmer import Confirmer
from anchor.ports import AccountRights, Right, TxState
from anchor.sender import SendPolicy
from anchor.status_writer import StatusWriter
from anzheng import keyfiles
from anzheng.flows import status as deciding
from anzheng.flows import status_chain
from anzheng.flows.prepare import Preparer
from anzheng.flows.samples import many_rows
from anzheng.flows.status import Order
from anzheng.keyfiles import KeyKind
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.status import DecisionState, StoredDecision
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId, Digest, Leaf, OfficerId, RegistryId
from tests.fakes.anchoring import make_sender
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, good_row

REGISTRY = RegistryId("r-test")
AUTHORITY = AuthorityId(ISSUER)
LEAVES = tuple(Leaf(hashlib.sha256(bytes([place])).digest()) for place in range(3))
KEYS = {name: keyfiles.generate(KeyKind.ES256) for name in ("a", "b")}
OFFICERS = tuple(
    PinnedOfficer(OfficerId(name), AUTHORITY, key.public_der) for name, key in KEYS.items()
)


class Desk:
    """The real writer and confirmer before a contract in memory; opens itself."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.chain = FakeChain(automine=True)
        self.rows = SqlAnchorStore(store)
        policy = SendPolicy(finality_depth=0)
        self.proposer = self.chain.member(0xA2, AUTHORITY, Right.PROPOSE)
        confirmer = self.chain.member(0xA3, AUTHORITY, Right.CONFIRM)
        self.status_writer = StatusWriter(
            self.chain, make_sender(self.chain, self.proposer, self.rows, clock, policy), AUTHORITY
        )
        self.confirmer = Confirmer(
            self.chain,
            make_sender(self.chain, confirmer, self.rows, clock, policy),
            AUTHORITY,
            OFFICERS,
            clock,
            registry=REGISTRY,
            proposers=(self.proposer.address,),
        )

    def open(self, authority: AuthorityId) -> "Desk":
        assert authority == AUTHORITY
        return self

    def set_aside(self, decision: Digest) -> int:
        return self.rows.set_aside(decision)

    def allow(self, right: Right) -> None:
        """Change what the contract lets the propose account do."""
        self.chain.members[self.proposer.address] = AccountRights(AUTHORITY, right)

    def decide(self, place: int, word: StatusWord, *officers: str, days: int = 0) -> StoredDecision:
        today = date(2026, 11, 21) + timedelta(days=days)
        order = Order(LEAVES[place], word, f"(示例){place}号", "示例", effective_from=today)
        decision = deciding.draft(self.store, self.clock, order)
        for name in officers or ("a",):
            decision = deciding.sign(decision, OfficerId(name), KEYS[name])
        return deciding.decide(self.store, self.clock, decision, OFFICERS)

    def work(self) -> datetime | None:
        return status_chain.work(self.store, self.clock, self, AUTHORITY)

    def look(self, stored: StoredDecision) -> StoredDecision:
        with self.store.read() as unit:
            found = unit.status.decision(stored.digest)
        assert found is not None
        return found


@pytest.fixture
def desk(store: Store, clock: FakeClock) -> Desk:
    """Three signed licences, and a desk for them."""
    Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ()).import_roster(
        many_rows(len(LEAVES), good_row(), year=2026)
    )
    with store.write() as unit:
        for row, leaf in zip(unit.licences.in_state(FlowState.PREPARED), LEAVES, strict=True):
            unit.licences.move(
                [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(leaf)
            )
    return Desk(store, clock)


def test_a_suspension_needs_one_account_and_a_revocation_two(desk: Desk) -> None:
    suspended = desk.decide(0, StatusWord.SUSPENDED)
    revoked = desk.decide(1, StatusWord.REVOKED, "a", "b")
    assert desk.work() is None
    for each in (suspended, revoked):
        assert desk.look(each).state is DecisionState.ON_CHAIN


def test_a_revocation_waits_for_the_second_officer(desk: Desk) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED)
    assert desk.work() is None
    found = desk.look(revoked)
    assert (found.state, found.parked_code) == (DecisionState.WRITTEN, None)


def test_a_decision_waits_for_its_day_without_holding_up_another(desk: Desk) -> None:
    later = desk.decide(0, StatusWord.SUSPENDED, days=2)
    now = desk.decide(1, StatusWord.SUSPENDED)
    assert desk.work() == status_chain.start_of_day(date(2026, 11, 23))
    assert desk.look(later).state is DecisionState.DECIDED
    assert desk.look(now).state is DecisionState.ON_CHAIN


def test_what_the_contract_refuses_waits_for_a_person_and_holds_up_no_other(desk: Desk) -> None:
    desk.allow(Right.ANCHOR)
    refused = desk.decide(0, StatusWord.SUSPENDED)
    with structlog.testing.capture_logs() as logged:
        assert desk.work() is None, "nobody comes again every two seconds"
    assert desk.look(refused).parked_code is Code.CHAIN_REVERTED
    (line,) = logged
    assert line["event"] == "decision_waits_for_a_person"
    assert (line["log_level"], line["code"]) == ("error", "CHAIN_REVERTED")
    assert line["decision"] == refused.digest.hex()

    desk.allow(Right.PROPOSE)
    other = desk.decide(1, StatusWord.SUSPENDED)
    same = desk.decide(0, StatusWord.NONE)
    with structlog.testing.capture_logs() as logged:
        assert desk.work() is None
    assert logged == []
    assert desk.look(other).state is DecisionState.ON_CHAIN
    assert desk.look(same).state is DecisionState.DECIDED, "the same licence goes in order"
    with desk.store.read() as unit:
        assert unit.status.count_parked() == 1
        assert [each.id for each in unit.status.waiting()] == [refused.id, same.id]
        assert [each.id for each in unit.status.of_leaf(LEAVES[0])] == [refused.id, same.id]


def test_a_person_lets_it_go_on(desk: Desk) -> None:
    desk.allow(Right.ANCHOR)
    refused = desk.decide(0, StatusWord.SUSPENDED)
    desk.work()
    desk.allow(Right.PROPOSE)
    assert desk.work() is None
    assert desk.look(refused).state is DecisionState.DECIDED

    status_chain.retry(desk.store, desk.clock, desk, refused.digest)
    with desk.store.read() as unit:
        assert (deciding.TOPIC, AUTHORITY) in unit.outbox.waiting()
    assert desk.work() is None
    found = desk.look(refused)
    assert (found.state, found.parked_code) == (DecisionState.ON_CHAIN, None)
    purpose = f"status:{refused.digest.hex()}"
    old, new = desk.rows.transaction(f"{purpose}#1"), desk.rows.transaction(purpose)
    assert old is not None
    assert new is not None
    assert (old.state, new.state) == (TxState.PARKED, TxState.FINAL)


def test_one_that_fails_again_can_be_tried_again(desk: Desk) -> None:
    desk.allow(Right.ANCHOR)
    refused = desk.decide(0, StatusWord.SUSPENDED)
    for _ in range(3):
        desk.work()
        assert desk.look(refused).parked_code is Code.CHAIN_REVERTED
        status_chain.retry(desk.store, desk.clock, desk, refused.digest)
    desk.allow(Right.PROPOSE)
    desk.work()
    assert desk.look(refused).state is DecisionState.ON_CHAIN


def test_a_confirmation_that_is_refused_waits_for_a_person(desk: Desk) -> None:
    proposed = desk.decide(0, StatusWord.REVOKED, "a", "b")
    other = desk.decide(1, StatusWord.REVOKED, "a", "b")
    confirmer = next(
        address for address, member in desk.chain.members.items() if member.rights is Right.CONFIRM
    )
    desk.chain.members[confirmer] = AccountRights(AUTHORITY, Right.ANCHOR)
    assert desk.work() is None
    for each in (proposed, other):
        found = desk.look(each)
        assert (found.state, found.parked_code) == (DecisionState.WRITTEN, Code.CHAIN_REVERTED)


def test_only_what_waits_can_be_tried_again(desk: Desk) -> None:
    going = desk.decide(0, StatusWord.SUSPENDED)
    for digest, code in ((going.digest, Code.CONFLICT), (Digest(bytes(32)), Code.NOT_FOUND)):
        with pytest.raises(AnzhengError) as caught:
            status_chain.retry(desk.store, desk.clock, desk, digest)
        assert caught.value.code is code


def test_a_dead_node_is_tried_again_by_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    going = desk.decide(0, StatusWord.SUSPENDED)

    def dead(*_: object, **__: object) -> None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no node")

    monkeypatch.setattr(desk.chain, "nonce", dead)
    with pytest.raises(AnzhengError) as caught:
        desk.work()
    assert caught.value.code is Code.CHAIN_UNAVAILABLE
    assert desk.look(going).parked_code is None


def test_the_start_of_a_day_is_that_of_china() -> None:
    day = status_chain.start_of_day(date(2026, 11, 21))
    assert day.isoformat() == "2026-11-21T00:00:00+08:00"
