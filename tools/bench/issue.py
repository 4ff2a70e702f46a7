"""A batch through the whole application, on a trial chain: `python -m tools.bench.issue COUNT`.

Runs in a process of its own, so that its memory is its own, and prints one line of JSON.
"""

import json
import logging
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog

from anchor.chain.artifact import load_artifact
from anchor.chain.node import number
from anzheng import estate, keyring
from anzheng.flows import release
from anzheng.flows.anchor import BatchRule
from anzheng.flows.establish import AuthoritySpec, Place, establish
from anzheng.flows.prepare import Outcome
from anzheng.flows.samples import many_rows, shift_roster
from anzheng.jobs import make_worker
from anzheng.settings import load
from anzheng.store.licences import FlowState
from anzheng.wiring import Base, Installation, attach, open_base
from licence.domain.validity import shanghai_date
from licence.formats import release as release_format
from licence.ids import AuthorityId, ChainId, RegistryId
from tools.bench.document import PAGE
from tools.bench.measures import Measure, Peer

ROOT = Path(__file__).resolve().parent.parent.parent
PRESSES = 2
WARM_UP = 8
MAX_SECONDS = 600
KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    count: int
    seconds: float
    rss_mib: float
    gas: int


def measures(count: int) -> tuple[Measure, ...]:
    """Run a batch in a process of its own and return what it says."""
    command = [sys.executable, "-m", "tools.bench.issue", str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    run = Run(**json.loads(done.stdout.splitlines()[-1]))
    return (
        Measure(
            name="issue_per_s",
            value=run.count / run.seconds,
            unit="licences/s",
            limit=30,
            target=100,
            at_least=True,
            peer=None,
            note=f"{run.count} licences from release to filled file: ledger, page, page text, "
            f"signature, timestamp, anvil, evidence, every step on disk; {PRESSES} press processes",
        ),
        Measure(
            name="issue_rss_mib",
            value=run.rss_mib,
            unit="MiB",
            limit=512,
            target=512,
            at_least=False,
            peer=None,
            note="largest resident set of a single process of that run",
        ),
        Measure(
            name="gas_batch",
            value=run.gas,
            unit="gas",
            limit=62_500,
            target=62_500,
            at_least=False,
            peer=Peer("OpenAttestation issue (published number)", 47_886),
            note=f"the transaction that anchored all {run.count} licences",
        ),
    )


def main(count: int) -> None:
    """Issue a small batch to warm up, then the measured one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as home:
        settings = load(data_dir=Path(home), press_processes=PRESSES)
        with open_base(settings) as base:
            rows = _rows(base, WARM_UP + count)
            _establish(base, rows[0])
            with attach(base) as installation:
                _issue(installation, rows[:WARM_UP])
                seconds = _issue(installation, rows[WARM_UP:])
                gas = _gas(base)
    print(json.dumps({"count": count, "seconds": seconds, "rss_mib": _rss_mib(), "gas": gas}))


def _rows(base: Base, count: int) -> tuple[dict[str, object], ...]:
    """Return one-page sample licences that differ in number only."""
    samples = json.loads((ROOT / "samples" / "roster.json").read_text("utf-8"))
    first = shift_roster(samples[:1], shanghai_date(base.clock.now()))[0]
    return many_rows(count, {**first, **PAGE}, year=2000, first=1)


def _establish(base: Base, row: Mapping[str, object]) -> None:
    if base.dev_chain is None:
        message = "the bench needs the trial chain"
        raise RuntimeError(message)
    spec = AuthoritySpec(AuthorityId(str(row["issuer_code"])), str(row["issuer"]), ("WH",))
    settings = base.settings
    made = establish(
        Place(RegistryId(settings.registry), ChainId(settings.chain_id), settings.public_url),
        [spec],
        ring=base.ring,
        register=base.register,
        devnet=base.dev_chain.devnet,
        artifact=load_artifact(),
        clock=base.clock,
        entropy=base.entropy,
    )
    estate.save(made, settings.data_dir)


def _issue(installation: Installation, rows: Sequence[Mapping[str, object]]) -> float:
    """Import, then measure from the release to the last filled file."""
    base, entry = installation.base, installation.estate.authorities[0]
    before = _finished(base)
    imported = base.preparer().import_roster(rows)
    if imported.count(Outcome.NEW) != len(rows):
        message = f"the roster was refused: {imported.problems[:3]}"
        raise RuntimeError(message)
    statement = release.draft(base.store, base.clock, base.entropy, entry.id)
    for officer in entry.officers:
        key = base.ring.open(keyring.officer_key(officer.id))
        statement = release.sign(statement, officer.id, key)
    worker = make_worker(installation, "bench", BatchRule(licences=len(rows), seconds=0))
    start = perf_counter()
    office = installation.offices.open(entry.id)
    release.submit(base.store, base.clock, office, release_format.encode(statement))
    while _finished(base) < before + len(rows):
        worker.drain()
        if perf_counter() - start > MAX_SECONDS:
            message = "not every licence was issued"
            raise RuntimeError(message)
    return perf_counter() - start


def _finished(base: Base) -> int:
    with base.store.read() as unit:
        counts = unit.licences.counts()
    return sum(counts.get(state, 0) for state in (FlowState.FILLED, FlowState.PUBLISHED))


def _gas(base: Base) -> int:
    """Return the gas of the last transaction on the trial chain: the measured batch."""
    if base.dev_chain is None:
        return 0
    node = base.dev_chain.devnet.node
    block: dict[str, Any] = node.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON
    receipt: dict[str, Any] = node.ask("eth_getTransactionReceipt", block["transactions"][-1])
    return number(receipt["gasUsed"])


def _rss_mib() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, child) / KIB_PER_MIB


if __name__ == "__main__":
    main(int(sys.argv[1]))
