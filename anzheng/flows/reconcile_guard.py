"""Nothing is issued while the database is older than what left it.

Everything is stored here before it leaves: a batch before it is sent, a decision before it is
written, a licence before the signer hears of it. So what chain, public log or ledger know and the
database does not means one thing: the database was put back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from anchor.events import Anchored, Confirmed, Event, Proposed, StatusChanged, Superseded
from anchor.public_log import PublicLog
from anzheng.flows.reconcile_read import Events, Place
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.store.recovery import ChainMark
from licence.domain.model import Draft
from licence.domain.problem import Problem
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats import manifest as manifests
from licence.formats.evidence import log_origin
from licence.ids import Address, AuthorityId, Digest, LicenceNo, RegistryId
from signer.ledger import Entry, Ledger

Owner = Callable[[Address], AuthorityId | None]
"""Tells for whom an account acts."""


def check_local(
    unit: Unit,
    public: PublicLog,
    newest: Entry | None,
    registry: RegistryId,
    authority: AuthorityId,
) -> None:
    """Refuse a database that is older than the public log here or the signer's ledger.

    Args:
        unit: The database.
        public: The public log of this installation.
        newest: What the ledger was asked last, if anything.
        registry: Registry.
        authority: Who wants to issue.

    Raises:
        AnzhengError: RECONCILE_NEEDED.
    """
    note = public.checkpoint(log_origin(registry, authority))
    if note is not None:
        published = checkpoints.parse(note).checkpoint.size
        if published > unit.recovery.log_size(registry, authority):
            raise _needed("the public log has batches that the database does not have")
    if newest is None:
        return
    index = newest.intent.status_index
    if not _knows(unit, newest) and not unit.recovery.is_reserved_index(registry, authority, index):
        raise _needed("the signer has signed what the database does not know")


def newest_in(ledger: Path, authority: AuthorityId) -> Entry | None:
    """Return what a ledger was asked last; None where there is no ledger."""
    if not ledger.is_file():
        return None
    opened = Ledger(ledger)
    try:
        return opened.newest(authority)
    finally:
        opened.close()


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """Compares the database with what the contract says of an authority.

    Args:
        store: The database.
        events: Reads the contract's events.
        owner: Tells whose an account is: what a deputy writes is the deputy's to know.
    """

    store: Store
    events: Events
    owner: Owner

    def demand(self, place: Place) -> None:
        """Refuse a database that does not know what its own accounts did.

        Only what is new since the last time is read.

        Raises:
            AnzhengError: RECONCILE_NEEDED; CHAIN_REORGANISED, when the chain has forgotten what it
                said; CHAIN_UNAVAILABLE.
        """
        if place.final < place.from_block:
            return
        sequence, head = self.events.head(place.final)
        with self.store.read() as unit:
            mark = unit.recovery.mark(place.registry, place.authority, place.contract)
        if mark is not None and (mark.sequence, mark.head) == (sequence, head):
            return
        if mark is not None and sequence <= mark.sequence:
            raise AnzhengError(Code.CHAIN_REORGANISED, "the contract's history went back")
        first = place.from_block if mark is None else mark.block_number + 1
        with self.store.read() as unit:
            for event in self._ours(first, place):
                if not self._is_known(unit, event, place):
                    raise _needed(
                        f"the chain has what the database does not know: entry {event.sequence}"
                    )
        now = ChainMark(
            place.registry, place.authority, place.contract, place.final, sequence, head
        )
        with self.store.write() as unit:
            unit.recovery.set_mark(now)

    def _ours(
        self, first: int, place: Place
    ) -> Iterator[Anchored | StatusChanged | Superseded | Confirmed]:
        owners: dict[Address, AuthorityId | None] = {}
        for event in self.events.events(first, place.final):
            if not isinstance(event, Anchored | StatusChanged | Superseded | Confirmed):
                continue
            if event.authority != place.authority:
                continue
            if event.account not in owners:
                owners[event.account] = self.owner(event.account)
            if owners[event.account] == place.authority:
                yield event

    def _is_known(self, unit: Unit, event: Event, place: Place) -> bool:
        if isinstance(event, Anchored):
            batch = unit.recovery.batch_id(place.registry, place.authority, event.manifest)
            return batch is not None
        if isinstance(event, StatusChanged | Superseded):
            return unit.recovery.knows_decision(event.decision)
        if isinstance(event, Confirmed):
            decision = self._decision(event, place)
            return decision is not None and unit.recovery.knows_decision(decision)
        return True

    def _decision(self, confirmed: Confirmed, place: Place) -> Digest | None:
        """Find the proposal that was confirmed; it may be days older."""
        found = None
        for event in self.events.events(place.from_block, confirmed.at.block_number):
            if isinstance(event, Proposed) and event.proposal == confirmed.proposal:
                found = event.decision
        return found


@dataclass(frozen=True, slots=True)
class IssueGuard:
    """What whoever gives out numbers and indexes asks first.

    Args:
        registry: Registry.
        public: The public log of this installation.
        ledgers: Folder of the signers' ledgers.
        hmac_key: Opens the key that hides an authority's numbers.
        demand_chain: Asks the chain too, where one is within reach.
    """

    registry: RegistryId
    public: PublicLog
    ledgers: Path
    hmac_key: Callable[[AuthorityId], bytes]
    demand_chain: Callable[[AuthorityId], None] = lambda _authority: None

    def demand(self, unit: Unit, authority: AuthorityId) -> None:
        """Refuse a database that was put back.

        Raises:
            AnzhengError: RECONCILE_NEEDED.
        """
        newest = newest_in(self.ledgers / f"{authority}.sqlite3", authority)
        check_local(unit, self.public, newest, self.registry, authority)

    def problem(self, unit: Unit, draft: Draft) -> Problem | None:
        """Say what is wrong with a number and version that were issued in a forgotten time."""
        authority = draft.issuer_code
        if not unit.recovery.has_reserved(authority):
            return None
        number = manifests.number_hmac(self.hmac_key(authority), draft.licence_no)
        if not unit.recovery.is_reserved(authority, number, draft.version):
            return None
        return Problem(
            "version",
            Code.LICENCE_RESERVED,
            "this number and version were issued before the database was put back: find the "
            "signed file (`anzheng anchor reconcile --copies`)",
        )


def refuse_reserved(
    unit: Unit, rows: Sequence[StoredLicence], hmac_key: Callable[[], bytes]
) -> None:
    """Refuse rows whose number and version, or index, were used in a time that is forgotten.

    Raises:
        AnzhengError: LICENCE_RESERVED.
    """
    for row in rows:
        if not unit.recovery.has_reserved(row.authority):
            return
        number = manifests.number_hmac(hmac_key(), LicenceNo(row.licence_no))
        if unit.recovery.is_reserved(
            row.authority, number, row.version
        ) or unit.recovery.is_reserved_index(row.registry, row.authority, row.status_index):
            raise AnzhengError(
                Code.LICENCE_RESERVED,
                f"{row.licence_no} version {row.version} was issued before the database was put "
                "back; find its signed file, or make a new version",
                licence_no=row.licence_no,
                version=row.version,
            )


def _knows(unit: Unit, entry: Entry) -> bool:
    """Say whether a row stands for what the ledger was asked."""
    intent = entry.intent
    if entry.leaf is None:
        # What was accepted and then imported anew is refused by the signer itself.
        row = unit.licences.version(intent.authority, intent.licence_no, intent.version)
        return row is not None
    rows = unit.licences.by_digests([intent.licence_digest])
    return bool(rows) and _has(rows[0], entry)


def _has(row: StoredLicence, entry: Entry) -> bool:
    """Say whether a row is as far as the ledger, or will be by the usual flow."""
    goes_on = row.state in (FlowState.RELEASED, FlowState.PARKED) and entry.has_file
    return row.leaf == entry.leaf or (goes_on and row.release_id is not None)


def _needed(why: str) -> AnzhengError:
    return AnzhengError(
        Code.RECONCILE_NEEDED,
        f"{why}: it was put back from a backup; run `anzheng anchor reconcile` first",
    )
