"""A small verifier's service for the tests of its pages: real checks, no pool, no limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from anzheng.picture import first_page
from licence.errors import AnzhengError
from licence.formats import report as reports
from licence.formats.report import Report
from verifier import Policy, TrustStore, verify_artefact
from verifier.artefacts import Ask, PdfFile, recognise
from verifier.service.page_view import Place
from verifier.service.pages import ServiceFacts, router


@dataclass(frozen=True, slots=True)
class Difference:
    """A place that is to be marked."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    shown: str
    expected: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that is kept."""

    report: Report
    picture: bytes | None
    marks: Sequence[Place] = ()


@dataclass(slots=True)
class FakeDesk:
    """Judges at once and keeps everything."""

    trust: TrustStore
    policy: Policy
    now: datetime
    results: dict[str, Kept] = field(default_factory=dict)
    facts: ServiceFacts = field(default_factory=ServiceFacts)
    made: int = 0

    async def kept(self, result_id: str) -> Kept | None:
        return self.results.get(result_id)

    def page_facts(self) -> ServiceFacts:
        return self.facts

    def judge(self, data: bytes) -> str:
        """Judge what came and return its id."""
        artefact = recognise(data)
        report, _ = verify_artefact(artefact, self.trust, Ask(policy=self.policy, now=self.now))
        picture = None
        if isinstance(artefact, PdfFile) and report.licence is not None:
            try:
                picture = first_page(data)
            except AnzhengError:
                picture = None
        return self.keep(Kept(report, picture))

    def keep(self, kept: Kept) -> str:
        self.made += 1
        result_id = f"result-{self.made:025d}"
        self.results[result_id] = kept
        return result_id

    def app(self) -> FastAPI:
        """Return the service."""
        app = FastAPI()
        app.include_router(router(self))

        @app.post("/v1/verifications")
        async def verifications(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith("multipart/"):
                return self._answer(await request.body())
            form = await request.form()
            given = form.get("file") or form.get("text")
            data = given.encode() if isinstance(given, str) else await _read(given)
            if not data:
                return RedirectResponse("/?problem=REQUEST_INVALID", 303)
            return RedirectResponse(f"/result/{self.judge(data)}{_lang(form.get('lang'))}", 303)

        @app.get("/v1/verifications/{result_id}")
        async def result(result_id: str) -> Response:
            kept = self.results.get(result_id)
            if kept is None:
                return JSONResponse({"code": "NOT_FOUND"}, 404)
            return Response(reports.encode(kept.report), media_type="application/json")

        @app.get("/v1/verifications/{result_id}/picture")
        async def picture(result_id: str) -> Response:
            kept = self.results.get(result_id)
            if kept is None or kept.picture is None:
                return JSONResponse({"code": "NOT_FOUND"}, 404)
            return Response(kept.picture, media_type="image/png")

        @app.delete("/v1/verifications/{result_id}")
        async def forget(result_id: str) -> Response:
            self.results.pop(result_id, None)
            return Response(status_code=204)

        return app

    def _answer(self, data: bytes) -> Response:
        result_id = self.judge(data)
        body = reports.encode(self.results[result_id].report)
        headers = {"Location": f"/v1/verifications/{result_id}"}
        return Response(body, media_type="application/json", headers=headers)


async def _read(given: object) -> bytes:
    return await given.read() if isinstance(given, UploadFile) else b""


def _lang(given: object) -> str:
    return "?lang=en" if given == "en" else ""
