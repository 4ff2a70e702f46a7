"""Public look-ups: a licence by its leaf or by number, and its anchor evidence.

Public ids are leaf hex; number, e-licence identifier and short code are query parameters
(DESIGN 3.5). The answer is the registry's word, never a proof.
"""

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from anzheng.flows.look_up import describe
from anzheng.store.database import Store, Unit
from anzheng.store.licences import StoredLicence
from licence.domain.licence_no import folded
from licence.errors import AnzhengError, Code
from licence.formats.short_code import parse_short_code
from licence.ids import Leaf
from licence.ports import Clock

LEAF_HEX = 64
MAX_FOUND = 50


def router(store: Store, clock: Clock) -> APIRouter:
    """Make the look-up routes."""
    routes = APIRouter(prefix="/v1", tags=["licences"])

    @routes.get("/licences/{leaf}")
    def by_leaf(leaf: str) -> Response:
        """Return what the registry knows about one licence version."""
        with store.read() as unit:
            return _json(describe(unit, _known(unit, parse_leaf(leaf)), clock))

    @routes.get("/licences")
    def search(
        number: Annotated[str | None, Query(max_length=64)] = None,
        elicence_id: Annotated[str | None, Query(max_length=160)] = None,
        short_code: Annotated[str | None, Query(max_length=32)] = None,
    ) -> Response:
        """Return all versions that answer to one number, identifier or short code."""
        if sum(value is not None for value in (number, elicence_id, short_code)) != 1:
            raise AnzhengError(
                Code.REQUEST_INVALID, "give exactly one of number, elicence_id, short_code"
            )
        with store.read() as unit:
            found = unit.licences.search(
                folded_no=None if number is None else folded(number),
                elicence_id=elicence_id,
                short_code=None if short_code is None else canonical_code(short_code),
                limit=MAX_FOUND,
            )
            return _json({"licences": [describe(unit, row, clock) for row in found if row.leaf]})

    @routes.get("/evidence/{leaf}")
    def evidence(leaf: str) -> Response:
        """Return the anchor evidence of a leaf."""
        wanted = parse_leaf(leaf)
        with store.read() as unit:
            found = unit.anchors.evidence(wanted)
            known = unit.licences.by_leaf(wanted) or unit.claims.by_leaf(wanted)
        if known is None:
            raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
        if found is None:
            raise AnzhengError(Code.ANCHOR_PENDING, "this leaf is not anchored yet; ask later")
        return Response(found, media_type="application/cbor")

    return routes


def pointer_router() -> APIRouter:
    """Make `/L/{code}`: where the printed QR code leads."""
    routes = APIRouter(tags=["licences"])

    @routes.get("/L/{code}")
    def pointer(code: str) -> RedirectResponse:
        """Lead from a printed code to the look-up."""
        canonical_code(code)
        return RedirectResponse(f"/v1/licences?short_code={quote(code)}", status_code=303)

    return routes


def parse_leaf(text: str) -> Leaf:
    """Read a leaf from its hex."""
    if len(text) != LEAF_HEX or any(c not in "0123456789abcdef" for c in text):
        raise AnzhengError(Code.REQUEST_INVALID, "a leaf is 64 lower-case hex digits")
    return Leaf(bytes.fromhex(text))


def canonical_code(text: str) -> str:
    """Bring a typed short code to the form in which it is stored."""
    return parse_short_code(text).hex()


def _known(unit: Unit, leaf: Leaf) -> StoredLicence:
    row = unit.licences.by_leaf(leaf)
    if row is None:
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    return row


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False).encode(), media_type="application/json")
