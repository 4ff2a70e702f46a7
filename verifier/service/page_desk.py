"""What the pages need of the service, in the words of `pages.PageDesk`."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter

from licence.domain.model import Environment
from licence.errors import AnzhengError
from licence.formats.fields import moment_text
from licence.formats.report import Report
from verifier.pool import Mark
from verifier.service import pages
from verifier.service.desk import Desk
from verifier.service.pages import ServiceFacts


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result as a page shows it."""

    report: Report
    picture: bytes | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """The desk behind the pages.

    Args:
        desk: Finds results.
        reports: Whether verification reports are made.
        forgery_url: Where a forgery is reported.
        registry: Whether a registry is asked.
    """

    desk: Desk
    reports: bool
    forgery_url: str
    registry: bool

    async def kept(self, result_id: str) -> ShownResult | None:
        """Return a result by its unguessable id."""
        kept = await self.desk.kept(result_id)
        if kept is None:
            return None
        picture = kept.picture.data if kept.picture is not None else None
        return ShownResult(kept.report, picture, kept.marks)

    def page_facts(self) -> ServiceFacts:
        """Return what is to be said about the service now."""
        try:
            store = self.desk.trust.store
        except AnzhengError:
            return ServiceFacts(forgery_url=self.forgery_url, has_registry=self.registry)
        return ServiceFacts(
            is_test=store.bundle.environment is Environment.TEST,
            bundle_version=store.bundle.version,
            trust_as_of=moment_text(store.newest_signed_time),
            forgery_url=self.forgery_url,
            has_reports=self.reports,
            has_registry=self.registry,
        )


def open_pages(
    desk: Desk, *, reports: bool, forgery_url: str, registry: bool, built: Path | None
) -> APIRouter:
    """Return the routes of the pages."""
    shown = ServiceDesk(desk, reports, forgery_url, registry)
    return pages.router(shown, built or pages.BUILT)
