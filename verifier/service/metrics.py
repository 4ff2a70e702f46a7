"""What a monitoring system reads: requests by route and status, their times, age of what is served.

Standard: OpenMetrics text by prometheus-client; nothing here names a licence or an asker.
"""

import time
from collections.abc import Callable
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verifier.service.answers import Caching

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the buckets; DESIGN 7 speaks of 50 ms."""

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})

Watched = tuple[str, str, Callable[[], float]]
"""Name of a gauge, what it means, and what it shows now."""


class Metrics:
    """The numbers of one process.

    Args:
        watched: Gauges that are read when somebody asks.
        service: What stands after `anzheng_` in the names of the requests' numbers.
    """

    def __init__(self, watched: tuple[Watched, ...] = (), *, service: str = "registry") -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            f"anzheng_{service}_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            f"anzheng_{service}_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        for name, meaning, read in watched:
            self.watch(name, meaning, read)

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        Gauge(name, meaning, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Return all numbers as OpenMetrics wants them."""
        return generate_latest(self.registry)

    def router(self) -> APIRouter:
        """Make `/metrics`."""
        routes = APIRouter(tags=["health"])

        @routes.get("/metrics", include_in_schema=False)
        async def metrics() -> Response:
            """Return the numbers of this process."""
            headers = {"Cache-Control": Caching.NEVER.value}
            return Response(self.text(), media_type=CONTENT_TYPE_LATEST, headers=headers)

        return routes


class Measured:
    """Middleware that counts."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and its time under its route, never under its path."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - begin)
