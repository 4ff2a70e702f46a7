"""Health: is the process alive, and can it serve."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from licence.errors import AnzhengError

Ping = tuple[str, Callable[[], None]]
"""Name of a part and a function that raises AnzhengError when it does not work."""

Waiting = Callable[[], Mapping[str, int]]
"""Counts, by kind, what only a person can bring on."""


def router(pings: Sequence[Ping], waiting: Waiting | None = None) -> APIRouter:
    """Make `/health/live` and `/health/ready`.

    Args:
        pings: Parts that must work.
        waiting: What waits for a person; nothing where nobody outside is to know.
    """
    routes = APIRouter(prefix="/health", tags=["health"])

    @routes.get("/live")
    def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @routes.get(
        "/ready", response_class=JSONResponse, responses={503: {"description": "Not ready."}}
    )
    def ready() -> JSONResponse:
        """Say whether every part works; 503 names those that do not, by code.

        What waits for a person is counted, and is no reason to send requests elsewhere.
        """
        parts: dict[str, str] = {}
        for name, ping in pings:
            try:
                ping()
                parts[name] = "ok"
            except AnzhengError as exc:
                parts[name] = exc.code.value
        good = all(state == "ok" for state in parts.values())
        body: dict[str, object] = {"status": "ready" if good else "not ready", "parts": parts}
        # Whoever has no database cannot count either.
        with suppress(AnzhengError):
            body |= {} if waiting is None else {"waiting_for_a_person": dict(waiting())}
        return JSONResponse(
            body, status_code=200 if good else 503, headers={"Cache-Control": "no-store"}
        )

    return routes
