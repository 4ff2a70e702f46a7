"""What one transaction of the state file can write; conforms to `anchor.monitor.ports.Step`."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, final

from anchor.events import Anchored, Event
from anchor.monitor.alarms import Alarm, KeptAlarm
from anchor.monitor.batch_rules import KnownRow
from anchor.monitor.log_rules import SeenLog
from anchor.monitor.memory_rows import (
    ALARM_COLUMNS,
    BATCH_COLUMNS,
    ROW_COLUMNS,
    alarm_of,
    batch_values,
    row_values,
)
from anchor.monitor.ports import DayCount, Progress
from anchor.monitor.stored import dump_small, seconds
from licence.ids import AuthorityId, Digest

_WORD_BYTES: Final = 32
_MOST_ALARMS: Final = 100_000
"""Closed alarms beyond this are forgotten, the oldest first."""


@final
class SqliteStep:
    """One transaction.

    Args:
        database: With a transaction open.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def save_progress(self, contract: str, progress: Progress, events: Iterable[Event]) -> None:
        """Remember how far a contract is verified."""
        replay, block = progress.replay, progress.block
        self._database.execute(
            "REPLACE INTO contract VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                contract,
                block.number,
                block.hash,
                seconds(block.time),
                replay.sequence,
                replay.head,
                dump_small(replay),
                progress.settled,
            ),
        )
        for event in events:
            if isinstance(event, Anchored):
                self._database.execute(
                    f"INSERT INTO batch (contract, {BATCH_COLUMNS})"  # noqa: S608
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (contract, *batch_values(event)),
                )
        for (authority, word), changed_at in replay.touched.items():
            value = replay.words.get((authority, word), 0)
            self._save_word(contract, authority, word, value, seconds(changed_at))

    def keep_rows(self, rows: Sequence[KnownRow]) -> None:
        """Remember the rows of a manifest."""
        places = ", ".join("?" * len(ROW_COLUMNS.split(",")))
        self._database.executemany(
            f"INSERT OR IGNORE INTO leaf ({ROW_COLUMNS}) VALUES ({places})",  # noqa: S608
            [row_values(row) for row in rows],
        )

    def manifest_read(self, contract: str, sequence: int) -> None:
        """Remember that the manifest of a batch was read and is right."""
        self._database.execute(
            "UPDATE batch SET is_read = 1 WHERE contract = ? AND sequence = ?", (contract, sequence)
        )

    def log_found(self, contract: str, sequences: Iterable[int]) -> None:
        """Remember that these batches are in the log."""
        self._database.executemany(
            "UPDATE batch SET is_logged = 1 WHERE contract = ? AND sequence = ?",
            [(contract, sequence) for sequence in sequences],
        )

    def save_log(self, authority: AuthorityId, seen: SeenLog) -> None:
        """Remember the last state of a log that was right."""
        at = None if seen.cosigned_at is None else seconds(seen.cosigned_at)
        self._database.execute(
            "REPLACE INTO log VALUES (?, ?, ?, ?, ?)",
            (authority, seen.size, seen.root, at, seen.note),
        )

    def watch_number(self, authority: AuthorityId, number: Digest) -> None:
        """Remember a number that has several versions."""
        self._database.execute("INSERT OR IGNORE INTO several VALUES (?, ?)", (authority, number))

    def number_settled(self, authority: AuthorityId, number: Digest) -> None:
        """Forget a number of which one version is live at most."""
        self._database.execute(
            "DELETE FROM several WHERE authority = ? AND number = ?", (authority, number)
        )

    def count(self, counts: Iterable[DayCount]) -> None:
        """Add to the counts of days."""
        self._database.executemany(
            "INSERT INTO day VALUES (?, ?, ?, ?)"
            " ON CONFLICT (day, authority, what) DO UPDATE SET count = count + excluded.count",
            [(each.day.isoformat(), each.authority, each.what, each.count) for each in counts],
        )

    def raise_alarm(self, alarm: Alarm, now: datetime) -> bool:
        """Keep an alarm; whether it is new, or was over."""
        at, facts = seconds(now), json.dumps(alarm.facts)
        found = self._database.execute(
            "SELECT closed_at FROM alarm WHERE id = ?", (alarm.id,)
        ).fetchone()
        if found is not None and (found[0] is None or alarm.group is None):
            # An event that was acknowledged stays so, even if it is read again.
            self._database.execute(
                "UPDATE alarm SET last_at = ?, message = ?, facts = ? WHERE id = ?",
                (at, alarm.message, facts, alarm.id),
            )
            return False
        said = (alarm.code.value, alarm.subject, alarm.message, facts, alarm.group)
        self._database.execute(
            "REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (alarm.id, *said, alarm.authority, alarm.block, at, at),
        )
        return True

    def close_gone(
        self, groups: Iterable[str], found: Iterable[str], now: datetime
    ) -> tuple[KeptAlarm, ...]:
        """Close the open alarms of these groups that were not found again (by id)."""
        there, wanted = set(found), set(groups)
        rows = self._database.execute(
            f"SELECT id, {ALARM_COLUMNS} FROM alarm"  # noqa: S608
            " WHERE closed_at IS NULL AND rule IS NOT NULL ORDER BY first_at, id"
        ).fetchall()
        gone = [row for row in rows if row[0] not in there and row[5] in wanted]
        self._close([row[0] for row in gone], now)
        return tuple(alarm_of(row[1:]) for row in gone)

    def acknowledge(self, names: Iterable[str] | None, now: datetime) -> int:
        """Close open alarms by id, or all events (None); how many."""
        where = "closed_at IS NULL" + (" AND rule IS NULL" if names is None else "")
        rows = self._database.execute(f"SELECT id FROM alarm WHERE {where}").fetchall()  # noqa: S608
        wanted = None if names is None else set(names)
        chosen = [name for (name,) in rows if wanted is None or name in wanted]
        self._close(chosen, now)
        return len(chosen)

    def pass_done(self, now: datetime) -> None:
        """Remember when a pass was completed, and forget what is over for long."""
        at = seconds(now)
        self._database.execute("REPLACE INTO meta VALUES ('last_pass', ?)", (str(at),))
        self._database.execute(
            "DELETE FROM alarm WHERE id IN (SELECT id FROM alarm WHERE closed_at IS NOT NULL"
            " ORDER BY closed_at DESC LIMIT -1 OFFSET ?)",
            (_MOST_ALARMS,),
        )

    def _close(self, names: Sequence[str], now: datetime) -> None:
        self._database.executemany(
            "UPDATE alarm SET closed_at = ? WHERE id = ?", [(seconds(now), name) for name in names]
        )

    def _save_word(
        self, contract: str, authority: AuthorityId, word: int, value: int, at: int
    ) -> None:
        if value == 0:
            self._database.execute(
                "DELETE FROM word WHERE contract = ? AND authority = ? AND word = ?",
                (contract, authority, word),
            )
            return
        self._database.execute(
            "REPLACE INTO word VALUES (?, ?, ?, ?, ?)",
            (contract, authority, word, value.to_bytes(_WORD_BYTES, "big"), at),
        )
