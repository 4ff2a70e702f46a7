"""Step 2, release: two officers put their names to the exact data; the signer believes only that.

1. Draft: the digests of everything an authority has prepared, in order, but for new versions of
   suspended licences (`withheld`).
2. Officers sign the statement, each with a key of their own.
3. Submit: the signer checks the statement itself and stores its intent; then the rows are released.
"""

from collections.abc import Sequence
from dataclasses import replace

from anzheng.flows.offices import Office
from anzheng.flows.reconcile_guard import refuse_reserved
from anzheng.flows.withheld import is_withheld
from anzheng.keyfiles import Key
from anzheng.officers import sign_as
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.store.releases import StoredRelease
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import release as releases
from licence.formats.fields import whole_second
from licence.formats.release import ReleaseStatement
from licence.ids import AuthorityId, BatchId, OfficerId
from licence.ports import Clock, Entropy

TOPIC = "sign"
"""Outbox topic; the key is a release whose licences wait for the signer."""

ID_BYTES = 8


def draft(
    store: Store,
    clock: Clock,
    entropy: Entropy,
    authority: AuthorityId,
    *,
    limit: int = releases.MAX_LICENCES,
) -> ReleaseStatement:
    """Write down what an authority has prepared, for officers to sign.

    Raises:
        AnzhengError: NOT_FOUND when nothing is prepared; STATUS_SUSPENDED when all that is are
            new versions of suspended licences.
    """
    now = clock.now()
    today = shanghai_date(now)
    with store.read() as unit:
        prepared = unit.licences.in_state(FlowState.PREPARED, authority=authority)
        rows = [row for row in prepared if not is_withheld(unit, row, today)][:limit]
    if not prepared:
        raise AnzhengError(Code.NOT_FOUND, f"nothing of {authority} waits for release")
    if not rows:
        raise _suspended(prepared)
    return ReleaseStatement(
        authority=authority,
        batch_id=BatchId(f"r{now:%Y%m%d}-{entropy.bytes(ID_BYTES).hex()}"),
        released_on=whole_second(now),
        digests=tuple(row.licence_digest for row in rows),
    )


def withheld(store: Store, clock: Clock, authority: AuthorityId) -> tuple[StoredLicence, ...]:
    """Return what is prepared and stays out of a draft: new versions of suspended licences."""
    today = shanghai_date(clock.now())
    with store.read() as unit:
        prepared = unit.licences.in_state(FlowState.PREPARED, authority=authority)
        return tuple(row for row in prepared if is_withheld(unit, row, today))


def sign(statement: ReleaseStatement, officer: OfficerId, key: Key) -> ReleaseStatement:
    """Add an officer's signature."""
    signature = sign_as(officer, key, releases.statement_bytes(statement))
    return replace(statement, signatures=(*statement.signatures, signature))


def submit(store: Store, clock: Clock, office: Office, data: bytes) -> StoredRelease:
    """Hand a signed statement to the signer, and release the rows when it accepts.

    The same statement again is the same release.

    Args:
        store: The database.
        clock: Tells the time.
        office: The authority's signer.
        data: The encoded statement.

    Raises:
        AnzhengError: RELEASE_DIGEST_MISMATCH when a row was altered after the officers signed,
            STATUS_SUSPENDED when an earlier version was suspended after that; RECONCILE_NEEDED,
            LICENCE_RESERVED after a restore; or any refusal of the signer.
    """
    statement = releases.decode(data)
    today = shanghai_date(clock.now())
    with store.read() as unit:
        known = unit.releases.get(statement.batch_id)
        rows = _rows(unit, statement)
        held = [row for row in rows if is_withheld(unit, row, today)] if known is None else []
    if known is not None:
        return _same(known, data)
    if held:
        raise _suspended(held)
    office.demand()
    with store.read() as unit:
        refuse_reserved(unit, rows, lambda: office.hmac_key)
    # The signer checks officers and digests, and stores its intent, before anything changes here.
    office.signer.sign_batch(data, [row.licence_json for row in rows])
    now = clock.now()
    release = StoredRelease(statement.batch_id, statement.authority, data, now)
    with store.write() as unit:
        unit.releases.add(release)
        unit.licences.move(
            [row.id for row in rows],
            FlowState.PREPARED,
            FlowState.RELEASED,
            now,
            release_id=release.id,
        )
        unit.outbox.add(TOPIC, release.id, now)
    return release


def rows_of(unit: Unit, release: StoredRelease) -> Sequence[StoredLicence]:
    """Return the rows of a release in the order of its statement."""
    return _rows(unit, releases.decode(release.statement))


def _rows(unit: Unit, statement: ReleaseStatement) -> Sequence[StoredLicence]:
    rows = unit.licences.by_digests(statement.digests)
    found = [row for row in rows if row.authority == statement.authority]
    altered = len(statement.digests) - len(found)
    if altered:
        raise AnzhengError(
            Code.RELEASE_DIGEST_MISMATCH,
            f"{altered} rows were altered after the officers signed; release anew",
            altered=altered,
        )
    return found


def _suspended(rows: Sequence[StoredLicence]) -> AnzhengError:
    first = rows[0]
    return AnzhengError(
        Code.STATUS_SUSPENDED,
        f"{first.licence_no} is suspended, so version {first.version} would be good while it is: "
        "release it once the licence is given back",
        licence_no=first.licence_no,
        version=first.version,
        withheld=len(rows),
    )


def _same(known: StoredRelease, data: bytes) -> StoredRelease:
    if known.statement != data:
        raise AnzhengError(Code.CONFLICT, "another statement has this release id")
    return known
