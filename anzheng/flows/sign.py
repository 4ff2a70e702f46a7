"""Steps 3 and 4, render and sign: a released batch becomes signed files, each with its leaf.

No file leaves before it and its leaf are stored. The signer keeps what it signed until we say that
it is stored here, so a crash at any point repeats nothing but work.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from anzheng.files import FileStore
from anzheng.flows import release as releasing
from anzheng.flows.offices import Offices
from anzheng.store.database import Store
from anzheng.store.licences import Columns, FlowState, StoredLicence
from anzheng.store.times import to_text
from licence.errors import AnzhengError, Code
from licence.ids import Digest
from licence.ports import Clock
from signer.issue import Parked
from signer.sign import SignedLicence

ANCHOR_TOPIC = "anchor"
"""Outbox topic; the key is an authority that has something to anchor."""

T = TypeVar("T")


def sign_release(
    store: Store,
    files: FileStore,
    clock: Clock,
    offices: Offices,
    release_id: str,
    *,
    chunk: int = 16,
    on_signed: Callable[[int], None] = lambda _count: None,
) -> None:
    """Sign everything of a release that is not signed yet; safe to repeat after any crash.

    Args:
        store: The database.
        files: Where the signed files go.
        clock: Tells the time.
        offices: Opens the authority's signer.
        release_id: Which release.
        chunk: So many files between two commits.
        on_signed: Told how many more are signed and stored.

    Raises:
        AnzhengError: NOT_FOUND, RECONCILE_NEEDED, or what the signer refuses with.
    """
    with store.read() as unit:
        release = unit.releases.get(release_id)
        if release is None:
            raise AnzhengError(Code.NOT_FOUND, f"there is no release {release_id}")
        rows = releasing.rows_of(unit, release)
    waiting = {row.licence_digest: row for row in rows if row.state is FlowState.RELEASED}
    if not waiting:
        return
    office = offices.open(release.authority)
    office.demand()

    def park(parked: Parked) -> None:
        _park(store, clock, waiting, parked)

    signed = office.signer.sign_batch(
        release.statement, [row.licence_json for row in rows], on_parked=park
    )
    for group in _groups((one for one in signed if one.licence_digest in waiting), chunk):
        _store(store, files, clock, waiting, group)
        on_signed(len(group))
    with store.read() as unit:
        done = all(row.leaf is not None for row in releasing.rows_of(unit, release))
    if done:
        office.ledger.forget_files([row.licence_digest for row in rows])


def _store(
    store: Store,
    files: FileStore,
    clock: Clock,
    waiting: dict[Digest, StoredLicence],
    group: list[SignedLicence],
) -> None:
    """Store files first, then leaf and state in one transaction."""
    places = files.put_many(one.pdf for one in group)
    changes: dict[int, Columns] = {
        waiting[one.licence_digest].id: {
            "leaf": one.leaf,
            "signed_pdf": place,
            "signed_at": to_text(one.gen_time),
        }
        for one, place in zip(group, places, strict=True)
    }
    now = clock.now()
    with store.write() as unit:
        unit.licences.move_each(changes, FlowState.RELEASED, FlowState.SIGNED, now)
        unit.outbox.add(ANCHOR_TOPIC, waiting[group[0].licence_digest].authority, now)


def _park(store: Store, clock: Clock, waiting: dict[Digest, StoredLicence], parked: Parked) -> None:
    row = waiting.get(parked.licence_digest)
    if row is not None:
        with store.write() as unit:
            unit.licences.park(row.id, parked.error.code, parked.error.message, clock.now())


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
