"""Where results and counters are: in this process, or in Redis, and here while Redis is lost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from licence.errors import AnzhengError
from licence.ports import Clock
from verifier.service.limits import Counters
from verifier.service.logs import Log
from verifier.service.settings import ServiceSettings
from verifier.service.shelf import LocalShelf, Shelf

RETRY: Final = timedelta(seconds=5)


@dataclass(slots=True)
class SteadyShelf:
    """A shared shelf, and one of this process for the time that the shared one is lost.

    Args:
        shared: In Redis.
        local: In this process.
        clock: Tells when to ask Redis again.
        log: Is told once when it is lost, and once when it is back.
    """

    shared: Shelf
    local: Shelf
    clock: Clock
    log: Log
    _down_until: datetime | None = None

    @property
    def is_degraded(self) -> bool:
        """Whether the shared shelf is lost."""
        return self._down_until is not None

    async def put(self, place: bytes, data: bytes, *, until: datetime) -> None:
        """Keep bytes, over what is there."""
        if self._is_up():
            try:
                await self.shared.put(place, data, until=until)
            except AnzhengError as error:
                self._lost(error)
            else:
                self._found()
                return
        await self.local.put(place, data, until=until)

    async def put_new(self, place: bytes, data: bytes, *, until: datetime) -> bytes | None:
        """Keep bytes where there are none, or return those that are there."""
        here = await self.local.get(place)
        if here is not None:
            return here
        if self._is_up():
            try:
                found = await self.shared.put_new(place, data, until=until)
            except AnzhengError as error:
                self._lost(error)
            else:
                self._found()
                return found
        return await self.local.put_new(place, data, until=until)

    async def get(self, place: bytes) -> bytes | None:
        """Return what is there; what was kept here while Redis was lost is found here."""
        here = await self.local.get(place)
        if here is not None or not self._is_up():
            return here
        try:
            found = await self.shared.get(place)
        except AnzhengError as error:
            self._lost(error)
            return None
        self._found()
        return found

    async def remove(self, place: bytes) -> None:
        """Forget what is there; raises while Redis, which may have it, is lost."""
        await self.local.remove(place)
        await self.shared.remove(place)

    def _is_up(self) -> bool:
        return self._down_until is None or self.clock.now() >= self._down_until

    def _lost(self, error: AnzhengError) -> None:
        if self._down_until is None:
            self.log.error("redis_lost", code=error.code.value)
        self._down_until = self.clock.now() + RETRY

    def _found(self) -> None:
        if self._down_until is not None:
            self.log.warning("redis_back")
        self._down_until = None


async def _nothing() -> None:
    """Close what is not there."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What the service keeps things in.

    Attributes:
        local: Of this process.
        shelf: Where results go.
        counters: Shared with other processes; None where there is nothing to share with.
        is_degraded: Whether something that should be shared is not.
        close: Closes what is shared.
    """

    local: LocalShelf
    shelf: Shelf
    counters: Counters | None = None
    is_degraded: Callable[[], bool] = lambda: False
    close: Callable[[], Awaitable[None]] = _nothing


def open_stores(settings: ServiceSettings, clock: Clock, local: LocalShelf, log: Log) -> Stores:
    """Open what the settings name; Redis is not asked for anything yet."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return Stores(local, local)
    from verifier.service.redis_store import open_redis  # noqa: PLC0415 - only where it is used

    redis = open_redis(url)
    steady = SteadyShelf(redis, local, clock, log)
    return Stores(local, steady, redis, lambda: steady.is_degraded, redis.close)
