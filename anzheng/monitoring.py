"""Wires the monitor: trust folder, nodes, public log, state file; and the own register, if wanted.

Nothing here needs the authority's keys or, but for the register, its database: another body runs it
with a copy of the trust folder, a node of its own and the address of the public log.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from anchor.chain.artifact import artifact_of, load_artifact
from anchor.chain.events import fast_keccak
from anchor.chain.node import Node
from anchor.chain.view import EvmNodes
from anchor.finality import parse as parse_finality
from anchor.monitor import watch
from anchor.monitor.alarms import MonitorPolicy
from anchor.monitor.findings import Means, Outcome
from anchor.monitor.memory import SqliteMemory
from anchor.monitor.ports import Lists
from anchor.monitor.register_rules import BatchContent, Decided, RegisterFacts
from anchor.monitor.watchman import run_pass
from anchor.ports import BatchState
from anchor.public_log import LogFolder, PublicLog, TiledLog
from anzheng.devchain import DevChain
from anzheng.locking import alone
from anzheng.nodes import each_node
from anzheng.public_http import SCHEMES, open_public_log
from anzheng.settings import Settings
from anzheng.store.database import Store
from licence.domain.status import StatusEvent, StatusWord, counts_on, may_change
from licence.domain.validity import CHINA
from licence.errors import AnzhengError, Code
from licence.formats import trust_bundle
from licence.formats.limits import MAX_PDF_BYTES
from licence.formats.trust_types import Registry, TrustBundle
from licence.ids import AuthorityId, ChainId, RegistryId, StatusIndex
from licence.ports import Clock
from verifier import memory as memories
from verifier.trust import load_trust

OWN: str = "own"
"""As `--database`: that of the settings."""

_FINAL = frozenset({BatchState.FINAL, BatchState.LOGGED, BatchState.COSIGNED, BatchState.DONE})


@dataclass(frozen=True, slots=True)
class MonitorOptions:
    """What the command line asks for; what is empty comes from the settings.

    Attributes:
        trust: Trust folder, or a trust bundle alone (a file): then no lists are compared.
        state: State file.
        rpc: Addresses of nodes.
        log: Folder or URL of the public logs; empty leaves manifests and logs out.
        database: URL of the authority's own database, `own` for that of the settings.
        registry: Which registry of the bundle; its only one unless named.
        finality: When a block counts as final.
        watch: Watch file.
        policy: How much time others have.
    """

    trust: Path
    state: Path
    rpc: tuple[str, ...] = ()
    log: str = ""
    database: str = ""
    registry: str = ""
    finality: str = "qbft"
    watch: Path | None = None
    policy: MonitorPolicy = field(default_factory=MonitorPolicy)


@dataclass(frozen=True, slots=True)
class Watchman:
    """An opened monitor: `look` is one pass."""

    options: MonitorOptions
    clock: Clock
    nodes: tuple[tuple[str, Node], ...]
    public: PublicLog | None
    store: Store | None

    def look(self) -> Outcome:
        """Run one pass; trust folder and watch file are read anew each time.

        Raises:
            AnzhengError: When the trust folder is refused, or nothing can be remembered.
        """
        options, now = self.options, self.clock.now()
        bundle, lists = read_trust(options.trust, options.state, now)
        registry = choose_registry(bundle, options.registry)
        watched = None if options.watch is None else watch.decode(_read(options.watch))
        memory = SqliteMemory(options.state, registry.id, fast_keccak)
        try:
            return run_pass(
                Means(
                    bundle=bundle,
                    registry=registry,
                    nodes=self._views(registry),
                    memory=memory,
                    clock=self.clock,
                    keccak=fast_keccak,
                    public=self.public,
                    lists=lists,
                    register=None if self.store is None else SqlRegister(self.store, bundle, now),
                    watched=watched,
                    policy=options.policy,
                    unread=frozenset(
                        each
                        for each in registry.contracts
                        if artifact_of(each.code_hash).takes_pairs
                    ),
                )
            )
        finally:
            memory.close()

    def _views(self, registry: Registry) -> EvmNodes:
        chains = {contract.chain_id for contract in registry.contracts}
        finality = parse_finality(self.options.finality)
        return EvmNodes(chains, self.nodes, load_artifact(), finality)


@contextmanager
def open_watchman(settings: Settings, options: MonitorOptions, clock: Clock) -> Iterator[Watchman]:
    """Open a monitor; one process at a time has a state file.

    Raises:
        AnzhengError: CONFLICT, SETTINGS_INVALID, REQUEST_INVALID, TOOL_MISSING.
    """
    with ExitStack() as stack:
        lock = options.state.with_name(options.state.name + ".lock")
        stack.enter_context(alone(lock, "watches with this state file"))
        nodes = tuple(_nodes(settings, options, stack))
        for _, node in nodes:
            stack.callback(node.close)
        yield Watchman(
            options=options,
            clock=clock,
            nodes=nodes,
            public=open_log(options.log),
            store=_store(settings, options.database, stack),
        )


def read_trust(place: Path, state: Path, now: datetime) -> tuple[TrustBundle, Lists | None]:
    """Read the trust folder, or a bundle alone; going back to an older folder is refused.

    Raises:
        AnzhengError: TRUST_BUNDLE_REFUSED, NOT_FOUND.
    """
    if place.is_file():
        return trust_bundle.decode(_read(place)), None
    seen = state.with_name(state.name + ".trust")
    trust = load_trust(place, now=now, memory=memories.load(seen))
    memories.save(seen, trust.memory)
    return trust.bundle, trust


def choose_registry(bundle: TrustBundle, name: str) -> Registry:
    """Return the registry of this name, or the only one.

    Raises:
        AnzhengError: REGISTRY_UNKNOWN.
    """
    found = bundle.registry(name) if name else None
    if found is None and not name and len(bundle.registries) == 1:
        found = bundle.registries[0]
    if found is None:
        known = ", ".join(each.id for each in bundle.registries)
        raise AnzhengError(Code.REGISTRY_UNKNOWN, f"name one with --registry: {known}")
    return found


@dataclass(frozen=True, slots=True)
class SqlRegister:
    """The authority's own database; conforms to `anchor.monitor.ports.Register`.

    Args:
        store: The database; only read.
        bundle: Names the authorities.
        now: Decisions of later days are only announced.
    """

    store: Store
    bundle: TrustBundle
    now: datetime

    def facts(self, registry: RegistryId) -> RegisterFacts:
        """Return what the register has."""
        authorities = frozenset(authority.id for authority in self.bundle.authorities)
        known: dict[tuple[AuthorityId, StatusIndex], Decided] = {}
        with self.store.read() as unit:
            batches = unit.anchors.all_batches(registry)
            for authority in authorities:
                known |= self._decided(unit.status.of_authority(registry, authority))
        contents: dict[bool, set[BatchContent]] = {True: set(), False: set()}
        for batch in batches:
            content = (batch.authority, batch.root, batch.size, batch.manifest)
            contents[batch.state in _FINAL].add(content)
        return RegisterFacts(
            authorities, frozenset(contents[True]), frozenset(contents[False]), known
        )

    def _decided(
        self, events: tuple[StatusEvent, ...]
    ) -> dict[tuple[AuthorityId, StatusIndex], Decided]:
        by_index: dict[tuple[AuthorityId, StatusIndex], list[StatusEvent]] = {}
        for event in events:
            by_index.setdefault((event.authority, event.ref.index), []).append(event)
        today = self.now.astimezone(CHINA).date()
        return {key: decided(each, today) for key, each in by_index.items()}


def decided(events: Sequence[StatusEvent], today: date) -> Decided:
    """Return what the decisions about one licence, in their order, come to on the chain.

    The chain has the last word that may follow the one before it, so a cancellation 注销 stands
    there after a revocation 吊销, although the revocation goes on to count.
    """
    word, since = StatusWord.NONE, [event.decided_at for event in events][:1]
    for event in events:
        if counts_on(event, today) and may_change(word, event.new):
            word = event.new
            since.append(_since(event))
    return Decided(word, max(since), frozenset(event.new for event in events))


def _since(event: StatusEvent) -> datetime:
    begin = datetime.combine(event.effective_from, datetime.min.time(), CHINA)
    return event.decided_at if event.new is StatusWord.RESCINDED else max(event.decided_at, begin)


def _nodes(
    settings: Settings, options: MonitorOptions, stack: ExitStack
) -> Iterator[tuple[str, Node]]:
    seconds = settings.chain_timeout_seconds
    if options.rpc:
        for url in options.rpc:
            node = Node(url, timeout_seconds=seconds)
            yield node.name, node
    elif settings.chain_node or settings.chain_rpc_url:
        for node in each_node(settings):
            yield node.name, node
    elif settings.chain_devnet:
        chain = DevChain(settings.data_dir / "chain", ChainId(settings.chain_id))
        chain.start()
        stack.callback(chain.stop)
        yield "devnet", Node(chain.url, name="devnet", timeout_seconds=seconds)
    else:
        raise AnzhengError(Code.SETTINGS_INVALID, "name a node with --rpc")


def open_log(place: str) -> PublicLog | None:
    """Return the public log that was named; None if none was.

    A folder that is not there is no empty log: until it is, nothing can be looked at.
    """
    if not place:
        return None
    folder = Path(place)
    if place.startswith(SCHEMES) or folder.is_dir():
        return open_public_log(place)

    def read(path: str, max_bytes: int) -> bytes | None:
        if not folder.is_dir():
            raise AnzhengError(Code.NOT_CHECKED, f"there is no folder {place} with public logs")
        return LogFolder(folder).read(path, max_bytes)

    return TiledLog(read)


def _store(settings: Settings, database: str, stack: ExitStack) -> Store | None:
    if not database:
        return None
    store = Store(settings.database if database == OWN else database, read_only=True)
    stack.callback(store.close)
    return store


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_PDF_BYTES)
    except OSError as error:
        raise AnzhengError(Code.NOT_FOUND, f"{path} cannot be read: {error.strerror}") from error
