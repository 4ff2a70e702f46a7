"""What all public GETs share: HEAD, pages of other origins, headers that keep browsers honest.

Standard: RFC 9110, 9.3.2 (HEAD); Fetch (CORS).
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING: Final = ("GET", "HEAD")
DAY_SECONDS: Final = "86400"


class PublicGets:
    """Middleware around an application whose GETs are for everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD as GET without the body, and let pages of any origin read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method == "OPTIONS":
            await _preflight(scope, receive, send)
            return
        is_head = method == "HEAD"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Content-Type-Options"] = "nosniff"
                if method in READING:
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Access-Control-Expose-Headers"] = "ETag"
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if is_head else scope
        await self._app(inner, receive, sending)
        if is_head:
            # Whoever counts requests counts this one under its route too.
            scope["route"] = inner.get("route")


async def _preflight(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {
        "Allow": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "Accept, If-None-Match",
        "Access-Control-Max-Age": DAY_SECONDS,
    }
    await Response(status_code=204, headers=headers)(scope, receive, send)
