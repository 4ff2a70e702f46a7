"""Make a verification report file: lay out, draw, sign, and read the result back.

    seal = ReportSeal(open_report_key(folder, password, now=now), stamper)
    pdf = make_report_file([Named("licence.pdf", report, picture)], seal=seal, now=now)

What is handed out was compared with its own data first, by the code that others will read it with.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import report, report_contents
from licence.formats.fields import whole_second
from licence.formats.report import Report
from licence.formats.report_contents import (
    MAX_MAKER_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_PARTS,
    Contents,
    Part,
    attachment_name,
)
from licence.formats.verdict import Verdict, Words
from verifier.pades.page_text import read_pages
from verifier.pictures import Mark
from verifier.report_file import typesetting
from verifier.report_file.drawing import as_jpeg
from verifier.report_file.lay_out import lay_out, valid_key
from verifier.report_file.pages import MAX_REPORT_PAGES, check_pages, unread
from verifier.report_file.seal import ReportSeal
from verifier.report_file.sealing import seal_pages
from verifier.report_file.sheet import Sheet
from verifier.words import CHECKS, STATES, VALID_TODO, advice
from verifier.words_of_copies import COMPARE, LABELS, left_to_compare, limits_of_copy

MAX_PICTURES: Final = 20
"""Of the first so many reports page one is drawn: a file of a thousand pictures fits nowhere."""


@dataclass(frozen=True, slots=True)
class Named:
    """One report to put into the file.

    Attributes:
        name: What the artefact was called when it was handed over.
        report: What was found.
        picture: Page one of it, PNG or WebP or JPEG, if it was drawn.
        marks: Where page and data differ; those of page one are drawn into the picture.
    """

    name: str
    report: Report
    picture: bytes | None = field(default=None, repr=False)
    marks: tuple[Mark, ...] = ()


def make_report_file(reports: Sequence[Named], *, seal: ReportSeal, now: datetime) -> bytes:
    """Return a signed report file about one artefact or many.

    Args:
        reports: 1 to 1,000, in the order in which they shall stand.
        seal: Key and timestamp authority of this verifier.
        now: When it is made, aware.

    Raises:
        AnzhengError: REQUEST_INVALID for no report or too many, TOOL_MISSING without the extra,
            RENDER_FAILED, TOO_LARGE, TSA_UNAVAILABLE, TSA_ANSWER.
    """
    if not 1 <= len(reports) <= MAX_PARTS:
        raise AnzhengError(
            Code.REQUEST_INVALID, f"a report file holds 1 to {MAX_PARTS} reports", limit=MAX_PARTS
        )
    # 1. What the file says: the reports as they are, and the words that it uses for them.
    made = _Draft(
        [each.report for each in reports],
        [report.encode(each.report) for each in reports],
        _pictures(reports),
    )
    contents = _contents(reports, made, seal, now)
    # 2. Draw it, and read the pages back before anything is signed.
    pages, contents = _drawn(contents, made)
    # 3. Sign.
    digest = report_contents.digest_of(report_contents.encode(contents))
    return seal_pages(pages, digest, seal, now=now)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The reports, as they are attached, and the pictures by place."""

    reports: Sequence[Report]
    attached: Sequence[bytes]
    pictures: dict[int, bytes]


def _pictures(reports: Sequence[Named]) -> dict[int, bytes]:
    return {
        place: as_jpeg(each.picture, each.marks)
        for place, each in enumerate(reports[:MAX_PICTURES])
        if each.picture is not None
    }


def _contents(reports: Sequence[Named], made: _Draft, seal: ReportSeal, now: datetime) -> Contents:
    parts = tuple(
        Part(
            _one_line(each.name, MAX_NAME_CHARACTERS),
            report_contents.digest_of(data),
            pictured=place in made.pictures,
        )
        for place, (each, data) in enumerate(zip(reports, made.attached, strict=True))
    )
    contents = Contents(
        made_at=whole_second(now),
        maker=_one_line(seal.key.name, MAX_MAKER_CHARACTERS),
        certificate=seal.key.fingerprint,
        stamped=seal.stamper is not None,
        parts=parts,
        words=MappingProxyType(_words(made.reports)),
    )
    said = "".join(lay_out(contents, made.reports).said())
    return replace(contents, unprintable=typesetting.unprintable("".join(said.split())))


def _one_line(text: str, most: int) -> str:
    """Return a text as one printable line; names come from strangers."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in text).strip()[:most]
    return line or "-"


def _words(reports: Iterable[Report]) -> dict[str, Words]:
    """Return the sentences for every code, check and state that stands in the reports."""
    words: dict[str, Words] = {}
    for each in reports:
        codes = {each.code}
        if each.verdict is Verdict.VALID:
            words[valid_key(each.assurance)] = VALID_TODO[each.assurance]
        words |= {f"copy.{name}": LABELS[name] for name in limits_of_copy(each)}
        left = left_to_compare(each)
        if left is not None:
            words[f"copy.{left}"] = COMPARE[left]
        for check in each.checks:
            codes |= {check.code, *check.notes}
            words[f"check.{check.name.value}"] = CHECKS[check.name]
            words[f"state.{check.state.value}"] = STATES[check.state]
        for code in codes:
            told = advice(code)
            words[f"code.{code.value}"] = told.meaning
            words[f"act.{code.value}"] = told.todo
    return words


def _drawn(contents: Contents, made: _Draft) -> tuple[bytes, Contents]:
    """Return pages that read as they should, and the contents that they were drawn from."""
    drawn = _draw(contents, made)
    strange = unread(drawn.texts, drawn.sheet)
    if strange:
        # A character that comes back as another one is told by its code point.
        known = dict.fromkeys(contents.unprintable + strange)
        contents = replace(contents, unprintable="".join(sorted(known)))
        drawn = _draw(contents, made)
    try:
        check_pages(drawn.texts, drawn.sheet)
    except AnzhengError as error:
        raise AnzhengError(
            Code.RENDER_FAILED, "the pages do not read as they should", **error.facts
        ) from error
    return drawn.pages, contents


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Pages, what they shall say, and what is read from them."""

    pages: bytes
    sheet: Sheet
    texts: tuple[str, ...]


def _draw(contents: Contents, made: _Draft) -> _Drawn:
    sheet = lay_out(contents, made.reports)
    count = len(made.attached)
    attachments = {report_contents.ATTACHMENT: report_contents.encode(contents)}
    attachments |= {attachment_name(place, count): data for place, data in enumerate(made.attached)}
    pages = _typesetter().typeset(
        sheet, made_on=contents.made_at.date(), attachments=attachments, pictures=made.pictures
    )
    return _Drawn(pages, sheet, read_pages(pages, most=MAX_REPORT_PAGES))


@lru_cache(maxsize=1)
def _typesetter() -> typesetting.Typesetter:
    """Return the one of this process: loading the fonts is the slow part."""
    return typesetting.Typesetter()
