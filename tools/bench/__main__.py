"""Measure, print, and store in var/bench/results.json, with pictures as SVG and PNG.

    python -m tools.bench [LICENCES] [MANY]

LICENCES go through the whole application on a trial chain; MANY through the signer alone, for its
memory.
"""

import os
import platform
import sys
from pathlib import Path

from tools.bench import codes, gas, issue, lists, lookups, many, service, tree, verifying
from tools.bench.document import make_bench
from tools.bench.evidence import evidence_measures
from tools.bench.measures import show, write
from tools.bench.plot import plot_lists, plot_measures, plot_memory, plot_ruler
from tools.bench.steps import step_measures
from tools.bench.together import together_measures

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var" / "bench"
LICENCES = 500
MANY = 10_000


def main() -> None:
    """Run every measure; the numbers are what they are, so the exit code does not judge them."""
    given = [int(each) for each in sys.argv[1:]]
    licences, count = (*given, *(LICENCES, MANY)[len(given) :])
    bench = make_bench()
    measures = [*step_measures(bench), *verifying.measures(bench), *together_measures()]
    measures += issue.measures(licences)
    found = many.run(count)
    measures += many.measures(found)
    measures += [*tree.measures(), *lists.measures(), *gas.measures(), *evidence_measures()]
    measures += [*codes.measures(), *lookups.measures()]
    measures += service.measures()
    write(
        measures,
        FOLDER / "results.json",
        licences=licences,
        many=count,
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        load_before=os.getloadavg()[0],
    )
    show(measures)
    plot_measures(measures, FOLDER / "results")
    plot_ruler(measures, FOLDER / "ruler")
    plot_memory(found.points, FOLDER / "memory")
    plot_lists(lists.sizes(), FOLDER / "lists")
    sys.stdout.write(f"bench: stored in {FOLDER.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
