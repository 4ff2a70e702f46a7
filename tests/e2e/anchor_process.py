"""An anchorer in a process of its own, for tests that kill it at any moment.

Everything it knows lies in its folder; everything it hears comes from the node that it is given.
What it met on its way stands in `anchorer.log`, for whoever asks why it does not get on.
"""

import os
import time
import traceback
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from anchor.chain.account import EvmAccount
from anchor.chain.artifact import load_artifact
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.node import Node
from anchor.log import AuthorityLog
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from anzheng.clock import SystemClock, SystemEntropy
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.witnesses import FileWitnessStore
from licence.errors import AnzhengError, Code
from tests.fakes.anchoring import AUTHORITY, IDENTITY, REGISTRY, StrictJudge, ed25519, witness
from tests.fakes.devchain import private_key

POLICY = SendPolicy(
    finality_depth=1, resend_seconds=1, bump_seconds=2, lease_seconds=5, refusals=3, max_raws=100
)
PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 30.0
"""No fault of the node's takes so long: only a machine that is busy beyond measure."""

MOST_PASSES = 2_000
"""An anchorer that needs more does not get on, be the machine slow or quick: fifty are many.

Passes that another one's lease ends are not counted.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an anchorer works.

    Attributes:
        folder: Database and the witness's memory.
        url: Address of its node.
        contract: The contract.
    """

    folder: Path
    url: str
    contract: Contract

    @property
    def database(self) -> str:
        """Address of its database."""
        return f"sqlite:///{self.folder / 'anzheng.sqlite3'}"

    @property
    def log(self) -> Path:
        """What all anchorers here met."""
        return self.folder / "anchorer.log"

    def note(self, text: str) -> None:
        """Write down what happens; a kill may take a line, and nothing waits for the disk."""
        with self.log.open("a") as log:
            log.write(f"{SystemClock().now():%H:%M:%S.%f} {os.getpid()} {text}\n")


def judge(place: Place) -> StrictJudge:
    """Return what accepts the evidence of this place."""
    memory = FileWitnessStore(place.folder / "witness")
    return StrictJudge((witness("w1.example", memory, SystemClock()).key,), 1)


def work(place: Place) -> None:
    """Anchor until no batch is open, whatever the node says in between."""
    place.note("begins")
    try:
        passes = _work(place)
    except BaseException:
        place.note(f"ends by an error\n{traceback.format_exc()}")
        raise
    place.note(f"ends after {passes} passes")


def _work(place: Place) -> int:
    clock, store = SystemClock(), Store(place.database)
    memory = FileWitnessStore(place.folder / "witness")
    one = witness("w1.example", memory, clock)
    with closing(store), closing(Node(place.url, timeout_seconds=TIMEOUT_SECONDS)) as node:
        rows = SqlAnchorStore(store)
        chain = EvmChain(node, place.contract, load_artifact())
        account = EvmAccount(chain, private_key("anchor"))
        log = AuthorityLog(IDENTITY, ed25519("log").sign, rows, [one], 1)
        holder = SystemEntropy().bytes(8).hex()
        sender = Sender(chain, account, rows, clock, POLICY, holder)
        anchorer = Anchorer(chain, sender, rows, log, StrictJudge((one.key,), 1))
        passes = 0
        while rows.open_batches(REGISTRY, AUTHORITY):
            try:
                anchorer.check()
                anchorer.advance_all()
            except AnzhengError as error:
                place.note(f"{error} {error.facts}")
                if error.code is Code.INTERNAL:
                    raise
                passes -= error.code is Code.LEASE_LOST
            passes += 1
            if passes > MOST_PASSES:
                raise RuntimeError(f"the batch does not get on in {MOST_PASSES} passes")
            time.sleep(PAUSE_SECONDS)
    return passes
