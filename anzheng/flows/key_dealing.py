"""Deals what was set up in one place out to the processes: each gets its own keys, and no other.

A folder for a role has, of secrets, the role's keys under a password of its own; and what all may
know: the estate, the record of ceremonies, certificates, the public halves of keys. Keys that no
process needs stay where they were made: the root's, those of the trust repository's root and
targets, the chain's administrator's, officers'. Done again, it adds what is new.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from anzheng import estate as estates
from anzheng import key_book, keyfiles
from anzheng import keyring as keyrings
from anzheng.files import write_durably
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.trust import ONLINE_KEY
from anzheng.keyring import KeyRing
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Purpose
from licence.ids import AuthorityId
from signer.keys import write_key_file


@unique
class Dealt(StrEnum):
    """Who gets something."""

    SIGNER = "signer"
    ANCHOR = "anchor"
    CONFIRMER = "confirmer"
    CONSOLE = "console"
    """Officers' commands and look-ups: no key at all."""


SIGNERS_PURPOSES: Final = (Purpose.ISSUING, Purpose.HOLDER_CA, Purpose.TSA, Purpose.LICENCE)

MEMORIES: Final = {
    Dealt.SIGNER: ("certificates.sqlite3", "signer"),
    Dealt.ANCHOR: ("trust", "public/log", "witnesses"),
    Dealt.CONFIRMER: ("confirmer.sqlite3",),
    Dealt.CONSOLE: (),
}
"""What a process has to remember; copied once, for from then on it is the process's own."""


@dataclass(frozen=True, slots=True)
class Hand:
    """What one process was given.

    Attributes:
        keys: Names of the keys that are new to it.
        kept: Names of those that it had.
    """

    keys: tuple[str, ...]
    kept: tuple[str, ...]


def deal(office: KeyOffice, to: Dealt, folder: Path, password: bytes) -> Hand:
    """Give a process its folder.

    Args:
        office: Where everything was set up; no other process works in it now.
        to: Which process.
        folder: Its data folder.
        password: Of its key files; not that of the ceremonies.

    Raises:
        AnzhengError: KEY_LOCKED without a password, or for a key that does not open; CONFLICT for
            a folder that has a key of another process; STORE_FAILED.
    """
    if not password and to is not Dealt.CONSOLE:
        raise AnzhengError(Code.KEY_LOCKED, "a key file needs a password: --password-file")
    ring = KeyRing(folder / "keys", password)
    names = tuple(_names(office, to))
    private = tuple(name for name in names if office.ring.has(name))
    strange = {place.stem for place in ring.folder.glob("*.pem")} - set(names)
    if strange:
        raise AnzhengError(
            Code.CONFLICT, f"{folder} has keys of another process: {', '.join(sorted(strange))}"
        )
    try:
        _public(office, folder)
        if to is Dealt.SIGNER:
            _lists_of_the_root(office, ring)
        for name in MEMORIES[to]:
            _remember(office.settings.data_dir / name, folder / name)
    except OSError as error:
        raise AnzhengError(Code.STORE_FAILED, f"{folder} cannot be written") from error
    new = tuple(name for name in private if not ring.has(name))
    for name in new:
        _hand_over(office.ring, ring, name)
    return Hand(new, tuple(name for name in private if name not in new))


def _names(office: KeyOffice, to: Dealt) -> Iterator[str]:
    """Yield the names of the keys of a process, whether they are here or not."""
    book = office.book()
    authorities = [entry.id for entry in office.estate.authorities]
    if to is Dealt.SIGNER:
        yield from (key.name for key in book.keys if key.purpose in SIGNERS_PURPOSES)
        yield from (key.name for key in book.keys if key.purpose is Purpose.QR)
    if to is Dealt.ANCHOR:
        yield ONLINE_KEY
        yield from (keyrings.witness_key(each.name) for each in office.estate.witnesses)
    for authority in authorities:
        yield from _of_authority(authority, to)


def _of_authority(authority: AuthorityId, to: Dealt) -> Iterator[str]:
    if to in {Dealt.SIGNER, Dealt.ANCHOR}:
        # No signature comes of it: it hides numbers, and tells those that were used.
        yield keyrings.manifest_key(authority)
    if to is Dealt.ANCHOR:
        yield keyrings.log_key(authority)
        yield keyrings.status_key(authority)
        yield keyrings.account_key(authority, "anchor")
        yield keyrings.account_key(authority, "propose")
    if to is Dealt.CONFIRMER:
        yield keyrings.account_key(authority, "confirm")


def _public(office: KeyOffice, folder: Path) -> None:
    """Write what everybody may know, over what was there."""
    home, ring = office.settings.data_dir, office.ring
    write_durably(folder / estates.FILE_NAME, (home / estates.FILE_NAME).read_bytes())
    for place in sorted((home / key_book.FOLDER).rglob("*")):
        if place.is_file():
            write_durably(folder / place.relative_to(home), place.read_bytes())
    for pattern in ("*.der", "*.crl", "*.pub"):
        for place in sorted(ring.folder.glob(pattern)):
            write_durably(folder / "keys" / place.name, place.read_bytes())
    qr_keys = [key.name for key in office.book().keys if key.purpose is Purpose.QR]
    for entry in office.estate.authorities:
        for name in (keyrings.status_key(entry.id), keyrings.log_key(entry.id)):
            write_durably(folder / "keys" / f"{name}.pub", ring.public_der(name))
    for name in qr_keys:
        write_durably(folder / "keys" / f"{name}.pub", ring.public_der(name))


def _lists_of_the_root(office: KeyOffice, ring: KeyRing) -> None:
    """Lay the root's revocation list beside its certificate: its key stays away."""
    now = office.clock.now()
    for key in office.book().of(Purpose.ROOT):
        if office.ring.has(key.name):
            ca = office.open_ca(key.name)
            listed = office.register.next_list(ca.certificate)
            crl = ca.crl(listed.revoked, now=now, number=listed.number)
            write_durably(ring.folder / f"{key.name}.crl", crl)


def _hand_over(source: KeyRing, target: KeyRing, name: str) -> None:
    """Give a key on under the other password; a key in hardware stays there, its address goes."""
    uri = source.folder / f"{name}.uri"
    if uri.is_file():
        write_durably(target.folder / uri.name, uri.read_bytes())
    elif source.has_certificate(name):
        write_key_file(target.folder / f"{name}.pem", source.private_key(name), target.secret)
    else:
        keyfiles.save(source.open(name), target.folder / f"{name}.pem", target.secret)


def _remember(source: Path, target: Path) -> None:
    """Copy what a process is to remember, unless it has a memory of its own."""
    if source.is_dir():
        for place in sorted(source.iterdir()):
            if place.suffix not in {".sqlite3-wal", ".sqlite3-shm"}:
                _remember(place, target / place.name)
    elif source.is_file() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".sqlite3":
            with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
                old.backup(new)
        else:
            shutil.copy2(source, target)
