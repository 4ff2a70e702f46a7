"""Verification online: a PDF in, a report out. A revoked licence is an answer, not an error."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from anzheng.routes.bodies import once, whole_body
from anzheng.store.database import Store
from licence.errors import AnzhengError, Code
from licence.formats import report
from licence.formats.limits import MAX_PDF_BYTES
from licence.formats.report import Report
from licence.ports import Clock
from verifier.service.bodies import limited_body

Verify = Callable[[bytes, date | None], Report]
"""Verifies a file for a date (None: today)."""


def router(store: Store, clock: Clock, verify: Verify) -> APIRouter:
    """Make `POST /v1/verifications`."""
    routes = APIRouter(prefix="/v1", tags=["verification"])

    @routes.post("/verifications", dependencies=[Depends(whole_body)])
    def verifications(
        body: Annotated[bytes, Depends(limited_body(MAX_PDF_BYTES))],
        at: Annotated[date | None, Query(description="the date asked about")] = None,
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Verify the PDF in the body; answers 200 with a verdict whatever the verdict is."""
        if not body:
            raise AnzhengError(Code.REQUEST_INVALID, "the body must be a PDF file")
        scope = f"verifications {at or ''}"
        return once(
            store, clock, scope, idempotency_key, body, lambda: report.encode(verify(body, at))
        )

    return routes
