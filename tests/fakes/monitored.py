"""A registry in memory whose authority may misbehave, and everything that a monitor looks at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from anchor.batch import AnchorItem, freeze
from anchor.calls import changes_of
from anchor.chain.events import fast_keccak
from anchor.chain_ports import Block, RawProof, Right
from anchor.events import (
    AccountSet,
    Administration,
    Anchored,
    AuthorityRegistered,
    Entry,
    Event,
    EventRange,
    Foreign,
    Place,
    StatusChanged,
)
from anchor.monitor.alarms import MonitorPolicy
from anchor.monitor.findings import Means, Outcome
from anchor.monitor.memory import SqliteMemory
from anchor.monitor.register_rules import RegisterFacts
from anchor.monitor.watch import WatchKey
from anchor.monitor.watchman import run_pass
from anchor.replay import Replay
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats import manifest as manifests
from licence.formats import side_list, status_list
from licence.formats.checkpoint import Checkpoint, WitnessKey
from licence.formats.evidence import BatchRecord, log_origin, record_bytes
from licence.formats.leaf import LeafKind
from licence.formats.manifest import ManifestDigest
from licence.formats.side_list import SideRow
from licence.formats.status_shard import ListName
from licence.formats.tree import Tree, leaf_hash
from licence.formats.trust_types import Authority, Contract, LogKey, Registry, TrustBundle, Witness
from licence.ids import (
    Address,
    AuthorityId,
    BatchId,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    LicenceNo,
    RegistryId,
    StatusIndex,
)
from tests.fakes import status_keys
from tests.fakes.anchoring import AUTHORITY, HMAC_KEY, LOG_KEY, REGISTRY, ed25519, public
from tests.fakes.clock import FakeClock

ADMIN = Address(b"\xad" * 20)
ANCHOR = Address(b"\xa1" * 20)
PROPOSE = Address(b"\xa2" * 20)
STRANGER = Address(b"\xee" * 20)
CONTRACT = Contract(ChainId(20260), Address(b"\xcc" * 20), Digest(b"\x44" * 32), from_block=1)
BASE_URI = "https://r.example/v1/status-lists"
USCC = "91210213MA9TXT017B"
WITNESSES = ("w1.example", "w2.example")


def item(number: int, index: int, version: int = 1, uscc: str = USCC) -> AnchorItem:
    """Return a licence; its leaf follows from number and version."""
    return AnchorItem(
        kind=LeafKind.LICENCE,
        leaf=Leaf(sha256(f"licence {number} {version} {index}".encode()).digest()),
        index=StatusIndex(index),
        licence_no=LicenceNo(f"（辽）WH安许证字〔2024〕{number:04d}"),
        version=version,
        uscc=uscc,
    )


class World:
    """A contract, a public log, lists, and a monitor over them."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.state = folder / "state.sqlite3"
        self.blocks = [Block(0, BlockHash(bytes(32)), self.clock.now())]
        self.events: list[Event] = []
        self.replay = Replay(fast_keccak)
        self.heads = {0: (0, self.replay.head)}
        self.batches: list[Anchored] = []
        self.public = MemoryLog()
        self.lists = MemoryLists()
        self.side: list[SideRow] = []
        self.nodes: list[View] = [View(self, "n1")]
        self.register: Register | None = None
        self.watched: tuple[WatchKey, ...] | None = None
        self.policy = MonitorPolicy()
        self.unread: frozenset[Contract] = frozenset()
        self.bundle = bundle_of()
        self._settle()

    # -- the chain

    def mine(self, *entries: Entry | Foreign) -> None:
        """Mine one block with these events; place and number are given to them here."""
        self.clock.advance(timedelta(seconds=5))
        number = len(self.blocks)
        name = BlockHash(sha256(f"block {number}".encode()).digest())
        block = Block(number, name, self.clock.now().replace(microsecond=0))
        self.blocks.append(block)
        for log_index, entry in enumerate(entries):
            at = Place(number, name, block.time, Digest(name), log_index)
            if isinstance(entry, Foreign):
                self.events.append(replace(entry, at=at))
                continue
            placed = replace(entry, at=at, sequence=self.replay.sequence + 1)
            self.events.append(placed)
            self.replay.apply(placed)
            if isinstance(placed, Anchored):
                self.batches.append(placed)
        self.heads[number] = (self.replay.sequence, self.replay.head)

    def emit(self, kind: type[Any], **fields: object) -> None:
        """Mine one event; what is not named has a usual value."""
        usual: dict[str, Any] = {"at": NOWHERE, "sequence": 0, "account": ADMIN}
        if "authority" in kind.__dataclass_fields__:
            usual["authority"] = AUTHORITY
        self.mine(kind(**(usual | fields)))

    def anchor(
        self, *items: AnchorItem, account: Address = ANCHOR, manifest: bool = True
    ) -> Anchored:
        """Anchor a batch, and publish its manifest unless it is withheld."""
        frozen = freeze(BatchId("b"), REGISTRY, AUTHORITY, items, hmac_key=HMAC_KEY)
        if manifest:
            self.public.manifests[frozen.batch.manifest] = frozen.manifest
        batch = frozen.batch
        self.emit(
            Anchored,
            account=account,
            root=batch.root,
            size=batch.size,
            manifest=batch.manifest,
        )
        return self.batches[-1]

    def set_status(self, word: StatusWord, *indices: int) -> None:
        """Change statuses on the chain."""
        changes = changes_of(StatusIndex(index) for index in indices)
        self.emit(
            StatusChanged,
            account=PROPOSE,
            status=int(word),
            changes=changes,
            decision=Digest(bytes(32)),
        )

    # -- what is published

    def log(self) -> None:
        """Append what is anchored and publish a cosigned checkpoint."""
        known = set(self.public.entries_)
        fresh = [record_bytes(record_of(batch)) for batch in self.batches]
        self.public.entries_ += [each for each in fresh if each not in known]
        self.checkpoint()

    def checkpoint(self, witnesses: Sequence[str] = WITNESSES) -> None:
        """Publish a checkpoint over the entries."""
        tree = Tree([leaf_hash(each) for each in self.public.entries_])
        said = Checkpoint(log_origin(REGISTRY, AUTHORITY), tree.size, tree.root)
        signed = checkpoints.sign(said, LOG_KEY, ed25519("log").sign)
        lines = [
            checkpoints.cosign(
                said, WitnessKey(name, public(name)), self.clock.now(), ed25519(name).sign
            )
            for name in witnesses
        ]
        self.public.note = checkpoints.encode(checkpoints.with_cosignatures(signed, lines))

    def decide(self, word: StatusWord, index: int, document_no: str = "辽应急〔2026〕1号") -> None:
        """Write a decision into the side list that is published next."""
        now = self.clock.now().replace(microsecond=0)
        row = SideRow(StatusIndex(index), word, date(2026, 1, 1), None, now, document_no, "")
        self.side.append(row)

    def publish(self, words: dict[int, StatusWord] | None = None) -> None:
        """Publish lists: as the chain is, unless other words are given."""
        now = self.clock.now().replace(microsecond=0)
        name = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
        said = self._words() if words is None else words
        shown = status_list.make_list(
            name, {StatusIndex(index): word for index, word in said.items()}, issued_at=now
        )
        key = {"kid": status_keys.KID, "sign": status_keys.SIGN}
        packed = status_list.encode_cwt(shown, **key)  # type: ignore[arg-type]
        side = side_list.make_side_list(
            name,
            self.side,
            sequence=int(now.timestamp()),
            issued_at=now,
            expires_at=shown.expires_at,
            list_digest=Digest(sha256(packed).digest()),
        )
        self.lists.status, self.lists.side = packed, side_list.encode(side, **key)  # type: ignore[arg-type]

    def tidy(self) -> None:
        """Do all that an honest authority does after each change."""
        self.log()
        self.publish()

    # -- the monitor

    @contextmanager
    def memory(self) -> Iterator[SqliteMemory]:
        """Open the state file, as a new process does."""
        memory = SqliteMemory(self.state, REGISTRY, fast_keccak, durable=False)
        try:
            yield memory
        finally:
            memory.close()

    def look(self, wrap: Callable[[SqliteMemory], Any] = lambda memory: memory) -> Outcome:
        """Run one pass, as a new process; `wrap` may put something around its memory."""
        with self.memory() as memory:
            return run_pass(
                Means(
                    bundle=self.bundle,
                    registry=self.bundle.registries[0],
                    nodes=self,
                    memory=wrap(memory),
                    clock=self.clock,
                    keccak=fast_keccak,
                    public=self.public,
                    lists=self.lists,
                    register=self.register,
                    watched=self.watched,
                    policy=self.policy,
                    unread=self.unread,
                )
            )

    def codes(self) -> list[Code]:
        """Run one pass and return the codes of the open alarms, each once."""
        return sorted({kept.alarm.code for kept in self.look().open})

    def later(self, **time: float) -> None:
        """Let time pass; the lists are renewed meanwhile."""
        self.clock.advance(timedelta(**time))

    def _settle(self) -> None:
        self.emit(Administration, what="grantRole", subject=bytes(32), value=1)
        self.emit(AuthorityRegistered, daily_cap=100)
        self.emit(AccountSet, subject=ANCHOR, rights=Right.ANCHOR)
        self.emit(AccountSet, subject=PROPOSE, rights=Right.PROPOSE)
        self.publish()

    def _words(self) -> dict[int, StatusWord]:
        return {
            index: word
            for index in range(128)
            if (word := self.replay.status_of(AUTHORITY, StatusIndex(index))) is not StatusWord.NONE
        }

    def views(self, contract: Contract) -> "Sequence[View]":
        """Return the nodes; so that this conforms to `anchor.monitor.ports.Nodes`."""
        return self.nodes if contract == CONTRACT else ()


def honest_world(folder: Path) -> World:
    """Return a world in which an honest authority has anchored something."""
    world = World(folder)
    world.anchor(item(1, 1), item(2, 2))
    world.tidy()
    assert world.codes() == []
    return world


NOWHERE = Place(0, BlockHash(bytes(32)), datetime(2026, 1, 1, tzinfo=UTC), Digest(bytes(32)), 0)


def record_of(batch: Anchored) -> BatchRecord:
    """Return the log's record of a batch."""
    at = batch.at
    return BatchRecord(
        registry=REGISTRY,
        authority=batch.authority,
        chain_id=CONTRACT.chain_id,
        contract=CONTRACT.address,
        root=batch.root,
        size=batch.size,
        manifest=batch.manifest,
        sequence=batch.sequence,
        block_number=at.block_number,
        block_hash=at.block_hash,
        block_time=at.block_time,
    )


class View:
    """One node; each member can be made to lie."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.away: set[str] = set()
        self.wrong = False
        self.hidden: set[int] = set()
        self.other_blocks: dict[int, BlockHash] = {}
        self.behind = 0
        self.asked: list[tuple[int, int]] = []

    def check(self) -> None:
        self._answer("check")
        if self.wrong:
            raise AnzhengError(Code.CHAIN_WRONG, "another chain")

    def final_height(self) -> int:
        self._answer("final_height")
        return len(self.world.blocks) - 1 - self.behind

    def block(self, height: int) -> Block | None:
        self._answer("block")
        if height > self.final_height():
            return None
        block = self.world.blocks[height]
        return replace(block, hash=self.other_blocks.get(height, block.hash))

    def head(self, at: int) -> tuple[int, Digest]:
        self._answer("head")
        return self.world.heads[at]

    def ranges(self, first: int, last: int) -> Iterator[EventRange]:
        self._answer("ranges")
        self.asked.append((first, last))
        for at in range(first, last + 1):
            found = [event for event in self.world.events if event.at.block_number == at]
            kept = [each for each in found if getattr(each, "sequence", 0) not in self.hidden]
            yield EventRange(at, at, tuple(kept))

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        del keys
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no state in memory", block=at)

    def _answer(self, what: str) -> None:
        if what in self.away:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node does not answer")


class MemoryLog:
    """A public log that says whatever it is told; conforms to `PublicLog`."""

    def __init__(self) -> None:
        self.note: bytes | None = None
        self.entries_: list[bytes] = []
        self.manifests: dict[ManifestDigest, bytes] = {}
        self.away = False

    def checkpoint(self, origin: str) -> bytes | None:
        self._answer()
        return self.note if origin == log_origin(REGISTRY, AUTHORITY) else None

    def entries(self, origin: str, size: int, *, start: int = 0) -> tuple[bytes, ...]:
        del origin
        self._answer()
        return tuple(self.entries_[start:size])

    def manifest(
        self, registry: RegistryId, authority: AuthorityId, digest: ManifestDigest
    ) -> bytes | None:
        del registry, authority
        self._answer()
        data = self.manifests.get(digest)
        if data is not None and manifests.digest(data) != digest:
            raise AnzhengError(Code.MANIFEST_SYNTAX, "another manifest stands there")
        return data

    def _answer(self) -> None:
        if self.away:
            raise AnzhengError(Code.NOT_CHECKED, "the server was not reached")


class MemoryLists:
    """Published lists of one shard; conforms to `anchor.monitor.ports.Lists`."""

    def __init__(self) -> None:
        self.status: bytes | None = None
        self.side: bytes | None = None

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        del registry, authority
        return None if shard else self.status

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        del registry, authority
        return None if shard else self.side

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        del registry, authority, digest
        return None


class Register:
    """The authority's own register; conforms to `anchor.monitor.ports.Register`."""

    def __init__(self, facts: RegisterFacts) -> None:
        self.known = facts

    def facts(self, registry: RegistryId) -> RegisterFacts:
        del registry
        return self.known


def bundle_of(account: Address = ANCHOR) -> TrustBundle:
    """Return a bundle of one authority that anchors from this account."""
    authority = Authority(
        id=AUTHORITY,
        name="某市应急管理局(示例)",
        licence_types=("safety-production",),
        industries=("WH",),
        regions=(),
        valid_from=date(2020, 1, 1),
        valid_to=None,
        accounts=(account,),
        log_key=LogKey(LOG_KEY.name, LOG_KEY.public),
        status_keys=(status_keys.KEY,),
        qr_keys=(),
        holder_ca=None,
        list_base_uri=BASE_URI,
        shards=1,
    )
    registry = Registry(
        id=REGISTRY,
        contracts=(CONTRACT,),
        witnesses=tuple(Witness(name, public(name), from_block=0) for name in WITNESSES),
        witness_threshold=2,
    )
    return TrustBundle(
        version=1,
        environment=Environment.TEST,
        issued_at=datetime(2026, 11, 21, tzinfo=UTC),
        roots=(),
        policies=(),
        tsa_roots=(),
        withdrawn=(),
        registries=(registry,),
        authorities=(authority,),
    )
