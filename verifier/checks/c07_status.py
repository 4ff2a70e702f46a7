"""Check 7: no status event speaks against the licence on the day asked about.

Where status is read comes from the signed data; the list is that of the authority's own shard. A
final status counts even when it is old, for it never goes away. Everything else needs a fresh
list, and its side list, for that alone knows days in the past and events announced for a day.

Standard: draft-ietf-oauth-status-list-21, 8.3; DESIGN 3.3 and 4, check 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final

from licence.domain.model import StatusRef
from licence.domain.status import StatusWord, decisive, is_final, word_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code, Fact
from licence.formats import side_pages, status_list
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    indeterminate,
    passed,
)
from licence.formats.side_list import SideList, SideRow
from licence.formats.side_pages import PAGE_ENTRIES, page_number
from licence.formats.status_shard import (
    SHARD_ENTRIES,
    ListName,
    ListValue,
    StatusList,
    shard_of,
    value_of,
)
from licence.formats.trust_types import Authority, StatusKey
from licence.ids import StatusIndex

NUMBER: Final = 7
STANDARD: Final = "draft-ietf-oauth-status-list-21 8.3"
CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the clocks of issuers and verifiers may honestly differ."""

CODES: Final = {
    StatusWord.SUSPENDED: Code.STATUS_SUSPENDED,
    StatusWord.REVOKED: Code.STATUS_REVOKED,
    StatusWord.RESCINDED: Code.STATUS_RESCINDED,
    StatusWord.WITHDRAWN: Code.STATUS_WITHDRAWN,
    StatusWord.CANCELLED: Code.STATUS_CANCELLED,
    StatusWord.SUPERSEDED: Code.STATUS_SUPERSEDED,
}

Facts = tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, slots=True)
class ListTokens:
    """A status list and its side list as they came, and where from: `trust` or `registry`.

    No list is None; empty bytes stand for one that was refused already. `page` is the one that a
    side list in pages names for the licence version asked about.
    """

    source: str
    cwt: bytes | None
    side: bytes | None
    page: bytes | None = None


@dataclass(frozen=True, slots=True)
class StatusLists:
    """The lists that were accepted: the newest, and the side list that speaks for it.

    `was_final`: an older list, accepted as well, calls the licence final; that never ends.
    """

    source: str
    listed: StatusList
    side: SideList | None
    was_final: bool = False


@dataclass(frozen=True, slots=True)
class StatusQuestion:
    """What is asked, and how strictly.

    Attributes:
        ref: From the signed data.
        now: Rules freshness.
        on: The day asked about.
        accept_stale_hours: From the policy.
        newest_seen: The newest signed time that this verifier ever saw.
        metadata_expired_at: When the trust repository became stale, if it did.
        not_before: Issue time of the newest list of this shard that was ever accepted.
        proof_seen: Time of the newest status proof of this word that was ever accepted.
    """

    ref: StatusRef
    now: datetime
    on: date
    accept_stale_hours: int
    newest_seen: datetime
    metadata_expired_at: datetime | None = None
    not_before: datetime | None = None
    proof_seen: datetime | None = None

    def is_stale(self, ended_at: datetime) -> bool:
        """Say whether something that ended then is too old for the policy."""
        return self.now > ended_at + timedelta(hours=self.accept_stale_hours)


def list_name(ref: StatusRef, authority: Authority) -> ListName:
    """Return which list answers for this licence version."""
    return ListName(authority.list_base_uri, ref.registry, authority.id, shard_of(ref.index))


def read_lists(
    question: StatusQuestion, authority: Authority, tokens: Sequence[ListTokens]
) -> tuple[CheckResult | None, StatusLists | None]:
    """Decode what came in, and take the newest list; a refused one is never an answer."""
    name = list_name(question.ref, authority)
    found, refused = [], False
    for token in tokens:
        try:
            lists = _read(token, name, authority.status_keys, question.ref.index)
        except AnzhengError:
            refused = True
            continue
        found += [lists] if lists is not None else []
    if not found:
        code = Code.STATUS_LIST_REFUSED if refused else Code.STATUS_NOT_AVAILABLE
        return indeterminate(
            CheckName.STATUS, code, ("list_uri", name.uri), standard=STANDARD
        ), None
    newest = _deciding(found, question.ref.index)
    if question.not_before is not None and newest.listed.issued_at < question.not_before:
        # An older list than one already seen: somebody replays the time before a revocation.
        return indeterminate(
            CheckName.STATUS,
            Code.STATUS_LIST_REFUSED,
            ("list_uri", name.uri),
            ("list_issued_at", moment_fact(newest.listed.issued_at)),
            ("newest_seen_list", moment_fact(question.not_before)),
            standard=STANDARD,
        ), None
    older = any(_is_final(each.listed, question.ref.index) for each in found)
    return None, replace(newest, was_final=older)


def _deciding(found: Sequence[StatusLists], index: StatusIndex) -> StatusLists:
    """Return the newest list; one without its side list only for what it has against a licence."""
    newest = max(found, key=lambda lists: lists.listed.issued_at)
    # What an older side list announced may have been taken back since: it decides nothing alone.
    whole = [each for each in found if each.side is not None and not _spoken_of(each.side, index)]
    if newest.side is not None or not whole or not _says_nothing(newest.listed, index):
        return newest
    return max(whole, key=lambda lists: lists.listed.issued_at)


def _spoken_of(side: SideList, index: StatusIndex) -> bool:
    return bool(side.rows_of(index) or side.announced_of(index))


def _says_nothing(listed: StatusList, index: StatusIndex) -> bool:
    try:
        return listed.value(index) is ListValue.VALID
    except AnzhengError:
        return False


def _is_final(listed: StatusList, index: StatusIndex) -> bool:
    try:
        return listed.value(index) is ListValue.INVALID
    except AnzhengError:
        return False


def _read(
    token: ListTokens, name: ListName, keys: tuple[StatusKey, ...], index: StatusIndex
) -> StatusLists | None:
    if token.cwt is None:
        return None
    listed = _decode_list(token.cwt, keys, name)
    side: SideList | None = None
    if token.side is not None:
        try:
            side = _decode_side(token.side, token.page, page_number(index), keys, name)
        except AnzhengError:
            side = None
    # A newer side list knows everything that the older one knew; an older one may lack an event.
    digest = sha256(token.cwt).digest()
    if side is not None and side.list_digest != digest and side.issued_at <= listed.issued_at:
        side = None
    return StatusLists(token.source, listed, side)


def signed_rows(
    question: StatusQuestion, authority: Authority, tokens: Sequence[ListTokens]
) -> tuple[SideRow, ...]:
    """Return the events of every side list that came in, whether its list did or not.

    They make nothing better: an older side list may lack an event. But what it announced for
    today, nobody may pass over because the newest side list was held back.
    """
    name, index = list_name(question.ref, authority), question.ref.index
    found: list[SideRow] = []
    for token in tokens:
        try:
            side = token.side and _decode_side(
                token.side, token.page, page_number(index), authority.status_keys, name
            )
        except AnzhengError:
            continue
        found += (*side.rows_of(index), *side.announced_of(index)) if side else ()
    return tuple(found)


# In a batch the same shard is asked thousands of times; what is cached are frozen values.
@lru_cache(maxsize=16)
def _decode_list(data: bytes, keys: tuple[StatusKey, ...], name: ListName) -> StatusList:
    return status_list.decode_cwt(data, keys=keys, expected=name)


@lru_cache(maxsize=4)
def _decode_side(
    data: bytes, page: bytes | None, number: int, keys: tuple[StatusKey, ...], name: ListName
) -> SideList:
    index = StatusIndex(name.shard * SHARD_ENTRIES + number * PAGE_ENTRIES)
    return side_pages.read_for(data, page, index, keys=keys, expected=name)


# ---------------------------------------------------------------- the judgement


def check_status(question: StatusQuestion, lists: StatusLists) -> CheckResult:
    """Decide whether the status allows "valid" on the day asked about."""
    facts: Facts = (
        ("source", lists.source),
        ("list_uri", lists.listed.name.uri),
        ("list_issued_at", moment_fact(lists.listed.issued_at)),
        ("list_expires_at", moment_fact(lists.listed.expires_at)),
        ("index", question.ref.index),
    )
    try:
        word, row = _word_on(question.on, question.ref.index, lists)
    except AnzhengError as error:
        return indeterminate(CheckName.STATUS, error.code, *facts, standard=STANDARD)
    facts = (*facts, ("word", word.name.lower() if word is not None else "final"), *_row_facts(row))
    code = _code(question, lists, word)
    if code is None:
        ageing = lists.listed.is_ageing(question.now) or lists.listed.is_stale(question.now)
        notes = (Code.STATUS_AGEING,) if ageing else ()
        return passed(CheckName.STATUS, *facts, notes=notes, standard=STANDARD)
    negative = code in CODES.values() or code is Code.STATUS_FINAL
    make = failed if negative else indeterminate
    return make(CheckName.STATUS, code, *facts, standard=STANDARD)


def _code(question: StatusQuestion, lists: StatusLists, word: StatusWord | None) -> Code | None:
    """Return what speaks against "valid", the most certain first; None when nothing does.

    Standard: DESIGN 4, freshness.
    """
    if word is None or is_final(word):
        return Code.STATUS_FINAL if word is None else CODES[word]
    if lists.was_final and lists.listed.value(question.ref.index) is not ListValue.INVALID:
        # Nothing that is final comes back: one of the two lists is not what it seems.
        return Code.STATUS_CONFLICT
    if question.now + CLOCK_SKEW < max(question.newest_seen, lists.listed.issued_at):
        return Code.CLOCK_SUSPECT
    if question.is_stale(lists.listed.expires_at):
        return Code.STATUS_STALE
    if word is not StatusWord.NONE:
        return CODES[word]
    if lists.side is None:
        # Without it a revocation that was announced for today, or an old suspension, is unseen.
        return Code.STATUS_NOT_AVAILABLE
    expired = question.metadata_expired_at
    if expired is not None and question.is_stale(expired):
        return Code.TRUST_BUNDLE_OLD
    return None


def _word_on(
    on: date, index: StatusIndex, lists: StatusLists
) -> tuple[StatusWord | None, SideRow | None]:
    """Return the status on a day and the event behind it; None for "final, nobody says why".

    Raises:
        AnzhengError: STATUS_LIST_REFUSED or STATUS_UNKNOWN_VALUE.
    """
    value = lists.listed.value(index)
    rows = rows_of(index, lists)
    row = decisive(rows, on)
    word = row.word if row is not None else StatusWord.NONE
    today = word_on(rows, shanghai_date(lists.listed.issued_at))
    unexplained = _severity(value) > _severity(value_of(today))
    if unexplained and not is_final(word):
        # The list is more negative than its reasons: then it holds for every day.
        return (None if value is ListValue.INVALID else StatusWord.SUSPENDED), None
    return word, row


def rows_of(index: StatusIndex, lists: StatusLists) -> tuple[SideRow, ...]:
    """Return all events that the side list has of a licence version, announced ones too."""
    side = lists.side
    return (*side.rows_of(index), *side.announced_of(index)) if side is not None else ()


def _severity(value: ListValue) -> int:
    return {ListValue.VALID: 0, ListValue.SUSPENDED: 1, ListValue.INVALID: 2}[value]


def contradicted_by_chain(result: CheckResult, chain_status: int) -> CheckResult:
    """Hold the result against what a chain node says, which has no proof.

    The node can make the result more negative only, and what it says alone is a conflict, not a
    status: one lying node does not decide.

    Args:
        result: From `check_status`.
        chain_status: Four bits, the most negative over all contracts of the registry.
    """
    if result.state is CheckState.FAILED:
        return result
    if chain_status not in set(StatusWord):
        code = Code.STATUS_UNKNOWN_VALUE
    elif StatusWord(chain_status) is StatusWord.NONE:
        return result
    elif result.state is CheckState.PASSED:
        code = Code.STATUS_CONFLICT
    else:
        return result
    return indeterminate(
        CheckName.STATUS, code, *result.facts, ("chain_status", chain_status), standard=STANDARD
    )


def _row_facts(row: SideRow | None) -> Facts:
    if row is None:
        return ()
    return (
        ("effective_from", row.effective_from.isoformat()),
        ("until", row.until.isoformat() if row.until is not None else None),
        ("decided_at", moment_fact(row.decided_at)),
        ("document_no", row.document_no),
        ("ground", row.ground),
        ("successor", row.successor.hex() if row.successor is not None else None),
    )


def moment_fact(moment: datetime) -> str:
    """Return a moment as reports show it."""
    return moment.isoformat().replace("+00:00", "Z")
