"""The data code of a licence, for the wallet that claimed it: what it says is public anyway."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from anzheng.routes.licences import LeafText, parse_leaf
from licence.ids import Leaf
from verifier.service.answers import TEXT, Caching, answer, body_of
from verifier.service.problems import responses

CodeOf = Callable[[Leaf], str]


def router(code_of: CodeOf) -> APIRouter:
    """Make `GET /v1/data-codes/{leaf}`.

    Args:
        code_of: Makes the text of a data code; raises NOT_FOUND.
    """
    routes = APIRouter(prefix="/v1", tags=["claims"])

    @routes.get(
        "/data-codes/{leaf}", response_class=Response, responses=responses(400, 404, types=(TEXT,))
    )
    def data_code(request: Request, leaf: LeafText) -> Response:
        """Return the text of the data code 离线查验码 of a finished licence, made now."""
        text = code_of(parse_leaf(leaf))
        return answer(request, body_of(text.encode("ascii"), TEXT), Caching.WORD)

    return routes
