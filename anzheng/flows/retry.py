"""What is parked goes back to where it stopped, once a person has put the cause out of the way.

Nothing is decided here: who still meets the cause is parked again, with its code.
"""

from dataclasses import dataclass

from anchor.ports import AnchorBatch
from anzheng.alarms import StandingAlarms
from anzheng.flows import release as releasing
from anzheng.flows.anchor_watch import parked_no_more
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from licence.errors import Code
from licence.ports import Clock

LASTING = frozenset({Code.ENVIRONMENT_MISMATCH, Code.LICENCE_RESERVED, Code.RELEASE_AUTHORITY})
"""What stands in the released bytes themselves, or was issued in a time that is forgotten: only
another version can cure it. Leaves of a batch that was given up go into another batch."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What went back, as it was while it was parked.

    Attributes:
        licences: Parked licences.
        batches: Parked anchor batches.
    """

    licences: tuple[StoredLicence, ...]
    batches: tuple[AnchorBatch, ...]


def retry_parked(store: Store, clock: Clock) -> Retried:
    """Bring parked licences and batches back to where they stopped, and ask for their work."""
    now = clock.now()
    with store.write() as unit:
        parked_batches = unit.anchors.parked_batches()
        batches = tuple(batch for batch in parked_batches if batch.reason not in LASTING)
        for batch in batches:
            unit.anchors.reopen(batch)
            unit.outbox.add(ANCHOR_TOPIC, batch.authority, now)
        parked = unit.licences.in_state(FlowState.PARKED)
        licences = tuple(row for row in parked if row.parked_code not in LASTING)
        for row in licences:
            unit.licences.unpark(row.id, now)
        for topic, key in sorted({_work_of(row) for row in licences}):
            unit.outbox.add(topic, key, now)
    for batch in batches:
        parked_no_more(StandingAlarms(store, clock), batch)
    return Retried(licences, batches)


def _work_of(row: StoredLicence) -> tuple[str, str]:
    """Return topic and key of the job that takes a licence on from where it stopped."""
    if row.batch_id is None and row.release_id is not None:
        return releasing.TOPIC, row.release_id
    return ANCHOR_TOPIC, row.authority
