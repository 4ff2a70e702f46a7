"""Status lists and the trust repository, as the files that lie in the trust folder.

Standard: draft-ietf-oauth-status-list-21, 8 (providing lists, older ones by `?time=`), 9.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as Folder
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, RegistryId
from verifier.service.answers import CBOR, JSON, Body, Caching, answer, body_of, quality
from verifier.service.files import PublicFolder
from verifier.service.problems import responses
from verifier.service.trust_files import CWT, JWT, SIDE, SIDE_JWT

MAX_TIME: Final = 253_402_300_799
"""The last second of the year 9999."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)
NameText = Annotated[str, Path(json_schema_extra={"pattern": f"^{_NAME.pattern}$"})]
"""Said to clients; that it holds is checked by `_name`, which answers 400."""

OlderList = Callable[[Folder, RegistryId, AuthorityId, int, str, datetime], bytes | None]
"""Finds the list that was out at a moment: trust folder, whose, shard, `cwt` or `jwt`, when."""


def lists_router(trust_folder: Folder, older: OlderList) -> APIRouter:
    """Make the routes for status lists and side lists."""
    routes = APIRouter(prefix="/v1", tags=["status"])
    lists = PublicFolder(trust_folder / "targets" / "lists")

    @routes.get(
        "/status-lists/{registry}/{authority}/{shard}",
        response_class=Response,
        responses=responses(400, 404, 406, types=(CWT, JWT)),
    )
    async def status_list(
        request: Request,
        registry: NameText,
        authority: NameText,
        shard: int,
        time: Annotated[
            int | None,
            Query(ge=0, le=MAX_TIME, description="Unix time: the list that was out then"),
        ] = None,
    ) -> Response:
        """Return a Token Status List, as CWT unless JWT is liked better."""
        form = _form(request, ("cwt", CWT), ("jwt", JWT))
        names = _name(registry), _name(authority)
        media_type = CWT if form == "cwt" else JWT
        if time is not None:
            body = _older(older, trust_folder, names, shard, form, time)
            return answer(request, body, Caching.VERSIONED, vary=("Accept",))
        path = f"{names[0]}/{names[1]}/{shard}.{form}"
        return answer(
            request, _there(await lists.body(path, media_type)), Caching.SIGNED, vary=("Accept",)
        )

    @routes.get(
        "/status-lists/{registry}/{authority}",
        response_class=Response,
        responses=responses(400, 404, types=(JSON,)),
    )
    async def aggregation(request: Request, registry: NameText, authority: NameText) -> Response:
        """Name every status list of an authority."""
        path = f"{_name(registry)}/{_name(authority)}/aggregation.json"
        return answer(request, _there(await lists.body(path, JSON)), Caching.SIGNED)

    @routes.get(
        "/side-lists/{registry}/{authority}/{shard}",
        response_class=Response,
        responses=responses(400, 404, 406, types=(SIDE, SIDE_JWT)),
    )
    async def side_list(
        request: Request, registry: NameText, authority: NameText, shard: int
    ) -> Response:
        """Return the signed reasons and dates that belong to a status list."""
        form = _form(request, ("side", SIDE), ("side.jwt", SIDE_JWT), ("side", CBOR))
        path = f"{_name(registry)}/{_name(authority)}/{shard}.{form}"
        body = _there(await lists.body(path, SIDE if form == "side" else SIDE_JWT))
        return answer(request, body, Caching.SIGNED, vary=("Accept",))

    return routes


def _older(
    older: OlderList,
    folder: Folder,
    names: tuple[str, str],
    shard: int,
    form: str,
    time: int,
) -> Body:
    moment = datetime.fromtimestamp(time, UTC)
    data = older(folder, RegistryId(names[0]), AuthorityId(names[1]), shard, form, moment)
    if data is None:
        raise AnzhengError(Code.NOT_ACCEPTABLE, "no list of this moment is kept here")
    return body_of(data, CWT if form == "cwt" else JWT)


def _form(request: Request, *offers: tuple[str, str]) -> str:
    """Return the form that `Accept` likes best; the first of equals, and without the header."""
    header = request.headers.get("accept", "*/*")
    likes = [
        (quality(header, media_type, "application/*", "*/*"), -place, form)
        for place, (form, media_type) in enumerate(offers)
    ]
    best, _, form = max(likes)
    if best == 0:
        offered = ", ".join(dict.fromkeys(media_type for _, media_type in offers))
        raise AnzhengError(Code.NOT_ACCEPTABLE, f"there is {offered} only")
    return form


def _name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise AnzhengError(Code.REQUEST_INVALID, "names have letters, digits and hyphens only")
    return text


def _there(body: Body | None) -> Body:
    if body is None:
        raise AnzhengError(Code.STATUS_NOT_AVAILABLE, "there is no such list here")
    return body
