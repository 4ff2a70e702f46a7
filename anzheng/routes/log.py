"""The transparency log of each authority, and the manifests that its records name.

Standard: c2sp.org/tlog-tiles: tiles never change, partial ones neither; the checkpoint grows.
"""

import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from licence.errors import AnzhengError, Code
from verifier.service.answers import CBOR, OCTETS, TEXT, Caching, answer
from verifier.service.files import PublicFolder
from verifier.service.problems import responses

CHECKPOINT: Final = "checkpoint"
_FIXED = re.compile(r"[^/]+/[^/]+/(?:tile/.+|manifests/[0-9a-f]{64}\.cbor)", re.ASCII)


def router(log_folder: Path) -> APIRouter:
    """Make the routes below `/log`."""
    routes = APIRouter(prefix="/log", tags=["log"])
    folder = PublicFolder(log_folder)

    @routes.get(
        "/{path:path}",
        response_class=Response,
        responses=responses(404, types=(TEXT, CBOR, OCTETS)),
    )
    async def log_file(request: Request, path: str) -> Response:
        """Return `REGISTRY/AUTHORITY/` with `checkpoint`, `tile/…` or `manifests/SHA256.cbor`."""
        body = await folder.body(path, media_type_of(path))
        if body is None:
            raise AnzhengError(Code.NOT_FOUND, "there is no such file")
        return answer(request, body, caching_of(path))

    return routes


def caching_of(path: str) -> Caching:
    """Return for how long a file of a log may be kept."""
    return Caching.IMMUTABLE if _FIXED.fullmatch(path) else Caching.HEAD


def media_type_of(path: str) -> str:
    """Return what a file of a log is, by its name."""
    name = path.rpartition("/")[2]
    if name == CHECKPOINT:
        return TEXT
    return CBOR if name.endswith(".cbor") else OCTETS
