"""The one place where an error becomes an HTTP answer.

Standard: RFC 9457 (problem+json).
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

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
    Code.NOT_ACCEPTABLE: 406,
    Code.CONFLICT: 409,
    Code.CLAIM_USED: 409,
    Code.STATUS_TRANSITION: 409,
    Code.RELEASE_VERSION_TAKEN: 409,
    Code.TOO_LARGE: 413,
    Code.IDEMPOTENCY_MISMATCH: 422,
    Code.API_KEY_REFUSED: 401,
    Code.API_KEY_SCOPE: 403,
    Code.UPLOAD_TIMED_OUT: 408,
    Code.BATCH_UNFINISHED: 409,
    Code.MEDIA_TYPE_UNSUPPORTED: 415,
    Code.RATE_LIMITED: 429,
    Code.QUOTA_EXCEEDED: 429,
    Code.OVERLOADED: 503,
    Code.REPORT_UNAVAILABLE: 503,
    Code.CHAIN_UNAVAILABLE: 503,
    Code.TSA_UNAVAILABLE: 503,
    Code.STORE_FAILED: 503,
    Code.TRUST_UNAVAILABLE: 503,
}
"""HTTP status of a code; a fault of ours is 500 without detail, all else 400."""

RETRY_SECONDS: Final = {429: "10", 503: "10"}
"""How soon somebody who was sent away may come again, where the problem does not say."""

RETRY_AFTER: Final = "retry_after"
"""The fact of a problem that becomes the header `Retry-After`."""

OURS = frozenset({Code.INTERNAL, Code.TOOL_MISSING, Code.SETTINGS_INVALID, Code.SETTINGS_UNSAFE})


SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:anzheng:problem:"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "facts": {"type": "object"},
    },
    "examples": [
        {
            "type": "urn:anzheng:problem:REQUEST_INVALID",
            "title": "REQUEST_INVALID",
            "status": 400,
            "detail": "the body is empty",
            "code": "REQUEST_INVALID",
        }
    ],
}
"""JSON Schema of a problem document."""


def responses(
    *statuses: int, types: tuple[str, ...], schema: Mapping[str, object] | None = None
) -> dict[int | str, dict[str, Any]]:
    """Describe what a public GET answers.

    Args:
        statuses: Of the problems that it may have.
        types: Media types of the answer itself.
        schema: JSON Schema of the answer, where it is JSON of ours.
    """
    shape = schema if schema is not None else {"type": "string", "format": "binary"}
    return {
        200: {"description": "Found.", "content": {each: {"schema": shape} for each in types}},
        304: {"description": "The asker has it."},
        **described_problems(*statuses, 422, 500, 503),
    }


def described_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problems by their status."""
    content = {MEDIA_TYPE: {"schema": SCHEMA}}
    return {
        status: {"description": f"{HTTPStatus(status).phrase}.", "content": content}
        for status in statuses
    }


def problem(code: Code, detail: str, status: int, **facts: object) -> Response:
    """Make a problem document; nobody keeps it, and 503 says when to come again."""
    body = {
        "type": f"urn:anzheng:problem:{code.value}",
        "title": code.value,
        "status": status,
        "detail": detail,
        "code": code.value,
        **({"facts": facts} if facts else {}),
    }
    headers = {"Cache-Control": "no-store"}
    if status in RETRY_SECONDS:
        headers["Retry-After"] = str(facts.get(RETRY_AFTER, RETRY_SECONDS[status]))
    if status == HTTPStatus.UNAUTHORIZED:
        # RFC 9110, 15.5.2: 401 names how to say who asks.
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        status_code=status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def add_handlers(app: FastAPI, on_refusal: Callable[[Code], None] | None = None) -> None:
    """Teach the application to answer errors as problem documents.

    Args:
        app: The application.
        on_refusal: Is told the code of every request that is sent away; nobody unless given.
    """

    @app.exception_handler(AnzhengError)
    async def _ours(_request: Request, exc: AnzhengError) -> Response:
        if on_refusal is not None:
            on_refusal(exc.code)
        if exc.code in OURS:
            log.error("request_failed", code=exc.code.value)
            return problem(Code.INTERNAL, "something went wrong here; it has been logged", 500)
        if exc.code is Code.TRUST_BUNDLE_REFUSED:
            # Its message says where our folder lies, and what is wrong there.
            return problem(exc.code, "this service cannot verify now; it has been logged", 503)
        return problem(exc.code, exc.message, STATUS.get(exc.code, 400), **exc.facts)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return problem(Code.REQUEST_INVALID, f"{field}: {first['msg']}", 422, field=field)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, exc: HTTPException) -> Response:
        code = Code.NOT_FOUND if exc.status_code == 404 else Code.REQUEST_INVALID  # noqa: PLR2004
        answer = problem(code, str(exc.detail), exc.status_code)
        # RFC 9110, 15.5.6: 405 names what is allowed.
        answer.headers.update(exc.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def _unknown(_request: Request, exc: Exception) -> Response:
        log.error("request_crashed", error=type(exc).__name__)
        return problem(Code.INTERNAL, "something went wrong here; it has been logged", 500)
