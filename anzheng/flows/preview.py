"""See the pages of a roster before anything is stored or signed.

A preview is a sample: its data say so, the page says so in words, and SAMPLE stands across it. It
has no signature field and no seal, so that nothing of it could be taken for a licence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from anzheng.flows.export import plain_name
from anzheng.flows.prepare import ImportResult, Outcome, Preparer
from anzheng.flows.roster import Row
from licence.domain.model import Draft, Kind, LicenceVersion, StatusRef
from licence.domain.problem import Problem
from licence.domain.rows import parse_row
from licence.errors import AnzhengError
from licence.ids import StatusIndex


class Drawer(Protocol):
    """Draws pages; conforms `signer.preview.PreviewPress`."""

    def draw(self, version: LicenceVersion) -> bytes:
        """Return the pages as PDF, marked as a sample, without seal and signature field.

        Raises:
            AnzhengError: Why they cannot be drawn.
        """
        ...


@dataclass(frozen=True, slots=True)
class Previewed:
    """What became of one row: pages, or what is wrong.

    Attributes:
        row: Counts from 1.
        licence_no: As far as it could be read.
        name: A name for its files.
        template: Which pages were drawn; empty when none were.
        pdf: The pages; empty when there are problems.
        problems: Why there are none.
    """

    row: int
    licence_no: str
    name: str
    template: str
    pdf: bytes
    problems: tuple[Problem, ...] = ()


def preview(rows: Sequence[Row], preparer: Preparer, drawer: Drawer) -> Iterator[Previewed]:
    """Judge every row as an import would, and draw those that an import would take."""
    judged: ImportResult = preparer.import_roster(rows, dry_run=True)
    for row, result in zip(rows, judged.rows, strict=True):
        draft = parse_row(row, row=result.row)
        if result.outcome is Outcome.REFUSED or not isinstance(draft, Draft):
            yield _refused(result.row, result.licence_no, result.problems)
            continue
        sample = replace(draft, kind=Kind.SAMPLE)
        status = StatusRef(preparer.registry, StatusIndex(result.row))
        try:
            pdf = drawer.draw(LicenceVersion(sample, status))
        except AnzhengError as error:
            problem = Problem("template", error.code, error.message, result.row)
            yield _refused(result.row, result.licence_no, (problem,))
        else:
            name = plain_name(draft.licence_no, draft.version)
            yield Previewed(result.row, draft.licence_no, name, draft.template, pdf)


def _refused(row: int, licence_no: str, problems: tuple[Problem, ...]) -> Previewed:
    return Previewed(row, licence_no, "", "", b"", problems)
