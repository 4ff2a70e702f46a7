"""Mass re-issue: every live licence that a key signed gets a new version, for officers to release.

After a leak what was anchored before stays valid, and yet nobody wants to explain it for years. The
new versions are prepared only: they go through release, signing and anchoring like any other, and
take the place of the old ones by one decision of the officers (`superseding`).

Asking again prepares what is still missing and nothing twice: a licence that has a later version,
in whatever state, is left alone.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from hashlib import sha256
from itertools import islice

from anzheng.files import FileStore
from anzheng.flows.prepare import Outcome, Preparer
from anzheng.flows.profiles import open_template
from anzheng.flows.roster import Row
from anzheng.flows.withheld import counting_words
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from licence.domain.elicence_id import make_elicence_id, parse_elicence_id
from licence.domain.model import Kind
from licence.domain.problem import Problem
from licence.domain.status import StatusWord, is_final
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import cms, hole, licence_json
from licence.formats.decision import MAX_SUBJECTS, Decision, DecisionSubject
from licence.formats.fields import whole_second
from licence.ids import AuthorityId, Digest
from licence.ports import Clock

CHUNK = 200
"""So many new versions between two commits."""

SIGNED = (
    FlowState.SIGNED,
    FlowState.BATCHED,
    FlowState.SENT,
    FlowState.FINAL,
    FlowState.FILLED,
    FlowState.PUBLISHED,
)
HANDED_OUT = (FlowState.FILLED, FlowState.PUBLISHED)

GROUND = "签发密钥更换，重新签发"


class Fate(Enum):
    """What is to become of a licence that the key signed."""

    LIVE = auto()
    WITHHELD = auto()
    FOLLOWED = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Reissued:
    """What became of the licences that a key signed.

    Attributes:
        prepared: New versions that wait for release now.
        followed: Licences that had a later version already.
        over: Licences that ended, and need none.
        refused: Licences that the rules do not let be re-issued, and why.
    """

    prepared: int
    followed: int
    over: int
    refused: tuple[Problem, ...]


Progress = Callable[[int, int], None]
"""Told how many of how many were looked at."""


@dataclass(frozen=True, slots=True)
class Reissuer:
    """Prepares new versions.

    Args:
        store: The database.
        files: The signed licences; their signatures say which key made them.
        clock: Tells today.
        preparer: Judges and keeps the new versions, as those of any roster.
    """

    store: Store
    files: FileStore
    clock: Clock
    preparer: Preparer

    def reissue(
        self,
        authority: AuthorityId,
        certificate: Digest,
        *,
        on_progress: Progress = lambda _done, _all: None,
    ) -> Reissued:
        """Prepare a new version of every live licence that this certificate's key signed.

        Args:
            authority: Whose licences.
            certificate: SHA-256 of the certificate of the key.
            on_progress: Told of each chunk.

        Raises:
            AnzhengError: STORE_FAILED, when a file is missing.
        """
        today = shanghai_date(self.clock.now())
        with self.store.read() as unit:
            rows = [row for state in SIGNED for row in _of(unit, state, authority)]
        prepared, followed, over, done = 0, 0, 0, 0
        refused: list[Problem] = []
        for chunk in _chunks(iter(rows)):
            signed = [row for row in chunk if self._signed_by(row, certificate)]
            with self.store.read() as unit:
                later = [_later(unit, row) for row in signed]
                fates = [_fate(unit, *each, today) for each in zip(signed, later, strict=True)]
            asked = list(zip(signed, later, fates, strict=True))
            live = _next_rows([each[:2] for each in asked if each[2] is Fate.LIVE], today)
            followed += fates.count(Fate.FOLLOWED)
            over += fates.count(Fate.OVER)
            refused += [_withheld(row) for row, _, fate in asked if fate is Fate.WITHHELD]
            result = self.preparer.import_roster(live)
            prepared += result.count(Outcome.NEW)
            refused += result.problems
            done += len(chunk)
            on_progress(done, len(rows))
        return Reissued(prepared, followed, over, tuple(refused))

    def _signed_by(self, row: StoredLicence, certificate: Digest) -> bool:
        place = row.final_pdf or row.signed_pdf
        if place is None:
            raise AnzhengError(Code.STORE_FAILED, "a signed licence without its file", id=row.id)
        pdf = self.files.get(place)
        parts = cms.parse(hole.contents(pdf, hole.find(pdf)))
        return sha256(parts.signer_certificate).digest() == certificate


def superseding(store: Store, clock: Clock, authority: AuthorityId) -> Decision | None:
    """Return the decision by which anchored new versions take the place of old ones, to be signed.

    Returns:
        None when no old version waits for it; at most `MAX_SUBJECTS` at once.
    """
    now = clock.now()
    today = shanghai_date(now)
    with store.read() as unit:
        rows = [row for state in HANDED_OUT for row in _of(unit, state, authority)]
        pairs = islice(_pairs(unit, rows, today), MAX_SUBJECTS)
        subjects = sorted(
            (
                DecisionSubject(old.status_index, old.leaf, new.leaf)
                for old, new in pairs
                if old.leaf is not None
            ),
            key=lambda each: each.index,
        )
    if not subjects:
        return None
    return Decision(
        registry=rows[0].registry,
        authority=authority,
        word=StatusWord.SUPERSEDED,
        subjects=tuple(subjects),
        decided_at=whole_second(now),
        effective_from=today,
        until=None,
        document_no="",
        ground=GROUND,
    )


def _pairs(
    unit: Unit, rows: Sequence[StoredLicence], today: date
) -> Iterator[tuple[StoredLicence, StoredLicence]]:
    """Yield each anchored version that follows another one, with the one that it follows."""
    for new in rows:
        before = licence_json.decode(new.licence_json).draft.supersedes
        if before is None:
            continue
        old = unit.licences.version(new.authority, new.licence_no, before)
        if old is None or old.leaf is None or not _follows(_kind(new), _kind(old)):
            continue
        if not counting_words(unit, old, today):
            yield old, new


def _of(unit: Unit, state: FlowState, authority: AuthorityId) -> Sequence[StoredLicence]:
    return unit.licences.in_state(state, authority=authority)


def _fate(unit: Unit, row: StoredLicence, later: Sequence[StoredLicence], today: date) -> Fate:
    draft = licence_json.decode(row.licence_json).draft
    if any(_follows(_kind(each), draft.kind) for each in later):
        return Fate.FOLLOWED
    words = counting_words(unit, row, today)
    if draft.valid_to < today or draft.kind is Kind.SAMPLE or any(map(is_final, words)):
        return Fate.OVER
    # A new version has a status of its own: it would be good while the old one is withheld.
    return Fate.WITHHELD if words else Fate.LIVE


def _follows(later: Kind, kind: Kind) -> bool:
    """Say whether a later version takes the place of one; a temporary one only of its like."""
    return Kind.EMERGENCY_TEMPORARY not in {later} - {kind}


def _withheld(row: StoredLicence) -> Problem:
    return Problem(
        "status",
        Code.STATUS_SUSPENDED,
        f"{row.licence_no} is suspended: re-issue it once it is given back",
    )


def _later(unit: Unit, row: StoredLicence) -> list[StoredLicence]:
    known = unit.licences.versions(row.authority, row.licence_no)
    return [each for each in known if each.version > row.version]


def _kind(row: StoredLicence) -> Kind:
    return licence_json.decode(row.licence_json).draft.kind


def _next_rows(
    live: Sequence[tuple[StoredLicence, Sequence[StoredLicence]]], today: date
) -> list[Row]:
    """Return the rows of the next versions; two of one number are counted on.

    Temporary versions come first: a regular one may follow over them, and not the other way round.
    """
    taken: dict[str, int] = {}
    rows = []
    for row, later in sorted(live, key=lambda each: _kind(each[0]) is not Kind.EMERGENCY_TEMPORARY):
        known = (row.version, *(each.version for each in later), taken.get(row.licence_no, 0))
        taken[row.licence_no] = version = 1 + max(known)
        rows.append(_next_row(row, version, today))
    return rows


def _next_row(row: StoredLicence, version: int, today: date) -> Row:
    """Return the roster row of the next version: the same licence, re-issued today."""
    draft = licence_json.decode(row.licence_json).draft
    value: dict[str, object] = json.loads(row.licence_json)
    identifier = parse_elicence_id(draft.elicence_id)
    number = make_elicence_id(identifier.type, identifier.issuer, identifier.serial, version)
    del value["schema"], value["status"]
    return value | {
        "version": version,
        "supersedes": draft.version,
        "reissue_no": draft.reissue_no + 1,
        "elicence_id": number.text,
        "issued_on": today.isoformat(),
        "template": open_template(draft.template),
    }


def _chunks(rows: Iterator[StoredLicence]) -> Iterator[list[StoredLicence]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
