"""The confirmer's process: the confirm account, a database of its own, and nothing else.

It reads the decisions of the installation's database, which cannot be changed from here, checks the
officers' signatures against keys that it has pinned itself, finds the proposal on the chain, and
confirms it. What it did is on the chain; there the anchoring process finds it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from anchor.chain.artifact import load_artifact
from anchor.chain.evm import Contract, EvmChain
from anchor.confirmer import Confirmer
from anchor.finality import parse as parse_finality
from anchor.ports import TxState
from anzheng import estate as estates
from anzheng.alarms import StandingAlarms
from anzheng.clock import SystemClock, SystemEntropy
from anzheng.flows.status_chain import NEEDS_PERSON
from anzheng.keyring import open_keyring
from anzheng.nodes import open_nodes
from anzheng.senders import (
    ChainMeans,
    check_node,
    open_confirmer,
    refuse_mismatch,
    refuse_own_chain,
)
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from anzheng.store.status import DecisionState, StoredDecision
from licence.domain.status import needs_confirmation
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.officers import OFFICERS_NEEDED
from licence.ids import AuthorityId, Digest
from licence.ports import Clock

log = structlog.get_logger()

AGAIN: Final = timedelta(hours=1)
"""A confirmation that the contract or we refused is tried again so late: a cap ends at midnight."""

ALARM: Final = "confirm"


def open_confirmer_store(settings: Settings, stack: ExitStack) -> Store:
    """Open the confirmer's memory: it believes nobody, so it has one of its own."""
    url = f"sqlite:///{settings.data_dir / 'confirmer.sqlite3'}"
    migrate(url)
    store = Store(url)
    stack.callback(store.close)
    return store


@dataclass(slots=True)
class Confirming:
    """Confirms what two officers signed.

    Args:
        decisions: The installation's database, read only.
        own: Our memory: transactions, alarms.
        confirmers: One for each authority.
        clock: Tells the time.
        alarms: Told what we refuse.
    """

    decisions: Store
    own: SqlAnchorStore
    confirmers: Sequence[tuple[AuthorityId, Confirmer]]
    clock: Clock
    alarms: StandingAlarms
    _done: set[Digest] = field(default_factory=set)
    _later: dict[tuple[Digest, bytes], datetime] = field(default_factory=dict)

    def step(self) -> int:
        """Take every confirmation as far as it goes now; return how many are not at their end.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, STORE_FAILED and the like: try again later.
        """
        return sum(self._of(authority, confirmer) for authority, confirmer in self.confirmers)

    def _of(self, authority: AuthorityId, confirmer: Confirmer) -> int:
        with self.decisions.read() as unit:
            waiting = unit.status.open_decisions(authority)
        wanted = [each for each in waiting if self._is_wanted(each)]
        if not wanted:
            return 0
        try:
            confirmer.check()
            return sum(not self._confirm(confirmer, each) for each in wanted)
        finally:
            with suppress(AnzhengError):
                confirmer.release()

    def _is_wanted(self, stored: StoredDecision) -> bool:
        if stored.digest in self._done or stored.state is not DecisionState.WRITTEN:
            return False
        later = self._later.get((stored.digest, stored.data))
        if later is not None and self.clock.now() < later:
            return False
        decision = decisions.decode(stored.data)
        return needs_confirmation(decision.word) and len(decision.signatures) >= OFFICERS_NEEDED

    def _confirm(self, confirmer: Confirmer, stored: StoredDecision) -> bool:
        """Go one step; return whether it is at its end."""
        try:
            transaction = confirmer.advance(stored.data)
        except AnzhengError as error:
            if error.code in NEEDS_PERSON:
                self._refuse(stored, error.code, error.message)
                return True
            if error.code in {Code.NOT_FOUND, Code.DECISION_EARLY, Code.DECISION_TWO_OFFICERS}:
                # Not proposed yet, or its day has not come.
                return False
            raise
        if transaction.state is TxState.PARKED:
            reason = transaction.reason or Code.CHAIN_REVERTED
            self._refuse(stored, reason, "the contract refuses the confirmation")
            self.own.set_aside(stored.digest)
            return True
        if transaction.state is not TxState.FINAL:
            return False
        self._done.add(stored.digest)
        self.alarms.clear(_about(stored))
        log.info("confirmed", authority=stored.authority, decision=stored.digest.hex())
        return True

    def _refuse(self, stored: StoredDecision, code: Code, message: str) -> None:
        self._later[stored.digest, stored.data] = self.clock.now() + AGAIN
        self.alarms.rise(_about(stored), code, message)


def _about(stored: StoredDecision) -> str:
    return f"{ALARM}:{stored.digest.hex()}"


@contextmanager
def open_confirming(settings: Settings, clock: Clock | None = None) -> Iterator[Confirming]:
    """Open what the confirmer's process needs: its accounts, its memory, the chain.

    Raises:
        AnzhengError: SETTINGS_INVALID; KEY_URI, KEY_LOCKED for a confirm account.
    """
    refuse_own_chain(settings)
    clock, estate = clock or SystemClock(), estates.load(settings.data_dir)
    refuse_mismatch(settings, estate)
    entropy = SystemEntropy()
    with ExitStack() as stack:
        own = open_confirmer_store(settings, stack)
        alarms = StandingAlarms(own, clock)
        reading = Store(settings.database, read_only=True)
        stack.callback(reading.close)
        node = open_nodes(settings, None, alarms)
        stack.callback(node.close)
        place = Contract(estate.chain_id, estate.contract, estate.from_block, estate.genesis)
        chain = EvmChain(node, place, load_artifact(), parse_finality(settings.chain_finality))
        means = ChainMeans(
            settings=settings,
            estate=estate,
            ring=open_keyring(settings, entropy),
            store=own,
            chain=chain,
            clock=clock,
            entropy=entropy,
        )
        check_node(means)
        rows = SqlAnchorStore(own)
        confirmers = tuple(
            (entry.id, open_confirmer(means, entry, rows)) for entry in estate.authorities
        )
        yield Confirming(reading, rows, confirmers, clock, alarms)


def run(
    confirming: Confirming,
    stop: threading.Event,
    poll_seconds: float,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Confirm until `stop` is set; what is away is waited for, and `beat` called at each look."""
    waits: Code | None = None
    while not stop.is_set():
        try:
            confirming.step()
            waits = None
        except AnzhengError as error:
            if error.code is not waits:
                log.warning("confirmer_waits", code=error.code.value)
            waits = error.code
        beat()
        stop.wait(poll_seconds)
