"""What is parked goes back to where it stopped, and comes to its end."""

import hashlib

import pytest

from anchor.batch import AnchorItem, freeze
from anchor.log import AuthorityLog
from anchor.ports import AccountRights, AnchorBatch, BatchState, Right
from anchor.sender import SendPolicy
from anzheng.commands.issue import report
from anzheng.flows import release as releasing
from anzheng.flows.anchor import follow
from anzheng.flows.prepare import Preparer
from anzheng.flows.retry import retry_parked
from anzheng.flows.samples import many_rows
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.releases import StoredRelease
from licence.domain.model import Environment
from licence.errors import Code
from licence.formats.leaf import LeafKind
from licence.ids import BatchId, Leaf
from tests.fakes.anchor_store import MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    HMAC_KEY,
    IDENTITY,
    REGISTRY,
    StrictJudge,
    ed25519,
    make_anchorer,
    witness,
)
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row

BATCH = BatchId("b-00000001")


class Desk:
    """The real anchorer before a contract in memory."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.chain = FakeChain(automine=True)
        self.rows = SqlAnchorStore(store)
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        one = witness("w1.example", MemoryWitnessStore(), clock)
        log = AuthorityLog(IDENTITY, ed25519("log").sign, self.rows, [one], 1)
        policy = SendPolicy(finality_depth=0)
        self.anchorer = make_anchorer(
            self.chain, self.account, self.rows, log, StrictJudge((one.key,), 1), clock, policy
        )

    def allow(self, right: Right) -> None:
        """Change what the contract lets the account do."""
        self.chain.members[self.account.address] = AccountRights(AUTHORITY, right)

    def freeze(self) -> None:
        """Freeze what is signed into a batch."""
        with self.store.write() as unit:
            rows = unit.licences.in_state(FlowState.SIGNED)
            items = [
                AnchorItem(
                    kind=LeafKind.LICENCE,
                    leaf=Leaf(hashlib.sha256(bytes([row.id])).digest()),
                    index=row.status_index,
                    licence_no=row.licence_no,
                    version=row.version,
                    uscc=row.uscc,
                )
                for row in rows
            ]
            frozen = freeze(BATCH, REGISTRY, AUTHORITY, items, hmac_key=HMAC_KEY)
            unit.anchors.add_batch(frozen.batch, frozen.manifest)
            unit.licences.place(BATCH, [row.id for row in rows], self.clock.now())

    def advance(self) -> AnchorBatch:
        batch = self.anchorer.advance(BATCH)
        follow(self.store, self.clock, batch)
        return batch

    def counts(self) -> dict[FlowState, int]:
        with self.store.read() as unit:
            return dict(unit.licences.counts())


@pytest.fixture
def released(store: Store, clock: FakeClock) -> tuple[int, ...]:
    """Three licences of one release."""
    Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ()).import_roster(
        many_rows(3, good_row(), year=2026)
    )
    with store.write() as unit:
        unit.releases.add(StoredRelease("r1", AUTHORITY, b"statement", clock.now()))
        ids = tuple(row.id for row in unit.licences.in_state(FlowState.PREPARED))
        unit.licences.move(
            ids, FlowState.PREPARED, FlowState.RELEASED, clock.now(), release_id="r1"
        )
    return ids


def test_a_page_that_failed_is_released_again(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        for row in released[:2]:
            unit.licences.park(row, Code.RENDER_FAILED, "no page", clock.now())
    retried = retry_parked(store, clock)
    assert [row.id for row in retried.licences] == list(released[:2])
    assert {row.parked_code for row in retried.licences} == {"RENDER_FAILED"}
    with store.read() as unit:
        assert unit.licences.counts() == {FlowState.RELEASED: 3}
        assert (releasing.TOPIC, "r1") in unit.outbox.waiting()


def test_what_the_released_bytes_cause_stays(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        unit.licences.park(released[0], Code.ENVIRONMENT_MISMATCH, "a test licence", clock.now())
    assert retry_parked(store, clock).licences == ()
    with store.read() as unit:
        assert unit.licences.counts()[FlowState.PARKED] == 1
        assert (releasing.TOPIC, "r1") not in unit.outbox.waiting()


def test_a_refused_batch_begins_again_with_a_new_transaction(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        unit.licences.move(released, FlowState.RELEASED, FlowState.SIGNED, clock.now())
    desk = Desk(store, clock)
    desk.freeze()
    desk.allow(Right.PROPOSE)
    assert desk.advance().state is BatchState.PARKED
    assert desk.counts() == {FlowState.PARKED: 3}

    assert len(retry_parked(store, clock).licences) == 3
    assert desk.advance().state is BatchState.PARKED, "the cause is still there"
    assert desk.counts() == {FlowState.PARKED: 3}

    desk.allow(Right.ANCHOR)
    retried = retry_parked(store, clock)
    assert [(batch.id, batch.reason) for batch in retried.batches] == [(BATCH, Code.CHAIN_REVERTED)]
    with store.read() as unit:
        assert (ANCHOR_TOPIC, AUTHORITY) in unit.outbox.waiting()
    assert desk.advance().state is BatchState.DONE
    assert desk.counts() == {FlowState.FINAL: 3}


def test_a_batch_that_was_given_up_is_never_sent(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        unit.licences.move(released, FlowState.RELEASED, FlowState.SIGNED, clock.now())
    desk = Desk(store, clock)
    desk.freeze()
    with store.write() as unit:
        batch = unit.anchors.batch(BATCH)
        assert batch is not None
        unit.anchors.give_up(batch, Code.LICENCE_RESERVED)
    assert retry_parked(store, clock).batches == ()
    assert desk.advance().state is BatchState.PARKED
    assert desk.chain.anchored_in(AUTHORITY, batch.root, batch.size, batch.manifest) is None


def test_a_batch_of_another_process_that_went_on_takes_its_licences_along(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        unit.licences.move(released, FlowState.RELEASED, FlowState.SIGNED, clock.now())
    desk = Desk(store, clock)
    desk.freeze()
    desk.allow(Right.PROPOSE)
    parked = desk.advance()
    retry_parked(store, clock)
    desk.allow(Right.ANCHOR)
    done = desk.anchorer.advance(BATCH)
    follow(store, clock, parked)
    assert desk.counts() == {FlowState.PARKED: 3}
    assert retry_parked(store, clock).batches == ()
    follow(store, clock, done)
    assert desk.counts() == {FlowState.FINAL: 3}


def test_the_command_says_which_and_why(
    store: Store, clock: FakeClock, released: tuple[int, ...]
) -> None:
    with store.write() as unit:
        unit.licences.park(released[0], Code.RENDER_FAILED, "no page", clock.now())
    with store.read() as unit:
        counts, parked = unit.licences.counts(), unit.licences.in_state(FlowState.PARKED)
    said, lines = report(counts, parked)
    entry = {
        "licence_no": parked[0].licence_no,
        "version": 1,
        "code": "RENDER_FAILED",
        "message": "no page",
    }
    assert said == {"counts": {"parked": 1, "released": 2}, "parked": [entry]}
    reason = "RENDER_FAILED: 页面无法排版。 no page"
    assert lines[-1] == f"parked 搁置 {parked[0].licence_no} v1: {reason}"
    said, lines = report(counts, (), retry_parked(store, clock))
    assert (said["retried"], said["retried_batches"]) == ([entry], [])
    assert lines[0] == f"again 再试 {parked[0].licence_no} v1: {reason}"
