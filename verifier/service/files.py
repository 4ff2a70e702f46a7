"""Folders of public files that another process replaces: read once for each change."""

import os
import re
import threading
from asyncio import to_thread
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from verifier.service.answers import Body, body_of

KEPT_BYTES: Final = 64 * 1024 * 1024
"""Of all files together that stay in memory."""

KEPT_FILE_BYTES: Final = 4 * 1024 * 1024
"""A larger file is read each time."""

MAX_FILE_BYTES: Final = 64 * 1024 * 1024

# No dot at the beginning: neither `..` nor what is being written.
_SEGMENT: Final = re.compile(r"[A-Za-z0-9+=_][A-Za-z0-9._+=-]{0,199}", re.ASCII)

Signature = tuple[int, int, int]


@dataclass(slots=True)
class PublicFolder:
    """Gives out the files of a folder, and nothing beside it.

    Args:
        root: The folder; it need not be there yet.
    """

    root: Path
    _kept: OrderedDict[tuple[str, str], tuple[Signature, Body]] = field(default_factory=OrderedDict)
    _kept_bytes: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    async def body(self, path: str, media_type: str) -> Body | None:
        """Return a file, or None where there is none.

        Args:
            path: Its place in the folder, with slashes.
            media_type: What it is.
        """
        if not all(map(_SEGMENT.fullmatch, path.split("/"))):
            return None
        place, key = f"{self.root}/{path}", (path, media_type)
        try:
            found = self._known(key, _signature(os.stat(place)))  # noqa: PTH116 - each request
            return found or await to_thread(self._read, place, key)
        except OSError:
            return None

    def _known(self, key: tuple[str, str], signature: Signature) -> Body | None:
        with self._turn:
            known = self._kept.get(key)
            if known is None or known[0] != signature:
                return None
            self._kept.move_to_end(key)
            return known[1]

    def _read(self, place: str, key: tuple[str, str]) -> Body | None:
        with Path(place).open("rb") as file:
            # Of the file that was opened: by now its name may be another's.
            signature = _signature(os.fstat(file.fileno()))
            if signature[1] > MAX_FILE_BYTES:
                return None
            body = body_of(file.read(), key[1])
        if len(body.data) <= KEPT_FILE_BYTES:
            self._keep(key, signature, body)
        return body

    def _keep(self, key: tuple[str, str], signature: Signature, body: Body) -> None:
        with self._turn:
            before = self._kept.pop(key, None)
            self._kept_bytes += len(body.data) - (len(before[1].data) if before else 0)
            self._kept[key] = (signature, body)
            while self._kept_bytes > KEPT_BYTES:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._kept_bytes -= len(oldest.data)


def _signature(found: os.stat_result) -> Signature:
    return found.st_mtime_ns, found.st_size, found.st_ino
