"""Fetches what stands beside the TUF repository: deltas of lists, and pages of side lists.

Nothing is believed because of where it came from. What a delta leads to must be the list that the
repository names by its digest; a page must be the one that a side list names. Without a delta the
whole list is fetched, without a page the update fails and the state before stays.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import DownloadError, LengthOrHashMismatchError
from tuf.api.metadata import TargetFile

from licence.errors import AnzhengError
from licence.formats import list_delta, side_pages
from licence.formats.status_shard import ListName
from licence.formats.trust_types import Authority, TrustBundle
from licence.ids import AuthorityId, Digest, RegistryId
from verifier.past_lists import page_path

if TYPE_CHECKING:
    from tuf.ngclient import FetcherInterface

    from verifier.trust import TrustStore

DELTAS: Final = "deltas"
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a repository.

    Args:
        folder: The trust folder that is brought up to date.
        base_url: Where the repository is served, no slash at the end.
        fetcher: How to fetch.
        bundle: The trust bundle of the new state.
        before: The lists of the state before, by their path among TUF targets.
    """

    folder: Path
    base_url: str
    fetcher: "FetcherInterface"
    bundle: TrustBundle
    before: Mapping[str, Path]

    def by_delta(self, target: TargetFile, place: Path) -> bool:
        """Make a list from the one before and what changed; say whether that worked."""
        older = self.before.get(target.path)
        found = self._name(target.path)
        if older is None or found is None or not older.is_file():
            return False
        name, authority = found
        try:
            base = older.read_bytes()
            where = f"{name.registry}/{name.authority}/{name.shard}"
            file = f"{hashlib.sha256(base).hexdigest()}.delta"
            data = self.fetcher.download_bytes(
                f"{self.base_url}/{DELTAS}/{where}/{file}", list_delta.MAX_DELTA_BYTES
            )
            delta = list_delta.decode(data, keys=authority.status_keys, expected=name)
            made = list_delta.apply(delta, base)
            target.verify_length_and_hashes(made)
        except (AnzhengError, DownloadError, LengthOrHashMismatchError, OSError):
            # Whatever is wrong with it: the whole list is right.
            return False
        write(place, made)
        return True

    def pages(self, path: str, side: bytes) -> None:
        """Fetch the pages that a side list names and that are not here yet.

        Raises:
            DownloadError: A page is not there, or is another one.
            OSError: It cannot be written.
        """
        found = self._name(path)
        if found is None:
            return
        name, _ = found
        for digest in pages_of(side, name):
            place = page_path(self.folder, name.registry, name.authority, digest)
            if place.is_file() and hashlib.sha256(place.read_bytes()).digest() == digest:
                continue
            url = f"{self.base_url}/{page_path(Path(), name.registry, name.authority, digest)}"
            data = self.fetcher.download_bytes(url, side_pages.MAX_PAGE_BYTES)
            if hashlib.sha256(data).digest() != digest:
                raise DownloadError(f"{url} is not the page that the side list names")
            write(place, data)

    def _name(self, path: str) -> tuple[ListName, Authority] | None:
        return list_name(path, self.bundle)


def list_name(path: str, bundle: TrustBundle) -> tuple[ListName, Authority] | None:
    """Return which list a path among TUF targets is; None if it is none that the bundle knows."""
    parts = path.split("/")
    if len(parts) != _PARTS:
        return None
    _, registry, code, file = parts
    number = file.partition(".")[0]
    authority = bundle.authority(AuthorityId(code))
    if authority is None or not number.isdecimal():
        return None
    name = ListName(authority.list_base_uri, RegistryId(registry), authority.id, int(number))
    return name, authority


def pages_of(side: bytes, name: ListName) -> Iterator[Digest]:
    """Yield the pages that a side list names; none if it is in one piece."""
    try:
        index = side_pages.read_unverified(side, name)
    except AnzhengError:
        return
    yield from (page for page in index.pages if page is not None)


def page_names(store: "TrustStore") -> Iterator[str]:
    """Yield the pages that the lists of a trust folder name, relative to it."""
    for path, target in store.lists.items():
        found = list_name(path, store.bundle)
        if found is None or not path.endswith(".side"):
            continue
        name, _ = found
        side = store.side_list(name.registry, name.authority, name.shard)
        if side is not None and target.length <= side_pages.MAX_INDEX_BYTES:
            for digest in pages_of(side, name):
                yield page_path(Path(), name.registry, name.authority, digest).as_posix()


def write(place: Path, data: bytes) -> None:
    """Write a file whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.new")
    temporary.write_bytes(data)
    temporary.replace(place)
