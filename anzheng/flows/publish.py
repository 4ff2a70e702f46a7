"""Step 6 and 9, publish: status lists and side lists into the trust repository.

A filled licence is published once a list that covers its index is out. The lists are made anew
every hour, and those that say something else within a minute.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from pathlib import Path

from anchor import list_publisher
from anchor.chain_words import ContractWords, Place, refresh
from anchor.list_history import ListHistory
from anchor.list_ports import ListOffice, Position, PublishedShard
from anchor.list_publisher import Means, Outcome
from anchor.trust_repository import TrustRepository
from anzheng.alarms import StandingAlarms
from anzheng.keyfiles import Key
from anzheng.locking import alone
from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.fields import whole_second
from licence.formats.status_shard import shard_of
from licence.ids import AuthorityId, RegistryId, StatusIndex
from licence.ports import Clock

TOPIC = "publish"
"""Outbox topic; there is one key, for all lists go out together."""

KEY = "lists"

REPLACED = "持证证书换发"
"""Why a certificate is closed."""


CHAIN_ALARM = "lists-chain"
"""Begin of the key of the alarm that lists go on without news from the chain."""

LISTS_ALARM = "lists"
"""Begin of the key of the alarm that a list cannot be made."""


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """Our event log and the chain's last final words; `anchor.list_ports.StatusSource`.

    Args:
        store: The database.
        contracts: The contracts of the registry, frozen ones too; each was read once at least
            before a list is made.
    """

    store: Store
    contracts: Sequence[ContractWords]

    def position(self, registry: RegistryId, authority: AuthorityId) -> Position:
        """Return where log, certificates and chain words end now."""
        with self.store.read() as unit:
            return unit.lists(registry, authority).position()

    def extent(self, registry: RegistryId, authority: AuthorityId) -> int:
        """Return the first index after all that were given or that anything speaks of."""
        with self.store.read() as unit:
            return unit.lists(registry, authority).extent()

    def changed(
        self,
        registry: RegistryId,
        authority: AuthorityId,
        since: Position,
        after: date,
        today: date,
    ) -> frozenset[int]:
        """Return the pages of which something changed since, or whose day has come."""
        with self.store.read() as unit:
            return unit.lists(registry, authority).changed(since, after, today)

    def count(self, registry: RegistryId, authority: AuthorityId, span: range) -> int:
        """Return how many decisions and lost keys concern these indexes."""
        with self.store.read() as unit:
            decided = unit.lists(registry, authority).count(span)
            return decided + unit.claims.count_replaced(registry, authority, span)

    def events(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> Sequence[StatusEvent]:
        """Return the decisions about these indexes, and the holders' lost keys."""
        with self.store.read() as unit:
            decided = unit.lists(registry, authority).events(span)
            replaced = unit.claims.replaced(registry, authority, span)
        return (*decided, *(_closed(old, new) for old, new in replaced))

    def chain_words(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> dict[StatusIndex, StatusWord]:
        """Return what the last final block that was read says about these indexes.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE if a contract was never read.
        """
        with self.store.read() as unit:
            known = unit.chain_words.contracts(registry, authority)
            words = unit.chain_words.statuses(registry, authority, span)
        if any((each.chain_id, each.contract) not in known for each in self.contracts):
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the chain was never read for these lists")
        return words

    def refresh(self, offices: Sequence[ListOffice], alarms: StandingAlarms, now: datetime) -> None:
        """Read what the chain says now; lists go on from what is known if it does not answer.

        A chain that is away is one alarm, however many authorities and contracts wait for it.
        """
        book = _Book(self.store)
        known = [key for key in alarms.standing if key.startswith(f"{CHAIN_ALARM}:")]
        wrong: dict[str, Code] = {}
        for office, contract in product(offices, self.contracts):
            key = f"{CHAIN_ALARM}:{contract.chain_id}"
            try:
                refresh(contract, book, office.registry, office.authority, now=now)
            except AnzhengError as error:
                if error.code is Code.STORE_FAILED:
                    raise
                if error.code is not Code.CONFLICT:
                    wrong.setdefault(key, error.code)
        for key in known:
            if key not in wrong:
                alarms.clear(key)
        for key, code in wrong.items():
            alarms.rise(key, code, "lists go on from what the chain said before")


@dataclass(frozen=True, slots=True)
class _Book:
    """The database as `anchor.chain_words.WordBook`."""

    store: Store

    def height(self, place: Place) -> int | None:
        with self.store.read() as unit:
            return unit.chain_words.height(place)

    def values(self, place: Place, words: Sequence[int]) -> Mapping[int, int]:
        with self.store.read() as unit:
            return unit.chain_words.values(place, words)

    def save(
        self,
        place: Place,
        *,
        after: int | None,
        height: int,
        words: Mapping[int, int],
        now: datetime,
    ) -> None:
        with self.store.write() as unit:
            unit.chain_words.save(place, after=after, height=height, words=words, now=now)


@dataclass(frozen=True, slots=True)
class ListMemory:
    """The database as `anchor.list_ports.ListLedger`."""

    store: Store

    def published(
        self, registry: RegistryId, authority: AuthorityId
    ) -> Mapping[int, PublishedShard]:
        """Return what is remembered of each shard."""
        with self.store.read() as unit:
            return unit.lists(registry, authority).published()

    def save(
        self, registry: RegistryId, authority: AuthorityId, shards: Sequence[PublishedShard]
    ) -> None:
        """Remember these."""
        with self.store.write() as unit:
            unit.lists(registry, authority).save(shards)


def _closed(old: HolderCertificate, new: HolderCertificate) -> StatusEvent:
    """Return how lists tell that a holder's certificate has been replaced: nobody else decides it.

    The chain does not say it: a list may be more negative than the chain, never less.
    """
    return StatusEvent(
        leaf=old.leaf,
        ref=StatusRef(old.registry, old.status_index),
        authority=old.authority,
        old=StatusWord.NONE,
        new=StatusWord.SUPERSEDED,
        decided_at=whole_second(new.updated_at),
        effective_from=shanghai_date(new.updated_at),
        until=None,
        document_no="",
        ground=REPLACED,
        successor=new.leaf,
    )


@dataclass(frozen=True, slots=True)
class ListKey:
    """A key as `anchor.list_ports.StatusSigningKey`; opened when something is signed.

    Args:
        open: Opens it; mostly nothing is due, and to decrypt a key file takes its time.
    """

    open: Callable[[], Key]

    @property
    def kid(self) -> bytes:
        """Name of the key."""
        return self.open().key_id

    @property
    def certificate(self) -> bytes | None:
        """None: the trust bundle names the key."""
        return None

    def sign(self, data: bytes) -> bytes:
        """Return an ES256 signature."""
        return self.open().sign(data)


@dataclass(frozen=True, slots=True)
class ListDesk:
    """What publishing lists works with.

    Args:
        store: The database.
        clock: Tells the time.
        source: Where statuses are read.
        offices: Whose lists.
        repository: Where they become visible.
        lock: File that keeps two processes from publishing at once.
    """

    store: Store
    clock: Clock
    source: RegistrySource
    offices: Sequence[ListOffice]
    repository: TrustRepository
    lock: Path


def publish(desk: ListDesk, *, every: bool = False) -> Outcome:
    """Publish the lists that are due, then mark the licences that they cover as published.

    A list that cannot be made is an alarm, and stops no other list.

    Args:
        desk: What it works with.
        every: Sign every list anew, due or not.

    Raises:
        AnzhengError: CONFLICT when another process publishes; STORE_FAILED; the reason why no list
            at all could be made.
    """
    alarms = StandingAlarms(desk.store, desk.clock)
    with alone(desk.lock, "is publishing the lists"):
        with desk.store.read() as unit:
            waiting = unit.licences.in_state(FlowState.FILLED)
        now = desk.clock.now()
        desk.source.refresh(desk.offices, alarms, now)
        means = Means(
            desk.source,
            desk.repository,
            ListMemory(desk.store),
            ListHistory(desk.repository.folder),
        )
        outcome = list_publisher.publish(means, desk.offices, now=now, every=every)
        covered = dict(outcome.covered)
        done = [
            row.id for row in waiting if shard_of(row.status_index) < covered.get(row.authority, 0)
        ]
        _mark(desk.store, done, now)
    _tell(desk.store, alarms, outcome)
    if outcome.failures and not any(covered.values()):
        raise outcome.failures[0].error
    return outcome


def _tell(store: Store, alarms: StandingAlarms, outcome: Outcome) -> None:
    wrong = {
        f"{LISTS_ALARM}:{each.authority}:{'all' if each.shard is None else each.shard}": (
            each.error.code,
            f"the list stays as it was: {each.error.message}",
        )
        for each in outcome.failures
    }
    wrong |= {
        f"{LISTS_ALARM}:{name.authority}:{name.shard}:final": (
            Code.STATUS_CONFLICT,
            f"{count} licences were published as final and neither log nor chain knows why",
        )
        for name, count in outcome.undone
    }
    with store.read() as unit:
        known = [each.key for each in unit.alarms.all() if each.key.startswith(f"{LISTS_ALARM}:")]
    # What was final before is compared when a list is made, not in each round.
    made = {f"{LISTS_ALARM}:{name.authority}:{name.shard}:final" for name in outcome.published}
    for key in known:
        if key not in wrong and (not key.endswith(":final") or key in made):
            alarms.clear(key)
    for key, (code, message) in wrong.items():
        alarms.rise(key, code, message)


def _mark(store: Store, waiting: Sequence[int], now: datetime) -> None:
    if not waiting:
        return
    with store.write() as unit:
        unit.licences.move(waiting, FlowState.FILLED, FlowState.PUBLISHED, now)
