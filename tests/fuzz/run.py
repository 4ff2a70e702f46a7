"""Fuzzes targets, one after another, each in a process of its own.

    echo '{"target": "rlp", "log": "log", "seconds": 60, "options": ["-runs=1000", "corpus"]}' |
        python -m tests.fuzz.run guided|bulk

The corpus stands last, with good files in it, `seed-*`.

`guided` watches which branches an input takes and keeps those that take a new one. `bulk` watches
nothing, is many times faster, and goes on from what `guided` kept. To import and to watch takes
longer than many a target, so it is done once; each order is a line, its answer the exit code.
"""

import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Final

import atheris

from tests.fuzz.mutator import Mutator

GUIDED: Final = "guided"
BULK: Final = "bulk"
FOLLOWED: Final = [
    *("licence.formats", "licence.domain", "verifier.checks.c06_anchor", "verifier.typed"),
    *("verifier.artefacts", "verifier.memory", "verifier.ours", "verifier.timestamp_token"),
    *(f"verifier.pades.{name}" for name in ("beside", "glyph_programs", "shape")),
    *(
        "verifier.pades.shape_kinds",
        "verifier.pades.shape_rules",
        "verifier.checks.c07_chain_proof",
    ),
    *("verifier.chain_of_trust", "verifier.revocation", "verifier.archive"),
    *("verifier.service.forms", "verifier.trust_pack", "anzheng.flows.roster"),
    *("anchor.witness_wire", "anchor.chain.node", "wallet.certificate", "signer.tsa_crl"),
]
"""To follow all that these import would only take longer to begin."""
_OWN: Final = 8
"""Of so many changes one is of our own making; the others are libFuzzer's."""
_DEEP: Final = 64
"""Of so many one is a single change to something good: it comes to the last checks, and is dear."""
SEED: Final = "seed-"
"""What the names of good files in the corpus begin with."""


def watched(kind: str) -> AbstractContextManager[object]:
    """Return what the targets are imported within."""
    return atheris.instrument_imports(include=FOLLOWED) if kind == GUIDED else nullcontext()


def fuzz(target: Callable[[bytes], None], options: list[str]) -> None:
    """Fuzz until libFuzzer's options say that it is enough; does not return."""
    from licence.errors import AnzhengError  # noqa: PLC0415 - after `watched`

    def once(data: bytes) -> None:
        try:
            target(data)
        except AnzhengError:
            return

    mutator = Mutator(len(options))

    seeds = [path.read_bytes() for path in sorted(Path(options[-1]).glob(f"{SEED}*"))]

    def change(data: bytes, most: int, number: int) -> bytes:
        changed = None
        if number % _DEEP == 0:
            changed = mutator.change(seeds[number // _DEEP % len(seeds)])
        elif number % _OWN == 0:
            changed = mutator.change(data)
        return atheris.Mutate(data, most) if changed is None else changed[:most]

    # One function is always watched, or libFuzzer would think that it was built wrongly.
    atheris.Setup(["fuzz", *options], atheris.instrument_func(once), custom_mutator=change)
    atheris.Fuzz()


def ended(order: dict[str, object], targets: dict[str, Callable[[bytes], None]]) -> int:
    """Do one order in a child; return its exit code, -9 for one that had to be ended."""
    child = os.fork()
    if not child:
        # What libraries say of foreign bytes, a million times.
        logging.disable()
        warnings.simplefilter("ignore")
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        options = order["options"]
        assert isinstance(options, list)
        fuzz(targets[str(order["target"])], options)
        os._exit(99)

    def end(_signal: int, _frame: FrameType | None) -> None:
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.alarm(int(str(order["seconds"])))
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    # libFuzzer counts its seconds by this signal, and the next child inherits who takes it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return os.waitstatus_to_exitcode(status)


def main(kind: str) -> None:
    """Take orders until there are no more."""
    # Imported here, and not before: what is to be watched must not be there yet.
    with watched(kind):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    for line in sys.stdin:
        print(ended(json.loads(line), TARGETS), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1])
