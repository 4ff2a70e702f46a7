"""Batch after batch: killed at any moment, behind a node that fails and lies, each leaf once."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from anchor.chain.devnet import Devnet, running
from anchor.chain.node import hexed
from anchor.ports import BatchState, Right
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
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
LONGEST_LIFE = 0.8
BLOCK_SECONDS = 0.08
RUN_SECONDS = 60.0
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
        self.random = random.Random(seed)
        self.place = Place(folder, proxy.url, dev.contract)
        migrate(self.place.database)
        self.store = Store(self.place.database)
        self.rows = SqlAnchorStore(self.store)
        self.kills = 0

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
                case _:
                    self.dev.devnet.mine()

    def wait(self, process: ForkServerProcess, seconds: float) -> bool:
        """Let a process live so long at most; return whether it came to its end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.misbehave()
            process.join(BLOCK_SECONDS)
            if process.exitcode is not None:
                assert process.exitcode == 0
                return True
        return False

    def run(self, processes: ForkServerContext) -> None:
        """Start a process and kill it, until one of them comes to its end."""
        lives = self.random.choices((0, 1, 2, 3), (1, 4, 3, 1))[0]
        for _ in range(lives):
            with self.started(processes, 1) as (process,):
                if self.wait(process, self.random.uniform(0.0, LONGEST_LIFE)):
                    return
            self.kills += 1
        # Two at once now and then: the second is refused until the first is gone.
        with self.started(processes, self.random.choice((1, 1, 1, 2))) as last:
            for process in last:
                assert self.wait(process, RUN_SECONDS), "the batch does not get on"

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


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    with running(Devnet(ANVIL, tmp_path / "anvil", CHAIN_ID)) as devnet:
        yield DevChain(devnet)


def check(world: World, names: list[tuple[str, int, int]]) -> None:
    """Every batch is done and on the chain once, as its record says; every leaf has its proof."""
    office = AnchorOffice(world.dev, store=world.rows)
    office.judge = judge(world.place)
    for name, count, first in names:
        batch = world.rows.batch(BatchId(name))
        assert batch is not None
        assert batch.state is BatchState.DONE
        assert batch.record is not None
        office.check_once(name, count, first)
        record = decode_record(batch.record)
        block = world.dev.chain().block(record.block_number)
        assert block is not None
        assert (block.hash, block.time) == (record.block_hash, record.block_time)
        for number in range(first, first + count):
            evidence = world.rows.evidence(leaf(number))
            assert evidence is not None
    assert len(world.rows.log_records(REGISTRY, AUTHORITY)) == len(names)
    assert office.anchored() == len(names)


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
                world.run(processes)
            proxy.chance = None
            check(world, names)
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
