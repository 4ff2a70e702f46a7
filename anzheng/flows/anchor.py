"""Step 5, anchor: signed leaves are frozen into a batch, and the batch is brought onto the chain.

A batch and the place of every leaf in it are stored in one transaction, before the first byte goes
to a node. From there the anchorer's own durable steps rule; this module only follows them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from anchor.batch import AnchorItem, freeze
from anchor.ports import AnchorBatch, BatchState
from anchor.publish import FOR_ALL
from anzheng.alarms import StandingAlarms
from anzheng.flows.anchor_watch import sound_parked
from anzheng.flows.offices import Office
from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from licence.errors import AnzhengError, Code
from licence.formats.leaf import LeafKind
from licence.ids import BatchId
from licence.ports import Clock

MAX_UNDER_WAY: Final = 4
"""While so many batches wait for their block, only full ones are added: a chain that is away for
days makes the next batch longer, not the number of batches and transactions."""

WAIT_SECONDS: Final = 5
"""Pause before it is looked again whether there is room for another batch."""

FILL_TOPIC = "fill"
"""Outbox topic; the key is a batch whose evidence is there."""


@dataclass(frozen=True, slots=True)
class BatchRule:
    """When a batch is frozen: so many leaves, or so many seconds since the oldest."""

    licences: int
    seconds: int


def freeze_due(store: Store, clock: Clock, office: Office, rule: BatchRule) -> datetime | None:
    """Freeze what waits, if it is time; asks for what is frozen to be anchored.

    Returns:
        When to come again because something waits that is too young; None when nothing does.
    """
    now = clock.now()
    with store.write() as unit:
        rows = unit.licences.in_state(
            FlowState.SIGNED, authority=office.authority, limit=rule.licences
        )
        under_way = [
            batch
            for batch in unit.anchors.open_batches(office.registry, office.authority)
            if batch.state in (BatchState.BATCHED, BatchState.SENT)
        ]
        room = rule.licences - len(rows)
        certificates = unit.claims.unanchored(office.authority)[:room]
        if not rows and not certificates:
            return None
        oldest = min(
            *(row.updated_at for row in rows), *(each.updated_at for each in certificates), now
        )
        due = oldest + timedelta(seconds=rule.seconds)
        full = len(rows) + len(certificates) >= rule.licences
        if not full and now < due:
            return due
        if not full and len(under_way) >= MAX_UNDER_WAY:
            return now + timedelta(seconds=WAIT_SECONDS)
        _freeze(unit, office, rows, certificates, now)
    return now


def _freeze(
    unit: Unit,
    office: Office,
    rows: tuple[StoredLicence, ...],
    certificates: tuple[HolderCertificate, ...],
    now: datetime,
) -> None:
    number = unit.anchors.count(office.registry, office.authority) + 1
    batch_id = BatchId(f"{office.registry}-{office.authority}-{number:08d}")
    items = [*map(_licence_item, rows), *map(_certificate_item, certificates)]
    frozen = freeze(batch_id, office.registry, office.authority, items, hmac_key=office.hmac_key)
    unit.anchors.add_batch(frozen.batch, frozen.manifest)
    unit.licences.place(batch_id, [row.id for row in rows], now)
    for place, certificate in enumerate(certificates, start=len(rows)):
        unit.claims.set_batch(certificate.leaf, batch_id, place)


def advance(store: Store, clock: Clock, office: Office) -> bool:
    """Take every open batch as far as it goes now; return whether none is left open.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, WITNESS_REFUSED and the like: try again later.
            CHAIN_WRONG, CHAIN_ACCOUNT, CHAIN_REORGANISED: not what was pinned, so nothing was
            done. Another one: a batch needs a person; those behind it have gone on.
    """
    with store.read() as unit:
        waiting = unit.anchors.open_batches(office.registry, office.authority)
    if waiting:
        office.anchorer.check()
    refused: AnzhengError | None = None
    for batch in waiting:
        # What a crash left behind a batch is caught up before and after each step.
        follow(store, clock, batch)
        try:
            follow(store, clock, office.anchorer.advance(batch.id))
        except AnzhengError as error:
            if error.code in FOR_ALL:
                raise
            refused = refused or error
    if refused is not None:
        raise refused
    with store.read() as unit:
        return not unit.anchors.open_batches(office.registry, office.authority)


def follow(store: Store, clock: Clock, batch: AnchorBatch) -> None:
    """Bring the licences of a batch to where their batch is; safe to repeat."""
    now = clock.now()
    if batch.state is BatchState.PARKED:
        sound_parked(StandingAlarms(store, clock), batch)
    with store.write() as unit:
        if batch.state is BatchState.PARKED:
            reason = batch.reason or Code.INTERNAL
            for row in unit.licences.in_batch(batch.id):
                unit.licences.park(row.id, reason, "its anchor batch is parked", now)
            return
        if batch.state is not BatchState.BATCHED:
            unit.licences.move_batch(batch.id, FlowState.BATCHED, FlowState.SENT, now)
        if batch.state is BatchState.DONE:
            unit.licences.move_batch(batch.id, FlowState.SENT, FlowState.FINAL, now)
            unit.outbox.add(FILL_TOPIC, batch.id, now)


def catch_up(store: Store, clock: Clock, office: Office) -> None:
    """Follow batches that were done just before a crash, when nobody told their licences yet."""
    with store.read() as unit:
        behind = unit.anchors.left_behind(office.authority)
    for batch in behind:
        follow(store, clock, batch)


def _licence_item(row: StoredLicence) -> AnchorItem:
    if row.leaf is None:
        raise AnzhengError(Code.INTERNAL, "a signed licence without a leaf", id=row.id)
    return AnchorItem(
        kind=LeafKind.LICENCE,
        leaf=row.leaf,
        index=row.status_index,
        licence_no=row.licence_no,
        version=row.version,
        uscc=row.uscc,
    )


def _certificate_item(certificate: HolderCertificate) -> AnchorItem:
    return AnchorItem(
        kind=LeafKind.HOLDER_CERTIFICATE, leaf=certificate.leaf, index=certificate.status_index
    )
