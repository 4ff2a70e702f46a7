"""How much one process does in a second, and two at the same time.

`python -m tools.bench.together SECONDS WORK…` is one of them: it gets ready, says so, waits for a
line, does the works in turns for so long each, and says how often a second it did each. In turns,
because a machine is not equally fast from one second to the next.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from tools.bench.document import Bench, make_bench
from tools.bench.hsm import has_hsm, hsm_key
from tools.bench.measures import Measure, Peer

ROOT: Final = Path(__file__).resolve().parent.parent.parent
READY: Final = "ready\n"
SECONDS: Final = 4.0
TURNS: Final = 8
HSM: Final = "hsm"

WORKS: Final[Mapping[str, Callable[[Bench], None]]] = {
    "bare": Bench.sign_bare,
    "sign": Bench.sign,
    "press": Bench.press,
    HSM: Bench.sign,
}


def together_measures() -> tuple[Measure, ...]:
    """Measure signing and pressing by one and by two processes."""
    found = []
    for count in (1, 2):
        at_once = f"{count} process(es) at once"
        said = rates(("bare", "sign"), count) | rates(("press",), count)
        bare = Peer(f"two bare RSA-2048 signatures a file, {at_once}", said["bare"])
        note = f"files signed and timestamped in memory, {at_once}"
        found.append(_measure(f"sign_per_s_{count}", said["sign"], 900 * count, bare, note))
        note = f"pages rendered, prepared and read back, {at_once}"
        found.append(_measure(f"press_per_s_{count}", said["press"], 50 * count, None, note))
    if has_hsm():
        said = rates((HSM,), 1)
        note = "the same with the authority's key in a token (SoftHSM2), one process"
        found.append(_measure("hsm_sign_per_s", said[HSM], 300, None, note))
    return tuple(found)


def _measure(name: str, value: float, limit: float, peer: Peer | None, note: str) -> Measure:
    return Measure(
        name=name,
        value=value,
        unit="files/s",
        limit=limit,
        target=limit,
        at_least=True,
        peer=peer,
        note=note,
    )


def rates(works: Sequence[str], count: int) -> dict[str, float]:
    """Return how often a second so many processes together do each work."""
    command = [sys.executable, "-m", "tools.bench.together", str(SECONDS), *works]
    children = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    for child in children:
        if child.stdout is None or child.stdout.readline() != READY:
            message = "a process of the bench died"
            raise RuntimeError(message)
    for child in children:
        if child.stdin is not None:
            child.stdin.write("go\n")
            child.stdin.flush()
    said = [json.loads(child.communicate()[0]) for child in children]
    return {work: sum(each[work] for each in said) for work in works}


def main(seconds: float, works: Sequence[str]) -> None:
    """Be one of the processes."""
    bench = make_bench(hsm_key() if HSM in works else None)
    for work in works:
        WORKS[work](bench)
    sys.stdout.write(READY)
    sys.stdout.flush()
    sys.stdin.readline()
    counts, taken = dict.fromkeys(works, 0), dict.fromkeys(works, 0.0)
    for turn in range(TURNS * len(works)):
        work = works[turn % len(works)]
        start = perf_counter()
        while perf_counter() - start < seconds / TURNS:
            WORKS[work](bench)
            counts[work] += 1
        taken[work] += perf_counter() - start
    sys.stdout.write(json.dumps({work: counts[work] / taken[work] for work in works}))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
