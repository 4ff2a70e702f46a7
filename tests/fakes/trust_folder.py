"""A trust repository in a folder, with keys of known numbers, and a fetcher that reads a folder."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface
from typing_extensions import override

from anchor.trust_repository import TrustKeys, TrustRepository
from licence.formats import trust_bundle
from tests.fakes.trust_bundles import sample_bundle


def key(name: str) -> Ed25519PrivateKey:
    """The key of this name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def trust_keys(generation: str = "1") -> TrustKeys:
    """Three root keys, two targets keys, one online key."""
    return TrustKeys(
        root=tuple(key(f"root-{generation}-{n}") for n in range(3)),
        targets=tuple(key(f"targets-{generation}-{n}") for n in range(2)),
        online=key(f"online-{generation}"),
    )


def make_repository(
    folder: Path, lists: Mapping[str, bytes], *, now: datetime, version: int = 1
) -> TrustRepository:
    """A repository with a bundle and these lists."""
    repository = TrustRepository.create(folder, trust_keys(), now=now)
    repository.publish_bundle(trust_bundle.encode(sample_bundle(version)), now=now)
    repository.publish_lists(lists, now=now)
    return repository


class FolderFetcher(FetcherInterface):
    """Serves a repository's folder as `http://repository/`, without a network.

    Args:
        folder: The folder.
        altered: Bytes to serve instead of files, by path.
    """

    def __init__(self, folder: Path, altered: Mapping[str, bytes] | None = None) -> None:
        self._folder = folder
        self._altered = altered or {}
        self.asked: list[str] = []

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        path = url.removeprefix("http://repository/")
        self.asked.append(path)
        if path in self._altered:
            return iter([self._altered[path]])
        if not (self._folder / path).is_file():
            raise DownloadHTTPError("not there", 404)
        return iter([(self._folder / path).read_bytes()])
