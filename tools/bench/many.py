"""Ten thousand licences through the signer, and its memory: `python -m tools.bench.many COUNT`.

Everything that the signer does: releases of 1,000 are checked, the intent is stored, presses in two
processes render and read back, this process signs, timestamps and stores; then the files count as
handed over and are forgotten, as in the application. Only the chain is missing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

from licence.formats import licence_json
from licence.ids import Digest
from signer.issue import COMMIT_EVERY, Signer
from signer.ledger import Ledger
from signer.press import PressPool
from tests.builders import AUTHORITY, VERIFY_BASE, World, make_world
from tests.fakes.signing import number, policy, released
from tools.bench.document import PAGE
from tools.bench.measures import Measure

ROOT: Final = Path(__file__).resolve().parent.parent.parent
RELEASE: Final = 1_000
PRESSES: Final = 2
SAMPLES: Final = 100
"""How often memory is looked at."""

PAGE_KIB: Final = 4
KIB_PER_MIB: Final = 1024
STEADY_FROM: Final = 0.2
"""What part of the run may still fill caches."""


class Point(NamedTuple):
    """Memory after so many licences, MiB: of the signer, and of the largest press."""

    licences: int
    signer: float
    press: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    count: int
    seconds: float
    points: tuple[Point, ...]

    @property
    def growth(self) -> float:
        """Largest memory of the end against that of the steady beginning."""
        tenth = max(1, len(self.points) // 10)
        begin = int(len(self.points) * STEADY_FROM)
        steady = self.points[begin : begin + tenth]
        end = self.points[-tenth:]
        return max(
            median(each[kind] for each in end) / median(each[kind] for each in steady)
            for kind in (1, 2)
        )


def run(count: int) -> Run:
    """Run it in a process of its own."""
    command = [sys.executable, "-m", "tools.bench.many", str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    said = json.loads(done.stdout.splitlines()[-1])
    return Run(count, said["seconds"], tuple(Point(*each) for each in said["points"]))


def measures(found: Run) -> tuple[Measure, ...]:
    """Return what a run says."""
    what = f"{found.count} licences: release check, ledger, {PRESSES} presses, signature, timestamp"
    largest = max(max(each.signer, each.press) for each in found.points)
    return (
        Measure(
            name="batch_per_s",
            value=found.count / found.seconds,
            unit="licences/s",
            limit=30,
            target=100,
            at_least=True,
            peer=None,
            note=f"{what}; without the chain",
        ),
        Measure(
            name="batch_rss_mib",
            value=largest,
            unit="MiB",
            limit=512,
            target=512,
            at_least=False,
            peer=None,
            note=f"largest resident set of one process; {what}",
        ),
        Measure(
            name="batch_rss_growth",
            value=found.growth,
            unit="times",
            limit=1.1,
            target=1.05,
            at_least=False,
            peer=None,
            note=f"memory of the last tenth of {found.count} licences against that after a fifth",
        ),
    )


def main(count: int) -> None:
    """Sign so many licences, and look at the memory now and then."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    world = make_world()
    with (
        tempfile.TemporaryDirectory(dir=folder) as home,
        PressPool(verify_base=VERIFY_BASE, workers=PRESSES) as pool,
    ):
        ledger = Ledger(Path(home) / "ledger.db")
        signer = Signer(
            world.pki.licence_signer(AUTHORITY, clock=world.clock, entropy=world.entropy),
            press=pool,
            ledger=ledger,
            policy=policy(daily_cap=count),
            clock=world.clock,
        )
        every, start = max(1, count // SAMPLES), perf_counter()
        points = [_look(done) for done in _sign(signer, ledger, world, count) if done % every == 0]
        seconds = perf_counter() - start
    print(json.dumps({"seconds": seconds, "points": points}))


def _sign(signer: Signer, ledger: Ledger, world: World, count: int) -> Iterator[int]:
    """Yield how many are done, one by one."""
    done = 0
    for first in range(0, count, RELEASE):
        licences = _licences(world, range(first, min(first + RELEASE, count)))
        statement = released(licences, batch=f"batch-{first}", released_on=world.clock.now())
        handed_over: list[Digest] = []
        for signed in signer.sign_batch(statement, licences):
            handed_over.append(signed.licence_digest)
            if len(handed_over) >= COMMIT_EVERY:
                ledger.forget_files(handed_over)
                handed_over.clear()
            done += 1
            yield done


def _licences(world: World, serials: Sequence[int]) -> list[bytes]:
    return [
        licence_json.encode(world.version(serial, licence_no=number(serial + 1), **PAGE))
        for serial in serials
    ]


def _look(licences: int) -> Point:
    presses = [_rss(f"/proc/{child.pid}/statm") for child in active_children()]
    return Point(licences, _rss("/proc/self/statm"), max(presses, default=0.0))


def _rss(statm: str) -> float:
    return int(Path(statm).read_text("ascii").split()[1]) * PAGE_KIB / KIB_PER_MIB


if __name__ == "__main__":
    main(int(sys.argv[1]))
