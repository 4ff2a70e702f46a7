"""Settings become objects here, and only here are concrete adapters named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from anchor import list_history
from anchor.chain.artifact import load_artifact
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.rpc import Rpc
from anchor.chain_words import ContractWords
from anchor.finality import parse as parse_finality
from anzheng import estate as estates
from anzheng import keyring as keyrings
from anzheng.alarms import StandingAlarms
from anzheng.api import ApiParts
from anzheng.checking import OwnChecker, OwnRegistry
from anzheng.clock import SystemClock, SystemEntropy
from anzheng.clock_guard import ClockGuard
from anzheng.clock_references import open_clock_guard
from anzheng.confirming import open_confirmer_store
from anzheng.contracts import EstateKeeper, handover, words_of
from anzheng.devchain import DevChain
from anzheng.estate import Estate
from anzheng.files import FolderFileStore
from anzheng.flows.claim import ClaimDesk
from anzheng.flows.data_codes import code_by_leaf
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.prepare import Preparer
from anzheng.flows.publish import ListDesk, RegistrySource, publish
from anzheng.flows.publish_pki import CertificatePublisher
from anzheng.flows.succession import Means as Handover
from anzheng.flows.trust import PUBLISH_LOCK, check_address, list_offices, make_bundle, repository
from anzheng.judge import BundleJudge
from anzheng.keyfiles import Key, open_key_file
from anzheng.keyring import KeyRing, open_keyring
from anzheng.nodes import contract_opener, first_url, open_nodes
from anzheng.opening import EstateOffices, Means, ask_chain, issue_guard
from anzheng.pki import CertificateDesk
from anzheng.quorum_reader import QuorumReader
from anzheng.roles import Role
from anzheng.senders import refuse_mismatch, refuse_own_chain
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.migrate import migrate
from anzheng.timestamping import time_sources
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Purpose
from licence.formats.officers import PinnedOfficer
from licence.formats.trust_types import TrustBundle
from licence.ids import AuthorityId, ChainId, OfficerId, RegistryId
from licence.ports import Clock, Entropy
from signer.authority_ca import CertificateAuthority
from signer.certificate_register import CertificateRegister
from signer.glyphs import missing_glyphs
from signer.press import Press, Presses, PressPool


@dataclass(frozen=True, slots=True)
class Base:
    """What exists before any authority does."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    store: Store
    files: FolderFileStore
    ring: KeyRing
    register: CertificateRegister
    dev_chain: DevChain | None

    @property
    def rpc_url(self) -> str:
        """Address of the first node that this installation speaks to."""
        return first_url(self.settings, self.dev_chain)

    def open_nodes(self) -> Rpc:
        """Open what asks the chain; the caller closes it."""
        alarms = StandingAlarms(self.store, self.clock)
        return open_nodes(self.settings, self.dev_chain, alarms)

    @property
    def trust_folder(self) -> Path:
        """Where the trust repository lies."""
        return self.settings.data_dir / "trust"

    def key_office(self) -> KeyOffice:
        """Return what key ceremonies work on."""
        return KeyOffice(
            settings=self.settings,
            estate=estates.load(self.settings.data_dir),
            ring=self.ring,
            register=self.register,
            clock=self.clock,
            entropy=self.entropy,
        )

    def preparer(self) -> Preparer:
        """Return what imports rosters."""
        return Preparer(
            self.store,
            self.clock,
            RegistryId(self.settings.registry),
            self.settings.environment,
            missing_glyphs,
            issue_guard(self.settings, self.ring),
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything, opened: what commands, API and worker run on."""

    base: Base
    estate: Estate
    bundle: TrustBundle
    chain: EvmChain
    offices: EstateOffices
    reader: QuorumReader
    certificates: CertificateDesk
    guard: ClockGuard
    certificate_publisher: CertificatePublisher
    words: tuple[ContractWords, ...]
    role: Role | None = None

    def publish_lists(self, *, every: bool = True) -> datetime:
        """Publish the status lists of all authorities, and what certificates point to.

        Args:
            every: Sign all lists now; else those that are due or say something else.

        Returns:
            When the next list is due, if nothing changes before.

        Raises:
            AnzhengError: CLOCK_WRONG; SETTINGS_INVALID for another public_url than verifiers are
                told; what `publish` raises.
        """
        self.guard.demand()
        base, settings = self.base, self.base.settings
        check_address(settings, base.trust_folder, now=base.clock.now())
        if self.role is None:
            self.publish_certificates()
        desk = ListDesk(
            base.store,
            base.clock,
            RegistrySource(base.store, self.words),
            list_offices(settings, self.estate, base.ring),
            repository(base.ring, base.trust_folder),
            lock=settings.data_dir / PUBLISH_LOCK,
        )
        return publish(desk, every=every).due_at

    def publish_certificates(self) -> None:
        """Publish what certificates point to; an alarm stands while that is not possible.

        A CA whose key is away for a while holds up no list: what was published lives for days.
        """
        alarms = StandingAlarms(self.base.store, self.base.clock)
        try:
            self.certificate_publisher.publish()
        except AnzhengError as error:
            alarms.rise("certificates", error.code, error.message)
        else:
            alarms.clear("certificates")

    def checker(self) -> OwnChecker:
        """Return what verifies files with this installation's own registry and chain."""
        base = self.base
        chain_id = self.estate.chain_id
        registry = OwnRegistry(base.store, base.trust_folder, self.reader, chain_id, base.clock)
        return OwnChecker(registry, base.clock)

    def api_parts(self) -> ApiParts:
        """Return what the HTTP API is made of."""
        base = self.base
        return ApiParts(
            store=base.store,
            clock=base.clock,
            trust_folder=base.trust_folder,
            log_folder=base.settings.public_folder / "log",
            older=list_history.find,
            verify=self.checker().verify,
            redeem=self.claim_desk().claim,
            data_code=code_by_leaf(base.key_office(), base.store),
            pings=(("database", self.ping_store), ("chain", self.chain.check)),
            waiting=self.waiting,
            certificates=self.certificates,
        )

    def handover(self, administrator: bytes) -> Handover:
        """Return what a change of contract needs."""
        base = self.base
        keeper = EstateKeeper(base.settings, base.ring, base.trust_folder, base.clock)
        return handover(self.offices.means, keeper, administrator)

    def officers(self, authority: AuthorityId) -> Sequence[PinnedOfficer]:
        """Return who may decide for an authority."""
        return self.estate.authority(authority).pinned_officers

    def waiting(self) -> Mapping[str, int]:
        """Count what waits for a person: decisions, and licences that are parked."""
        with self.base.store.read() as unit:
            return {
                "decisions": unit.status.count_parked(),
                "licences": unit.licences.counts().get(FlowState.PARKED, 0),
            }

    def new_offices(self) -> EstateOffices:
        """Return offices of the caller's own; it closes them."""
        return EstateOffices(self.offices.means)

    def ping_store(self) -> None:
        """Return when the database answers."""
        with self.base.store.read() as unit:
            unit.licences.counts()

    def _holder_ca(self) -> CertificateAuthority:
        keys = self.offices.means.keys
        return keys.open_ca(keys.book().active(Purpose.HOLDER_CA, None, self.base.clock.now()).name)

    def claim_desk(self) -> ClaimDesk:
        """Return what hands out and redeems claim codes."""
        base, guard = self.base, issue_guard(self.base.settings, self.base.ring)
        return ClaimDesk(
            store=base.store,
            files=base.files,
            clock=base.clock,
            entropy=base.entropy,
            holder_ca=self._holder_ca(),
            register=base.register,
            code_hours=base.settings.claim_code_hours,
            allow_rsa=base.settings.holder_rsa_keys,
            guard=replace(guard, demand_chain=partial(ask_chain, self.offices.means)),
        )


def open_store_base(settings: Settings) -> AbstractContextManager[Base]:
    """Open everything but the chain."""
    return open_base(settings, with_chain=False)


@contextmanager
def open_key_office(settings: Settings, clock: Clock | None = None) -> Iterator[KeyOffice]:
    """Open what key ceremonies need: no chain, no licences."""
    with open_base(settings, clock, with_chain=False) as base:
        yield base.key_office()


def officer_key(settings: Settings, officer: OfficerId, place: Path | None) -> Key:
    """Open an officer's key: the file named, or the one that a trial made for the officer.

    Raises:
        AnzhengError: SETTINGS_UNSAFE in production without a file: officers keep their own keys.
    """
    if place is None and settings.environment is Environment.PRODUCTION:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE, "production keeps no officer's key: name yours with --key"
        )
    ring = open_keyring(settings, SystemEntropy())
    if place is not None:
        return open_key_file(place, ring.secret)
    return ring.open(keyrings.officer_key(officer))


@contextmanager
def open_base(
    settings: Settings,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    *,
    with_chain: bool = True,
) -> Iterator[Base]:
    """Open database, files, keys and, in a trial, the chain; close them at the end."""
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    home = settings.data_dir
    home.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    with ExitStack() as stack:
        store = Store(settings.database)
        stack.callback(store.close)
        register = CertificateRegister(home / "certificates.sqlite3")
        stack.callback(register.close)
        yield Base(
            settings=settings,
            clock=clock,
            entropy=entropy,
            store=store,
            files=FolderFileStore(home / "files"),
            ring=open_keyring(settings, entropy),
            register=register,
            dev_chain=_dev_chain(settings, stack) if with_chain else None,
        )


@contextmanager
def open_installation(
    settings: Settings,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    role: Role | None = None,
) -> Iterator[Installation]:
    """Open an installation whose authorities are set up, or the part of it that a role has.

    Raises:
        AnzhengError: SETTINGS_INVALID for a role that would start a chain of its own.
    """
    if role is not None:
        refuse_own_chain(settings)
    with open_base(settings, clock, entropy) as base, attach(base, role) as installation:
        yield installation


@contextmanager
def attach(base: Base, role: Role | None = None) -> Iterator[Installation]:
    """Open the offices of an installation whose base is open.

    Raises:
        AnzhengError: SETTINGS_INVALID when no authority is set up, SETTINGS_UNSAFE when a test
            estate meets a production setting.
    """
    settings, estate = base.settings, estates.load(base.settings.data_dir)
    refuse_mismatch(settings, estate)
    now = base.clock.now()
    bundle = make_bundle(settings, estate, base.ring, version=1, now=now)
    node = base.open_nodes()
    contract = Contract(estate.chain_id, estate.contract, estate.from_block, estate.genesis)
    chain = EvmChain(node, contract, load_artifact(), parse_finality(settings.chain_finality))
    with ExitStack() as stack:
        stack.callback(node.close)
        means = Means(
            settings=settings,
            estate=estate,
            ring=base.ring,
            store=base.store,
            confirmer_store=cache(lambda: SqlAnchorStore(open_confirmer_store(settings, stack))),
            chain=chain,
            press=_press(settings, stack, role),
            register=base.register,
            judge=BundleJudge(bundle),
            clock=base.clock,
            entropy=base.entropy,
            role=role,
        )
        offices = EstateOffices(means)
        stack.callback(offices.close)
        reader = QuorumReader(contract_opener(chain))
        desk = _certificate_desk(base, means, stack)
        sources = partial(time_sources, settings, base.ring, base.clock, base.entropy)
        alarms = StandingAlarms(base.store, base.clock)
        guard = open_clock_guard(settings, sources, alarms, base.clock, chain, role)
        publisher = CertificatePublisher(desk, settings.public_folder / "pki", base.clock)
        yield Installation(
            base,
            estate,
            bundle,
            chain,
            offices,
            reader,
            desk,
            guard,
            publisher,
            words_of(estate, chain, base.store),
            role,
        )


def _certificate_desk(base: Base, means: Means, stack: ExitStack) -> CertificateDesk:
    # A handle of its own: it is asked by many threads, and has its own lock.
    register = CertificateRegister(base.settings.data_dir / "certificates.sqlite3")
    stack.callback(register.close)
    return CertificateDesk(base.ring, register, base.clock, means.keys.open_ca)


def _dev_chain(settings: Settings, stack: ExitStack) -> DevChain | None:
    if not settings.chain_devnet:
        return None
    chain = DevChain(settings.data_dir / "chain", ChainId(settings.chain_id))
    chain.start()
    stack.callback(chain.stop)
    return chain


def _press(settings: Settings, stack: ExitStack, role: Role | None) -> Callable[[], Presses]:
    """Return what opens the press; the processes of a pool are started before any thread is."""
    if settings.press_processes == 0 or role not in {None, Role.SIGNER}:
        return cache(lambda: Press(verify_base=settings.verify_base))
    pool = stack.enter_context(
        PressPool(verify_base=settings.verify_base, workers=settings.press_processes)
    )
    return lambda: pool
