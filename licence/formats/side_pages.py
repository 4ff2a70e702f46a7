"""The side list of a shard with many changes: a signed index of 64 pages, each named by its digest.

After some years nearly every licence of a shard was superseded once, and a side list in one piece
would have a hundred megabytes. In pages, a reader fetches the one with the licence it asks about,
and what did not change in an hour keeps its name: only the index is signed anew.

Standard: DESIGN 3.3; `docs/formats/side-list.cddl`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NoReturn

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, side_list
from licence.formats.cbor import CborValue
from licence.formats.cbor_fields import MAX_SECONDS, Fields
from licence.formats.es256 import SignBytes
from licence.formats.side_list import CONTENT_TYPE, MAX_SEQUENCE, SideList, SideRow
from licence.formats.status_shard import MAX_LIFETIME, SHARD_ENTRIES, ListName
from licence.formats.trust_types import StatusKey
from licence.ids import Digest, StatusIndex

SCHEMA: Final = "anzheng-side/v2"
PAGES: Final = 64
"""Pages of a shard, for 16,384 licences each."""
PAGE_ENTRIES: Final = SHARD_ENTRIES // PAGES
WHOLE_ROWS: Final = 5_000
"""Up to so many rows a side list is in one piece (version 1)."""
MAX_INDEX_BYTES: Final = 16 * 1024
MAX_PAGE_BYTES: Final = side_list.MAX_SIDE_BYTES

KEPT_INDICES: Final = 64
"""Indices of which is kept what they name: a megabyte at most."""

_DIGEST: Final = 32
_PARTS: Final = 7
_PAGE_PARTS: Final = 2
_MAX_ITEMS: Final = 200


@dataclass(frozen=True, slots=True)
class SideIndex:
    """The index of a side list in pages.

    Args:
        name: Which shard.
        sequence: As of a side list in one piece.
        issued_at: When it was signed.
        expires_at: From when on it is stale.
        list_digest: SHA-256 of the CWT that it belongs to.
        pages: SHA-256 of each page; None for one without rows.
    """

    name: ListName
    sequence: int
    issued_at: datetime
    expires_at: datetime
    list_digest: Digest
    pages: tuple[Digest | None, ...]

    def page_of(self, index: StatusIndex) -> Digest | None:
        """Return the digest of the page in which this licence version stands."""
        return self.pages[page_number(index)]


def page_number(index: StatusIndex) -> int:
    """Return which page of its shard a status index is in."""
    return index % SHARD_ENTRIES // PAGE_ENTRIES


def encode_page(
    name: ListName, number: int, rows: Sequence[SideRow], announced: Sequence[SideRow]
) -> bytes:
    """Return the page of these rows; its name is the SHA-256 of it.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if `decode_page` would refuse it.
    """
    data = cbor.dumps((side_list.rows_value(rows), side_list.rows_value(announced)))
    if _read_page(data, name, number) != (tuple(rows), tuple(announced)):
        _refuse("the page does not read back as itself")
    return data


def encode_index(
    index: SideIndex, *, kid: bytes, sign: SignBytes, certificate: bytes | None = None
) -> bytes:
    """Return the index, signed."""
    payload = cbor.dumps(
        (
            SCHEMA,
            index.name.uri,
            index.sequence,
            int(index.issued_at.timestamp()),
            int(index.expires_at.timestamp()),
            index.list_digest,
            index.pages,
        )
    )
    return cose.sign1(
        payload, content_type=CONTENT_TYPE, kid=kid, sign=sign, certificate=certificate
    )


def decode_index(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> SideIndex:
    """Read and verify an index; arguments and errors as for `side_list.decode`."""
    by_kid = {key.kid: key.key for key in keys}
    message = cose.verify1(data, content_type=CONTENT_TYPE, keys=by_kid, max_bytes=MAX_INDEX_BYTES)
    index = _read_index(message.payload, expected)
    if not any(key.kid == message.kid and key.believed_at(index.issued_at) for key in keys):
        _refuse("the index was signed outside the days of its key")
    return index


def read_unverified(data: bytes, expected: ListName) -> SideIndex:
    """Read an index of our own; raises as `decode_index`, but for the signature."""
    return _read_index(cose.parts(data, max_bytes=MAX_INDEX_BYTES).payload, expected)


def page_wanted(data: bytes, index: StatusIndex) -> Digest | None:
    """Return which page has to be fetched for a licence version; None if there is no such page.

    Nothing is verified here: who reads the page verifies index and page together.
    """
    pages = _pages_named(data) if len(data) <= MAX_INDEX_BYTES else None
    wanted = pages[page_number(index)] if pages is not None else None
    return Digest(wanted) if isinstance(wanted, bytes) and len(wanted) == _DIGEST else None


@lru_cache(maxsize=KEPT_INDICES)
def _pages_named(data: bytes) -> tuple[CborValue, ...] | None:
    """Return what an index names as its pages; None if it is no index.

    Kept, for the same list comes with every licence of an authority: a tenth of a code's check.
    """
    try:
        payload = cose.parts(data, max_bytes=MAX_INDEX_BYTES).payload
        found = cbor.loads(payload, max_bytes=MAX_INDEX_BYTES, max_items=_MAX_ITEMS)
    except AnzhengError:
        return None
    if not isinstance(found, tuple) or len(found) != _PARTS or found[0] != SCHEMA:
        return None
    pages = found[-1]
    return pages if isinstance(pages, tuple) and len(pages) == PAGES else None


def read_for(
    data: bytes,
    page: bytes | None,
    index: StatusIndex,
    *,
    keys: Sequence[StatusKey],
    expected: ListName,
) -> SideList:
    """Return what a side list says of one licence version, whether it is in pages or not.

    Args:
        data: The side list, or the index of its pages.
        page: The page that `page_wanted` names.
        index: Which licence version.
        keys: The authority's status keys from the trust bundle.
        expected: Which shard this must be.

    Raises:
        AnzhengError: As `side_list.decode`; `STATUS_LIST_REFUSED` too if a page that the index
            names is not there or is another one.
    """
    if len(data) > MAX_INDEX_BYTES:
        return side_list.decode(data, keys=keys, expected=expected)
    try:
        found = decode_index(data, keys=keys, expected=expected)
    except AnzhengError:
        return side_list.decode(data, keys=keys, expected=expected)
    digest = found.page_of(index)
    rows, announced = (
        ((), ()) if digest is None else decode_page(page, digest, expected, page_number(index))
    )
    return SideList(
        expected,
        found.sequence,
        found.issued_at,
        found.expires_at,
        found.list_digest,
        rows,
        announced,
    )


def decode_page(
    data: bytes | None, digest: Digest, name: ListName, number: int
) -> tuple[tuple[SideRow, ...], tuple[SideRow, ...]]:
    """Return the rows of a page and those that are announced.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED` if it is not the page of this digest and place;
            `TOO_LARGE`; a code of `cbor.loads`.
    """
    if data is None or sha256(data).digest() != digest:
        _refuse("this is not the page that the index names")
    return _read_page(data, name, number)


def _read_page(
    data: bytes, name: ListName, number: int
) -> tuple[tuple[SideRow, ...], tuple[SideRow, ...]]:
    parts = cbor.loads(data, max_bytes=MAX_PAGE_BYTES)
    if not isinstance(parts, tuple) or len(parts) != _PAGE_PARTS:
        _refuse("a page has two parts")
    rows, announced = (side_list.read_rows(part, name) for part in parts)
    if any(page_number(row.index) != number for row in (*rows, *announced)):
        _refuse("a row is of another page")
    return rows, announced


def _read_index(payload: bytes, expected: ListName) -> SideIndex:
    parts = cbor.loads(payload, max_bytes=MAX_INDEX_BYTES, max_items=_MAX_ITEMS)
    fields = Fields(parts, _PARTS, Code.STATUS_LIST_REFUSED)
    fields.constant(SCHEMA)
    fields.constant(expected.uri)
    index = SideIndex(
        name=expected,
        sequence=fields.integer(1, MAX_SEQUENCE),
        issued_at=datetime.fromtimestamp(fields.integer(0, MAX_SECONDS), UTC),
        expires_at=datetime.fromtimestamp(fields.integer(0, MAX_SECONDS), UTC),
        list_digest=Digest(fields.octets(_DIGEST)),
        pages=tuple(_page_digest(each) for each in fields.array(PAGES)),
    )
    if len(index.pages) != PAGES:
        _refuse(f"an index names {PAGES} pages")
    if not index.issued_at < index.expires_at <= index.issued_at + MAX_LIFETIME:
        _refuse("the index ends before it begins, or lives too long")
    return index


def _page_digest(value: CborValue) -> Digest | None:
    if value is None:
        return None
    if not isinstance(value, bytes) or len(value) != _DIGEST:
        _refuse("a page is named by its SHA-256")
    return Digest(value)


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.STATUS_LIST_REFUSED, message)
