"""What the monitor needs of others: nodes, lists, the authority's own register, a memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, Self

from anchor.chain_ports import Block, RawProof
from anchor.events import Anchored, Event, EventRange
from anchor.monitor.alarms import Alarm, KeptAlarm
from anchor.monitor.batch_rules import KnownRow
from anchor.monitor.log_rules import SeenLog
from anchor.monitor.register_rules import RegisterFacts
from anchor.monitor.status_rules import ChainWord
from anchor.replay import Replay
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, BlockHash, Digest, RegistryId


class NodeView(Protocol):
    """One contract through one node; nothing that it says is believed alone.

    Every method raises CHAIN_UNAVAILABLE when the node does not answer, or not sensibly.
    """

    @property
    def name(self) -> str:
        """What alarms call the node."""
        ...

    def check(self) -> None:
        """Compare chain id and code of the contract with the trust bundle.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_UNAVAILABLE.
        """
        ...

    def final_height(self) -> int:
        """Return the height of the newest final block, -1 for none."""
        ...

    def block(self, height: int) -> Block | None:
        """Return the canonical block of this height."""
        ...

    def head(self, at: int) -> tuple[int, Digest]:
        """Return number and hash of the history's last entry as of a block."""
        ...

    def ranges(self, first: int, last: int) -> Iterator[EventRange]:
        """Yield the events of these blocks in pieces."""
        ...

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        """Return the proof of storage slots as of a block."""
        ...


class Nodes(Protocol):
    """The nodes that are asked."""

    def views(self, contract: Contract) -> Sequence[NodeView]:
        """Return each node's view of a contract; none for a chain that no node serves."""
        ...


class Lists(Protocol):
    """Published status lists; the trust store of the verifier conforms.

    Every method returns None when there is no such list, and raises STATUS_LIST_REFUSED for one
    that is not the one that was signed for.
    """

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a status list as CWT."""
        ...

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a side list, or the index of its pages."""
        ...

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page of a side list."""
        ...


class Register(Protocol):
    """The authority's own register; only its owner has it."""

    def facts(self, registry: RegistryId) -> RegisterFacts:
        """Return what it has about a registry."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a contract is verified.

    Attributes:
        block: The last verified block.
        replay: The contract's state then.
        settled: Whether the newest final block was reached once: from then on, changes of rights
            are news and not a contract's set-up.
    """

    block: Block
    replay: Replay
    settled: bool = False


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often something happened on one day (UTC), for the report."""

    day: date
    authority: AuthorityId
    what: str
    count: int


class Step(Protocol):
    """One transaction of the memory: all of it is durable at the end, or nothing."""

    def save_progress(self, contract: str, progress: Progress, events: Iterable[Event]) -> None:
        """Remember how far a contract is verified; `events` are those since the last time."""
        ...

    def keep_rows(self, rows: Sequence[KnownRow]) -> None:
        """Remember the rows of a manifest."""
        ...

    def manifest_read(self, contract: str, sequence: int) -> None:
        """Remember that the manifest of a batch was read and is right."""
        ...

    def log_found(self, contract: str, sequences: Iterable[int]) -> None:
        """Remember that these batches are in the log."""
        ...

    def save_log(self, authority: AuthorityId, seen: SeenLog) -> None:
        """Remember the last state of a log that was right."""
        ...

    def watch_number(self, authority: AuthorityId, number: Digest) -> None:
        """Remember a number that has several versions."""
        ...

    def number_settled(self, authority: AuthorityId, number: Digest) -> None:
        """Forget a number of which one version is live at most."""
        ...

    def count(self, counts: Iterable[DayCount]) -> None:
        """Add to the counts of days."""
        ...

    def raise_alarm(self, alarm: Alarm, now: datetime) -> bool:
        """Keep an alarm; whether it is new, or was over."""
        ...

    def close_gone(
        self, groups: Iterable[str], found: Iterable[str], now: datetime
    ) -> tuple[KeptAlarm, ...]:
        """Close the open alarms of these groups that were not found again (by id)."""
        ...

    def acknowledge(self, names: Iterable[str] | None, now: datetime) -> int:
        """Close open alarms by id, or all events (None); how many."""
        ...

    def pass_done(self, now: datetime) -> None:
        """Remember when a pass was completed."""
        ...


class Memory(Protocol):
    """What the monitor has seen so far, in one file."""

    def step(self) -> AbstractContextManager[Step]:
        """Open a transaction.

        Raises:
            AnzhengError: MONITOR_STATE, STORE_FAILED.
        """
        ...

    def progress(self, contract: str) -> Progress | None:
        """Return how far a contract is verified."""
        ...

    def words(self, contract: str, authority: AuthorityId) -> Mapping[int, ChainWord]:
        """Return the storage words of an authority that are not 0."""
        ...

    def unread_batches(self, contract: str) -> tuple[Anchored, ...]:
        """Return the batches whose manifest was not found right yet."""
        ...

    def unlogged_batches(self, contract: str, authority: AuthorityId) -> tuple[Anchored, ...]:
        """Return the batches that were not found in the log yet."""
        ...

    def rows_like(self, row: KnownRow) -> tuple[KnownRow, ...]:
        """Return the authority's rows with the same leaf, index or number."""
        ...

    def rows_of_number(self, authority: AuthorityId, number: Digest) -> tuple[KnownRow, ...]:
        """Return all rows of a number."""
        ...

    def rows_of_uscc(self, authority: AuthorityId, uscc: Digest) -> tuple[KnownRow, ...]:
        """Return all rows of an enterprise."""
        ...

    def watched_numbers(self) -> tuple[tuple[AuthorityId, Digest], ...]:
        """Return the numbers with several versions."""
        ...

    def log(self, authority: AuthorityId) -> SeenLog | None:
        """Return the last state of a log that was right."""
        ...

    def alarms(self, *, only_open: bool) -> tuple[KeptAlarm, ...]:
        """Return alarms, oldest first."""
        ...

    def days(self) -> tuple[DayCount, ...]:
        """Return the counts of days, oldest first."""
        ...

    def last_pass(self) -> datetime | None:
        """Return when the last pass was completed."""
        ...


@dataclass(frozen=True, slots=True)
class ContractState:
    """Where a contract stands, for people and metrics."""

    contract: str
    block_number: int
    block_hash: BlockHash
    block_time: datetime
    sequence: int
    head: Digest
    batches: int

    @classmethod
    def of(cls, contract: str, progress: Progress) -> Self:
        """Return where a contract stands that is verified so far."""
        block, replay = progress.block, progress.replay
        return cls(
            contract=contract,
            block_number=block.number,
            block_hash=block.hash,
            block_time=block.time,
            sequence=replay.sequence,
            head=replay.head,
            batches=len(replay.batches),
        )
