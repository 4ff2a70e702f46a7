"""Disks, locks and deaths (research 4.3, groups 1 and 15): what is not stored is not sent."""

import itertools
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from anchor.ports import AnchorStore, BatchState, Lease
from anzheng.store import database
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from licence.errors import Code
from licence.ids import BatchId
from tests.fakes.anchor_office import POLICY, AnchorOffice
from tests.fakes.anchor_store import Crash
from tests.fakes.anchoring import AUTHORITY, REGISTRY, add_batch
from tests.fakes.devchain import ANVIL, DevChain

pytestmark = pytest.mark.tools(str(ANVIL))

BUSY_SECONDS = 0.02
LEAVES = 50


@dataclass(frozen=True)
class Disk:
    """A database in a file, and as many processes as open it."""

    path: Path
    opened: list[Store]

    def open(self) -> SqlAnchorStore:
        store = Store(f"sqlite:///{self.path}")
        self.opened.append(store)
        return SqlAnchorStore(store)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", BUSY_SECONDS)
    disk = Disk(tmp_path / "anzheng.sqlite3", [])
    migrate(f"sqlite:///{disk.path}")
    yield disk
    for store in disk.opened:
        store.close()


@contextmanager
def full(disk: Disk) -> Iterator[None]:
    """No file can be written any more, by this process."""
    del disk
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(disk: Disk) -> Iterator[None]:
    """Another program has the database to itself."""
    with closing(sqlite3.connect(disk.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("trouble", [full, locked])
def test_nothing_is_sent_that_is_not_stored(
    dev: DevChain, disk: Disk, trouble: Callable[[Disk], AbstractContextManager[None]]
) -> None:
    """Before every single pass of a batch the store fails for a while."""
    office = AnchorOffice(dev, store=disk.open())
    add_batch(office.store, "b", 3)
    for _ in range(20):
        before = dev.chain().nonce(office.account.address)
        stored = office.store.transaction("anchor:b")
        with trouble(disk):
            for _ in range(2):
                # Past the half of the lease, so that it must be written too.
                office.pass_over("b", seconds=POLICY.lease_seconds * 2 // 3)
        assert office.store.transaction("anchor:b") == stored
        if stored is None:
            assert dev.chain().nonce(office.account.address) == before == 0
            assert office.anchored() == 0
        if office.pass_over("b").state is BatchState.DONE:
            break
        dev.devnet.mine()
    assert Code.STORE_FAILED.value in office.errors
    office.check_once("b", 3)


def test_store_fails_between_signing_and_sending(dev: DevChain, disk: Disk) -> None:
    """The lease is held and the transaction is signed; then the disk is full."""
    store = disk.open()
    office = AnchorOffice(dev, store=store)
    add_batch(office.store, "b", 3)
    office.anchorer._sender.hold()
    with full(disk):
        office.pass_over("b")
    assert office.errors == [Code.STORE_FAILED.value]
    pool = dev.node.ask("txpool_status")
    assert (int(pool["pending"], 16), int(pool["queued"], 16), office.anchored()) == (0, 0, 0)
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)


class Deadly:
    """A store that dies right after a durable step."""

    def __init__(self, inner: AnchorStore, step: int) -> None:
        self._inner = inner
        self._left = itertools.count(step, -1)

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name not in {
            "take_lease",
            "save_transaction",
            "save_batch",
            "append_log_record",
            "save_evidence",
        }:
            return found

        def write(*arguments: object) -> object:
            answer = found(*arguments)
            if next(self._left) == 1:
                raise Crash
            return answer

        return write


def test_killed_after_each_durable_step_of_a_batch_of_fifty(dev: DevChain, disk: Disk) -> None:
    """Every write of the anchorer, its lease too, until there is none left to die after."""
    died = 0
    for step in itertools.count(1):
        name, first = f"b{step}", LEAVES * step
        office = AnchorOffice(dev, store=disk.open(), holder=f"first {step}")
        office.clock.advance(timedelta(hours=step))
        add_batch(office.store, name, LEAVES, first)
        office.store = Deadly(disk.open(), step)  # type: ignore[assignment]
        office.restart()
        try:
            office.finish(name)
        except Crash:
            died = step
        office.store, office.holder = disk.open(), f"second {step}"
        office.clock.advance(timedelta(seconds=POLICY.lease_seconds))
        office.restart()
        assert office.finish(name).state is BatchState.DONE
        office.check_once(name, LEAVES, first)
        if died < step:
            break
    assert died >= 9
    assert len(disk.open().log_records(REGISTRY, AUTHORITY)) == died + 1


def test_second_process_is_refused_until_the_first_is_gone(dev: DevChain, disk: Disk) -> None:
    first = AnchorOffice(dev, store=disk.open(), holder="first")
    second = AnchorOffice(dev, store=disk.open(), holder="second")
    for number in range(2):
        add_batch(first.store, f"b{number}", 2, 2 * number)
    dev.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON
    first.pass_over("b0")
    for number in range(2):
        second.pass_over(f"b{number}")
    assert second.errors == [Code.LEASE_LOST.value] * 2
    assert second.store.transaction("anchor:b1") is None
    # The first one stalls; the second takes over when the time is up, and the first is told.
    second.pass_over("b1", seconds=POLICY.lease_seconds)
    assert second.transaction("b1").nonce == 1
    first.pass_over("b1", seconds=1)
    assert first.errors == [Code.LEASE_LOST.value]
    for number in range(2):
        assert second.finish(f"b{number}").state is BatchState.DONE
        second.check_once(f"b{number}", 2, 2 * number)


def test_lease_of_a_clock_that_was_wrong_binds_nobody_for_days(dev: DevChain, disk: Disk) -> None:
    ahead = AnchorOffice(dev, store=disk.open(), holder="ahead")
    ahead.clock.advance(timedelta(days=30))
    lease: Lease = ahead.anchorer._sender.hold()
    office = AnchorOffice(dev, store=disk.open(), holder="office")
    add_batch(office.store, "b", 3)
    assert office.finish("b").state is BatchState.DONE
    assert not office.errors
    assert ahead.store.batch(BatchId("b")) is not None
    ahead.store.release_lease(lease)
    office.check_once("b", 3)
