"""Releasing: a statement that two officers signed goes in, and the signer refuses or signs."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from anzheng.store.releases import StoredRelease
from licence.formats.release import MAX_RELEASE_BYTES
from verifier.service.bodies import limited_body


def router(submit: Callable[[bytes], StoredRelease]) -> APIRouter:
    """Make `POST /v1/releases`."""
    routes = APIRouter(prefix="/v1", tags=["releases"])

    @routes.post("/releases")
    def releases(
        statement: Annotated[bytes, Depends(limited_body(MAX_RELEASE_BYTES))],
    ) -> dict[str, str]:
        """Release what the statement names; the same statement again is the same release."""
        return {"release": submit(statement).id}

    return routes
