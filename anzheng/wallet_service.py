"""The wallet's service: enterprises claim here. No key, no database: it hands on what it is given.

The key pair is made on the holder's machine, and the certificate by the signer; between the two
this process only keeps the Internet away from the signer.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.responses import Response

from anzheng.desk_client import DeskAnswer, DeskClient, open_desk_client
from anzheng.routes import health
from anzheng.routes.licences import LeafText, parse_leaf
from anzheng.settings import Settings
from anzheng.version import VERSION
from licence.errors import AnzhengError, Code
from licence.formats.holder import MAX_MESSAGE_BYTES, decode_claim
from verifier.service import problems
from verifier.service.bodies import limited_body
from verifier.service.metrics import Measured, Metrics

AT_ONCE: Final = 8
"""So many questions are with the signer; who comes then is asked to come again."""

RETRY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class WalletParts:
    """What the wallet's service speaks to."""

    desk: DeskClient


def create_wallet(parts: WalletParts) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="anzheng 安证 · wallet 企业证照",
        version=VERSION,
        summary="Claim a licence's own certificate.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    metrics = Metrics(())
    problems.add_handlers(app)
    app.include_router(health.router((("signer", parts.desk.ping),)))
    app.include_router(_claims(parts.desk))
    app.include_router(metrics.router())
    app.add_middleware(Measured, metrics=metrics)
    return app


@contextmanager
def open_wallet(settings: Settings) -> Iterator[WalletParts]:
    """Open what the wallet's service needs.

    Raises:
        AnzhengError: SETTINGS_INVALID without `signer_url`.
    """
    if not settings.signer_url:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "set signer_url: claims go to the signer's desk",
            field="signer_url",
        )
    with open_desk_client(settings.signer_url) as desk:
        yield WalletParts(desk)


def _claims(desk: DeskClient) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["claims"])
    turns = threading.BoundedSemaphore(AT_ONCE)

    @routes.post("/claims")
    def claims(
        body: Annotated[bytes, Depends(limited_body(MAX_MESSAGE_BYTES))],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Redeem a claim code for the licence's own certificate."""
        # What is no claim does not reach the signer.
        decode_claim(body)
        with _turn(turns):
            return _said(desk.claim(body, idempotency_key))

    @routes.get("/evidence/{leaf}")
    def evidence(leaf: LeafText) -> Response:
        """Return the anchor evidence of a licence or certificate."""
        with _turn(turns):
            return _said(desk.get(f"/v1/evidence/{parse_leaf(leaf).hex()}"))

    @routes.get("/data-codes/{leaf}")
    def data_code(leaf: LeafText) -> Response:
        """Return the text of the data code 离线查验码 of a finished licence."""
        with _turn(turns):
            return _said(desk.get(f"/v1/data-codes/{parse_leaf(leaf).hex()}"))

    return routes


@contextmanager
def _turn(turns: threading.BoundedSemaphore) -> Iterator[None]:
    if not turns.acquire(blocking=False):
        raise AnzhengError(
            Code.OVERLOADED, "too many at once; come again", retry_after=RETRY_SECONDS
        )
    try:
        yield
    finally:
        turns.release()


def _said(answer: DeskAnswer) -> Response:
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)
