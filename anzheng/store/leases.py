"""One writer for a thing at a time, with fencing tokens.

The time-out only decides when another may take over; whose clock was right does not matter, for
what a writer stores is stored only if its fence is still the newest (`require`, in the same
transaction).
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update

from anchor.ports import Lease
from anzheng.store.tables import leases
from anzheng.store.times import from_text, to_text
from licence.errors import AnzhengError, Code

LONGEST: Final = timedelta(hours=1)
"""A lease that seems to last longer was taken under a clock that was wrong, and binds nobody."""


class Leases:
    """Repository of leases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, holder: str, now: datetime, seconds: int) -> Lease:
        """Take what is free, or prolong what is ours.

        Args:
            name: What is to be written by one only.
            holder: Who asks; no two processes have the same name.
            now: The time.
            seconds: How long it is held without being prolonged.

        Returns:
            The lease; its fence is the same as long as nobody else had it in between.

        Raises:
            AnzhengError: LEASE_LOST while somebody else has it; fact `until`.
        """
        found = self._find(name)
        until = now + min(timedelta(seconds=seconds), LONGEST)
        if found is None:
            lease = Lease(name, holder, 1, until)
            self._connection.execute(insert(leases).values(**_values(lease)))
            return lease
        if found.holder != holder and now < found.until <= now + LONGEST:
            raise AnzhengError(
                Code.LEASE_LOST,
                f"{found.holder} writes for {name}",
                until=to_text(found.until),
            )
        fence = found.fence if found.holder == holder else found.fence + 1
        lease = Lease(name, holder, fence, until)
        taken = self._connection.execute(
            update(leases)
            .where((leases.c.name == name) & (leases.c.fence == found.fence))
            .values(**_values(lease))
        ).rowcount
        if taken != 1:
            raise AnzhengError(Code.LEASE_LOST, f"another one was quicker to write for {name}")
        return lease

    def require(self, lease: Lease) -> None:
        """Refuse to go on in this transaction unless the lease is still the newest.

        Nobody takes it until the transaction is over.

        Raises:
            AnzhengError: LEASE_LOST.
        """
        found = self._find(lease.name, locked=True)
        if found is None or (found.holder, found.fence) != (lease.holder, lease.fence):
            raise AnzhengError(Code.LEASE_LOST, f"another one writes for {lease.name} now")

    def release(self, lease: Lease) -> None:
        """Let the next one take it at once; a lease that was lost already stays as it is."""
        self._connection.execute(
            update(leases)
            .where(
                (leases.c.name == lease.name)
                & (leases.c.holder == lease.holder)
                & (leases.c.fence == lease.fence)
            )
            # The row stays: the next fence must be higher.
            .values(holder="", until=to_text(lease.until - LONGEST))
        )

    def _find(self, name: str, *, locked: bool = False) -> Lease | None:
        asked = select(leases.c.name, leases.c.holder, leases.c.fence, leases.c.until).where(
            leases.c.name == name
        )
        # SQLite locks the whole database from the beginning of a writing transaction.
        row = self._connection.execute(asked.with_for_update() if locked else asked).one_or_none()
        return None if row is None else Lease(row[0], row[1], row[2], from_text(row[3]))


def _values(lease: Lease) -> dict[str, object]:
    return {
        "name": lease.name,
        "holder": lease.holder,
        "fence": lease.fence,
        "until": to_text(lease.until),
    }
