"""Writes a file so that after a crash the old or the new one is there, whole."""

import hashlib
import os
from pathlib import Path

from licence.errors import AnzhengError, Code


def write_durably(path: Path, data: bytes) -> None:
    """Write a file and make its name durable; its folder is made if absent.

    Raises:
        AnzhengError: `STORE_FAILED` if it cannot be written.
    """
    # A name of its own for each content: what a crash leaves behind hinders nobody.
    temporary = path.with_name(f".{path.name}.{hashlib.sha256(data).hexdigest()[:16]}")
    try:
        _make_folder(path.parent)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be written") from exc


def _make_folder(folder: Path) -> None:
    """Make a folder whose name, and those of the folders above it, survive a power cut."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is made anew if a crash loses it; readers see the old or the new one.

    Raises:
        AnzhengError: `STORE_FAILED` if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{hashlib.sha256(data).hexdigest()[:16]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be written") from exc


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
