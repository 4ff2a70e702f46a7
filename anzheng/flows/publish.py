"""Step 6 and 9, publish: status lists and side lists into the trust repository, all at once.

A filled licence is published once a list that covers its index is out. The lists are made anew
every hour, and whenever something was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anchor import status_lists
from anchor.ports import Chain
from anchor.status_lists import ListOffice
from anchor.status_writer import read_statuses
from anzheng.keyfiles import Key
from anzheng.locking import alone
from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.formats.fields import whole_second
from licence.ids import AuthorityId, RegistryId, StatusIndex
from licence.ports import Clock

TOPIC = "publish"
"""Outbox topic; there is one key, for all lists go out together."""

KEY = "lists"

REPLACED = "持证证书换发"
"""Why a certificate is closed."""


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """Our event log and the chain's words; `anchor.status_lists.StatusSource`.

    Args:
        store: The database.
        chain: The registry's contract.
    """

    store: Store
    chain: Chain

    def events(self, registry: RegistryId, authority: AuthorityId) -> Sequence[StatusEvent]:
        """Return all decisions about an authority's licences, and the holders' lost keys."""
        with self.store.read() as unit:
            decided = unit.status.of_authority(registry, authority)
            replaced = unit.claims.replaced(registry, authority)
        return (*decided, *(_closed(old, new) for old, new in replaced))

    def chain_words(
        self, registry: RegistryId, authority: AuthorityId
    ) -> dict[StatusIndex, StatusWord]:
        """Return what a final block says about every index that was ever given."""
        with self.store.read() as unit:
            count = unit.licences.index_count(registry, authority)
        indices = tuple(StatusIndex(index) for index in range(count))
        height = max(0, self.chain.final_height())
        words = read_statuses(self.chain, authority, indices, at=height)
        found = zip(indices, words, strict=True)
        return {index: word for index, word in found if word is not StatusWord.NONE}


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
    """A key file as `anchor.status_lists.StatusSigningKey`."""

    key: Key

    @property
    def kid(self) -> bytes:
        """Name of the key."""
        return self.key.key_id

    @property
    def certificate(self) -> bytes | None:
        """None: the trust bundle names the key."""
        return None

    def sign(self, data: bytes) -> bytes:
        """Return an ES256 signature."""
        return self.key.sign(data)


def publish(
    store: Store,
    clock: Clock,
    source: RegistrySource,
    offices: Sequence[ListOffice],
    repository: status_lists.ListRepository,
    *,
    lock: Path,
) -> None:
    """Publish all lists, then mark the licences that they cover as published.

    Args:
        store: The database.
        clock: Tells the time.
        source: Where statuses are read.
        offices: Whose lists.
        repository: Where they go.
        lock: File that keeps two processes from publishing at once.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, CONFLICT when another process publishes: try again.
    """
    with alone(lock, "is publishing the lists"):
        with store.read() as unit:
            waiting = [row.id for row in unit.licences.in_state(FlowState.FILLED)]
        now = clock.now()
        status_lists.publish(source, offices, repository, now=now)
        _mark(store, waiting, now)


def _mark(store: Store, waiting: Sequence[int], now: datetime) -> None:
    if not waiting:
        return
    with store.write() as unit:
        unit.licences.move(waiting, FlowState.FILLED, FlowState.PUBLISHED, now)
