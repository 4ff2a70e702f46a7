"""A folder of public files under a web server that reads it while we write.

    trust, pki, v1/status-lists, v1/side-lists    lead through `.now` into one release
    .releases/8/…                                  what hangs together; switched by one rename
    log, L, v1/licences, v1/evidence               a file each, replaced whole

A release shares what did not change with the one before, by hard links. Two releases stay, so that
who began to read the older one can end.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code

RELEASES: Final = ".releases"
NOW: Final = ".now"
MARK: Final = ".anzheng-export"
SWITCHED: Final = ("trust", "pki", "v1/status-lists", "v1/side-lists")


@dataclass(slots=True)
class Counted:
    """How many files were written, and how many were there already."""

    written: int = 0
    kept: int = 0


@dataclass(slots=True)
class StaticTree:
    """The folder; one process at a time writes it.

    Args:
        root: What the web server serves.
    """

    root: Path
    counted: Counted = field(default_factory=Counted)

    def begin(self) -> None:
        """Make the folder ready.

        Raises:
            AnzhengError: CONFLICT for a folder with files that are not ours.
        """
        if self.root.is_dir() and any(self.root.iterdir()) and not (self.root / MARK).exists():
            raise AnzhengError(
                Code.CONFLICT, f"{self.root} has files of somebody else; take an empty folder"
            )
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / MARK).touch()
        for name in SWITCHED:
            place = self.root / name
            place.parent.mkdir(exist_ok=True)
            if not place.is_symlink():
                up = "../" * name.count("/")
                place.symlink_to(f"{up}{NOW}/{name.rpartition('/')[2]}")

    def replace(self, path: str, data: bytes) -> None:
        """Write a file whole, unless it is there already."""
        place = self.root / path
        try:
            if place.read_bytes() == data:
                self.counted.kept += 1
                return
        except OSError:
            place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, data)
        self.counted.written += 1

    def share(self, path: str, other: str) -> None:
        """Give a file a second name."""
        place, beside = self.root / other, _beside(self.root / other)
        try:
            if place.samefile(self.root / path):
                return
        except OSError:
            place.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        os.link(self.root / path, beside)
        beside.replace(place)

    def remove(self, path: str) -> None:
        """Take a file away, if it is there."""
        (self.root / path).unlink(missing_ok=True)

    def add_fixed(self, path: str, source: Path) -> None:
        """Copy a file whose name stands for its content."""
        place = self.root / path
        if place.exists() and place.stat().st_size == source.stat().st_size:
            self.counted.kept += 1
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, source.read_bytes())
        self.counted.written += 1

    def release(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Make a release of these files and switch to it; not before all are on the disk."""
        present = self._present()
        number = 1 if present is None else int(present.name) + 1
        folder = self.root / RELEASES / str(number)
        # What an export left behind that did not come to its end.
        shutil.rmtree(folder, ignore_errors=True)
        for name in SWITCHED:
            (folder / name.rpartition("/")[2]).mkdir(parents=True)
        for path, data in files:
            self._put(folder / path, data, None if present is None else present / path)
        self.flush()
        beside = _beside(self.root / NOW)
        beside.unlink(missing_ok=True)
        beside.symlink_to(f"{RELEASES}/{number}")
        beside.replace(self.root / NOW)
        for old in (self.root / RELEASES).iterdir():
            if old not in {folder, present}:
                shutil.rmtree(old, ignore_errors=True)

    def _present(self) -> Path | None:
        """Return the release that is served now."""
        link = self.root / NOW
        return self.root / link.readlink() if link.is_symlink() else None

    @staticmethod
    def flush() -> None:
        """Wait until the disk has what was written: one call is cheaper than one a file."""
        os.sync()

    def _put(self, place: Path, data: bytes, before: Path | None) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        if before is not None and before.is_file() and before.read_bytes() == data:
            os.link(before, place)
            self.counted.kept += 1
            return
        place.write_bytes(data)
        self.counted.written += 1


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}.part")


def _write(place: Path, data: bytes) -> None:
    beside = _beside(place)
    # A second name of the old content must not get the new one.
    beside.unlink(missing_ok=True)
    beside.write_bytes(data)
    beside.replace(place)
