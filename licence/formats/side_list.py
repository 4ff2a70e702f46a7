"""The side list: why, since when and until when, for each entry of a status list that ever changed.

A status list says "final"; the side list says revoked or cancelled, from which day, by which
document, and which licence followed. It also answers for days in the past, so the rows of a
licence that was suspended and given back stay in it. It is signed, numbered, and names the status
list (by SHA-256 of its CWT) that it belongs to.

Standard: DESIGN 3.3; `docs/formats/side-list.cddl`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, NoReturn

from licence.domain.status import StatusEvent, StatusWord
from licence.domain.text import check_text
from licence.domain.values import FIRST_YEAR, LAST_YEAR
from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose
from licence.formats.cbor import CborValue
from licence.formats.cbor_fields import MAX_SECONDS
from licence.formats.es256 import SignBytes
from licence.formats.status_shard import MAX_LIFETIME, ListName, shard_of
from licence.formats.trust_types import StatusKey
from licence.ids import Digest, Leaf, StatusIndex

SCHEMA: Final = "anzheng-side/v1"
CONTENT_TYPE: Final = "application/anzheng-sidelist+cbor"
MAX_SIDE_BYTES: Final = 32 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_DOCUMENT_NO: Final = 100
"""Longest document number 文号, in characters."""
MAX_GROUND: Final = 500
"""Longest ground, in characters."""
MAX_SEQUENCE: Final = 2**53 - 1

_EPOCH = date(1970, 1, 1)
_FIRST_DAY = (date(FIRST_YEAR, 1, 1) - _EPOCH).days
_LAST_DAY = (date(LAST_YEAR, 12, 31) - _EPOCH).days
_PARTS = 8
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class SideRow:
    """One change of status.

    Args:
        index: Which licence version.
        word: What it became; `NONE` when a suspension was given back 发还.
        effective_from: From which day on.
        until: Planned last day of a suspension; past it, the suspension stays until given back.
        decided_at: When it was decided, whole seconds.
        document_no: Number of the decision 文号; empty where there is none.
        ground: Why, in the words of the decision; may be empty.
        successor: Leaf of the version that superseded this one.
    """

    index: StatusIndex
    word: StatusWord
    effective_from: date
    until: date | None
    decided_at: datetime
    document_no: str
    ground: str
    successor: Leaf | None = None


def row_of(event: StatusEvent) -> SideRow:
    """Return what the side list says of a decision."""
    return SideRow(
        index=event.ref.index,
        word=event.new,
        effective_from=event.effective_from,
        until=event.until,
        decided_at=event.decided_at.astimezone(UTC).replace(microsecond=0),
        document_no=event.document_no,
        ground=event.ground,
        successor=event.successor,
    )


@dataclass(frozen=True, slots=True)
class SideList:
    """The changes of one shard.

    Args:
        name: Which shard.
        sequence: Grows with each side list of this shard, never falls; seconds since 1970 serve.
        issued_at: When it was signed, whole seconds; the same as its status list.
        expires_at: From when on it is stale.
        list_digest: SHA-256 of the CWT that it belongs to.
        rows: Changes that have taken effect, by index and then by time of decision.
        announced: Changes that are decided and take effect on a later day, in the same order.
    """

    name: ListName
    sequence: int
    issued_at: datetime
    expires_at: datetime
    list_digest: Digest
    rows: tuple[SideRow, ...]
    announced: tuple[SideRow, ...] = ()

    def rows_of(self, index: StatusIndex) -> tuple[SideRow, ...]:
        """Return the changes of one licence version that took effect, the newest last."""
        return _rows_at(self.rows, index)

    def announced_of(self, index: StatusIndex) -> tuple[SideRow, ...]:
        """Return its changes that will take effect later."""
        return _rows_at(self.announced, index)


def in_order(rows: Sequence[SideRow]) -> tuple[SideRow, ...]:
    """Return rows as a side list has them: by index and time of decision, none twice."""
    # Two decisions of one second may make the same row; the last one is what counts.
    once = reversed(dict.fromkeys(reversed(rows)))
    return tuple(sorted(once, key=_order))


def _rows_at(rows: tuple[SideRow, ...], index: StatusIndex) -> tuple[SideRow, ...]:
    """Return the rows of one index by bisection: there may be 200,000, and a batch asks often."""
    first = bisect_left(rows, index, key=_index)
    return rows[first : bisect_right(rows, index, lo=first, key=_index)]


def _index(row: SideRow) -> StatusIndex:
    return row.index


def _order(row: SideRow) -> tuple[int, datetime]:
    return row.index, row.decided_at


def make_side_list(
    name: ListName,
    rows: Sequence[SideRow],
    announced: Sequence[SideRow] = (),
    *,
    sequence: int,
    issued_at: datetime,
    expires_at: datetime,
    list_digest: Digest,
) -> SideList:
    """Return a side list with its rows in order; `encode` checks it."""
    return SideList(
        name,
        sequence,
        issued_at,
        expires_at,
        list_digest,
        in_order(rows),
        in_order(announced),
    )


def encode(
    side: SideList, *, kid: bytes, sign: SignBytes, certificate: bytes | None = None
) -> bytes:
    """Return the side list, signed.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if `decode` would refuse what it says.
    """
    payload = cbor.dumps(
        (
            SCHEMA,
            side.name.uri,
            side.sequence,
            int(side.issued_at.timestamp()),
            int(side.expires_at.timestamp()),
            side.list_digest,
            rows_value(side.rows),
            rows_value(side.announced),
        )
    )
    if _read(payload, side.name) != side:
        _refuse("the side list does not read back as itself")
    return cose.sign1(
        payload, content_type=CONTENT_TYPE, kid=kid, sign=sign, certificate=certificate
    )


def decode(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> SideList:
    """Read and verify a side list.

    Args:
        data: The signed side list.
        keys: The authority's status keys from the trust bundle.
        expected: Which shard this must be.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if it is another shard's, out of order, badly timed, not
            of this shape or signed outside the days of its key; else a code of `cose.verify1`.
    """
    by_kid = {key.kid: key.key for key in keys}
    message = cose.verify1(data, content_type=CONTENT_TYPE, keys=by_kid, max_bytes=MAX_SIDE_BYTES)
    side = _read(message.payload, expected)
    if not any(key.kid == message.kid and key.believed_at(side.issued_at) for key in keys):
        _refuse("the side list was signed outside the days of its key")
    return side


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.STATUS_LIST_REFUSED, message)


def rows_value(rows: Sequence[SideRow]) -> CborValue:
    """Return rows as they stand in CBOR."""
    return tuple(_row_value(row) for row in rows)


def _row_value(row: SideRow) -> CborValue:
    return (
        row.index,
        row.word.value,
        (row.effective_from - _EPOCH).days,
        (row.until - _EPOCH).days if row.until is not None else None,
        int(row.decided_at.timestamp()),
        row.document_no,
        row.ground,
        row.successor,
    )


def _read(payload: bytes, expected: ListName) -> SideList:
    parts = cbor.loads(payload, max_bytes=MAX_SIDE_BYTES)
    if not isinstance(parts, tuple) or len(parts) != _PARTS or parts[0] != SCHEMA:
        _refuse(f"this is no {SCHEMA}")
    _, uri, sequence, issued, expires, digest, rows, announced = parts
    if uri != expected.uri:
        _refuse(f"this is not the side list of {expected.uri}")
    side = SideList(
        name=expected,
        sequence=_integer(sequence, 1, MAX_SEQUENCE),
        issued_at=_moment(issued),
        expires_at=_moment(expires),
        list_digest=Digest(_octets(digest)),
        rows=read_rows(rows, expected),
        announced=read_rows(announced, expected),
    )
    if not side.issued_at < side.expires_at <= side.issued_at + MAX_LIFETIME:
        _refuse("the side list ends before it begins, or lives too long")
    return side


def read_rows(value: CborValue, name: ListName) -> tuple[SideRow, ...]:
    """Read rows of one shard.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if they are of another shard, out of order, twice, too
            many, or not of this shape.
    """
    if not isinstance(value, tuple) or len(value) > MAX_ROWS:
        _refuse(f"the rows are no array of at most {MAX_ROWS}")
    rows = tuple(_row(one) for one in value)
    check_rows(rows, name)
    return rows


def check_rows(rows: Sequence[SideRow], name: ListName) -> None:
    """Refuse rows of another shard, out of order or twice.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED`.
    """
    if any(shard_of(row.index) != name.shard for row in rows):
        _refuse("a row is of another shard")
    if any(_order(rows[at]) > _order(rows[at + 1]) for at in range(len(rows) - 1)):
        _refuse("the rows are out of order")
    if len(set(rows)) != len(rows):
        _refuse("a row stands twice")


def _row(value: CborValue) -> SideRow:
    if not isinstance(value, tuple) or len(value) != _PARTS:
        _refuse("a row has not its eight parts")
    index, word, effective, until, decided, document_no, ground, successor = value
    row = SideRow(
        index=StatusIndex(_integer(index, 0, MAX_SEQUENCE)),
        word=StatusWord(_integer(word, StatusWord.NONE, max(StatusWord))),
        effective_from=_day(effective),
        until=_day(until) if until is not None else None,
        decided_at=_moment(decided),
        document_no=_text(document_no, MAX_DOCUMENT_NO),
        ground=_text(ground, MAX_GROUND),
        successor=Leaf(_octets(successor)) if successor is not None else None,
    )
    if row.until is not None and (
        row.word is not StatusWord.SUSPENDED or row.until < row.effective_from
    ):
        _refuse("only a suspension has a last day, and not before its first")
    if (row.successor is not None) is not (row.word is StatusWord.SUPERSEDED):
        _refuse("a successor goes with superseded, and with nothing else")
    return row


def _integer(value: CborValue, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        _refuse(f"expected an integer from {low} to {high}")
    return value


def _moment(value: CborValue) -> datetime:
    return datetime.fromtimestamp(_integer(value, 0, MAX_SECONDS), UTC)


def _day(value: CborValue) -> date:
    return _EPOCH + timedelta(days=_integer(value, _FIRST_DAY, _LAST_DAY))


def _octets(value: CborValue) -> bytes:
    if not isinstance(value, bytes) or len(value) != _DIGEST_BYTES:
        _refuse(f"expected {_DIGEST_BYTES} bytes")
    return value


def _text(value: CborValue, most: int) -> str:
    if not isinstance(value, str):
        _refuse("expected a text")
    if not value:
        return value
    try:
        return check_text(value, "side list", max_chars=most)
    except AnzhengError as exc:
        raise AnzhengError(Code.STATUS_LIST_REFUSED, exc.message, **exc.facts) from exc
