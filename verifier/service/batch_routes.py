"""`/v1/verifications:batch` and `/v1/batches/{id}`: up to a thousand files, followed as they go.

Standard: WHATWG HTML, 9.2 (server-sent events).
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response, StreamingResponse

from licence.errors import AnzhengError, Code
from licence.formats.canonical import JsonValue
from verifier.service import batch_results, examples
from verifier.service.answers import JSON, Caching
from verifier.service.api_keys import Scope
from verifier.service.batch import Batch, BatchState
from verifier.service.batches import Batches
from verifier.service.desk import nothing_found
from verifier.service.door import Door
from verifier.service.forms import FORM, read_form
from verifier.service.idempotency import Answers, Once
from verifier.service.problems import described_problems
from verifier.service.reports import ReportDesk
from verifier.service.requests import Wish, media_type_of, with_fields
from verifier.service.spool import Spool
from verifier.service.uploads import Room, Share, Uploads
from verifier.service.verifications import PDF, PRIVATE, IdText, attached, wish_of

ZIP: Final = frozenset({"application/zip", "application/x-zip-compressed"})
CSV: Final = "text/csv; charset=utf-8"
EVENTS: Final = "text/event-stream"
BEAT_SECONDS: Final = 10.0
"""So often at least something is sent, so that no proxy takes the stream for dead."""
LOOK_SECONDS: Final = 1.0
"""So often another process's batch is looked at."""
MOST_FOLLOWERS: Final = 8
"""Of one batch at once: each holds a connection for as long as it runs."""

BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "array", "items": examples.BINARY}},
            }
        },
        "application/zip": {"schema": examples.BINARY},
    },
}


@dataclass(frozen=True, slots=True)
class BatchParts:
    """What the routes speak to."""

    batches: Batches
    door: Door
    uploads: Uploads
    answers: Answers
    reports: ReportDesk
    spool_folder: Folder | None
    max_files: int
    max_bytes: int
    room: Room
    followers: Counter[str] = field(default_factory=Counter)


def router(parts: BatchParts) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/v1", tags=["batch"])

    @routes.post(
        "/verifications:batch",
        status_code=202,
        response_class=Response,
        responses={
            202: {"description": "At work.", "content": examples.BATCH_CONTENT},
            **described_problems(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        },
        openapi_extra={"requestBody": BODY},
    )
    async def begin(
        request: Request,
        wish: Annotated[Wish, Depends(wish_of)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Verify up to 1,000 files: parts of a form, or a ZIP. Answers at once; follow `events`."""
        caller = parts.door.who(request)
        caller.need(Scope.BATCH)
        _check(wish)
        parts.batches.refuse_more(anonymous=caller.is_anonymous)
        await parts.door.admit(caller, files=0)
        spool = Spool(parts.spool_folder, parts.max_files, Share(parts.room))
        taken = False

        async def work() -> bytes:
            nonlocal taken
            batch = await parts.batches.begin(spool, wish, anonymous=caller.is_anonymous)
            taken = True
            return batch.id.encode()

        try:
            digest = await _take_in(parts, request, spool)
            spool.check()
            wish = with_fields(wish, spool.fields)
            _check(wish)
            await parts.door.admit(caller, files=len(spool.files))
            if idempotency_key is None:
                secret = await work()
            else:
                scope, asked = f"batch {caller.who}", (repr(wish).encode(), digest)
                secret, _ = await parts.answers.once(Once(scope, idempotency_key, asked), work)
        finally:
            if not taken:
                spool.close()
        batch = await _found(parts, secret.decode())
        headers = PRIVATE | {"Location": f"/v1/batches/{batch.id}"}
        return _json(batch.summary(), status=202, headers=headers)

    _add_results(routes, parts)
    return routes


def _add_results(routes: APIRouter, parts: BatchParts) -> None:
    missing = described_problems(404, 422, 503)
    early = described_problems(404, 409, 422, 503)

    @routes.get(
        "/batches/{secret}",
        response_class=Response,
        responses={
            200: {"description": "How far it is.", "content": examples.BATCH_CONTENT},
            **missing,
        },
    )
    async def summary(secret: IdText) -> Response:
        """Say how far a batch is."""
        return _json((await _found(parts, secret)).summary())

    @routes.get(
        "/batches/{secret}/events",
        response_class=StreamingResponse,
        responses={200: {"description": "Events.", "content": {EVENTS: {}}}, **missing},
    )
    async def events(
        secret: IdText, last_event_id: Annotated[str | None, Header()] = None
    ) -> StreamingResponse:
        """Follow a batch: `result` for each file, `progress`, and `end`."""
        batch = await _found(parts, secret)
        if parts.followers[batch.id] >= MOST_FOLLOWERS:
            raise AnzhengError(
                Code.OVERLOADED, "as many follow this batch as may", retry_after=MOST_FOLLOWERS
            )
        given = last_event_id or ""
        seen = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0  # noqa: PLR2004
        headers = {"Cache-Control": Caching.NEVER.value, "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(parts, batch, seen), media_type=EVENTS, headers=headers)

    @routes.get(
        "/batches/{secret}/results.json",
        response_class=Response,
        responses={200: {"description": "Reports.", "content": {JSON: {}}}, **early},
    )
    async def as_json(secret: IdText) -> Response:
        """Return every report, in the order of the files."""
        batch = await _ended(parts, secret)
        data = await asyncio.to_thread(batch_results.as_json, batch)
        return Response(data, media_type=JSON, headers=PRIVATE)

    @routes.get(
        "/batches/{secret}/results.csv",
        response_class=Response,
        responses={200: {"description": "A table.", "content": {"text/csv": {}}}, **early},
    )
    async def as_csv(secret: IdText) -> Response:
        """Return a table with a line for each file."""
        batch = await _ended(parts, secret)
        data = await asyncio.to_thread(batch_results.as_csv, batch)
        return Response(data, media_type=CSV, headers=PRIVATE | attached("results.csv"))

    @routes.get(
        "/batches/{secret}/results.pdf",
        response_class=Response,
        responses={
            200: {"description": "核验报告", "content": {PDF: {"schema": examples.BINARY}}},
            **described_problems(401, 403, 404, 409, 422, 429, 503),
        },
    )
    async def as_pdf(request: Request, secret: IdText) -> Response:
        """Return one sealed verification report 核验报告 about all of them."""
        caller = parts.door.who(request)
        caller.need(Scope.REPORT)
        batch = await _ended(parts, secret)
        await parts.door.admit(caller, files=1)
        named = await asyncio.to_thread(batch_results.named, batch)
        data = await parts.reports.many(named)
        return Response(data, media_type=PDF, headers=PRIVATE | attached("results.pdf"))


def _check(wish: Wish) -> None:
    """Refuse a wish that is none, or none for many: a question takes one answer.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    wish.check()
    if wish.question is not None:
        raise AnzhengError(
            Code.REQUEST_INVALID, "a question has one answer: send it by itself", field="request"
        )


async def _take_in(parts: BatchParts, request: Request, spool: Spool) -> bytes:
    """Bring the files into the spool and return the digest of the body."""
    kind, digest = media_type_of(request), hashlib.sha256()
    if kind not in ZIP and kind != FORM:
        raise AnzhengError(
            Code.MEDIA_TYPE_UNSUPPORTED, f"send {FORM} or application/zip", field="content-type"
        )

    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in parts.uploads.chunks(request, parts.max_bytes):
            digest.update(chunk)
            yield chunk

    if kind == FORM:
        await read_form(chunks(), request.headers["content-type"], spool.begin)
    else:
        async for chunk in chunks():
            spool.add(chunk)
        await asyncio.to_thread(spool.open_archive)
    return digest.digest()


async def _events(parts: BatchParts, batch: Batch, seen: int) -> AsyncIterator[bytes]:
    """Give events until the batch ends, or this process is about to."""
    parts.followers[batch.id] += 1
    try:
        async for event in _news(parts, batch, seen):
            yield event
    finally:
        parts.followers[batch.id] -= 1
        if parts.followers[batch.id] <= 0:
            del parts.followers[batch.id]


async def _news(parts: BatchParts, batch: Batch, seen: int) -> AsyncIterator[bytes]:
    gate = parts.batches.desk.gate
    yield b"retry: 2000\n\n"
    while True:
        for number in range(seen, len(batch.came)):
            yield _event("result", batch.came[number].event, number + 1)
        seen = max(seen, len(batch.came))
        yield _event("progress", _progress(batch))
        if batch.state is not BatchState.RUNNING:
            yield _event("end", batch.summary())
            return
        if gate.stopping:
            # The browser comes back, to another process or to the one that follows.
            return
        if parts.batches.is_here(batch.id):
            await _wait(batch, seen, gate.stop_asked)
        else:
            await asyncio.sleep(LOOK_SECONDS)
            batch = await parts.batches.find(batch.id) or batch


async def _wait(batch: Batch, seen: int, stop: asyncio.Event) -> None:
    news = asyncio.ensure_future(batch.wait(seen, BEAT_SECONDS))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({news, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        news.cancel()
        stopping.cancel()


def _progress(batch: Batch) -> dict[str, JsonValue]:
    return {"done": len(batch.came), "total": batch.total, "state": batch.state.value}


def _event(kind: str, value: dict[str, JsonValue], number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


async def _found(parts: BatchParts, secret: str) -> Batch:
    batch = await parts.batches.find(secret)
    if batch is None:
        raise nothing_found("batch")
    return batch


async def _ended(parts: BatchParts, secret: str) -> Batch:
    batch = await _found(parts, secret)
    if batch.state is BatchState.RUNNING:
        raise AnzhengError(
            Code.BATCH_UNFINISHED,
            f"{len(batch.came)} of {batch.total} files are done",
            retry_after=2,
        )
    return batch


def _json(
    value: dict[str, JsonValue], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(body, status, headers or PRIVATE, media_type=JSON)
