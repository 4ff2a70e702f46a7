"""Health: is the process alive, and can it serve."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from licence.errors import AnzhengError

Ping = tuple[str, Callable[[], None]]
"""Name of a part and a function that raises AnzhengError when it does not work."""


def router(pings: Sequence[Ping]) -> APIRouter:
    """Make `/health/live` and `/health/ready`."""
    routes = APIRouter(prefix="/health", tags=["health"])

    @routes.get("/live")
    def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @routes.get("/ready")
    def ready() -> JSONResponse:
        """Say whether every part works; 503 names those that do not, by code."""
        parts: dict[str, str] = {}
        for name, ping in pings:
            try:
                ping()
                parts[name] = "ok"
            except AnzhengError as exc:
                parts[name] = exc.code.value
        good = all(state == "ok" for state in parts.values())
        body = {"status": "ready" if good else "not ready", "parts": parts}
        return JSONResponse(body, status_code=200 if good else 503)

    return routes
