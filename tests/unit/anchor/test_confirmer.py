"""The confirmer believes nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from anchor.confirmer import Confirmer, verify_officers
from anchor.ports import Right, TxState
from anchor.sender import SendPolicy
from anchor.status_writer import StatusWriter, order_of, read_statuses
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.decision import Decision, encode
from licence.ids import AuthorityId, OfficerId, RegistryId, StatusIndex
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY, REGISTRY, make_sender
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.decisions import OFFICERS, REVOKED, pinned, signed
from tests.fakes.refusal import refuses

POLICY = SendPolicy(finality_depth=0)
INDICES = tuple(subject.index for subject in REVOKED.subjects)


class Bench:
    """Writer and confirmer, each with its own store."""

    def __init__(self) -> None:
        self.chain = FakeChain(automine=True)
        self.clock = FakeClock()
        self.proposer = self.chain.member(0xA2, AUTHORITY, Right.PROPOSE)
        self.account = self.chain.member(0xA3, AUTHORITY, Right.CONFIRM)
        sender = make_sender(
            self.chain, self.proposer, MemoryTransactionStore(), self.clock, POLICY
        )
        self.writer = StatusWriter(self.chain, sender, AUTHORITY)
        self.store = MemoryTransactionStore()
        sender = make_sender(self.chain, self.account, self.store, self.clock, POLICY)
        self.confirmer = Confirmer(
            self.chain,
            sender,
            AUTHORITY,
            pinned(*OFFICERS[:2]),
            self.clock,
            registry=REGISTRY,
            proposers=(self.proposer.address,),
        )

    def words(self) -> tuple[StatusWord, ...]:
        return read_statuses(self.chain, AUTHORITY, INDICES)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.writer.advance(order_of(REVOKED))
    return bench


def confirm(bench: Bench, decision: Decision) -> TxState:
    return bench.confirmer.advance(encode(decision)).state


def test_decision_of_two_officers_is_confirmed(bench: Bench) -> None:
    bench.confirmer.check()
    both = signed(REVOKED, *OFFICERS[:2])
    assert confirm(bench, both) is TxState.FINAL
    assert bench.words() == (StatusWord.REVOKED,) * 2
    assert confirm(bench, both) is TxState.FINAL


def test_confirmer_that_lost_its_store_finds_it_done(bench: Bench) -> None:
    both = signed(REVOKED, *OFFICERS[:2])
    confirm(bench, both)
    bench.store.transactions.clear()
    assert confirm(bench, both) is TxState.FINAL


def test_one_officer_is_not_enough(bench: Bench) -> None:
    for officers in ((), OFFICERS[:1]):
        with refuses(Code.DECISION_TWO_OFFICERS):
            confirm(bench, signed(REVOKED, *officers))
    assert bench.words() == (StatusWord.NONE,) * 2


def test_one_officer_with_two_names_is_one_officer() -> None:
    first = pinned("officer-1")[0]
    second = replace(first, officer=OfficerId("officer-2"))
    decision = signed(REVOKED, "officer-1")
    twice = replace(
        decision,
        signatures=(
            *decision.signatures,
            replace(decision.signatures[0], officer=OfficerId("officer-2")),
        ),
    )
    with refuses(Code.DECISION_TWO_OFFICERS):
        verify_officers(twice, [first, second])


def test_officer_who_is_not_pinned_is_refused(bench: Bench) -> None:
    with refuses(Code.DECISION_OFFICER_UNKNOWN):
        confirm(bench, signed(REVOKED, *OFFICERS))
    elsewhere = [replace(each, authority=AuthorityId("x")) for each in pinned(*OFFICERS[:2])]
    with refuses(Code.DECISION_OFFICER_UNKNOWN):
        verify_officers(signed(REVOKED, *OFFICERS[:2]), elsewhere)


def test_altered_decision_is_refused(bench: Bench) -> None:
    both = signed(REVOKED, *OFFICERS[:2])
    with refuses(Code.DECISION_SIGNATURE):
        confirm(bench, replace(both, word=StatusWord.CANCELLED))
    with refuses(Code.DECISION_SIGNATURE):
        confirm(bench, replace(both, subjects=both.subjects[:1]))


def test_decision_that_nobody_proposed_is_not_confirmed(bench: Bench) -> None:
    other = replace(REVOKED, document_no="辽应急罚〔2026〕13号")
    with refuses(Code.NOT_FOUND):
        confirm(bench, signed(other, *OFFICERS[:2]))


def test_decision_that_does_not_count_yet_is_not_confirmed(bench: Bench) -> None:
    later = replace(REVOKED, effective_from=REVOKED.effective_from + timedelta(days=1))
    bench.writer.advance(order_of(later))
    both = signed(later, *OFFICERS[:2])
    with refuses(Code.DECISION_EARLY):
        confirm(bench, both)
    # 16:00 UTC is midnight in China.
    bench.clock.advance(timedelta(hours=12))
    assert confirm(bench, both) is TxState.FINAL


def test_decision_of_another_authority_is_refused(bench: Bench) -> None:
    other = AuthorityId("11210000009876543X")
    bench.confirmer._officers = tuple(
        replace(each, authority=other) for each in pinned(*OFFICERS[:2])
    )
    with refuses(Code.CHAIN_ACCOUNT):
        confirm(bench, signed(replace(REVOKED, authority=other), *OFFICERS[:2]))


def test_account_that_proposed_does_not_confirm(bench: Bench) -> None:
    bench.confirmer._account = bench.proposer.address
    with refuses(Code.CHAIN_ACCOUNT):
        confirm(bench, signed(REVOKED, *OFFICERS[:2]))


def test_suspension_needs_no_confirmation(bench: Bench) -> None:
    suspended = replace(REVOKED, word=StatusWord.SUSPENDED, until=REVOKED.effective_from)
    with refuses(Code.STATUS_TRANSITION):
        confirm(bench, signed(suspended, *OFFICERS[:2]))


def test_decision_about_another_registry_is_not_confirmed(bench: Bench) -> None:
    """The same index is another licence there, and the officers meant that one."""
    elsewhere = replace(REVOKED, registry=RegistryId("cn-other"))
    bench.writer.advance(order_of(elsewhere))
    with refuses(Code.CHAIN_WRONG):
        confirm(bench, signed(elsewhere, *OFFICERS[:2]))
    assert bench.words() == (StatusWord.NONE,) * 2


def test_rescission_does_not_wait_for_its_day(bench: Bench) -> None:
    later = replace(
        REVOKED,
        word=StatusWord.RESCINDED,
        effective_from=REVOKED.effective_from + timedelta(days=30),
        ground="依法可以撤销的其他情形",
    )
    bench.writer.advance(order_of(later))
    assert confirm(bench, signed(later, *OFFICERS[:2])) is TxState.FINAL
    assert bench.words() == (StatusWord.RESCINDED,) * 2


def test_lapsed_proposal_is_made_again_and_confirmed(bench: Bench) -> None:
    """The second officer signed after a week: the decision must not be lost."""
    both = signed(REVOKED, *OFFICERS[:2])
    for _ in range(2):
        bench.chain.skip(timedelta(days=7, seconds=1))
        with refuses(Code.NOT_FOUND):
            confirm(bench, both)
        assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL
        assert len(bench.chain.calls_mined()) == len(set(bench.chain.sent))
    assert confirm(bench, both) is TxState.FINAL
    assert bench.words() == (StatusWord.REVOKED,) * 2
    bench.chain.skip(timedelta(days=30))
    sent = len(bench.chain.sent)
    assert bench.writer.advance(order_of(REVOKED)).state is TxState.FINAL
    assert len(bench.chain.sent) == sent


@pytest.mark.parametrize("reason", ["DailyCapReached", "ContractPaused", "AuthorityIsPaused"])
def test_what_the_contract_refuses_for_today_is_tried_again(bench: Bench, reason: str) -> None:
    both = signed(REVOKED, *OFFICERS[:2])
    bench.chain.reason = reason
    with refuses(Code.CHAIN_UNAVAILABLE):
        confirm(bench, both)
    bench.chain.reason = ""
    assert confirm(bench, both) is TxState.FINAL
    assert bench.words() == (StatusWord.REVOKED,) * 2


def test_confirmed_change_is_known_after_another_took_its_lane(bench: Bench) -> None:
    bench.chain.first_lane = lambda _: 7
    bench.writer.advance(order_of(REVOKED))
    both = signed(REVOKED, *OFFICERS[:2])
    assert confirm(bench, both) is TxState.FINAL
    bench.chain.skip(timedelta(days=8))
    other = replace(order_of(REVOKED), indices=(StatusIndex(999),))
    assert bench.writer.advance(other).state is TxState.FINAL
    bench.store.transactions.clear()
    assert confirm(bench, both) is TxState.FINAL
    assert len(bench.chain.calls_mined()) == len(bench.chain.sent)


def test_proposal_of_an_account_that_is_not_pinned_is_not_confirmed(bench: Bench) -> None:
    stranger = bench.chain.member(0xA9, AUTHORITY, Right.PROPOSE)
    bench.confirmer._proposers = (stranger.address,)
    with refuses(Code.NOT_FOUND):
        confirm(bench, signed(REVOKED, *OFFICERS[:2]))


def test_account_that_proposed_before_is_still_confirmed(bench: Bench) -> None:
    """The propose account was changed while a proposal was open."""
    fresh = bench.chain.member(0xA9, AUTHORITY, Right.PROPOSE)
    bench.confirmer._proposers = (fresh.address, bench.proposer.address)
    assert confirm(bench, signed(REVOKED, *OFFICERS[:2])) is TxState.FINAL
