"""Whether a batch has a manifest, and what its rows say against those of all other batches. Pure.

Standard: DESIGN 3.2 ("so that a number live twice shows").
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anchor.events import Anchored
from anchor.monitor.alarms import Alarm
from licence.domain.status import StatusWord, is_final
from licence.errors import AnzhengError, Code
from licence.formats import manifest as manifests
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest, ManifestRow
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex

MANIFESTS = "manifests"
NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of a manifest that was read before.

    Attributes:
        authority: Whose.
        leaf: The leaf.
        kind: What it is.
        index: Its status index, if it has one.
        number: HMAC of the licence number, if it is a licence.
        version: Its version.
        uscc: HMAC of the enterprise's code.
        sequence: Number of the batch's event.
        contract: Contract in which that was.
        block: Height of its block.
        time: Time of its block.
    """

    authority: AuthorityId
    leaf: Leaf
    kind: LeafKind
    index: StatusIndex | None
    number: Digest | None
    version: int | None
    uscc: Digest | None
    sequence: int
    contract: str
    block: int
    time: datetime


def known_row(row: ManifestRow, batch: Anchored, contract: str) -> KnownRow:
    """Return a row with the batch that it stands in."""
    return KnownRow(
        authority=batch.authority,
        leaf=row.leaf,
        kind=row.kind,
        index=row.index,
        number=row.number_hmac,
        version=row.version,
        uscc=row.uscc_hmac,
        sequence=batch.sequence,
        contract=contract,
        block=batch.at.block_number,
        time=batch.at.block_time,
    )


def read_manifest(data: bytes, batch: Anchored, registry: RegistryId) -> Manifest:
    """Return the manifest of a batch.

    Raises:
        AnzhengError: MANIFEST_MISMATCH, when it is not the one that the chain names, or its rows
            do not make the batch.
    """
    if manifests.digest(data) != batch.manifest:
        raise AnzhengError(Code.MANIFEST_MISMATCH, "another manifest stands in its place")
    try:
        found = manifests.decode(data)
    except AnzhengError as error:
        raise AnzhengError(
            Code.MANIFEST_MISMATCH, "its rows make no tree", cause=error.code.value
        ) from error
    said = (found.registry, found.authority, found.root, found.size)
    if said != (registry, batch.authority, batch.root, batch.size):
        raise AnzhengError(Code.MANIFEST_MISMATCH, "it is the manifest of another batch")
    return found


def manifest_alarm(
    batch: Anchored, contract: str, problem: AnzhengError | None, now: datetime, grace: timedelta
) -> Alarm | None:
    """Return the alarm for a batch whose manifest is missing (no problem) or wrong."""
    if problem is None and now - batch.at.block_time < grace:
        return None
    code = Code.MANIFEST_MISSING if problem is None else Code.MANIFEST_MISMATCH
    message = "no manifest is published for a batch" if problem is None else problem.message
    return Alarm(
        code=code,
        subject=f"{contract}/{batch.sequence}",
        message=message,
        facts=(
            ("contract", contract),
            ("sequence", batch.sequence),
            ("root", batch.root.hex()),
            ("size", batch.size),
            ("manifest", batch.manifest.hex()),
        ),
        group=MANIFESTS,
        authority=batch.authority,
        block=batch.at.block_number,
    )


def row_alarms(row: KnownRow, others: Sequence[KnownRow]) -> Iterator[Alarm]:
    """Yield what is wrong with a new row beside the older rows that share a name with it.

    Args:
        row: The new row.
        others: Rows of the same authority with its leaf, its index or its number.
    """
    for other in others:
        if other.leaf == row.leaf:
            yield _twice(row, other, "one leaf stands in two batches")
        elif row.index is not None and other.index == row.index and other.kind is row.kind:
            yield _twice(row, other, "two leaves have one status index")
        elif row.number is not None and other.number == row.number:
            yield from _versions(row, other)


def _versions(row: KnownRow, other: KnownRow) -> Iterator[Alarm]:
    if row.version == other.version:
        yield _twice(row, other, "one version of a licence number stands in two batches")
        return
    older, newer = sorted((row, other), key=lambda each: each.version or 0)
    if older.time > newer.time:
        yield Alarm(
            code=Code.DATES_BACKWARDS,
            subject=f"version/{older.leaf.hex()}",
            message="an older version of a licence was anchored after a newer one",
            facts=(*_facts(older), ("version", older.version), ("newer_version", newer.version)),
            authority=older.authority,
            block=older.block,
        )


def _twice(row: KnownRow, other: KnownRow, message: str) -> Alarm:
    return Alarm(
        code=Code.NUMBER_LIVE_TWICE,
        subject=f"{row.contract}/{row.sequence}/{row.leaf.hex()}/{other.leaf.hex()}",
        message=message,
        facts=(
            *_facts(row),
            ("version", row.version),
            ("other_leaf", other.leaf.hex()),
            ("other_sequence", other.sequence),
        ),
        authority=row.authority,
        block=row.block,
    )


def live_twice(
    rows: Sequence[KnownRow],
    word_of: Callable[[AuthorityId, StatusIndex], StatusWord],
    now: datetime,
    grace: timedelta,
) -> tuple[bool, Alarm | None]:
    """Say whether versions of one number are live together, and the alarm if that lasts.

    Args:
        rows: All rows of one number.
        word_of: Status on the chain by authority and index.
        now: The time.
        grace: From the newer version's block until the older one must be over.
    """
    live = [
        row
        for row in rows
        if row.index is not None and not is_final(word_of(row.authority, row.index))
    ]
    versions = {row.version for row in live}
    if len(versions) <= 1:
        return False, None
    newest = max(live, key=lambda row: row.version or 0)
    if now - newest.time < grace:
        return True, None
    indexes = ",".join(str(index) for index in sorted(row.index or 0 for row in live))
    return True, Alarm(
        code=Code.NUMBER_LIVE_TWICE,
        subject=f"number/{newest.authority}/{(newest.number or b'').hex()}",
        message="versions of one licence number are live at the same time",
        facts=(*_facts(newest), ("versions", len(versions)), ("indexes", indexes[:200])),
        group=NUMBERS,
        authority=newest.authority,
        block=newest.block,
    )


def _facts(row: KnownRow) -> tuple[tuple[str, str | int | None], ...]:
    return (
        ("contract", row.contract),
        ("sequence", row.sequence),
        ("leaf", row.leaf.hex()),
        ("index", row.index),
    )
