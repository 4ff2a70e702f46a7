"""Files that are there whole after a crash, or not at all; only their owner may read them."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code

OWNER_FILE: Final = 0o600
OWNER_FOLDER: Final = 0o700


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for the owner alone; it may be there already.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    try:
        for each in reversed((folder, *folder.parents)):
            if not each.exists():
                each.mkdir(mode=OWNER_FOLDER, exist_ok=True)
                sync_folder(each.parent)
    except OSError as error:
        raise failed(folder, "cannot be made", error) from error


def write_file(path: Path, data: bytes) -> None:
    """Put a whole file in place, over an older one if there is one.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(part, data)
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise failed(path, "cannot be written", error) from error


def write_new_file(path: Path, data: bytes) -> bool:
    """Put a whole file in place unless one is there.

    Returns:
        Whether this file was written; False when another one was there first.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(part, data)
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return False
        finally:
            part.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise failed(path, "cannot be written", error) from error
    return True


def read_file(path: Path, max_bytes: int) -> bytes:
    """Return a file of at most `max_bytes`.

    Raises:
        AnzhengError: NOT_FOUND, when there is none; TOO_LARGE; STORE_FAILED.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise AnzhengError(Code.NOT_FOUND, f"there is no file {path}", file=path.name) from error
    except OSError as error:
        raise failed(path, "cannot be read", error) from error
    if len(data) > max_bytes:
        raise AnzhengError(
            Code.TOO_LARGE, f"{path} has more than {max_bytes} bytes", file=path.name
        )
    return data


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut; raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def failed(path: Path, what: str, error: OSError) -> AnzhengError:
    """Return the error for a file that the disk does not give or take."""
    reason = error.strerror or type(error).__name__
    return AnzhengError(Code.STORE_FAILED, f"{path} {what}: {reason}", file=path.name)


def _write(path: Path, data: bytes) -> None:
    # What a killed process left under this name is of no use to anybody.
    with suppress(FileNotFoundError):
        path.unlink()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
