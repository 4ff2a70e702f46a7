"""What status lists are made of, by ranges of indexes, and what was published last."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from anchor.list_ports import Position, PublishedShard
from anzheng.store.chain_words import ChainWords
from anzheng.store.status import EVENT_COLUMNS, event_of
from anzheng.store.tables import counters, holder_certificates, published_lists, status_events
from anzheng.store.times import from_text, to_text
from licence.domain.status import StatusEvent
from licence.formats.side_pages import PAGE_ENTRIES
from licence.ids import AuthorityId, Digest, RegistryId


class ListReads:
    """Repository of the publisher of lists, for one (registry, authority)."""

    def __init__(
        self, connection: Connection, registry: RegistryId, authority: AuthorityId
    ) -> None:
        self._connection = connection
        self._registry = registry
        self._authority = authority
        self._words = ChainWords(connection)

    # -- what they are made of

    def position(self) -> Position:
        """Where log, certificates and chain words end now."""
        return Position(
            # Of all authorities: the end of the log is found at once, among ten million too.
            event=self._connection.execute(select(func.max(status_events.c.id))).scalar_one() or 0,
            # One more, so that the certificate with index 0 is after nothing.
            certificate=self._first_free(holder_certificates),
            revision=self._words.revision(self._registry, self._authority),
        )

    def extent(self) -> int:
        """The first index after all that were given or that anything speaks of."""
        given = self._most(counters, "next_index") or 0
        told = self._first_free(status_events), self._first_free(holder_certificates)
        return max(given, *told, self._words.extent(self._registry, self._authority))

    def changed(self, since: Position, after: date, today: date) -> frozenset[int]:
        """The pages of which something changed since, or whose day has come."""
        log, held = status_events.c, holder_certificates.c
        due = self._ours(status_events) & (
            (log.effective_from > after.isoformat()) & (log.effective_from <= today.isoformat())
        )
        claimed = select(held.licence_leaf).where(
            self._ours(holder_certificates) & (held.status_index >= since.certificate)
        )
        found = _pages(self._new_events(since.event))
        for column, where in (
            (log.status_index, due if after != today else None),
            (held.status_index, self._ours(holder_certificates) & held.licence_leaf.in_(claimed)),
        ):
            if where is not None:
                rows = self._connection.execute(select(column).where(where))
                found |= _pages(row[0] for row in rows)
        words = self._words.changed(self._registry, self._authority, since.revision)
        return frozenset(found | _pages(words))

    def _new_events(self, after: int) -> Iterator[int]:
        """Yield the indexes of our new events: looked for by number, the log is long."""
        log = status_events.c
        rows = self._connection.execute(
            select(log.registry, log.authority, log.status_index).where(log.id > after)
        )
        ours = (self._registry, self._authority)
        return (row[2] for row in rows if (row[0], row[1]) == ours)

    def count(self, span: range) -> int:
        """How many decisions concern these indexes."""
        return self._connection.execute(
            select(func.count()).where(self._inside(status_events, span))
        ).scalar_one()

    def events(self, span: range) -> tuple[StatusEvent, ...]:
        """The decisions about these indexes, in the order of the log."""
        rows = self._connection.execute(
            select(*EVENT_COLUMNS)
            .where(self._inside(status_events, span))
            .order_by(status_events.c.id)
        )
        return tuple(event_of(row) for row in rows)

    # -- what was published

    def published(self) -> dict[int, PublishedShard]:
        """The newest list of each shard."""
        rows = self._connection.execute(select(published_lists).where(self._ours(published_lists)))
        return {
            row.shard: PublishedShard(
                row.shard,
                Digest(row.cwt),
                Digest(row.content),
                from_text(row.issued_at),
                date.fromisoformat(row.day),
                Position(row.event, row.certificate, row.revision),
            )
            for row in rows
        }

    def save(self, shards: Sequence[PublishedShard]) -> None:
        """Remember the newest lists of these shards."""
        numbers = [each.shard for each in shards]
        self._connection.execute(
            delete(published_lists).where(
                self._ours(published_lists) & published_lists.c.shard.in_(numbers)
            )
        )
        self._connection.execute(
            insert(published_lists),
            [
                {
                    "registry": self._registry,
                    "authority": self._authority,
                    "shard": each.shard,
                    "cwt": each.cwt,
                    "content": each.content,
                    "issued_at": to_text(each.issued_at),
                    "day": each.day.isoformat(),
                    "event": each.position.event,
                    "certificate": each.position.certificate,
                    "revision": each.position.revision,
                }
                for each in shards
            ],
        )

    # -- queries

    def _ours(self, table: Table) -> ColumnElement[bool]:
        return (table.c.registry == self._registry) & (table.c.authority == self._authority)

    def _inside(self, table: Table, span: range) -> ColumnElement[bool]:
        return self._ours(table) & table.c.status_index.between(span.start, span.stop - 1)

    def _most(self, table: Table, column: str) -> int | None:
        found: int | None = self._connection.execute(
            select(func.max(table.c[column])).where(self._ours(table))
        ).scalar_one()
        return found

    def _first_free(self, table: Table) -> int:
        last = self._most(table, "status_index")
        return 0 if last is None else last + 1


def _pages(indexes: Iterable[int]) -> set[int]:
    return {index // PAGE_ENTRIES for index in indexes}
