"""Hands files out: the finished licence, its evidence beside it, and a list of what is what.

Only an anchored file is final. After a while without chain a signed one may go out as *pending*:
that is said in the index and shown by the missing evidence, never written on the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anzheng.files import FileStore, write_durably
from anzheng.flows.data_codes import CodeDesk, write_code
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.ports import Clock

FINISHED = (FlowState.FILLED, FlowState.PUBLISHED)
WAITING = (FlowState.SIGNED, FlowState.BATCHED, FlowState.SENT, FlowState.FINAL)


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was handed out."""

    row: StoredLicence
    name: str
    pending: bool


def export(
    store: Store,
    files: FileStore,
    clock: Clock,
    folder: Path,
    *,
    pending_after_seconds: int | None = None,
    codes: Callable[[], CodeDesk] | None = None,
    on_written: Callable[[int], None] = lambda _count: None,
) -> tuple[Exported, ...]:
    """Write licences and evidence into a folder.

    Args:
        store: The database.
        files: Where the files are.
        clock: Tells how long something waits.
        folder: Gets `licences/*.pdf`, `evidence/*.evidence` and `index.json`.
        codes: Opens what makes data codes (`codes/*.qr.txt`, `.svg`), where there is a QR key.
        pending_after_seconds: Also hand out what has waited for the chain so long; None: never.
        on_written: Told how many more are written.
    """
    rows = _rows(store, clock, pending_after_seconds)
    desk = codes() if codes is not None and rows else None
    done = []
    for row, pdf in rows:
        name = file_name(row)
        write_durably(folder / "licences" / f"{name}.pdf", files.get(pdf))
        with store.read() as unit:
            evidence = unit.anchors.evidence(row.leaf) if row.leaf else None
        if evidence is not None:
            write_durably(folder / "evidence" / f"{name}.evidence", evidence)
        if desk is not None and row.leaf is not None and desk.has_key(row.authority):
            write_code(desk.make(row), folder / "codes", name)
        done.append(Exported(row, name, pending=row.final_pdf is None))
        on_written(1)
    index: list[JsonValue] = [_entry(one) for one in done]
    write_durably(folder / "index.json", canonical.dumps(index))
    return tuple(done)


def file_name(row: StoredLicence) -> str:
    """Return the name of a licence's files."""
    return plain_name(row.licence_no, row.version)


def plain_name(licence_no: str, version: int) -> str:
    """Return a name that people recognise and every file system takes."""
    kept = "".join(char for char in licence_no if char.isalnum())
    return f"{kept}-v{version}"


def _rows(
    store: Store, clock: Clock, pending_after_seconds: int | None
) -> list[tuple[StoredLicence, Digest]]:
    with store.read() as unit:
        finished = [
            (row, row.final_pdf)
            for state in FINISHED
            for row in unit.licences.in_state(state)
            if row.final_pdf is not None
        ]
        if pending_after_seconds is None:
            return finished
        before = clock.now() - timedelta(seconds=pending_after_seconds)
        return finished + [
            (row, row.signed_pdf)
            for state in WAITING
            for row in unit.licences.in_state(state)
            if row.signed_pdf is not None and row.signed_at and row.signed_at <= before
        ]


def _entry(one: Exported) -> JsonValue:
    return {
        "file": f"licences/{one.name}.pdf",
        "leaf": one.row.leaf.hex() if one.row.leaf else "",
        "licence_no": one.row.licence_no,
        "version": one.row.version,
        "short_code": short_code(one.row.licence_json),
        "pending": one.pending,
    }
