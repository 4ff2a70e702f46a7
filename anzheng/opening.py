"""Opens the office of an authority: its keys, accounts and stores become working objects."""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from anchor.chain.account import EvmAccount
from anchor.chain.evm import EvmChain
from anchor.confirmer import Confirmer
from anchor.log import AuthorityLog, LogIdentity
from anchor.ports import CheckpointWitness, EvidenceJudge, TransactionStore
from anchor.public_log import LogFolder
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from anchor.start_checks import ChainWatch
from anchor.status_writer import StatusWriter
from anchor.witness import Witness
from anzheng import keyring as keyrings
from anzheng.alarms import StandingAlarms
from anzheng.chain_truth import check_chain
from anzheng.estate import AuthorityEntry, Estate
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.offices import BatchSigner, Office
from anzheng.flows.reconcile_guard import IssueGuard, check_local
from anzheng.key_book import KeyState
from anzheng.keyring import KeyRing
from anzheng.licence_signers import LockedSigner, licence_signer, signing_key
from anzheng.nodes import fee_policy, watch_rules
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.witness_http import HttpWitness
from anzheng.witnesses import FileWitnessStore
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.evidence import log_origin
from licence.ids import AuthorityId, RegistryId
from licence.ports import Clock, Entropy
from signer.certificate_register import CertificateRegister
from signer.issue import IssuePolicy, Signer
from signer.ledger import Ledger
from signer.press import Presses

SIGNER_AGE = timedelta(hours=1)
"""Revocation data that goes into the files is at most so old."""

REFUSALS = 3
"""A call is parked when the contract refuses it in so many passes: a node may be behind."""

HOST_CHARACTERS = 40
"""So much of this machine's name goes into the name of a writer."""

TEST_NODES = ("anvil", "ganache", "hardhat")
"""How nodes that keep no real chain call themselves."""

_KEY_IS_AWAY = frozenset({Code.KEY_LOCKED, Code.KEY_URI, Code.TOOL_MISSING})


@dataclass(frozen=True, slots=True)
class Means:
    """What all offices of an installation share."""

    settings: Settings
    estate: Estate
    ring: KeyRing
    store: Store
    confirmer_store: SqlAnchorStore
    chain: EvmChain
    press: Presses
    register: CertificateRegister
    judge: EvidenceJudge
    clock: Clock
    entropy: Entropy

    @property
    def keys(self) -> KeyOffice:
        """Which keys there are, and what opens them."""
        return KeyOffice(
            settings=self.settings,
            estate=self.estate,
            ring=self.ring,
            register=self.register,
            clock=self.clock,
            entropy=self.entropy,
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    """An office, and what its signer was made from."""

    office: Office
    key: str
    signer_since: datetime


@dataclass(slots=True)
class EstateOffices:
    """Opens offices, once each; conforms to `flows.offices.Offices`.

    The signer of an office is made anew when another key is to sign, and for fresh revocation data.
    """

    means: Means
    _opened: dict[AuthorityId, _Opened] = field(default_factory=dict)

    def open(self, authority: AuthorityId) -> Office:
        """Return the office of an authority."""
        entry, now = self.means.estate.authority(authority), self.means.clock.now()
        key = signing_key(self.means.keys, entry.id, now)
        known = self._opened.get(authority)
        if known is None:
            office = _open(self.means, entry, key)
        elif key is None or known.key != key.name or now - known.signer_since > SIGNER_AGE:
            signer = _signer(self.means, entry, known.office.ledger, key)
            office = replace(known.office, signer=signer)
        else:
            return known.office
        # Whatever keeps a key from signing may be over the next time.
        works = key is not None and not isinstance(office.signer, LockedSigner)
        name = key.name if key is not None and works else ""
        self._opened[authority] = _Opened(office, name, now)
        return office

    def close(self) -> None:
        """Close what the offices hold open."""
        for opened in self._opened.values():
            opened.office.ledger.close()
        self._opened.clear()


def refuse_test_node(client: str) -> None:
    """Refuse a node that is made for tests, whatever chain id it claims.

    Raises:
        AnzhengError: SETTINGS_UNSAFE.
    """
    if client.lower().startswith(TEST_NODES):
        raise AnzhengError(
            Code.SETTINGS_UNSAFE,
            "production refuses a test chain: chain_rpc_url leads to a node made for tests",
            fields="chain_rpc_url",
            client=client[:40],
        )


def refuse_mismatch(settings: Settings, estate: Estate) -> None:
    """Refuse settings that are not those of the data folder.

    Raises:
        AnzhengError: SETTINGS_INVALID, SETTINGS_UNSAFE.
    """
    if settings.registry != estate.registry or settings.chain_id != estate.chain_id:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "registry or chain_id are not those with which this data folder was set up",
        )
    if settings.environment is Environment.PRODUCTION and estate.test_chain:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE, "a production setting refuses authorities on a test chain"
        )


def _check_node(means: Means) -> None:
    if means.settings.environment is not Environment.PRODUCTION:
        return
    # Without a node nothing is written; signing goes on until there is one.
    with _unless_unavailable():
        for client in means.chain.node.each("web3_clientVersion"):
            refuse_test_node(str(client))


@contextmanager
def _unless_unavailable() -> Iterator[None]:
    """Go on when the node does not answer."""
    try:
        yield
    except AnzhengError as error:
        if error.code is not Code.CHAIN_UNAVAILABLE:
            raise


def _open(means: Means, entry: AuthorityEntry, key: KeyState | None) -> Office:
    _check_node(means)
    folder = means.settings.data_dir / "signer"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(folder / f"{entry.id}.sqlite3")
    store = SqlAnchorStore(means.store)
    stores = (store, means.confirmer_store)
    return Office(
        authority=entry.id,
        registry=means.estate.registry,
        signer=_signer(means, entry, ledger, key),
        ledger=ledger,
        anchorer=_anchorer(means, entry, store),
        status_writer=StatusWriter(
            means.chain, open_sender(means, entry.id, "propose", store), entry.id
        ),
        confirmer=_confirmer(means, entry),
        hmac_key=means.ring.open(keyrings.manifest_key(entry.id)).secret,
        set_aside=lambda decision: sum(each.set_aside(decision) for each in stores),
        demand=lambda: _demand(means, entry.id, ledger),
    )


def issue_guard(settings: Settings, ring: KeyRing) -> IssueGuard:
    """Return what refuses to give out numbers and indexes from a database that was put back."""
    return IssueGuard(
        RegistryId(settings.registry),
        public_folder(settings.data_dir).reader,
        settings.data_dir / "signer",
        lambda authority: ring.open(keyrings.manifest_key(authority)).secret,
    )


def _demand(means: Means, authority: AuthorityId, ledger: Ledger) -> None:
    public = public_folder(means.settings.data_dir).reader
    with means.store.read() as unit:
        check_local(unit, public, ledger.newest(authority), means.estate.registry, authority)
    ask_chain(means, authority)


def ask_chain(means: Means, authority: AuthorityId) -> None:
    """Refuse a database that the chain shows to be old; go on while no node answers.

    Raises:
        AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED.
    """
    with _unless_unavailable():
        check_chain(means.store, means.estate, means.chain, authority)


def _signer(
    means: Means, entry: AuthorityEntry, ledger: Ledger, key: KeyState | None
) -> BatchSigner:
    policy = IssuePolicy(
        entry.pinned_officers,
        means.settings.release_daily_cap,
        second_reader_every=means.settings.second_reader_every,
    )
    if key is None:
        return LockedSigner(AnzhengError(Code.KEY_LOCKED, f"no licence key of {entry.id} may sign"))
    try:
        signer = licence_signer(means.keys, key)
    except AnzhengError as error:
        if error.code not in _KEY_IS_AWAY:
            raise
        return LockedSigner(error)
    return Signer(signer, press=means.press, ledger=ledger, policy=policy, clock=means.clock)


def _anchorer(means: Means, entry: AuthorityEntry, store: SqlAnchorStore) -> Anchorer:
    key = means.ring.open(keyrings.log_key(entry.id))
    identity = LogIdentity(
        means.estate.registry,
        entry.id,
        LogKey(log_origin(means.estate.registry, entry.id), key.public_raw),
    )
    log = AuthorityLog(
        identity,
        key.sign,
        store,
        _witnesses(means, identity),
        means.estate.witness_threshold,
        public=public_folder(means.settings.data_dir),
        believed=means.estate.believes,
    )
    sender = open_sender(means, entry.id, "anchor", store)
    kind = means.settings.anchor_evidence
    return Anchorer(means.chain, sender, store, log, means.judge, kind)


def _witnesses(means: Means, log: LogIdentity) -> Sequence[CheckpointWitness]:
    """Return the witnesses that can be asked: those of others, and in a trial our own.

    A witness whose key lies here would cosign whatever we say: no production asks it.
    """
    far = {each.name: each for each in means.settings.witness}
    found: list[CheckpointWitness] = []
    for entry in means.estate.witnesses:
        key = WitnessKey(entry.name, entry.public_key)
        if entry.name in far:
            place = far[entry.name]
            found.append(HttpWitness(key, place.url, place.timeout_seconds))
        elif means.settings.environment is not Environment.PRODUCTION and means.ring.has(
            keyrings.witness_key(entry.name)
        ):
            sign = means.ring.open(keyrings.witness_key(entry.name)).sign
            memory = FileWitnessStore(_witness_folder(means.settings.data_dir, entry.name))
            found.append(Witness(key, sign, [(log.origin, log.key)], memory, means.clock))
    return tuple(found)


def public_folder(home: Path) -> LogFolder:
    """Return the transparency folder of an installation; it is served and copied as it lies."""
    return LogFolder(home / "public" / "log")


def _witness_folder(home: Path, name: str) -> Path:
    return home / "witnesses" / name


def _confirmer(means: Means, entry: AuthorityEntry) -> Confirmer:
    sender = open_sender(means, entry.id, "confirm", means.confirmer_store)
    return Confirmer(
        means.chain,
        sender,
        entry.id,
        entry.pinned_officers,
        means.clock,
        registry=means.estate.registry,
        proposers=(entry.propose_account,),
    )


def open_sender(means: Means, authority: AuthorityId, role: str, store: TransactionStore) -> Sender:
    """Return what sends from an account of an authority to the contract of `means`."""
    secret = means.ring.open(keyrings.account_key(authority, role)).secret
    # Accounts of a deputy say in whose name they act.
    principal = authority if means.estate.authority(authority).deputy else None
    account = EvmAccount(means.chain, secret, fee_policy(means.settings), principal=principal)
    alarms = StandingAlarms(means.store, means.clock)
    watch = ChainWatch(means.chain, means.clock, alarms, watch_rules(means.settings))
    policy = SendPolicy(
        resend_seconds=means.settings.chain_resend_seconds,
        lease_seconds=means.settings.lease_seconds,
        refusals=REFUSALS,
    )
    holder = _holder(means.entropy)
    return Sender(means.chain, account, store, means.clock, policy, holder, watch)


def _holder(entropy: Entropy) -> str:
    """Return a name that no other sender has, on this machine or another."""
    host = socket.gethostname()[:HOST_CHARACTERS]
    return f"{host}:{os.getpid()}:{entropy.bytes(8).hex()}"
