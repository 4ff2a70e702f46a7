"""Status lists and the trust repository, as the files that lie in the trust folder."""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from licence.errors import AnzhengError, Code

CWT = "application/statuslist+cwt"
JWT = "application/statuslist+jwt"
MAX_AGE_SECONDS = 300
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


def router(trust_folder: Path) -> APIRouter:
    """Make the routes for status lists and side lists."""
    routes = APIRouter(prefix="/v1", tags=["status"])
    lists = trust_folder / "targets" / "lists"

    @routes.get("/status-lists/{registry}/{authority}/{shard}")
    def status_list(
        registry: str, authority: str, shard: int, accept: Annotated[str, Header()] = CWT
    ) -> FileResponse:
        """Return a Token Status List, as CWT unless JWT is asked for."""
        jwt = JWT in accept and CWT not in accept
        place = lists / _name(registry) / _name(authority) / f"{shard}.{'jwt' if jwt else 'cwt'}"
        return _file(place, JWT if jwt else CWT)

    @routes.get("/status-lists/{registry}/{authority}")
    def aggregation(registry: str, authority: str) -> FileResponse:
        """Name every status list of an authority."""
        place = lists / _name(registry) / _name(authority) / "aggregation.json"
        return _file(place, "application/json")

    @routes.get("/side-lists/{registry}/{authority}/{shard}")
    def side_list(registry: str, authority: str, shard: int) -> FileResponse:
        """Return the signed reasons and dates that belong to a status list."""
        place = lists / _name(registry) / _name(authority) / f"{shard}.side"
        return _file(place, "application/cbor")

    return routes


def files(trust_folder: Path) -> StaticFiles:
    """Serve the TUF repository as it lies."""
    return StaticFiles(directory=trust_folder, check_dir=False)


def _name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise AnzhengError(Code.REQUEST_INVALID, "names have letters, digits and hyphens only")
    return text


def _file(place: Path, media_type: str) -> FileResponse:
    if not place.is_file():
        raise AnzhengError(Code.STATUS_NOT_AVAILABLE, "there is no such list here")
    headers = {"Cache-Control": f"max-age={MAX_AGE_SECONDS}"}
    return FileResponse(place, media_type=media_type, headers=headers)
