"""What the flows need of one authority: its signer, its anchorer, its status accounts, its CA."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from anchor.confirmer import Confirmer
from anchor.publish import Anchorer
from anchor.status_writer import StatusWriter
from licence.ids import AuthorityId, Digest, RegistryId
from signer.issue import Parked
from signer.ledger import Ledger
from signer.sign import SignedLicence


class BatchSigner(Protocol):
    """Signs released batches, as `signer.issue.Signer` does."""

    def sign_batch(
        self,
        statement: bytes,
        licences: Sequence[bytes],
        *,
        on_parked: Callable[[Parked], None] | None = None,
    ) -> Iterator[SignedLicence]:
        """Sign a released batch; KEY_LOCKED while no key may sign."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """The machinery of one authority, opened.

    Args:
        authority: Which authority.
        registry: Where its status is kept.
        signer: Signs released batches.
        ledger: The signer's memory, told what is stored for good.
        anchorer: Brings batches onto the chain.
        status_writer: Writes and proposes status.
        confirmer: Confirms final status, from an account of its own.
        hmac_key: Hides numbers in manifests.
        set_aside: Forgets the parked transactions of a decision, so that new ones are made.
        demand: Refuses to issue while the database is older than ledger or public log.
    """

    authority: AuthorityId
    registry: RegistryId
    signer: BatchSigner
    ledger: Ledger
    anchorer: Anchorer
    status_writer: StatusWriter
    confirmer: Confirmer
    hmac_key: bytes
    set_aside: Callable[[Digest], int]
    demand: Callable[[], None] = lambda: None


class Offices(Protocol):
    """Opens offices, once each."""

    def open(self, authority: AuthorityId) -> Office:
        """Return the office of an authority; NOT_FOUND for one that is not served here."""
        ...
