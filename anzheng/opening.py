"""Opens the office of an authority: its keys, accounts and stores become working objects."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anchor.chain.account import EvmAccount
from anchor.chain.evm import EvmChain
from anchor.confirmer import Confirmer
from anchor.log import AuthorityLog, LogIdentity
from anchor.ports import EvidenceJudge, TransactionStore
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from anchor.status_writer import StatusWriter
from anchor.witness import Witness
from anzheng import keyring as keyrings
from anzheng.estate import AuthorityEntry, Estate
from anzheng.flows.offices import Office
from anzheng.keyring import KeyRing
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from anzheng.timestamping import make_timestamper
from anzheng.witnesses import FileWitnessStore
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.evidence import log_origin
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId
from licence.ports import Clock, Entropy
from signer.authority_ca import CertificateAuthority
from signer.certificate_register import CertificateRegister
from signer.issue import IssuePolicy, Signer
from signer.ledger import Ledger
from signer.press import Presses
from signer.sign import LicenceSigner, RevocationData, SignerChain


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


@dataclass(slots=True)
class EstateOffices:
    """Opens offices, once each; conforms to `flows.offices.Offices`."""

    means: Means
    _opened: dict[AuthorityId, Office] = field(default_factory=dict)

    def open(self, authority: AuthorityId) -> Office:
        """Return the office of an authority."""
        if authority not in self._opened:
            self._opened[authority] = _open(self.means, self.means.estate.authority(authority))
        return self._opened[authority]

    def close(self) -> None:
        """Close what the offices hold open."""
        for office in self._opened.values():
            office.ledger.close()
        self._opened.clear()


TEST_NODES = ("anvil", "ganache", "hardhat")
"""How nodes that keep no real chain call themselves."""


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


def _check_node(means: Means) -> None:
    if means.settings.environment is not Environment.PRODUCTION:
        return
    # Without a node nothing is written; signing goes on until there is one.
    with _unless_unavailable():
        refuse_test_node(str(means.chain.node.ask("web3_clientVersion")))


@contextmanager
def _unless_unavailable() -> Iterator[None]:
    """Go on when the node does not answer."""
    try:
        yield
    except AnzhengError as error:
        if error.code is not Code.CHAIN_UNAVAILABLE:
            raise


def _open(means: Means, entry: AuthorityEntry) -> Office:
    _check_node(means)
    folder = means.settings.data_dir / "signer"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(folder / f"{entry.id}.sqlite3")
    store = SqlAnchorStore(means.store)
    stores = (store, means.confirmer_store)
    return Office(
        authority=entry.id,
        registry=means.estate.registry,
        signer=_signer(means, entry, ledger),
        ledger=ledger,
        anchorer=_anchorer(means, entry, store),
        status_writer=StatusWriter(
            means.chain, _sender(means, entry.id, "propose", store), entry.id
        ),
        confirmer=_confirmer(means, entry),
        hmac_key=means.ring.open(keyrings.manifest_key(entry.id)).secret,
        set_aside=lambda decision: sum(each.set_aside(decision) for each in stores),
    )


def certificate_authority(means: Means, name: str) -> CertificateAuthority:
    """Open one of the CAs of the installation."""
    return CertificateAuthority(
        means.ring.ca_key(name),
        means.ring.certificate(name),
        entropy=means.entropy,
        base_url=f"{means.settings.public_url}/pki/{name}",
    )


def _signer(means: Means, entry: AuthorityEntry, ledger: Ledger) -> Signer:
    policy = IssuePolicy(decision_officers(entry), means.settings.release_daily_cap)
    signer = _licence_signer(means, entry)
    return Signer(signer, press=means.press, ledger=ledger, policy=policy, clock=means.clock)


def _licence_signer(means: Means, entry: AuthorityEntry) -> LicenceSigner:
    padding = means.settings.signature_padding
    key = means.ring.signing_key(keyrings.signer_key(entry.id), padding)
    root, issuing = (certificate_authority(means, name) for name in ("root", "issuing"))
    now = means.clock.now()
    listed = means.register.next_list(root.certificate)
    revocation = RevocationData(
        crls=(root.crl(listed.revoked, now=now, number=listed.number),),
        ocsps=(
            issuing.ocsp_answer(
                key.certificate, means.register.revoked(issuing.certificate), now=now
            ),
        ),
    )
    return LicenceSigner(
        key,
        chain=SignerChain((issuing.certificate,), root.certificate),
        timestamper=make_timestamper(
            means.settings, means.ring, root.certificate, means.clock, means.entropy
        ),
        revocation=revocation,
        clock=means.clock,
        environment=means.settings.environment,
    )


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
    )
    sender = _sender(means, entry.id, "anchor", store)
    return Anchorer(means.chain, sender, store, log, means.judge)


def _witnesses(means: Means, log: LogIdentity) -> Sequence[Witness]:
    return tuple(
        Witness(
            WitnessKey(each.name, each.public_key),
            means.ring.open(keyrings.witness_key(each.name)).sign,
            [(log.origin, log.key)],
            FileWitnessStore(_witness_folder(means.settings.data_dir, each.name)),
            means.clock,
        )
        for each in means.estate.witnesses
    )


def _witness_folder(home: Path, name: str) -> Path:
    return home / "witnesses" / name


def decision_officers(entry: AuthorityEntry) -> tuple[PinnedOfficer, ...]:
    """Return the officers of an authority, who release and decide."""
    return tuple(
        PinnedOfficer(officer.id, entry.id, officer.public_key) for officer in entry.officers
    )


def _confirmer(means: Means, entry: AuthorityEntry) -> Confirmer:
    sender = _sender(means, entry.id, "confirm", means.confirmer_store)
    return Confirmer(
        means.chain,
        sender,
        entry.confirm_account,
        entry.id,
        decision_officers(entry),
        means.clock,
        registry=means.estate.registry,
    )


def _sender(means: Means, authority: AuthorityId, role: str, store: TransactionStore) -> Sender:
    secret = means.ring.open(keyrings.account_key(authority, role)).secret
    policy = SendPolicy(
        finality_depth=means.settings.chain_final_blocks,
        resend_seconds=means.settings.chain_resend_seconds,
    )
    return Sender(means.chain, EvmAccount(means.chain, secret), store, means.clock, policy)
