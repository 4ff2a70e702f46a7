"""`anzheng demo --faults`: everything goes wrong that can, and every licence comes out right, once.

Three nodes stand before one chain: all of them lose, delay, double and garble, one of them lies.
The worker is the real command in a process of its own; it is killed again and again with SIGKILL,
wherever it happens to be. At the end each licence is verified without a network, and the chain's
own history is asked how often each of them was anchored.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from rich.console import Console

from anchor.chain.artifact import load_artifact
from anchor.chain.events import EventReader
from anchor.chain.evm import Contract
from anchor.chain.node import Node
from anchor.events import Anchored
from anzheng import keyring as keyrings
from anzheng import wiring
from anzheng.demo.faulty_node import LIES, NETWORK, Chance, FaultyNode, faulty_node
from anzheng.demo.story import Story
from anzheng.demo.world import clean, demo_settings, free_port, sample_rows
from anzheng.estate import AuthorityEntry, Estate
from anzheng.files import write_durably
from anzheng.flows import release as releasing
from anzheng.flows.samples import many_rows
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Base
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import manifest as manifests
from licence.formats import release as release_formats
from licence.ids import BatchId, Leaf
from verifier.offline import no_network
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

LICENCES: Final = 200
KILLS: Final = 10
PATIENCE_SECONDS: Final = 600.0
POLL_SECONDS: Final = 0.05
STOP_SECONDS: Final = 120.0
AUTHORITIES: Final = 2

WORTH: Final[Mapping[FlowState, int]] = {
    FlowState.SIGNED: 1,
    FlowState.BATCHED: 1,
    FlowState.SENT: 2,
    FlowState.FINAL: 3,
    FlowState.PUBLISHED: 4,
}
"""How far a licence is, so that kills are spread over the whole way."""

WHOLE_WAY: Final = WORTH[FlowState.PUBLISHED]

CONFIG: Final = """\
data_dir = {data_dir}
public_url = {public_url}
chain_devnet = false
chain_finality = "qbft"
chain_timeout_seconds = 2.0
chain_quarantine_seconds = 5
chain_resend_seconds = 1
anchor_batch_licences = {batch}
anchor_batch_seconds = 1
anchor_alarm_seconds = 60
lease_seconds = 2
worker_poll_seconds = 0.1
sign_chunk = 4
"""

NODE: Final = """
[[chain_node]]
name = "n{number}.example"
url = "{url}"
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen.

    Attributes:
        licences: How many licences are issued.
        kills: How often the worker is killed.
        seed: What goes wrong, and when: the same seed, the same faults.
        percent: How many of a hundred requests to a node go wrong.
    """

    licences: int = LICENCES
    kills: int = KILLS
    seed: int = 1
    percent: int = 10

    def moments(self) -> list[int]:
        """Return after how much progress the worker is killed each time."""
        whole = self.licences * WHOLE_WAY
        drawn = (sha256(f"kill {self.seed} {number}".encode()) for number in range(self.kills))
        return sorted(int.from_bytes(each.digest()[:4], "big") % whole for each in drawn)


@dataclass(frozen=True, slots=True)
class _World:
    """What the chapters share."""

    folder: Path
    story: Story
    plan: Plan
    base: Base
    estate: Estate
    nodes: tuple[FaultyNode, ...]

    @property
    def config(self) -> Path:
        """The worker's settings."""
        return self.folder / "worker.toml"

    def progress(self) -> int:
        """Return how far all licences are, taken together."""
        with self.base.store.read() as unit:
            counts = unit.licences.counts()
        return sum(WORTH.get(state, 0) * count for state, count in counts.items())

    def published(self) -> tuple[StoredLicence, ...]:
        """Return every licence that is out."""
        with self.base.store.read() as unit:
            return unit.licences.in_state(FlowState.PUBLISHED)


def tell_faults(folder: Path, console: Console, plan: Plan) -> Story:
    """Tell the story; database, files and the worker's log stay in `folder`.

    Raises:
        AnzhengError: When the story cannot go on at all.
    """
    story = Story(console)
    started = time.monotonic()
    console.print("[bold]安证 anzheng · 故障演示 demo --faults[/] · 示例, 无法律效力 sample")
    clean(folder)
    with ExitStack() as stack:
        world = _prepare(folder, story, plan, stack)
        _survive(world)
        _check_licences(world)
        _check_chain(world)
    story.table()
    verdict = "[green]一切如预期 all as expected[/]" if story.as_expected else "[red]不如预期[/]"
    console.print(f"{verdict} · {time.monotonic() - started:.1f} s · {folder}")
    return story


def _prepare(folder: Path, story: Story, plan: Plan, stack: ExitStack) -> _World:
    """Set up authorities, release their licences, and put bad nodes before the chain."""
    story.chapter("准备", "set up")
    settings = demo_settings(folder, free_port())
    base = stack.enter_context(wiring.open_base(settings))
    rows = _rows(plan.licences, base)
    estate = set_up_in(base, specs_of(rows))
    problems = base.preparer().import_roster(rows).problems
    story.expect(
        "导入名册", "rosters imported", expected="0 problems", found=f"{len(problems)} problems"
    )
    with wiring.attach(base) as installation:
        for entry in estate.authorities:
            office = installation.offices.open(entry.id)
            data = _released(base, entry)
            releasing.submit(base.store, base.clock, office, data)
    story.say(
        f"三个节点在一条链前：全部丢失、延迟、重复、弄坏 {plan.percent}% 的请求；第三个说谎。",
        f"Three nodes before one chain: all lose, delay, double and garble {plan.percent} % of the "
        "requests; the third lies.",
    )
    nodes = tuple(
        stack.enter_context(faulty_node(base.rpc_url)) for _number in range(AUTHORITIES + 1)
    )
    for number, node in enumerate(nodes):
        kinds = (*NETWORK, *LIES) if number == len(nodes) - 1 else NETWORK
        node.chance = Chance(plan.seed * 10 + number, plan.percent, kinds)
    world = _World(folder, story, plan, base, estate, nodes)
    _write_config(world)
    return world


def _rows(count: int, base: Base) -> tuple[dict[str, object], ...]:
    """Return rows of two authorities."""
    now = base.clock.now()
    today = shanghai_date(now).isoformat()
    templates = {
        str(row["issuer_code"]): row
        for row in sample_rows("roster.json", now)
        if str(row["valid_from"]) <= today <= str(row["valid_to"]) and not row.get("supersedes")
    }
    chosen = list(templates.values())[:AUTHORITIES]
    shares = (count - count // AUTHORITIES, count // AUTHORITIES)
    return tuple(
        row
        for template, share in zip(chosen, shares, strict=True)
        for row in many_rows(share, template, year=now.year)
    )


def _released(base: Base, entry: AuthorityEntry) -> bytes:
    statement = releasing.draft(base.store, base.clock, base.entropy, entry.id)
    for officer in entry.officers:
        key = base.ring.open(keyrings.officer_key(officer.id))
        statement = releasing.sign(statement, officer.id, key)
    return release_formats.encode(statement)


def _write_config(world: _World) -> None:
    settings = world.base.settings
    text = CONFIG.format(
        data_dir=_quoted(str(settings.data_dir.resolve())),
        public_url=_quoted(settings.public_url),
        batch=max(1, world.plan.licences // 5),
    )
    nodes = enumerate(world.nodes, start=1)
    tables = "".join(NODE.format(number=number, url=node.url) for number, node in nodes)
    write_durably(world.config, (text + tables).encode())


def _quoted(text: str) -> str:
    """Return a TOML literal string."""
    return f"'{text}'"


# -- the run


def _survive(world: _World) -> None:
    """Let the worker run, and kill it again and again."""
    story, plan = world.story, world.plan
    story.chapter("杀死与重来", "killed and begun again")
    killed, whole = 0, plan.licences * WHOLE_WAY
    with story.bar("进度", "progress", whole) as bar:
        seen = 0
        for moment in plan.moments():
            with _worker(world) as process:
                for progress in _watch(world, process, moment):
                    bar.done(progress - seen)
                    seen = progress
                process.kill()
                killed += process.wait() == -signal.SIGKILL
        with _worker(world) as process:
            for progress in _watch(world, process, whole):
                bar.done(progress - seen)
                seen = progress
            process.terminate()
            process.wait(STOP_SECONDS)
    story.expect("被杀死", "killed by SIGKILL", expected=str(plan.kills), found=str(killed))
    for number, node in enumerate(world.nodes, start=1):
        done = ", ".join(f"{name} {count}" for name, count in sorted(node.done.items()))
        story.show(f"n{number}.example: {len(node.asked)} requests; {done}")
    faults = sum(sum(node.done.values()) for node in world.nodes)
    lies = sum(count for node in world.nodes for name, count in node.done.items() if name in LIES)
    story.say(f"{faults} 次故障，其中 {lies} 次说谎。", f"{faults} faults, {lies} of them lies.")


def _watch(world: _World, process: subprocess.Popen[bytes], goal: int) -> Iterator[int]:
    """Yield the progress until it is there.

    Raises:
        AnzhengError: INTERNAL, when the worker ends by itself, or does not get on.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while (progress := world.progress()) < goal:
        yield progress
        if process.poll() is not None or time.monotonic() > end:
            raise AnzhengError(
                Code.INTERNAL, f"the worker does not get on; see {world.folder / 'worker.log'}"
            )
        time.sleep(POLL_SECONDS)
    yield progress


@contextmanager
def _worker(world: _World) -> Iterator[subprocess.Popen[bytes]]:
    """Run `anzheng worker` in a process of its own."""
    code = "from anzheng.cli import main; main()"
    command = [sys.executable, "-c", code, "--config", str(world.config), "worker"]
    with (world.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


# -- what came of it


def _check_licences(world: _World) -> None:
    """Verify every licence without a network."""
    story, plan, base = world.story, world.plan, world.base
    story.chapter("离线核验", "verified without a network")
    rows = world.published()
    files = [base.files.get(row.final_pdf) for row in rows if row.final_pdf is not None]
    now = base.clock.now()
    with no_network():
        reports = list(
            verify_many(files, load_trust(base.trust_folder, now=now), policy=BATCH, now=now)
        )
    valid = sum(report.verdict.value == "valid" for report in reports)
    wanted = str(plan.licences)
    story.expect("有效", "valid", expected=wanted, found=str(valid))
    numbers = {(row.authority, row.licence_no, row.version) for row in rows}
    story.expect("不同的编号", "different numbers", expected=wanted, found=str(len(numbers)))
    leaves = {report.leaf for report in reports}
    story.expect("不同的文件", "different files", expected=wanted, found=str(len(leaves)))


def _check_chain(world: _World) -> None:
    """Ask the chain itself, not one of the bad nodes, what it was given."""
    story = world.story
    story.chapter("链上的历史", "the chain's own history")
    anchored = _anchored(world)
    keys = [(event.root, event.size, event.manifest) for event in anchored]
    with world.base.store.read() as unit:
        batches = [
            batch
            for name in sorted({str(row.batch_id) for row in world.published()})
            if (batch := unit.anchors.batch(BatchId(name))) is not None
        ]
        leaves = [
            row.leaf
            for batch in batches
            for row in manifests.decode(unit.anchors.manifest(batch.id)).rows
        ]
    found = sorted((batch.root, batch.size, batch.manifest) for batch in batches)
    story.expect("批次", "batches", expected=str(len(batches)), found=str(len(keys)))
    story.expect("每批一次", "each batch once", expected="yes", found=_yes(sorted(keys) == found))
    once = _once(leaves, [row.leaf for row in world.published() if row.leaf is not None])
    story.expect(
        "每张证照恰在一批", "each licence in exactly one batch", expected="yes", found=_yes(once)
    )


def _anchored(world: _World) -> list[Anchored]:
    estate = world.estate
    node = Node(world.base.rpc_url)
    try:
        contract = Contract(estate.chain_id, estate.contract, estate.from_block)
        reader = EventReader(node, contract, load_artifact())
        last = node.quantity("eth_blockNumber")
        events = list(reader.events(estate.from_block, last))
    finally:
        node.close()
    return [event for event in events if isinstance(event, Anchored)]


def _once(anchored: Sequence[Leaf], wanted: Sequence[Leaf]) -> bool:
    return len(anchored) == len(set(anchored)) and set(anchored) == set(wanted)


def _yes(fact: bool) -> str:  # noqa: FBT001 - it is the whole question
    return "yes" if fact else "no"
