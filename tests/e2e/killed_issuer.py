"""Issues a released batch in a process of its own, and kills it with SIGKILL at a given point.

    python tests/e2e/killed_issuer.py DATA_DIR POINT

`POINT` is one of `POINTS`; `step:N` for right after the N-th durable step, whatever it is; `none`
to run to the end. Who comes to the end prints how many steps there were. SIGKILL leaves no chance
to clean up: no `finally`, no flush, no rollback of our own.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anchor.chain.evm import EvmChain
from anchor.public_log import LogFolder
from anzheng.files import FolderFileStore
from anzheng.flows import fill as filling
from anzheng.flows import sign as signing
from anzheng.flows.anchor import BatchRule
from anzheng.jobs import run_until_quiet
from anzheng.settings import load
from anzheng.store.database import Store, Unit
from anzheng.store.licences import Licences
from anzheng.wiring import open_installation
from anzheng.witnesses import FileWitnessStore
from signer.ledger import Ledger

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

DURABLE: tuple[tuple[type, str], ...] = (
    (FolderFileStore, "put_many"),
    (Ledger, "accept"),
    (Ledger, "record"),
    (LogFolder, "keep_manifest"),
    (FileWitnessStore, "remember"),
    (EvmChain, "send"),
)
"""What is there after a crash; every transaction of the database is one step more."""


class Fate:
    """Counts durable steps, and ends the process after one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def after(owner: type | object, name: str, fate: Fate) -> None:
    """Count each time that a function has done its work."""
    real: Callable[..., Any] = getattr(owner, name)

    def counted(*arguments: object, **named: object) -> object:
        result = real(*arguments, **named)
        fate.step()
        return result

    setattr(owner, name, counted)


def arm(point: str) -> Fate:
    """Make the process die right after a function has done its work so many times."""
    if point in DIES:
        owner, name, calls = DIES[point]
        fate = Fate(calls)
        after(owner, name, fate)
        return fate
    fate = Fate(int(point.removeprefix("step:")))
    for owner, name in DURABLE:
        after(owner, name, fate)
    write = Store.write

    @contextmanager
    def counted(store: Store) -> Iterator[Unit]:
        with write(store) as unit:
            yield unit
        fate.step()

    Store.write = counted  # type: ignore[assignment,method-assign]
    return fate


def main() -> None:
    """Run to the end, or to the point."""
    home, point = Path(sys.argv[1]), sys.argv[2]
    fate = Fate(0) if point == "none" else arm(point)
    chunk = 5 if point in DIES else 25
    settings = load(data_dir=home, sign_chunk=chunk, chain_resend_seconds=1, lease_seconds=1)
    with open_installation(settings) as installation:
        run_until_quiet(installation, BatchRule(licences=10_000, seconds=0))
    sys.stdout.write(f"{fate.steps}\n")


if __name__ == "__main__":
    main()
