"""Step 6, fill: the evidence goes into the hole of the signed file; no signed byte moves.

The filled file is read back with the verifier's own format code before it counts: same leaf, same
evidence, nothing else changed.
"""

from collections.abc import Callable

from anzheng.files import FileStore
from anzheng.flows import publish as publishing
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from licence.errors import AnzhengError, Code
from licence.formats import cms, hole
from licence.formats.leaf import leaf_of_cms
from licence.ids import Leaf
from licence.ports import Clock

CHUNK = 32


def fill_batch(
    store: Store,
    files: FileStore,
    clock: Clock,
    batch_id: str,
    *,
    on_filled: Callable[[int], None] = lambda _count: None,
) -> None:
    """Fill every final file of a batch; safe to repeat after any crash.

    Raises:
        AnzhengError: STORE_FAILED when a file or its evidence is missing.
    """
    with store.read() as unit:
        rows = [row for row in unit.licences.in_batch(batch_id) if row.state is FlowState.FINAL]
    for start in range(0, len(rows), CHUNK):
        group = rows[start : start + CHUNK]
        _fill_group(store, files, clock, group)
        on_filled(len(group))


def filled(pdf: bytes, evidence: bytes, leaf: Leaf) -> bytes:
    """Put evidence into a signed file.

    Raises:
        AnzhengError: INTERNAL when the result is not the same licence with this evidence.
    """
    place = hole.find(pdf)
    result = hole.fill(pdf, place, cms.with_evidence(hole.contents(pdf, place), evidence))
    again = hole.find(result)
    parts = cms.parse(hole.contents(result, again))
    same = leaf_of_cms(hole.byte_range_digest(result, again), parts) == leaf
    if not same or parts.evidence != evidence or again != place:
        raise AnzhengError(Code.INTERNAL, "filling changed more than the evidence")
    return result


def _fill_group(store: Store, files: FileStore, clock: Clock, group: list[StoredLicence]) -> None:
    with store.read() as unit:
        proofs = [unit.anchors.evidence(_leaf(row)) for row in group]
    made = [_filled(files, row, proof) for row, proof in zip(group, proofs, strict=True)]
    places = files.put_many(made)
    now = clock.now()
    with store.write() as unit:
        changes = {row.id: {"final_pdf": place} for row, place in zip(group, places, strict=True)}
        unit.licences.move_each(changes, FlowState.FINAL, FlowState.FILLED, now)
        unit.outbox.add(publishing.TOPIC, publishing.KEY, now)


def _filled(files: FileStore, row: StoredLicence, proof: bytes | None) -> bytes:
    if proof is None or row.signed_pdf is None:
        raise AnzhengError(Code.STORE_FAILED, "a final licence without file or evidence", id=row.id)
    return filled(files.get(row.signed_pdf), proof, _leaf(row))


def _leaf(row: StoredLicence) -> Leaf:
    if row.leaf is None:
        raise AnzhengError(Code.INTERNAL, "a final licence without a leaf", id=row.id)
    return row.leaf
