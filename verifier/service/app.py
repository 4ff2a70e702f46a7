"""The application: one factory that mounts the routes it is given the parts for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse

from licence.errors import AnzhengError
from licence.formats.short_code import parse_short_code
from licence.ports import Entropy
from verifier.service import batch_routes, health, problems, trust_files, verifications
from verifier.service.answers import Caching
from verifier.service.batch_routes import BatchParts
from verifier.service.edge import Edge
from verifier.service.health import HealthParts
from verifier.service.limits import Limiter
from verifier.service.logs import Log
from verifier.service.metrics import Measured
from verifier.service.numbers import Numbers
from verifier.service.problems import described_problems
from verifier.service.tracing import Tracing
from verifier.service.verifications import PRIVATE, VerificationParts, wants_page

VERSION: Final = "0.1.0"

Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """Everything that the service speaks to.

    Attributes:
        verifications: For one at a time.
        batches: For many.
        health: What `/readyz` looks at.
        trust_folder: Served as it lies, for the phone page.
        pages: The pages' router; none where only machines ask.
        numbers: What is counted.
        log: One line a request.
        entropy: For request ids.
        limiter: Says when it counts alone.
        tracing: Spans, where somebody collects them.
        connections: How many requests may be open at once.
        begin: What begins with the first request.
        end: What ends with the last.
    """

    verifications: VerificationParts
    batches: BatchParts
    health: HealthParts
    trust_folder: Path
    pages: APIRouter | None
    numbers: Numbers
    log: Log
    entropy: Entropy
    limiter: Limiter
    tracing: Tracing
    connections: int
    begin: Sequence[Step] = ()
    end: Sequence[Step] = ()


def create_service(parts: ServiceParts) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="anzheng 安证 · verifier 查验",
        version=VERSION,
        summary="Verify licences, QR codes and numbers: one at a time, or a thousand.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(parts),
    )
    problems.add_handlers(app, on_refusal=parts.numbers.refused)
    app.include_router(verifications.router(parts.verifications))
    app.include_router(batch_routes.router(parts.batches))
    app.include_router(health.router(parts.health))
    app.include_router(trust_files.files_router(parts.trust_folder, "/v1/trust"))
    app.include_router(_pointer_router())
    app.include_router(parts.numbers.http.router())
    if parts.pages is not None:
        app.include_router(parts.pages, include_in_schema=False)
    app.add_middleware(Measured, metrics=parts.numbers.http)
    app.add_middleware(
        Edge,
        log=parts.log,
        entropy=parts.entropy,
        limiter=parts.limiter,
        tracing=parts.tracing,
        most=parts.connections,
    )
    return app


def _lifespan(
    parts: ServiceParts,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for step in parts.begin:
            await step()
        try:
            yield
        finally:
            for step in parts.end:
                await step()

    return lifespan


def _pointer_router() -> APIRouter:
    """Make `/L/{code}`: where the printed pointer code leads."""
    routes = APIRouter(tags=["verification"])

    @routes.get(
        "/L/{code}",
        response_class=RedirectResponse,
        status_code=303,
        responses={303: {"description": "To the page."}, **described_problems(400)},
    )
    async def pointer(request: Request, code: str) -> RedirectResponse:
        """Lead to the page, with the code where no server sees it."""
        try:
            parse_short_code(code)
        except AnzhengError as error:
            if not wants_page(request):
                raise
            # Somebody who scanned a forger's code reads words, and no JSON.
            return RedirectResponse(
                f"/?problem={error.code.value}", status_code=303, headers=PRIVATE
            )
        headers = {"Cache-Control": Caching.IMMUTABLE.value}
        return RedirectResponse(f"/#c={code}", status_code=303, headers=headers)

    return routes
