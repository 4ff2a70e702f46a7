"""The pages that people see: start page, result, offline page, and their files.

The HTML comes from templates here and works without script; the built files of `verifier/web` make
it better. One strict policy for all: no inline script or style, no other host.

Standard: HTML Living Standard; CSP Level 3; WCAG 2.2 AA.
"""

import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from licence.formats.report import Report
from licence.formats.verdict import TABLE
from verifier.service import page_text, page_view
from verifier.service.answers import Caching, answer
from verifier.service.files import PublicFolder
from verifier.service.headers import HEADERS
from verifier.service.page_text import Lang
from verifier.service.page_view import Place

TEMPLATES: Final = Path(__file__).parent / "templates"
BUILT: Final = Path(__file__).parent.parent / "web" / "dist"

_ENTRY: Final = "src/page/main.tsx"
_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_PROBLEMS: Final[Mapping[str, str]] = {
    "TOO_LARGE": "problem_large",
    "RATE_LIMITED": "problem_busy",
    "QUOTA_EXCEEDED": "problem_busy",
    "OVERLOADED": "problem_busy",
    "REQUEST_INVALID": "problem_empty",
    "MEDIA_TYPE_UNSUPPORTED": "problem_text",
    "SHORT_CODE_FORMAT": "problem_text",
    "SHORT_CODE_CHECK": "problem_text",
}


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the pages say about the service.

    Args:
        is_test: Whether its trust bundle is that of the test environment.
        bundle_version: Of the trust bundle; None if there is none yet.
        trust_as_of: Newest signed time of the trust data, as a report writes times.
        forgery_url: Where a forgery is reported: a page, or a telephone number.
        has_reports: Whether signed verification reports can be had.
        has_registry: Whether a registry is asked, so that codes and numbers can be looked up.
    """

    is_test: bool = False
    bundle_version: int | None = None
    trust_as_of: str = ""
    forgery_url: str = "tel:12350"
    has_reports: bool = False
    has_registry: bool = True


class KeptResult(Protocol):
    """A result that is still kept."""

    @property
    def report(self) -> Report:
        """The report."""
        ...

    @property
    def picture(self) -> object | None:
        """Page one, where there is a picture of it."""
        ...

    @property
    def marks(self) -> Sequence[Place]:
        """Where the page differs from the data."""
        ...


class PageDesk(Protocol):
    """What the pages need of the service."""

    async def kept(self, result_id: str) -> KeptResult | None:
        """Return a result by its unguessable id."""
        ...

    def page_facts(self) -> ServiceFacts:
        """Return what is to be said about the service now."""
        ...


@dataclass(frozen=True, slots=True)
class Pages:
    """Templates and built files.

    Args:
        built: The folder that `make web` fills.
        environment: Finds and fills templates.
        texts: What the pages say, by key and language.
        fact_names: How facts of checks are called.
        fact_values: Values of facts that are words of ours, by fact and value.
        limits: What a result does not prove, by kind of result.
    """

    built: Path
    environment: Environment
    texts: Mapping[str, Mapping[str, str]]
    fact_names: Mapping[str, Mapping[str, str]]
    fact_values: Mapping[str, Mapping[str, Mapping[str, str]]]
    limits: Mapping[str, Sequence[Mapping[str, str]]]

    def html(self, template: str, lang: Lang, facts: ServiceFacts, **given: object) -> str:
        """Fill a template."""
        script, styles = self._entry()
        return self.environment.get_template(template).render(
            t={key: said[lang] for key, said in self.texts.items()},
            names={key: said[lang] for key, said in self.fact_names.items()},
            values={
                key: {value: said[lang] for value, said in words.items()}
                for key, words in self.fact_values.items()
            },
            lang=lang,
            facts=facts,
            table=TABLE,
            script=script,
            styles=styles,
            **given,
        )

    def _entry(self) -> tuple[str, list[str]]:
        """Return the addresses of script and styles; none before the pages were built."""
        try:
            manifest = json.loads((self.built / "manifest.json").read_text("utf-8"))
        except (OSError, ValueError):
            return "", []
        styles: dict[str, None] = {}
        _collect(manifest, _ENTRY, styles, set())
        return f"/{manifest[_ENTRY]['file']}", [f"/{name}" for name in styles]


def _collect(
    manifest: Mapping[str, Any], name: str, styles: dict[str, None], seen: set[str]
) -> None:
    """Gather the styles of a chunk; those that it shares with other pages come first."""
    if name in seen:
        return
    seen.add(name)
    for each in manifest[name].get("imports", ()):
        _collect(manifest, each, styles, seen)
    styles.update(dict.fromkeys(manifest[name].get("css", ())))


def open_pages(built: Path = BUILT) -> Pages:
    """Read templates and words."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["pictures"] = {
        name: f"/page/{name}.webp" for name in ("face", "code", "number", "seed", "hazchem")
    }
    environment.globals["scope_text"] = page_text.scope_text
    environment.globals["high_risk"] = page_text.high_risk
    environment.filters["full_width"] = page_text.full_width
    environment.filters["fact_text"] = page_text.fact_text
    texts, facts, values, limits = (
        json.loads((TEMPLATES / f"{name}.json").read_text("utf-8"))
        for name in ("texts", "facts", "values", "limits")
    )
    return Pages(built, environment, texts, facts, values, limits)


def router(desk: PageDesk, built: Path = BUILT) -> APIRouter:
    """Make the routes of the pages.

    Args:
        desk: The service behind them.
        built: The folder that `make web` fills.
    """
    routes = APIRouter(include_in_schema=False)
    pages = open_pages(built)
    folder = PublicFolder(built)

    # A printed code is `HTTPS://HOST/V#…`: the same page; the browser keeps the data to itself.
    @routes.get("/")
    @routes.get("/V")
    async def home(
        lang: LangText = "", problem: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:
        said = _PROBLEMS.get(problem, "problem_other") if problem else ""
        return _html(pages.html("home.html", _lang(lang), desk.page_facts(), problem=said))

    @routes.get("/result/{result_id}")
    async def result(result_id: str, lang: LangText = "") -> Response:
        kept = await desk.kept(result_id)
        facts, chosen = desk.page_facts(), _lang(lang)
        if kept is None:
            return _html(pages.html("gone.html", chosen, facts), status=404)
        view = page_view.view_of(kept.report, chosen)
        html = pages.html(
            "result.html",
            chosen,
            facts,
            view=view,
            limits=[said[chosen] for said in pages.limits[view.limits]],
            has_picture=kept.picture is not None,
            marks=[page_view.mark_of(each) for each in kept.marks if each.page == 0],
            api=f"/v1/verifications/{result_id}",
        )
        return _html(html)

    @routes.get("/assets/{name}")
    async def asset(request: Request, name: str) -> Response:
        return await _file(request, folder, f"assets/{name}", Caching.IMMUTABLE)

    @routes.get("/favicon.svg")
    async def icon(request: Request) -> Response:
        return await _file(request, folder, "favicon.svg", Caching.VERSIONED)

    @routes.get("/page/{name}")
    async def picture(request: Request, name: str) -> Response:
        return await _file(request, folder, f"page/{name}", Caching.VERSIONED)

    @routes.get("/offline/{name:path}")
    async def offline(request: Request, name: str = "") -> Response:
        # Every visit asks whether there is a newer one: else an old worker could live for ever.
        return await _file(request, folder, f"offline/{name or 'index.html'}", Caching.ASK)

    return routes


LangText = Annotated[str, Query(max_length=16)]


def _lang(text: str) -> Lang:
    return "en" if text == "en" else "zh"


def _html(text: str, status: int = 200) -> Response:
    headers = {**HEADERS, "Cache-Control": Caching.NEVER.value, "X-Robots-Tag": "noindex"}
    return Response(text, status, headers, media_type="text/html")


async def _file(request: Request, folder: PublicFolder, path: str, caching: Caching) -> Response:
    media_type = _TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "text/plain"
    body = await folder.body(path, media_type)
    if body is None:
        # Kept by nobody: a moment later the file of a newer build may be there.
        return Response(
            "404", 404, {**HEADERS, "Cache-Control": Caching.NEVER.value}, media_type="text/plain"
        )
    given = answer(request, body, caching)
    given.headers.update(HEADERS)
    return given
