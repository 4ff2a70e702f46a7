"""The outermost layer: request ids, headers that keep browsers honest, one log line a request.

Standard: RFC 9110, 9.3.2 (HEAD); draft-ietf-httpapi-ratelimit-headers.
"""

import re
from time import perf_counter
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from licence.errors import Code
from licence.ports import Entropy
from verifier.service.door import VISIT, Visit
from verifier.service.headers import HEADERS
from verifier.service.limits import Limiter
from verifier.service.logs import Log
from verifier.service.problems import problem
from verifier.service.tracing import Tracing

REQUEST_ID: Final = "X-Request-Id"
ID_BYTES: Final = 12
DEGRADED: Final = "X-Anzheng-Degraded"
ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Answered however much is going on."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Edge:
    """Middleware around the whole service.

    Args:
        app: What is inside.
        log: Where a line goes for each request.
        entropy: For request ids.
        limiter: Says when it counts alone.
        tracing: Spans, where somebody collects them.
        most: How many requests may be open at once, followers of batches included.
    """

    def __init__(
        self,
        app: ASGIApp,
        log: Log,
        entropy: Entropy,
        limiter: Limiter,
        tracing: Tracing,
        most: int,
    ) -> None:
        self._app = app
        self._log = log
        self._entropy = entropy
        self._limiter = limiter
        self._tracing = tracing
        self._most = most
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD as GET without the body, add headers, and write a line when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status, visit = perf_counter(), 500, Visit()
        request_id = self._id(Headers(scope=scope))
        is_head = scope["method"] == "HEAD"

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(raw=message["headers"]), request_id, visit)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if is_head else scope
        token = VISIT.set(visit)
        trace_id = ""
        try:
            with self._tracing.request("http.request", Headers(scope=scope)) as trace_id:
                await self._inside(inner, receive, sending)
        finally:
            VISIT.reset(token)
            if is_head:
                scope["route"] = inner.get("route")
            self._write(inner, status, visit, (request_id, trace_id), perf_counter() - begin)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._open >= self._most and scope["path"] not in ALWAYS:
            said = "as many requests are open as may be"
            await problem(Code.OVERLOADED, said, 503)(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        self._open += 1
        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - a fault of ours
            # Its text may say what was handed in.
            self._log.warning("request_crashed", error=type(error).__name__)
            if begun:
                # Cuts the answer off; what the server writes of it is this, and not that text.
                raise RuntimeError("an answer was cut off") from None
            said = "something went wrong here; it has been logged"
            await problem(Code.INTERNAL, said, 500)(scope, receive, send)
        finally:
            self._open -= 1

    def _id(self, headers: Headers) -> str:
        given = headers.get(REQUEST_ID, "")
        return given if _GIVEN_ID.fullmatch(given) else self._entropy.bytes(ID_BYTES).hex()

    def _add_headers(self, headers: MutableHeaders, request_id: str, visit: Visit) -> None:
        headers[REQUEST_ID] = request_id
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self._limiter.is_degraded:
            headers[DEGRADED] = "redis"
        rule, taken = visit.rule, visit.taken
        if rule is not None:
            headers["RateLimit-Policy"] = (
                f'"minute";q={rule.per_minute};w=60, "day";q={rule.per_day};w=86400'
            )
        if taken is not None:
            headers["RateLimit"] = f'"day";r={taken.left}'

    def _write(
        self, scope: Scope, status: int, visit: Visit, ids: tuple[str, str], seconds: float
    ) -> None:
        self._log.info(
            "request",
            request_id=ids[0],
            **({"trace_id": ids[1]} if ids[1] else {}),
            # Never the path: an id in it opens a result.
            route=route_of(scope),
            method=scope["method"],
            status=status,
            ms=round(seconds * 1000, 1),
            caller=visit.caller,
        )


def route_of(scope: Scope) -> str:
    """Return the route of a request as it is written in the code, or `none`."""
    return getattr(scope.get("route"), "path", "none")
