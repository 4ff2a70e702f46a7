"""What the service believes: loaded, kept up to date beside the requests, and never turned back.

An update that fails changes nothing: what is in the folder goes on to count, and how old it is
stands in every report, on the page, in `/readyz` and in the numbers.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

from licence.errors import AnzhengError, Code
from licence.ports import Clock
from verifier import memory as memories
from verifier.memory import Memory, memory_path
from verifier.service.logs import Log
from verifier.trust import TrustStore, load_trust

T = TypeVar("T")

Update = Callable[[Memory, datetime], TrustStore]
"""Fetches what is new and returns the store; raises AnzhengError."""


@dataclass(slots=True)
class TrustKeeper:
    """Holds the trust store and the verifier's memory of one process.

    Args:
        folder: The trust folder.
        clock: Tells the time.
        log: Where failures go.
        memory_file: Where the memory lies; beside the folder unless given.
        update: Fetches what is new; None where somebody else fills the folder.
        memory: What was ever seen; it pins the first root too.
        updated_at: When the last update ended well.
        trouble: Why the last one did not.
    """

    folder: Path
    clock: Clock
    log: Log
    memory_file: Path
    update: Update | None = None
    memory: Memory = field(default_factory=Memory)
    updated_at: datetime | None = None
    trouble: Code | None = None
    _store: TrustStore | None = None
    _stamp: tuple[int, int, int] | None = None
    _saved: Memory = field(default_factory=Memory)

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock,
        log: Log,
        *,
        update: Update | None = None,
        memory_file: Path | None = None,
    ) -> "TrustKeeper":
        """Load folder and memory.

        Raises:
            AnzhengError: TRUST_BUNDLE_REFUSED when the memory is damaged, or the folder is refused
                and nobody is there to repair it.
        """
        place = memory_file or memory_path(folder)
        keeper = cls(folder, clock, log, place, update)
        keeper.memory = keeper._saved = memories.load(place)
        try:
            keeper.reload()
        except AnzhengError:
            if update is None:
                raise
        return keeper

    @property
    def store(self) -> TrustStore:
        """What is believed now.

        Raises:
            AnzhengError: TRUST_UNAVAILABLE while nothing was ever loaded.
        """
        if self._store is None:
            raise AnzhengError(Code.TRUST_UNAVAILABLE, "this service has no trust folder yet")
        return self._store

    @property
    def has_store(self) -> bool:
        """Whether anything was ever loaded."""
        return self._store is not None

    @property
    def age_seconds(self) -> float:
        """How long ago what is believed was signed."""
        if self._store is None:
            return float("inf")
        return (self.clock.now() - self._store.newest_signed_time).total_seconds()

    def reload(self) -> bool:
        """Load the folder if it changed; say whether it did.

        Raises:
            AnzhengError: TRUST_BUNDLE_REFUSED; what was believed before goes on to count.
        """
        stamp = _stamp_of(self.folder)
        if stamp == self._stamp and self._store is not None:
            return False
        self.take(load_trust(self.folder, now=self.clock.now(), memory=self.memory))
        self._stamp = stamp
        return True

    def take(self, store: TrustStore) -> None:
        """Believe a store from now on."""
        self._store = store
        self.learn(store.memory)

    def learn(self, learned: Memory) -> None:
        """Remember what a verification saw."""
        if learned is not self.memory and learned != self.memory:
            self.memory = self.memory.joined(learned)

    def save(self) -> None:
        """Write the memory down, if there is something new; what fails is logged."""
        if self.memory == self._saved:
            return
        try:
            memories.save(self.memory_file, self.memory)
            self._saved = self.memory
        except AnzhengError as error:
            self.log.warning("memory_not_saved", code=error.code.value)

    async def refresh(self) -> None:
        """Fetch what is new, load it, and write the memory down; what fails is logged and told."""
        try:
            if self.update is not None:
                update, now = self.update, self.clock.now()
                store = await apart(lambda: update(self.memory, now))
                self.take(store)
                self._stamp = _stamp_of(self.folder)
            else:
                await asyncio.to_thread(self.reload)
            self.updated_at, self.trouble = self.clock.now(), None
        except AnzhengError as error:
            self.trouble = error.code
            self.log.warning("trust_not_refreshed", code=error.code.value)
        self.save()

    async def keep_fresh(self, seconds: float) -> None:
        """Refresh for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(seconds)


async def apart(work: Callable[[], T]) -> T:
    """Do something in a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("T", value))

    def run() -> None:
        value: T | None = None
        error: BaseException | None = None
        try:
            value = work()
        except BaseException as exc:  # noqa: BLE001 - it is raised where it is waited for
            error = exc
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name="trust-update", daemon=True).start()
    return await done


def _stamp_of(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes with the folder's state: its timestamp is written last."""
    try:
        found = (folder / "metadata" / "timestamp.json").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
