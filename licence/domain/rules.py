"""The rules about a licence version that no single field can keep.

Each rule names the fields that it reads: a row reader asks only those rules whose fields it could
read. Rules that need no clock and no other version hold for every `licence.json` there is; the
clock and the versions before this one are asked when a roster is imported.

Source: research licence_domain C.2-C.4, D16, D29; DESIGN 3.5.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

from licence.domain import version_chain
from licence.domain.draft_fields import MAX_SCOPE_ITEM
from licence.domain.elicence_id import parse_elicence_id
from licence.domain.licence_no import parse_licence_no
from licence.domain.model import AddressType, Draft, Kind, ReviewResult
from licence.domain.printed_fields import printed_fields
from licence.domain.problem import Problem
from licence.domain.validity import regular_ends
from licence.errors import Code

KnownVersions: TypeAlias = Sequence[Draft]
"""Every version known of one (authority, number), in any order."""

MAX_EMERGENCY_DAYS: Final = 30
ISSUE_WINDOW_DAYS: Final = 90

MAX_LISTED_BYTES: Final = 160 * 1024
"""Text in all lists of a licence together; keeps `licence.json` within its own limit."""

_WINDOWED = frozenset({Kind.REGULAR, Kind.EMERGENCY_TEMPORARY})

Check: TypeAlias = Callable[[Draft], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and the outermost fields that it reads."""

    fields: frozenset[str]
    check: Check


def check_draft(draft: Draft, *, today: date, known: KnownVersions | None) -> tuple[Problem, ...]:
    """Judge a draft by every rule.

    Args:
        draft: What a row or a form gave, its fields already read and well-formed.
        today: The day in China (`validity.shanghai_date`).
        known: The versions known of this number; None where that cannot be known, and then the
            rules about the chain of versions are not asked.

    Returns:
        All problems; empty means that the draft may be released.
    """
    problems = list(timeless_problems(draft))
    if draft.issued_on > today:
        problems.append(_problem("issued_on", Code.DATE_IN_FUTURE, "is later than today"))
    if known is not None:
        problems.extend(version_chain.chain_problems(draft, known))
        if begins_period(draft, known):
            problems.extend(_issue_window(draft))
    return tuple(problems)


def timeless_problems(draft: Draft, *, unread: Collection[str] = frozenset()) -> Iterator[Problem]:
    """Yield what breaks a rule that needs neither clock nor other versions.

    Args:
        draft: The draft.
        unread: Fields that could not be read; rules about them are not asked.
    """
    for rule in RULES:
        if rule.fields.isdisjoint(unread):
            yield from rule.check(draft)


def begins_period(draft: Draft, known: KnownVersions) -> bool:
    """Say whether a later version begins a period of its own, as a renewal does.

    A change or reissue keeps the period of the version before it and may come at any time in it.
    """
    before = version_chain.predecessor(draft, known)
    if before is None:
        return False
    return (draft.valid_from, draft.valid_to) != (before.valid_from, before.valid_to)


def _problem(field: str, code: Code, what: str) -> Problem:
    return Problem(field, code, f"{field} {what}")


def _number(draft: Draft) -> Iterator[Problem]:
    number = parse_licence_no(draft.licence_no)
    if number.type.id != draft.licence_type:
        yield _problem("licence_no", Code.LICENCE_NO_TYPE, f"is not of type {draft.licence_type}")
    elif number.industry is not draft.industry:
        yield _problem(
            "licence_no", Code.LICENCE_NO_INDUSTRY, f"is not of industry {draft.industry}"
        )


def _identifier_version(draft: Draft) -> Iterator[Problem]:
    if parse_elicence_id(draft.elicence_id).version != draft.version:
        yield _problem(
            "elicence_id", Code.ELICENCE_ID_VERSION, f"is not of version {draft.version}"
        )


def _identifier_issuer(draft: Draft) -> Iterator[Problem]:
    if parse_elicence_id(draft.elicence_id).issuer != draft.issuer_code:
        yield _problem("elicence_id", Code.ELICENCE_ID_ISSUER, "names another issuer")


def _addresses(draft: Draft) -> Iterator[Problem]:
    registered = [item for item in draft.addresses if item.type is AddressType.REGISTERED]
    if len(registered) != 1:
        yield _problem("addresses", Code.ADDRESS_REGISTERED, "must have exactly one REGISTERED")


def _scope(draft: Draft) -> Iterator[Problem]:
    for place, item in enumerate(draft.scope):
        field = f"scope[{place}]"
        if (item.capacity is None) != (item.unit is None):
            yield _problem(field, Code.FIELD_VALUE, "needs both capacity and unit, or neither")
        parts = (item.name, item.capacity, item.unit, item.category)
        if sum(len(part) for part in parts if part is not None) > MAX_SCOPE_ITEM:
            yield _problem(
                field, Code.FIELD_LENGTH, f"must have at most {MAX_SCOPE_ITEM} characters in all"
            )


def _first_issue(draft: Draft) -> Iterator[Problem]:
    if draft.first_issued > draft.issued_on:
        yield _problem("first_issued", Code.DATE_ORDER, "is later than issued_on")


def _period(draft: Draft) -> Iterator[Problem]:
    if draft.valid_from > draft.valid_to:
        yield _problem("valid_to", Code.DATE_ORDER, "is earlier than valid_from")


def _issued_in_period(draft: Draft) -> Iterator[Problem]:
    # Without this, a "change" could be made of a licence that is long over.
    if draft.valid_from <= draft.valid_to < draft.issued_on:
        yield _problem("issued_on", Code.DATE_ORDER, "is later than valid_to")


def _length(draft: Draft) -> Iterator[Problem]:
    if draft.valid_from > draft.valid_to:
        return  # said by _period already
    if draft.kind is Kind.REGULAR and draft.valid_to not in regular_ends(draft.valid_from):
        yield _problem(
            "valid_to", Code.VALIDITY_LENGTH, "must be three years after valid_from, or a day less"
        )
    days = (draft.valid_to - draft.valid_from).days + 1
    if draft.kind is Kind.EMERGENCY_TEMPORARY and days > MAX_EMERGENCY_DAYS:
        yield _problem(
            "valid_to", Code.VALIDITY_LENGTH, f"must leave at most {MAX_EMERGENCY_DAYS} days"
        )


def _issue_window(draft: Draft) -> Iterator[Problem]:
    if draft.valid_from > draft.valid_to:
        return  # said by _period already
    distance = abs(draft.issued_on - draft.valid_from)
    if draft.kind in _WINDOWED and distance > timedelta(days=ISSUE_WINDOW_DAYS):
        yield _problem(
            "issued_on",
            Code.DATE_ISSUE_WINDOW,
            f"must be within {ISSUE_WINDOW_DAYS} days of valid_from",
        )


def _first_window(draft: Draft) -> Iterator[Problem]:
    # A later version may be a change, which keeps the old period; only its predecessor tells.
    if draft.supersedes is None:
        yield from _issue_window(draft)


def _supersedes(draft: Draft) -> Iterator[Problem]:
    if draft.supersedes is not None and draft.supersedes >= draft.version:
        yield _problem("supersedes", Code.VERSION_CHAIN, "must be an earlier version")


def _kind(draft: Draft) -> Iterator[Problem]:
    if draft.kind is Kind.REGULAR and draft.version > 1 and draft.supersedes is None:
        yield _problem(
            "kind",
            Code.KIND_RULE,
            "REGULAR above version 1 must supersede a version; if that one is not ours, use "
            "DIGITISED",
        )
    if draft.kind is Kind.SAMPLE and draft.supersedes is not None:
        yield _problem("kind", Code.KIND_RULE, "SAMPLE is a specimen and supersedes nothing")


def _delegation(draft: Draft) -> Iterator[Problem]:
    if draft.delegated_by == draft.issuer_code:
        yield _problem("delegated_by", Code.FIELD_VALUE, "must be another authority than issuer")


def _reviews(draft: Draft) -> Iterator[Problem]:
    years = [review.year for review in draft.annual_reviews]
    if years != sorted(set(years)):
        yield _problem("annual_reviews", Code.FIELD_VALUE, "must have each year once, in order")
    for place, review in enumerate(draft.annual_reviews):
        field = f"annual_reviews[{place}]"
        done = review.on is not None and review.by is not None
        if review.result is not ReviewResult.PENDING and not done:
            yield _problem(field, Code.FIELD_MISSING, "needs the day and the reviewer")
        if review.on is not None and review.on > draft.issued_on:
            yield _problem(field, Code.DATE_ORDER, "is later than the issue of this version")


def _review_years(draft: Draft) -> Iterator[Problem]:
    for place, review in enumerate(draft.annual_reviews):
        if not draft.first_issued.year <= review.year <= draft.issued_on.year:
            yield _problem(
                f"annual_reviews[{place}]", Code.FIELD_VALUE, "is of a year without this licence"
            )


def _translation(draft: Draft) -> Iterator[Problem]:
    if draft.translation is None:
        return
    if len(draft.translation.addresses) != len(draft.addresses):
        yield _problem(
            "translation.addresses", Code.FIELD_VALUE, "must mirror addresses, one for one"
        )
    if len(draft.translation.scope) != len(draft.scope):
        yield _problem("translation.scope", Code.FIELD_VALUE, "must mirror scope, one for one")


def _changes(draft: Draft) -> Iterator[Problem]:
    if draft.changes and draft.change_no == 0:
        yield _problem("change_no", Code.FIELD_VALUE, "must count the changes that are listed")
    days = [change.on for change in draft.changes]
    if days != sorted(days):
        yield _problem("changes", Code.DATE_ORDER, "must be in the order of their days")
    for place, change in enumerate(draft.changes):
        field = f"changes[{place}]"
        if change.before == change.after:
            yield _problem(field, Code.FIELD_VALUE, "changes nothing")
        if not draft.first_issued <= change.on <= draft.issued_on:
            yield _problem(field, Code.DATE_ORDER, "is not between first and this issue")


def _glyphs(draft: Draft) -> Iterator[Problem]:
    characters = [glyph.char for glyph in draft.glyphs]
    if characters != sorted(set(characters)):
        yield _problem("glyphs", Code.GLYPH_OUTLINE, "must have each character once, in order")
    if not characters:
        return
    printed = {char for _field, text in printed_fields(draft) for char in text}
    for place, char in enumerate(characters):
        if char not in printed:
            yield _problem(
                f"glyphs[{place}]", Code.GLYPH_OUTLINE, "is of a character that is not printed"
            )


def _size(draft: Draft) -> Iterator[Problem]:
    # Quotes and backslashes are escaped in JSON, so they count twice.
    if sum(len(text.encode()) + text.count('"') + text.count("\\") for text in _lists(draft)) > (
        MAX_LISTED_BYTES
    ):
        yield Problem(
            "", Code.TOO_LARGE, f"the lists of a licence hold at most {MAX_LISTED_BYTES} bytes"
        )


def _lists(draft: Draft) -> Iterator[str]:
    for item in draft.scope:
        yield from (item.name, item.capacity or "", item.unit or "", item.category or "")
    yield from (address.text for address in draft.addresses)
    yield from (review.by or "" for review in draft.annual_reviews)
    yield from (attachment.name for attachment in draft.attachments)
    yield from (glyph.outline for glyph in draft.glyphs)
    for change in draft.changes:
        yield from (change.before, change.after)
    if draft.translation is not None:
        yield from (*draft.translation.addresses, *draft.translation.scope)


def _rule(check: Check, *fields: str) -> Rule:
    return Rule(frozenset(fields), check)


_LISTS: Final = (
    "scope",
    "addresses",
    "annual_reviews",
    "attachments",
    "translation",
    "changes",
    "glyphs",
)
_PRINTED: Final = (
    "enterprise_name",
    "principal",
    "legal_representative",
    "addresses",
    "economic_type",
    "scope",
    "issuer",
    "legal_basis",
    "annual_reviews",
    "changes",
    "translation",
)

RULES: Final = (
    _rule(_number, "licence_no", "industry", "licence_type"),
    _rule(_identifier_version, "elicence_id", "version"),
    _rule(_identifier_issuer, "elicence_id", "issuer_code"),
    _rule(_addresses, "addresses"),
    _rule(_scope, "scope"),
    _rule(_first_issue, "first_issued", "issued_on"),
    _rule(_period, "valid_from", "valid_to"),
    _rule(_issued_in_period, "issued_on", "valid_from", "valid_to"),
    _rule(_length, "kind", "valid_from", "valid_to"),
    _rule(_first_window, "kind", "supersedes", "issued_on", "valid_from", "valid_to"),
    _rule(_supersedes, "supersedes", "version"),
    _rule(_kind, "kind", "version", "supersedes"),
    _rule(_delegation, "delegated_by", "issuer_code"),
    _rule(_reviews, "annual_reviews", "issued_on"),
    _rule(_review_years, "annual_reviews", "first_issued", "issued_on"),
    _rule(_translation, "translation", "addresses", "scope"),
    _rule(_changes, "changes", "change_no", "first_issued", "issued_on"),
    _rule(_glyphs, "glyphs", *_PRINTED),
    _rule(_size, *_LISTS),
)
"""The rules that need neither clock nor other versions, in the order in which they are told."""
