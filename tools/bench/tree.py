"""A tree of a million leaves, in a process of its own: `python -m tools.bench.tree`.

Time is processor time of one core: the process does nothing but hash.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Final, TypeVar

from licence.formats.tree import Tree
from tools.bench.measures import Measure, Peer

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parent.parent.parent
LEAVES: Final = 1_000_000
PROOFS: Final = 20_000
TURNS: Final = 3
KIB_PER_MIB: Final = 1024
NODE_BYTES: Final = 65
"""What is hashed for an inner node: a prefix and two digests."""


def measures() -> tuple[Measure, ...]:
    """Build the tree in a process of its own and return what it says."""
    command = [sys.executable, "-m", "tools.bench.tree"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return (
        Measure(
            name="tree_1m_s",
            value=found["seconds"],
            unit="s",
            limit=2.5,
            target=2.5,
            at_least=False,
            peer=Peer("as many bare SHA-256 of 65 bytes", found["bare"]),
            note="RFC 9162 tree of 1,000,000 leaf hashes, one core",
        ),
        Measure(
            name="tree_1m_mb",
            value=found["mib"],
            unit="MiB",
            limit=400,
            target=400,
            at_least=False,
            peer=None,
            note="largest resident set of that process, interpreter and leaves included",
        ),
        Measure(
            name="proof_us",
            value=found["proof"],
            unit="us",
            limit=5,
            target=5,
            at_least=False,
            peer=None,
            note=f"inclusion proof on demand, mean of {PROOFS:,} leaves at random, best of {TURNS}",
        ),
    )


def largest_mib() -> float:
    """Return the largest resident set of this process; that of `getrusage` outlives an exec."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / KIB_PER_MIB


def main() -> None:
    """Be that process."""
    leaves = [sha256(number.to_bytes(8, "big")).digest() for number in range(LEAVES)]
    tree, seconds = _timed(lambda: Tree(leaves))
    mib = largest_mib()
    wanted = random.Random(1).choices(range(LEAVES), k=PROOFS)  # noqa: S311 - a sample
    proofs = min(_timed(lambda: [tree.path(index) for index in wanted])[1] for _ in range(TURNS))
    node = bytes(NODE_BYTES)
    _, bare = _timed(lambda: [sha256(node).digest() for _ in range(LEAVES)])
    print(
        json.dumps({"seconds": seconds, "mib": mib, "proof": proofs / PROOFS * 1e6, "bare": bare})
    )


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    before = process_time()
    found = work()
    return found, process_time() - before


if __name__ == "__main__":
    main()
