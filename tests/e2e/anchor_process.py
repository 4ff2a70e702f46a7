"""An anchorer in a process of its own, for tests that kill it at any moment.

Everything it knows lies in its folder; everything it hears comes from the node that it is given.
"""

import time
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
    finality_depth=1, resend_seconds=1, bump_seconds=2, lease_seconds=1, refusals=3, max_raws=100
)
PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 0.5


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


def judge(place: Place) -> StrictJudge:
    """Return what accepts the evidence of this place."""
    memory = FileWitnessStore(place.folder / "witness")
    return StrictJudge((witness("w1.example", memory, SystemClock()).key,), 1)


def work(place: Place) -> None:
    """Anchor until no batch is open, whatever the node says in between."""
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
        while rows.open_batches(REGISTRY, AUTHORITY):
            try:
                anchorer.check()
                anchorer.advance_all()
            except AnzhengError as error:
                if error.code is Code.INTERNAL:
                    raise
            time.sleep(PAUSE_SECONDS)
