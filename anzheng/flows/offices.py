"""What the flows need of one authority: its signer, its anchorer, its status accounts, its CA."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from anchor.ports import Transaction
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


class Confirms(Protocol):
    """Confirms final status, or waits for another process that does."""

    def advance(self, data: bytes) -> Transaction:
        """Take the confirmation of an encoded decision as far as it goes now."""
        ...

    def release(self) -> None:
        """Let another process send from its account."""
        ...


class Office(Protocol):
    """The machinery of one authority; each part is opened when it is first asked for.

    A process that has not the keys of a part works as long as nobody asks for it.
    """

    @property
    def authority(self) -> AuthorityId:
        """Which authority."""
        ...

    @property
    def registry(self) -> RegistryId:
        """Where its status is kept."""
        ...

    @property
    def signer(self) -> BatchSigner:
        """Signs released batches."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The signer's memory, told what is stored for good."""
        ...

    @property
    def anchorer(self) -> Anchorer:
        """Brings batches onto the chain."""
        ...

    @property
    def status_writer(self) -> StatusWriter:
        """Writes and proposes status."""
        ...

    @property
    def confirmer(self) -> Confirms:
        """Confirms final status, from an account of its own."""
        ...

    @property
    def hmac_key(self) -> bytes:
        """Hides numbers in manifests."""
        ...

    def set_aside(self, decision: Digest) -> int:
        """Forget the parked transactions of a decision, so that new ones are made."""
        ...

    def demand(self) -> None:
        """Refuse to issue while the database is older than ledger or public log."""
        ...


class Offices(Protocol):
    """Opens offices, once each."""

    def open(self, authority: AuthorityId) -> Office:
        """Return the office of an authority; NOT_FOUND for one that is not served here."""
        ...
