"""Status lists and side lists: what the registry decided and what the chain says.

For each licence the more negative of the two counts, so a list runs ahead of the chain while a
decision waits for its block, and is never better than the chain. A decision whose day has not come
is announced in the side list and counts from its day on.

A shard is made of 64 pages of 16,384 licences. What did not change since the list before is taken
from that, so one decision among ten million licences costs one page and one shard.

Standard: DESIGN 3.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Final

from anchor.list_ports import ListOffice, StatusSource, Words
from licence.domain.status import StatusEvent, StatusWord, counts_on, more_negative, word_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError
from licence.formats import canonical, cbor, side_jwt, side_list, side_pages, status_list
from licence.formats.side_jwt import SideToken
from licence.formats.side_list import SideList, SideRow, make_side_list, row_of
from licence.formats.side_pages import PAGE_ENTRIES, PAGES, WHOLE_ROWS, SideIndex
from licence.formats.status_shard import (
    SHARD_BYTES,
    SHARD_ENTRIES,
    ListName,
    StatusList,
    make_list,
    shard_of,
    times_of,
)
from licence.ids import Digest, StatusIndex

_LOW: Final = int.from_bytes(b"\x55" * SHARD_BYTES, "little")
"""The lower bit of each entry."""
PAGE_BYTES: Final = SHARD_BYTES // PAGES
UNKNOWN_DAY: Final = date(1970, 1, 1)
"""Stands in a row for the day of a decision that nobody here knows."""


@dataclass(frozen=True, slots=True)
class ShardState:
    """What one shard says, unsigned.

    Args:
        name: Which list.
        packed: Two bits an entry.
        rows: Changes that took effect, for a side list in one piece.
        announced: Changes of a later day.
        pages: For a side list in pages: SHA-256 of each page, in CBOR and in JSON.
        files: Pages that were made for it, by their file name.
    """

    name: ListName
    packed: bytes
    rows: tuple[SideRow, ...] = ()
    announced: tuple[SideRow, ...] = ()
    pages: tuple[tuple[Digest, Digest] | None, ...] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def content(self) -> Digest:
        """A digest of what it says; the same content need not be signed again within the hour."""
        said: tuple[bytes, ...] = (self.packed,)
        if self.pages is None:
            told = (side_list.rows_value(self.rows), side_list.rows_value(self.announced))
            said = (self.packed, cbor.dumps(told))
        else:
            said += tuple(b"".join(page) if page is not None else b"" for page in self.pages)
        return Digest(sha256(cbor.dumps(said)).digest())


@dataclass(frozen=True, slots=True)
class ShardFiles:
    """One shard, signed in all forms; `pages` are the files that its side list names anew."""

    name: ListName
    issued_at: datetime
    cwt: bytes
    jwt: bytes
    side: bytes
    side_jwt: bytes
    pages: Mapping[str, bytes]


def pending_words(events: Iterable[StatusEvent], today: date) -> dict[StatusIndex, StatusWord]:
    """Return the word that the registry's log gives each index today."""
    changes: dict[StatusIndex, list[StatusEvent]] = {}
    for event in events:
        changes.setdefault(event.ref.index, []).append(event)
    return {index: word_on(each, today) for index, each in changes.items()}


def published_words(pending: Words, on_chain: Words) -> dict[StatusIndex, StatusWord]:
    """Return the more negative of the two for each index that either names."""
    return {
        index: more_negative(
            pending.get(index, StatusWord.NONE), on_chain.get(index, StatusWord.NONE)
        )
        for index in pending.keys() | on_chain.keys()
    }


# ---------------------------------------------------------------- what a shard says


def shard_state(
    source: StatusSource,
    office: ListOffice,
    shard: int,
    *,
    now: datetime,
    before: ShardState | None = None,
    changed: frozenset[int] | None = None,
) -> ShardState:
    """Return what a shard says now.

    Args:
        source: Where the statuses are read.
        office: Whose list.
        shard: Which.
        now: The time; its day in China decides what counts already.
        before: What it said before, if it was in pages then,
        changed: and which pages, counted over all shards, may say something else since.

    Raises:
        AnzhengError: What `source` raises; `STATUS_LIST_REFUSED` for rows that no side list takes.
    """
    span = range(shard * SHARD_ENTRIES, (shard + 1) * SHARD_ENTRIES)
    if source.count(office.registry, office.authority, span) <= WHOLE_ROWS:
        packed, rows, announced = _read(source, office, span, now)
        return ShardState(office.name(shard), packed, rows, announced)
    wanted = frozenset(range(shard * PAGES, (shard + 1) * PAGES))
    if before is None or before.pages is None or changed is None:
        before = ShardState(office.name(shard), bytes(SHARD_BYTES), pages=(None,) * PAGES)
    else:
        wanted &= changed
    return _in_pages(source, office, before, sorted(wanted), now)


def _in_pages(
    source: StatusSource,
    office: ListOffice,
    before: ShardState,
    wanted: Sequence[int],
    now: datetime,
) -> ShardState:
    """Return a state with these pages made anew, one after the other: each may have many rows."""
    packed = bytearray(before.packed)
    files: dict[str, bytes] = {}
    pages = list(before.pages or (None,) * PAGES)
    for page in wanted:
        place = page % PAGES
        span = range(page * PAGE_ENTRIES, (page + 1) * PAGE_ENTRIES)
        bits, rows, announced = _read(source, office, span, now)
        here = slice(place * PAGE_BYTES, (place + 1) * PAGE_BYTES)
        packed[here] = bits[here]
        pages[place] = None
        if rows or announced:
            made = (
                side_pages.encode_page(before.name, place, rows, announced),
                side_jwt.encode_page(rows, announced),
            )
            digests = [Digest(sha256(each).digest()) for each in made]
            pages[place] = (digests[0], digests[1])
            files |= dict(zip(page_files(digests[0], digests[1]), made, strict=True))
    return ShardState(before.name, bytes(packed), pages=tuple(pages), files=files)


def with_finals_of(state: ShardState, before: bytes) -> tuple[ShardState, int]:
    """Return a state in which nothing is undone that a list said was final, and what would be.

    A final status never goes away. When the log and the chain know less than a list that was
    published, an older database was restored: the list says "final" without a reason then.

    Args:
        state: What log and chain say.
        before: The packed entries of the list before.
    """
    old, new = (int.from_bytes(each, "little") for each in (before, state.packed))
    lost = old & ~(old >> 1) & _LOW & ~(new & ~(new >> 1))
    if not lost:
        return state, 0
    packed = (new & ~(lost << 1) | lost).to_bytes(SHARD_BYTES, "little")
    return replace(state, packed=packed), lost.bit_count()


def page_files(cbor_page: Digest, json_page: Digest) -> tuple[str, str]:
    """Return the names of the files of one page."""
    return f"{cbor_page.hex()}.page", f"{json_page.hex()}.page.json"


def _read(
    source: StatusSource, office: ListOffice, span: range, now: datetime
) -> tuple[bytes, tuple[SideRow, ...], tuple[SideRow, ...]]:
    """Return a shard that has only these indexes, its rows, and those of a later day."""
    today = shanghai_date(now)
    events = source.events(office.registry, office.authority, span)
    on_chain = source.chain_words(office.registry, office.authority, span)
    words = published_words(pending_words(events, today), on_chain)
    packed = make_list(office.name(shard_of(StatusIndex(span.start))), words, issued_at=now).packed
    rows = [row_of(event) for event in events if counts_on(event, today)]
    rows += [_void_row(index) for index in _void_by_chain_alone(on_chain, events)]
    announced = [row_of(event) for event in events if not counts_on(event, today)]
    return packed, side_list.in_order(rows), side_list.in_order(announced)


def _void_by_chain_alone(on_chain: Words, events: Sequence[StatusEvent]) -> list[StatusIndex]:
    """Return what the chain calls rescinded and no decision of the log does.

    A list says "final" only; without a row, another decision would seem to be the reason, and the
    licence good before its day.
    """
    told = {event.ref.index for event in events if event.new is StatusWord.RESCINDED}
    rescinded = {index for index, word in on_chain.items() if word is StatusWord.RESCINDED}
    return sorted(rescinded - told)


def _void_row(index: StatusIndex) -> SideRow:
    """Return the row of a rescission that nobody here decided: void from the first day on."""
    return SideRow(
        index=index,
        word=StatusWord.RESCINDED,
        effective_from=UNKNOWN_DAY,
        until=None,
        decided_at=datetime.combine(UNKNOWN_DAY, time(), UTC),
        document_no="",
        ground="",
    )


# ---------------------------------------------------------------- signing


def sign_shard(office: ListOffice, state: ShardState, *, now: datetime) -> ShardFiles:
    """Return a shard, signed now."""
    key = office.key
    listed = StatusList(state.name, *times_of(now), state.packed)
    cwt = status_list.encode_cwt(listed, kid=key.kid, sign=key.sign, certificate=key.certificate)
    jwt = status_list.encode_jwt(listed, kid=key.kid, sign=key.sign, certificate=key.certificate)
    digest = Digest(sha256(cwt).digest())
    if state.pages is None:
        side, signed_side = _sign_whole(office, state, listed, digest)
        token = SideToken(side, Digest(sha256(jwt).digest()))
    else:
        cbor_pages, json_pages = (
            tuple(None if page is None else page[form] for page in state.pages) for form in (0, 1)
        )
        index = _index(state, listed, digest, cbor_pages)
        signed_side = side_pages.encode_index(
            index, kid=key.kid, sign=key.sign, certificate=key.certificate
        )
        named = _index(state, listed, digest, json_pages)
        token = SideToken(named, Digest(sha256(jwt).digest()))
    side_token = side_jwt.encode(token, kid=key.kid, sign=key.sign, certificate=key.certificate)
    return ShardFiles(state.name, listed.issued_at, cwt, jwt, signed_side, side_token, state.files)


def _sign_whole(
    office: ListOffice, state: ShardState, listed: StatusList, digest: Digest
) -> tuple[SideList, bytes]:
    side = make_side_list(
        state.name,
        state.rows,
        state.announced,
        sequence=_sequence(listed),
        issued_at=listed.issued_at,
        expires_at=listed.expires_at,
        list_digest=digest,
    )
    key = office.key
    return side, side_list.encode(side, kid=key.kid, sign=key.sign, certificate=key.certificate)


def _index(
    state: ShardState, listed: StatusList, digest: Digest, pages: tuple[Digest | None, ...]
) -> SideIndex:
    return SideIndex(
        state.name, _sequence(listed), listed.issued_at, listed.expires_at, digest, pages
    )


def _sequence(listed: StatusList) -> int:
    """Return a number that grows by itself: no counter that a restored backup would set back."""
    return int(listed.issued_at.timestamp())


def state_of(name: ListName, cwt: bytes, side: bytes, side_token: bytes) -> ShardState | None:
    """Return what our own files say of a shard in pages; None if it is in one piece or damaged."""
    try:
        listed = status_list.read_unverified(cwt, name)
        index = side_pages.read_unverified(side, name)
        token = side_jwt.read_unverified(side_token, name).side
    except AnzhengError:
        return None
    if not isinstance(token, SideIndex) or index.list_digest != sha256(cwt).digest():
        return None
    pages = tuple(
        (one, other) if one is not None and other is not None else None
        for one, other in zip(index.pages, token.pages, strict=True)
    )
    return ShardState(name, listed.packed, pages=pages)


def shard_count(source: StatusSource, office: ListOffice) -> int:
    """Return how many shards are published: no decision is lost beyond the last."""
    last = source.extent(office.registry, office.authority) - 1
    return max(office.shards, shard_of(StatusIndex(last)) + 1 if last >= 0 else 0)


def files_of(shards: Sequence[ShardFiles]) -> dict[str, bytes]:
    """Return the files to publish by their path."""
    files: dict[str, bytes] = {}
    for shard in shards:
        path = shard.name.path
        files |= {
            f"{path}.cwt": shard.cwt,
            f"{path}.jwt": shard.jwt,
            f"{path}.side": shard.side,
            f"{path}.side.jwt": shard.side_jwt,
        }
    return files


def aggregation_of(office: ListOffice, shards: int) -> dict[str, bytes]:
    """Return the file that names all lists of an office.

    Standard: draft-ietf-oauth-status-list-21, 9 (status list aggregation).
    """
    folder = office.name(0).path.rpartition("/")[0]
    uris = [office.name(shard).uri for shard in range(shards)]
    return {f"{folder}/aggregation.json": canonical.dumps({"status_lists": uris})}
