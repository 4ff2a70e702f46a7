"""Rows of the state file and the values that they hold."""

import json
from collections.abc import Sequence
from typing import Any, Final

from anchor.events import Anchored, Place
from anchor.monitor.alarms import Alarm, KeptAlarm
from anchor.monitor.batch_rules import KnownRow
from anchor.monitor.stored import moment, seconds
from licence.errors import AnzhengError, Code
from licence.formats.leaf import LeafKind
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, Digest, Leaf, MerkleRoot, StatusIndex

ALARM_COLUMNS: Final = (
    "code, subject, message, facts, rule, authority, block, first_at, last_at, closed_at"
)
BATCH_COLUMNS: Final = (
    "sequence, authority, root, size, manifest, account, block, hash, time, sent, log_index"
)
ROW_COLUMNS: Final = (
    "authority, leaf, kind, idx, number, version, uscc, sequence, contract, block, time"
)


def batch_values(batch: Anchored) -> tuple[Any, ...]:
    """Return a batch as `BATCH_COLUMNS` name it."""
    at = batch.at
    said = (batch.sequence, batch.authority, batch.root, batch.size, batch.manifest, batch.account)
    place = (at.block_number, at.block_hash, seconds(at.block_time), at.transaction, at.log_index)
    return (*said, *place)


def batch_of(row: Sequence[Any]) -> Anchored:
    """Return a batch."""
    sequence, authority, root, size, manifest, account, block, name, time, sent, log_index = row
    return Anchored(
        at=Place(block, BlockHash(name), moment(time), Digest(sent), log_index),
        sequence=sequence,
        account=Address(account),
        authority=AuthorityId(authority),
        root=MerkleRoot(root),
        size=size,
        manifest=ManifestDigest(manifest),
    )


def row_values(row: KnownRow) -> tuple[Any, ...]:
    """Return a row of a manifest as `ROW_COLUMNS` name it."""
    names = (row.authority, row.leaf, row.kind.value, row.index, row.number, row.version, row.uscc)
    return (*names, row.sequence, row.contract, row.block, seconds(row.time))


def row_of(row: Sequence[Any]) -> KnownRow:
    """Return a row of a manifest."""
    authority, leaf, kind, index, number, version, uscc, sequence, contract, block, time = row
    return KnownRow(
        authority=AuthorityId(authority),
        leaf=Leaf(leaf),
        kind=LeafKind(kind),
        index=None if index is None else StatusIndex(index),
        number=None if number is None else Digest(number),
        version=version,
        uscc=None if uscc is None else Digest(uscc),
        sequence=sequence,
        contract=contract,
        block=block,
        time=moment(time),
    )


def alarm_of(row: Sequence[Any]) -> KeptAlarm:
    """Return an alarm.

    Raises:
        AnzhengError: MONITOR_STATE, for a code that no release has.
    """
    code, subject, message, facts, rule, authority, block, first_at, last_at, closed_at = row
    try:
        known, said = Code(code), json.loads(facts)
    except ValueError as error:
        raise AnzhengError(Code.MONITOR_STATE, "the monitor's state is damaged") from error
    alarm = Alarm(
        code=known,
        subject=subject,
        message=message,
        facts=tuple((name, value) for name, value in said),
        group=rule,
        authority=None if authority is None else AuthorityId(authority),
        block=block,
    )
    closed = None if closed_at is None else moment(closed_at)
    return KeptAlarm(alarm, moment(first_at), moment(last_at), closed)
