"""Claiming online: a one-time code and a certification request in, certificate and licence out."""

import base64
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response

from anzheng.flows.claim import Grant
from anzheng.routes.bodies import limited_body, once
from anzheng.store.database import Store
from licence.formats.holder import MAX_MESSAGE_BYTES, ClaimRequest, decode_claim
from licence.ports import Clock

Redeem = Callable[[ClaimRequest], Grant]


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
        return once(store, clock, "claims", idempotency_key, body, lambda: _answer(redeem(request)))

    return routes


def _answer(grant: Grant) -> bytes:
    answer = {
        "leaf": grant.leaf.hex(),
        "certificates": [_text(certificate) for certificate in grant.certificates],
        "pdf": _text(grant.pdf),
        "evidence": None if grant.evidence is None else _text(grant.evidence),
    }
    return json.dumps(answer).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
