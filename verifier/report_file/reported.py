"""What a genuine report says, and whether that still answers the question that is asked now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from licence.domain.model import Environment
from licence.domain.validity import shanghai_date
from licence.errors import Code, Fact
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    indeterminate,
    passed,
)
from licence.formats.fields import moment_text
from licence.formats.report import Facts, Report
from licence.formats.report_contents import Contents
from licence.formats.verdict import Assurance, Verdict
from verifier.artefacts import Ask
from verifier.checks.c07_status import CLOCK_SKEW
from verifier.checks.c08_validity import check_period
from verifier.policy import Policy, Referee
from verifier.ports import TrustView
from verifier.standing import Standing

AGE_STANDARD: Final = "docs/verification-report.md, age"

_WORST_FIRST: Final = (
    (Verdict.INVALID, Code.REPORTED_INVALID),
    (Verdict.UNDETERMINED, Code.REPORTED_UNDETERMINED),
    (Verdict.FOREIGN, Code.REPORTED_FOREIGN),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A report file whose signature and pages hold.

    Attributes:
        contents: Of the file.
        reports: In the order of its parts.
    """

    contents: Contents
    reports: tuple[Report, ...]

    @property
    def oldest(self) -> datetime:
        """When the first of the artefacts was checked: a report is as old as that."""
        return min(each.checked_at for each in self.reports)


def told(said: Said) -> Facts:
    """Return what is worth knowing at once: whose report about what, and the numbers of many."""
    facts: list[tuple[str, Fact]] = [
        ("reporter", said.contents.maker),
        ("reported_at", moment_text(said.oldest)),
    ]
    if len(said.reports) > 1:
        counted = Counter(each.verdict for each in said.reports)
        facts += [(f"reported_{verdict.value}", counted[verdict]) for verdict in Verdict]
        return tuple(facts)
    (only,) = said.reports
    facts += [
        ("reported_verdict", only.verdict.value),
        ("reported_code", only.code.value),
        ("reported_assurance", only.assurance.value),
        ("reported_on", only.on.isoformat()),
        ("reported_file", said.contents.parts[0].name),
        ("reported_file_sha256", only.file_sha256.hex() if only.file_sha256 else None),
    ]
    if only.licence is not None:
        draft = only.licence.draft
        facts += [
            ("enterprise_name", draft.enterprise_name),
            ("uscc", str(draft.uscc)),
            ("licence_no", str(draft.licence_no)),
            ("version", draft.version),
        ]
    return tuple((name, value) for name, value in facts if value is not None)


def check_age(said: Said, ask: Ask, gen_time: datetime) -> CheckResult:
    """Decide whether the report still answers: recent enough, for the day that is asked about.

    Args:
        said: The report.
        ask: The time, the day, and how old a report may be.
        gen_time: When it was signed, by its timestamp.
    """
    limit = timedelta(hours=ask.policy.report_max_age_hours)
    facts: tuple[tuple[str, Fact], ...] = (
        ("reported_at", moment_text(said.oldest)),
        ("signed_at", moment_text(gen_time)),
        ("age_minutes", max(0, int((ask.now - said.oldest) / timedelta(minutes=1)))),
        ("max_age_hours", ask.policy.report_max_age_hours),
    )
    code = _age_code(said.reports, ask, gen_time, limit)
    if code is not Code.OK:
        return indeterminate(CheckName.VALIDITY, code, *facts, standard=AGE_STANDARD)
    ended = _ended(said.reports, ask)
    if ended is not None:
        return ended
    return passed(CheckName.VALIDITY, *facts, standard=AGE_STANDARD)


def _age_code(reports: Sequence[Report], ask: Ask, gen_time: datetime, limit: timedelta) -> Code:
    checked = [each.checked_at for each in reports]
    newest = max(*checked, gen_time, ask.memory.newest_signed_time)
    if ask.now + CLOCK_SKEW < newest or gen_time + CLOCK_SKEW < max(checked):
        # Our clock is behind, or the verifier's was ahead: no age can be told.
        return Code.CLOCK_SUSPECT
    if ask.now - min(checked) > limit:
        return Code.REPORT_STALE
    if not all(_answers(each, ask) for each in reports):
        return Code.REPORT_OTHER_DATE
    return Code.OK


def _answers(report: Report, ask: Ask) -> bool:
    """Say whether a report is about the day asked about: that day, or "today" then and now.

    One that says valid and carries no licence, as of a code, tells no last day: `_ended` cannot say
    whether it is over on the next.
    """
    if report.on == ask.day:
        return True
    tells = report.verdict is not Verdict.VALID or report.licence is not None
    then_today = report.on == shanghai_date(report.checked_at)
    return tells and then_today and ask.day == shanghai_date(ask.now)


def _ended(reports: Sequence[Report], ask: Ask) -> CheckResult | None:
    """Return why a licence that was valid then is not on the day asked about: its dates say so."""
    for each in reports:
        if each.verdict is Verdict.VALID and each.licence is not None:
            draft = each.licence.draft
            result = check_period(draft.kind, draft.valid_from, draft.valid_to, ask.day)
            if result.state is not CheckState.PASSED:
                return result
    return None


def check_own_lists(said: Said, trust: TrustView, ask: Ask) -> CheckResult | None:
    """Return what our own lists have against a licence that the report calls valid; mostly None.

    They can only make the report worse: a licence that was suspended an hour ago is no longer what
    a report of the morning says.
    """
    moments = (said.oldest,)
    for each in said.reports:
        if each.verdict is not Verdict.VALID or each.licence is None:
            continue
        reference, draft = each.licence.status, each.licence.draft
        authority = trust.bundle.authority(draft.issuer_code)
        registry = trust.bundle.registry(reference.registry)
        if authority is None or registry is None:
            continue
        standing = Standing(trust, ask.policy, ask.now, ask.memory, ask.online)
        result = standing.status(reference, authority, registry, moments, on=ask.day)
        if result.state is CheckState.FAILED:
            return result
    return None


def check_reported(said: Said, environment: Environment, policy: Policy) -> CheckResult:
    """Return what the report comes to: the worst that it says.

    Args:
        said: The report.
        environment: That of our trust bundle.
        policy: By which rules something has to be valid to count as valid here.
    """
    facts = told(said)
    reports = said.reports
    if any(each.environment is not environment for each in reports):
        return failed(CheckName.REPORTED, Code.ENVIRONMENT_MISMATCH, *facts)
    for verdict, code in _WORST_FIRST:
        if any(each.verdict is verdict for each in reports):
            make = indeterminate if verdict is Verdict.UNDETERMINED else failed
            return make(CheckName.REPORTED, code, *facts)
    if any(each.assurance is Assurance.REPORT for each in reports):
        # Else a report about a report about a report would stay young for ever.
        return indeterminate(CheckName.REPORTED, Code.REPORT_OF_REPORT, *facts)
    laxer = _laxer(reports, policy)
    if laxer:
        return indeterminate(CheckName.REPORTED, Code.REPORT_POLICY, *facts, *laxer)
    return passed(CheckName.REPORTED, *facts)


def _laxer(reports: Sequence[Report], policy: Policy) -> Facts:
    """Return by which rule something was called valid that is demanded more strictly here.

    A report that does not say its rule is believed to have had none.
    """
    for each in reports:
        stale = _setting(each, "accept_stale_hours")
        if not isinstance(stale, int) or stale > policy.accept_stale_hours:
            return (
                ("setting", "accept_stale_hours"),
                ("reported_policy", str(stale)),
                ("demanded", str(policy.accept_stale_hours)),
            )
    files = [each for each in reports if each.assurance is Assurance.FULL]
    asked = sum(_setting(each, "referee") == Referee.ALWAYS for each in files)
    # Of many files at once a sample is all that is ever asked, here too.
    needed = -(-len(files) // policy.sample_every)
    if policy.referee is Referee.ALWAYS and asked < needed:
        return (
            ("setting", "referee"),
            ("reported_policy", f"{Referee.ALWAYS} {asked}/{len(files)}"),
            ("demanded", Referee.ALWAYS.value),
        )
    return ()


def _setting(report: Report, name: str) -> Fact | None:
    return dict(report.policy).get(name)
