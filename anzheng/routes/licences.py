"""Public look-ups: a licence by its leaf or by number, and its anchor evidence.

Public ids are leaf hex; number, e-licence identifier and short code are query parameters
(DESIGN 3.5). The answer is the registry's word, never a proof.
"""

from asyncio import to_thread
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute

from anzheng.flows.look_up import MAX_FOUND, Key, describe, described
from anzheng.routes.straight import StraightRoute, refused
from anzheng.store.database import Store, Unit
from anzheng.store.public import PublicLicence
from licence.domain.licence_no import folded
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.short_code import parse_short_code
from licence.ids import Leaf
from licence.ports import Clock
from verifier.service.answers import CBOR, JSON, Caching, answer, body_of, json_body
from verifier.service.problems import responses

LEAF_HEX = 64
MAX_VALUE = 160
"""Characters of what is looked up."""

LICENCE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["leaf", "state", "anchored", "assurance", "short_code", "licence", "status"],
    "properties": {
        "leaf": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "state": {"type": "string"},
        "anchored": {"type": "boolean"},
        "assurance": {"const": "registry-word"},
        "short_code": {"type": "string"},
        "licence": {"type": "object"},
        "status": {
            "type": "object",
            "required": ["word", "events"],
            "properties": {"word": {"type": "string"}, "events": {"type": "array"}},
        },
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
FOUND_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["licences"],
    "properties": {"licences": {"type": "array", "maxItems": MAX_FOUND, "items": LICENCE_SCHEMA}},
}

LeafText = Annotated[str, Path(json_schema_extra={"pattern": "^[0-9a-f]{64}$"})]
"""Said to clients; that it holds is checked by `parse_leaf`, which answers 400."""

T = TypeVar("T")


_PARAMETERS: Final = {
    Key.NUMBER: "number",
    Key.IDENTIFIER: "elicence_id",
    Key.SHORT_CODE: "short_code",
}


async def reading(store: Store, work: Callable[[Unit], T]) -> T:
    """Read from the database without holding up other requests."""

    def run() -> T:
        with store.read() as unit:
            return work(unit)

    # A look-up in a local file takes less time than it takes to wake a thread.
    return run() if store.is_local else await to_thread(run)


def router(store: Store, clock: Clock) -> APIRouter:
    """Make the look-up routes."""
    routes = APIRouter(prefix="/v1", tags=["licences"], route_class=StraightRoute)

    @routes.get(
        "/licences/{key}/{value}",
        response_class=Response,
        responses=responses(400, types=(JSON,), schema=FOUND_SCHEMA),
    )
    async def by_key(
        request: Request, key: Key, value: Annotated[str, Path(max_length=MAX_VALUE)]
    ) -> Response:
        """Return the same as a search, at an address that a static copy has too."""
        if key not in _PARAMETERS or len(value) > MAX_VALUE:
            raise refused("key", "number, identifier or short-code, and what is looked up")
        look = _search(**{_PARAMETERS[key]: value})
        found = described(await reading(store, look), shanghai_date(clock.now()))
        return answer(request, json_body(found), Caching.WORD)

    @routes.get(
        "/licences/{leaf}",
        response_class=Response,
        responses=responses(400, 404, types=(JSON,), schema=LICENCE_SCHEMA),
    )
    async def by_leaf(request: Request, leaf: LeafText) -> Response:
        """Return what the registry knows about one licence version."""
        wanted = parse_leaf(leaf)
        found = await reading(store, lambda unit: unit.public.by_leaf(wanted))
        if found is None:
            raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
        return answer(request, json_body(describe(found, shanghai_date(clock.now()))), Caching.WORD)

    @routes.get(
        "/evidence/{leaf}", response_class=Response, responses=responses(400, 404, types=(CBOR,))
    )
    async def evidence(request: Request, leaf: LeafText) -> Response:
        """Return the anchor evidence of a leaf."""
        wanted = parse_leaf(leaf)
        found = await reading(store, lambda unit: _evidence(unit, wanted))
        return answer(request, body_of(found, CBOR), Caching.VERSIONED)

    async def search(
        request: Request,
        number: Annotated[str | None, Query(max_length=64)] = None,
        elicence_id: Annotated[str | None, Query(max_length=160)] = None,
        short_code: Annotated[str | None, Query(max_length=32)] = None,
    ) -> Response:
        """Return all versions that answer to one number, identifier or short code."""
        if sum(value is not None for value in (number, elicence_id, short_code)) != 1:
            raise AnzhengError(
                Code.REQUEST_INVALID, "give exactly one of number, elicence_id, short_code"
            )
        look = _search(number, elicence_id, short_code)
        found = described(await reading(store, look), shanghai_date(clock.now()))
        return answer(request, json_body(found), Caching.WORD)

    routes.add_api_route(
        "/licences",
        search,
        response_class=Response,
        responses=responses(400, types=(JSON,), schema=FOUND_SCHEMA),
        route_class_override=APIRoute,
    )
    return routes


def pointer_router() -> APIRouter:
    """Make `/L/{code}`: where the printed QR code leads."""
    routes = APIRouter(tags=["licences"])

    @routes.get(
        "/L/{code}",
        response_class=RedirectResponse,
        status_code=303,
        responses={
            key: value
            for key, value in responses(400, types=(JSON,)).items()
            if key not in {200, 304}
        },
    )
    async def pointer(code: str) -> RedirectResponse:
        """Lead from a printed code to the look-up."""
        canonical_code(code)
        headers = {"Cache-Control": Caching.IMMUTABLE.value}
        target = f"/v1/licences?short_code={quote(code)}"
        return RedirectResponse(target, status_code=303, headers=headers)

    return routes


def parse_leaf(text: str) -> Leaf:
    """Read a leaf from its hex."""
    if len(text) != LEAF_HEX or any(c not in "0123456789abcdef" for c in text):
        raise AnzhengError(Code.REQUEST_INVALID, "a leaf is 64 lower-case hex digits")
    return Leaf(bytes.fromhex(text))


def canonical_code(text: str) -> str:
    """Bring a typed short code to the form in which it is stored."""
    return parse_short_code(text).hex()


def _evidence(unit: Unit, leaf: Leaf) -> bytes:
    found = unit.public.evidence(leaf)
    if found is not None:
        return found
    if (unit.licences.by_leaf(leaf) or unit.claims.by_leaf(leaf)) is None:
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    raise AnzhengError(Code.ANCHOR_PENDING, "this leaf is not anchored yet; ask later")


def _search(
    number: str | None = None, elicence_id: str | None = None, short_code: str | None = None
) -> Callable[[Unit], tuple[PublicLicence, ...]]:
    """Read what is searched for, before the database is asked."""
    if number is not None:
        wanted = folded(number)
        return lambda unit: unit.public.by_number(wanted, most=MAX_FOUND)
    if elicence_id is not None:
        return lambda unit: unit.public.by_elicence_id(elicence_id, most=MAX_FOUND)
    code = canonical_code(short_code or "")
    return lambda unit: unit.public.by_short_code(code, most=MAX_FOUND)
