"""The public registry over HTTP, as `verifier.ports.Online`.

Paths are those of the application's API: `/v1/evidence/{leaf}`,
`/v1/status-lists/{registry}/{authority}/{shard}` and `/v1/side-lists/…`.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final, final
from urllib.parse import urlencode

import httpx
from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.side_pages import MAX_PAGE_BYTES
from licence.ids import AuthorityId, ChainId, Digest, Leaf, RegistryId
from verifier.fetch import Answer, fetch, open_client
from verifier.past_lists import end_of_day, page_path
from verifier.ports import ChainReader, LookUpKey

CWT: Final = "application/statuslist+cwt"
MAX_LIST_BYTES: Final = 1 << 20
MAX_SIDE_LIST_BYTES: Final = 32 << 20
MAX_LOOK_UP_BYTES: Final = 4 << 20
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@final
class HttpRegistry:
    """Asks one registry; the answers are judged by the checks, not here.

    Args:
        base_url: Such as `https://registry.example`.
        chains: Readers of chains, by chain id.
        transport: For tests.
    """

    def __init__(
        self,
        base_url: str,
        chains: Mapping[ChainId, ChainReader] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._client = open_client(base_url, transport)
        self._base_url, self._transport = base_url, transport
        self._chains = dict(chains or {})

    @override
    def __reduce__(self) -> tuple[type["HttpRegistry"], tuple[object, ...]]:
        """Travel to another process by address: it opens a connection of its own."""
        return HttpRegistry, (self._base_url, self._chains, self._transport)

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf, or None if the registry does not know the leaf.

        Raises:
            AnzhengError: ANCHOR_PENDING, when it is known and not anchored yet; NOT_CHECKED.
        """
        found = self._get(f"/v1/evidence/{leaf.hex()}", MAX_EVIDENCE_BYTES)
        if found.is_missing and _problem_code(found.body) == Code.ANCHOR_PENDING:
            raise AnzhengError(Code.ANCHOR_PENDING, "the registry has not anchored it yet")
        return None if found.is_missing else found.body

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the newest status list token."""
        path = f"/v1/status-lists/{registry}/{authority}/{shard}"
        return self._get(path, MAX_LIST_BYTES, accept=CWT).body_or_none

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list of the newest status list token."""
        path = f"/v1/side-lists/{registry}/{authority}/{shard}"
        return self._get(path, MAX_SIDE_LIST_BYTES).body_or_none

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names; it lies in the trust repository's folder."""
        path = f"/trust/{page_path(Path(), registry, authority, digest).as_posix()}"
        return self._get(path, MAX_PAGE_BYTES).body_or_none

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the list that was the newest one when a day in China ended."""
        path = f"/v1/status-lists/{registry}/{authority}/{shard}"
        moment = int(end_of_day(on).timestamp())
        return self._get(f"{path}?time={moment}", MAX_LIST_BYTES, accept=CWT).body_or_none

    @property
    def is_private(self) -> bool:
        """Whether the registry is asked over TLS, or is on this machine."""
        url = self._client.base_url
        return url.scheme == "https" or url.host in _THIS_MACHINE

    def look_up(self, by: LookUpKey, value: str) -> bytes | None:
        """Return the registry's answer to a search."""
        query = urlencode({by.value: value})
        return self._get(f"/v1/licences?{query}", MAX_LOOK_UP_BYTES).body_or_none

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        """Return the reader of this chain, if one is configured."""
        return self._chains.get(chain_id)

    def close(self) -> None:
        """Close the connections; those of the chain readers are theirs."""
        self._client.close()

    def _get(self, path: str, max_bytes: int, *, accept: str = "*/*") -> Answer:
        # Registry and authority come from a bundle that allows letters, digits and hyphens only.
        request = self._client.build_request("GET", path, headers={"Accept": accept})
        return fetch(self._client, request, max_bytes=max_bytes)


def _problem_code(body: bytes) -> object:
    """Return the code of a problem+json answer, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value.get("code") if isinstance(value, dict) else None
