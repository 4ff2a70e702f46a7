"""When a database counts as put back: the chain, the log or the ledger know what it does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchor.calls import Change
from anchor.events import Anchored, Confirmed, Event, Proposed, StatusChanged
from anchor.events import Place as EventPlace
from anchor.public_log import LogFolder
from anzheng.flows.prepare import Preparer
from anzheng.flows.reconcile_guard import (
    ChainCheck,
    IssueGuard,
    check_local,
    newest_in,
    refuse_reserved,
)
from anzheng.flows.reconcile_read import Place
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.recovery import RecoveredWord, ReservedIndex
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import manifest as manifests
from licence.formats.manifest import ManifestDigest
from licence.ids import (
    Address,
    AuthorityId,
    BatchId,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    LicenceNo,
    MerkleRoot,
    StatusIndex,
)
from signer.ledger import Intent, Ledger
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row
from tests.fakes.refusal import refuses
from tests.unit.anzheng.test_store import AUTHORITY, REGISTRY, new

CONTRACT, OURS, DEPUTY = (Address(bytes([number]) * 20) for number in (0xCC, 1, 2))
HEAD = Digest(b"h" * 32)
DECISION = Digest(b"d" * 32)
PLACE = Place(REGISTRY, AUTHORITY, ChainId(7), CONTRACT, 1, 50)
KEY = bytes(32)


def at(block: int) -> EventPlace:
    return EventPlace(
        block, BlockHash(bytes(32)), datetime(2026, 11, 22, tzinfo=UTC), Digest(bytes(32)), 0
    )


ANCHORED = Anchored(
    at=at(9),
    sequence=4,
    account=OURS,
    authority=AUTHORITY,
    root=MerkleRoot(b"r" * 32),
    size=1,
    manifest=ManifestDigest(b"m" * 32),
)
SUSPENDED = StatusChanged(
    at=at(10),
    sequence=5,
    account=OURS,
    authority=AUTHORITY,
    status=1,
    changes=(Change(0, 0xF),),
    decision=DECISION,
)
PROPOSED = Proposed(
    at=at(3),
    sequence=2,
    account=OURS,
    authority=AUTHORITY,
    proposal=Digest(b"p" * 32),
    status=2,
    changes=(Change(0, 0xF),),
    decision=DECISION,
)
CONFIRMED = Confirmed(
    at=at(11),
    sequence=6,
    account=OURS,
    authority=AUTHORITY,
    proposal=PROPOSED.proposal,
    proposer=OURS,
)


class Chain:
    """A contract's events, and how often they were read."""

    def __init__(self, *events: Event) -> None:
        self.all = events
        self.read: list[int] = []
        self.sequence = 10

    def events(self, first: int, last: int) -> Iterator[Event]:
        self.read.append(first)
        yield from (each for each in self.all if first <= each.at.block_number <= last)

    def head(self, at: int) -> tuple[int, Digest]:
        del at
        return self.sequence, HEAD


def owner(account: Address) -> AuthorityId | None:
    return AUTHORITY if account == OURS else AuthorityId("1121020000TXT10206")


def check(store: Store, chain: Chain, place: Place = PLACE) -> None:
    ChainCheck(store, chain, owner).demand(place)


def remember(store: Store) -> None:
    """Let the database know the decision."""
    word = RecoveredWord(
        REGISTRY, AUTHORITY, StatusIndex(0), StatusWord.REVOKED, DECISION, 6, at(11).block_time
    )
    with store.write() as unit:
        unit.recovery.keep_words([word])


@pytest.mark.parametrize(
    "event", [ANCHORED, SUSPENDED, CONFIRMED], ids=lambda each: type(each).__name__
)
def test_what_our_account_did_and_nobody_here_knows(store: Store, event: Event) -> None:
    with refuses(Code.RECONCILE_NEEDED):
        check(store, Chain(PROPOSED, event))


def test_what_a_deputy_did_is_the_deputys_to_know(store: Store) -> None:
    deputies = [replace(each, account=DEPUTY) for each in (ANCHORED, SUSPENDED)]
    check(store, Chain(*deputies, replace(ANCHORED, authority=AuthorityId("1121020000TXT10206"))))


def test_only_what_is_new_is_read(store: Store) -> None:
    remember(store)
    chain = Chain(PROPOSED, SUSPENDED)
    check(store, chain)
    check(store, chain)
    assert chain.read == [1]
    chain.sequence, later = 11, replace(PLACE, final=60)
    chain.all = (*chain.all, replace(ANCHORED, at=at(55)))
    with refuses(Code.RECONCILE_NEEDED):
        check(store, chain, later)
    assert chain.read == [1, 51]


def test_proposal_that_is_confirmed_days_later(store: Store) -> None:
    remember(store)
    check(store, Chain(PROPOSED), replace(PLACE, final=5))
    chain = Chain(PROPOSED, CONFIRMED)
    chain.sequence = 11
    check(store, chain)


def test_chain_that_forgot_is_no_reason_to_reconcile(store: Store) -> None:
    check(store, Chain())
    chain = Chain()
    chain.sequence = 3
    with refuses(Code.CHAIN_REORGANISED):
        check(store, chain)


def test_nothing_is_final_yet(store: Store) -> None:
    chain = Chain(ANCHORED)
    check(store, chain, replace(PLACE, final=-1))
    assert chain.read == []


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / f"{AUTHORITY}.sqlite3")
    yield opened
    opened.close()


def accept(ledger: Ledger, number: int = 1) -> Intent:
    row = new(number)
    intent = Intent(AUTHORITY, row.licence_no, 1, REGISTRY, row.status_index, row.licence_digest)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    ledger.accept([intent], BatchId("r1"), now=now, today=now.date(), daily_cap=9)
    return intent


def local(store: Store, ledger: Ledger, folder: Path) -> None:
    with store.read() as unit:
        check_local(unit, LogFolder(folder).reader, ledger.newest(AUTHORITY), REGISTRY, AUTHORITY)


def test_signer_that_was_asked_for_what_no_row_has(
    store: Store, ledger: Ledger, clock: FakeClock, tmp_path: Path
) -> None:
    local(store, ledger, tmp_path)
    intent = accept(ledger)
    with refuses(Code.RECONCILE_NEEDED):
        local(store, ledger, tmp_path)
    with store.write() as unit:
        row = unit.licences.add(new(), clock.now())
    local(store, ledger, tmp_path)
    # It was signed and handed out, but the row does not know of it.
    ledger.adopt([(intent, Leaf(b"l" * 32))], BatchId("r1"), clock.now())
    with refuses(Code.RECONCILE_NEEDED):
        local(store, ledger, tmp_path)
    with store.write() as unit:
        unit.recovery.move(row, FlowState.SIGNED, clock.now(), leaf=b"l" * 32)
    local(store, ledger, tmp_path)


def test_what_is_reserved_is_known(store: Store, ledger: Ledger, tmp_path: Path) -> None:
    accept(ledger)
    with store.write() as unit:
        unit.recovery.reserve(
            [ReservedIndex(REGISTRY, AUTHORITY, StatusIndex(0))], datetime(2026, 11, 22, tzinfo=UTC)
        )
    local(store, ledger, tmp_path)


def test_ledger_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert newest_in(tmp_path / "none.sqlite3", AUTHORITY) is None
    assert not (tmp_path / "none.sqlite3").exists()


def test_import_and_release_refuse_a_reserved_number(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    guard = IssueGuard(REGISTRY, LogFolder(tmp_path).reader, tmp_path, lambda _authority: KEY)
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: (), guard)
    assert preparer.import_roster([good_row()]).problems == ()
    with store.read() as unit:
        rows = unit.licences.in_state(FlowState.PREPARED)
        refuse_reserved(unit, rows, lambda: KEY)
    number = manifests.number_hmac(KEY, LicenceNo(rows[0].licence_no))
    kept = ReservedIndex(REGISTRY, rows[0].authority, StatusIndex(99), None, number, 1)
    with store.write() as unit:
        assert unit.recovery.reserve([kept, kept], clock.now()) == 1
    with store.read() as unit, refuses(Code.LICENCE_RESERVED):
        refuse_reserved(unit, rows, lambda: KEY)
    again = preparer.import_roster([good_row(principal="另一人")])
    assert [problem.code for problem in again.problems] == [Code.LICENCE_RESERVED]


def test_counter_only_rises(store: Store) -> None:
    with store.write() as unit:
        unit.recovery.raise_counter(REGISTRY, AUTHORITY, 0)
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == 0
        for least in (7, 3, 7):
            unit.recovery.raise_counter(REGISTRY, AUTHORITY, least)
            assert unit.licences.index_count(REGISTRY, AUTHORITY) == 7
        assert unit.licences.allocate_index(REGISTRY, AUTHORITY) == 7
