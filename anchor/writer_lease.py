"""The right to send from an account alone, held for as long as it is used."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from anchor.ports import Lease, TransactionStore
from licence.errors import AnzhengError, Code
from licence.ids import Address
from licence.ports import Clock


class WriterLease:
    """Takes and prolongs the lease on one account.

    Args:
        store: Keeps the leases, and refuses what is saved under an old one.
        account: Which account.
        holder: Who we are; no two processes have the same name.
        clock: Tells the time.
        seconds: How long a lease lasts.
    """

    def __init__(
        self, store: TransactionStore, account: Address, holder: str, clock: Clock, seconds: int
    ) -> None:
        self._store = store
        self._name = f"account:{account.hex()}"
        self._holder = holder
        self._clock = clock
        self._seconds = seconds
        self._lease: Lease | None = None

    def hold(self) -> Lease:
        """Return the lease; it is written only when half of its time is over.

        Raises:
            AnzhengError: LEASE_LOST while another process has it.
        """
        now, whole = self._clock.now(), timedelta(seconds=self._seconds)
        lease = self._lease
        if lease is None or not whole / 2 < lease.until - now <= whole:
            # Forgotten first: what fails to be prolonged is not ours.
            self._lease = None
            lease = self._store.take_lease(self._name, self._holder, now, self._seconds)
            self._lease = lease
        return lease

    @contextmanager
    def writing(self) -> Iterator[Lease]:
        """Hold the lease for one save; one that was lost is forgotten at once."""
        try:
            yield self.hold()
        except AnzhengError as error:
            if error.code is Code.LEASE_LOST:
                self._lease = None
            raise

    def release(self) -> None:
        """Let another process have it, as soon as it likes."""
        lease, self._lease = self._lease, None
        if lease is not None:
            self._store.release_lease(lease)
