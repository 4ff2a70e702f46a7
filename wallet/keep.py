"""The wallet's folder: licences that were claimed, and keys of claims under way.

    licences/<leaf>-<certificate>/    see `wallet.entry`
    claims/<digest of the code>.pem   the key of a claim whose answer has not been kept yet

A key is on the disk before its claim is sent, and is removed only when it lies in its licence's
folder: an answer may be lost, and a process may die, but no key of an issued certificate is gone. A
licence's folder appears whole, by one rename.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from licence.domain.licence_no import folded
from licence.errors import AnzhengError, Code
from licence.formats.claim import code_digest
from licence.formats.qr_text import MAX_TEXT_CHARACTERS
from wallet.durable import failed, make_folder, read_file, sync_folder, write_file
from wallet.entry import DATA_CODE, KEY, Kept, read_entry, write_entry, write_proofs
from wallet.keys import MAX_KEY_FILE_BYTES, HolderKey, make_key, open_key

MIN_LEAF_DIGITS: Final = 6
"""Fewest digits by which a leaf may be named."""

_LEAF_DIGITS = frozenset("0123456789abcdef")
_MAX_LEAF_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder in the wallet that is not whole, and what is wrong with it."""

    folder: str
    error: AnzhengError


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in the wallet: each licence once, with its newest certificate; and what is broken."""

    kept: tuple[Kept, ...]
    damaged: tuple[Damaged, ...]


class WalletFolder:
    """A wallet in a folder, made when the first licence is claimed.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._licences = root / "licences"
        self._claims = root / "claims"

    def claim_key(self, code: str, password: bytes) -> HolderKey:
        """Return the key for claiming with this code: a new one, or that of an earlier attempt.

        Raises:
            AnzhengError: KEY_REFUSED, KEY_LOCKED, STORE_FAILED.
        """
        path = self._claim(code)
        make_folder(self._claims)
        return open_key(path, password) if path.exists() else make_key(path, password)

    def keep(self, kept: Kept, code: str) -> None:
        """Put a licence into the wallet, with the key that claimed it; twice is once.

        Raises:
            AnzhengError: NOT_FOUND, when there is no key of a claim with this code; STORE_FAILED.
        """
        path = self._claim(code)
        key_file = read_file(path, MAX_KEY_FILE_BYTES)
        folder = self.folder(kept)
        if not folder.exists():
            part = folder.with_name(f".{folder.name}.part")
            make_folder(self._licences)
            try:
                shutil.rmtree(part, ignore_errors=True)
                make_folder(part)
                write_entry(part, kept, key_file)
                part.rename(folder)
                sync_folder(self._licences)
            except OSError as error:
                raise failed(folder, "cannot be written", error) from error
        try:
            path.unlink()
        except OSError as error:
            raise failed(path, "cannot be removed", error) from error

    def data_code(self, kept: Kept) -> str | None:
        """Return the text of a licence's data code, or None if none is kept.

        Raises:
            AnzhengError: STORE_FAILED, TOO_LARGE.
        """
        path = self.folder(kept) / DATA_CODE
        if not path.exists():
            return None
        return read_file(path, MAX_TEXT_CHARACTERS).decode("ascii", "replace")

    def keep_data_code(self, kept: Kept, text: str) -> None:
        """Keep the text of a licence's data code, over an older one.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        write_file(self.folder(kept) / DATA_CODE, text.encode())

    def refill(self, kept: Kept) -> None:
        """Write evidence that arrived later.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        write_proofs(self.folder(kept), kept)

    def contents(self) -> Contents:
        """Return all licences, by number; a damaged folder hides no other.

        Raises:
            AnzhengError: STORE_FAILED, when the wallet cannot be read at all.
        """
        kept: list[Kept] = []
        damaged: list[Damaged] = []
        for folder in self._folders():
            try:
                kept.append(read_entry(folder))
            except AnzhengError as error:
                damaged.append(Damaged(folder.name, error))
        newest: dict[bytes, Kept] = {}
        for each in sorted(kept, key=lambda one: (one.claimed_at, one.name)):
            newest[each.leaf] = each
        ordered = sorted(newest.values(), key=_number_and_version)
        return Contents(tuple(ordered), tuple(damaged))

    def find(self, wanted: str | None) -> Kept:
        """Return one licence.

        Args:
            wanted: A licence number in any style (its newest version is meant), or the first digits
                of a leaf; None, when there is only one licence.

        Raises:
            AnzhengError: NOT_FOUND; REQUEST_INVALID, when several are meant; STORE_FAILED.
        """
        contents = self.contents()
        found = [kept for kept in contents.kept if wanted is None or _is_meant(kept, wanted)]
        newest = [
            kept
            for kept in found
            if not any(_number(other) == _number(kept) and _newer(other, kept) for other in found)
        ]
        if len(newest) == 1:
            return newest[0]
        if newest:
            raise AnzhengError(
                Code.REQUEST_INVALID,
                f"{len(newest)} licences in the wallet are meant; name one by its number or leaf",
                found=len(newest),
            )
        raise AnzhengError(
            Code.NOT_FOUND,
            "there is no such licence in the wallet; `anzheng wallet list` shows what there is",
            damaged=len(contents.damaged),
        )

    def open_key(self, kept: Kept, password: bytes) -> HolderKey:
        """Open the key of a licence.

        Raises:
            AnzhengError: NOT_FOUND, KEY_LOCKED, KEY_REFUSED, STORE_FAILED; HOLDER_CERTIFICATE, when
                the key is not that of the licence's certificate.
        """
        key = open_key(self.folder(kept) / KEY, password)
        if key.public_key != kept.own.public_key:
            raise AnzhengError(
                Code.HOLDER_CERTIFICATE, "the key in the wallet is not the certificate's"
            )
        return key

    def folder(self, kept: Kept) -> Path:
        """Return where a licence lies."""
        return self._licences / kept.name

    def _claim(self, code: str) -> Path:
        return self._claims / f"{code_digest(code).hex()}.pem"

    def _folders(self) -> list[Path]:
        if not self._licences.is_dir():
            return []
        try:
            found = [path for path in self._licences.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            raise failed(self._licences, "cannot be read", error) from error
        return sorted(found)


def _number(kept: Kept) -> str:
    return folded(kept.version.draft.licence_no)


def _number_and_version(kept: Kept) -> tuple[str, int, bytes]:
    return _number(kept), kept.version.draft.version, kept.leaf


def _newer(one: Kept, other: Kept) -> bool:
    return one.version.draft.version > other.version.draft.version


def _is_meant(kept: Kept, wanted: str) -> bool:
    text = wanted.strip()
    if MIN_LEAF_DIGITS <= len(text) <= _MAX_LEAF_DIGITS and set(text.lower()) <= _LEAF_DIGITS:
        return kept.leaf.hex().startswith(text.lower())
    try:
        return folded(text) == _number(kept)
    except AnzhengError:
        return False
