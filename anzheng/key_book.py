"""Which keys there are, since when they sign, and which were closed: read from the ceremonies.

    ceremonies/log.jsonl          one line a ceremony, each with the digest of the line before
    ceremonies/<id>/order.json    what was begun
    ceremonies/<id>/record.json   what came of it, signed; record.pdf for people

The log is only ever added to. What it says counts once its line is whole; a ceremony with an order
and no line was begun and not finished. Keys that were made when an installation was set up have no
ceremony: they are found by their certificates.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from anzheng import keyring as keyrings
from anzheng.files import flush_folder, write_durably
from anzheng.keyring import KeyRing
from licence.errors import AnzhengError, Code
from licence.formats import canonical, ceremony
from licence.formats.ceremony import OF_AN_AUTHORITY, Act, Ceremony, Order, Purpose
from licence.formats.fields import Fields
from licence.ids import AuthorityId, Digest
from signer.certificates import load_certificate

FOLDER = "ceremonies"
LOG = "log.jsonl"
ORDER = "order.json"
RECORD = "record.json"
RECORD_PDF = "record.pdf"
REQUEST = "request.csr"

MAX_LINE_BYTES = 4 * 1024
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

FIRST = {
    Purpose.ROOT: "root",
    Purpose.ISSUING: "issuing",
    Purpose.HOLDER_CA: "holder-ca",
    Purpose.TSA: "tsa",
}
"""Names of the first keys of an installation."""

ISSUED_BY = {
    Purpose.LICENCE: Purpose.ISSUING,
    Purpose.ISSUING: Purpose.ROOT,
    Purpose.HOLDER_CA: Purpose.ROOT,
    Purpose.TSA: Purpose.ROOT,
    Purpose.ROOT: Purpose.ROOT,
}


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key and what became of it.

    Attributes:
        name: Its name in the key ring.
        purpose: What it is for.
        authority: Whose it is, for a key of one authority.
        signs_from: From when on it signs.
        previous: The key that it followed.
        ceremony: The ceremony that made it.
        closed_at: When it ended.
        reason: Why.
        distrust_from: From when on nothing of it is believed: it leaked.
    """

    name: str
    purpose: Purpose
    authority: AuthorityId | None
    signs_from: datetime = ALWAYS
    previous: str | None = None
    ceremony: str | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    distrust_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyBook:
    """All keys, in the order in which they were made."""

    keys: tuple[KeyState, ...]

    def of(self, purpose: Purpose, authority: AuthorityId | None = None) -> tuple[KeyState, ...]:
        """Return the keys of a purpose; of one authority where they are an authority's."""
        owner = authority if purpose in OF_AN_AUTHORITY else None
        return tuple(key for key in self.keys if (key.purpose, key.authority) == (purpose, owner))

    def key(self, name: str) -> KeyState:
        """Return a key by its name.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        for key in self.keys:
            if key.name == name:
                return key
        raise AnzhengError(Code.NOT_FOUND, f"there is no key {name} here", key=name)

    def active(self, purpose: Purpose, authority: AuthorityId | None, at: datetime) -> KeyState:
        """Return the key that signs now: the newest that is open and whose time has come.

        Raises:
            AnzhengError: KEY_LOCKED, when there is none.
        """
        fit = [
            key
            for key in self.of(purpose, authority)
            if key.closed_at is None and key.signs_from <= at
        ]
        if not fit:
            raise AnzhengError(
                Code.KEY_LOCKED,
                f"no {purpose.value} key may sign now; `anzheng authority keys list` shows them",
                purpose=purpose.value,
            )
        # Of two with the same beginning, the one that was made later.
        return max(reversed(fit), key=lambda key: key.signs_from)

    def next_name(self, purpose: Purpose, authority: AuthorityId) -> str:
        """Return the name of the next key of a purpose."""
        stem = (
            FIRST.get(purpose)
            or {
                Purpose.LICENCE: keyrings.signer_key(authority),
                Purpose.QR: keyrings.qr_key(authority),
            }[purpose]
        )
        made = len(self.of(purpose, authority))
        return f"{stem}-{made + 1}" if made else stem


def read(home: Path, authorities: Sequence[AuthorityId], ring: KeyRing) -> KeyBook:
    """Read the key book of a data folder.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, when log or records were altered; STORE_FAILED.
    """
    keys = {key.name: key for key in _first_keys(authorities, ring)}
    for held in records(home):
        _count(keys, held)
    return KeyBook(tuple(keys.values()))


def _first_keys(authorities: Sequence[AuthorityId], ring: KeyRing) -> Iterator[KeyState]:
    """Yield the keys that were there before any ceremony."""
    found = [(name, purpose, None) for purpose, name in FIRST.items()]
    owned = [(keyrings.signer_key(each), Purpose.LICENCE, each) for each in authorities]
    for name, purpose, authority in (*found, *owned):
        if ring.has_certificate(name):
            yield KeyState(name, purpose, authority)


def _count(keys: dict[str, KeyState], held: Ceremony) -> None:
    order = held.order
    if order.act is not Act.CLOSE:
        authority = order.authority if order.purpose in OF_AN_AUTHORITY else None
        keys[order.key] = KeyState(
            name=order.key,
            purpose=order.purpose,
            authority=authority,
            signs_from=order.signs_from or order.held_at,
            previous=order.previous,
            ceremony=order.id,
        )
    elif order.key in keys:
        known = keys[order.key]
        # What a later ceremony says takes nothing back: a key ends once, and a leak only begins
        # earlier than was thought.
        keys[order.key] = replace(
            known,
            closed_at=known.closed_at or order.held_at,
            reason=order.reason,
            distrust_from=_earlier(known.distrust_from, order.compromised_since),
        )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def issuer_of(ring: KeyRing, book: KeyBook, key: KeyState) -> KeyState:
    """Return the CA whose certificate is above that of a key.

    Raises:
        AnzhengError: KEY_URI, when it is not here.
    """
    asked = ring.certificate(key.name)
    for candidate in book.of(ISSUED_BY[key.purpose]):
        if is_above(ring.certificate(candidate.name), asked):
            return candidate
    raise AnzhengError(Code.KEY_URI, f"the CA above {key.name} is not here", key=key.name)


def is_above(issuer: bytes, certificate: bytes) -> bool:
    """Say whether one certificate issued another."""
    try:
        load_certificate(certificate).verify_directly_issued_by(load_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


# ---------------------------------------------------------------- the log


def records(home: Path) -> tuple[Ceremony, ...]:
    """Return the ceremonies that were finished, in order.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, when the log was altered; STORE_FAILED.
    """
    found = []
    before = bytes(32)
    for line in _lines(home):
        fields = Fields(
            canonical.loads(line, max_bytes=MAX_LINE_BYTES),
            where="log",
            code=Code.CEREMONY_SYNTAX,
        )
        name = fields.text("id", max_chars=100)
        if fields.hexed("before", 32) != before:
            raise AnzhengError(Code.CEREMONY_SYNTAX, "a line of the log of ceremonies is missing")
        digest = fields.hexed("record", 32)
        fields.end()
        data = _read(home / FOLDER / name / RECORD)
        if sha256(data).digest() != digest:
            raise AnzhengError(
                Code.CEREMONY_SYNTAX, "a record of a ceremony was altered", ceremony=name
            )
        found.append(ceremony.decode(data))
        before = sha256(line).digest()
    return tuple(found)


def append(home: Path, held: Ceremony) -> None:
    """Add a finished ceremony to the log; its record is stored already. Twice is once."""
    lines = _lines(home)
    if any(each.order.id == held.order.id for each in records(home)):
        return
    before = sha256(lines[-1]).digest() if lines else bytes(32)
    line = canonical.dumps(
        {
            "id": held.order.id,
            "before": before.hex(),
            "record": sha256(ceremony.encode(held)).hexdigest(),
        }
    )
    place = home / FOLDER / LOG
    whole = sum(len(each) + 1 for each in lines)
    handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        # What a crash left of a line is not part of the log.
        os.ftruncate(handle, whole)
        os.lseek(handle, whole, os.SEEK_SET)
        os.write(handle, line + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    flush_folder(place.parent)


def unfinished(home: Path) -> tuple[Order, ...]:
    """Return the ceremonies that were begun and not finished: one, or another and a leak."""
    done = {held.order.id for held in records(home)}
    return tuple(
        ceremony.decode_order(_read(place))
        for place in sorted((home / FOLDER).glob(f"*/{ORDER}"))
        if place.parent.name not in done
    )


def begin(home: Path, order: Order) -> None:
    """Write down what a ceremony is to do, before anything is done."""
    write_durably(home / FOLDER / order.id / ORDER, ceremony.encode_order(order))


def digest_of(certificate: bytes) -> Digest:
    """Return how trust bundle and records name a certificate."""
    return Digest(sha256(certificate).digest())


def _lines(home: Path) -> list[bytes]:
    place = home / FOLDER / LOG
    if not place.is_file():
        return []
    # Without its end of line, the last one was never finished.
    return _read(place).split(b"\n")[:-1]


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{place.name} cannot be read") from exc
