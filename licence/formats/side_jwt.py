"""The side list as signed JWT, for readers that know no CBOR: the same rows by name.

    {"sub": URI, "iat": …, "exp": …, "side_list": {"schema": "anzheng-side/v1", "sequence": …,
     "cwt": SHA-256 hex, "jwt": SHA-256 hex, "rows": […], "announced": […]}}

A large one has `pages` in place of the rows (`anzheng-side/v2`); a page is canonical JSON.

Standard: DESIGN 3.3; RFC 7519; `docs/formats/side-list.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NoReturn

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import canonical, jwt, side_list, side_pages
from licence.formats.canonical import JsonObject, JsonValue
from licence.formats.cbor import CborValue
from licence.formats.cbor_fields import MAX_SECONDS
from licence.formats.es256 import SignBytes
from licence.formats.fields import Fields, moment_text
from licence.formats.side_list import MAX_ROWS, MAX_SEQUENCE, SideList, SideRow
from licence.formats.side_pages import PAGES, SideIndex
from licence.formats.status_shard import MAX_LIFETIME, ListName
from licence.formats.trust_types import StatusKey
from licence.ids import Digest

TYPE: Final = "anzheng-sidelist+jwt"
MAX_JWT_BYTES: Final = 64 * 1024 * 1024
_DIGEST: Final = 32
_EPOCH: Final = date(1970, 1, 1)
_WORDS: Final = {word.name.lower(): word for word in StatusWord}


@dataclass(frozen=True, slots=True)
class SideToken:
    """A side list as JWT: what it says, and the SHA-256 of the JWT that it belongs to."""

    side: SideList | SideIndex
    jwt_digest: Digest


def encode(
    token: SideToken, *, kid: bytes, sign: SignBytes, certificate: bytes | None = None
) -> bytes:
    """Return the side list, or the index of its pages, as signed JWT."""
    side = token.side
    inner: dict[str, JsonValue] = {
        "sequence": side.sequence,
        "cwt": side.list_digest.hex(),
        "jwt": token.jwt_digest.hex(),
    }
    if isinstance(side, SideIndex):
        inner |= {
            "schema": side_pages.SCHEMA,
            "pages": [None if page is None else page.hex() for page in side.pages],
        }
    else:
        inner |= {"schema": side_list.SCHEMA, **_rows_json(side.rows, side.announced)}
    claims: dict[str, JsonValue] = {
        "sub": side.name.uri,
        "iat": int(side.issued_at.timestamp()),
        "exp": int(side.expires_at.timestamp()),
        "side_list": inner,
    }
    return jwt.sign_compact(claims, content_type=TYPE, kid=kid, sign=sign, certificate=certificate)


def decode(data: bytes, *, keys: Sequence[StatusKey], expected: ListName) -> SideToken:
    """Read and verify; arguments and errors as for `side_list.decode`."""
    by_kid = {key.kid: key.key for key in keys}
    kid, claims = jwt.verify_compact(data, content_type=TYPE, keys=by_kid, max_bytes=MAX_JWT_BYTES)
    token = _read(claims, expected)
    issued_at = token.side.issued_at
    if not any(key.kid == kid and key.believed_at(issued_at) for key in keys):
        _refuse("the side list was signed outside the days of its key")
    return token


def read_unverified(data: bytes, expected: ListName) -> SideToken:
    """Read a token of our own; raises as `decode`, but for the signature."""
    return _read(jwt.read_unverified(data, max_bytes=MAX_JWT_BYTES), expected)


def encode_page(rows: Sequence[SideRow], announced: Sequence[SideRow]) -> bytes:
    """Return a page as canonical JSON."""
    return canonical.dumps(_rows_json(rows, announced))


def decode_page(data: bytes, name: ListName) -> tuple[tuple[SideRow, ...], tuple[SideRow, ...]]:
    """Return the rows of a page whose digest was compared, and those that are announced.

    Raises:
        AnzhengError: `STATUS_LIST_REFUSED`, `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`.
    """
    value = canonical.loads(data, max_bytes=side_pages.MAX_PAGE_BYTES)
    fields = Fields(value, where="page", code=Code.STATUS_LIST_REFUSED)
    found = (_rows(fields, "rows", name), _rows(fields, "announced", name))
    fields.end()
    return found


def _read(claims: JsonObject, expected: ListName) -> SideToken:
    fields = Fields(dict(claims), where="claims", code=Code.STATUS_LIST_REFUSED)
    fields.constant("sub", expected.uri, code=Code.STATUS_LIST_REFUSED)
    issued_at = datetime.fromtimestamp(fields.integer("iat", high=MAX_SECONDS), UTC)
    expires_at = datetime.fromtimestamp(fields.integer("exp", high=MAX_SECONDS), UTC)
    if not issued_at < expires_at <= issued_at + MAX_LIFETIME:
        _refuse("the side list ends before it begins, or lives too long")
    inner = fields.fields("side_list")
    fields.end()
    sequence = inner.integer("sequence", low=1, high=MAX_SEQUENCE)
    cwt_digest = Digest(inner.hexed("cwt", _DIGEST))
    jwt_digest = Digest(inner.hexed("jwt", _DIGEST))
    head = (expected, sequence, issued_at, expires_at, cwt_digest)
    side: SideList | SideIndex
    schema = inner.text("schema")
    if schema == side_pages.SCHEMA:
        side = SideIndex(*head, _pages(inner))
    elif schema != side_list.SCHEMA:
        _refuse(f"this is no {side_list.SCHEMA}")
    else:
        side = SideList(*head, _rows(inner, "rows", expected), _rows(inner, "announced", expected))
    inner.end()
    return SideToken(side, jwt_digest)


def _pages(inner: Fields) -> tuple[Digest | None, ...]:
    found: list[Digest | None] = []
    for value in inner.items("pages", max_items=PAGES, min_items=PAGES):
        if value is None:
            found.append(None)
            continue
        page = Fields({"page": value}, where="pages", code=Code.STATUS_LIST_REFUSED)
        found.append(Digest(page.hexed("page", _DIGEST)))
    return tuple(found)


def _rows_json(rows: Sequence[SideRow], announced: Sequence[SideRow]) -> dict[str, JsonValue]:
    return {
        "rows": [_row_json(row) for row in rows],
        "announced": [_row_json(row) for row in announced],
    }


def _row_json(row: SideRow) -> JsonValue:
    """Return a row by name; what it has not is left out."""
    found: dict[str, JsonValue] = {
        "index": row.index,
        "status": row.word.name.lower(),
        "effective_from": row.effective_from.isoformat(),
        "decided_at": moment_text(row.decided_at),
        "document_no": row.document_no,
        "ground": row.ground,
    }
    if row.until is not None:
        found["until"] = row.until.isoformat()
    if row.successor is not None:
        found["successor"] = row.successor.hex()
    return found


def _rows(fields: Fields, key: str, name: ListName) -> tuple[SideRow, ...]:
    values = fields.items(key, max_items=MAX_ROWS)
    # The rules for rows stand in one place: those of the CBOR form.
    return side_list.read_rows(tuple(_row_value(each) for each in values), name)


def _row_value(value: JsonValue) -> CborValue:
    fields = Fields(value, where="row", code=Code.STATUS_LIST_REFUSED)
    word = _WORDS.get(fields.text("status"))
    if word is None:
        _refuse("a row has a status that there is not")
    until = fields.optional("until", fields.day)
    row = (
        fields.integer("index"),
        word.value,
        (fields.day("effective_from") - _EPOCH).days,
        None if until is None else (until - _EPOCH).days,
        int(fields.moment("decided_at").timestamp()),
        _text(fields, "document_no"),
        _text(fields, "ground"),
        fields.optional("successor", lambda key: fields.hexed(key, _DIGEST)),
    )
    fields.end()
    return row


def _text(fields: Fields, key: str) -> str:
    value = fields.value(key)
    if not isinstance(value, str):
        _refuse(f"{key} is no text")
    return value


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.STATUS_LIST_REFUSED, message)
