"""Asks an application in this process, without a socket."""

import asyncio
from collections.abc import Mapping

import httpx
from fastapi import FastAPI


class AppClient:
    """A client of one application; follows redirects."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send GET."""
        return self._send("GET", path, params=params, headers=headers)

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request of any method."""
        return self._send(method, path, headers=headers)

    def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send POST."""
        return self._send("POST", path, content=content, headers=headers)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test", follow_redirects=True
            ) as client:
                return await client.request(
                    method, path, params=params, headers=headers, content=content
                )

        return asyncio.run(ask())
