"""The trust repository as the files that lie in the trust folder.

Standard: The Update Framework 1.0, 6.
"""

import re
from pathlib import Path as Folder
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from licence.errors import AnzhengError, Code
from verifier.service.answers import CBOR, JSON, OCTETS, Caching, answer
from verifier.service.files import PublicFolder
from verifier.service.problems import responses

CWT: Final = "application/statuslist+cwt"
JWT: Final = "application/statuslist+jwt"
SIDE: Final = "application/anzheng-sidelist+cbor"
SIDE_JWT: Final = "application/anzheng-sidelist+jwt"
DELTA: Final = "application/anzheng-listdelta+cbor"

_BY_DIGEST = re.compile(r"targets/.*/?[0-9a-f]{64}\.[^/]+|pages/.+|history/.+", re.ASCII)
_BY_VERSION = re.compile(r"metadata/[0-9]+\.[^/]+", re.ASCII)
_TYPES: Final = {
    "json": JSON,
    "cwt": CWT,
    "side.jwt": SIDE_JWT,
    "jwt": JWT,
    "side": SIDE,
    "delta": DELTA,
    "page": CBOR,
    "crt": "application/x-pem-file",
}
"""Media type by the end of the name; the first that fits."""


def files_router(trust_folder: Folder, prefix: str = "/trust") -> APIRouter:
    """Make the routes that serve the trust folder as it lies."""
    routes = APIRouter(prefix=prefix, tags=["trust"])
    folder = PublicFolder(trust_folder)

    @routes.get("/{path:path}", response_class=Response, responses=responses(404, types=("*/*",)))
    async def trust_file(request: Request, path: str) -> Response:
        """Return a file of the TUF repository, or a delta, page or older list beside it."""
        body = await folder.body(path, media_type_of(path))
        if body is None:
            raise AnzhengError(Code.NOT_FOUND, "there is no such file")
        return answer(request, body, caching_of(path))

    return routes


def caching_of(path: str) -> Caching:
    """Return for how long a file of the trust folder may be kept.

    An older list is history and does not change; a delta leads to the newest list, which does.
    """
    if _BY_DIGEST.fullmatch(path):
        return Caching.IMMUTABLE
    return Caching.VERSIONED if _BY_VERSION.fullmatch(path) else Caching.SIGNED


def media_type_of(path: str) -> str:
    """Return what a file of the trust folder is, by its name."""
    name = path.rpartition("/")[2]
    return next((kind for end, kind in _TYPES.items() if name.endswith(f".{end}")), OCTETS)
