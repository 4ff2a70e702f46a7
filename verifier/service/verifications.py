"""`/v1/verifications`: something in, a report out, kept for a day. Revoked is an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from licence.errors import AnzhengError, Code
from verifier.artefacts import NumberText
from verifier.service import examples
from verifier.service.answers import JSON, Caching
from verifier.service.api_keys import Scope
from verifier.service.callers import Caller
from verifier.service.desk import MARKS, REPORT, Desk, Judged, nothing_found
from verifier.service.door import Door
from verifier.service.forms import FORM
from verifier.service.idempotency import Answers, Once
from verifier.service.problems import described_problems
from verifier.service.reports import ReportDesk
from verifier.service.requests import FILES, TEXT, Handed, Wish, media_type_of, take_in
from verifier.service.uploads import Uploads

PDF: Final = "application/pdf"
NO_ARTEFACT: Final = NumberText("")
PRIVATE: Final = {"Cache-Control": Caching.NEVER.value}

IdText = Annotated[str, Path(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{32}$"})]
"""Said to clients; another text is an id that leads nowhere."""

BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        **{kind: {"schema": examples.BINARY} for kind in sorted(FILES - {"", JSON})},
        JSON: {"schema": {"type": "object"}},
        TEXT: {"schema": {"type": "string", "maxLength": 8_192}, "examples": examples.TEXTS},
        FORM: {"schema": examples.FORM},
    },
}


@dataclass(frozen=True, slots=True)
class VerificationParts:
    """What the routes speak to."""

    desk: Desk
    door: Door
    uploads: Uploads
    answers: Answers
    reports: ReportDesk


async def wish_of(
    at: Annotated[date | None, Query(description="the day asked about; today if absent")] = None,
    profile: Annotated[str, Query(description="default, or inspector: lists may be older")] = (
        "default"
    ),
    picture: Annotated[bool, Query(description="draw page one, see /picture")] = False,  # noqa: FBT002 - a query
    challenge: Annotated[
        str | None, Query(pattern="^[0-9]{4}$", description="spoken to the holder of a screen code")
    ] = None,
    purpose: Annotated[
        str | None, Query(max_length=200, description="what a screen code must be made for")
    ] = None,
    lang: Annotated[str, Query(pattern="^(?:|zh|en)$", description="of pages led to")] = "",
    recipient: Annotated[
        str | None, Query(max_length=200, description="whom a limited copy must be made for")
    ] = None,
    request: Annotated[
        str | None, Query(max_length=2_000, description="text of our question, for its answer")
    ] = None,
) -> Wish:
    """Read the query."""
    return Wish(at, profile, picture, challenge, purpose, lang, recipient, request)


def router(parts: VerificationParts) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/v1", tags=["verification"])

    @routes.post(
        "/verifications",
        response_class=Response,
        responses={
            200: examples.REPORT_ANSWER,
            303: {"description": "For a form of a page: where the result stands."},
            **described_problems(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        },
        openapi_extra={"requestBody": BODY},
    )
    async def verify(
        request: Request,
        wish: Annotated[Wish, Depends(wish_of)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Verify a file, the text of a QR code, or a number: 200 with a verdict, whatever it is."""
        for_page = media_type_of(request) == FORM and wants_page(request)
        if for_page:
            return await _answer_page(parts, request, wish)
        caller = await _let_in(parts, request)
        with parts.uploads.room.share() as share:
            handed = await take_in(request, parts.uploads, share, wish)
            secret, body, again = await _judged(parts, caller, handed, idempotency_key)
        headers = dict(PRIVATE)
        if secret:
            place = f"/v1/verifications/{secret}"
            headers["Location"] = place
            links = (("self", ""), ("picture", "/picture"), ("report", "/report.pdf"))
            headers["Link"] = ", ".join(f'<{place}{end}>; rel="{rel}"' for rel, end in links)
        if again:
            headers["Idempotent-Replayed"] = "true"
        return Response(body, media_type=JSON, headers=headers)

    _add_kept(routes, parts)
    return routes


def _add_kept(routes: APIRouter, parts: VerificationParts) -> None:
    """Add the routes of a result that is kept."""
    desk = parts.desk

    @routes.get(
        "/verifications/{secret}",
        response_class=Response,
        responses={200: examples.REPORT_ANSWER, **described_problems(404, 422, 503)},
    )
    async def kept(secret: IdText) -> Response:
        """Return the report again, for 24 hours."""
        return Response(await _part(desk, secret, REPORT), media_type=JSON, headers=PRIVATE)

    @routes.delete(
        "/verifications/{secret}", status_code=204, responses=described_problems(422, 503)
    )
    async def forget(secret: IdText) -> Response:
        """Forget a result at once; that there was none is no error."""
        await desk.forget(secret)
        return Response(status_code=204, headers=PRIVATE)

    @routes.get(
        "/verifications/{secret}/picture",
        response_class=Response,
        responses={
            200: {
                "description": "Page one.",
                "content": {"image/webp": {"schema": examples.BINARY}},
            },
            **described_problems(404, 422, 503),
        },
    )
    async def picture(secret: IdText) -> Response:
        """Return page one as a picture, if it was asked for and the file was safe to draw."""
        found = await desk.picture(secret)
        if found is None:
            raise nothing_found("picture")
        return Response(found.data, media_type=found.media_type, headers=PRIVATE)

    @routes.get(
        "/verifications/{secret}/marks",
        response_class=Response,
        responses={200: examples.MARKS_ANSWER, **described_problems(404, 422, 503)},
    )
    async def marks(secret: IdText) -> Response:
        """Return where page one shows something else than the data; often an empty list."""
        await _part(desk, secret, REPORT)
        data = await desk.part(secret, MARKS)
        return Response(data or b"[]", media_type=JSON, headers=PRIVATE)

    @routes.get(
        "/verifications/{secret}/report.pdf",
        response_class=Response,
        responses={
            200: {"description": "核验报告", "content": {PDF: {"schema": examples.BINARY}}},
            **described_problems(404, 422, 429, 503),
        },
    )
    async def report_pdf(request: Request, secret: IdText) -> Response:
        """Return a verification report 核验报告, sealed and timestamped by this service."""
        caller = parts.door.who(request)
        caller.need(Scope.REPORT)
        found = await desk.kept(secret)
        if found is None:
            raise nothing_found("verification")
        await parts.door.admit(caller, files=1)
        data = await parts.reports.one(found)
        return Response(data, media_type=PDF, headers=PRIVATE | attached("report.pdf"))


async def _let_in(parts: VerificationParts, request: Request) -> Caller:
    """Let a request in before its body is read.

    Raises:
        AnzhengError: API_KEY_REFUSED, API_KEY_SCOPE, RATE_LIMITED, QUOTA_EXCEEDED, OVERLOADED.
    """
    caller = parts.door.who(request)
    caller.need(Scope.VERIFY)
    parts.desk.gate.refuse_full()
    await parts.door.admit(caller, files=1)
    return caller


async def _answer_page(parts: VerificationParts, request: Request, wish: Wish) -> Response:
    """Answer a form of a page that works without script: by leading to another page."""
    lang = wish.lang
    try:
        await _let_in(parts, request)
        with parts.uploads.room.share() as share:
            handed = await take_in(request, parts.uploads, share, replace(wish, picture=True))
            lang = handed.lang
            judged = await parts.desk.judge(handed.submission)
        if judged.id is None:
            raise AnzhengError(Code.STORE_FAILED, "the result could not be kept")
    except AnzhengError as error:
        parts.desk.numbers.refused(error.code)
        query = {"problem": error.code.value} | ({"lang": lang} if lang else {})
        place = f"/?{urlencode(query)}"
    else:
        place = f"/result/{judged.id}" + (f"?lang={lang}" if lang else "")
    return RedirectResponse(place, status_code=303, headers=PRIVATE)


async def _judged(
    parts: VerificationParts, caller: Caller, handed: Handed, key: str | None
) -> tuple[str, bytes, bool]:
    """Return id, body, and whether this is an earlier answer."""
    judged: list[Judged] = []

    async def work() -> bytes:
        found = await parts.desk.judge(handed.submission)
        judged.append(found)
        # The id alone: what is forgotten on demand must not lie here a second time.
        return found.id.encode() if found.id is not None else b"\n" + found.body

    if key is not None:
        once = Once(f"verify {caller.who}", key, (_asked(handed), handed.data))
        answer, again = await parts.answers.once(once, work)
        secret, _, body = answer.partition(b"\n")
        kept = body or await parts.desk.part(secret.decode(), REPORT)
        if again and kept is not None:
            return secret.decode(), kept, True
    if not judged:
        await work()
    return judged[0].id or "", judged[0].body, False


def _asked(handed: Handed) -> bytes:
    """Return all of the question but the artefact."""
    wish = handed.submission
    return repr(replace(wish, artefact=NO_ARTEFACT)).encode()


async def _part(desk: Desk, secret: str, part: str) -> bytes:
    found = await desk.part(secret, part)
    if found is None:
        raise nothing_found("verification")
    return found


def attached(name: str) -> dict[str, str]:
    """Return the header that gives a file its name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def wants_page(request: Request) -> bool:
    """Say whether a browser asks, for somebody who reads."""
    accepted: Sequence[str] = request.headers.get("accept", "").split(",")
    return any(each.strip().startswith("text/html") for each in accepted)
