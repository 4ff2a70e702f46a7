"""What the public may see of a licence version, in two queries that are put together once.

A look-up runs thousands of times a second: its statements are made when this module is loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from anchor.calls import LICENCES_IN_WORD
from anchor.chain_words import worst
from anchor.ports import BatchState
from anzheng.store.licences import FlowState
from anzheng.store.status import EVENT_COLUMNS, event_of
from anzheng.store.tables import (
    batches,
    chain_words,
    evidence,
    holder_certificates,
    licences,
    status_events,
)
from anzheng.store.times import from_text, to_text
from licence.domain.status import StatusEvent, StatusWord
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex

PAGE: Final = 1_000
"""Rows that are read at once."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Whoever has read nothing reads everything since then."""


@dataclass(frozen=True, slots=True)
class PublicLicence:
    """A licence version as the public sees it.

    Attributes:
        id: Number of its row.
        registry: Where its status is kept.
        authority: Whose it is.
        status_index: Under which number.
        licence_no: Its number in the one spelling that look-ups use.
        elicence_id: E-licence identifier.
        short_code: Short code as it is stored, hex.
        leaf: Its identity; none before it is signed.
        state: Where it stands.
        licence_json: Its data.
        is_anchored: Whether there is evidence.
        events: What was decided about it, in the order of the log.
        on_chain: What the chain said when it was last read: a restored database may know less.
    """

    id: int
    registry: RegistryId
    authority: AuthorityId
    status_index: StatusIndex
    licence_no: str
    elicence_id: str
    short_code: str
    leaf: Leaf | None
    state: FlowState
    licence_json: bytes
    is_anchored: bool
    events: tuple[StatusEvent, ...]
    on_chain: StatusWord


_IS_ANCHORED = (
    select(evidence.c.leaf)
    .join(batches, batches.c.id == evidence.c.batch_id)
    .where((evidence.c.leaf == licences.c.leaf) & (batches.c.state == BatchState.DONE.value))
    .exists()
)
# Most versions have neither: then one query is enough.
_HAS_EVENTS = (
    select(status_events.c.id)
    .where(
        (status_events.c.registry == licences.c.registry)
        & (status_events.c.authority == licences.c.authority)
        & (status_events.c.status_index == licences.c.status_index)
    )
    .exists()
)
_HAS_WORDS = (
    select(chain_words.c.word)
    .where(
        (chain_words.c.registry == licences.c.registry)
        & (chain_words.c.authority == licences.c.authority)
        & (chain_words.c.word == licences.c.status_index // LICENCES_IN_WORD)
    )
    .exists()
)
_LICENCES: Final[Select[Any]] = select(
    licences.c.id,
    licences.c.registry,
    licences.c.authority,
    licences.c.status_index,
    licences.c.folded_no,
    licences.c.elicence_id,
    licences.c.short_code,
    licences.c.leaf,
    licences.c.state,
    licences.c.licence_json,
    _IS_ANCHORED.label("is_anchored"),
    _HAS_EVENTS.label("has_events"),
    _HAS_WORDS.label("has_words"),
)
_BY_LEAF: Final = _LICENCES.where(licences.c.leaf == bindparam("leaf"))


def _search(column: str) -> Select[Any]:
    return (
        _LICENCES.where(licences.c[column] == bindparam("wanted"))
        .where(licences.c.leaf.is_not(None))
        .order_by(licences.c.version.desc(), licences.c.id)
        .limit(bindparam("most"))
    )


_SEARCHES: Final = {
    column: _search(column) for column in ("folded_no", "elicence_id", "short_code")
}
_NAMESAKES: Final = (
    select(licences.c.id)
    .where(licences.c.leaf.is_not(None))
    .where(
        or_(
            licences.c.folded_no == bindparam("licence_no"),
            licences.c.elicence_id == bindparam("elicence_id"),
            licences.c.short_code == bindparam("short_code"),
        )
    )
    .limit(2)
)
_EVENTS: Final = (
    select(*EVENT_COLUMNS)
    .where(
        (status_events.c.registry == bindparam("registry"))
        & (status_events.c.authority == bindparam("authority"))
        & (status_events.c.status_index == bindparam("index"))
    )
    .order_by(status_events.c.id)
)
_EVIDENCE: Final = (
    select(evidence.c.evidence)
    .join(batches, batches.c.id == evidence.c.batch_id)
    .where((evidence.c.leaf == bindparam("leaf")) & (batches.c.state == BatchState.DONE.value))
)
_SIGNED: Final = (
    _LICENCES.where(licences.c.leaf.is_not(None) & (licences.c.id > bindparam("after")))
    .order_by(licences.c.id)
    .limit(PAGE)
)
_TOUCHED: Final = _SIGNED.where(licences.c.updated_at >= bindparam("since"))
# What was decided since, and what came into force or ended meanwhile.
_DECIDED: Final = _SIGNED.where(
    licences.c.id.in_(
        select(licences.c.id)
        .join(
            status_events,
            (status_events.c.registry == licences.c.registry)
            & (status_events.c.authority == licences.c.authority)
            & (status_events.c.status_index == licences.c.status_index),
        )
        .where(
            or_(
                status_events.c.id > bindparam("event"),
                status_events.c.effective_from.between(bindparam("day"), bindparam("today")),
                status_events.c.until.between(bindparam("day"), bindparam("today")),
            )
        )
    )
)
_WORDS: Final = select(chain_words.c.value).where(
    (chain_words.c.registry == bindparam("registry"))
    & (chain_words.c.authority == bindparam("authority"))
    & (chain_words.c.word == bindparam("word"))
)
_CLAIMED: Final = (
    select(holder_certificates.c.leaf)
    .where(
        (holder_certificates.c.leaf > bindparam("after"))
        & (holder_certificates.c.updated_at >= bindparam("since"))
    )
    .order_by(holder_certificates.c.leaf)
    .limit(PAGE)
)


@dataclass(frozen=True, slots=True)
class Since:
    """How far somebody has read: what changed after this is new to them.

    Attributes:
        moment: When they read, less what a slow transaction may take.
        event: Number of the last status event that they saw.
        day: The day, in China, of which their statuses were.
    """

    moment: datetime
    event: int
    day: date


class PublicView:
    """Repository of what is public."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_leaf(self, leaf: Leaf) -> PublicLicence | None:
        """Find a version by its identity."""
        row = self._connection.execute(_BY_LEAF, {"leaf": leaf}).one_or_none()
        return None if row is None else self._licence(row)

    def by_number(self, folded_no: str, *, most: int) -> tuple[PublicLicence, ...]:
        """Find the signed versions of a number, newest first."""
        return self._search("folded_no", folded_no, most)

    def by_elicence_id(self, elicence_id: str, *, most: int) -> tuple[PublicLicence, ...]:
        """Find the signed version with an e-licence identifier, which is as a stranger typed it."""
        # No text of PostgreSQL has it: the driver would raise what looks like a broken database.
        if "\0" in elicence_id:
            return ()
        return self._search("elicence_id", elicence_id, most)

    def by_short_code(self, code: str, *, most: int) -> tuple[PublicLicence, ...]:
        """Find the signed versions whose pages bear a short code."""
        return self._search("short_code", code, most)

    def is_alone(self, found: PublicLicence) -> bool:
        """Say whether number, identifier and short code of a version all lead to it alone."""
        names = ("licence_no", "elicence_id", "short_code")
        values = {name: getattr(found, name) for name in names}
        return len(self._connection.execute(_NAMESAKES, values).all()) == 1

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf, if its batch is done."""
        found = self._connection.execute(_EVIDENCE, {"leaf": leaf}).scalar_one_or_none()
        return None if found is None else bytes(found)

    def last_event(self) -> int:
        """Return the number of the newest status event, 0 if there is none."""
        newest = select(status_events.c.id).order_by(status_events.c.id.desc()).limit(1)
        return int(self._connection.execute(newest).scalar_one_or_none() or 0)

    def newest(self) -> datetime:
        """Return when a licence or certificate was last changed, by the clock of who did it."""
        found = [
            self._connection.execute(select(func.max(table.c.updated_at))).scalar_one()
            for table in (licences, holder_certificates)
        ]
        return max((from_text(each) for each in found if each is not None), default=EVER)

    def changed(self, since: Since, today: date) -> Iterator[PublicLicence]:
        """Yield the signed versions that are new, stand elsewhere, or have another status."""
        if since.moment <= EVER:
            yield from self._pages(_SIGNED, {})
            return
        yield from self._pages(_TOUCHED, {"since": to_text(since.moment)})
        days = {"day": since.day.isoformat(), "today": today.isoformat()}
        yield from self._pages(_DECIDED, {"event": since.event, **days})

    def _pages(self, query: Select[Any], values: Mapping[str, object]) -> Iterator[PublicLicence]:
        after = 0
        page: Sequence[Row[Any]]
        while page := self._connection.execute(query, {**values, "after": after}).all():
            yield from map(self._licence, page)
            after = page[-1].id

    def claimed(self, since: datetime) -> Iterator[Leaf]:
        """Yield the leaves of holders' certificates that are new or stand elsewhere."""
        values: dict[str, object] = {"since": to_text(since), "after": b""}
        while page := self._connection.execute(_CLAIMED, values).scalars().all():
            yield from (Leaf(bytes(leaf)) for leaf in page)
            values["after"] = page[-1]

    def _search(self, column: str, wanted: str, most: int) -> tuple[PublicLicence, ...]:
        found: Sequence[Row[Any]] = self._connection.execute(
            _SEARCHES[column], {"wanted": wanted, "most": most}
        ).all()
        return tuple(map(self._licence, found))

    def _licence(self, row: Row[Any]) -> PublicLicence:
        index = StatusIndex(row.status_index)
        where = {"registry": row.registry, "authority": row.authority, "index": index}
        return PublicLicence(
            id=row.id,
            registry=RegistryId(row.registry),
            authority=AuthorityId(row.authority),
            status_index=index,
            licence_no=row.folded_no,
            elicence_id=row.elicence_id,
            short_code=row.short_code,
            leaf=None if row.leaf is None else Leaf(bytes(row.leaf)),
            state=FlowState(row.state),
            licence_json=bytes(row.licence_json),
            is_anchored=bool(row.is_anchored),
            events=self._events(where) if row.has_events else (),
            on_chain=self._on_chain(where, index) if row.has_words else StatusWord.NONE,
        )

    def _events(self, where: Mapping[str, object]) -> tuple[StatusEvent, ...]:
        return tuple(event_of(each) for each in self._connection.execute(_EVENTS, where))

    def _on_chain(self, where: Mapping[str, object], index: StatusIndex) -> StatusWord:
        word = index // LICENCES_IN_WORD
        values = self._connection.execute(_WORDS, {**where, "word": word}).scalars()
        several = [(word, int.from_bytes(value, "big")) for value in values]
        return worst(several).get(index, StatusWord.NONE)
