"""Layout 1: which blocks the pages of a report file have, from its contents and reports alone.

The reader lays out the same data again, so nothing here may ask a clock, a font or a dictionary of
words: everything comes with the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Final

from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.text import Charset
from licence.errors import Code, Fact
from licence.formats.checks import CheckResult, CheckState
from licence.formats.report import Report
from licence.formats.report_contents import Contents, Part, encode
from licence.formats.verdict import ASSURANCE_WORDS, TABLE, Assurance, Verdict, Words
from verifier.report_file import phrases
from verifier.report_file.sheet import (
    Banner,
    Block,
    Cell,
    Grid,
    Head,
    Line,
    Lines,
    Picture,
    Prose,
    Sheet,
)
from verifier.words_of_copies import left_to_compare, limits_of_copy

MAX_FULL: Final = 20
"""Up to so many reports each has its own pages."""
MAX_SHORT: Final = 200
"""Up to so many each is told in a few lines; of more there is the table, and what is attached."""

_ID_DIGITS: Final = 20
_MAX_FACTS: Final = 1_200
_MAX_NAME: Final = 220
_COMPARED: Final = (
    (phrases.NAME, "enterprise_name"),
    (phrases.USCC, "uscc"),
    (phrases.NUMBER, "licence_no"),
    (phrases.KIND, "licence_type"),
    (phrases.VALIDITY, "validity"),
    (phrases.ISSUER, "issuer"),
)
_SHANGHAI: Final = timezone(timedelta(hours=8))


def valid_key(assurance: Assurance) -> str:
    """Return the key of the sentence that says what to do about something valid."""
    return f"valid.{assurance.name}"


def report_id(contents: bytes) -> str:
    """Return the number of a report file: the beginning of the digest of its contents."""
    return sha256(contents).hexdigest()[:_ID_DIGITS]


def lay_out(contents: Contents, reports: Sequence[Report]) -> Sheet:
    """Return what the pages say.

    Args:
        contents: Of the file.
        reports: In the order of its parts.
    """
    pen = _Pen(contents.unprintable, contents.words)
    number = report_id(encode(contents))
    many = len(reports) > 1
    blocks = [
        Head(phrases.TITLE, 1),
        Prose((phrases.SUBTITLE,)),
        *_notice(reports),
        Lines((Line(phrases.REPORT_ID, number),)),
        *(_summary(pen, contents, reports) if many else _whole(pen, contents.parts[0], reports[0])),
        *_standing(pen, contents),
        *(_sections(pen, contents, reports) if many else _pictures(contents, reports)),
    ]
    title = f"{phrases.TITLE.zh} {phrases.TITLE.en}"
    return Sheet(f"{title} {number}", pen.clean(contents.maker), f"{title} {number}", tuple(blocks))


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes what strangers named so that every reader sees the same."""

    unprintable: str
    words: Mapping[str, Words]

    def clean(self, text: str) -> str:
        """Return a text in which rare characters stand by their code points."""
        spelt = (self._character(char) for char in text)
        return "".join(spelt).strip() or "〔〕"

    def name(self, text: str) -> str:
        """Return a name, cut off where code points would make it endless."""
        line = self.clean(text)
        return line if len(line) <= _MAX_NAME else line[: _MAX_NAME - 1] + "…"

    def _character(self, char: str) -> str:
        plain = char == " " or Charset.GENERAL.value.search(char) is None
        if plain and char not in self.unprintable:
            return char
        return f"〔U+{ord(char):04X}〕"

    def said(self, key: str) -> Words:
        """Return the sentence that the file gives for a key; the key itself if it gives none."""
        return self.words.get(key) or Words(key, key)

    def facts(self, facts: Sequence[tuple[str, Fact]]) -> str:
        """Return facts on one line."""
        told = (f"{name}: {_fact(value)}" for name, value in facts if value is not None)
        line = self.clean("; ".join(told))
        return line if len(line) <= _MAX_FACTS else line[: _MAX_FACTS - 1] + "…"


def _fact(value: Fact) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------- one report


def _whole(pen: _Pen, part: Part, report: Report) -> Iterator[Block]:
    """Yield all about one report."""
    yield _banner(pen, report)
    yield from _copied(pen, report)
    yield Head(phrases.COMPARE, 2)
    yield from _licence(pen, report)
    yield Head(phrases.SUBJECT, 2)
    yield Lines(tuple(_subject(pen, part, report)))
    yield Head(phrases.HOW, 2)
    yield Lines(tuple(_conditions(pen, report)))
    yield Head(phrases.CHECKS, 2)
    yield _checks(pen, report.checks)


def _banner(pen: _Pen, report: Report) -> Banner:
    code = report.code.value
    valid = report.verdict is Verdict.VALID
    # Files of before this sentence depended on the assurance have the one for the code alone.
    limited = pen.words.get(valid_key(report.assurance)) if valid else None
    return Banner(
        verdict=report.verdict,
        words=TABLE[report.verdict].words,
        reason=ASSURANCE_WORDS[report.assurance] if valid else pen.said(f"code.{code}"),
        act=limited or pen.said(f"act.{code}"),
        code=code,
    )


def _copied(pen: _Pen, report: Report) -> Iterator[Block]:
    """Yield for whom, what for and until when a copy was made, and what is left to compare."""
    # Files of before these sentences say it among the facts of the check alone.
    said = {f"copy.{name}": value for name, value in limits_of_copy(report).items()}
    if said and said.keys() <= pen.words.keys():
        rows = (Line(pen.said(key), pen.clean(value)) for key, value in said.items())
        yield Lines(tuple(rows), large=True)
    left = pen.words.get(f"copy.{left_to_compare(report)}")
    if left is not None:
        yield Prose((left,), notice=True)


def _licence(pen: _Pen, report: Report) -> Iterator[Block]:
    rows = tuple(_identity(pen, report))
    yield Lines(rows, large=True) if rows else Prose((phrases.UNPROVED,))


def _identity(pen: _Pen, report: Report) -> Iterator[Line]:
    """Yield what a person compares with the paper, as far as it was proved."""
    facts = _compared(report)
    for label, name in _COMPARED:
        if name in facts:
            yield Line(label, pen.clean(facts[name]))


def _compared(report: Report) -> Mapping[str, str]:
    """Return name, numbers, dates and issuer: of a file from its data, of a code from its facts."""
    if report.licence is not None:
        draft = report.licence.draft
        kind = LICENCE_TYPES.get(draft.licence_type)
        return {
            "enterprise_name": draft.enterprise_name,
            "uscc": str(draft.uscc),
            "licence_no": f"{draft.licence_no} v{draft.version}",
            "licence_type": f"{kind.title} {kind.english}" if kind else draft.licence_type,
            "validity": f"{draft.valid_from.isoformat()} - {draft.valid_to.isoformat()}",
            "issuer": draft.issuer,
        }
    facts = {name: str(value) for name, value in report.facts if value is not None}
    if "enterprise_name" not in facts:
        return {}
    if {"valid_from", "valid_to"} <= set(facts):
        facts["validity"] = f"{facts['valid_from']} - {facts['valid_to']}"
    if {"licence_no", "version"} <= set(facts):
        facts["licence_no"] = f"{facts['licence_no']} v{facts['version']}"
    kind = LICENCE_TYPES.get(facts.get("licence_type", ""))
    return facts | ({"licence_type": f"{kind.title} {kind.english}"} if kind else {})


def _subject(pen: _Pen, part: Part, report: Report) -> Iterator[Line]:
    yield Line(phrases.FILE, pen.name(part.name))
    if report.file_sha256 is not None:
        yield Line(phrases.SHA256, report.file_sha256.hex())
    if report.leaf is not None:
        yield Line(phrases.LEAF, report.leaf.hex())


def _conditions(pen: _Pen, report: Report) -> Iterator[Line]:
    yield Line(phrases.CHECKED_AT, china_time(report.checked_at))
    yield Line(phrases.ON, report.on.isoformat())
    version = "-" if report.bundle_version is None else str(report.bundle_version)
    yield Line(phrases.TRUST, version)
    yield Line(phrases.ENVIRONMENT, report.environment.value)
    if report.policy:
        yield Line(phrases.POLICY, pen.facts(sorted(report.policy)))
    if report.facts:
        yield Line(phrases.FACTS, pen.facts(sorted(report.facts)))


def china_time(moment: datetime) -> str:
    """Write a moment as clocks in China show it, and as UTC."""
    there = moment.astimezone(_SHANGHAI)
    return f"{there:%Y-%m-%d %H:%M:%S} {phrases.CHINA} ({moment:%Y-%m-%dT%H:%M:%SZ})"


def _checks(pen: _Pen, checks: Sequence[CheckResult]) -> Grid:
    rows = tuple(
        (
            Cell((str(place),)),
            Cell(_pair(pen.said(f"check.{check.name.value}"))),
            Cell(_pair(pen.said(f"state.{check.state.value}")), tone=check.state.value),
            Cell(tuple(_finding(pen, check)) or ("-",)),
        )
        for place, check in enumerate(checks, start=1)
    )
    heads = (phrases.NUMBER_HEAD, phrases.CHECK_HEAD, phrases.RESULT_HEAD, phrases.FINDING_HEAD)
    return Grid("checks", heads, rows)


def _finding(pen: _Pen, check: CheckResult) -> Iterator[str]:
    if check.code is not Code.OK and check.state is not CheckState.SKIPPED:
        yield from _coded(pen, check.code)
    for note in check.notes:
        yield f"{phrases.NOTE.zh} {phrases.NOTE.en}"
        yield from _coded(pen, note)
    if check.facts:
        yield pen.facts(sorted(check.facts))
    if check.standard and check.state is not CheckState.SKIPPED:
        yield pen.clean(check.standard)


def _coded(pen: _Pen, code: Code) -> Iterator[str]:
    words = pen.said(f"code.{code.value}")
    yield words.zh
    yield f"{words.en} [{code.value}]"


def _pair(words: Words) -> tuple[str, str]:
    return words.zh, words.en


def _pictures(contents: Contents, reports: Sequence[Report]) -> Iterator[Block]:
    for place, (part, report) in enumerate(zip(contents.parts, reports, strict=True)):
        if part.pictured:
            yield _picture(place, report)


def _picture(place: int, report: Report) -> Picture:
    words = TABLE[report.verdict].words
    over = f"{phrases.TITLE.zh} {words.zh} {words.en}"
    return Picture(place, phrases.PICTURE, over, phrases.PICTURE_ALT)


# ---------------------------------------------------------------- many reports


def _summary(pen: _Pen, contents: Contents, reports: Sequence[Report]) -> Iterator[Block]:
    yield Head(phrases.SUMMARY, 2)
    counted = tuple(
        (
            Cell((TABLE[verdict].words.zh, TABLE[verdict].words.en), tone=verdict.value),
            Cell((str(sum(report.verdict is verdict for report in reports)),)),
        )
        for verdict in Verdict
    )
    yield Grid("counts", (phrases.VERDICT_HEAD, phrases.COUNT), counted)
    heads = (phrases.NUMBER_HEAD, phrases.FILE, phrases.VERDICT_HEAD, phrases.NAME)
    rows = tuple(
        _row(pen, place, part, report)
        for place, (part, report) in enumerate(zip(contents.parts, reports, strict=True), start=1)
    )
    yield Grid("files", heads, rows)


def _row(pen: _Pen, place: int, part: Part, report: Report) -> tuple[Cell, ...]:
    words = TABLE[report.verdict].words
    facts = _compared(report)
    who = [pen.clean(facts[name]) for name in ("enterprise_name", "licence_no") if name in facts]
    return (
        Cell((str(place),)),
        Cell((pen.name(part.name),)),
        Cell((words.zh, words.en, report.code.value), tone=report.verdict.value),
        Cell(tuple(who) or ("-",)),
    )


def _sections(pen: _Pen, contents: Contents, reports: Sequence[Report]) -> Iterator[Block]:
    if len(reports) > MAX_SHORT:
        return
    full = len(reports) <= MAX_FULL
    if not full:
        yield Head(phrases.EACH, 2, page=True)
    for place, (part, report) in enumerate(zip(contents.parts, reports, strict=True)):
        name = f"{place + 1}. {pen.name(part.name)}"
        yield Head(Words(name, ""), 2 if full else 3, page=full)
        yield from _whole(pen, part, report) if full else _short(pen, part, report)
        if part.pictured:
            yield _picture(place, report)


def _short(pen: _Pen, part: Part, report: Report) -> Iterator[Block]:
    """Yield the little that is told about one of very many."""
    yield _banner(pen, report)
    yield from _copied(pen, report)
    rows = [*_subject(pen, part, report), Line(phrases.CHECKED_AT, china_time(report.checked_at))]
    yield Lines((*_identity(pen, report), *rows))


# ---------------------------------------------------------------- what stands in every report file


def _notice(reports: Sequence[Report]) -> Iterator[Block]:
    notices = dict.fromkeys(report.notice for report in reports if report.notice is not None)
    for notice in notices:
        zh, _, en = notice.partition(" / ")
        yield Prose((Words(zh, en),), notice=True)


def _standing(pen: _Pen, contents: Contents) -> Iterator[Block]:
    yield Head(phrases.LIMITS, 2)
    yield Prose(phrases.LIMIT_LINES)
    yield Head(phrases.CHECK_THIS, 2)
    yield Prose(phrases.CHECK_THIS_LINES)
    stamp = phrases.STAMPED if contents.stamped else phrases.UNSTAMPED
    yield Lines(
        (
            Line(phrases.MAKER, pen.clean(contents.maker)),
            Line(phrases.CERTIFICATE, contents.certificate.hex()),
            Line(phrases.MADE_AT, china_time(contents.made_at)),
            Line(phrases.STAMP, f"{stamp.zh} {stamp.en}"),
        )
    )
