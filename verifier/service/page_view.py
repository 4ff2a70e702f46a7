"""What the result page shows of a report: words, facts to compare, checks, limits.

All words about verdicts, checks and codes come from `verifier.words`; nothing is judged here.

Standard: DESIGN 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from licence.domain.licence_types import HAZCHEM_TRADING
from licence.domain.model import Kind, LicenceVersion, ScopeItem
from licence.domain.validity import shanghai_date
from licence.errors import Code
from licence.formats.checks import CHECK_ORDER, CheckName, CheckResult, CheckState
from licence.formats.report import Report
from licence.formats.verdict import (
    ASSURANCE_WORDS,
    TABLE,
    Assurance,
    CodeClass,
    Verdict,
    Words,
    class_of,
)
from licence.pages.words import ADDRESSES, ENGLISH_ADDRESSES, TRADING_ADDRESSES
from verifier import words
from verifier.service.page_text import Lang, day_of, day_text, fact_text, grouped, moment_text, say

MARGIN: Final = 0.004
"""Of a page, between a difference and its frame."""

_USCC_GROUPS: Final = (2, 6, 9, 1)
"""Registration authority and kind, region, organisation, check character (GB 32100)."""

_CODE_GROUPS: Final = (4, 4, 4, 4, 1)
_UNUSUAL_KINDS: Final = frozenset(kind.value for kind in Kind if kind is not Kind.REGULAR)

_TERMS: Final = {
    CheckName.COPY: ("terms_copy", ("recipient", "purpose", "ends_on", "copy_no")),
    CheckName.HOLDER: (
        "terms_holder",
        (
            "audience",
            "purpose",
            "shown_at",
            "presented_at",
            "challenge_checked",
            "clock_fast_seconds",
        ),
    ),
    CheckName.REPORTED: (
        "terms_reported",
        ("reported_verdict", "reported_at", "reported_on", "reported_code", "reporter", "reports"),
    ),
}
"""What is shown of a check beside the verdict, and under which heading."""

_NOT_SHOWN: Final = frozenset({"index", "list_uri"})


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: its name, its value, and the same value in groups where that helps to compare.

    `label` is its name where the licence's own page calls it so.
    """

    key: str
    value: str
    groups: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check, ready to be unfolded."""

    number: int
    state: CheckState
    name: str
    question: str
    outcome: str
    meaning: str
    todo: str
    code: str
    required: bool
    facts: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    standard: str


class Place(Protocol):
    """A place where a page differs from the data; parts of the page from its top left."""

    @property
    def page(self) -> int:
        """Which page; 0 is the first."""
        ...

    @property
    def x0(self) -> float:
        """Left."""
        ...

    @property
    def y0(self) -> float:
        """Top."""
        ...

    @property
    def x1(self) -> float:
        """Right."""
        ...

    @property
    def y1(self) -> float:
        """Bottom."""
        ...

    @property
    def shown(self) -> str:
        """What the page shows."""
        ...

    @property
    def expected(self) -> str:
        """What the data says."""
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of page one where it differs from the data, in thousandths of width and height."""

    x: int
    y: int
    width: int
    height: int
    shown: str
    expected: str


@dataclass(frozen=True, slots=True)
class ResultView:
    """Everything that the result page shows."""

    verdict: Verdict
    words: Words
    meaning: str
    todo: str
    code: str
    assurance: str
    notice: str | None
    other_day: str
    facts: tuple[Row, ...]
    scope: tuple[ScopeItem, ...]
    proved: bool
    status: tuple[Row, ...]
    terms: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    checks: tuple[CheckView, ...]
    passed: int
    asked: int
    limits: str
    about: tuple[Row, ...]


def view_of(report: Report, lang: Lang) -> ResultView:
    """Return what the page shows.

    Args:
        report: Any report.
        lang: Language of the page.
    """
    advice = words.advice(report.code)
    checks = tuple(
        _check(check, report.required, lang)
        for check in report.checks
        if check.state is not CheckState.SKIPPED or check.name in report.required
    )
    asked = [check for check in report.checks if check.state is not CheckState.SKIPPED]
    return ResultView(
        verdict=report.verdict,
        words=TABLE[report.verdict].words,
        meaning=say(
            ASSURANCE_WORDS[report.assurance]
            if report.verdict is Verdict.VALID
            else advice.meaning,
            lang,
        ),
        todo=say(words.what_to_do(report.verdict, report.code, report.assurance), lang),
        code=report.code.value,
        assurance=say(ASSURANCE_WORDS[report.assurance], lang),
        notice=report.notice,
        other_day=""
        if report.on == shanghai_date(report.checked_at)
        else day_text(report.on, lang),
        facts=_facts(report, lang),
        scope=report.licence.draft.scope if report.licence is not None else (),
        proved=report.licence is not None,
        status=_status(report, lang),
        terms=_terms(report, lang),
        checks=checks,
        passed=sum(check.state is CheckState.PASSED for check in asked),
        asked=len(asked),
        limits=limits_of(report.verdict, report.code, report.assurance),
        about=_about(report, lang),
    )


def limits_of(verdict: Verdict, code: Code, assurance: Assurance) -> str:
    """Return the key in `limits.json`: what a result of this kind does not prove."""
    if verdict is Verdict.VALID:
        return assurance.value
    if verdict is Verdict.INVALID:
        ended = class_of(code) in {CodeClass.FINAL, CodeClass.UNUSABLE}
        return "ended" if ended else "invalid"
    return verdict.value


def _facts(report: Report, lang: Lang) -> tuple[Row, ...]:
    if report.licence is None:
        return _told_facts(report, lang)
    draft = report.licence.draft
    data = report.check(CheckName.DATA)
    code = data.fact("short_code") if data is not None else None
    rows = [
        Row("fact_enterprise", draft.enterprise_name),
        Row("fact_uscc", draft.uscc, grouped(draft.uscc, _USCC_GROUPS)),
        Row("fact_number", draft.licence_no),
        Row(
            "fact_validity", "", (day_text(draft.valid_from, lang), day_text(draft.valid_to, lang))
        ),
        Row("fact_issuer", draft.issuer),
        Row("fact_issued", day_text(draft.issued_on, lang)),
        Row("fact_principal", draft.principal),
        *_addresses(report.licence, lang),
        Row("fact_version", str(draft.version)),
    ]
    if draft.kind is not Kind.REGULAR:
        rows.append(Row("fact_kind", f"kind_{draft.kind.value}"))
    if isinstance(code, str):
        rows.append(Row("fact_short_code", code, grouped(code, _CODE_GROUPS)))
    return tuple(rows)


def _addresses(licence: LicenceVersion, lang: Lang) -> Iterator[Row]:
    """Yield each address under the name that it has on the page of the licence."""
    if lang == "en":
        names = ENGLISH_ADDRESSES
    elif licence.draft.licence_type == HAZCHEM_TRADING.id:
        names = TRADING_ADDRESSES
    else:
        names = ADDRESSES
    for address in licence.draft.addresses:
        yield Row("fact_address", address.text, label=names[address.type])


def _told_facts(report: Report, lang: Lang) -> tuple[Row, ...]:
    """Return what a code, or the registry, says where no licence file was seen."""
    told = {key: fact_text(value) for key, value in report.facts if value is not None}
    period = tuple(day_of(told.get(key, ""), lang) for key in ("valid_from", "valid_to"))
    uscc, code = told.get("uscc", ""), told.get("short_code", "")
    kind = told.get("kind", "")
    rows = (
        Row("fact_enterprise", told.get("enterprise_name", "")),
        Row("fact_uscc", uscc, grouped(uscc, _USCC_GROUPS)),
        Row("fact_number", told.get("licence_no", "")),
        Row("fact_scope", told.get("scope", "")),
        Row("fact_validity", "".join(period), period),
        Row("fact_issuer", told.get("issuer", "") if "licence_no" in told else ""),
        Row("fact_issued", day_of(told.get("issued_on", ""), lang)),
        Row("fact_version", told.get("version", "")),
        Row("fact_kind", f"kind_{kind}" if kind in _UNUSUAL_KINDS else ""),
        Row("fact_short_code", code, grouped(code, _CODE_GROUPS)),
    )
    return tuple(row for row in rows if row.value)


def _terms(report: Report, lang: Lang) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return for whom and how something was presented, by the key of its heading."""
    found = []
    for name, (heading, keys) in _TERMS.items():
        check = report.check(name)
        facts = dict(check.facts) if check is not None else {}
        rows = tuple(
            (key, _term(key, day_of(fact_text(facts[key], lang), lang), lang))
            for key in keys
            if facts.get(key) is not None
        )
        if rows:
            found.append((heading, rows))
    return tuple(found)


def _term(key: str, text: str, lang: Lang) -> str:
    """Return a fact in words where it is a word of ours."""
    if key == "reported_verdict" and text in set(Verdict):
        return say(TABLE[Verdict(text)].words, lang)
    if key == "reported_code" and text in set(Code):
        return f"{say(words.advice(Code(text)).meaning, lang)} ({text})"
    return text


def _status(report: Report, lang: Lang) -> tuple[Row, ...]:
    check = report.check(CheckName.STATUS)
    if check is None or check.state is not CheckState.FAILED:
        return ()
    names = (
        ("status_document", "document_no"),
        ("status_ground", "ground"),
        ("status_from", "effective_from"),
        ("status_until", "until"),
        ("status_successor", "successor"),
    )
    found = ((key, check.fact(name)) for key, name in names)
    return tuple(
        Row(key, day_of(fact_text(value), lang)) for key, value in found if value is not None
    )


def _about(report: Report, lang: Lang) -> tuple[Row, ...]:
    facts = dict(report.facts)
    container = report.check(CheckName.CONTAINER)
    original = container.fact("original_sha256") if container is not None else None
    policy = dict(report.policy)
    assurance = say(ASSURANCE_WORDS[report.assurance], lang)
    rows = [
        Row("about_time", moment_text(report.checked_at)),
        Row("about_on", day_text(report.on, lang)),
        Row("about_status", fact_text(facts.get("status_as_of"))),
        Row("about_signed", fact_text(facts.get("signed_at"))),
        Row("about_assurance", assurance if report.verdict is Verdict.VALID else ""),
        Row("about_policy", fact_text(policy.get("name"))),
        Row("about_bundle", fact_text(report.bundle_version)),
        Row("about_sha256", report.file_sha256.hex() if report.file_sha256 is not None else ""),
        Row("about_original", fact_text(original)),
    ]
    return tuple(row for row in rows if row.value)


def _check(check: CheckResult, required: Sequence[CheckName], lang: Lang) -> CheckView:
    advice = words.advice(check.code)
    passed = check.state is CheckState.PASSED
    return CheckView(
        number=CHECK_ORDER[check.name] + 1,
        state=check.state,
        name=say(words.CHECKS[check.name], lang),
        question=say(words.QUESTIONS[check.name], lang),
        outcome=say(words.STATES[check.state], lang),
        meaning="" if passed else say(advice.meaning, lang),
        todo="" if passed else say(advice.todo, lang),
        code="" if passed else check.code.value,
        required=check.name in required,
        facts=tuple(
            (key, fact_text(value, lang))
            for key, value in check.facts
            if value is not None and key not in _NOT_SHOWN
        ),
        notes=tuple((note.value, say(words.advice(note).meaning, lang)) for note in check.notes),
        standard=check.standard,
    )


def mark_of(found: Place) -> Mark:
    """Return a place in the units of the page's picture, with a little room around it."""
    x0, y0, x1, y1 = (
        round(1000 * min(1.0, max(0.0, part)))
        for part in (
            found.x0 - MARGIN,
            found.y0 - MARGIN,
            found.x1 + MARGIN,
            found.y1 + MARGIN,
        )
    )
    return Mark(x0, y0, x1 - x0, y1 - y0, found.shown, found.expected)
