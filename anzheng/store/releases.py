"""Release statements as the officers signed them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from anzheng.store.tables import releases
from anzheng.store.times import from_text, to_text
from licence.ids import AuthorityId


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """One accepted release."""

    id: str
    authority: AuthorityId
    statement: bytes
    created_at: datetime


class Releases:
    """Repository of release statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, release: StoredRelease) -> None:
        """Keep a release statement."""
        self._connection.execute(
            insert(releases).values(
                id=release.id,
                authority=release.authority,
                statement=release.statement,
                created_at=to_text(release.created_at),
            )
        )

    def get(self, release_id: str) -> StoredRelease | None:
        """Find a release by its id."""
        row = self._connection.execute(
            select(
                releases.c.id, releases.c.authority, releases.c.statement, releases.c.created_at
            ).where(releases.c.id == release_id)
        ).one_or_none()
        if row is None:
            return None
        return StoredRelease(row[0], AuthorityId(row[1]), row[2], from_text(row[3]))
