"""Reading request bodies within a limit, and answering repeated requests the same."""

import hashlib
from collections.abc import Callable

from fastapi import HTTPException, Request
from fastapi.responses import Response

from anzheng.store.database import Store
from anzheng.store.idempotency import Answer
from licence.errors import AnzhengError, Code
from licence.ids import Digest
from licence.ports import Clock

MAX_KEY_CHARS = 255


def whole_body(request: Request) -> None:
    """Refuse a form before it is read: the file is the whole body, not a part of it.

    Raises:
        HTTPException: 415.
    """
    if request.headers.get("content-type", "").lower().strip().startswith("multipart/"):
        raise HTTPException(415, "send the file itself as the body, not a form")


def once(
    store: Store,
    clock: Clock,
    scope: str,
    key: str | None,
    body: bytes,
    work: Callable[[], bytes],
) -> Response:
    """Do `work` once for one Idempotency-Key; a repetition gets the first answer again.

    Args:
        store: Remembers keys.
        clock: Tells the age of a key.
        scope: Route the key belongs to.
        key: The client's Idempotency-Key, or None to do the work every time.
        body: The request; the same key with another body is refused.
        work: Does the work and returns a JSON body; an error of it frees the key.
    """
    if key is None:
        return Response(work(), media_type="application/json")
    if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise AnzhengError(
            Code.REQUEST_INVALID, f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} ASCII characters"
        )
    request = Digest(hashlib.sha256(body).digest())
    with store.write() as unit:
        known = unit.idempotency.begin(scope, key, request, clock.now())
    if known is not None:
        return Response(
            known.body,
            status_code=known.status,
            media_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    try:
        content = work()
    except BaseException:
        with store.write() as unit:
            unit.idempotency.forget(scope, key)
        raise
    with store.write() as unit:
        unit.idempotency.finish(scope, key, Answer(200, content))
    return Response(content, media_type="application/json")
