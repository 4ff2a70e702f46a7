"""The one place where an error becomes an HTTP answer.

Standard: RFC 9457 (problem+json).
"""

import json

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from licence.errors import AnzhengError, Code

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

STATUS: dict[Code, int] = {
    Code.NOT_FOUND: 404,
    Code.ANCHOR_PENDING: 404,
    Code.ANCHOR_OVERDUE: 404,
    Code.STATUS_NOT_AVAILABLE: 404,
    Code.CLAIM_CODE: 404,
    Code.CONFLICT: 409,
    Code.CLAIM_USED: 409,
    Code.STATUS_TRANSITION: 409,
    Code.RELEASE_VERSION_TAKEN: 409,
    Code.TOO_LARGE: 413,
    Code.IDEMPOTENCY_MISMATCH: 422,
    Code.CHAIN_UNAVAILABLE: 503,
    Code.TSA_UNAVAILABLE: 503,
    Code.STORE_FAILED: 503,
}
"""HTTP status of a code; a fault of ours is 500 without detail, all else 400."""

OURS = frozenset({Code.INTERNAL, Code.TOOL_MISSING, Code.SETTINGS_INVALID, Code.SETTINGS_UNSAFE})


def problem(code: Code, detail: str, status: int, **facts: object) -> Response:
    """Make a problem document."""
    body = {
        "type": f"urn:anzheng:problem:{code.value}",
        "title": code.value,
        "status": status,
        "detail": detail,
        "code": code.value,
        **({"facts": facts} if facts else {}),
    }
    return Response(
        json.dumps(body, ensure_ascii=False).encode(), status_code=status, media_type=MEDIA_TYPE
    )


def add_handlers(app: FastAPI) -> None:
    """Teach the application to answer errors as problem documents."""

    @app.exception_handler(AnzhengError)
    async def _ours(_request: Request, exc: AnzhengError) -> Response:
        if exc.code in OURS:
            log.error("request_failed", code=exc.code.value)
            return problem(Code.INTERNAL, "something went wrong here; it has been logged", 500)
        if exc.code is Code.TRUST_BUNDLE_REFUSED:
            # Its message says where our folder lies, and what is wrong there.
            return problem(exc.code, "this registry cannot verify now; it has been logged", 503)
        return problem(exc.code, exc.message, STATUS.get(exc.code, 400), **exc.facts)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return problem(Code.REQUEST_INVALID, f"{field}: {first['msg']}", 422, field=field)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, exc: HTTPException) -> Response:
        code = Code.NOT_FOUND if exc.status_code == 404 else Code.REQUEST_INVALID  # noqa: PLR2004
        return problem(code, str(exc.detail), exc.status_code)

    @app.exception_handler(Exception)
    async def _unknown(_request: Request, exc: Exception) -> Response:
        log.error("request_crashed", error=type(exc).__name__)
        return problem(Code.INTERNAL, "something went wrong here; it has been logged", 500)
