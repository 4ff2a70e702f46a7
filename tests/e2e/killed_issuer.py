"""Issues a released batch in a process of its own, and kills it with SIGKILL at a given point.

    python tests/e2e/killed_issuer.py DATA_DIR POINT

`POINT` is one of `POINTS`, or `none` to run to the end. SIGKILL leaves no chance to clean up: no
`finally`, no flush, no rollback of our own.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anchor.chain.evm import EvmChain
from anzheng.files import FolderFileStore
from anzheng.flows import fill as filling
from anzheng.flows import sign as signing
from anzheng.flows.anchor import BatchRule
from anzheng.jobs import run_until_quiet
from anzheng.settings import load
from anzheng.store.licences import Licences
from anzheng.wiring import open_installation

DIES: dict[str, tuple[type | object, str, int]] = {
    # point: (owner, function, how many calls succeed before the process dies)
    "file-stored": (FolderFileStore, "put_many", 3),
    "signed": (signing, "_store", 3),
    "batched": (Licences, "place", 1),
    "sent": (EvmChain, "send", 1),
    "before-filled": (filling, "_filled", 1),
    "filling": (filling, "_fill_group", 1),
}
POINTS = tuple(DIES)


def arm(point: str) -> None:
    """Make the process die right after a function has done its work so many times."""
    owner, name, calls = DIES[point]
    real: Callable[..., Any] = getattr(owner, name)
    left = [calls]

    def deadly(*arguments: object, **named: object) -> object:
        result = real(*arguments, **named)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def main() -> None:
    """Run to the end, or to the point."""
    home, point = Path(sys.argv[1]), sys.argv[2]
    if point != "none":
        arm(point)
    settings = load(data_dir=home, sign_chunk=5, chain_resend_seconds=1, lease_seconds=2)
    with open_installation(settings) as installation:
        run_until_quiet(installation, BatchRule(licences=10_000, seconds=0))


if __name__ == "__main__":
    main()
