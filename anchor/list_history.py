"""Lists that were published before: for "was it valid on that day", and as bases of deltas.

    history/<registry>/<authority>/<shard>/<issue time, Unix seconds>.cwt, .jwt
    deltas/<registry>/<authority>/<shard>/<SHA-256 of the CWT before>.delta
    pages/<registry>/<authority>/<SHA-256>.page, .page.json

All lie in the trust folder and are served as they lie, outside the TUF repository: each bears the
authority's signature, or is named by its digest in what does. Every list of the last day is kept,
and of each half day before that the last one, for ever.

Standard: draft-ietf-oauth-status-list-21, 8.4 (historical resolution).
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from anchor.durable import write_durably, write_whole
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.status_shard import LIFETIME, ListName
from licence.ids import AuthorityId, Digest, RegistryId

HISTORY: Final = "history"
DELTAS: Final = "deltas"
PAGES: Final = "pages"

KEPT_WHOLE: Final = timedelta(hours=26)
"""For so long every list is kept; then the last of each half day in China, so that there is one
for each moment: a list is good for a day."""
DELTA_DAYS: Final = timedelta(days=8)
"""A delta is made for whoever looked that long ago."""
OLD_PAGES: Final = timedelta(days=1)
"""Pages that no list names are removed after this: somebody may be reading the list before."""

SYNCED_ONE_BY_ONE: Final = 16
"""More files than this are written first and synced together."""

FORMS: Final = ("cwt", "jwt")


def find(
    trust_folder: Path,
    registry: RegistryId,
    authority: AuthorityId,
    shard: int,
    suffix: str,
    moment: datetime,
) -> bytes | None:
    """Return the list that was the newest one at a moment, and not stale then.

    Args:
        trust_folder: The trust folder.
        registry: Registry of the statuses.
        authority: Authority of the licences.
        shard: Which list.
        suffix: `cwt` or `jwt`.
        moment: The moment asked about.

    Raises:
        AnzhengError: `STORE_FAILED` if it cannot be read.
    """
    folder = trust_folder / HISTORY / registry / authority / str(shard)
    seconds = int(moment.timestamp())
    before = [at for at in _times(folder, suffix) if at <= seconds]
    if not before or seconds >= max(before) + LIFETIME.total_seconds():
        return None
    return _read(folder / f"{max(before)}.{suffix}")


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list that was published: when, and its CWT."""

    issued_at: datetime
    cwt: bytes


@dataclass(frozen=True, slots=True)
class ListHistory:
    """The history of all lists in a trust folder; one process at a time writes it."""

    folder: Path

    def keep(self, name: ListName, issued_at: datetime, cwt: bytes, jwt: bytes) -> None:
        """Keep a list; the same one again is the same.

        Raises:
            AnzhengError: `STORE_FAILED` if it cannot be written.
        """
        folder = self._of(HISTORY, name)
        at = int(issued_at.timestamp())
        for suffix, data in zip(FORMS, (cwt, jwt), strict=True):
            place = folder / f"{at}.{suffix}"
            if not place.is_file() or _read(place) != data:
                write_durably(place, data)

    def thin_out(self, name: ListName, now: datetime) -> None:
        """Remove lists that are older than a day and were not the last of their half day."""
        folder = self._of(HISTORY, name)
        limit = (now - KEPT_WHOLE).timestamp()
        for suffix in FORMS:
            old = sorted(at for at in _times(folder, suffix) if at < limit)
            for at, following in pairwise(old):
                if _half_day(at) == _half_day(following):
                    (folder / f"{at}.{suffix}").unlink(missing_ok=True)

    def bases(self, name: ListName, now: datetime) -> tuple[KeptList, ...]:
        """Return the lists from which deltas are made, the newest first: see `base_times`."""
        folder = self._of(HISTORY, name)
        wanted = base_times(_times(folder, "cwt"), int(now.timestamp()))
        return tuple(
            KeptList(datetime.fromtimestamp(at, UTC), _read(folder / f"{at}.cwt")) for at in wanted
        )

    def write_deltas(self, name: ListName, deltas: Mapping[Digest, bytes]) -> None:
        """Replace the deltas of a shard by these, each by the digest of the list it begins at.

        Raises:
            AnzhengError: `STORE_FAILED` if they cannot be written.
        """
        folder = self._of(DELTAS, name)
        names = {f"{base.hex()}.delta" for base in deltas}
        for base, data in deltas.items():
            # One that a crash loses costs a reader a whole list.
            write_whole(folder / f"{base.hex()}.delta", data)
        for place in folder.glob("*.delta") if folder.is_dir() else ():
            if place.name not in names:
                place.unlink(missing_ok=True)

    def write_pages(self, several: Iterable[tuple[ListName, Mapping[str, bytes]]]) -> None:
        """Write the pages of side lists, before the lists that name them are published.

        Raises:
            AnzhengError: `STORE_FAILED` if they cannot be written.
        """
        files = [
            (self.folder / PAGES / name.registry / name.authority / file, data)
            for name, pages in several
            for file, data in pages.items()
        ]
        write = write_durably if len(files) <= SYNCED_ONE_BY_ONE else write_whole
        for place, data in files:
            write(place, data)
        if write is write_whole:
            os.sync()

    def has_pages(self, name: ListName, files: Iterable[str]) -> bool:
        """Say whether all these pages are here; what is lost is made anew."""
        folder = self.folder / PAGES / name.registry / name.authority
        return all((folder / file).is_file() for file in files)

    def remove_pages(
        self, registry: RegistryId, authority: AuthorityId, kept: Iterable[str], now: datetime
    ) -> None:
        """Remove the pages that no present list names, once nobody can be reading them."""
        names = frozenset(kept)
        folder = self.folder / PAGES / registry / authority
        limit = (now - OLD_PAGES).timestamp()
        for place in folder.glob("*.page*") if folder.is_dir() else ():
            if place.name not in names and place.stat().st_mtime < limit:
                place.unlink(missing_ok=True)

    def _of(self, kind: str, name: ListName) -> Path:
        return self.folder / kind / name.registry / name.authority / str(name.shard)


def base_times(times: Iterable[int], now: int) -> tuple[int, ...]:
    """Return from which lists a delta to the newest is made, the newest first.

    All of the last three hours (64 at most), one an hour for a day and the last of each day for
    eight days: whoever looks hourly, or once a day, finds the list that it has.
    """
    ordered = sorted(set(times), reverse=True)
    found = [at for at in ordered if now - at <= _RECENT][:_MOST_RECENT]
    by_hour: dict[int, int] = {}
    by_day: dict[date, int] = {}
    for at in ordered:
        if now - at <= _DAY:
            by_hour.setdefault(at // _HOUR, at)
        if now - at <= DELTA_DAYS.total_seconds():
            by_day.setdefault(_day(at), at)
    return tuple(sorted({*found, *by_hour.values(), *by_day.values()}, reverse=True))


_HOUR: Final = 3_600
_RECENT: Final = 3 * _HOUR
_DAY: Final = 26 * _HOUR
_HALF_DAY: Final = 12 * _HOUR
_CHINA: Final = 8 * _HOUR
_MOST_RECENT: Final = 64


def _day(at: int) -> date:
    return shanghai_date(datetime.fromtimestamp(at, UTC))


def _half_day(at: int) -> int:
    return (at + _CHINA) // _HALF_DAY


def _times(folder: Path, suffix: str) -> list[int]:
    stems = (place.name.partition(".")[0] for place in folder.glob(f"*.{suffix}"))
    return [int(stem) for stem in stems if stem.isdecimal()]


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{place} cannot be read") from exc
