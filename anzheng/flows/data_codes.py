"""Data codes 离线查验码 of licences that are signed: made on demand with the authority's QR key.

Nothing is stored: a code can be made again at any time, and says when it was made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anzheng.files import write_durably
from anzheng.flows.key_making import KeyOffice
from anzheng.key_book import KeyBook
from anzheng.keyring import KeyRing
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from licence.domain.licence_no import folded
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.ceremony import Purpose
from licence.ids import AuthorityId, Leaf
from licence.ports import Clock
from signer.data_code import DataCode, QrKey, draw_data_code, sign_data_code

HANDED_OUT = (FlowState.FILLED, FlowState.PUBLISHED)


@dataclass(frozen=True, slots=True)
class CodeDesk:
    """Makes data codes.

    Attributes:
        ring: Opens the QR keys.
        book: Says which of them signs now.
        clock: Tells the time.
        base: The page that checks the codes, such as `HTTPS://V.EXAMPLE/V`.
    """

    ring: KeyRing
    book: KeyBook
    clock: Clock
    base: str

    def make(self, row: StoredLicence) -> DataCode:
        """Return the data code of a licence, drawn.

        Raises:
            AnzhengError: As `text`; RENDER_FAILED.
        """
        return draw_data_code(self.text(row), licence_json.decode(row.licence_json))

    def text(self, row: StoredLicence) -> str:
        """Return the text of the data code of a licence.

        Raises:
            AnzhengError: NOT_FOUND, when it is not signed yet; KEY_LOCKED without a QR key;
                SETTINGS_INVALID.
        """
        if row.leaf is None:
            raise AnzhengError(Code.NOT_FOUND, "the licence is not signed yet, so it has no leaf")
        now = self.clock.now()
        version = licence_json.decode(row.licence_json)
        key = self._key(row.authority, now)
        return sign_data_code(version, row.leaf, key, base=self.base, now=now)

    def has_key(self, authority: AuthorityId) -> bool:
        """Say whether an authority has a QR key that may sign now, and that lies here."""
        now = self.clock.now()
        return any(
            key.closed_at is None and key.signs_from <= now and self.ring.has(key.name)
            for key in self.book.of(Purpose.QR, authority)
        )

    def _key(self, authority: AuthorityId, now: datetime) -> QrKey:
        key = self.ring.open(self.book.active(Purpose.QR, authority, now).name)
        return QrKey(key.key_id, key.sign)


def open_code_desk(office: KeyOffice) -> CodeDesk:
    """Return what makes the data codes of an installation.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, when the key book was altered; STORE_FAILED.
    """
    return CodeDesk(office.ring, office.book(), office.clock, qr_base(office.settings.verify_base))


def code_by_leaf(office: KeyOffice, store: Store) -> Callable[[Leaf], str]:
    """Return what makes the text of a data code for whoever knows the leaf.

    It raises NOT_FOUND for a licence that is not finished, and where there is no QR key.
    """

    def code_of(leaf: Leaf) -> str:
        with store.read() as unit:
            row = unit.licences.by_leaf(leaf)
        # A key may have been made or closed since the last question.
        desk = open_code_desk(office)
        if row is None or row.state not in HANDED_OUT or not desk.has_key(row.authority):
            raise AnzhengError(Code.NOT_FOUND, "there is no data code of this licence here")
        return desk.text(row)

    return code_of


def qr_base(verify_base: str) -> str:
    """Return the address of data codes beside that of pointers: `…/L/` becomes `…/V`."""
    return f"{verify_base.removesuffix('/').rpartition('/')[0]}/V"


def find_rows(unit: Unit, wanted: str | None) -> tuple[StoredLicence, ...]:
    """Return the licences that are meant.

    Args:
        unit: The database.
        wanted: A licence number in any style (all its versions); None for every finished one.

    Raises:
        AnzhengError: LICENCE_NO_FORMAT; NOT_FOUND.
    """
    rows = [row for state in HANDED_OUT for row in unit.licences.in_state(state)]
    if wanted is None:
        return tuple(rows)
    number = folded(wanted)
    found = tuple(row for row in rows if folded(row.licence_no) == number)
    if not found:
        raise AnzhengError(Code.NOT_FOUND, "no finished licence has this number")
    return found


def write_code(
    code: DataCode, folder: Path, name: str, write: Callable[[Path, bytes], None] = write_durably
) -> tuple[Path, ...]:
    """Write text, code and label; return the files."""
    files = {
        folder / f"{name}.qr.txt": code.text,
        folder / f"{name}.qr.svg": code.svg,
        folder / f"{name}.label.svg": code.label,
    }
    for path, text in files.items():
        write(path, text.encode())
    return tuple(files)
