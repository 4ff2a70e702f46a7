"""Batch after batch: killed at any moment, behind a node that fails and lies, each leaf once.

Lives, blocks and whatever else happens to an anchorer are counted in its own requests, not in
seconds: a slow machine sees the same test as a quick one, and only needs longer for it.
"""

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from anchor.chain.devnet import Devnet, running
from anchor.chain.node import hexed
from anchor.ports import BatchState, Right
from anzheng.clock import SystemClock
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from anzheng.store.tables import leases
from anzheng.store.times import to_text
from licence.errors import AnzhengError
from licence.formats.evidence import decode_record
from licence.ids import BatchId
from tests.e2e.anchor_process import Place, judge, work
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchoring import AUTHORITY, REGISTRY, add_batch, leaf
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain
from tests.fakes.faulty_proxy import LIES, NETWORK, Chance, FaultyProxy, faulty_node

pytestmark = pytest.mark.tools(str(ANVIL))

FAST_RUNS = 6
SLOW_RUNS = 100
"""Of each of two seeds."""

GONE_WRONG_PERCENT = 20
LONGEST_LIFE = 50
"""In requests; a batch needs twenty of them that do not go wrong."""

REQUESTS_A_BLOCK = 10
WHOLE_LIFE = 1 << 30
POLL_SECONDS = 0.005
HANG_SECONDS = 900.0
"""Only for what hangs: who goes on without getting on ends by itself (`MOST_PASSES`)."""

LAST_LINES = 25
KINDS = (*NETWORK, *LIES)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that begin at once: what they import is imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.anchor_process"])
    return context


class World:
    """A chain, a faulty node before it, and an anchorer's folder."""

    def __init__(self, dev: DevChain, proxy: FaultyProxy, folder: Path, seed: int) -> None:
        self.dev = dev
        self.proxy = proxy
        self.seed = seed
        self.random = random.Random(seed)
        self.place = Place(folder, proxy.url, dev.contract)
        migrate(self.place.database)
        self.place.note(f"seed {seed}")
        self.store = Store(self.place.database)
        self.rows = SqlAnchorStore(self.store)
        self.kills = 0
        self.block_due = 0
        self.overtakings = 0

    def misbehave(self) -> None:
        """Do to the chain what chains do."""
        node, account = self.dev.node, hexed(self.dev.account(Right.ANCHOR).address)
        # A busy anvil may be late: it is not what is tested here.
        with suppress(AnzhengError):
            match self.random.randrange(12):
                case 0:
                    node.ask("anvil_removePoolTransactions", account)
                case 1:
                    node.ask("anvil_reorg", 1, [])
                case 2 if self.overtakings:
                    self.overtakings -= 1
                    self.let_lease_end()
                case _:
                    self.dev.devnet.mine()

    def let_lease_end(self) -> None:
        """Let the time of the lease be over: whoever asks next has it."""
        engine = create_engine(self.place.database)
        with engine.begin() as connection:
            connection.execute(update(leases).values(until=to_text(SystemClock().now())))
        engine.dispose()

    def wait(self, process: ForkServerProcess, requests: int) -> bool:
        """Let a process live for so many requests at most; return whether it came to its end."""
        last, end = len(self.proxy.asked) + requests, time.monotonic() + HANG_SECONDS
        while time.monotonic() < end:
            process.join(POLL_SECONDS)
            if process.exitcode is not None:
                assert process.exitcode == 0, f"an anchorer ended with {process.exitcode}"
                return True
            asked = len(self.proxy.asked)
            if asked >= last:
                return False
            if asked >= self.block_due:
                self.block_due = asked + REQUESTS_A_BLOCK
                self.misbehave()
        raise AssertionError("an anchorer hangs")

    def run(self, processes: ForkServerContext) -> None:
        """Start a process and kill it, until one of them comes to its end."""
        lives = self.random.choices((0, 1, 2, 3), (1, 4, 3, 1))[0]
        for _ in range(lives):
            with self.started(processes, 1) as (process,):
                if self.wait(process, self.random.randrange(LONGEST_LIFE)):
                    return
            self.kills += 1
            self.let_lease_end()
        # Two at once now and then: the second is refused until the first is gone, or overtakes it.
        count = self.random.choice((1, 1, 1, 2))
        self.overtakings = 3 * (count - 1)
        with self.started(processes, count) as last:
            for process in last:
                assert self.wait(process, WHOLE_LIFE)

    @contextmanager
    def started(
        self, processes: ForkServerContext, count: int
    ) -> Iterator[list[ForkServerProcess]]:
        """Start anchorers, and end those by SIGKILL that have not come to their end."""
        begun = [processes.Process(target=work, args=(self.place,)) for _ in range(count)]
        for process in begun:
            process.start()
        try:
            yield begun
        finally:
            for process in begun:
                process.kill()
                process.join()

    @contextmanager
    def telling(self, name: str) -> Iterator[None]:
        """Say with a failure all that is needed to understand it without this machine."""
        try:
            yield
        except (AssertionError, AnzhengError, ValueError) as error:
            raise AssertionError(
                f"seed {self.seed}, {name}: {error}\n{self.story(name)}"
            ) from error

    def story(self, name: str) -> str:
        """Return what is stored about a batch, and what the anchorers met at last."""
        batch, sent = self.rows.batch(BatchId(name)), self.rows.transaction(f"anchor:{name}")
        lines = [f"batch {batch and (batch.state.value, batch.reason, batch.revision)}"]
        if sent is not None:
            block = (sent.block_number, sent.block_hash and sent.block_hash.hex())
            versions = f"nonce {sent.nonce}, {len(sent.raws)} versions, block {block}"
            lines.append(f"transaction {sent.state.value} {sent.reason}: {versions}")
        with suppress(AnzhengError):
            chain = self.dev.chain()
            mined = chain.nonce(self.dev.account(Right.ANCHOR).address)
            lines.append(f"chain at block {chain.height()}, nonce {mined}")
        lines.append(f"kills {self.kills}, requests {len(self.proxy.asked)}: {self.proxy.done}")
        return "\n".join((*lines, *self.place.log.read_text().splitlines()[-LAST_LINES:]))


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    # Thousands of blocks: writing them all down every second would stop the node for seconds.
    with running(Devnet(ANVIL, tmp_path / "anvil", CHAIN_ID, keeps_state=False)) as devnet:
        yield DevChain(devnet)


def check_done(world: World, name: str) -> None:
    batch = world.rows.batch(BatchId(name))
    assert batch is not None
    assert batch.state is BatchState.DONE


def check(world: World, office: AnchorOffice, name: str, count: int, first: int) -> None:
    """A batch is done and on the chain once, as its record says; every leaf has its proof."""
    check_done(world, name)
    batch = world.rows.batch(BatchId(name))
    assert batch is not None
    assert batch.record is not None
    office.check_once(name, count, first)
    record = decode_record(batch.record)
    block = world.dev.chain().block(record.block_number)
    assert block is not None
    assert (block.hash, block.time) == (record.block_hash, record.block_time)
    for number in range(first, first + count):
        evidence = world.rows.evidence(leaf(number))
        assert evidence is not None


def many_runs(
    dev: DevChain, folder: Path, processes: ForkServerContext, seed: int, runs: int
) -> World:
    with faulty_node(dev.devnet.url) as proxy:
        proxy.delay = 0.1
        world = World(dev, proxy, folder, seed)
        names = []
        first = 0
        with closing(world.store):
            for number in range(runs):
                count = world.random.randint(1, 4)
                names.append((f"b{number:04d}", count, first))
                add_batch(world.rows, *names[-1])
                first += count
                proxy.chance = Chance(seed * 1000 + number, GONE_WRONG_PERCENT, KINDS)
                with world.telling(names[-1][0]):
                    world.run(processes)
                    check_done(world, names[-1][0])
            proxy.chance = None
            office = AnchorOffice(dev, store=world.rows)
            office.judge = judge(world.place)
            for name, count, begin in names:
                with world.telling(name):
                    check(world, office, name, count, begin)
            with world.telling(names[-1][0]):
                assert len(world.rows.log_records(REGISTRY, AUTHORITY)) == len(names)
                assert office.anchored() == len(names)
    return world


def test_a_few_runs(dev: DevChain, tmp_path: Path, processes: ForkServerContext) -> None:
    assert many_runs(dev, tmp_path, processes, 7, FAST_RUNS).kills


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_two_hundred_runs(
    dev: DevChain, tmp_path: Path, processes: ForkServerContext, seed: int
) -> None:
    world = many_runs(dev, tmp_path, processes, seed, SLOW_RUNS)
    assert world.kills > SLOW_RUNS // 2
