"""`/healthz`, `/readyz`, `/v1/service`: alive, able to serve, and what the service is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from licence.errors import AnzhengError
from licence.formats.fields import moment_text
from verifier.service.answers import Caching
from verifier.service.gate import Gate
from verifier.service.limits import Limiter
from verifier.service.problems import described_problems
from verifier.service.trust_keeper import TrustKeeper

Described = dict[int | str, dict[str, Any]]

NO_STORE: Final = {"Cache-Control": Caching.NEVER.value}

STATE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string"}},
}


@dataclass(frozen=True, slots=True)
class About:
    """What the service says about itself.

    Attributes:
        version: Of this software.
        max_bytes: Of one upload.
        batch_files: In one batch.
        result_hours: For which results are kept.
        registry: Which registry is asked; empty when none is.
        reports: Whether verification reports are made.
    """

    version: str
    max_bytes: int
    batch_files: int
    result_hours: int
    registry: str
    reports: bool


@dataclass(frozen=True, slots=True)
class HealthParts:
    """What is looked at."""

    about: About
    trust: TrustKeeper
    gate: Gate
    limiter: Limiter
    store_lost: Callable[[], bool]


def router(parts: HealthParts) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(tags=["health"])
    good: Described = {200: {"content": {"application/json": {"schema": STATE}}}}

    @routes.get("/healthz", responses=good)
    async def alive() -> JSONResponse:
        """Say that the process answers."""
        return JSONResponse({"status": "alive"}, headers=NO_STORE)

    @routes.get("/readyz", responses={**good, 503: {"description": "Not ready."}})
    async def ready() -> JSONResponse:
        """Say whether requests may come, and what does not work as it should.

        Without Redis, or with a trust folder that cannot be refreshed, the service goes on and
        says so; without any trust folder, or about to stop, it does not.
        """
        states = _states(parts)
        # A list host that is away says the same of itself: only an empty folder counts here.
        serves = parts.trust.has_store and not parts.gate.stopping
        whole = all(state == "ok" for state in states.values())
        body: dict[str, object] = {
            "status": ("ready" if whole else "degraded") if serves else "not ready",
            "parts": states,
            "trust": trust_words(parts.trust),
            "waiting": max(0, parts.gate.inside - parts.gate.workers),
        }
        return JSONResponse(body, status_code=200 if serves else 503, headers=NO_STORE)

    @routes.get(
        "/v1/service", responses={200: good[200], **described_problems(503)}, tags=["service"]
    )
    async def service() -> JSONResponse:
        """Say what this service is: limits, and how old what it believes is."""
        about = parts.about
        body = {
            "status": "ok",
            "version": about.version,
            "limits": {
                "bytes": about.max_bytes,
                "batch_files": about.batch_files,
                "result_hours": about.result_hours,
            },
            "registry": about.registry or None,
            "reports": about.reports,
            "trust": trust_words(parts.trust),
            "degraded": [name for name, state in _states(parts).items() if state != "ok"],
        }
        return JSONResponse(body, headers={"Cache-Control": Caching.WORD.value})

    return routes


def _states(parts: HealthParts) -> dict[str, str]:
    states = {"trust": "ok", "workers": "ok", "counters": "ok", "results": "ok"}
    try:
        _ = parts.trust.store
        if parts.trust.trouble is not None:
            states["trust"] = parts.trust.trouble.value
    except AnzhengError as error:
        states["trust"] = error.code.value
    if parts.gate.stopping:
        states["workers"] = "STOPPING"
    if parts.limiter.shared is not None and parts.limiter.is_degraded:
        states["counters"] = "REDIS_LOST"
    if parts.store_lost():
        states["results"] = "REDIS_LOST"
    return states


def trust_words(trust: TrustKeeper) -> dict[str, object] | None:
    """Return what is said about the trust folder: version, dates, age."""
    try:
        store = trust.store
    except AnzhengError:
        return None
    age = trust.age_seconds
    return {
        "environment": store.bundle.environment.value,
        "bundle_version": store.bundle.version,
        "signed_at": moment_text(store.newest_signed_time),
        "age_seconds": int(age) if isfinite(age) else None,
        "is_stale": trust.clock.now() > store.metadata_expires_at,
        "updated_at": moment_text(trust.updated_at) if trust.updated_at else None,
        "trouble": trust.trouble.value if trust.trouble else None,
    }
