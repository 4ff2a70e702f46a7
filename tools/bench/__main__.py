"""Measure, print, and store in var/bench/results.json."""

import os
import platform
import sys
from pathlib import Path

from tools.bench import issue
from tools.bench.measures import show, write
from tools.bench.parts import sign_ms, verify_ms
from tools.bench.plot import plot

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "var" / "bench" / "results.json"
COUNT = 500


def main() -> None:
    """Run every measure; the numbers are what they are, so the exit code does not judge them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    measures = [sign_ms(), verify_ms(), *issue.measures(count)]
    write(
        measures,
        RESULTS,
        licences=count,
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
    )
    show(measures)
    plot(measures, RESULTS.with_suffix(".png"))
    sys.stdout.write(f"bench: stored in {RESULTS.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
