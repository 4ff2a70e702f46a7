"""The console's API: the authority's own people look things up. No key, and nothing is written.

What officers decide they sign with keys of their own, by commands; a console that was stolen can
show them something false, and can issue nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from anzheng.routes import decisions, health, licences
from anzheng.settings import Settings
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.version import VERSION
from licence.ports import Clock
from verifier.service import problems
from verifier.service.metrics import Measured, Metrics


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """What the console speaks to."""

    store: Store
    clock: Clock


def create_console(parts: ConsoleParts) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="anzheng 安证 · console 业务台",
        version=VERSION,
        summary="Look up licences, decisions and alarms of the authority.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    store, metrics = parts.store, Metrics(())
    problems.add_handlers(app)

    def ping() -> None:
        with store.read() as unit:
            unit.licences.counts()

    def waiting() -> dict[str, int]:
        with store.read() as unit:
            return {
                "decisions": unit.status.count_parked(),
                "licences": unit.licences.counts().get(FlowState.PARKED, 0),
            }

    app.include_router(health.router((("database", ping),), waiting))
    app.include_router(licences.router(store, parts.clock))
    app.include_router(decisions.router(store))
    app.include_router(metrics.router())
    app.add_middleware(Measured, metrics=metrics)
    return app


@contextmanager
def open_console(settings: Settings, clock: Clock) -> Iterator[ConsoleParts]:
    """Open what the console reads; no key is looked for."""
    store = Store(settings.database, read_only=True)
    try:
        yield ConsoleParts(store, clock)
    finally:
        store.close()
