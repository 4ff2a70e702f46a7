"""The rules between versions of one licence: each follows the one before it.

A licence keeps its number, its enterprise and its national identifier through renewals 延续,
changes 变更 and reissues 补发; the version grows by one and the counts say what happened.

Source: research licence_domain C.1-C.4, D3, D29; DESIGN 3.5.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from licence.domain.elicence_id import parse_elicence_id
from licence.domain.model import Draft, Kind
from licence.domain.problem import Problem
from licence.errors import Code

REAPPLY_AFTER_DAYS: Final = 90
"""A licence that has been over for longer is applied for anew, not renewed (seed 001:三5.2, D3)."""


def predecessor(draft: Draft, known: Sequence[Draft]) -> Draft | None:
    """Return the version that a draft supersedes, if it is known."""
    return next((other for other in known if other.version == draft.supersedes), None)


def chain_problems(draft: Draft, known: Sequence[Draft]) -> Iterator[Problem]:
    """Yield what does not fit the versions known of the same (authority, number).

    A draft that is known already, to the letter, is judged as when it came first: importing a
    roster again finds nothing new.
    """
    others = [other for other in known if other.version != draft.version]
    before = [other for other in others if other.version < draft.version]
    yield from _place(draft, before, newest=len(before) == len(others))
    if others:
        yield from _same_licence(draft, max(others, key=lambda other: other.version))
    if draft.supersedes is None:
        yield from _rootless(draft, before)
        return
    old = predecessor(draft, before)
    if old is None:
        yield _problem("supersedes", Code.VERSION_CHAIN, "is not known here; import it first")
        return
    yield from _skipped(draft, before)
    yield from _kinds(draft, old)
    yield from _counts(draft, old)
    yield from _dates(draft, old, ended=max(other.valid_to for other in before))


def _problem(field: str, code: Code, what: str) -> Problem:
    return Problem(field, code, f"{field} {what}")


def _place(draft: Draft, before: Sequence[Draft], *, newest: bool) -> Iterator[Problem]:
    if not newest:
        yield _problem("version", Code.VERSION_CHAIN, "is older than a version known already")
    if before and draft.version != max(other.version for other in before) + 1:
        yield _problem("version", Code.VERSION_CHAIN, "must be one more than the newest version")


def _rootless(draft: Draft, before: Sequence[Draft]) -> Iterator[Problem]:
    # An emergency licence may stand beside the one whose paper was lost; a second one digitised
    # beside a live version would leave two in force.
    live = [other for other in before if other.kind is not Kind.SAMPLE]
    if live and draft.kind is Kind.DIGITISED:
        yield _problem("supersedes", Code.KIND_RULE, "is missing: an earlier version is known here")


def _kinds(draft: Draft, old: Draft) -> Iterator[Problem]:
    if old.kind is Kind.SAMPLE:
        yield _problem("supersedes", Code.KIND_RULE, "names a specimen")
    if draft.kind is Kind.DIGITISED and old.kind is not Kind.DIGITISED:
        yield _problem("kind", Code.KIND_RULE, "DIGITISED follows only what was digitised")


def _same_licence(draft: Draft, other: Draft) -> Iterator[Problem]:
    if other.uscc != draft.uscc:
        yield _problem("licence_no", Code.LICENCE_NO_TWICE, "belongs to another enterprise")
    mine, theirs = parse_elicence_id(draft.elicence_id), parse_elicence_id(other.elicence_id)
    if (mine.type, mine.serial) != (theirs.type, theirs.serial):
        yield _problem(
            "elicence_id", Code.VERSION_CHAIN, f"is not the identifier of version {other.version}"
        )


def _skipped(draft: Draft, before: Sequence[Draft]) -> Iterator[Problem]:
    # An emergency licence stands in for a while; the next regular one may supersede what was
    # before it. Anything else that is skipped would stay live beside the new version.
    supersedes = draft.supersedes or 0
    skipped = [other for other in before if other.version > supersedes]
    if any(other.kind is not Kind.EMERGENCY_TEMPORARY for other in skipped):
        yield _problem("supersedes", Code.VERSION_CHAIN, "must be the newest version")


def _counts(draft: Draft, old: Draft) -> Iterator[Problem]:
    for field, now, then in (
        ("renewal_no", draft.renewal_no, old.renewal_no),
        ("change_no", draft.change_no, old.change_no),
        ("reissue_no", draft.reissue_no, old.reissue_no),
    ):
        if not then <= now <= then + 1:
            yield _problem(
                field, Code.VERSION_CHAIN, f"must be {then}, or {then + 1} if that is what happened"
            )


def _dates(draft: Draft, old: Draft, *, ended: date) -> Iterator[Problem]:
    if draft.issued_on < old.issued_on:
        yield _problem("issued_on", Code.DATE_ORDER, f"is earlier than that of {old.version}")
    renewed = draft.renewal_no > old.renewal_no
    if not renewed or draft.kind is not Kind.REGULAR:
        return  # a change keeps its period, a correction 更正 may mend it
    if draft.valid_from <= old.valid_from:
        yield _problem("valid_from", Code.VERSION_CHAIN, "of a renewal must be later than before")
    # An emergency licence ends early; what counts is the latest end of all that was before.
    if draft.valid_from - ended > timedelta(days=REAPPLY_AFTER_DAYS + 1):
        yield _problem(
            "valid_from",
            Code.VERSION_CHAIN,
            f"is more than {REAPPLY_AFTER_DAYS} days after the old period; apply anew",
        )
