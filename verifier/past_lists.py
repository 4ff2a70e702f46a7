"""Lists of days before, and pages of side lists, as they lie in a trust folder.

    history/<registry>/<authority>/<shard>/<issue time, Unix seconds>.cwt
    pages/<registry>/<authority>/<SHA-256>.page

Nothing here is named by the TUF repository: a list bears the authority's signature, a page is named
by its digest in what does.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from licence.domain.validity import CHINA, shanghai_date
from licence.formats import side_pages, status_list
from licence.ids import AuthorityId, Digest, RegistryId

HISTORY: Final = "history"
PAGES: Final = "pages"


def list_of_day(
    folder: Path, registry: RegistryId, authority: AuthorityId, shard: int, on: date
) -> bytes | None:
    """Return the last list that was published on a day in China, if it is kept here."""
    kept = folder / HISTORY / registry / authority / str(shard)
    stems = (place.name.removesuffix(".cwt") for place in kept.glob("*.cwt"))
    times = [int(stem) for stem in stems if stem.isdecimal()]
    here = [at for at in times if _day(at) == on]
    return _limited(kept / f"{max(here)}.cwt", status_list.MAX_CWT_BYTES) if here else None


def side_page(
    folder: Path, registry: RegistryId, authority: AuthorityId, digest: Digest
) -> bytes | None:
    """Return a page of a side list, if it is kept here."""
    return _limited(page_path(folder, registry, authority, digest), side_pages.MAX_PAGE_BYTES)


def page_path(folder: Path, registry: RegistryId, authority: AuthorityId, digest: Digest) -> Path:
    """Return where a page lies."""
    return folder / PAGES / registry / authority / f"{digest.hex()}.page"


def end_of_day(on: date) -> datetime:
    """Return the last second of a day in China."""
    return datetime.combine(on, time(), CHINA) + timedelta(days=1, seconds=-1)


def _day(at: int) -> date | None:
    try:
        return shanghai_date(datetime.fromtimestamp(at, UTC))
    except (OverflowError, ValueError, OSError):
        return None


def _limited(path: Path, limit: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError:
        return None
    return data if len(data) <= limit else None
