"""Publishes the lists that are due: every hour, and whenever what they say has changed.

1. Look which shards may say something else, or are nearly an hour old.
2. Make and sign these. A shard that cannot be made keeps its list, holds up no other, and is told.
3. Keep in the history what is published now, and write the pages of large side lists.
4. Make all new lists visible at once.
5. Remember what was published; make the deltas that lead to it.

A crash between two steps costs another round: what is remembered is compared with what lies there.

Standard: DESIGN 3.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from anchor import status_lists
from anchor.list_history import ListHistory
from anchor.list_ports import (
    ListLedger,
    ListOffice,
    ListRepository,
    Position,
    PublishedShard,
    StatusSource,
)
from anchor.status_lists import ShardFiles, ShardState
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import list_delta, status_list
from licence.formats.side_pages import PAGES
from licence.formats.status_shard import ListName
from licence.ids import AuthorityId, Digest

HEARTBEAT: Final = timedelta(minutes=50)
"""A list is replaced after this, whatever it says; `ttl` is an hour, which leaves room."""


@dataclass(frozen=True, slots=True)
class Means:
    """What publishing works with.

    Args:
        source: Where statuses are read.
        repository: Where lists become visible.
        ledger: What was published.
        history: Where lists, deltas and pages are kept.
    """

    source: StatusSource
    repository: ListRepository
    ledger: ListLedger
    history: ListHistory


@dataclass(frozen=True, slots=True)
class Failure:
    """A shard that keeps its old list; no shard: the whole office."""

    authority: AuthorityId
    shard: int | None
    error: AnzhengError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one round did.

    Args:
        published: Which lists were signed anew.
        failures: What could not be made.
        covered: How many shards of each authority have a list now.
        due_at: When the next list must be replaced, if nothing changes before.
        undone: How many licences of a list were final in the list before and are not by log and
            chain; the list keeps them final.
    """

    published: tuple[ListName, ...]
    failures: tuple[Failure, ...]
    covered: tuple[tuple[AuthorityId, int], ...]
    due_at: datetime
    undone: tuple[tuple[ListName, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Made:
    office: ListOffice
    state: ShardState
    files: ShardFiles


def publish(
    means: Means, offices: Sequence[ListOffice], *, now: datetime, every: bool = False
) -> Outcome:
    """Publish the lists of these offices that are due.

    Args:
        means: What it works with.
        offices: Whose lists.
        now: The time.
        every: Sign every list anew, due or not.

    Raises:
        AnzhengError: What the repository raises; nothing is published then.
    """
    rounds, failures = [], []
    for office in offices:
        try:
            rounds.append(_Round(means, office, now, every=every))
        except AnzhengError as error:
            failures.append(Failure(office.authority, None, error))
    made = [each for one in rounds for each in one.make(failures)]
    _commit(means, rounds, made, now)
    for one in rounds:
        one.remember()
    for each in made:
        _write_deltas(means.history, each, now)
    for one in rounds:
        one.tidy(made)
    return Outcome(
        published=tuple(each.files.name for each in made),
        failures=tuple(failures),
        covered=tuple((one.office.authority, one.covered) for one in rounds),
        due_at=min((one.due_at for one in rounds), default=now + HEARTBEAT),
        undone=tuple(each for one in rounds for each in one.undone),
    )


class _Round:
    """One office in one round."""

    def __init__(self, means: Means, office: ListOffice, now: datetime, *, every: bool) -> None:
        self.office = office
        self._means = means
        self._now = now
        self._today = shanghai_date(now)
        self._every = every
        # First: what comes in after this is found by the next round.
        self._position = means.source.position(office.registry, office.authority)
        self._known = dict(means.ledger.published(office.registry, office.authority))
        self._pages: dict[tuple[Position, date], frozenset[int]] = {}
        self._saved: list[PublishedShard] = []
        self.undone: list[tuple[ListName, int]] = []
        self.shards = status_lists.shard_count(means.source, office)

    @property
    def covered(self) -> int:
        """How many shards, from the first on, have a list."""
        return next((n for n in range(self.shards) if n not in self._known), self.shards)

    @property
    def due_at(self) -> datetime:
        """When the first list must be replaced."""
        ages = [each.issued_at for each in self._known.values()]
        return min(ages, default=self._now) + HEARTBEAT

    def make(self, failures: list[Failure]) -> list[_Made]:
        """Sign what is due; add what cannot be made to `failures`."""
        made = []
        for shard in range(self.shards):
            try:
                found = self._make(shard)
            except AnzhengError as error:
                failures.append(Failure(self.office.authority, shard, error))
                continue
            if found is not None:
                made.append(found)
        return made

    def _make(self, shard: int) -> _Made | None:
        known = self._intact(shard)
        changed = self._changed(known) if known is not None else None
        pages = range(shard * PAGES, (shard + 1) * PAGES)
        beats = known is None or self._every or not self._is_fresh(known)
        if known is not None and not beats and not (changed or frozenset()) & set(pages):
            self._note(known, known.cwt, known.issued_at)
            return None
        before = self._before(shard) if known is not None and not self._every else None
        state = status_lists.shard_state(
            self._means.source, self.office, shard, now=self._now, before=before, changed=changed
        )
        state = self._keeping_finals(state)
        if known is not None and not beats and state.content == known.content:
            self._note(known, known.cwt, known.issued_at)
            return None
        files = status_lists.sign_shard(self.office, state, now=self._now)
        digest = Digest(sha256(files.cwt).digest())
        fresh = PublishedShard(
            shard, digest, state.content, files.issued_at, self._today, self._position
        )
        self._saved.append(fresh)
        return _Made(self.office, state, files)

    def _keeping_finals(self, state: ShardState) -> ShardState:
        """Return the state, with everything final that the list before called final."""
        data = self._means.repository.plain(f"{state.name.path}.cwt")
        try:
            before = status_list.read_unverified(data or b"", state.name).packed
        except AnzhengError:
            return state
        kept, count = status_lists.with_finals_of(state, before)
        if count:
            self.undone.append((state.name, count))
        return kept

    def _note(self, known: PublishedShard, cwt: Digest, issued_at: datetime) -> None:
        """Remember that nothing changed up to here, so that it is not looked at again."""
        if (known.position, known.day) != (self._position, self._today):
            self._saved.append(
                PublishedShard(
                    known.shard, cwt, known.content, issued_at, self._today, self._position
                )
            )

    def _is_fresh(self, known: PublishedShard) -> bool:
        # A list of the future was signed by a clock that was ahead: it is replaced at once.
        return known.issued_at <= self._now < known.issued_at + HEARTBEAT

    def _intact(self, shard: int) -> PublishedShard | None:
        """Return what is remembered of a shard, if the list that lies there is the same."""
        known = self._known.get(shard)
        if known is None:
            return None
        data = self._means.repository.plain(f"{self.office.name(shard).path}.cwt")
        return known if data is not None and sha256(data).digest() == known.cwt else None

    def _changed(self, known: PublishedShard) -> frozenset[int]:
        key = (known.position, known.day)
        if key == (self._position, self._today):
            return frozenset()
        if key not in self._pages:
            self._pages[key] = self._means.source.changed(
                self.office.registry, self.office.authority, known.position, known.day, self._today
            )
        return self._pages[key]

    def _before(self, shard: int) -> ShardState | None:
        """Return what a shard in pages says, if all of them are still here."""
        state = self._told(shard)
        if state is None or not self._means.history.has_pages(state.name, _page_files(state)):
            return None
        return state

    def _told(self, shard: int) -> ShardState | None:
        name, plain = self.office.name(shard), self._means.repository.plain
        files = [plain(f"{name.path}.{form}") for form in ("cwt", "side", "side.jwt")]
        if any(data is None for data in files):
            return None
        cwt, side, token = (data or b"" for data in files)
        return status_lists.state_of(name, cwt, side, token)

    def tidy(self, made: Sequence[_Made]) -> None:
        """Remove pages of side lists that nobody reads any more."""
        if not any(each.office is self.office and each.files.pages for each in made):
            return
        states = [self._told(shard) for shard in range(self.shards)]
        kept = [file for state in states if state is not None for file in _page_files(state)]
        office = self.office
        self._means.history.remove_pages(office.registry, office.authority, kept, self._now)

    def remember(self) -> None:
        """Store what was published."""
        if self._saved:
            office = self.office
            self._means.ledger.save(office.registry, office.authority, self._saved)
            self._known |= {each.shard: each for each in self._saved}


def _page_files(state: ShardState) -> list[str]:
    """Return the names of all pages of a shard, in both forms."""
    pages = [page for page in state.pages or () if page is not None]
    return [file for page in pages for file in status_lists.page_files(*page)]


def _commit(means: Means, rounds: Sequence[_Round], made: Sequence[_Made], now: datetime) -> None:
    if not made:
        return
    files = status_lists.files_of([each.files for each in made])
    for one in rounds:
        files |= status_lists.aggregation_of(one.office, one.shards)
    means.history.write_pages([(each.files.name, each.files.pages) for each in made])
    for each in made:
        means.history.keep(each.files.name, each.files.issued_at, each.files.cwt, each.files.jwt)
    means.repository.publish_lists(files, now=now)


def _write_deltas(history: ListHistory, made: _Made, now: datetime) -> None:
    """Make the deltas from the lists that readers may still have to the newest."""
    name, target, key = made.files.name, made.files.cwt, made.office.key
    deltas: dict[Digest, bytes] = {}
    bases = history.bases(name, now) if list_delta.may_be_worthwhile(target) else ()
    for base in bases:
        if base.cwt == target:
            continue
        try:
            delta = list_delta.make(name, base.cwt, target)
            data = list_delta.encode(delta, kid=key.kid, sign=key.sign)
        except AnzhengError as error:
            if error.code is Code.STORE_FAILED:
                raise
            # A list of another address or shape, from before a change of settings.
            continue
        if list_delta.is_worthwhile(data, target):
            deltas[delta.base] = data
    history.write_deltas(name, deltas)
    history.thin_out(name, now)
