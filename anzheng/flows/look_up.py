"""What the registry says about a licence version: its word, never a proof.

The same words for the public look-up and for `anzheng status show`.
"""

import json

from anzheng.store.database import Unit
from anzheng.store.licences import StoredLicence
from licence.domain.status import StatusEvent, word_on
from licence.domain.validity import shanghai_date
from licence.formats.short_code import short_code
from licence.formats.status_shard import shard_of
from licence.ports import Clock


def describe(unit: Unit, row: StoredLicence, clock: Clock) -> dict[str, object]:
    """Say what the registry knows about a version, as JSON."""
    leaf = row.leaf.hex() if row.leaf else None
    events = unit.status.of_index(row.registry, row.authority, row.status_index)
    list_of = f"{row.registry}/{row.authority}/{shard_of(row.status_index)}"
    word = word_on(events, shanghai_date(clock.now()))
    return {
        "leaf": leaf,
        "state": row.state.value,
        "anchored": row.leaf is not None and unit.anchors.evidence(row.leaf) is not None,
        "assurance": "registry-word",
        "short_code": short_code(row.licence_json),
        "licence": json.loads(row.licence_json),
        "status": {"word": word.name, "events": [_event(event) for event in events]},
        "links": {
            "self": f"/v1/licences/{leaf}",
            "evidence": f"/v1/evidence/{leaf}",
            "status_list": f"/v1/status-lists/{list_of}",
            "side_list": f"/v1/side-lists/{list_of}",
        },
    }


def _event(event: StatusEvent) -> dict[str, object]:
    return {
        "word": event.new.name,
        "decided_at": event.decided_at.isoformat(),
        "effective_from": event.effective_from.isoformat(),
        "until": event.until.isoformat() if event.until else None,
        "document_no": event.document_no,
        "successor": event.successor.hex() if event.successor else None,
    }
