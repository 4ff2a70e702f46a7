"""Opens the office of an authority: its keys, accounts and stores become working objects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from anchor.confirmer import ConfirmedElsewhere
from anchor.log import AuthorityLog, LogIdentity
from anchor.ports import CheckpointWitness, EvidenceJudge
from anchor.public_log import LogFolder
from anchor.publish import Anchorer
from anchor.status_writer import StatusWriter
from anchor.witness import Witness
from anzheng import keyring as keyrings
from anzheng.chain_truth import check_chain
from anzheng.estate import AuthorityEntry
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.offices import BatchSigner, Confirms
from anzheng.flows.reconcile_guard import IssueGuard, check_local, newest_in
from anzheng.key_book import KeyState
from anzheng.keyring import KeyRing
from anzheng.licence_signers import LockedSigner, licence_signer, signing_key
from anzheng.roles import Role
from anzheng.senders import (
    ChainMeans,
    check_node,
    open_confirmer,
    open_sender,
    unless_unavailable,
)
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.witness_http import HttpWitness
from anzheng.witnesses import FileWitnessStore
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.evidence import log_origin
from licence.ids import AuthorityId, Digest, RegistryId
from signer.certificate_register import CertificateRegister
from signer.issue import IssuePolicy, Signer
from signer.ledger import Ledger
from signer.press import Presses

SIGNER_AGE = timedelta(hours=1)
"""Revocation data that goes into the files is at most so old."""

_KEY_IS_AWAY = frozenset({Code.KEY_LOCKED, Code.KEY_URI, Code.TOOL_MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Means(ChainMeans):
    """What all offices of an installation share.

    Attributes:
        confirmer_store: The confirmer's own memory; opened when something is to be confirmed.
        press: Renders; opened when something is to be rendered.
        register: What the CAs issued.
        judge: Judges fresh evidence.
        role: What this process is; none for all at once.
    """

    confirmer_store: Callable[[], SqlAnchorStore]
    press: Callable[[], Presses]
    register: CertificateRegister
    judge: EvidenceJudge
    role: Role | None = None

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
class _Signing:
    """A signer, and what it was made from."""

    signer: BatchSigner
    key: str
    since: datetime


class EstateOffice:
    """The office of an authority; conforms to `flows.offices.Office`.

    Keys are opened with the part that needs them, so that a process which has only some of the
    keys works. The signer is made anew when another key is to sign, and for fresh revocation data.

    Args:
        means: What all offices share.
        entry: Whose it is.
    """

    def __init__(self, means: Means, entry: AuthorityEntry) -> None:
        self._means = means
        self._entry = entry
        self._store = SqlAnchorStore(means.store)
        self._ledger: Ledger | None = None
        self._signing: _Signing | None = None

    @property
    def authority(self) -> AuthorityId:
        """Which authority."""
        return self._entry.id

    @property
    def registry(self) -> RegistryId:
        """Where its status is kept."""
        return self._means.estate.registry

    @property
    def ledger(self) -> Ledger:
        """The signer's memory."""
        if self._ledger is None:
            place = _ledger_file(self._means.settings, self._entry.id)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._ledger = Ledger(place)
        return self._ledger

    @property
    def signer(self) -> BatchSigner:
        """What signs now."""
        means, entry, known = self._means, self._entry, self._signing
        now = means.clock.now()
        key = signing_key(means.keys, entry.id, now)
        if known is None or key is None or known.key != key.name or now - known.since > SIGNER_AGE:
            signer = _signer(means, entry, self.ledger, key)
            # Whatever keeps a key from signing may be over the next time.
            works = key is not None and not isinstance(signer, LockedSigner)
            known = _Signing(signer, key.name if key is not None and works else "", now)
            self._signing = known
        return known.signer

    @cached_property
    def anchorer(self) -> Anchorer:
        """Brings batches onto the chain."""
        check_node(self._means)
        return _anchorer(self._means, self._entry, self._store)

    @cached_property
    def status_writer(self) -> StatusWriter:
        """Writes and proposes status."""
        check_node(self._means)
        sender = open_sender(self._means, self._entry.id, "propose", self._store)
        return StatusWriter(self._means.chain, sender, self._entry.id)

    @cached_property
    def confirmer(self) -> Confirms:
        """Confirms final status, or waits for the process that does."""
        check_node(self._means)
        if self._means.role is Role.ANCHOR:
            return ConfirmedElsewhere(self._means.chain, self._entry.confirm_account)
        return open_confirmer(self._means, self._entry, self._means.confirmer_store())

    @cached_property
    def hmac_key(self) -> bytes:
        """Hides numbers in manifests."""
        return self._means.ring.open(keyrings.manifest_key(self._entry.id)).secret

    def set_aside(self, decision: Digest) -> int:
        """Forget the parked transactions of a decision; another process forgets its own."""
        stores = [self._store]
        if self._means.role is None:
            stores.append(self._means.confirmer_store())
        return sum(each.set_aside(decision) for each in stores)

    def demand(self) -> None:
        """Refuse to issue while the database is older than ledger, public log or chain.

        Raises:
            AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED.
        """
        means, authority = self._means, self._entry.id
        newest = newest_in(_ledger_file(means.settings, authority), authority)
        public = public_folder(means.settings.data_dir).reader
        with means.store.read() as unit:
            check_local(unit, public, newest, means.estate.registry, authority)
        ask_chain(means, authority)

    def close(self) -> None:
        """Close what it holds open."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None


@dataclass(slots=True)
class EstateOffices:
    """Opens offices, once each; conforms to `flows.offices.Offices`."""

    means: Means
    _opened: dict[AuthorityId, EstateOffice] = field(default_factory=dict)

    def open(self, authority: AuthorityId) -> EstateOffice:
        """Return the office of an authority."""
        if authority not in self._opened:
            entry = self.means.estate.authority(authority)
            self._opened[authority] = EstateOffice(self.means, entry)
        return self._opened[authority]

    def close(self) -> None:
        """Close what the offices hold open."""
        for opened in self._opened.values():
            opened.close()
        self._opened.clear()


def _ledger_file(settings: Settings, authority: AuthorityId) -> Path:
    return settings.data_dir / "signer" / f"{authority}.sqlite3"


def issue_guard(settings: Settings, ring: KeyRing) -> IssueGuard:
    """Return what refuses to give out numbers and indexes from a database that was put back."""
    return IssueGuard(
        RegistryId(settings.registry),
        public_folder(settings.data_dir).reader,
        settings.data_dir / "signer",
        lambda authority: ring.open(keyrings.manifest_key(authority)).secret,
    )


def ask_chain(means: Means, authority: AuthorityId) -> None:
    """Refuse a database that the chain shows to be old; go on while no node answers.

    The signer's own process sees no chain: there the anchoring process asks, before it anchors.

    Raises:
        AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED.
    """
    if means.role is Role.SIGNER:
        return
    with unless_unavailable():
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
    return Signer(signer, press=means.press(), ledger=ledger, policy=policy, clock=means.clock)


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
