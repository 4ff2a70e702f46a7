"""What the command line names: files, folders, patterns, ZIP files, standard input, typed texts.

Naming is done first and reads no file, so that it is known how many there are; each is read when
its turn comes. What cannot be read is an error of its own and stops nothing else.
"""

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_EVIDENCE_BYTES, MAX_INPUT_BYTES
from verifier.archive import Archive, Entry, is_archive
from verifier.artefacts import Artefact, PdfFile, recognise, recognise_text

SIDECAR: Final = ".evidence"
"""`licence.pdf.evidence` beside `licence.pdf` is tried after the evidence in the file."""
STDIN: Final = Path("-")
MAX_NAMED: Final = 100_000
"""Most artefacts of one command."""

_ALWAYS: Final = frozenset({".pdf", ".zip"})
_PERHAPS: Final = frozenset({".json", ".txt"})
"""In a folder, such files are taken when they hold a copy or a code, and are nobody's else."""
_HEAD: Final = 8
_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Named:
    """One artefact to come.

    Attributes:
        name: What it is called.
        read: Gives it; None when it turns out to be nothing that was meant. Raises AnzhengError.
    """

    name: str
    read: Callable[[], Artefact | None]


def named(paths: Sequence[Path], texts: Sequence[str], opened: ExitStack) -> list[Named]:
    """Return everything that paths and texts name, in their order.

    Args:
        paths: Files, folders, patterns, ZIP files, and `-`.
        texts: Codes and numbers.
        opened: Closes the ZIP files when everything was read.

    Raises:
        AnzhengError: REQUEST_INVALID, when that is nothing, or too much, or a pattern finds none.
    """
    found: list[Named] = []
    for one in (
        *(each for path in paths for each in _of_path(path, opened)),
        *map(_of_text, texts),
    ):
        found.append(one)
        if len(found) > MAX_NAMED:
            raise AnzhengError(
                Code.REQUEST_INVALID, f"more than {MAX_NAMED} files at once", limit=MAX_NAMED
            )
    if not found:
        raise AnzhengError(Code.REQUEST_INVALID, "name a licence file; here is none")
    return found


def read_file(path: Path, limit: int) -> bytes:
    """Read at most `limit` bytes: one more than is allowed, so that the check sees too many.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"the file {path} cannot be read") from error


def _of_path(path: Path, opened: ExitStack) -> Iterator[Named]:
    if path == STDIN:
        yield Named("-", _read_stdin)
    elif path.is_dir():
        yield from _of_folder(path, opened)
    elif _exists(path):
        yield from _of_file(path, path.name, opened)
    else:
        yield from _of_pattern(path, opened)


def _exists(path: Path) -> bool:
    """Say whether something is there; a name that is too long, or may not be seen, is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _of_pattern(path: Path, opened: ExitStack) -> Iterator[Named]:
    """Expand what the shell did not; a name that is no pattern is one file that is not there."""
    if not _WILD & set(str(path)):
        yield Named(path.name, lambda: _read(path))
        return
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - a path of any root
    if not matches:
        raise AnzhengError(Code.REQUEST_INVALID, f"nothing matches {path}")
    for match in matches:
        here = Path(match)
        yield from _of_folder(here, opened) if here.is_dir() else _of_file(here, match, opened)


def _of_folder(folder: Path, opened: ExitStack) -> Iterator[Named]:
    """Yield the files of a folder and the folders in it; links to folders are not followed."""
    for place, folders, files in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            path = Path(place, file)
            kind = path.suffix.lower()
            if file.startswith(".") or kind not in _ALWAYS | _PERHAPS or not path.is_file():
                continue
            name = path.relative_to(folder.parent).as_posix()
            if kind in _PERHAPS:
                yield Named(name, lambda path=path: _if_meant(_read(path)))  # type: ignore[misc]
            else:
                yield from _of_file(path, name, opened)


def _unreadable(error: OSError) -> None:
    raise AnzhengError(
        Code.REQUEST_INVALID, f"the folder {error.filename} cannot be read"
    ) from error


def _of_file(path: Path, name: str, opened: ExitStack) -> Iterator[Named]:
    try:
        with path.open("rb") as file:
            packed = is_archive(file.read(_HEAD))
    except OSError:
        packed = False
    if packed:
        yield from _of_archive(path, name, opened)
    else:
        yield Named(name, lambda: _read(path))


def _of_archive(path: Path, name: str, opened: ExitStack) -> Iterator[Named]:
    """Yield the files of a ZIP; one that cannot be opened is one artefact that cannot be read."""
    try:
        archive = Archive(opened.enter_context(path.open("rb")))
    except (AnzhengError, OSError) as error:
        message = error.message if isinstance(error, AnzhengError) else "it cannot be read"
        problem = AnzhengError(Code.REQUEST_INVALID, f"{path}: {message}")
        yield Named(name, lambda: _refuse(problem))
        return
    named = {entry.name: entry for entry in archive.entries}
    for entry in archive.entries:
        if entry.name.endswith(SIDECAR) and entry.name.removesuffix(SIDECAR) in named:
            continue
        beside = named.get(entry.name + SIDECAR)
        yield Named(
            f"{name}/{entry.name}",
            lambda entry=entry, beside=beside: _unpacked(archive, entry, beside),  # type: ignore[misc]
        )


def _unpacked(archive: Archive, entry: Entry, beside: Entry | None) -> Artefact:
    data = archive.read(entry)
    if is_archive(data):
        # Not judged either: that no licence is a ZIP says nothing about what is in this one.
        raise AnzhengError(Code.REQUEST_INVALID, f"{entry.name}: a ZIP in a ZIP is not opened")
    return recognise(data, _evidence(archive, beside) if beside is not None else None)


def _evidence(archive: Archive, beside: Entry) -> bytes | None:
    """Return the evidence beside a file of a ZIP; what cannot be read is not there."""
    if beside.size > MAX_EVIDENCE_BYTES:
        return None
    try:
        return archive.read(beside)
    except AnzhengError:
        return None


def _refuse(problem: AnzhengError) -> Artefact:
    raise problem


def _of_text(text: str) -> Named:
    return Named(text[:60], lambda: _text(text))


def _text(text: str) -> Artefact:
    found = recognise_text(text)
    # What is neither a code nor a number is judged all the same: it is nothing of ours.
    return found if found is not None else PdfFile(text.encode("utf-8", "replace"))


def _read(path: Path) -> Artefact:
    return recognise(read_file(path, MAX_INPUT_BYTES + 1), _sidecar(path))


def _read_stdin() -> Artefact:
    return recognise(sys.stdin.buffer.read(MAX_INPUT_BYTES + 1))


def _if_meant(artefact: Artefact) -> Artefact | None:
    return None if isinstance(artefact, PdfFile) else artefact


def _sidecar(path: Path) -> bytes | None:
    """Return the evidence beside a file; what cannot be read is not there."""
    beside = path.with_name(path.name + SIDECAR)
    try:
        return read_file(beside, MAX_EVIDENCE_BYTES + 1) if beside.is_file() else None
    except (AnzhengError, OSError):
        return None
