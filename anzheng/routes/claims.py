"""Claiming online: a one-time code and a certification request in, certificate and licence out."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response

from anzheng.routes.bodies import once
from anzheng.store.database import Store
from licence.formats.claim import ClaimAnswer, encode_answer
from licence.formats.holder import MAX_MESSAGE_BYTES, ClaimRequest, decode_claim
from licence.ports import Clock
from verifier.service.bodies import limited_body

Redeem = Callable[[ClaimRequest], ClaimAnswer]


def router(store: Store, clock: Clock, redeem: Redeem) -> APIRouter:
    """Make `POST /v1/claims`."""
    routes = APIRouter(prefix="/v1", tags=["claims"])

    @routes.post("/claims")
    def claims(
        body: Annotated[bytes, Depends(limited_body(MAX_MESSAGE_BYTES))],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Redeem a claim code for the licence's own certificate."""
        request = decode_claim(body)
        return once(
            store, clock, "claims", idempotency_key, body, lambda: encode_answer(redeem(request))
        )

    return routes
