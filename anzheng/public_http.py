"""The public log of somebody else, over HTTP: bounded files, nothing believed.

Standard: C2SP tlog-tiles.
"""

from pathlib import Path

from anchor.public_log import LogFolder, TiledLog
from verifier.fetch import fetch, open_client

SCHEMES = ("http://", "https://")


def open_public_log(place: str) -> TiledLog:
    """Return the public log in a folder, or at a URL (`…/log`).

    Args:
        place: A folder or an http(s) URL.

    Raises:
        AnzhengError: REQUEST_INVALID, for a URL without host. Reading it raises NOT_CHECKED when
            the server is not reached.
    """
    return http_public_log(place) if place.startswith(SCHEMES) else LogFolder(Path(place)).reader


def http_public_log(url: str) -> TiledLog:
    """Return the public log at a URL.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    client = open_client(url.rstrip("/") + "/")

    def read(path: str, max_bytes: int) -> bytes | None:
        return fetch(client, client.build_request("GET", path), max_bytes=max_bytes).body_or_none

    return TiledLog(read)
