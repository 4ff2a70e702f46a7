"""A publisher of lists over a database, with a worker and a clock that stands still."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from anchor.list_ports import ListOffice
from anchor.trust_repository import TrustRepository
from anzheng.flows.anchor import BatchRule
from anzheng.flows.publish import KEY, TOPIC, ListDesk, RegistrySource, publish
from anzheng.jobs import LANES, make_worker
from anzheng.settings import load
from anzheng.store.database import Store
from anzheng.wiring import Installation
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import status_list
from licence.formats.status_shard import ListValue, StatusList
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.list_source import SigningKey
from tests.fakes.status_keys import KEY as STATUS_KEY
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY
from tests.fakes.trust_folder import make_repository
from tests.fakes.words_node import Node

OFFICE = ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, SigningKey())
NAME = OFFICE.name(0)


class Desk:
    """A publisher over a database, with a worker."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.store, self.clock, self.node = store, clock, Node()
        self.repository: TrustRepository = make_repository(folder / "trust", {}, now=clock.now())
        self.desk = ListDesk(
            store,
            clock,
            RegistrySource(store, (self.node,)),
            [OFFICE],
            self.repository,
            lock=folder / "lock",
        )
        settings = load(data_dir=folder)
        installation = SimpleNamespace(
            base=SimpleNamespace(store=store, clock=clock, settings=settings),
            publish_lists=lambda *, every: publish(self.desk, every=every).due_at,
        )
        self.worker = make_worker(
            cast("Installation", installation), "lists", BatchRule(1, 0), topics=LANES[0]
        )
        with store.write() as unit:
            unit.outbox.add(TOPIC, KEY, clock.now())

    def decide(self, index: int, word: StatusWord, days: int = 0, *, ask: bool = True) -> None:
        """Put a decision into the log, and ask for the lists."""
        event = StatusEvent(
            leaf=Leaf(sha256(f"{index} {word} {self.clock.now()}".encode()).digest()),
            ref=StatusRef(REGISTRY, StatusIndex(index)),
            authority=AUTHORITY,
            old=StatusWord.NONE,
            new=word,
            decided_at=self.clock.now(),
            effective_from=shanghai_date(self.clock.now()) + timedelta(days=days),
            until=None,
            document_no="7",
            ground="",
            successor=None,
        )
        with self.store.write() as unit:
            unit.status.add(Digest(event.leaf), b"decision", [event], self.clock.now())
            if ask:
                unit.outbox.add(TOPIC, KEY, self.clock.now())

    def chain_says(self, index: int, word: StatusWord) -> None:
        """Let the chain say something in its next block."""
        number, place = divmod(index, 64)
        old = self.node.words.get(number, 0) & ~(0xF << 4 * place)
        self.node.words[number] = old | int(word) << 4 * place
        self.node.moved |= {number}
        self.node.height += 1

    def pass_time(self, seconds: int, step: int = 5) -> None:
        """Let the worker work while time passes."""
        for _ in range(0, seconds, step):
            self.clock.advance(timedelta(seconds=step))
            self.worker.drain()

    def listed(self) -> StatusList:
        """The list that everybody sees."""
        data = self.repository.plain(f"{NAME.path}.cwt")
        assert data is not None
        return status_list.decode_cwt(data, keys=[STATUS_KEY], expected=NAME)

    def value(self, index: int) -> ListValue:
        """What it says."""
        return self.listed().value(StatusIndex(index))

    def alarms(self) -> dict[str, Code]:
        """What is wrong."""
        with self.store.read() as unit:
            return {each.key: each.code for each in unit.alarms.all()}


def full_disk(*_arguments: object, **_named: object) -> None:
    """Do what a full disk does."""
    raise AnzhengError(Code.STORE_FAILED, "the disk is full")
