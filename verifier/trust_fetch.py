"""Fetches files of a trust repository: each within its time, from the host that was named.

The TUF client's own fetcher limits each wait and tries again, follows redirects and unpacks; a list
host that drips would hold it for hours. What was fetched is believed by neither: the client judges.
Imported only when something is fetched, as `tuf.ngclient` opens a socket when it is imported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface, Urllib3Fetcher
from typing_extensions import override

from licence.errors import AnzhengError
from verifier.fetch import open_client, within

FILE_SECONDS: Final = 60.0
"""Longest time for one file; the largest is a page of megabytes."""

_OK: Final = 200
_ERRORS: Final = 400


@contextmanager
def trust_fetcher(base_url: str) -> Iterator[FetcherInterface]:
    """Open a fetcher for a repository; where a proxy is set, the TUF client's own goes by it."""
    host = urlsplit(base_url).hostname or ""
    proxies = getproxies()
    if urlsplit(base_url).scheme in proxies and not proxy_bypass(host):
        yield Urllib3Fetcher()
        return
    fetcher = TrustFetcher(base_url)
    try:
        yield fetcher
    finally:
        fetcher.close()


class TrustFetcher(FetcherInterface):
    """Fetches from one server, with an end to every answer.

    Args:
        base_url: Where the repository is served.
    """

    def __init__(self, base_url: str) -> None:
        try:
            self._client = open_client(base_url)
        except AnzhengError as error:
            raise DownloadError(f"{base_url[:200]} is no http or https URL") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    @override
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Fetch a file whole, in time, into a temporary one."""
        with within(FILE_SECONDS), super().download_file(url, max_length) as file:
            yield file

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        response = self._client.send(self._client.build_request("GET", url), stream=True)
        status = response.status_code
        packed = response.headers.get("Content-Encoding", "identity") != "identity"
        if status == _OK and not packed:
            return _parts(response)
        response.close()
        if status >= _ERRORS:
            raise DownloadHTTPError(f"{url}: HTTP status {status}", status)
        # A redirect, or something packed that could unpack to any size.
        raise DownloadError(f"{url}: the server did not answer properly")


def _parts(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.HTTPError as error:
        raise DownloadError("the answer ended early") from error
    finally:
        response.close()
