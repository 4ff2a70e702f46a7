"""What reconciling one authority needs."""

from dataclasses import dataclass
from pathlib import Path

from anchor.public_log import LogPublisher, PublicLog
from anzheng.files import FolderFileStore
from anzheng.flows.found_certificates import FoundCertificate
from anzheng.flows.reconcile_read import ChainTruth
from anzheng.store.database import Store
from licence.formats.checkpoint import LogKey
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId, RegistryId
from licence.ports import Clock
from signer.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Case:
    """One authority whose database is brought back.

    Attributes:
        registry: Registry.
        authority: Whose database.
        truth: What the chain has.
        store: The database.
        files: Signed files.
        ledger: The signer's.
        clock: Tells the time.
        hmac_key: Hides numbers in the manifests.
        officers: Who may decide.
        origin: Origin of the log.
        log_key: Its key.
        public: Where log and manifests are read.
        publisher: Where they are kept.
        copies: Folder of signed files that holders or archives gave back.
        decisions: Signed decisions that the officers kept.
        certificates: Holders' certificates that the CA has noted.
    """

    registry: RegistryId
    authority: AuthorityId
    truth: ChainTruth
    store: Store
    files: FolderFileStore
    ledger: Ledger
    clock: Clock
    hmac_key: bytes
    officers: tuple[PinnedOfficer, ...]
    origin: str
    log_key: LogKey
    public: PublicLog
    publisher: LogPublisher
    copies: Path | None = None
    decisions: tuple[bytes, ...] = ()
    certificates: tuple[FoundCertificate, ...] = ()
