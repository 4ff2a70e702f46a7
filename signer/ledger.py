"""The signer's own memory: which licence versions it has agreed to sign, and what it signed.

The console cannot write it. The intent is durable before the first signature, the signed file
before it is handed out; so a signer that was killed goes on where it stopped, and gives the very
same file again to whoever asks again.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.hole import HOLE_BYTES, Hole, fill
from licence.ids import AuthorityId, BatchId, Digest, Leaf, LicenceNo, RegistryId, StatusIndex
from signer.database import open_database, transaction
from signer.sign import SignedLicence

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS slots (
    id INTEGER PRIMARY KEY,
    authority TEXT NOT NULL,
    licence_no TEXT NOT NULL,
    version INTEGER NOT NULL,
    registry TEXT NOT NULL,
    status_index INTEGER NOT NULL,
    licence_digest BLOB NOT NULL UNIQUE,
    batch_id TEXT NOT NULL,
    accepted_on TEXT NOT NULL,
    signing_time TEXT NOT NULL,
    leaf BLOB UNIQUE,
    cms BLOB,
    gen_time TEXT,
    hole_start INTEGER,
    file BLOB,
    UNIQUE (authority, licence_no, version),
    UNIQUE (registry, authority, status_index)
) STRICT;
CREATE TABLE IF NOT EXISTS reserved (
    registry TEXT NOT NULL,
    authority TEXT NOT NULL,
    status_index INTEGER NOT NULL,
    PRIMARY KEY (registry, authority, status_index)
) STRICT;
CREATE INDEX IF NOT EXISTS slots_by_day ON slots (authority, accepted_on);
"""

_ENTRIES: Final = (
    "SELECT authority, licence_no, version, registry, status_index, licence_digest, leaf,"
    " file IS NOT NULL FROM slots WHERE authority = ? ORDER BY id"
)
_NEWEST: Final = f"{_ENTRIES} DESC LIMIT 1"
_DIGITS: Final = b"0" * (2 * HOLE_BYTES)


@dataclass(frozen=True, slots=True)
class Intent:
    """One licence version that the signer is asked to sign."""

    authority: AuthorityId
    licence_no: LicenceNo
    version: int
    registry: RegistryId
    status_index: StatusIndex
    licence_digest: Digest


@dataclass(frozen=True, slots=True)
class Slot:
    """The one place of a licence version in the ledger.

    Attributes:
        licence_digest: SHA-256 of its `licence.json`.
        signing_time: The time that the signature claims, the same at every attempt.
        signed: What was signed, once it was.
        forgotten: Whether the file was signed, handed out and then removed from here.
    """

    licence_digest: Digest
    signing_time: datetime
    signed: SignedLicence | None
    forgotten: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one licence version, its file apart.

    Attributes:
        intent: What was asked.
        leaf: Its identity, once it is signed.
        has_file: Whether the signed file is still here.
    """

    intent: Intent
    leaf: Leaf | None
    has_file: bool


class Ledger:
    """The ledger in one SQLite file.

    Args:
        path: The file; made when it is missing.

    Raises:
        AnzhengError: STORE_FAILED.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_database(path, _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def accept(
        self,
        intents: Sequence[Intent],
        batch_id: BatchId,
        *,
        now: datetime,
        today: date,
        daily_cap: int,
    ) -> None:
        """Store the intent to sign these versions, all of them or none.

        A version that is there already with the same data keeps its slot; so the same batch may
        come again.

        Args:
            intents: In the order of the release; all of one authority.
            batch_id: Of the release.
            now: Becomes the claimed signing time, whole seconds.
            today: The day that the cap counts.
            daily_cap: Most new versions that an authority may have signed in a day.

        Raises:
            AnzhengError: RELEASE_VERSION_TAKEN, when number and version were signed with other
                data; RELEASE_INDEX_TAKEN, LICENCE_RESERVED; RELEASE_DAILY_CAP; STORE_FAILED.
        """
        moment = now.astimezone(UTC).replace(microsecond=0).isoformat()
        with transaction(self._connection):
            new = [intent for intent in intents if not self._is_known(intent)]
            self._check_cap(new, today, daily_cap)
            for intent in new:
                self._refuse_reserved(intent)
                self._insert(intent, batch_id, today, moment)

    def slot(self, licence_digest: Digest) -> Slot | None:
        """Return the slot of a licence version by the digest of its data.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        try:
            row = self._connection.execute(
                "SELECT signing_time, leaf, cms, gen_time, hole_start, file FROM slots"
                " WHERE licence_digest = ?",
                (licence_digest,),
            ).fetchone()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the ledger cannot be read") from error
        return None if row is None else _slot(licence_digest, row)

    def record(self, signed: Sequence[SignedLicence]) -> None:
        """Store what was signed, before it is handed out; all of it or nothing.

        Raises:
            AnzhengError: CONFLICT, when a slot is missing or has another signature already.
        """
        with transaction(self._connection):
            for each in signed:
                self._record(each)

    def forget_files(self, licence_digests: Sequence[Digest]) -> None:
        """Remove the files of licences that are stored elsewhere for good; the slots stay.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        with transaction(self._connection):
            self._connection.executemany(
                "UPDATE slots SET file = NULL WHERE licence_digest = ? AND leaf IS NOT NULL",
                [(digest,) for digest in licence_digests],
            )

    def entries(self, authority: AuthorityId) -> tuple[Entry, ...]:
        """Return what is known of every version of an authority, oldest first.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        return self._entries(_ENTRIES, authority)

    def newest(self, authority: AuthorityId) -> Entry | None:
        """Return what was asked last for an authority.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        found = self._entries(_NEWEST, authority)
        return found[0] if found else None

    def adopt(
        self, intents: Sequence[tuple[Intent, Leaf]], batch_id: BatchId, now: datetime
    ) -> int:
        """Learn again of versions that were signed before this ledger was put back.

        Their files are stored elsewhere for good. What is known already stays as it is.

        Returns:
            How many are new.

        Raises:
            AnzhengError: STORE_FAILED; RELEASE_VERSION_TAKEN, RELEASE_INDEX_TAKEN, when something
                else has that place here.
        """
        moment, adopted = now.astimezone(UTC).replace(microsecond=0), 0
        with transaction(self._connection):
            for intent, leaf in intents:
                if not self._is_known(intent):
                    # They were counted on the day on which they were signed, not on this one.
                    self._insert(intent, batch_id, date.min, moment.isoformat())
                    adopted += 1
                self._connection.execute(
                    "UPDATE slots SET leaf = ? WHERE licence_digest = ? AND leaf IS NULL",
                    (leaf, intent.licence_digest),
                )
        return adopted

    def reserve(
        self, registry: RegistryId, authority: AuthorityId, indexes: Sequence[StatusIndex]
    ) -> None:
        """Sign nothing new with these status indexes, ever.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO reserved VALUES (?, ?, ?)",
                [(registry, authority, index) for index in indexes],
            )

    def signed_count(self, authority: AuthorityId) -> int:
        """Return how many licence versions of an authority are signed.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        return self._count("authority = ? AND leaf IS NOT NULL", authority)

    def _is_known(self, intent: Intent) -> bool:
        row = self._connection.execute(
            "SELECT licence_digest FROM slots"
            " WHERE authority = ? AND licence_no = ? AND version = ?",
            (intent.authority, intent.licence_no, intent.version),
        ).fetchone()
        if row is None:
            return False
        if row[0] != intent.licence_digest:
            raise AnzhengError(
                Code.RELEASE_VERSION_TAKEN,
                "this number and version was released with other data: make a new version",
                licence_no=intent.licence_no,
                version=intent.version,
            )
        return True

    def _check_cap(self, new: Sequence[Intent], today: date, daily_cap: int) -> None:
        if not new:
            return
        authority = new[0].authority
        used = self._count("authority = ? AND accepted_on = ?", authority, today.isoformat())
        if used + len(new) > daily_cap:
            raise AnzhengError(
                Code.RELEASE_DAILY_CAP,
                "more licences than the authority may have signed in a day",
                used=used,
                asked=len(new),
                limit=daily_cap,
            )

    def _entries(self, query: str, authority: AuthorityId) -> tuple[Entry, ...]:
        try:
            rows = self._connection.execute(query, (authority,)).fetchall()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the ledger cannot be read") from error
        return tuple(
            Entry(Intent(*row[:6]), None if row[6] is None else Leaf(row[6]), bool(row[7]))
            for row in rows
        )

    def _refuse_reserved(self, intent: Intent) -> None:
        row = self._connection.execute(
            "SELECT 1 FROM reserved WHERE registry = ? AND authority = ? AND status_index = ?",
            (intent.registry, intent.authority, intent.status_index),
        ).fetchone()
        if row is not None:
            raise AnzhengError(
                Code.LICENCE_RESERVED,
                "the status index was used before the database was put back",
                index=intent.status_index,
            )

    def _insert(self, intent: Intent, batch_id: BatchId, today: date, moment: str) -> None:
        try:
            self._connection.execute(
                "INSERT INTO slots (authority, licence_no, version, registry, status_index,"
                " licence_digest, batch_id, accepted_on, signing_time)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    intent.authority,
                    intent.licence_no,
                    intent.version,
                    intent.registry,
                    intent.status_index,
                    intent.licence_digest,
                    batch_id,
                    today.isoformat(),
                    moment,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise AnzhengError(
                Code.RELEASE_INDEX_TAKEN,
                "the status index belongs to another licence version",
                index=intent.status_index,
            ) from error

    def _record(self, signed: SignedLicence) -> None:
        at = signed.pdf.index(signed.cms.hex().encode("ascii"))
        file = signed.pdf[:at] + signed.pdf[at + len(_DIGITS) :]
        changed = self._connection.execute(
            "UPDATE slots SET leaf = ?, cms = ?, gen_time = ?, hole_start = ?, file = ?"
            " WHERE licence_digest = ? AND leaf IS NULL",
            (
                signed.leaf,
                signed.cms,
                signed.gen_time.isoformat(),
                at - 1,
                file,
                signed.licence_digest,
            ),
        ).rowcount
        if changed != 1:
            raise AnzhengError(Code.CONFLICT, "the ledger has no free slot for this licence")

    def _count(self, condition: str, *values: str) -> int:
        try:
            row = self._connection.execute(
                f"SELECT count(*) FROM slots WHERE {condition}",  # noqa: S608 - our own words
                values,
            ).fetchone()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the ledger cannot be read") from error
        return int(row[0])


_Row = tuple[str, bytes | None, bytes, str, int, bytes | None]


def _slot(licence_digest: Digest, row: _Row) -> Slot:
    signing_time, leaf, cms, gen_time, hole_start, file = row
    moment = datetime.fromisoformat(signing_time)
    if leaf is None or file is None:
        return Slot(licence_digest, moment, None, forgotten=leaf is not None)
    empty = file[: hole_start + 1] + _DIGITS + file[hole_start + 1 :]
    hole = Hole(hole_start, hole_start + len(_DIGITS) + 2)
    signed = SignedLicence(
        pdf=fill(empty, hole, cms),
        cms=cms,
        leaf=Leaf(leaf),
        licence_digest=licence_digest,
        gen_time=datetime.fromisoformat(gen_time),
    )
    return Slot(licence_digest, moment, signed, forgotten=False)
