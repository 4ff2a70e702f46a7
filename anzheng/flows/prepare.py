"""Step 1, prepare: roster rows become licence versions with a status index, or say what is wrong.

Importing again is idempotent on (authority, number, version): a row that is known says so, and one
that differs shows a diff. A prepared version may still be replaced; a released one never.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum, unique

from anzheng.flows.reconcile_guard import IssueGuard
from anzheng.flows.roster import Row
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, NewLicence, StoredLicence
from licence.domain.licence_no import folded
from licence.domain.model import Draft, Environment, LicenceVersion, StatusRef
from licence.domain.printed_fields import printed_fields
from licence.domain.problem import Problem
from licence.domain.rows import parse_row
from licence.domain.rules import check_draft
from licence.domain.validity import shanghai_date
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.short_code import parse_short_code, short_code
from licence.ids import Digest, RegistryId
from licence.pages import issue_problems
from licence.ports import Clock

GlyphCheck = Callable[[str], Sequence[int]]
"""Returns the code points of a text that no font has."""


@unique
class Outcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    SAME = "same"
    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; `row` counts from 1."""

    row: int
    outcome: Outcome
    licence_no: str
    version: int | None
    problems: tuple[Problem, ...] = ()
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a roster."""

    rows: tuple[RowResult, ...]

    def count(self, outcome: Outcome) -> int:
        """How many rows ended so."""
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, in the order of the rows."""
        return tuple(problem for row in self.rows for problem in row.problems)


@dataclass(frozen=True, slots=True)
class Preparer:
    """Imports rosters.

    Args:
        store: The database.
        clock: Tells today.
        registry: Id of the registry that keeps the status.
        environment: Every row must be of this environment.
        missing_glyphs: Tells which characters the page cannot show.
        guard: Refuses what was issued in a time that the database has forgotten.
    """

    store: Store
    clock: Clock
    registry: RegistryId
    environment: Environment
    missing_glyphs: GlyphCheck
    guard: IssueGuard | None = None

    def import_roster(self, rows: Sequence[Row], *, dry_run: bool = False) -> ImportResult:
        """Check every row, keep the good ones in one transaction, report on all."""
        with self.store.write() as unit:
            result = self._import(unit, rows)
            if dry_run:
                unit.undo()
        return result

    def _import(self, unit: Unit, rows: Sequence[Row]) -> ImportResult:
        now = self.clock.now()
        results: dict[int, RowResult] = {}
        drafts: dict[int, Draft] = {}
        for number, row in enumerate(rows, start=1):
            parsed = parse_row(row, row=number)
            if isinstance(parsed, Draft):
                drafts[number] = parsed
            else:
                results[number] = _refused(number, row, parsed)
        if self.guard is not None:
            for authority in sorted({draft.issuer_code for draft in drafts.values()}):
                self.guard.demand(unit, authority)
        doubles = _doubles(tuple(drafts.values()))
        # Predecessors first, in whatever order the roster has them.
        for number, draft in sorted(drafts.items(), key=lambda item: item[1].version):
            known = unit.licences.version(draft.issuer_code, draft.licence_no, draft.version)
            if known is not None and known.licence_json == _encoded(draft, known):
                results[number] = _result(number, draft, Outcome.SAME)
                continue
            problems = (*doubles.of(draft), *self._judge(unit, draft, shanghai_date(now)))
            results[number] = self._row(unit, number, draft, problems, known, now)
        return ImportResult(tuple(results[number] for number in sorted(results)))

    def _judge(self, unit: Unit, draft: Draft, today: date) -> Iterator[Problem]:
        if draft.environment is not self.environment:
            yield Problem(
                "environment",
                Code.ENVIRONMENT_MISMATCH,
                f"this installation is {self.environment.value}; the row is for another",
            )
        reserved = None if self.guard is None else self.guard.problem(unit, draft)
        if reserved is not None:
            yield reserved
            return
        known = unit.licences.versions(draft.issuer_code, draft.licence_no)
        drafts = tuple(licence_json.decode(row.licence_json).draft for row in known)
        yield from check_draft(draft, today=today, known=drafts)
        yield from issue_problems(draft)
        yield from self._glyphs(draft)

    def _glyphs(self, draft: Draft) -> Iterator[Problem]:
        approved = {ord(glyph.char) for glyph in draft.glyphs}
        for field, text in printed_fields(draft):
            missing = [point for point in self.missing_glyphs(text) if point not in approved]
            if missing:
                points = ", ".join(f"U+{point:04X}" for point in missing)
                yield Problem(field, Code.GLYPH_MISSING, f"no font has a glyph for {points}")
        for place, glyph in enumerate(draft.glyphs):
            if not self.missing_glyphs(glyph.char):
                field = f"glyphs[{place}]"
                yield Problem(field, Code.GLYPH_OUTLINE, f"{field} is of what the fonts have")

    def _row(
        self,
        unit: Unit,
        number: int,
        draft: Draft,
        problems: tuple[Problem, ...],
        known: StoredLicence | None,
        now: datetime,
    ) -> RowResult:
        result = _result(number, draft, Outcome.NEW)
        if problems:
            placed = tuple(replace(problem, row=number) for problem in problems)
            return replace(result, outcome=Outcome.REFUSED, problems=placed)
        if known is None:
            index = unit.licences.allocate_index(self.registry, draft.issuer_code)
            version = LicenceVersion(draft, StatusRef(self.registry, index))
            unit.licences.add(new_licence(version), now)
            return result
        return _again(unit, result, draft, known, now)


def _result(number: int, draft: Draft, outcome: Outcome) -> RowResult:
    return RowResult(number, outcome, draft.licence_no, draft.version)


def _encoded(draft: Draft, known: StoredLicence) -> bytes:
    """What `licence.json` of a known version would be were the draft put in its place."""
    ref = StatusRef(known.registry, known.status_index)
    return licence_json.encode(LicenceVersion(draft, ref))


def _refused(number: int, row: Row, problems: tuple[Problem, ...]) -> RowResult:
    given = row.get("licence_no")
    shown = given if isinstance(given, str) else ""
    return RowResult(number, Outcome.REFUSED, shown, None, problems)


def _again(
    unit: Unit, result: RowResult, draft: Draft, known: StoredLicence, now: datetime
) -> RowResult:
    diff = draft_diff(licence_json.decode(known.licence_json).draft, draft)
    if known.state is not FlowState.PREPARED:
        problem = Problem(
            diff[0],
            Code.ROSTER_CONFLICT,
            f"this version is {known.state.value} already; a change needs a new version",
            result.row,
        )
        return replace(result, outcome=Outcome.REFUSED, problems=(problem,), diff=diff)
    ref = StatusRef(known.registry, known.status_index)
    unit.licences.replace_prepared(known.id, new_licence(LicenceVersion(draft, ref)), now)
    return replace(result, outcome=Outcome.REPLACED, diff=diff)


def draft_diff(old: Draft, new: Draft) -> tuple[str, ...]:
    """Return the names of the fields in which two drafts differ."""
    return tuple(
        field.name
        for field in fields(Draft)
        if getattr(old, field.name) != getattr(new, field.name)
    )


def new_licence(version: LicenceVersion) -> NewLicence:
    """Return the row of a licence version that nobody has released yet."""
    draft = version.draft
    data = licence_json.encode(version)
    return NewLicence(
        registry=version.status.registry,
        authority=draft.issuer_code,
        licence_no=draft.licence_no,
        folded_no=folded(draft.licence_no),
        version=draft.version,
        elicence_id=draft.elicence_id,
        uscc=draft.uscc,
        valid_to=draft.valid_to.isoformat(),
        status_index=version.status.index,
        short_code=parse_short_code(short_code(data)).hex(),
        licence_json=data,
        licence_digest=Digest(hashlib.sha256(data).digest()),
    )


@dataclass(frozen=True, slots=True)
class _Doubles:
    """Rows of one roster that cannot all be true; which one is wrong nobody here can know."""

    versions: frozenset[tuple[str, str, int]]
    numbers: frozenset[tuple[str, str]]

    def of(self, draft: Draft) -> Iterator[Problem]:
        """Yield what is wrong with this row because of another one."""
        if (draft.issuer_code, draft.licence_no, draft.version) in self.versions:
            yield Problem(
                "licence_no",
                Code.LICENCE_NO_TWICE,
                "this number and version stand in several rows; keep the right one",
            )
        elif (draft.issuer_code, draft.licence_no) in self.numbers:
            yield Problem(
                "licence_no", Code.LICENCE_NO_TWICE, "this number stands for two enterprises"
            )


def _doubles(drafts: Sequence[Draft]) -> _Doubles:
    versions = Counter((draft.issuer_code, draft.licence_no, draft.version) for draft in drafts)
    holders = {(draft.issuer_code, draft.licence_no, draft.uscc) for draft in drafts}
    numbers = Counter((issuer, number) for issuer, number, _uscc in holders)
    return _Doubles(
        frozenset(key for key, count in versions.items() if count > 1),
        frozenset(key for key, count in numbers.items() if count > 1),
    )
